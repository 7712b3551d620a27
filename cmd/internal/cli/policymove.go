package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/cmd/internal/policy"
	"github.com/inshore-dev/inshore/policies/bundle"
	"github.com/inshore-dev/inshore/policies/oci"
)

func newPolicyPush(streams Streams) *cobra.Command {
	command := &cobra.Command{
		Use:   "push BUNDLE REFERENCE",
		Short: "Put a bundle into a registry",
		Long: `Push puts a bundle (.tar.gz, or oci:FOLDER:TAG) where REFERENCE says:
REGISTRY/REPOSITORY:TAG with the credentials of docker login, or oci:FOLDER:TAG for a
folder laid out as an image. The artifact is what OPA downloads from registries. A
registry on this machine is spoken to in clear.`,
		Example: `  inshore policy push bundle.tar.gz registry.example/platform/rules:v1
  inshore policy push bundle.tar.gz oci:build/rules:v1`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return &usageError{errors.New("policy push needs a bundle and where it goes")}
			}
			return nil
		},
	}
	command.RunE = func(command *cobra.Command, args []string) error {
		reference, err := oci.ParseReference(args[1])
		if err != nil {
			return &usageError{err}
		}
		source, err := policy.Open(command.Context(), args[0], nil)
		if err != nil {
			return err
		}
		if source.Packed == nil {
			return &usageError{fmt.Errorf("%s is a folder: pack it first, with inshore policy build", args[0])}
		}
		digest, err := oci.Push(command.Context(), reference, source.Packed)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(streams.Out, "pushed %s@%s\n", reference, digest)
		return err
	}
	return command
}

func newPolicyPull(streams Streams) *cobra.Command {
	command := &cobra.Command{
		Use:   "pull REFERENCE",
		Short: "Get a bundle from a registry",
		Long: `Pull gets the bundle that REFERENCE names: REGISTRY/REPOSITORY:TAG (or @sha256:…)
with the credentials of docker login, or oci:FOLDER:TAG. Nothing is written that cannot
be read as a bundle; with --key it must be signed by that key.`,
		Example: `  inshore policy pull registry.example/platform/rules:v1 -o bundle.tar.gz --key public.pem`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return &usageError{errors.New("policy pull needs a reference")}
			}
			return nil
		},
	}
	output := command.Flags().StringP("output", "o", "bundle.tar.gz", "`where` to write it: a file, or oci:FOLDER:TAG")
	keys := addKeyFlags(command)
	command.RunE = func(command *cobra.Command, args []string) error {
		key, err := keys.read()
		if err != nil {
			return err
		}
		reference, err := oci.ParseReference(args[0])
		if err != nil {
			return &usageError{err}
		}
		data, digest, err := oci.Pull(command.Context(), reference)
		if err != nil {
			return err
		}
		if _, err := bundle.Read(data, key); err != nil {
			return fmt.Errorf("%s: %w", reference, err)
		}
		where, err := policy.Store(command.Context(), *output, data)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(streams.Out, "pulled %s@%s to %s\n", reference, digest, where)
		return err
	}
	return command
}

package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/cmd/internal/policy"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/bundle"
)

func newPolicyBuild(streams Streams) *cobra.Command {
	command := &cobra.Command{
		Use:   "build FOLDER",
		Short: "Pack your own rules as an OPA bundle, signed if you give a key",
		Long: `Build packs the rules of a folder, without their tests, as an OPA bundle. It refuses
what the webhook would refuse: rules that do not compile, take an id or a package of
Inshore's, do not end in time, err, or answer nonsense on plain objects. Advice about
conventions goes to standard error and stops nothing.

The same folder gives the same bytes, but for signatures of ES* and PS*.

--retire names rules that are gone on purpose. The webhook refuses a bundle that lacks
a rule which is in force, unless it is named.`,
		Example: `  inshore policy build rules -o bundle.tar.gz --signing-key key.pem
  inshore policy build rules -o oci:build/rules:v2 --revision v2 --retire ACME003`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return &usageError{errors.New("policy build needs one folder of rules")}
			}
			return nil
		},
	}
	output := command.Flags().StringP("output", "o", "bundle.tar.gz", "`where` to write it: a file, or oci:FOLDER:TAG")
	keyFile := command.Flags().String("signing-key", "", "`file` with the private key (PEM) or HMAC secret to sign with")
	algorithm := command.Flags().String("signing-alg", "", "the signature's `algorithm`, such as PS256; empty is the key's usual one (RS256, ES256, EdDSA, HS256)")
	revision := command.Flags().String("revision", "", "what the manifest says of the `version`, for people")
	retire := command.Flags().StringSlice("retire", nil, "`ids` of rules that are gone on purpose; may be repeated")

	command.RunE = func(command *cobra.Command, args []string) error {
		source, err := policy.Open(command.Context(), args[0], nil)
		if err != nil {
			return err
		}
		engine, err := policy.Check(command.Context(), []*policy.Source{source})
		if err != nil {
			return err
		}
		own := policy.Own(engine)
		for _, advice := range policy.Advice(source, own) {
			fmt.Fprintf(streams.Err, "advice: %s\n", advice)
		}
		var key *bundle.SigningKey
		if *keyFile != "" {
			if key, err = bundle.ReadSigningKey(*keyFile, *algorithm); err != nil {
				return err
			}
		}
		built := *source.Bundle
		if *revision != "" {
			built.Revision = *revision
		}
		built.Retired = slices.Compact(slices.Sorted(slices.Values(slices.Concat(built.Retired, *retire))))
		data, err := built.Write(key)
		if err != nil {
			return err
		}
		where, err := policy.Store(command.Context(), *output, data)
		if err != nil {
			return err
		}
		signed := "not signed"
		if key != nil {
			signed = "signed by " + key.Algorithm()
			if strings.HasPrefix(key.Algorithm(), "HS") {
				fmt.Fprintf(streams.Err, "advice: %s is no PEM and was taken for a secret: whoever can verify with it can sign too\n", *keyFile)
			}
		}
		_, err = fmt.Fprintf(streams.Out, "wrote %s: %s, %s\n", where, describe(own), signed)
		return err
	}
	return command
}

func newPolicyVerify(streams Streams) *cobra.Command {
	command := &cobra.Command{
		Use:   "verify BUNDLE",
		Short: "Check a bundle's signature and its rules",
		Long: `Verify does to a bundle (.tar.gz, or oci:FOLDER:TAG) what the webhook does before it
loads it: with --key its signature must be right, and its rules must compile and make
sense.

Exit status:
  0  the webhook would load it
  1  it would not
  2  the bundle or the key could not be read`,
		Example: `  inshore policy verify bundle.tar.gz --key public.pem`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return &usageError{errors.New("policy verify needs one bundle")}
			}
			return nil
		},
	}
	keys := addKeyFlags(command)
	command.RunE = func(command *cobra.Command, args []string) error {
		key, err := keys.read()
		if err != nil {
			return err
		}
		source, err := policy.Open(command.Context(), args[0], nil)
		if err != nil {
			return err
		}
		if key != nil {
			if source, err = policy.Open(command.Context(), args[0], key); err != nil {
				fmt.Fprintf(streams.Out, "refused: %v\n", err)
				return errViolations
			}
		}
		engine, err := policy.Check(command.Context(), []*policy.Source{source})
		if err != nil {
			fmt.Fprintf(streams.Out, "refused: %v\n", err)
			return errViolations
		}
		signed := "the signature was not looked at"
		if key != nil {
			signed = "the signature is right"
		}
		_, err = fmt.Fprintf(streams.Out, "good: %s, %s\n", describe(policy.Own(engine)), signed)
		return err
	}
	return command
}

// describe says which rules these are.
func describe(rules []policies.Rule) string {
	var ids []string
	for _, rule := range rules {
		ids = append(ids, rule.ID)
	}
	noun := "rules"
	if len(ids) == 1 {
		noun = "rule"
	}
	return fmt.Sprintf("%d %s (%s)", len(ids), noun, strings.Join(ids, ", "))
}

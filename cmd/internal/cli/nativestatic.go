package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/cmd/internal/output"
	"github.com/inshore-dev/inshore/policies/native"
)

// staticFlags are those of native that write files for API servers.
type staticFlags struct {
	folder, path string
}

func (f *staticFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.folder, "static", "", "`folder` to write the policies to as files that API servers read (Kubernetes 1.36), instead of to standard output")
	flags.StringVar(&f.path, "static-path", "", "absolute `path` under which API servers find that folder; empty for its own")
}

// complete fills in the path and checks the flags together.
func (f *staticFlags) complete(command *cobra.Command, kubernetes v1alpha1.Version) error {
	switch flags := command.Flags(); {
	case f.folder == "" && f.path == "":
		return nil
	case f.folder == "":
		return &usageError{errors.New("--static-path is where API servers find the folder of --static: say which that is")}
	case flags.Changed("list") || flags.Changed("output"):
		return &usageError{errors.New("--static writes files: drop --list and --output")}
	case !kubernetes.AtLeast(native.StaticSince):
		return &usageError{fmt.Errorf("--static: Kubernetes %v reads no policies from files, %v is the first: drop it, or raise --kubernetes-version", kubernetes, native.StaticSince)}
	case f.path != "" && !filepath.IsAbs(f.path):
		return &usageError{fmt.Errorf("--static-path is %q: API servers want an absolute path", f.path)}
	case f.path != "":
		return nil
	}
	at, err := filepath.Abs(f.folder)
	if err != nil {
		return fmt.Errorf("finding --static %s: %w", f.folder, err)
	}
	f.path = filepath.ToSlash(at)
	return nil
}

// write writes the files, and then says which they are.
func (f *staticFlags) write(out io.Writer, rendered *native.Policies) error {
	files, err := rendered.Static(f.path)
	if err != nil {
		return err
	}
	// All of them first: a folder with half of the files is worse than none.
	for _, file := range files {
		if err := ours(filepath.Join(f.folder, filepath.FromSlash(file.Name))); err != nil {
			return err
		}
	}
	for _, file := range files {
		name := filepath.Join(f.folder, filepath.FromSlash(file.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return fmt.Errorf("making the folder of %s: %w", name, err)
		}
		err := output.WriteFile(name, func(w io.Writer) error {
			_, err := w.Write(file.Text)
			return err
		})
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, name); err != nil {
			return fmt.Errorf("telling what was written: %w", err)
		}
	}
	return nil
}

// ours refuses to write over a file that somebody else made.
func ours(name string) error {
	text, err := os.ReadFile(name)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("looking at what is to be replaced: %w", err)
	case !bytes.HasPrefix(text, []byte(native.StaticHeader)):
		return fmt.Errorf("%s is not a file that inshore native --static wrote: move it, or choose another folder", name)
	}
	return nil
}

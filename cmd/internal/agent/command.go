package agent

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/cmd/internal/version"
)

// The exit codes. Scripts tell a node that is unsuitable from one of which
// nothing is known.
const (
	exitSuitable   = 0
	exitUnsuitable = 1
	exitFailed     = 2
)

// errUnsuitable ends a check that found something; all has been said already.
var errUnsuitable = errors.New("the node cannot run the eBPF datapath")

// Main runs the command line args (without the program's name) and returns the
// exit code. proc is the proc file system that facts are read from.
func Main(args []string, proc fs.FS, out, errOut io.Writer) int {
	root := newRoot(proc)
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errOut)
	switch err := root.Execute(); {
	case err == nil:
		return exitSuitable
	case errors.Is(err, errUnsuitable):
		return exitUnsuitable
	default:
		fmt.Fprintf(errOut, "Error: %v\n", err)
		return exitFailed
	}
}

func newRoot(proc fs.FS) *cobra.Command {
	root := &cobra.Command{
		Use:   "inshore-agent",
		Short: "Inshore on a node",
		Long: `inshore-agent is Inshore's program on each node.

It checks whether the node could run the eBPF datapath. The datapath itself is
not part of this version.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	root.AddCommand(newCheck(proc), newVersion())
	return root
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which version this is",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(command.OutOrStdout(), "inshore-agent %s\n", version.String())
			return err
		},
	}
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// The exit codes. Scripts tell a bad manifest from a bad command line by them.
const (
	exitClean      = 0
	exitViolations = 1
	exitFailed     = 2
)

// errViolations ends a review that found something; all has been said already.
var errViolations = errors.New("violations found")

// errNotSeen ends a look that found nothing wrong but could not see everything.
var errNotSeen = errors.New("not everything could be looked at")

// Main runs the command line and returns the exit code.
func Main(args []string, streams Streams) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	unlessEnded := context.AfterFunc(ctx, func() { interrupted(stop, streams) })
	defer unlessEnded()
	root := newRoot(args[0], streams)
	root.SetArgs(args[1:])
	command, err := root.ExecuteContextC(ctx)
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, errViolations):
		return exitViolations
	case errors.Is(err, errNotSeen):
		return exitFailed
	}
	fmt.Fprintf(streams.Err, "Error: %v\n", err)
	if usage := (*usageError)(nil); errors.As(err, &usage) {
		fmt.Fprintf(streams.Err, "Run '%s --help' for what it takes.\n", command.CommandPath())
	}
	return exitFailed
}

// patience is how long a command may take to end after a signal: long enough to
// finish the file that it writes.
const patience = 2 * time.Second

// interrupted ends the process after a signal: at once after a second one, else
// when patience is over. A command looks for signals between its steps, and one that
// waits for a pipe that nobody writes to takes none.
func interrupted(stop func(), streams Streams) {
	stop()
	time.AfterFunc(patience, func() {
		fmt.Fprintln(streams.Err, "Error: interrupted")
		os.Exit(exitFailed)
	})
}

// usageError is a command line that cannot be meant.
type usageError struct{ error }

func newRoot(binary string, streams Streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "inshore",
		Short: "Keep calls to a per-node daemon on their node, and working through its rollouts",
		Long: `inshore gives Kubernetes manifests the verdict that Inshore's admission webhook
would give them, before they reach a cluster: review and explain need no cluster
themselves. doctor looks at an installation in one.

Opt in with one annotation on a DaemonSet and on the Service in front of it:

  metadata:
    annotations:
      inshore.dev/node-local: required`,
		Example: `  inshore review manifests/          # check a folder, exit 1 if something is wrong
  inshore explain -f daemonset.yaml  # what admission would fill in, and why
  inshore plan -f policy.yaml        # what a NodeLocalPolicy would change in a cluster
  inshore doctor                     # is the installation well, on every node?`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			return command.Help()
		},
	}
	if isPlugin(binary) {
		root.Annotations = map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl inshore"}
	}
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.Err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	root.AddCommand(newNative(streams), newPolicy(streams))
	root.AddCommand(newReview(streams), newExplain(streams), newAudit(streams), newPlan(streams), newDoctor(streams), newReplay(streams), newVersion(streams))
	return root
}

// isPlugin reports whether the binary runs as a kubectl plugin: kubectl finds
// them by this name.
func isPlugin(binary string) bool {
	return strings.HasPrefix(filepath.Base(binary), "kubectl-")
}

func noArguments(command *cobra.Command, args []string) error {
	if len(args) > 0 {
		return &usageError{fmt.Errorf("%s does not take %q", command.CommandPath(), args[0])}
	}
	return nil
}

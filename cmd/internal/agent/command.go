package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/inshore-dev/inshore/cmd/internal/environment"
	"github.com/inshore-dev/inshore/cmd/internal/logger"
	"github.com/inshore-dev/inshore/cmd/internal/version"
)

// The exit codes. Scripts tell an answer that is no from none at all.
const (
	exitOK = 0
	// exitNo is a check that found something missing, or an agent that is not ready.
	exitNo = 1
	// exitFailed is wrong flags, or something that could not be done or read.
	exitFailed = 2
)

// errNo ends a command whose answer is no; all has been said already.
var errNo = errors.New("the answer is no")

// system is what the command has of the world around it.
type system struct {
	// proc is the proc file system.
	proc fs.FS
	// lookupEnv finds environment variables.
	lookupEnv func(string) (string, bool)
	// look finds out more than proc says, for check; nil to go without.
	look     func(context.Context, places, *checked)
	out, err io.Writer
}

// Main runs the command and ends the process.
func Main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	// A second signal ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(execute(ctx, os.Args[1:], system{
		proc: os.DirFS("/proc"), lookupEnv: os.LookupEnv, look: look, out: os.Stdout, err: os.Stderr,
	}))
}

// execute runs the command line args (without the program's name) until it is done
// or ctx is, and returns the exit code.
func execute(ctx context.Context, args []string, system system) int {
	root := newRoot(system)
	root.SetArgs(args)
	root.SetOut(system.out)
	root.SetErr(system.err)
	switch err := root.ExecuteContext(ctx); {
	case err == nil:
		return exitOK
	case errors.Is(err, errNo):
		return exitNo
	default:
		fmt.Fprintf(system.err, "Error: %v\n", err)
		return exitFailed
	}
}

const rootLong = `inshore-agent keeps calls to node-local Services on their node. It watches the Services
that opted in (inshore.dev/node-local) and the pods of its own node, routes new
connections to the local pod by eBPF or nftables, whatever the cluster's proxy does, and
sets the readiness gate inshore.dev/routed of a pod once connections reach it: that is
what makes a rollout lose nothing.

Without a command it runs. It takes CAP_BPF and CAP_NET_ADMIN (root has both). When it
stops, routing stays as it is, for its successor to take over; ` + "`inshore-agent cleanup`" + ` removes
everything.

Every flag can be set by an environment variable, INSHORE_ and its name: --node-name is
INSHORE_NODE_NAME. A flag on the command line wins.

Exit code 0: done, or yes. 1: the answer is no. 2: wrong flags, or it could not be done.`

const rootExample = `  # in a pod of the DaemonSet, which sets INSHORE_NODE_NAME
  inshore-agent

  # by hand on a node, against any cluster
  inshore-agent --kubeconfig ~/.kube/config --node-name node-0

  # could this node run it, and what does the cluster's proxy do with Local?
  inshore-agent check

  # what does the running agent do, and where do calls go?
  inshore-agent status
  inshore-agent routes`

func newRoot(system system) *cobra.Command {
	root := &cobra.Command{
		Use:           "inshore-agent",
		Short:         "Keep calls to node-local Services on this node",
		Long:          rootLong,
		Example:       rootExample,
		Version:       version.String(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
	}
	prepareRun(root, system)
	running := &cobra.Command{
		Use:   "run",
		Short: "Route this node until a signal comes (the default)",
		Long:  rootLong,
		Args:  cobra.NoArgs,
	}
	prepareRun(running, system)
	root.AddCommand(running, newStatus(system), newRoutes(system), newCheck(system), newCleanup(system), newVersion())
	return root
}

// prepareRun makes command run the agent.
func prepareRun(command *cobra.Command, system system) {
	var o options
	o.register(command.Flags())
	command.Flags().SortFlags = false
	command.RunE = func(command *cobra.Command, _ []string) error {
		if err := environment.SetFlags(command.Flags(), system.lookupEnv); err != nil {
			return err
		}
		if err := o.complete(); err != nil {
			return err
		}
		log, err := logger.New(o.logLevel)
		if err != nil {
			return err
		}
		return run(command.Context(), &o, ownFrom(system.lookupEnv), newNode(&o, log), log)
	}
}

// withEnvironment has a command read its flags' variables first.
func withEnvironment(system system, run func(*cobra.Command) error) func(*cobra.Command, []string) error {
	return func(command *cobra.Command, _ []string) error {
		if err := environment.SetFlags(command.Flags(), system.lookupEnv); err != nil {
			return err
		}
		return run(command)
	}
}

// registerOutput adds -o.
func registerOutput(flags *pflag.FlagSet, output *string) {
	flags.StringVarP(output, "output", "o", "text", "how to write it: text or json")
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

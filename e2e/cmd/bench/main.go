// Command bench compares the ways from a pod to the daemon on its node; see package bench.
//
//	go run ./e2e/cmd/bench                                     # about ten minutes
//	go run ./e2e/cmd/bench --quick                             # that it works; figures mean little
//	go run ./e2e/cmd/bench --services 10000 --arms pod-ip,ebpf -o json --out report.json
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/e2e/bench"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := newCommand().ExecuteContext(ctx); err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func newCommand() *cobra.Command {
	var options bench.Options
	var output, out string
	var arms []string
	var quick bool
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Compare the ways from a pod to the daemon on its node",
		Long: `Bench starts a real cluster on this host, with a node for each way of routing Services, and measures calls
from one pod of a node to another: to the pod's IP, through the agent's two datapaths, through kube-proxy's two
modes, over 127.0.0.1 and over a Unix socket. It also measures how long a pod that has become ready takes to be
reached, and what the agent and kube-proxy use. The report goes to standard output, progress to standard error.

It needs root. Figures mean something on a quiet machine only.`,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if output != "text" && output != "json" {
				return fmt.Errorf("output %q: want text or json", output)
			}
			options.Progress = cmd.ErrOrStderr()
			var err error
			if options.Arms, err = bench.ParseArms(arms); err == nil {
				options, err = options.Complete(quick)
			}
			if err != nil {
				return err
			}
			report, err := bench.Run(cmd.Context(), options)
			if report != nil {
				err = errors.Join(err, bench.Write(cmd.OutOrStdout(), report, output, out))
			}
			if err != nil {
				return err
			}
			if quick && len(report.Missing) > 0 {
				return fmt.Errorf("%d things were not measured, the first: %s", len(report.Missing), report.Missing[0])
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.IntSliceVar(&options.Services, "services", nil, "`numbers` of Services to measure with, ascending (default 10,1000,10000,100000)")
	flags.StringSliceVar(&arms, "arms", nil, fmt.Sprintf("what to measure, of %v (default all)", bench.Arms()))
	flags.DurationVar(&options.Duration, "duration", 0, "how long to measure calls at each number of Services (default 30s)")
	flags.DurationVar(&options.Patience, "patience", 0, "how long a router may take to route the Services that were added (default 3m)")
	flags.IntVar(&options.Turns, "turns", 0, "how often to measure programming on each node (default 20)")
	flags.DurationVar(&options.Churn, "churn", 0, "how long to watch processes at rest, and in churn (default 20s)")
	flags.StringVar(&options.Agent, "agent", "", "measure this `build` of inshore-agent, in place of this checkout's")
	flags.BoolVar(&quick, "quick", false, "defaults that end within 90 seconds, and a failure if anything could not be measured")
	flags.StringVarP(&output, "output", "o", "text", "text or json")
	flags.StringVar(&out, "out", "", "write the JSON to this `file` too")
	return cmd
}

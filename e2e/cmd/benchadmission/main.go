// Command benchadmission measures what admission costs; see package
// e2e/bench/admission.
//
//	go run ./e2e/cmd/benchadmission           # some ten minutes
//	go run ./e2e/cmd/benchadmission --quick   # that it works; figures mean little
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/e2e/bench"
	"github.com/inshore-dev/inshore/e2e/bench/admission"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := newCommand().ExecuteContext(ctx); err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "benchadmission:", err)
		os.Exit(1)
	}
}

func newCommand() *cobra.Command {
	var options admission.Options
	var quick bool
	var output, out string
	cmd := &cobra.Command{
		Use:   "benchadmission",
		Short: "Measure what admission costs a write to the API server",
		Long: `Benchadmission starts an API server on this host and sends it writes that meet no admission, webhooks that
allow everything, inshore-webhook, or the policies of inshore native, in turns. It then asks the webhooks themselves. The
report goes to standard output, progress to standard error.

It needs root. Figures mean something on a quiet machine only.`,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if output != "text" && output != "json" {
				return fmt.Errorf("output %q: want text or json", output)
			}
			options.Progress = cmd.ErrOrStderr()
			report, err := admission.Run(cmd.Context(), options.Complete(quick))
			if err != nil {
				return err
			}
			return bench.Write(cmd.OutOrStdout(), report, output, out)
		},
	}
	cmd.AddCommand(&cobra.Command{
		Use: admission.ServeCommand, Hidden: true, Args: cobra.ExactArgs(3),
		RunE: func(_ *cobra.Command, args []string) error {
			return admission.Serve(admission.Arm(args[0]), args[1], args[2])
		},
	})
	flags := cmd.Flags()
	flags.IntVar(&options.Turns, "turns", 0, "how often the arms take turns (default 150)")
	flags.IntVar(&options.Calls, "calls", 0, "how many requests a client sends in a turn (default 4)")
	flags.IntSliceVar(&options.Clients, "clients", nil, "`numbers` of clients at once (default 1,8)")
	flags.IntVar(&options.Wire, "wire", 0, "how often each webhook is asked itself (default 3000)")
	flags.StringVar(&options.Webhook, "webhook", "", "measure this `build` of inshore-webhook, in place of this checkout's")
	flags.BoolVar(&quick, "quick", false, "three turns")
	flags.StringVarP(&output, "output", "o", "text", "text or json")
	flags.StringVar(&out, "out", "", "write the JSON to this `file` too")
	return cmd
}

// Command benchreview compares `inshore review` with conftest; see package
// e2e/bench/review.
//
//	go run ./e2e/cmd/benchreview           # some ten minutes
//	go run ./e2e/cmd/benchreview --quick   # that it works; figures mean little
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/e2e/bench"
	"github.com/inshore-dev/inshore/e2e/bench/review"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := newCommand().ExecuteContext(ctx); err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "benchreview:", err)
		os.Exit(1)
	}
}

func newCommand() *cobra.Command {
	var options review.Options
	var quick bool
	var output, out string
	var files []int
	cmd := &cobra.Command{
		Use:   "benchreview",
		Short: "Compare inshore review with conftest",
		Long: `Benchreview writes manifests to a temporary folder and has inshore review and conftest judge them by the
same rules, in turns. It fails if the two do not find the same. conftest is installed by go install, once. The report goes to
standard output, progress to standard error.`,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if output != "text" && output != "json" {
				return fmt.Errorf("output %q: want text or json", output)
			}
			for _, count := range files {
				options.Corpora = append(options.Corpora, review.Corpus{Files: count, OneIn: 1}, review.Corpus{Files: count, OneIn: 20})
			}
			options.Progress = cmd.ErrOrStderr()
			report, err := review.Run(cmd.Context(), options.Complete(quick))
			if err != nil {
				return err
			}
			return bench.Write(cmd.OutOrStdout(), report, output, out)
		},
	}
	cmd.AddCommand(&cobra.Command{
		Use: review.MeasureCommand, Hidden: true, DisableFlagParsing: true, Args: cobra.MinimumNArgs(2),
		RunE: func(_ *cobra.Command, args []string) error { return review.Measure(args[0], args[1:]) },
	})
	flags := cmd.Flags()
	flags.IntSliceVar(&files, "files", nil, "`numbers` of manifests (default 1000,10000)")
	flags.IntVar(&options.Turns, "turns", 0, "how often each runs on each corpus (default 7)")
	flags.StringVar(&options.Inshore, "inshore", "", "measure this `build` of inshore, in place of this checkout's")
	flags.BoolVar(&quick, "quick", false, "200 manifests, two turns")
	flags.StringVarP(&output, "output", "o", "text", "text or json")
	flags.StringVar(&out, "out", "", "write the JSON to this `file` too")
	return cmd
}

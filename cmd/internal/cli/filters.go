package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/cmd/internal/manifest"
	"github.com/inshore-dev/inshore/cmd/internal/output"
	"github.com/inshore-dev/inshore/cmd/internal/review"
)

// filters are what takes results out of a report, for repositories that were
// there before Inshore.
type filters struct {
	baseline, writeBaseline, since string
}

func addFilterFlags(command *cobra.Command) *filters {
	f := &filters{}
	flags := command.Flags()
	flags.StringVar(&f.baseline, "baseline", "", "leave out the findings in this `FILE`, which --write-baseline wrote; unreadable documents are never left out")
	flags.StringVar(&f.writeBaseline, "write-baseline", "", "write the present findings to this `FILE`, for --baseline, and exit 0 unless something cannot be read")
	flags.StringVar(&f.since, "since", "", "only results in objects that changed in git since this revision, `REV` (compared with where HEAD left it); the others are still read and related")
	for _, name := range []string{"baseline", "write-baseline"} {
		if err := command.MarkFlagFilename(name, "json"); err != nil {
			panic(err) // only if the flag is not there
		}
	}
	if err := command.RegisterFlagCompletionFunc("since", cobra.NoFileCompletions); err != nil {
		panic(err) // only if the flag is not there or has one already
	}
	return f
}

// open reads what the filters need before a review takes place, so that what
// is wrong with the command line is said at once.
func (f *filters) open(ctx context.Context, paths []string) (*openFilters, error) {
	opened := &openFilters{writeBaseline: f.writeBaseline}
	var err error
	if f.baseline != "" {
		if opened.baseline, err = review.ReadBaseline(f.baseline); err != nil {
			return nil, err
		}
	}
	if f.since == "" {
		return opened, nil
	}
	if f.writeBaseline != "" {
		return nil, &usageError{errors.New("--write-baseline takes all findings, --since only some: use one of the two")}
	}
	if slices.Contains(paths, manifest.Stdin) {
		return nil, &usageError{errors.New("--since needs files that git knows; standard input is none")}
	}
	if opened.history, err = review.OpenGit(ctx, f.since, paths[0]); err != nil {
		return nil, fmt.Errorf("--since %s: %w", f.since, err)
	}
	return opened, nil
}

// openFilters are the filters with what they need.
type openFilters struct {
	baseline      *review.Baseline
	writeBaseline string
	history       *review.Git
}

// apply takes results out of the report. The baseline is first: what it knows
// is in it, changed or not.
func (f *openFilters) apply(ctx context.Context, report *review.Report) error {
	if f.writeBaseline != "" {
		written := report.Baseline()
		if err := output.WriteFile(f.writeBaseline, written.Write); err != nil {
			return err
		}
		report.LeaveOut(written)
		return nil
	}
	if f.baseline != nil {
		report.LeaveOut(f.baseline)
	}
	if f.history == nil {
		return nil
	}
	if err := report.KeepChanged(ctx, f.history); err != nil {
		return fmt.Errorf("--since: %w", err)
	}
	return nil
}

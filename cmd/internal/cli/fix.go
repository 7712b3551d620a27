package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/cmd/internal/manifest"
	"github.com/inshore-dev/inshore/cmd/internal/review"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// fixes are the flags that show or write what admission would fill in.
type fixes struct {
	diff, fix bool
}

func addFixFlags(command *cobra.Command) *fixes {
	f := &fixes{}
	flags := command.Flags()
	flags.BoolVar(&f.diff, "diff", false, "show as a diff, for git apply, what --fix would write; the report goes to standard error")
	flags.BoolVar(&f.fix, "fix", false,
		"write the fields of the spec that admission would fill in into the files and review the result; with -, the fixed stream goes to standard output and the report to standard error")
	return f
}

// check refuses what cannot be meant.
func (f *fixes) check(paths []string) error {
	if f.diff && f.fix && slices.Contains(paths, manifest.Stdin) {
		return &usageError{errors.New("--diff and --fix both write standard output if manifests come from standard input: use one of the two")}
	}
	return nil
}

// reportTo is where the report goes: standard output, unless that is taken.
func (f *fixes) reportTo(streams Streams, paths []string) Streams {
	if f.diff || f.fix && slices.Contains(paths, manifest.Stdin) {
		streams.Out, streams.OutTerminal = streams.Err, streams.ErrTerminal
	}
	return streams
}

// apply shows or writes the fixes of an outcome. It returns the outcome as it is
// after that, and how many objects are left to be changed by hand.
func (f *fixes) apply(ctx context.Context, streams Streams, platform *platformFlags, rules validate.Rules, outcome *review.Outcome, paths []string) (*review.Outcome, int, error) {
	if !f.diff && !f.fix {
		return outcome, 0, nil
	}
	left, changed, stdin := 0, false, outcome.Stdin()
	err := outcome.Fix(ctx, reviewConfig(streams, platform, rules), paths, func(file review.FixedFile) error {
		left += file.ByHand()
		if err := f.show(streams, &file); err != nil || !f.fix || len(file.Edits) == 0 {
			return err
		}
		changed = true
		if file.File == manifest.Stdin {
			stdin = file.After
			return nil
		}
		return review.Replace(file.Target, file.After)
	})
	if err != nil || !f.fix {
		return outcome, 0, err
	}
	if slices.Contains(paths, manifest.Stdin) {
		if _, err := streams.Out.Write(stdin); err != nil {
			return nil, 0, fmt.Errorf("writing the fixed stream: %w", err)
		}
	}
	if changed {
		// The report is about what there is now, and its lines too.
		streams.In = bytes.NewReader(stdin)
		outcome, err = run(ctx, streams, platform, rules, nil, paths)
	}
	return outcome, left, err
}

// show writes the diff, and on standard error what is fixed and what is not.
func (f *fixes) show(streams Streams, file *review.FixedFile) error {
	if f.diff {
		if _, err := io.WriteString(streams.Out, file.Diff(review.Style{Color: streams.color()})); err != nil {
			return fmt.Errorf("writing the diff: %w", err)
		}
	}
	if f.fix {
		for _, object := range file.Fixed {
			fmt.Fprintln(streams.Err, object)
		}
	}
	for _, object := range file.Unfixed {
		fmt.Fprintln(streams.Err, object)
	}
	return nil
}

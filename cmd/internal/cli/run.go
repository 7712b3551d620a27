package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/inshore-dev/inshore/cmd/internal/review"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// run reviews paths with the given rules.
func run(ctx context.Context, streams Streams, flags *platformFlags, rules validate.Rules, progress func(doing review.Stage, done, total int), paths []string) (*review.Outcome, error) {
	config := reviewConfig(streams, flags, rules)
	config.Progress = progress
	outcome, err := review.Run(ctx, config, paths)
	if errors.Is(err, review.ErrNothing) {
		return nil, fmt.Errorf("%w in %s", err, strings.Join(paths, ", "))
	}
	return outcome, err
}

func reviewConfig(streams Streams, flags *platformFlags, rules validate.Rules) review.Config {
	return review.Config{
		Rules:     rules,
		Platform:  flags.platform(),
		Namespace: flags.namespace,
		Stdin:     streams.In,
	}
}

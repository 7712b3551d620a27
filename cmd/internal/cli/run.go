package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/inshore-dev/inshore/cmd/internal/review"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// run reviews paths with the built-in rules.
func run(ctx context.Context, streams Streams, flags *platformFlags, progress func(done, total int), paths []string) (*review.Outcome, error) {
	engine, err := policies.New(ctx, policies.Config{})
	if err != nil {
		return nil, fmt.Errorf("compiling the built-in rules: %w", err)
	}
	outcome, err := review.Run(ctx, review.Config{
		Rules:     validate.Rules{Engine: engine, Now: time.Now()},
		Platform:  flags.platform(),
		Namespace: flags.namespace,
		Stdin:     streams.In,
		Progress:  progress,
	}, paths)
	if errors.Is(err, review.ErrNothing) {
		return nil, fmt.Errorf("%w in %s", err, strings.Join(paths, ", "))
	}
	return outcome, err
}

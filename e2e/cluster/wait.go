package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// pollInterval is short enough not to show in a test's duration and long enough not to load the cluster.
const pollInterval = 100 * time.Millisecond

// Check looks once whether something has come true. The state says, in either case, what it saw. An error
// ends the wait; what may still come true is not an error but a state.
type Check func(ctx context.Context) (done bool, state string, err error)

// Wait repeats a check until it is done. When the time is over, the error says what was waited for and
// the last state seen.
func Wait(ctx context.Context, what string, limit time.Duration, check Check) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()

	last := "nothing seen yet"
	for start := time.Now(); ; {
		done, state, err := check(ctx)
		switch {
		case done && err == nil:
			return nil
		case err != nil && ctx.Err() == nil:
			return fmt.Errorf("wait for %s: %w", what, err)
		case state != "" && ctx.Err() == nil:
			last = state
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return fmt.Errorf("wait for %s: %w (last seen: %s)", what, context.Cause(ctx), last)
			}
			return fmt.Errorf("waited %s for %s; last seen: %s", time.Since(start).Round(time.Second), what, last)
		case <-tick.C:
		}
	}
}

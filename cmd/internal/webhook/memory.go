package webhook

import (
	"context"
	"time"

	"github.com/go-logr/logr"

	"github.com/inshore-dev/inshore/cmd/internal/memory"
)

const (
	// settleInterval is how often we look whether everything is there, and how long
	// after that what came with it is left alone.
	settleInterval = 2 * time.Second
	// frugalInterval is how often what was not needed for a while is given back:
	// pages of code that runs once a day would add up to the whole program. It costs
	// a collection and about a millisecond of page faults.
	frugalInterval = 10 * time.Minute
)

// frugality gives back what starting up needed once that is over, and now and then
// what nobody has needed since. It is a manager.Runnable.
type frugality struct {
	ready []func() error
	log   logr.Logger
}

// NeedLeaderElection is false: it is about this process.
func (*frugality) NeedLeaderElection() bool { return false }

// Start runs until ctx is done.
func (f *frugality) Start(ctx context.Context) error {
	for wait, looks := settleInterval, 0; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		if !f.over() {
			continue
		}
		if looks++; looks > 1 {
			memory.GiveBack(f.log)
			wait = frugalInterval
		}
	}
}

// over reports whether starting up is.
func (f *frugality) over() bool {
	for _, ready := range f.ready {
		if ready() != nil {
			return false
		}
	}
	return true
}

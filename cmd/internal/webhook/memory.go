package webhook

import (
	"context"
	"os"
	"runtime/debug"
	"time"

	"github.com/go-logr/logr"

	"github.com/inshore-dev/inshore/cmd/internal/memory"
)

// gcPercent is the garbage collector's pace: a quarter more collections than at
// the usual 100, for a tenth of the memory. Measured with 10,000 objects: 10 MB of
// live heap, and 32 MiB of our own resident at 100.
const gcPercent = 75

const (
	// settleInterval is how often we look whether everything is there, and how long
	// after that we give back once more, what came with it.
	settleInterval = 2 * time.Second
	// frugalInterval is how often what was not needed for a while is given back:
	// pages of code that runs once a day would add up to the whole program. It costs
	// a collection and about a millisecond of page faults.
	frugalInterval = 10 * time.Minute
)

// frugality gives back what starting up needed, before the cluster is listed and
// once that is over, and now and then what nobody has needed since. It is a
// manager.Runnable.
type frugality struct {
	ready []func() error
	log   logr.Logger
}

// newFrugality sets the garbage collector's pace too, unless the user did.
func newFrugality(log logr.Logger, ready ...func() error) *frugality {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	return &frugality{ready: ready, log: log}
}

// NeedLeaderElection is false: it is about this process.
func (*frugality) NeedLeaderElection() bool { return false }

// Start runs until ctx is done.
func (f *frugality) Start(ctx context.Context) error {
	memory.GiveBack(f.log)
	for wait, looks := settleInterval, 0; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
		if !f.over() {
			continue
		}
		memory.GiveBack(f.log)
		if looks++; looks > 1 {
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

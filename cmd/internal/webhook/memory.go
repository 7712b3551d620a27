package webhook

import (
	"context"
	"time"

	"github.com/go-logr/logr"

	"github.com/inshore-dev/inshore/cmd/internal/memory"
)

// settleInterval is how often we look whether everything is there, and how long
// after that its garbage is left alone.
const settleInterval = 2 * time.Second

// settling gives back what starting up needed, once that is over. It is a
// manager.Runnable.
type settling struct {
	ready []func() error
	log   logr.Logger
}

// NeedLeaderElection is false: every replica starts up.
func (*settling) NeedLeaderElection() bool { return false }

// Start returns when memory was given back, or when ctx is done.
func (s *settling) Start(ctx context.Context) error {
	for range 2 { // everything is there, and a while later
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(settleInterval):
			}
			if s.over() {
				break
			}
		}
	}
	memory.GiveBack(s.log)
	return nil
}

func (s *settling) over() bool {
	for _, ready := range s.ready {
		if ready() != nil {
			return false
		}
	}
	return true
}

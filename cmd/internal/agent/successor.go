package agent

import (
	"context"
	"fmt"

	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/routes"
)

// successor is a datapath that takes over from one of another kind: once its own
// first table is in place, it removes the other's, which nobody would update.
type successor struct {
	datapath.Datapath
	remove func() error
	done   bool
}

// Replace implements [datapath.Datapath].
func (s *successor) Replace(ctx context.Context, table routes.Table) error {
	err := s.Datapath.Replace(ctx, table)
	if s.done || (err != nil && datapath.OnlyFull(err) == nil) {
		return err
	}
	if err := s.remove(); err != nil {
		return fmt.Errorf("removing the datapath of a predecessor: %w", err)
	}
	s.done = true
	return err
}

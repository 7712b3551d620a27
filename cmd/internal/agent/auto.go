package agent

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/introspect"
	"github.com/inshore-dev/inshore/agent/routes"
)

// auto is a preferred datapath until its first table turns out not to work: only
// with a table in place can a connection be tried. From then on it stays what it
// is; a canary that fails later is said, not acted upon, since changing horses
// would cut off what still works.
type auto struct {
	other func(cause error) (*carrier, error)
	// remove takes the preferred one off the node.
	remove func() error

	mu      sync.Mutex
	inUse   *carrier
	decided bool
}

// canaryAttempts is how often the first table is tried: a starved node may miss
// one.
const canaryAttempts = 3

func newAuto(preferred *carrier, other func(error) (*carrier, error), remove func() error) *carrier {
	a := &auto{inUse: preferred, other: other, remove: remove}
	return &carrier{Datapath: a, canary: a.canary, renew: a.renew, describe: func() introspect.Datapath { return a.current().describe() }}
}

func (a *auto) current() *carrier {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.inUse
}

func (a *auto) canary(ctx context.Context) error {
	if c := a.current(); c.canary != nil {
		return c.canary(ctx)
	}
	return nil
}

func (a *auto) renew() error {
	if c := a.current(); c.renew != nil {
		return c.renew()
	}
	return nil
}

// Replace implements [datapath.Datapath]. The first one decides.
func (a *auto) Replace(ctx context.Context, table routes.Table) error {
	preferred := a.current()
	err := preferred.Replace(ctx, table)
	if a.decided {
		return err
	}
	cause := err
	if datapath.OnlyFull(err) != nil {
		cause = nil
	}
	for attempt := 0; cause == nil && attempt < canaryAttempts; attempt++ {
		failed := preferred.canary(ctx)
		if failed == nil {
			a.decided = true
			return err
		}
		if attempt == canaryAttempts-1 {
			cause = failed
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return a.change(ctx, cause, table)
}

// change takes the preferred datapath away and puts the other in its place. The
// nftables table of drops is removed with it, so the order cannot be the other way.
func (a *auto) change(ctx context.Context, cause error, table routes.Table) error {
	other, err := a.other(cause)
	if err != nil {
		return errors.Join(err, cause)
	}
	if err := errors.Join(a.current().Close(), a.remove()); err != nil {
		return fmt.Errorf("removing the eBPF datapath, which does not work here: %w", err)
	}
	a.mu.Lock()
	a.inUse, a.decided = other, true
	a.mu.Unlock()
	return other.Replace(ctx, table)
}

// Update implements [datapath.Datapath].
func (a *auto) Update(ctx context.Context, changes []routes.Change) error {
	return a.current().Update(ctx, changes)
}

// Counters implements [datapath.Datapath].
func (a *auto) Counters() (map[routes.Frontend]datapath.Counters, error) {
	return a.current().Counters()
}

// Size implements [datapath.Datapath].
func (a *auto) Size() (used, capacity int) { return a.current().Size() }

// Close implements [datapath.Datapath].
func (a *auto) Close() error { return a.current().Close() }

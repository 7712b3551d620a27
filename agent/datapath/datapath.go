package datapath

import (
	"context"
	"fmt"
	"slices"

	"github.com/inshore-dev/inshore/agent/routes"
)

// Datapath carries out a table of routes. Its methods are not called
// concurrently, except Counters, which may be called at any time.
type Datapath interface {
	// Replace makes table the whole truth. It is the first call after opening:
	// what a predecessor left and table has too stays without a gap, what table
	// lacks goes. New connections are decided by table when it returns.
	Replace(ctx context.Context, table routes.Table) error
	// Update applies changes. Each frontend changes from one decision to the next
	// at once: no connection ever sees parts of both. New connections are decided
	// by all of them when it returns.
	//
	// A [*FullError] says which frontends have no room, all there are now; the rest
	// is applied. They are placed as soon as others go, without being asked for
	// again.
	Update(ctx context.Context, changes []routes.Change) error
	// Counters are the totals since the datapath was first installed, by frontend.
	Counters() (map[routes.Frontend]Counters, error)
	// Size is how many frontends are in place, and how many there is room for
	// (0 for no bound).
	Size() (used, capacity int)
	// Close lets go. Routing stays as it is: a restarted agent takes it over.
	Close() error
}

// Counters are decisions, counted: connections for TCP and connected UDP, datagrams
// for the rest. nftables counts flows.
type Counters struct {
	Local    uint64
	Fallback uint64
	Refused  uint64
	Dropped  uint64
}

// FullError says that a table has more frontends than the datapath has room for.
// What is missing is left to the cluster's proxy, visibly.
type FullError struct {
	Capacity int
	Missing  []routes.Frontend
}

// OnlyFull is the [*FullError] that is all there is to err. It is nil if err is
// nil, or says that something else went wrong, perhaps as well.
func OnlyFull(err error) *FullError {
	switch e := err.(type) {
	case *FullError:
		return e
	case interface{ Unwrap() []error }:
		var all *FullError
		for _, inner := range e.Unwrap() {
			full := OnlyFull(inner)
			if full == nil {
				return nil
			}
			all = merge(all, full)
		}
		return all
	}
	return nil
}

// merge has what either misses.
func merge(a, b *FullError) *FullError {
	if a == nil {
		return b
	}
	merged := &FullError{Capacity: min(a.Capacity, b.Capacity), Missing: slices.Clone(a.Missing)}
	known := map[routes.Frontend]struct{}{}
	for _, frontend := range a.Missing {
		known[frontend] = struct{}{}
	}
	for _, frontend := range b.Missing {
		if _, already := known[frontend]; !already {
			merged.Missing = append(merged.Missing, frontend)
		}
	}
	return merged
}

func (e *FullError) Error() string {
	return fmt.Sprintf("no room for %d frontends: the map holds %d (raise --max-frontends)", len(e.Missing), e.Capacity)
}

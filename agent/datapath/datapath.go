package datapath

import (
	"context"
	"fmt"

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
	// A [*FullError] says which frontends found no room; the rest is applied.
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

func (e *FullError) Error() string {
	return fmt.Sprintf("no room for %d frontends: the map holds %d (raise --max-frontends)", len(e.Missing), e.Capacity)
}

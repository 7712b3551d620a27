package datapath

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/inshore-dev/inshore/agent/routes"
)

// Fake is a datapath in memory, for tests: it keeps the table that it was
// given, and fails or waits on demand. The zero value is ready to use and has
// no bound.
type Fake struct {
	// Capacity bounds the frontends; 0 for no bound. What does not fit waits, and
	// comes back as a [*FullError] until it does.
	Capacity int

	mu       sync.Mutex
	table    routes.Table
	waiting  routes.Table
	counters map[routes.Frontend]Counters
	faults   []error
	held     chan struct{}
	blocked  int
	changed  chan struct{}
	replaced int
	updated  int
	closed   bool
}

var _ Datapath = (*Fake)(nil)

// Replace implements [Datapath].
func (f *Fake) Replace(ctx context.Context, table routes.Table) error {
	if err := f.enter(ctx); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	defer f.signal()
	f.replaced++
	f.table, f.waiting = routes.Table{}, routes.Table{}
	var changes []routes.Change
	for frontend, route := range table {
		changes = append(changes, routes.Change{Frontend: frontend, Route: &route})
	}
	slices.SortFunc(changes, func(a, b routes.Change) int { return a.Frontend.Addr.Compare(b.Frontend.Addr) })
	return f.apply(changes)
}

// Update implements [Datapath].
func (f *Fake) Update(ctx context.Context, changes []routes.Change) error {
	if err := f.enter(ctx); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	defer f.signal()
	f.updated++
	if f.table == nil {
		f.table, f.waiting = routes.Table{}, routes.Table{}
	}
	return f.apply(changes)
}

// enter waits while calls are held and takes the next injected fault.
func (f *Fake) enter(ctx context.Context) error {
	f.mu.Lock()
	held := f.held
	if held != nil {
		f.blocked++
		f.signal()
	}
	f.mu.Unlock()
	if held != nil {
		select {
		case <-held:
		case <-ctx.Done():
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if held != nil {
		f.blocked--
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(f.faults) == 0 {
		return nil
	}
	err := f.faults[0]
	f.faults = f.faults[1:]
	f.signal()
	return err
}

// apply is called with the lock held.
func (f *Fake) apply(changes []routes.Change) error {
	for _, change := range changes {
		delete(f.waiting, change.Frontend)
		_, known := f.table[change.Frontend]
		switch {
		case change.Route == nil:
			delete(f.table, change.Frontend)
		case known || f.room():
			f.table[change.Frontend] = *change.Route
		default:
			f.waiting[change.Frontend] = *change.Route
		}
	}
	for frontend, route := range f.waiting {
		if f.room() {
			f.table[frontend] = route
			delete(f.waiting, frontend)
		}
	}
	if len(f.waiting) == 0 {
		return nil
	}
	return &FullError{Capacity: f.Capacity, Missing: slices.Collect(maps.Keys(f.waiting))}
}

func (f *Fake) room() bool { return f.Capacity == 0 || len(f.table) < f.Capacity }

// signal is called with the lock held.
func (f *Fake) signal() {
	if f.changed != nil {
		close(f.changed)
		f.changed = nil
	}
}

// Counters implements [Datapath].
func (f *Fake) Counters() (map[routes.Frontend]Counters, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.counters), nil
}

// Size implements [Datapath].
func (f *Fake) Size() (used, capacity int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.table), f.Capacity
}

// Close implements [Datapath]. The table stays, as the contract has it.
func (f *Fake) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	return nil
}

// Fail makes the next calls of Replace or Update return errs, one each, and
// apply nothing.
func (f *Fake) Fail(errs ...error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, errs...)
}

// Hold makes calls of Replace and Update wait until release is called (or their
// context is done).
func (f *Fake) Hold() (release func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	held := make(chan struct{})
	f.held = held
	return sync.OnceFunc(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.held == held {
			f.held = nil
		}
		close(held)
	})
}

// Count sets the counters of a frontend.
func (f *Fake) Count(frontend routes.Frontend, counters Counters) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.counters == nil {
		f.counters = map[routes.Frontend]Counters{}
	}
	f.counters[frontend] = counters
}

// FakeState is what a [Fake] has seen.
type FakeState struct {
	// Table is a copy; nil before the first call.
	Table routes.Table
	// Replaced and Updated count the calls that were carried out, Waiting those
	// that are held, Faults those still to fail.
	Replaced, Updated, Waiting, Faults int
	Closed                             bool
}

// State is what the datapath holds now. changed is closed when it is another.
func (f *Fake) State() (state FakeState, changed <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.changed == nil {
		f.changed = make(chan struct{})
	}
	return FakeState{
		Table: maps.Clone(f.table), Replaced: f.replaced, Updated: f.updated,
		Waiting: f.blocked, Faults: len(f.faults), Closed: f.closed,
	}, f.changed
}

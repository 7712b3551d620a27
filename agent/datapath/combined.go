package datapath

import (
	"context"
	"errors"

	"github.com/inshore-dev/inshore/agent/routes"
)

// Combined is several datapaths that carry out the same table. A change is in
// place when it is in all of them.
type Combined []Datapath

var _ Datapath = Combined(nil)

// Replace implements [Datapath].
func (c Combined) Replace(ctx context.Context, table routes.Table) error {
	return c.each(func(d Datapath) error { return d.Replace(ctx, table) })
}

// Update implements [Datapath].
func (c Combined) Update(ctx context.Context, changes []routes.Change) error {
	return c.each(func(d Datapath) error { return d.Update(ctx, changes) })
}

// each calls every datapath, also after one failed: whatever can be routed is. If
// the only trouble is want of room, the error is one [*FullError].
func (c Combined) each(call func(Datapath) error) error {
	var errs []error
	for _, d := range c {
		if err := call(d); err != nil {
			errs = append(errs, err)
		}
	}
	err := errors.Join(errs...)
	if full := OnlyFull(err); full != nil {
		return full
	}
	return err
}

// Counters implements [Datapath]: a connection is decided by one of them, so
// the sum counts each once.
func (c Combined) Counters() (map[routes.Frontend]Counters, error) {
	var total map[routes.Frontend]Counters
	for _, d := range c {
		counters, err := d.Counters()
		if err != nil {
			return nil, err
		}
		if total == nil {
			total = counters
			continue
		}
		for frontend, n := range counters {
			t := total[frontend]
			total[frontend] = Counters{t.Local + n.Local, t.Fallback + n.Fallback, t.Refused + n.Refused, t.Dropped + n.Dropped}
		}
	}
	return total, nil
}

// Size implements [Datapath]: the least room there is.
func (c Combined) Size() (used, capacity int) {
	for _, d := range c {
		n, room := d.Size()
		used = max(used, n)
		if room > 0 && (capacity == 0 || room < capacity) {
			capacity = room
		}
	}
	return used, capacity
}

// Close implements [Datapath].
func (c Combined) Close() error {
	var errs []error
	for _, d := range c {
		errs = append(errs, d.Close())
	}
	return errors.Join(errs...)
}

// Uncounted is a datapath whose counts are another one's too: beside the socket
// hooks, which count every decision, a packet filter that carries out those to
// drop would count each again, once for every packet that the client repeats.
type Uncounted struct{ Datapath }

// Counters implements [Datapath] with none.
func (Uncounted) Counters() (map[routes.Frontend]Counters, error) { return nil, nil }

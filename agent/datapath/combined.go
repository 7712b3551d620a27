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
	var full *FullError
	var errs []error
	for _, d := range c {
		err := call(d)
		var without *FullError
		switch {
		case err == nil:
		case errors.As(err, &without):
			full = merge(full, without)
		default:
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	if full != nil {
		return full
	}
	return nil
}

// merge has what either misses.
func merge(a, b *FullError) *FullError {
	if a == nil {
		return b
	}
	merged := &FullError{Capacity: min(a.Capacity, b.Capacity), Missing: a.Missing}
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

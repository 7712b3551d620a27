package routes

import "slices"

// Table is every decision. It is the Index's own, not a copy: not the caller's
// to change, and only to be read until the next edit.
func (x *Index) Table() Table {
	x.decide()
	return x.table
}

// Checkpoint is the Table, and lets Changes count from here: for a datapath that
// replaces everything.
func (x *Index) Checkpoint() Table {
	x.decide()
	x.before = map[Frontend]*Route{}
	return x.table
}

// Changes are what differs from the table as it was at the last call of Changes
// or Checkpoint, from an empty one at first; sorted by frontend. They are the
// caller's to keep.
func (x *Index) Changes() []Change {
	x.decide()
	if x.before == nil {
		x.before = make(map[Frontend]*Route, len(x.table))
		for f := range x.table {
			x.before[f] = nil
		}
	}
	var changes []Change
	for f, before := range x.before {
		now, exists := x.table[f]
		switch {
		case !exists && before != nil:
			changes = append(changes, Change{Frontend: f})
		case exists && (before == nil || !before.Equal(&now)):
			changes = append(changes, Change{Frontend: f, Route: &now})
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return a.Frontend.Compare(b.Frontend) })
	// A new map rather than an empty one: after a burst it would stay as large.
	x.before = map[Frontend]*Route{}
	return changes
}

// note remembers what the table has for a frontend that is about to change.
func (x *Index) note(f Frontend) {
	if x.before == nil {
		return
	}
	if _, known := x.before[f]; known {
		return
	}
	x.before[f] = nil
	if route, ok := x.table[f]; ok {
		x.before[f] = &route
	}
}

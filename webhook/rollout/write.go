package rollout

import "time"

// refusal is what is remembered of an object that the API server would not have
// changed.
type refusal struct {
	generation int64
	times      int
	until      time.Time
}

// refusedFirst is how long an object is left alone that the API server would not
// have changed; it doubles each time, up to refusedLast.
const refusedFirst, refusedLast = time.Minute, time.Hour

// Written notes that an object is being changed, as a step said.
func (b *Book) Written(p Policy, key Key, undo bool, now time.Time) {
	b.changes[key] = change{p.Name, undo, p.Generation, now}
}

// Unwritten notes that an object was not changed after all, and may be tried again
// at once.
func (b *Book) Unwritten(key Key) { delete(b.changes, key) }

// Refused notes that the API server would not have an object changed, and returns
// how long it is left alone.
func (b *Book) Refused(p Policy, key Key, now time.Time) time.Duration {
	delete(b.changes, key)
	r := refusal{generation: p.Generation, times: 1}
	if last, found := b.refusals[key]; found && last.generation == p.Generation {
		r.times = last.times + 1
	}
	wait := refusedFirst
	for n := r.times; n > 1 && wait < refusedLast; n-- {
		wait *= 2
	}
	wait = min(wait, refusedLast)
	r.until = now.Add(wait)
	b.refusals[key] = r
	return wait
}

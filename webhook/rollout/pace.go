package rollout

import "time"

// Pace bounds how often something is done. The zero value lets the first one pass
// at once.
type Pace struct {
	next time.Time
}

// slack is how late a turn may be taken without those after it being late too:
// the time that a timer needs. Nothing else is saved up.
const slack = 100 * time.Millisecond

// Take takes a turn if it is time for one. Otherwise wait says when it is.
func (p *Pace) Take(now time.Time, perMinute int32) (wait time.Duration, taken bool) {
	if wait := p.next.Sub(now); wait > 0 {
		return wait, false
	}
	if late := now.Add(-slack); p.next.Before(late) {
		p.next = late
	}
	p.next = p.next.Add(time.Minute / time.Duration(max(1, perMinute)))
	return 0, true
}

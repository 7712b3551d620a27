package deadline

import (
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
)

// defaultLease is what a Lease without leaseDurationSeconds is good for.
const defaultLease = 40 * time.Second

// sighting is what was last seen of a node's agent, and since when it has been
// just that.
type sighting struct {
	renewed time.Time     // By the node's clock; zero without a Lease.
	lasts   time.Duration // How long one renewal is good for.
	since   time.Time     // By our clock.
}

// see is the sighting after a look at the node's Lease, nil if there is none.
func (s sighting) see(lease *coordinationv1.Lease, now time.Time) sighting {
	seen := sighting{lasts: defaultLease, since: now}
	if lease != nil && lease.Spec.RenewTime != nil {
		seen.renewed = lease.Spec.RenewTime.Time
	}
	if lease != nil && lease.Spec.LeaseDurationSeconds != nil && *lease.Spec.LeaseDurationSeconds > 0 {
		seen.lasts = time.Duration(*lease.Spec.LeaseDurationSeconds) * time.Second
	}
	if !s.since.IsZero() && s.renewed.Equal(seen.renewed) {
		seen.since = s.since
	}
	return seen
}

// silent is how long there was no sign of life.
func (s sighting) silent(now time.Time) time.Duration { return now.Sub(s.since) }

// stale reports whether the agent has let its Lease run out.
func (s sighting) stale(now time.Time) bool { return s.silent(now) > s.lasts }

//go:build soak

package scale

import (
	"context"
	"testing"
	"time"
)

// TestSoakAPolicyReachesSixThousandObjects turns one policy to Enforce over 5,000
// Services and 1,000 DaemonSets in 500 namespaces, kills the leader in the middle
// and takes everything back.
func TestSoakAPolicyReachesSixThousandObjects(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Minute)
	defer cancel()
	const perMinute, maxUnready = 1200, 20
	r := newRollouts(ctx, t, "rollout-soak", fleet{namespaces: 500, daemons: 2, services: 5})
	all := r.fleet.objects()
	for _, w := range r.replicas {
		t.Logf("replica: %s", w.resident())
	}

	r.apply("everyone", everyone("Audit", perMinute, maxUnready))
	r.says("everyone", "False NotEnforced", 0, 0)
	began := time.Now()
	r.edit("everyone", `{"enforcement": "Enforce"}`)
	r.wait("a third of the roll-out", func() (bool, string) { s := r.policy("everyone").Status; return int(s.Enforced) >= all/3, "" })
	t.Logf("a third after %.0f s, the leader is killed", time.Since(began).Seconds())
	r.killLeader(false)
	killed := time.Now()
	n := len(r.changes(began))
	r.wait("the next leader's first change", func() (bool, string) { return len(r.changes(began)) > n+hands, "" })
	t.Logf("the next leader goes on after %.0f s", time.Since(killed).Seconds())
	r.says("everyone", "False Complete", all, 0)
	t.Logf("%d objects changed in %.0f s, %.0f a minute, at most %d DaemonSets replaced at once",
		all, time.Since(began).Seconds(), r.paced(began, perMinute), r.controller.mostAtOnce())
	if n := len(r.changes(began)); n != all {
		t.Errorf("%d changes, want one for each of %d objects", n, all)
	}
	r.guarded()
	t.Logf("the next leader: %s", leader(ctx, t, r.replicas).resident())

	began = time.Now()
	r.edit("everyone", `{"enforcement": "Audit"}`)
	r.says("everyone", "False NotEnforced", 0, 0)
	t.Logf("taken back in %.0f s, %.0f a minute", time.Since(began).Seconds(), r.paced(began, perMinute))
	r.unchanged()
	r.unthrottled()
}

// hands is how many changes a leader may have under way when it is killed.
const hands = 4

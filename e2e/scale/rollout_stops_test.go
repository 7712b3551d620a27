package scale

import (
	"context"
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// available has the DaemonSet of a team run on so many of its three nodes.
func (r *rollouts) available(team string, nodes int) {
	r.t.Helper()
	patch := fmt.Sprintf(`{"status": {"numberAvailable": %d}}`, nodes)
	r.patch(team, patch, "status")
}

// optOut has a team opt its DaemonSet out, or take that back.
func (r *rollouts) optOut(team, value string) {
	r.t.Helper()
	r.patch(team, fmt.Sprintf(`{"metadata": {"annotations": {%q: %s}}}`, v1alpha1.AnnotationNodeLocal, value))
}

func (r *rollouts) patch(team, patch string, subresources ...string) {
	r.t.Helper()
	_, err := r.c.Client().AppsV1().DaemonSets(team).Patch(r.ctx, "daemon-00", types.MergePatchType, []byte(patch), metav1.PatchOptions{}, subresources...)
	if err != nil {
		r.t.Fatal(err)
	}
}

// stops waits until a roll-out stands still for a reason, and sees that it does for as
// long as three turns take at 60 a minute.
func (r *rollouts) stops(name, reason string) {
	r.t.Helper()
	r.wait("policy "+name+" to stop", func() (bool, string) {
		p := r.policy(name)
		return condition(p, v1alpha1.ConditionProgressing) == "False "+reason, fmt.Sprintf("%+v", p.Status)
	})
	n := r.following(name)
	time.Sleep(3 * time.Second)
	if now := r.following(name); now != n {
		r.t.Errorf("%s: %d objects more follow the policy, want none", reason, now-n)
	}
}

// goesOn waits until more objects follow a policy.
func (r *rollouts) goesOn(name string) {
	r.t.Helper()
	n := r.following(name)
	r.wait("policy "+name+" to go on", func() (bool, string) { now := r.following(name); return now > n, fmt.Sprint(now) })
}

// TestARolloutStopsBeforeItDoesHarm has everything happen that a roll-out waits for:
// daemons that do not come up, objects that begin to break a rule, and a person.
func TestARolloutStopsBeforeItDoesHarm(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	const perMinute, maxUnready = 60, 1
	r := newRollouts(ctx, t, "rollout-stops", fleet{namespaces: 10, daemons: 1, services: 2})
	began := time.Now()
	r.apply("everyone", everyone("Enforce", perMinute, maxUnready))
	r.wait("two teams to follow", func() (bool, string) {
		n := r.following("everyone")
		return n >= 2*r.fleet.objects()/r.fleet.namespaces, fmt.Sprint(n)
	})

	// Two daemons that were changed lose a pod: one more than the policy allows.
	r.available("team-000", 2)
	r.available("team-001", 2)
	r.stops("everyone", "DaemonSetsUnready")
	r.available("team-000", 3)
	r.available("team-001", 3)
	r.goesOn("everyone")

	// A team whose turn has not come opts its daemon out. Its Services would be kept
	// on their nodes while the daemon's rollouts leave them empty.
	r.optOut("team-009", `"disabled"`)
	r.stops("everyone", "ViolationsRose")
	r.optOut("team-009", "null")
	r.goesOn("everyone")

	r.edit("everyone", `{"rollout": {"paused": true}}`)
	r.stops("everyone", "Paused")
	r.paced(began, perMinute)
	r.edit("everyone", `{"rollout": {"paused": false, "objectsPerMinute": 1200}}`)
	r.says("everyone", "False Complete", r.fleet.objects(), 0)

	// Nothing but the policy was in the way of what was there before.
	r.edit("everyone", `{"enforcement": "Audit"}`)
	r.says("everyone", "False NotEnforced", 0, 0)
	r.unchanged()
}

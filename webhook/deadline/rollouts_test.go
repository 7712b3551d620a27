package deadline

import (
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
)

func TestStanding(t *testing.T) {
	tests := map[string]struct {
		change   func(*appsv1.DaemonSet) // Between two looks, half a minute apart.
		standing bool
	}{
		"if nothing changes, it stands still": {func(*appsv1.DaemonSet) {}, true},
		"if a node's availability comes and goes, it is no progress": {
			func(d *appsv1.DaemonSet) { d.Status.NumberAvailable, d.Status.NumberReady = 2, 2 }, true,
		},
		"if one more node has the new pod, it moves":       {func(d *appsv1.DaemonSet) { d.Status.UpdatedNumberScheduled++; d.Status.NumberAvailable = 2 }, false},
		"if the template changes, it begins anew":          {func(d *appsv1.DaemonSet) { d.Generation++ }, false},
		"if it is another DaemonSet of that name, as well": {func(d *appsv1.DaemonSet) { d.UID = "other" }, false},
		"if every node has an available new pod, it is complete": {
			func(d *appsv1.DaemonSet) { d.Status.UpdatedNumberScheduled = 3 }, false,
		},
		"if a node without a pod joins a complete one, it is incomplete from then on": {
			func(d *appsv1.DaemonSet) { d.Status.UpdatedNumberScheduled, d.Status.DesiredNumberScheduled = 3, 4 }, false,
		},
		"if the controller has not seen the newest template, it is not complete": {
			func(d *appsv1.DaemonSet) { d.Status.UpdatedNumberScheduled, d.Status.ObservedGeneration = 3, 1 }, false,
		},
		"if it is being deleted, nobody waits": {func(d *appsv1.DaemonSet) { d.DeletionTimestamp = new(metav1.NewTime(start)) }, false},
		"if its selector cannot be read, it is left alone": {
			func(d *appsv1.DaemonSet) {
				d.Spec.Selector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Like"}}}
			}, false,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			clock := clocktesting.NewFakePassiveClock(start)
			rollouts := NewRollouts(clock)
			d := daemonSet()
			rollouts.Put(d)
			if found := rollouts.standing(30 * time.Second); len(found) > 0 {
				t.Fatalf("stands still from its beginning: %v", found)
			}
			clock.SetTime(start.Add(30 * time.Second))
			test.change(d)
			rollouts.Put(d)
			if found := rollouts.standing(30 * time.Second); (len(found) == 1) != test.standing {
				t.Errorf("standing %v, want it: %t", found, test.standing)
			}
		})
	}
}

package deadline

import (
	"cmp"
	"slices"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// Rollouts knows which gated DaemonSets are incomplete, and since when they have
// made no progress. Its methods may be called concurrently.
type Rollouts struct {
	clock clock.PassiveClock

	mu         sync.Mutex
	incomplete map[types.NamespacedName]rollout
}

// rollout is a gated DaemonSet that lacks available pods of its newest template.
type rollout struct {
	types.NamespacedName
	uid      types.UID
	selector labels.Selector
	// generation and updated tell one step of a rollout from the next.
	generation int64
	updated    int32
	since      time.Time
}

// NewRollouts returns a Rollouts that was told of no DaemonSet yet.
func NewRollouts(clock clock.PassiveClock) *Rollouts {
	return &Rollouts{clock: clock, incomplete: map[types.NamespacedName]rollout{}}
}

// Put notes what a DaemonSet is like now.
func (r *Rollouts) Put(d *appsv1.DaemonSet) {
	key := types.NamespacedName{Namespace: d.Namespace, Name: d.Name}
	selector, err := metav1.LabelSelectorAsSelector(d.Spec.Selector)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil || d.DeletionTimestamp != nil || !gated(d.Spec.Template.Spec.ReadinessGates) || complete(d) {
		delete(r.incomplete, key)
		return
	}
	now := rollout{
		NamespacedName: key, uid: d.UID, selector: selector,
		generation: d.Generation, updated: d.Status.UpdatedNumberScheduled, since: r.clock.Now(),
	}
	if before, known := r.incomplete[key]; known && before.uid == now.uid && before.generation == now.generation && before.updated == now.updated {
		now.since = before.since
	}
	r.incomplete[key] = now
}

// Delete forgets a DaemonSet.
func (r *Rollouts) Delete(namespace, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.incomplete, types.NamespacedName{Namespace: namespace, Name: name})
}

// standing are the rollouts that have made no progress for at least a duration.
// One that moves needs no help: at its end, or at the node that holds it up, it
// stands still.
func (r *Rollouts) standing(atLeast time.Duration) []rollout {
	now := r.clock.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []rollout
	for _, rollout := range r.incomplete {
		if now.Sub(rollout.since) >= atLeast {
			found = append(found, rollout)
		}
	}
	slices.SortFunc(found, func(a, b rollout) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return found
}

func gated(gates []corev1.PodReadinessGate) bool {
	return slices.ContainsFunc(gates, func(g corev1.PodReadinessGate) bool { return g.ConditionType == v1alpha1.ReadinessGateRouted })
}

// complete reports whether every node has an available pod of the newest
// template. Availability alone would not do: during a surge the old pod is
// counted, while the new one waits.
func complete(d *appsv1.DaemonSet) bool {
	s := &d.Status
	return s.ObservedGeneration >= d.Generation && s.UpdatedNumberScheduled >= s.DesiredNumberScheduled &&
		s.NumberAvailable >= s.DesiredNumberScheduled
}

package rollout

import (
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
)

// Daemons knows which DaemonSets lack an available pod of their newest template
// (under OnDelete, of any) on some node, and since when they have made no progress. Of all others it keeps
// nothing. Its methods may be called concurrently.
type Daemons struct {
	clock clock.PassiveClock

	mu      sync.Mutex
	unready map[types.NamespacedName]unready
}

// unready is a DaemonSet that is not complete.
type unready struct {
	// generation, updated and available tell one step of a DaemonSet's own rollout
	// from the next.
	generation         int64
	updated, available int32
	since              time.Time
}

// NewDaemons returns a Daemons that was told of no DaemonSet yet.
func NewDaemons(clock clock.PassiveClock) *Daemons {
	return &Daemons{clock: clock, unready: map[types.NamespacedName]unready{}}
}

// Put notes what a DaemonSet is like now.
func (d *Daemons) Put(o *appsv1.DaemonSet) {
	key := types.NamespacedName{Namespace: o.Namespace, Name: o.Name}
	s := &o.Status
	d.mu.Lock()
	defer d.mu.Unlock()
	// Availability alone would not do: during a surge the old pod is counted,
	// while the new one starts. Under OnDelete no pod is replaced until a person
	// deletes one, which may be never.
	updated := s.UpdatedNumberScheduled >= s.DesiredNumberScheduled || o.Spec.UpdateStrategy.Type == appsv1.OnDeleteDaemonSetStrategyType
	if s.ObservedGeneration >= o.Generation && updated && s.NumberAvailable >= s.DesiredNumberScheduled {
		delete(d.unready, key)
		return
	}
	now := unready{o.Generation, s.UpdatedNumberScheduled, s.NumberAvailable, d.clock.Now()}
	before, known := d.unready[key]
	if known && before.generation == now.generation && before.updated == now.updated && before.available == now.available {
		return
	}
	d.unready[key] = now
}

// Delete forgets a DaemonSet.
func (d *Daemons) Delete(namespace, name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.unready, types.NamespacedName{Namespace: namespace, Name: name})
}

// since is when an unready DaemonSet made its last progress; false if it is ready.
func (d *Daemons) since(namespace, name string) (time.Time, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	u, found := d.unready[types.NamespacedName{Namespace: namespace, Name: name}]
	return u.since, found
}

// each visits the unready ones.
func (d *Daemons) each(visit func(namespace, name string, since time.Time)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for key, u := range d.unready {
		visit(key.Namespace, key.Name, u.since)
	}
}

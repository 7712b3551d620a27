package scale

import (
	"context"
	"fmt"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// daemonController reports every DaemonSet as running on three nodes that are not
// there: for each new pod template it takes a moment, as replacing pods does.
type daemonController struct {
	client kubernetes.Interface
	// takes is how long.
	takes time.Duration

	mu sync.Mutex
	// replacing are those whose pods are being replaced, most the most there were.
	replacing map[types.NamespacedName]bool
	most      int
	counting  bool
}

// run works until ctx is done.
func (d *daemonController) run(ctx context.Context) {
	for ctx.Err() == nil {
		w, err := d.client.AppsV1().DaemonSets("").Watch(ctx, metav1.ListOptions{})
		if err != nil {
			continue
		}
		for event := range w.ResultChan() {
			if object, ok := event.Object.(*appsv1.DaemonSet); ok && object.Status.ObservedGeneration < object.Generation {
				d.replace(ctx, object)
			}
		}
	}
}

// count begins to count how many are replaced at once.
func (d *daemonController) count() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counting, d.most = true, 0
}

func (d *daemonController) mostAtOnce() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.most
}

func (d *daemonController) replace(ctx context.Context, object *appsv1.DaemonSet) {
	key := types.NamespacedName{Namespace: object.Namespace, Name: object.Name}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.replacing[key] {
		return // its generation is read when it is done
	}
	d.replacing[key] = true
	if d.counting {
		d.most = max(d.most, len(d.replacing))
	}
	time.AfterFunc(d.takes, func() {
		for ctx.Err() == nil && d.finish(ctx, key) != nil {
			time.Sleep(100 * time.Millisecond)
		}
	})
}

// finish says that every node runs the newest pod.
func (d *daemonController) finish(ctx context.Context, key types.NamespacedName) error {
	now, err := d.client.AppsV1().DaemonSets(key.Namespace).Get(ctx, key.Name, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("reading DaemonSet %s: %w", key, err)
	}
	// Before the write: the watch shows it at once, and what comes after it is new.
	d.mu.Lock()
	delete(d.replacing, key)
	d.mu.Unlock()
	patch := fmt.Sprintf(`{"status": {"observedGeneration": %d, "desiredNumberScheduled": 3, "currentNumberScheduled": 3,
		"updatedNumberScheduled": 3, "numberAvailable": 3, "numberReady": 3, "numberMisscheduled": 0}}`, now.Generation)
	_, err = d.client.AppsV1().DaemonSets(key.Namespace).Patch(ctx, key.Name, types.MergePatchType, []byte(patch), metav1.PatchOptions{}, "status")
	return err
}

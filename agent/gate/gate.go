package gate

import (
	"context"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
)

// Config is what a [Gate] is made of. All fields are required.
type Config struct {
	// Core is a client of the core group. It needs patch on pods/status.
	Core    rest.Interface
	Metrics prometheus.Registerer
	Clock   clock.Clock
	Log     logr.Logger
}

// Gate opens gates, each as soon as it can and until it is done or forgotten:
// while the API server is away they wait. Its methods may be called concurrently.
type Gate struct {
	core    rest.Interface
	clock   clock.Clock
	log     logr.Logger
	metrics *metrics
	queue   workqueue.TypedRateLimitingInterface[types.NamespacedName]

	mu      sync.Mutex
	pending map[types.NamespacedName]Opening
	// opened remembers what was done, so that a pod is not patched again for
	// every event until the kubelet has seen the condition.
	opened map[types.NamespacedName]types.UID
}

const (
	// workers bounds requests in flight. A node starts few pods at a time; two
	// keep one slow answer from holding up the next pod.
	workers = 2
	// The wait between attempts for one pod doubles from the first to the last.
	// The last is how much longer than the API server a gate may stay away.
	firstRetry, lastRetry = 50 * time.Millisecond, 2 * time.Second
	// patchTimeout bounds one attempt.
	patchTimeout = 10 * time.Second
)

// New returns a gate that opens nothing before Run.
func New(config Config) *Gate {
	return &Gate{
		core:    config.Core,
		clock:   config.Clock,
		log:     config.Log,
		metrics: newMetrics(config.Metrics),
		queue: workqueue.NewTypedRateLimitingQueue(
			workqueue.NewTypedItemExponentialFailureRateLimiter[types.NamespacedName](firstRetry, lastRetry)),
		pending: map[types.NamespacedName]Opening{},
		opened:  map[types.NamespacedName]types.UID{},
	}
}

// Open has the gate of a pod opened. It returns at once; a pod that is opened or
// about to be is left alone.
func (g *Gate) Open(opening Opening) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened[opening.Pod] == opening.UID || g.pending[opening.Pod].UID == opening.UID {
		return
	}
	g.pending[opening.Pod] = opening
	g.metrics.pending.Set(float64(len(g.pending)))
	g.metrics.latency.WithLabelValues(stageCommit).Observe(opening.Committed.Sub(opening.Seen).Seconds())
	g.queue.Add(opening.Pod)
}

// Forget drops what is known of a pod that was deleted.
func (g *Gate) Forget(pod types.NamespacedName) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.opened, pod)
	g.drop(pod)
}

// Pending is how many pods wait for their gate to be opened.
func (g *Gate) Pending() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.pending)
}

// drop is called with the lock held.
func (g *Gate) drop(pod types.NamespacedName) {
	delete(g.pending, pod)
	g.metrics.pending.Set(float64(len(g.pending)))
}

// Run opens gates until ctx is done.
func (g *Gate) Run(ctx context.Context) {
	stop := context.AfterFunc(ctx, g.queue.ShutDown)
	defer stop()
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for g.next(ctx) {
			}
		})
	}
	all.Wait()
}

// next handles one pod; false means that the queue has been shut down.
func (g *Gate) next(ctx context.Context) bool {
	pod, shutdown := g.queue.Get()
	if shutdown {
		return false
	}
	defer g.queue.Done(pod)
	g.mu.Lock()
	opening, wanted := g.pending[pod]
	g.mu.Unlock()
	if !wanted {
		g.queue.Forget(pod)
		return true
	}
	if g.attempt(ctx, &opening) {
		g.queue.Forget(pod)
		g.settle(opening)
	} else if ctx.Err() == nil {
		g.queue.AddRateLimited(pod)
	}
	return true
}

// settle notes that an opening is done, unless the pod is another by now.
func (g *Gate) settle(opening Opening) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pending[opening.Pod].UID != opening.UID {
		return
	}
	g.opened[opening.Pod] = opening.UID
	g.drop(opening.Pod)
}

// attempt patches once and says whether that settles it.
func (g *Gate) attempt(ctx context.Context, opening *Opening) (settled bool) {
	log := g.log.WithValues("pod", opening.Pod.String())
	body, err := opening.patch(g.clock.Now())
	if err != nil {
		log.Error(err, "Cannot open the readiness gate")
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, patchTimeout)
	defer cancel()
	result := g.core.Patch(types.StrategicMergePatchType).
		Namespace(opening.Pod.Namespace).Resource("pods").Name(opening.Pod.Name).SubResource("status").
		Body(body).Do(ctx)
	switch err := result.Error(); {
	case err == nil:
		took := g.clock.Since(opening.Committed)
		g.metrics.patches.WithLabelValues(outcomeOpened).Inc()
		g.metrics.latency.WithLabelValues(stagePatch).Observe(took.Seconds())
		log.Info("Opened the readiness gate", "reason", opening.Reason,
			"commit", opening.Committed.Sub(opening.Seen).String(), "patch", took.String())
		return true
	case apierrors.IsNotFound(err), apierrors.IsConflict(err):
		// A conflict means that the UID is another: a patch of conditions meets no other.
		g.metrics.patches.WithLabelValues(outcomeGone).Inc()
		log.V(1).Info("The pod is gone before its readiness gate opened", "answer", err.Error())
		return true
	case apierrors.IsForbidden(err), apierrors.IsInvalid(err):
		g.metrics.patches.WithLabelValues(outcomeRefused).Inc()
		log.Error(err, "The API server refuses to open the readiness gate; the pod's rollout waits. Trying again")
	default:
		g.metrics.patches.WithLabelValues(outcomeFailed).Inc()
		log.Error(err, "Cannot open the readiness gate yet; trying again")
	}
	return false
}

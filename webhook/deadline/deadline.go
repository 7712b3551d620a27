package deadline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// Config is what a Deadline is made of.
type Config struct {
	// After is how long a pod may wait for an agent that shows no sign of life.
	After time.Duration
	// Rollouts is told of all DaemonSets by others.
	Rollouts *Rollouts
	// Reader reads pods and Leases. It should not be a cache: that would keep
	// every pod of the cluster.
	Reader client.Reader
	// Writer patches pods/status.
	Writer  client.StatusClient
	Events  events.EventRecorder
	Metrics prometheus.Registerer
	Clock   clock.WithTicker
	Log     logr.Logger
}

// Deadline opens gates that no agent will open. It is a manager.Runnable.
type Deadline struct {
	Config
	seen   map[string]sighting // By node; only those where a pod waits.
	opened prometheus.Counter
	stale  prometheus.Gauge
}

// New returns a Deadline and registers its metrics.
func New(config Config) *Deadline {
	d := &Deadline{Config: config, seen: map[string]sighting{}}
	d.opened = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "inshore_agent_deadline_gates_opened_total",
		Help: "Pods that were marked as routed because their node's agent showed no sign of life.",
	})
	d.stale = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "inshore_agent_deadline_stale_agents",
		Help: "Nodes on which a pod waits for an agent that shows no sign of life.",
	})
	config.Metrics.MustRegister(d.opened, d.stale)
	return d
}

// NeedLeaderElection is false: see the package's description.
func (*Deadline) NeedLeaderElection() bool { return false }

// jitter keeps replicas from looking, and acting, at the same moment.
const jitter = 0.2

// interval is how often to look: four times per deadline, and often enough that
// an agent which could not renew between two looks, because the API server was
// away, is not taken for dead: renewal before (10 s) and after (10 s) and the
// interval with its jitter (18 s) are less than a Lease lasts (40 s).
func (d *Deadline) interval() time.Duration { return min(d.After/4, 15*time.Second) }

// Start looks until ctx is done.
func (d *Deadline) Start(ctx context.Context) error {
	for {
		timer := d.Clock.NewTimer(wait.Jitter(d.interval(), jitter))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C():
		}
		if err := d.look(ctx); err != nil && ctx.Err() == nil {
			d.Log.Error(err, "Gates of dead agents stay shut for now")
		}
	}
}

// look opens every gate that is due. What fails is tried again at the next look,
// and what was seen before is forgotten: if we could not reach the API server,
// agents could not either.
func (d *Deadline) look(ctx context.Context) error {
	waiting, err := d.waiting(ctx)
	seen := make(map[string]sighting, len(waiting))
	stale := 0
	for node, pods := range waiting {
		s, failure := d.sight(ctx, node)
		if failure != nil {
			// Nothing is known of the agent, which is not the same as it being
			// dead.
			err = errors.Join(err, failure)
			continue
		}
		seen[node] = s
		now := d.Clock.Now()
		if !s.stale(now) {
			continue
		}
		stale++
		for _, pod := range pods {
			if now.Sub(pod.since) > d.After {
				err = errors.Join(err, d.open(ctx, pod, s.silent(now)))
			}
		}
	}
	d.seen = seen
	d.stale.Set(float64(stale))
	return err
}

// pageSize bounds what one request for pods brings into memory.
const pageSize = 500

// waiting are the pods that wait for their agents, by node.
func (d *Deadline) waiting(ctx context.Context) (map[string][]waiter, error) {
	found := map[string][]waiter{}
	for _, rollout := range d.Rollouts.standing(d.After / 2) {
		options := &client.ListOptions{Namespace: rollout.Namespace, LabelSelector: rollout.selector, Limit: pageSize}
		for {
			var page corev1.PodList
			if err := d.Reader.List(ctx, &page, options); err != nil {
				return found, fmt.Errorf("listing the pods of DaemonSet %s: %w", rollout.NamespacedName, err)
			}
			for i := range page.Items {
				if w, waits := waits(&page.Items[i], rollout.uid); waits {
					found[w.node] = append(found[w.node], w)
				}
			}
			if options.Continue = page.Continue; options.Continue == "" {
				break
			}
		}
	}
	return found, nil
}

// sight looks at the Lease of a node's agent.
func (d *Deadline) sight(ctx context.Context, node string) (sighting, error) {
	lease := &coordinationv1.Lease{}
	err := d.Reader.Get(ctx, client.ObjectKey{Namespace: v1alpha1.AgentNamespace, Name: node}, lease)
	switch {
	case apierrors.IsNotFound(err):
		lease = nil
	case err != nil:
		return sighting{}, fmt.Errorf("reading the Lease of the agent on node %s: %w", node, err)
	}
	return d.seen[node].see(lease, d.Clock.Now()), nil
}

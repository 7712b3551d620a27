package mirror

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	appsclient "k8s.io/client-go/kubernetes/typed/apps/v1"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"github.com/inshore-dev/inshore/policies/related"
	"github.com/inshore-dev/inshore/webhook/deadline"
	"github.com/inshore-dev/inshore/webhook/rollout"
)

// Config is what a [Mirror] is made of. All fields but Changed are required.
type Config struct {
	REST  *rest.Config
	HTTP  *http.Client
	Store *related.Store
	// Rollouts is told of every DaemonSet as it goes by, status and all, which the
	// store does not keep. Nil where no node agent is installed.
	Rollouts *deadline.Rollouts
	// Daemons is told the same. It may be nil.
	Daemons *rollout.Daemons
	// Changed is told of each namespace in which the store changed, after it did;
	// "" stands for a change that concerns all.
	// It must not block: the watch waits for it. It may be nil.
	Changed func(namespace string)
	Log     logr.Logger
}

// Mirror watches the cluster into a store. It is a manager.Runnable.
//
// It needs list and watch on services, daemonsets, deployments, statefulsets,
// nodes and namespaces.
type Mirror struct {
	reflectors []*cache.Reflector
	sinks      map[string]*sink
	log        logr.Logger
}

// New returns a mirror that does nothing before Start.
func New(config Config) (*Mirror, error) {
	// Protobuf decodes several times faster than JSON and these kinds all
	// have it.
	protobuf := rest.CopyConfig(config.REST)
	protobuf.ContentType = runtime.ContentTypeProtobuf
	protobuf.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	core, err := coreclient.NewForConfigAndClient(protobuf, config.HTTP)
	if err != nil {
		return nil, fmt.Errorf("preparing to watch Services: %w", err)
	}
	apps, err := appsclient.NewForConfigAndClient(protobuf, config.HTTP)
	if err != nil {
		return nil, fmt.Errorf("preparing to watch DaemonSets: %w", err)
	}
	m := &Mirror{sinks: map[string]*sink{}, log: config.Log}
	add(m, "Service", config.Store, from(core.Services("").List, core.Services("").Watch,
		func(s *corev1.Service) any { return ProjectService(s) }), func(key cache.ObjectName) {
		config.Store.DeleteService(key.Namespace, key.Name)
	})
	add(m, "DaemonSet", config.Store, from(apps.DaemonSets("").List, apps.DaemonSets("").Watch,
		config.putDaemonSet), config.deleteDaemonSet)
	add(m, "Deployment", config.Store, from(apps.Deployments("").List, apps.Deployments("").Watch,
		func(d *appsv1.Deployment) any { return ProjectDeployment(d) }), func(key cache.ObjectName) {
		config.Store.DeleteWorkload("Deployment", key.Namespace, key.Name)
	})
	add(m, "StatefulSet", config.Store, from(apps.StatefulSets("").List, apps.StatefulSets("").Watch,
		func(s *appsv1.StatefulSet) any { return ProjectStatefulSet(s) }), func(key cache.ObjectName) {
		config.Store.DeleteWorkload("StatefulSet", key.Namespace, key.Name)
	})
	m.addNodes(&config, core)
	if err := m.addNamespaces(&config); err != nil {
		return nil, err
	}
	for _, sink := range m.sinks {
		sink.changed = config.Changed
	}
	return m, nil
}

// putDaemonSet is ProjectDaemonSet, and tells those who read the status.
func (c *Config) putDaemonSet(d *appsv1.DaemonSet) any {
	if c.Daemons != nil {
		c.Daemons.Put(d)
	}
	if c.Rollouts != nil {
		c.Rollouts.Put(d)
	}
	return ProjectDaemonSet(d)
}

// deleteDaemonSet comes after putDaemonSet of the object's last state, which a
// watch's event of a deletion carries.
func (c *Config) deleteDaemonSet(key cache.ObjectName) {
	c.Store.DeleteDaemonSet(key.Namespace, key.Name)
	if c.Daemons != nil {
		c.Daemons.Delete(key.Namespace, key.Name)
	}
	if c.Rollouts != nil {
		c.Rollouts.Delete(key.Namespace, key.Name)
	}
}

// from is the source of a typed client's two methods.
func from[L, T runtime.Object](
	list func(context.Context, metav1.ListOptions) (L, error),
	watch func(context.Context, metav1.ListOptions) (watch.Interface, error),
	project func(T) any,
) source[T] {
	return source[T]{
		list: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			return list(ctx, options)
		},
		watch:   watch,
		project: project,
	}
}

// add adds a reflector of one kind.
func add[T runtime.Object](m *Mirror, kind string, store *related.Store, s source[T], remove func(cache.ObjectName)) {
	sink := newSink(kind, store, remove)
	m.sinks[kind] = sink
	m.reflectors = append(m.reflectors, cache.NewReflectorWithOptions(s.listWatch(), &projected{}, sink,
		cache.ReflectorOptions{Name: kind, Logger: &m.log}))
}

// NeedLeaderElection is false: every replica judges.
func (*Mirror) NeedLeaderElection() bool { return false }

// Start watches until ctx is done. Failing watches are retried with backoff and
// logged.
func (m *Mirror) Start(ctx context.Context) error {
	var group sync.WaitGroup
	group.Go(func() { m.settle(ctx) })
	for _, reflector := range m.reflectors {
		group.Go(func() { reflector.RunWithContext(logr.NewContext(ctx, m.log)) })
	}
	group.Wait()
	return nil
}

// listingGCPercent is the garbage collector's pace while the first lists arrive.
// Of each object a quarter is kept and the rest is garbage at once; at the usual
// pace the two would be spread over twice the memory, for good, since Go does
// not move what is kept.
const listingGCPercent = 20

// settle keeps the first lists from costing more than what is kept of them.
func (m *Mirror) settle(ctx context.Context) {
	usual := debug.SetGCPercent(listingGCPercent)
	defer debug.SetGCPercent(usual)
	for m.Ready() != nil {
		select {
		case <-ctx.Done():
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
	debug.FreeOSMemory()
}

// Ready is an error that names the kinds of which no full list has arrived yet.
func (m *Mirror) Ready() error {
	var missing []string
	for kind, sink := range m.sinks {
		if kind != kindNode && !sink.synced.Load() {
			missing = append(missing, kind+"s")
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	return errors.New("waiting for the first list of " + strings.Join(missing, ", ") +
		": if this lasts, look for refused requests in the log (RBAC: list and watch)")
}

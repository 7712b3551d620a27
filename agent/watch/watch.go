package watch

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/inshore-dev/inshore/agent/kube"
	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// Config is what a [Watch] is made of. All fields are required.
type Config struct {
	Client *kube.Client
	Node   string
	Scope  routes.Scope
	Log    logr.Logger
}

// Watch keeps an index equal to the cluster.
//
// It needs list and watch on services, pods and endpointslices
// (discovery.k8s.io) in all namespaces.
type Watch struct {
	config Config

	// mu guards the sources. It is taken inside edits, under the owner's lock, and
	// by Ready.
	mu       sync.Mutex
	services *source
	pods     *source
	slices   *sliceSources
	// ready stays true: a Service that needs slices for the first time waits for
	// them by itself.
	ready bool
}

// Edit is how a Watch changes an index that it does not own: the owner calls
// edit with the index under its own lock, and then knows that something may have
// changed. A whole list is one edit, so no half of it is ever seen. When the first
// of everything has arrived, Ready is nil before the edit returns.
type Edit func(edit func(*routes.Index))

// New returns a Watch that does nothing before Run.
func New(config Config) *Watch {
	return &Watch{config: config, slices: &sliceSources{
		running: map[scope]*sliceSource{},
		needs:   map[types.NamespacedName]scope{},
	}}
}

// Run watches until ctx is done. Failing lists and watches are retried with
// backoff and logged; the index keeps what it has meanwhile. Every change is
// given to apply, which calls what it is given before it returns. Run is called
// once; its error is always nil.
func (w *Watch) Run(ctx context.Context, apply Edit) error {
	var group sync.WaitGroup
	defer group.Wait()
	start := func(s *source) (*source, context.CancelFunc) {
		ctx, stop := context.WithCancel(ctx)
		s.edit = w.editor(s, apply)
		group.Go(func() { s.run(ctx, w.config.Log) })
		return s, stop
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.slices.start = func(wanted scope, some *sliceKind) (*source, context.CancelFunc) {
		return start(w.sliceSource(wanted, some))
	}
	w.services, _ = start(w.serviceSource())
	w.pods, _ = start(w.podSource())
	return nil
}

// editor is apply for a source: under the lock, and not after the source was
// stopped, since its reflector may be in the middle of something then.
func (w *Watch) editor(s *source, apply Edit) func(func(*routes.Index)) {
	return func(edit func(*routes.Index)) {
		apply(func(x *routes.Index) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if !s.stopped {
				edit(x)
			}
		})
	}
}

func (w *Watch) serviceSource() *source {
	q := query{client: w.config.Client.Core, resource: "services"}
	if w.config.Scope == routes.ScopeOptedIn {
		q.labels = v1alpha1.LabelNodeLocal
	}
	return &source{name: "Services", query: q, kind: serviceKind{w.slices}, convert: func(object runtime.Object) any {
		service, errs := routes.FromService(object.(*corev1.Service))
		if !w.config.Scope.Claims(service) {
			return nil
		}
		if len(errs) > 0 {
			w.config.Log.Info("Wrong annotations of a Service count as not written",
				"service", service.NamespacedName.String(), "errors", errs.ToAggregate().Error())
		}
		return service
	}}
}

func (w *Watch) podSource() *source {
	q := query{
		client: w.config.Client.Core, resource: "pods",
		fields: fields.OneTermEqualSelector("spec.nodeName", w.config.Node).String(),
	}
	return &source{name: "Pods", query: q, kind: podKind{}, convert: func(object runtime.Object) any {
		return routes.FromPod(object.(*corev1.Pod))
	}}
}

func (w *Watch) sliceSource(wanted scope, some *sliceKind) *source {
	q := query{
		client: w.config.Client.Discovery, resource: "endpointslices",
		namespace: wanted.namespace, labels: wanted.labels,
	}
	return &source{name: "EndpointSlices with " + wanted.labels, query: q, kind: some, convert: func(object runtime.Object) any {
		return routes.FromSlice(object.(*discoveryv1.EndpointSlice))
	}}
}

// Ready is nil once the index has had everything, else an error that names what
// has not arrived: a table built earlier would lack what the node already routes.
func (w *Watch) Ready() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ready {
		return nil
	}
	var missing []string
	if w.services == nil || !w.services.synced {
		missing = append(missing, "Services")
	}
	if w.pods == nil || !w.pods.synced {
		missing = append(missing, "Pods")
	}
	for _, running := range w.slices.running {
		if !running.synced {
			missing = append(missing, running.name)
		}
	}
	if len(missing) == 0 {
		w.ready = true
		return nil
	}
	slices.Sort(missing)
	return errors.New("waiting for the first list of " + strings.Join(missing, ", ") +
		": if this lasts, look for refused requests in the log (RBAC: list and watch)")
}

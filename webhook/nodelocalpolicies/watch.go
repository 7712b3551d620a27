package nodelocalpolicies

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/utils/clock"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/enforcement"
)

// Config is what a [Watch] is made of. All fields but Changed are required.
type Config struct {
	REST    *rest.Config
	HTTP    *http.Client
	Metrics prometheus.Registerer
	// Changed is called when the policies say something else than before, the
	// first time included. It must not block.
	Changed func()
	Clock   clock.Clock
	Log     logr.Logger
}

// Watch keeps what all NodeLocalPolicies say. It is a manager.Runnable.
//
// It needs list and watch on nodelocalpolicies.inshore.dev.
type Watch struct {
	client *rest.RESTClient
	held   held
	clock  clock.Clock
	log    logr.Logger
	// seen is set by the first answer of the API server.
	seen atomic.Bool
	// absent is set while there is no CRD.
	absent bool
}

// New returns a watch that does nothing before Start, and registers its metrics.
func New(config Config) (*Watch, error) {
	client, err := NewClient(config.REST, config.HTTP)
	if err != nil {
		return nil, err
	}
	w := &Watch{client: client, clock: config.Clock, log: config.Log}
	w.held.changed = config.Changed
	config.Metrics.MustRegister(&collector{held: &w.held, clock: config.Clock})
	return w, nil
}

// scheme knows the kinds of the group inshore.dev, and parameters its options.
var (
	scheme     = newScheme()
	parameters = runtime.NewParameterCodec(scheme)
)

func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		panic(err) // only if two Go types had one name
	}
	return scheme
}

// NewClient returns a client of the group inshore.dev.
func NewClient(config *rest.Config, client *http.Client) (*rest.RESTClient, error) {
	ours := rest.CopyConfig(config)
	ours.GroupVersion = &v1alpha1.GroupVersion
	ours.APIPath = "/apis"
	ours.ContentType, ours.AcceptContentTypes = runtime.ContentTypeJSON, ""
	ours.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	made, err := rest.RESTClientForConfigAndClient(ours, client)
	if err != nil {
		return nil, fmt.Errorf("preparing to read NodeLocalPolicies: %w", err)
	}
	return made, nil
}

// List reads all NodeLocalPolicies at once, for those who do not stay to watch.
// Without the CRD there are none.
func List(ctx context.Context, client *rest.RESTClient) ([]*v1alpha1.NodeLocalPolicy, error) {
	list := &v1alpha1.NodeLocalPolicyList{}
	err := client.Get().Resource(resource).Do(ctx).Into(list)
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("listing NodeLocalPolicies: %w", err)
	}
	policies := make([]*v1alpha1.NodeLocalPolicy, len(list.Items))
	for i := range list.Items {
		policies[i] = &list.Items[i]
	}
	return policies, nil
}

const resource = "nodelocalpolicies"

// Get returns the exceptions in force; nil before the first policy was seen.
func (w *Watch) Get() *policies.Exceptions { return w.held.exceptions.Load() }

// Enforcement returns the policies in force, ready to be asked; nil before the
// first policy was seen.
func (w *Watch) Enforcement() *enforcement.Set { return w.held.enforcement.Load() }

// Policies are all of them as they were seen last, with their status, by name. They
// are not to be changed.
func (w *Watch) Policies() []*v1alpha1.NodeLocalPolicy { return w.held.all() }

// Ready is an error until it is known which policies there are.
func (w *Watch) Ready() error {
	if w.seen.Load() {
		return nil
	}
	return errors.New("waiting for the first list of NodeLocalPolicies: if this lasts, look for refused requests in the log " +
		"(RBAC: list and watch on nodelocalpolicies.inshore.dev)")
}

// NeedLeaderElection is false: every replica judges.
func (*Watch) NeedLeaderElection() bool { return false }

const (
	// pause comes between two watches, so that an API server which ends each at
	// once is not asked in a loop.
	pause = time.Second
	// pauseAbsent is how often to look whether the CRD is there by now, and
	// pauseFailed how often to try again what failed.
	pauseAbsent, pauseFailed = 10 * time.Second, 5 * time.Second
	jitter                   = 0.5
)

// Start watches until ctx is done.
func (w *Watch) Start(ctx context.Context) error {
	reflector := cache.NewReflectorWithOptions(w.listWatch(), &v1alpha1.NodeLocalPolicy{}, &sink{Watch: w},
		cache.ReflectorOptions{Name: "NodeLocalPolicies", Logger: &w.log, Clock: w.clock})
	for {
		timer := w.clock.NewTimer(wait.Jitter(w.after(reflector.ListAndWatchWithContext(ctx)), jitter))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C():
		}
	}
}

// after is how long to wait after a watch that ended like this.
func (w *Watch) after(err error) time.Duration {
	switch {
	case apierrors.IsNotFound(err):
		if !w.absent {
			w.log.Info("There is no CRD nodelocalpolicies.inshore.dev: nothing is enforced and nothing excepted until there is")
		}
		w.absent = true
		w.held.put(nil)
		w.seen.Store(true)
		return pauseAbsent
	case err != nil:
		w.log.Error(err, "Watching NodeLocalPolicies; those seen last stay in force")
		return pauseFailed
	}
	return pause
}

func (w *Watch) listWatch() *cache.ListWatch {
	return &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			list := &v1alpha1.NodeLocalPolicyList{}
			err := w.client.Get().Resource(resource).VersionedParams(&options, parameters).Do(ctx).Into(list)
			return list, err
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.Watch = true
			return w.client.Get().Resource(resource).VersionedParams(&options, parameters).Watch(ctx)
		},
	}
}

package audit

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	coordinationclient "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/related"
	"github.com/inshore-dev/inshore/webhook/rollout"
	"github.com/inshore-dev/inshore/webhook/tracing"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// Mode is how far audit goes.
type Mode string

// The modes, the default first.
const (
	// ModeRepair reports, and patches what admission missed.
	ModeRepair Mode = "repair"
	ModeReport Mode = "report"
	ModeOff    Mode = "off"
)

// Config is what an [Audit] is made of. All fields are required.
type Config struct {
	Mode Mode
	// RepairRate is how many objects are patched a second at most.
	RepairRate float64

	REST *rest.Config
	HTTP *http.Client
	// Namespace is our own, where the Lease is.
	Namespace string

	// Daemons is what the mirror tells of every DaemonSet.
	Daemons *rollout.Daemons
	// Store is what the mirror fills, and Ready its error until it has.
	Store *related.Store
	Ready func() error
	// Rules and Platform are asked often; when an answer differs from the one
	// before, everything is judged again.
	Rules func() validate.Rules
	// Registered is an error while the API server does not ask us to mutate:
	// who deletes the webhook configuration switches mutation off, and must not
	// find it go on by another way.
	Registered func() error
	Platform   func() v1alpha1.Platform

	Metrics *Metrics
	// PolicyMetrics are about roll-outs.
	PolicyMetrics *PolicyMetrics
	// Tracer is optional.
	Tracer *tracing.Tracer
	Events events.EventRecorder
	Clock  clock.WithTicker
	Log    logr.Logger
}

// Audit judges the cluster while this replica leads. It is a manager.Runnable.
//
// It needs get, create and update of Lease [LeaseName] in its namespace; list,
// create, patch and delete of reports.openreports.io; create and patch of events;
// for repair and roll-outs get and patch of services and daemonsets, list of
// nodelocalpolicies.inshore.dev and patch of their status.
type Audit struct {
	Config
	client rest.Interface
	// rolls is for roll-outs, whose pace is the policies'.
	rolls     rest.Interface
	candidate *candidate
	// term is the leadership under way; nil without.
	term atomic.Pointer[term]
}

// New returns an Audit that does nothing before Start.
func New(config Config) (*Audit, error) {
	client, err := newClient(config.REST, config.HTTP, requestRate, requestBurst)
	if err != nil {
		return nil, err
	}
	rolls, err := newClient(config.REST, config.HTTP, rollRate, rollBurst)
	if err != nil {
		return nil, err
	}
	leases, err := coordinationclient.NewForConfigAndClient(config.REST, config.HTTP)
	if err != nil {
		return nil, fmt.Errorf("preparing to elect who audits: %w", err)
	}
	return &Audit{
		Config: config, client: client, rolls: rolls,
		candidate: &candidate{leases: leases, namespace: config.Namespace, times: leaseTimes, log: config.Log},
	}, nil
}

// The bounds on what audit asks of the API server, in requests a second: enough
// for a first pass over a thousand namespaces within a minute.
const requestRate, requestBurst = 20, 40

// The same for roll-outs: twice the highest pace there is, since an object is read
// before it is written.
const rollRate, rollBurst = 200, 20

// newClient returns a client for raw JSON of any kind.
func newClient(config *rest.Config, client *http.Client, rate float32, burst int) (rest.Interface, error) {
	raw := rest.CopyConfig(config)
	raw.QPS, raw.Burst = rate, burst
	raw.ContentType, raw.AcceptContentTypes = runtime.ContentTypeJSON, ""
	raw.NegotiatedSerializer = scheme.Codecs.WithoutConversion()
	// Our own repairs' admission warnings are the object's owner's to read.
	raw.WarningHandler = rest.NoWarnings{}
	made, err := rest.UnversionedRESTClientForConfigAndClient(raw, client)
	if err != nil {
		return nil, fmt.Errorf("preparing to talk to the API server: %w", err)
	}
	return made, nil
}

// NeedLeaderElection is false: the manager is to run this on every replica, which
// elect a leader among themselves.
func (*Audit) NeedLeaderElection() bool { return false }

// Start audits whenever this replica leads, until ctx is done.
func (a *Audit) Start(ctx context.Context) error {
	if a.Mode == ModeOff {
		<-ctx.Done()
		return nil
	}
	return a.candidate.run(ctx, a.lead)
}

// Changed says that something in a namespace did; empty stands for something
// that concerns all. It returns at once.
func (a *Audit) Changed(namespace string) {
	term := a.term.Load()
	switch {
	case term == nil:
		// Whoever leads next begins with everything.
	case namespace == "":
		term.all.Store(true)
	default:
		term.mark(namespace)
	}
}

func (a *Audit) lead(ctx context.Context) {
	a.Metrics.lead(true)
	defer a.Metrics.lead(false)
	defer a.PolicyMetrics.reset()
	term := newTerm(a)
	a.term.Store(term)
	defer a.term.Store(nil)
	term.run(ctx)
	a.Log.Info("Not leading any more: this replica does not audit")
}

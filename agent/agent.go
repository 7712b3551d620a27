package agent

import (
	"context"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/events"
	"github.com/inshore-dev/inshore/agent/gate"
	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/agent/watch"
)

// Source tells what the cluster has: a [watch.Watch], or a test.
type Source interface {
	// Run edits an index through apply until ctx is done.
	Run(ctx context.Context, apply watch.Edit) error
	// Ready is nil once the index has had everything, else it says what is missing.
	Ready() error
}

// Gate opens readiness gates: a [gate.Gate], or a test.
type Gate interface {
	Open(gate.Opening)
	Forget(types.NamespacedName)
}

// Events tells people what happened to a Service: an [events.Recorder], or a test.
type Events interface {
	Record(events.Event)
}

// Config is what an [Agent] is made of. Canary and Renew may be nil, the rest
// is required.
type Config struct {
	Node     string
	Scope    routes.Scope
	Datapath datapath.Datapath
	// Canary tries whether the datapath routes. It runs every [CanaryPeriod].
	Canary func(context.Context) error
	// Renew tells the datapath that somebody looks after it, every RenewPeriod
	// from the loop itself: a loop that hangs renews nothing.
	Renew       func() error
	RenewPeriod time.Duration

	Source  Source
	Gate    Gate
	Events  Events
	Metrics prometheus.Registerer
	Clock   clock.Clock
	Log     logr.Logger
}

// Agent routes one node.
type Agent struct {
	config  Config
	log     logr.Logger
	metrics *metrics

	// committed is closed once the first table is in place.
	committed chan struct{}
	// changed has a token while the index may differ from what was committed.
	changed chan struct{}

	// mu guards what follows: the watches edit, the loop and readers read.
	mu    sync.Mutex
	index *routes.Index
	// edited is when the oldest edit that is not committed arrived; zero for none.
	edited time.Time
	ledger *ledger
	health health

	// uncommitted are changes that failed. Only the loop uses it and what follows.
	uncommitted map[routes.Frontend]*routes.Route
	failures    int
	// replace asks for the whole table again, in place of changes.
	replace bool
	// fit are the gated pods that were seen fit to serve, and since when.
	fit map[types.NamespacedName]fitness
}

// New returns an agent that does nothing before Run.
func New(config Config) *Agent {
	a := &Agent{
		config:    config,
		log:       config.Log,
		committed: make(chan struct{}),
		changed:   make(chan struct{}, 1),
		index:     routes.NewIndex(routes.Config{Node: config.Node, Scope: config.Scope}),
		ledger:    newLedger(),
		replace:   true,
		fit:       map[types.NamespacedName]fitness{},
	}
	a.metrics = newMetrics(config.Metrics, config.Datapath)
	return a
}

// Run routes until ctx is done, or the source ends. The datapath keeps what it
// has then.
func (a *Agent) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	watching := make(chan error, 1)
	go func() {
		defer stop()
		watching <- a.config.Source.Run(ctx, a.edit)
	}()
	a.loop(ctx)
	return <-watching
}

// Committed is closed once the first table is in the datapath.
func (a *Agent) Committed() <-chan struct{} { return a.committed }

// edit is the [watch.Edit] of the source.
func (a *Agent) edit(edit func(*routes.Index)) {
	now := a.config.Clock.Now()
	a.mu.Lock()
	edit(a.index)
	if a.edited.IsZero() {
		a.edited = now
	}
	a.mu.Unlock()
	a.wake()
}

// wake has the loop look again.
func (a *Agent) wake() {
	select {
	case a.changed <- struct{}{}:
	default: // It will look anyway.
	}
}

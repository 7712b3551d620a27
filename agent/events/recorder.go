package events

import (
	"context"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/flowcontrol"
	"k8s.io/utils/clock"
)

const (
	// queueSize bounds what waits for the API server: one entry a Service and
	// reason. A node whose every Service changed while the API server was away
	// tells of the first thousand.
	queueSize = 1000
	// seriesAge is how long a repeated event is counted in the first one; API
	// servers keep events for an hour unless told otherwise.
	seriesAge = 50 * time.Minute
	// Requests a second, and at once after a pause: every node tells of the same
	// outage at the same time.
	rate, burst = 2, 20
	retryPeriod = 5 * time.Second
)

// Config is what a [Recorder] is made of. All fields are required.
type Config struct {
	// Client is a client of the group events.k8s.io. It needs create and patch on events.
	Client rest.Interface
	// Node is added to every note, Instance is the agent's pod.
	Node, Instance string
	Metrics        prometheus.Registerer
	Clock          clock.Clock
	Log            logr.Logger
}

// Recorder sends events, in the background and at a bounded pace. An event that
// repeats before it was sent is sent once, with its count.
type Recorder struct {
	config  Config
	limiter flowcontrol.RateLimiter
	dropped prometheus.Counter
	wake    chan struct{}

	mu      sync.Mutex
	order   []key
	waiting map[key]*occurrence

	// series are the events that were sent. Only Run uses it.
	series map[key]*series
}

// key is what makes two events the same.
type key struct {
	service types.NamespacedName
	reason  string
}

// occurrence is an event that waits to be sent.
type occurrence struct {
	event Event
	first time.Time
	last  time.Time
	count int32
}

// New returns a recorder that sends nothing before Run.
func New(config Config) *Recorder {
	r := &Recorder{
		config:  config,
		limiter: flowcontrol.NewTokenBucketRateLimiterWithClock(rate, burst, config.Clock),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "inshore_agent_events_dropped_total",
			Help: "Kubernetes events that were never sent: the API server refused them, or too many waited for it. The log has them all.",
		}),
		wake:    make(chan struct{}, 1),
		waiting: map[key]*occurrence{},
		series:  map[key]*series{},
	}
	config.Metrics.MustRegister(r.dropped)
	return r
}

// Record has an event sent. It returns at once.
func (r *Recorder) Record(event Event) {
	now := r.config.Clock.Now()
	k := key{event.Service, event.Reason}
	r.mu.Lock()
	defer r.mu.Unlock()
	if o := r.waiting[k]; o != nil {
		o.event, o.last = event, now
		o.count++
		return
	}
	if len(r.order) >= queueSize {
		r.dropped.Inc()
		return
	}
	r.waiting[k] = &occurrence{event: event, first: now, last: now, count: 1}
	r.order = append(r.order, k)
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run sends events until ctx is done.
func (r *Recorder) Run(ctx context.Context) {
	for {
		o, k := r.next()
		if o == nil {
			select {
			case <-ctx.Done():
				return
			case <-r.wake:
			}
			continue
		}
		if r.limiter.Wait(ctx) != nil {
			return
		}
		if r.deliver(ctx, k, o) {
			continue
		}
		r.putBack(k, o)
		select {
		case <-ctx.Done():
			return
		case <-r.config.Clock.After(retryPeriod):
		}
	}
}

// next takes the event that has waited longest; nil if there is none.
func (r *Recorder) next() (*occurrence, key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.order) == 0 {
		return nil, key{}
	}
	k := r.order[0]
	o := r.waiting[k]
	r.order = r.order[1:]
	delete(r.waiting, k)
	return o, k
}

// putBack returns an event that could not be sent to the end of the queue.
func (r *Recorder) putBack(k key, o *occurrence) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if newer := r.waiting[k]; newer != nil {
		newer.first = o.first
		newer.count += o.count
		return
	}
	r.waiting[k] = o
	r.order = append(r.order, k)
}

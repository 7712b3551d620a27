package agent

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/clock"

	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/events"
	"github.com/inshore-dev/inshore/agent/gate"
	"github.com/inshore-dev/inshore/agent/introspect"
	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/agent/watch"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// source is a Source that a test speaks through.
type source struct {
	running chan struct{}
	apply   watch.Edit
	failed  chan error

	mu      sync.Mutex
	missing error
}

func (s *source) Run(ctx context.Context, apply watch.Edit) error {
	s.apply = apply
	close(s.running)
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.failed:
		return err
	}
}

func (s *source) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.missing
}

func (s *source) sync() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.missing = nil
}

// witness is a Gate and an Events that remember.
type witness struct {
	fake *datapath.Fake

	mu       sync.Mutex
	openings []gate.Opening
	// at is the table in the datapath when each opening was asked for.
	at      []routes.Table
	forgot  []types.NamespacedName
	reasons []string
}

func (w *witness) Open(o gate.Opening) {
	state, _ := w.fake.State()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, known := range w.openings {
		if known.UID == o.UID {
			return // As a Gate does.
		}
	}
	w.openings = append(w.openings, o)
	w.at = append(w.at, state.Table)
}

func (w *witness) Forget(pod types.NamespacedName) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.forgot = append(w.forgot, pod)
}

func (w *witness) Record(e events.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reasons = append(w.reasons, e.Service.Name+" "+e.Reason+" "+string(e.UID))
}

func (w *witness) opened() []gate.Opening {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.openings)
}

func (w *witness) told() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.reasons)
}

// fixture is an agent of node-0 whose world a test makes up.
type fixture struct {
	*testing.T
	*source
	*witness
	fake  *datapath.Fake
	agent *Agent
	// stop ends the agent, as SIGTERM does, and returns what Run does.
	stop func() error
}

// start runs an agent; adjust may change its configuration first.
func start(t *testing.T, fake *datapath.Fake, adjust func(*Config)) *fixture {
	t.Helper()
	f := &fixture{
		T: t, fake: fake, witness: &witness{fake: fake},
		source: &source{running: make(chan struct{}), failed: make(chan error), missing: errors.New("the list of Services")},
	}
	config := Config{
		Node: "node-0", Scope: routes.ScopeOptedIn, Datapath: fake,
		Source: f.source, Gate: f.witness, Events: f.witness,
		Metrics: prometheus.NewRegistry(), Clock: clock.RealClock{}, Log: logr.Discard(),
	}
	if adjust != nil {
		adjust(&config)
	}
	f.agent = New(config)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f.agent.Run(ctx) }()
	f.stop = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() { _ = f.stop() })
	<-f.running
	return f
}

// await returns once condition holds.
func (f *fixture) await(what string, condition func() bool) {
	f.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !condition() {
		if time.Now().After(deadline) {
			f.Fatalf("still not: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// awaitState returns once the datapath is as wanted.
func (f *fixture) awaitState(what string, wanted func(datapath.FakeState) bool) datapath.FakeState {
	f.Helper()
	deadline := time.After(20 * time.Second)
	for {
		state, changed := f.fake.State()
		if wanted(state) {
			return state
		}
		select {
		case <-changed:
		case <-deadline:
			f.Fatalf("still not: %s; the datapath is %+v", what, state)
		}
	}
}

func (f *fixture) status() introspect.Status {
	var status introspect.Status
	f.agent.Report(&status)
	return status
}

func (f *fixture) set(objects ...any) {
	f.apply(func(x *routes.Index) {
		for _, object := range objects {
			switch o := object.(type) {
			case *routes.Service:
				x.SetService(o)
			case *routes.Pod:
				x.SetPod(o)
			case *routes.Slice:
				x.SetSlice(o)
			}
		}
	})
}

func named(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: "core", Name: name}
}

// optedIn is an opted-in Service of port 80 in front of the pods of its name;
// n is the end of its address.
func optedIn(name string, n byte) *routes.Service {
	return &routes.Service{
		NamespacedName: named(name), UID: types.UID("uid-" + name), NodeLocal: v1alpha1.NodeLocalRequired, TrafficLocal: true,
		ClusterIPs: []netip.Addr{netip.AddrFrom4([4]byte{10, 96, 0, n})},
		Ports:      []routes.ServicePort{{Protocol: routes.TCP, Port: 80, TargetPort: intstr.FromInt32(8080)}},
		Selector:   routes.LabelsOf(map[string]string{"app": name}),
	}
}

func frontend(n byte) routes.Frontend {
	return routes.Frontend{Addr: netip.AddrFrom4([4]byte{10, 96, 0, n}), Port: 80, Protocol: routes.TCP}
}

// daemon is a gated pod of a Service whose containers are ready and that waits
// for its gate.
func daemon(app, name string, n byte) *routes.Pod {
	return &routes.Pod{
		NamespacedName: named(name), UID: types.UID("uid-" + name), Labels: routes.LabelsOf(map[string]string{"app": app}),
		Controller: types.UID("daemonset-" + app), Created: time.Unix(int64(n), 0), IPs: []netip.Addr{podIP(n)},
		ContainersReady: true, Gated: true, OtherGatesReady: true,
	}
}

func podIP(n byte) netip.Addr { return netip.AddrFrom4([4]byte{10, 244, 0, n}) }

// leadsTo reports whether a frontend's only local backend is a pod.
func leadsTo(table routes.Table, f routes.Frontend, n byte) bool {
	local := table[f].Local
	return len(local) == 1 && local[0] == netip.AddrPortFrom(podIP(n), 8080)
}

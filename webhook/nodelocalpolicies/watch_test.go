package nodelocalpolicies

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
)

var today = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func policy(name string, exceptions ...v1alpha1.Exception) v1alpha1.NodeLocalPolicy {
	return v1alpha1.NodeLocalPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "inshore.dev/v1alpha1", Kind: "NodeLocalPolicy"},
		ObjectMeta: metav1.ObjectMeta{Name: name, ResourceVersion: "5"},
		Spec:       v1alpha1.NodeLocalPolicySpec{Exceptions: exceptions},
	}
}

func exception(object string, expires time.Time) v1alpha1.Exception {
	return v1alpha1.Exception{
		Rule: "ISH201", Owner: "cache", Reason: "migration", Expires: metav1.NewTime(expires),
		Object: v1alpha1.ObjectReference{Kind: v1alpha1.KindDaemonSet, Namespace: "core", Name: object},
	}
}

// apiServer lists and watches NodeLocalPolicies, once it has their CRD.
type apiServer struct {
	installed atomic.Bool
	listed    []v1alpha1.NodeLocalPolicy
	events    chan string
}

func (a *apiServer) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch {
	case req.URL.Path != "/apis/inshore.dev/v1alpha1/nodelocalpolicies" || !a.installed.Load():
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}`)
	case req.URL.Query().Get("sendInitialEvents") != "":
		w.WriteHeader(http.StatusUnprocessableEntity) // as before Kubernetes 1.32
		fmt.Fprint(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Invalid","code":422}`)
	case req.URL.Query().Get("watch") == "":
		_ = json.NewEncoder(w).Encode(v1alpha1.NodeLocalPolicyList{
			TypeMeta: metav1.TypeMeta{APIVersion: "inshore.dev/v1alpha1", Kind: "NodeLocalPolicyList"},
			ListMeta: metav1.ListMeta{ResourceVersion: "5"}, Items: a.listed,
		})
	default:
		w.(http.Flusher).Flush()
		for {
			select {
			case <-req.Context().Done():
				return
			case event := <-a.events:
				fmt.Fprintln(w, event)
				w.(http.Flusher).Flush()
			}
		}
	}
}

func (a *apiServer) send(t *testing.T, kind string, p v1alpha1.NodeLocalPolicy) {
	t.Helper()
	object, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	a.events <- fmt.Sprintf(`{"type":%q,"object":%s}`, kind, object)
}

// excepted reports whether the DaemonSet may break ISH201.
func excepted(w *Watch, name string) bool {
	decision := policies.Decision{Results: []policies.Result{{ID: "ISH201", Severity: policies.SeverityError}}}
	w.Get().Apply(&input.DaemonSet{Metadata: input.Metadata{Namespace: "core", Name: name}}, today, &decision)
	return !decision.Denied()
}

func eventually(t *testing.T, what string, check func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !check(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func start(t *testing.T, a *apiServer) (*Watch, *clocktesting.FakeClock) {
	t.Helper()
	return startCounting(t, a, nil)
}

// startCounting counts how often the policies came to say something else.
func startCounting(t *testing.T, a *apiServer, changes *atomic.Int32) (*Watch, *clocktesting.FakeClock) {
	t.Helper()
	var changed func()
	if changes != nil {
		changed = func() { changes.Add(1) }
	}
	listener := httptest.NewServer(a)
	clock := clocktesting.NewFakeClock(today)
	w, err := New(Config{
		REST: &rest.Config{Host: listener.URL}, HTTP: listener.Client(),
		Metrics: prometheus.NewRegistry(), Changed: changed, Clock: clock, Log: logr.Discard(),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error)
	go func() { stopped <- w.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		listener.Close()
	})
	return w, clock
}

func TestExceptionsFollowTheCluster(t *testing.T) {
	a := &apiServer{events: make(chan string), listed: []v1alpha1.NodeLocalPolicy{policy("one", exception("a", today.AddDate(0, 1, 0)))}}
	a.installed.Store(true)
	w, _ := start(t, a)
	eventually(t, "the first list", func() bool { return w.Ready() == nil })
	if !excepted(w, "a") || excepted(w, "b") {
		t.Errorf("of the list a is excepted and b is not: got %t, %t", excepted(w, "a"), excepted(w, "b"))
	}
	a.send(t, "ADDED", policy("two", exception("b", today.AddDate(0, 1, 0))))
	eventually(t, "an added policy", func() bool { return excepted(w, "b") && excepted(w, "a") })
	before := w.Get()
	status := policy("one", exception("a", today.AddDate(0, 1, 0)))
	status.Status.Matched = 3
	a.send(t, "MODIFIED", status)
	a.send(t, "MODIFIED", status) // taken off the wire after the first was seen
	if w.Get() != before {
		t.Error("a status that was written made other exceptions")
	}
	changed := policy("one")
	changed.Generation = 2
	a.send(t, "MODIFIED", changed)
	eventually(t, "a policy that lost its exception", func() bool { return !excepted(w, "a") && excepted(w, "b") })
	a.send(t, "DELETED", policy("two"))
	eventually(t, "a policy that is gone", func() bool { return !excepted(w, "b") })
}

func TestEnforcementFollowsTheCluster(t *testing.T) {
	a := &apiServer{events: make(chan string), listed: []v1alpha1.NodeLocalPolicy{policy("one")}}
	a.installed.Store(true)
	var changes atomic.Int32
	w, _ := startCounting(t, a, &changes)
	eventually(t, "the first list", func() bool { return w.Ready() == nil })
	two := policy("two")
	two.Spec.Priority = 10
	a.send(t, "ADDED", two)
	eventually(t, "an added policy", func() bool { return len(w.Enforcement().Policies()) == 2 })
	if first := w.Enforcement().Policies()[0].Name; first != "two" {
		t.Errorf("the first by precedence is %s, want the one with the highest priority", first)
	}
	if names := w.Policies(); names[0].Name != "one" || names[1].Name != "two" {
		t.Errorf("all are %s and %s, want them by name", names[0].Name, names[1].Name)
	}
	before := w.Enforcement()
	two.Status.Matched = 3
	a.send(t, "MODIFIED", two)
	eventually(t, "a status", func() bool { return w.Policies()[1].Status.Matched == 3 })
	if w.Enforcement() != before {
		t.Error("a status that was written made another set of policies")
	}
	if got := changes.Load(); got != 2 {
		t.Errorf("told of %d changes, want 2: the list and the policy that was added", got)
	}
}

func TestWithoutTheCRDNothingIsExceptedUntilItComes(t *testing.T) {
	a := &apiServer{events: make(chan string), listed: []v1alpha1.NodeLocalPolicy{policy("one", exception("a", today.AddDate(0, 1, 0)))}}
	w, clock := start(t, a)
	eventually(t, "the answer that there is no CRD", func() bool { return w.Ready() == nil })
	if excepted(w, "a") {
		t.Error("excepted by what is not there")
	}
	a.installed.Store(true)
	eventually(t, "the wait for the next look", clock.HasWaiters)
	clock.Step(pauseAbsent * 2)
	eventually(t, "the CRD's policies", func() bool { return excepted(w, "a") })
}

func TestBeforeTheFirstAnswerItIsNotReady(t *testing.T) {
	w := &Watch{}
	if err := w.Ready(); err == nil || !strings.Contains(err.Error(), "RBAC") {
		t.Errorf("ready: %v", err)
	}
	if excepted(w, "a") {
		t.Error("excepted by what was not read")
	}
}

func TestExceptionsAreCountedByTheirState(t *testing.T) {
	var h held
	p := policy("one", exception("a", today.AddDate(0, 1, 0)), exception("b", today), exception("c", today.Add(-policies.ExceptionGrace)))
	h.put(map[string]*v1alpha1.NodeLocalPolicy{"one": &p})
	registry := prometheus.NewRegistry()
	registry.MustRegister(&collector{held: &h, clock: clocktesting.NewFakeClock(today)})
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, metric := range families[0].Metric {
		// The labels are sorted by name: policy, state.
		got[metric.Label[0].GetValue()+" "+metric.Label[1].GetValue()] = metric.Gauge.GetValue()
	}
	if want := map[string]float64{"one live": 1, "one grace": 1, "one expired": 1}; !maps.Equal(got, want) {
		t.Errorf("%s: %v, want %v", families[0].GetName(), got, want)
	}
}

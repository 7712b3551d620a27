package gate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"

	"github.com/inshore-dev/inshore/agent/gate"
	"github.com/inshore-dev/inshore/agent/kube"
)

// server is an API server that answers patches as a test says.
type server struct {
	mu sync.Mutex
	// answers are status codes, used one a request; then 200.
	answers []int
	bodies  []string
	paths   []string
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bodies = append(s.bodies, string(body))
	s.paths = append(s.paths, r.Method+" "+r.URL.Path+" "+r.Header.Get("Content-Type"))
	code := http.StatusOK
	if len(s.answers) > 0 {
		code, s.answers = s.answers[0], s.answers[1:]
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	if code == http.StatusOK {
		fmt.Fprint(w, `{"kind":"Pod","apiVersion":"v1"}`)
		return
	}
	_ = json.NewEncoder(w).Encode(metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
		Status:   metav1.StatusFailure, Code: int32(code), Reason: reasons[code], Message: "no",
	})
}

var reasons = map[int]metav1.StatusReason{
	http.StatusNotFound: metav1.StatusReasonNotFound, http.StatusConflict: metav1.StatusReasonConflict,
	http.StatusForbidden: metav1.StatusReasonForbidden, http.StatusServiceUnavailable: metav1.StatusReasonServiceUnavailable,
}

func (s *server) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.bodies)
}

// run is a gate that talks to a server.
func run(t *testing.T, s http.Handler) (*gate.Gate, *prometheus.Registry) {
	t.Helper()
	api := httptest.NewServer(s)
	t.Cleanup(api.Close)
	client, err := kube.New(&rest.Config{Host: api.URL})
	if err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	g := gate.New(gate.Config{Core: client.Core, Metrics: registry, Clock: clock.RealClock{}, Log: logr.Discard()})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.Run(ctx)
	}()
	t.Cleanup(func() { stop(); <-done })
	return g, registry
}

func opening(name string) gate.Opening {
	now := time.Now()
	return gate.Opening{
		Pod: types.NamespacedName{Namespace: "core", Name: name}, UID: types.UID("uid-" + name),
		Reason: gate.ReasonRouted, Message: "Reached.", Seen: now.Add(-time.Millisecond), Committed: now,
	}
}

func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still not: %s", what)
		}
	}
}

func TestOpening(t *testing.T) {
	tests := map[string]struct {
		answers  []int
		outcomes string // Of the metric, as "name=count".
		requests int
	}{
		"if the API server takes it, that is all":           {nil, "opened=1", 1},
		"if the pod is gone, it is left alone":              {[]int{http.StatusNotFound}, "gone=1", 1},
		"if the pod is another by now, it is left alone":    {[]int{http.StatusConflict}, "gone=1", 1},
		"if the API server is away, it is tried again":      {[]int{http.StatusServiceUnavailable, http.StatusServiceUnavailable}, "failed=2 opened=1", 3},
		"if a policy refuses, it is tried again, and said":  {[]int{http.StatusForbidden}, "opened=1 refused=1", 2},
		"if all goes wrong one after another, it ends well": {[]int{http.StatusForbidden, http.StatusServiceUnavailable}, "failed=1 opened=1 refused=1", 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := &server{answers: test.answers}
			g, registry := run(t, s)
			g.Open(opening("p"))
			await(t, "the queue is empty", func() bool { return g.Pending() == 0 })
			if s.requests() != test.requests {
				t.Errorf("%d requests, want %d", s.requests(), test.requests)
			}
			if got := outcomes(t, registry); got != test.outcomes {
				t.Errorf("outcomes are %q, want %q", got, test.outcomes)
			}
		})
	}
}

// outcomes are the patches that were counted, as "name=count", sorted by name.
func outcomes(t *testing.T, registry *prometheus.Registry) string {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var counted []string
	for _, family := range families {
		if family.GetName() != "inshore_agent_gate_patches_total" {
			continue
		}
		for _, m := range family.GetMetric() {
			if n := m.GetCounter().GetValue(); n > 0 {
				counted = append(counted, fmt.Sprintf("%s=%v", m.GetLabel()[0].GetValue(), n))
			}
		}
	}
	return strings.Join(counted, " ")
}

func TestThePatchIsOneConditionOfOnePod(t *testing.T) {
	s := &server{}
	g, _ := run(t, s)
	g.Open(opening("p"))
	await(t, "the queue is empty", func() bool { return g.Pending() == 0 })
	if want := "PATCH /api/v1/namespaces/core/pods/p/status application/strategic-merge-patch+json"; s.paths[0] != want {
		t.Errorf("request is %q, want %q", s.paths[0], want)
	}
	var body struct {
		Metadata map[string]any              `json:"metadata"`
		Status   map[string][]map[string]any `json:"status"`
	}
	if err := json.Unmarshal([]byte(s.bodies[0]), &body); err != nil {
		t.Fatal(err)
	}
	conditions := body.Status["conditions"]
	if len(body.Metadata) != 1 || body.Metadata["uid"] != "uid-p" || len(body.Status) != 1 || len(conditions) != 1 {
		t.Fatalf("body is %s", s.bodies[0])
	}
	if c := conditions[0]; c["type"] != "inshore.dev/routed" || c["status"] != "True" || c["reason"] != "Routed" || c["lastTransitionTime"] == nil {
		t.Errorf("condition is %v", c)
	}
}

func TestAPodIsPatchedOnce(t *testing.T) {
	s := &server{}
	g, _ := run(t, s)
	for range 3 {
		g.Open(opening("p"))
		await(t, "the queue is empty", func() bool { return g.Pending() == 0 })
	}
	successor := opening("p")
	successor.UID = "another"
	g.Open(successor)
	await(t, "the queue is empty", func() bool { return g.Pending() == 0 })
	if s.requests() != 2 {
		t.Errorf("%d requests, want one for the pod and one for its successor of the same name", s.requests())
	}
}

func TestAForgottenPodIsNotPatched(t *testing.T) {
	refuse := make([]int, 1000)
	for i := range refuse {
		refuse[i] = http.StatusServiceUnavailable
	}
	s := &server{answers: refuse}
	g, _ := run(t, s)
	g.Open(opening("gone"))
	await(t, "a first attempt", func() bool { return s.requests() > 0 })
	g.Forget(types.NamespacedName{Namespace: "core", Name: "gone"})
	if g.Pending() != 0 {
		t.Errorf("%d pending", g.Pending())
	}
	s.mu.Lock()
	s.answers = nil
	s.mu.Unlock()
	g.Open(opening("other"))
	await(t, "the other is patched", func() bool { return g.Pending() == 0 })
	s.mu.Lock()
	defer s.mu.Unlock()
	if last := s.paths[len(s.paths)-1]; !strings.Contains(last, "/other/") {
		t.Errorf("the last request is %q", last)
	}
}

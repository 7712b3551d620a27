package events

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/inshore-dev/inshore/agent/kube"
)

// server keeps what is sent to it.
type server struct {
	mu sync.Mutex
	// code answers requests; 0 means that all is well.
	code    int
	created []*eventsv1.Event
	patched []string
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if s.code != 0 {
		w.WriteHeader(s.code)
		_ = json.NewEncoder(w).Encode(metav1.Status{
			TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: "Failure", Code: int32(s.code), Reason: refusals[s.code],
		})
		return
	}
	if r.Method == http.MethodPatch {
		s.patched = append(s.patched, r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]+" "+string(bytes.TrimSpace(body)))
	} else if event, err := decode(body); err == nil {
		s.created = append(s.created, event)
	}
	_, _ = io.WriteString(w, `{"kind":"Event","apiVersion":"events.k8s.io/v1"}`)
}

var refusals = map[int]metav1.StatusReason{http.StatusForbidden: metav1.StatusReasonForbidden, http.StatusInternalServerError: metav1.StatusReasonInternalError}

func decode(body []byte) (*eventsv1.Event, error) {
	scheme := runtime.NewScheme()
	if err := eventsv1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	event := &eventsv1.Event{}
	_, _, err := serializer.NewCodecFactory(scheme).UniversalDeserializer().Decode(body, nil, event)
	return event, err
}

func (s *server) set(code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.code = code
}

func (s *server) seen() (created []*eventsv1.Event, patched []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append(created, s.created...), append(patched, s.patched...)
}

type fixture struct {
	*testing.T
	*server
	*Recorder
	clock *clocktesting.FakeClock
	done  chan struct{}
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{T: t, server: &server{}, clock: clocktesting.NewFakeClock(time.Unix(1000, 0)), done: make(chan struct{})}
	api := httptest.NewServer(f.server)
	t.Cleanup(api.Close)
	client, err := kube.New(&rest.Config{Host: api.URL, QPS: -1})
	if err != nil {
		t.Fatal(err)
	}
	f.Recorder = New(Config{
		Client: client.Events, Node: "node-0", Instance: "agent-x", Metrics: prometheus.NewRegistry(), Clock: f.clock, Log: logr.Discard(),
	})
	return f
}

func (f *fixture) run() {
	ctx, stop := context.WithCancel(f.Context())
	go func() {
		defer close(f.done)
		f.Recorder.Run(ctx)
	}()
	f.Cleanup(func() { stop(); <-f.done })
}

// await steps the clock until condition holds.
func (f *fixture) await(what string, condition func() bool) {
	f.Helper()
	for deadline := time.Now().Add(20 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			f.Fatalf("still not: %s", what)
		}
		if f.clock.HasWaiters() {
			f.clock.Step(time.Second)
		}
	}
}

func about(name string) About {
	return About{types.NamespacedName{Namespace: "core", Name: name}, types.UID("uid-" + name)}
}

func TestAnEventIsAboutTheServiceAndNamesTheNode(t *testing.T) {
	f := newFixture(t)
	f.run()
	f.Record(NoLocalEndpoint(about("cache"), Refused))
	f.await("an event", func() bool { created, _ := f.seen(); return len(created) == 1 })
	created, _ := f.seen()
	e := created[0]
	if e.Namespace != "core" || e.Regarding.Kind != "Service" || e.Regarding.Name != "cache" || e.Regarding.UID != "uid-cache" {
		t.Errorf("it is about %+v", e.Regarding)
	}
	if e.Type != "Warning" || e.Reason != ReasonNoLocalEndpoint || !strings.HasPrefix(e.Note, "Node node-0: ") || !strings.Contains(e.Note, "refused at once") {
		t.Errorf("it says %s %s %q", e.Type, e.Reason, e.Note)
	}
	// What the API server demands of events.k8s.io/v1.
	if e.EventTime.IsZero() || e.ReportingController == "" || e.ReportingInstance != "agent-x" || e.Action == "" || e.Series != nil {
		t.Errorf("it is %+v", e)
	}
}

func TestARepetitionIsCountedInTheFirst(t *testing.T) {
	f := newFixture(t)
	f.run()
	f.Record(FallbackStarted(about("cache")))
	f.await("an event", func() bool { created, _ := f.seen(); return len(created) == 1 })
	f.Record(FallbackStarted(about("cache")))
	f.await("a patch", func() bool { _, patched := f.seen(); return len(patched) == 1 })
	created, patched := f.seen()
	if !strings.HasPrefix(patched[0], created[0].Name+" ") || !strings.Contains(patched[0], `"count":2`) {
		t.Errorf("the patch is %s", patched[0])
	}
	f.Record(FallbackStarted(about("other")))
	f.Record(Back(about("cache"), true))
	f.await("events of their own", func() bool { created, _ := f.seen(); return len(created) == 3 })

	f.clock.Step(seriesAge)
	f.Record(FallbackStarted(about("cache")))
	f.await("a new event after an hour", func() bool { created, _ := f.seen(); return len(created) == 4 })
}

func TestWhatRepeatsBeforeItIsSentIsSentOnce(t *testing.T) {
	f := newFixture(t)
	for range 5 {
		f.Record(NoLocalEndpoint(about("cache"), Dropped))
	}
	f.run()
	f.await("an event", func() bool { created, _ := f.seen(); return len(created) == 1 })
	created, _ := f.seen()
	if s := created[0].Series; s == nil || s.Count != 5 {
		t.Errorf("series is %+v", s)
	}
}

func TestEventsWaitForTheAPIServer(t *testing.T) {
	f := newFixture(t)
	f.server.set(http.StatusInternalServerError)
	f.run()
	f.Record(NoLocalEndpoint(about("a"), Refused))
	f.await("a failure", func() bool { return f.waitsBetweenAttempts() })
	f.Record(NoLocalEndpoint(about("a"), Refused))
	f.Record(MapFull(about("b"), 7))
	f.server.set(0)
	f.await("both", func() bool { created, _ := f.seen(); return len(created) == 2 })
	if n := f.droppedCount(); n != 0 {
		t.Errorf("%v were dropped", n)
	}
}

func (f *fixture) waitsBetweenAttempts() bool {
	f.Recorder.mu.Lock()
	defer f.Recorder.mu.Unlock()
	return len(f.order) == 1 && f.clock.HasWaiters()
}

func (f *fixture) droppedCount() float64 {
	registry := prometheus.NewRegistry()
	registry.MustRegister(f.dropped)
	families, err := registry.Gather()
	if err != nil {
		f.Fatal(err)
	}
	return families[0].GetMetric()[0].GetCounter().GetValue()
}

func TestARefusedEventIsDroppedAndCounted(t *testing.T) {
	f := newFixture(t)
	f.server.set(http.StatusForbidden)
	f.run()
	f.Record(NoLocalEndpoint(about("a"), Refused))
	f.await("it is counted", func() bool { return f.droppedCount() == 1 })
}

func TestTheQueueIsBounded(t *testing.T) {
	f := newFixture(t)
	for i := range queueSize + 5 {
		f.Record(NoLocalEndpoint(about("s"+strconv.Itoa(i)), Refused))
	}
	if n := f.droppedCount(); n != 5 {
		t.Errorf("%v were dropped, want 5", n)
	}
}

func TestNotesSayWhatHappensNow(t *testing.T) {
	tests := map[string]struct {
		event        Event
		kind, reason string
		says         string
	}{
		"if calls are refused":    {NoLocalEndpoint(about("a"), Refused), "Warning", "NoLocalEndpoint", "refused at once"},
		"if calls are dropped":    {NoLocalEndpoint(about("a"), Dropped), "Warning", "NoLocalEndpoint", "dropped without an answer"},
		"if calls leave the node": {FallbackStarted(about("a")), "Warning", "FallbackStarted", "pods of other nodes"},
		"if a fallback ends":      {Back(about("a"), true), "Normal", "FallbackEnded", "stay on it"},
		"if an outage ends":       {Back(about("a"), false), "Normal", "LocalEndpointBack", "stay on it"},
		"if there is no room":     {MapFull(about("a"), 12), "Warning", "MapFull", "holds 12 frontends (--max-frontends)"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			e := test.event
			if e.Type != test.kind || e.Reason != test.reason || !strings.Contains(e.Note, test.says) {
				t.Errorf("event is %+v", e)
			}
		})
	}
}

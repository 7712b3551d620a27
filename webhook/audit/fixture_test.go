package audit

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/yaml"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/related"
	"github.com/inshore-dev/inshore/webhook/rollout"
	"github.com/inshore-dev/inshore/webhook/validate"
)

var today = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// world is a leader's term over a cluster of a few objects.
type world struct {
	*term
	t          testing.TB
	api        *apiServer
	store      *related.Store
	clock      *clocktesting.FakeClock
	events     *events.FakeRecorder
	registry   *prometheus.Registry
	exceptions *policies.Exceptions
	daemons    *rollout.Daemons
	// policies are those of the cluster, by atomic since a term asks when it likes.
	policies atomic.Pointer[enforcement.Set]
	// unregistered switches mutation off.
	unregistered atomic.Bool
}

// engine is shared: compiling the rules takes longer than all the tests.
var engine = func() *policies.Engine {
	engine, err := policies.New(policies.Config{})
	if err != nil {
		panic(err)
	}
	return engine
}()

func newWorld(t testing.TB, mode Mode) *world {
	t.Helper()
	w := &world{
		t: t, api: &apiServer{objects: map[string]map[string]any{}}, store: &related.Store{},
		clock: clocktesting.NewFakeClock(today), events: events.NewFakeRecorder(1000), registry: prometheus.NewRegistry(),
	}
	w.daemons = rollout.NewDaemons(w.clock)
	listener := httptest.NewServer(w.api)
	t.Cleanup(listener.Close)
	audit, err := New(Config{
		Mode: mode, RepairRate: 1e6, REST: &rest.Config{Host: listener.URL}, HTTP: listener.Client(), Namespace: "inshore-system",
		Store: w.store, Ready: func() error { return nil },
		Rules: func() validate.Rules {
			return validate.Rules{Engine: engine, Exceptions: w.exceptions, Enforcement: w.policies.Load(), Now: w.clock.Now()}
		},
		Registered: func() error {
			if w.unregistered.Load() {
				return errors.New("the webhook configuration is missing")
			}
			return nil
		},
		Platform: func() v1alpha1.Platform { return v1alpha1.Platform{Kubernetes: v1alpha1.Version{Major: 1, Minor: 36}} },
		Metrics:  NewMetrics(w.registry), PolicyMetrics: NewPolicyMetrics(w.registry), Daemons: w.daemons, Events: w.events, Clock: w.clock, Log: logr.Discard(),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.begin(audit)
	return w
}

// begin begins a term, as a new leader's.
func (w *world) begin(audit *Audit) {
	w.t.Helper()
	w.term = newTerm(audit)
	w.learn(w.t.Context())
}

// put puts an object into the cluster and into the mirror.
func (w *world) put(text string) {
	w.t.Helper()
	raw, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		w.t.Fatal(err)
	}
	object := map[string]any{}
	if err := json.Unmarshal(raw, &object); err != nil {
		w.t.Fatal(err)
	}
	object["metadata"].(map[string]any)["uid"] = "4711"
	w.api.mu.Lock()
	defer w.api.mu.Unlock()
	switch object["kind"] {
	case "Service":
		s := decode[input.Service](w.t, raw)
		w.api.put(targetOf(s).path(), object)
		w.store.PutService(s)
	case "DaemonSet":
		d := decode[input.DaemonSet](w.t, raw)
		w.api.put(targetOf(d).path(), object)
		w.store.PutDaemonSet(d)
	}
}

// see makes the mirror what the cluster is.
func (w *world) see(object target) {
	w.t.Helper()
	raw, err := json.Marshal(w.api.get(w.t, object.path()))
	if err != nil {
		w.t.Fatal(err)
	}
	if object.kind == v1alpha1.KindService {
		w.store.PutService(decode[input.Service](w.t, raw))
	} else {
		w.store.PutDaemonSet(decode[input.DaemonSet](w.t, raw))
	}
}

func decode[T any](t testing.TB, raw []byte) *T {
	t.Helper()
	into := new(T)
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
	return into
}

// judge passes over a namespace.
func (w *world) judge(namespace string) {
	w.t.Helper()
	if err := w.pass(w.t.Context(), namespace); err != nil {
		w.t.Fatal(err)
	}
}

// report is the namespace's report as it is stored.
func (w *world) report(namespace string) *report {
	w.t.Helper()
	raw, err := json.Marshal(w.api.get(w.t, reportPath(namespace)))
	if err != nil {
		w.t.Fatal(err)
	}
	return decode[report](w.t, raw)
}

func reportPath(namespace string) string {
	return reportsFolder + "namespaces/" + namespace + "/reports/inshore"
}

// entries are a report's results, one line each.
func entries(r *report) []string {
	var lines []string
	for _, e := range r.Results {
		lines = append(lines, strings.Join([]string{e.Result, e.Rule, e.Subjects[0].Kind, e.Subjects[0].Name, e.Properties["field"]}, " "))
	}
	return lines
}

// said are the events since the last call.
func (w *world) said() []string {
	var said []string
	for {
		select {
		case event := <-w.events.Events:
			said = append(said, event)
		default:
			return said
		}
	}
}

// value is that of a gauge or counter, of of the series with these label values, in the order of
// their names; -1 if there is none.
func (w *world) value(metric string, labels ...string) float64 {
	w.t.Helper()
	families, err := w.registry.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "inshore_audit_"+metric {
			continue
		}
		for _, m := range family.Metric {
			var got []string
			for _, label := range m.Label {
				got = append(got, label.GetValue())
			}
			if slices.Equal(got, labels) {
				return m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
		}
	}
	return -1
}

// The objects of the tests. What admission would have written into a Service is
// there in good and missing in unmutated.
const (
	daemon = `
apiVersion: apps/v1
kind: DaemonSet
metadata:
  namespace: core
  name: mcrouter
  annotations: {inshore.dev/node-local: required, inshore.dev/drain: 5s, inshore.dev/previous: '{"/spec/updateStrategy/rollingUpdate/maxSurge":{"from":0,"to":1},"/spec/updateStrategy/rollingUpdate/maxUnavailable":{"from":1,"to":0}}'}
spec:
  selector: {matchLabels: {app: mcrouter}}
  minReadySeconds: 5
  updateStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  template:
    metadata: {labels: {app: mcrouter}}
    spec:
      terminationGracePeriodSeconds: 60
      containers:
        - name: mcrouter
          ports: [{containerPort: 11211}]
          readinessProbe: {tcpSocket: {port: 11211}}
          lifecycle: {preStop: {sleep: {seconds: 5}}}
`
	good = `
apiVersion: v1
kind: Service
metadata:
  namespace: core
  name: mcrouter
  labels: {inshore.dev/node-local: required}
  annotations: {inshore.dev/node-local: required, inshore.dev/previous: '{"/spec/internalTrafficPolicy":{"from":"Cluster","to":"Local"}}'}
spec:
  clusterIP: 10.96.0.10
  internalTrafficPolicy: Local
  selector: {app: mcrouter}
  ports: [{port: 11211}]
`
	unmutated = `
apiVersion: v1
kind: Service
metadata:
  namespace: core
  name: mcrouter
  annotations: {inshore.dev/node-local: required}
spec:
  clusterIP: 10.96.0.10
  internalTrafficPolicy: Cluster
  selector: {app: mcrouter}
  ports: [{port: 11211}]
`
)

var (
	theService = target{v1alpha1.KindService, "core", "mcrouter"}
	theDaemon  = target{v1alpha1.KindDaemonSet, "core", "mcrouter"}
)

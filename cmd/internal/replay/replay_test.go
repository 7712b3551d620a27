package replay_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/cmd/internal/replay"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/decisionlog"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// ownRule refuses Services called forbidden, which no rule of ours does.
const ownRule = `# METADATA
# title: Nobody may be called forbidden
# description: For this test.
# schemas:
#   - input: schema.service
# custom:
#   id: ACME001
#   severity: error
#   kinds: [Service]
#   message: "{object} is called forbidden."
#   remedy: Rename it.
#   since: v0.1.0
package acme.forbidden

violation contains {"field": "metadata.name"} if {
	input.object.metadata.name == "forbidden"
}
`

func engine(t *testing.T, bundles ...fs.FS) *policies.Engine {
	t.Helper()
	e, err := policies.New(policies.Config{Bundles: bundles})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func withOwnRule(t *testing.T) *policies.Engine {
	t.Helper()
	return engine(t, fstest.MapFS{"acme/forbidden.rego": {Data: []byte(ownRule)}})
}

// service is one without fault, but that no DaemonSet is behind it.
func service(name string, change func(*input.Service)) *input.Service {
	s := &input.Service{
		TypeMeta: input.TypeMeta{APIVersion: "v1", KindName: "Service"},
		Metadata: input.Metadata{Name: name, Namespace: "core", Annotations: map[string]string{v1alpha1.AnnotationNodeLocal: "required"}},
		Spec: input.ServiceSpec{
			Type: "ClusterIP", Selector: map[string]string{"app": name}, InternalTrafficPolicy: new("Local"),
			Ports: []input.ServicePort{{Port: 11211}},
		},
	}
	change(s)
	return s
}

func unchanged(*input.Service)  {}
func headless(s *input.Service) { s.Spec.ClusterIP = "None" }

// decide writes the log of decisions about the objects by the rules of an
// engine.
func decide(t *testing.T, by *policies.Engine, exceptions *policies.Exceptions, objects ...*input.Service) string {
	t.Helper()
	var out bytes.Buffer
	log := decisionlog.New(decisionlog.Config{Out: &out, Registry: prometheus.NewRegistry(), Log: logr.Discard()})
	for i, object := range objects {
		document := &input.Document{Object: object, Operation: input.OperationCreate, Namespace: input.Namespace{Name: "core"}}
		at := time.Date(2026, 3, 14, 9, i, 0, 0, time.UTC)
		log.Write(&decisionlog.Record{
			Time: at, UID: fmt.Sprint(i), Name: object.Metadata.Name, Document: document,
			Decision: validate.Judge(t.Context(), validate.Rules{Engine: by, Exceptions: exceptions, Now: at}, document),
		})
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := log.Start(stopped); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func run(t *testing.T, by *policies.Engine, logs ...string) *replay.Report {
	t.Helper()
	var all []replay.Log
	for i, text := range logs {
		all = append(all, replay.Log{Name: fmt.Sprintf("log%d", i), Reader: strings.NewReader(text)})
	}
	report, err := replay.Run(t.Context(), replay.Config{Engine: by}, all)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func text(t *testing.T, report *replay.Report) string {
	t.Helper()
	var out bytes.Buffer
	if err := report.WriteText(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestTheSameRulesDecideTheSame(t *testing.T) {
	by := engine(t)
	log := decide(t, by, nil, service("cache", unchanged), service("cache", headless))
	report := run(t, by, log)
	if report.Summary != (replay.Summary{Decisions: 2}) || len(report.Changes) != 0 {
		t.Errorf("got %s", text(t, report))
	}
}

func TestARuleThatIsNewRefusesWhatWasAllowed(t *testing.T) {
	allowed := service("forbidden", func(s *input.Service) { s.Metadata.Annotations[v1alpha1.AnnotationNodeLocal] = "disabled" })
	log := decide(t, engine(t), nil, allowed, service("cache", headless), allowed)
	report := run(t, withOwnRule(t), log)
	if report.Summary != (replay.Summary{Decisions: 3, Refused: 2}) || len(report.Changes) != 1 {
		t.Fatalf("got %s", text(t, report))
	}
	change := report.Changes[0]
	if change.Outcome != replay.OutcomeRefused || change.Name != "forbidden" || change.Decisions != 2 || change.Last.Minute() != 2 ||
		len(change.Added) != 1 || change.Added[0].ID != "ACME001" || change.Added[0].Field != "metadata.name" {
		t.Errorf("got %+v", change)
	}
	for _, want := range []string{
		"was allowed, would be refused\n  Service core/forbidden, CREATE, 2 times, last 2026-03-14 09:02:00Z\n    + error ACME001 at metadata.name: Service core/forbidden is called forbidden.\n      Rename it.\n",
		"2 would be refused, 0 allowed, 0 different, 1 the same",
	} {
		if got := text(t, report); !strings.Contains(got, want) {
			t.Errorf("lacks %q:\n%s", want, got)
		}
	}
}

func TestARuleThatIsGoneAllowsWhatWasRefused(t *testing.T) {
	disabled := service("forbidden", func(s *input.Service) { s.Metadata.Annotations[v1alpha1.AnnotationNodeLocal] = "disabled" })
	report := run(t, engine(t), decide(t, withOwnRule(t), nil, disabled))
	if report.Summary != (replay.Summary{Decisions: 1, Allowed: 1}) || report.Changes[0].Removed[0].ID != "ACME001" {
		t.Errorf("got %s", text(t, report))
	}
}

func TestAnExceptionCountsAsItDid(t *testing.T) {
	by := engine(t)
	decided := time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC) // see decide
	for name, expires := range map[string]time.Time{
		"while it holds":       decided.Add(time.Hour),
		"in the week after it": decided.Add(-time.Hour),
		"long after it":        decided.Add(-2 * policies.ExceptionGrace),
	} {
		t.Run(name, func(t *testing.T) {
			policy := &v1alpha1.NodeLocalPolicy{}
			policy.Spec.Exceptions = []v1alpha1.Exception{{
				Rule: "ISH101", Object: v1alpha1.ObjectReference{Kind: "Service", Namespace: "core", Name: "cache"},
				Owner: "cache", Reason: "moves next week",
			}}
			policy.Spec.Exceptions[0].Expires.Time = expires
			log := decide(t, by, policies.NewExceptions([]*v1alpha1.NodeLocalPolicy{policy}), service("cache", headless))
			if report := run(t, by, log); report.Summary.Changed() != 0 {
				t.Errorf("got %s", text(t, report))
			}
		})
	}
}

func TestLinesThatCannotBeReadAreToldByFileAndLine(t *testing.T) {
	by := engine(t)
	log := decide(t, by, nil, service("cache", unchanged))
	report := run(t, by, log, strings.Replace(log, `"core"`, `"c0re"`, 2))
	if report.Summary.Decisions != 1 || len(report.Problems) != 1 || !strings.HasPrefix(report.Problems[0], "log1:1: the input is not what its digest says") {
		t.Errorf("got %+v", report)
	}
}

func TestALogWithoutDecisionsIsNoReplay(t *testing.T) {
	_, err := replay.Run(t.Context(), replay.Config{Engine: engine(t)}, []replay.Log{{Name: "log", Reader: strings.NewReader("{}\n")}})
	if !errors.Is(err, replay.ErrNothing) {
		t.Errorf("got %v", err)
	}
}

func TestTheJSONHasListsAndNoNull(t *testing.T) {
	by := engine(t)
	var out bytes.Buffer
	if err := run(t, by, decide(t, by, nil, service("cache", unchanged))).WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	var report map[string]any
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	for _, list := range []string{"from", "changes", "problems"} {
		if _, ok := report[list].([]any); !ok {
			t.Errorf("%s is %v", list, report[list])
		}
	}
}

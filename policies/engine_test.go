package policies_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
)

func newEngine(t testing.TB, config policies.Config) *policies.Engine {
	t.Helper()
	engine, err := policies.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

// The documentation shows these files: they must be what it says they are.
func TestExamplesBreakTheirRuleAndKeepIt(t *testing.T) {
	engine := newEngine(t, policies.Config{})
	for _, rule := range engine.Rules() {
		if rule.Package == "" {
			continue // found by Go, before there is a document to judge
		}
		t.Run(rule.ID, func(t *testing.T) {
			bad := engine.Evaluate(t.Context(), readDocument(t, example(rule, "bad.yaml")))
			found := idsOf(bad)
			if !slices.Contains(found, rule.ID) {
				t.Errorf("bad.yaml breaks %v, not %s", found, rule.ID)
			}
			for _, result := range bad.Results {
				if result.Severity == policies.SeverityError && result.ID != rule.ID {
					t.Errorf("bad.yaml is refused for something else too: %+v", result)
				}
			}
			good := engine.Evaluate(t.Context(), readDocument(t, example(rule, "good.yaml")))
			if good.Denied() || slices.Contains(idsOf(good), rule.ID) {
				t.Errorf("good.yaml has findings: %+v", good.Results)
			}
		})
	}
}

// example is the path of a file beside a rule.
func example(rule policies.Rule, name string) string {
	folders := strings.Split(strings.TrimPrefix(rule.Package, "inshore."), ".")
	return path.Join(append(folders, name)...)
}

func idsOf(decision policies.Decision) []string {
	ids := []string{}
	for _, result := range decision.Results {
		ids = append(ids, result.ID)
	}
	return ids
}

// The rules must be right about the daemons that people run: what they are told,
// and what they are not told.
func TestDaemonsThatPeopleRun(t *testing.T) {
	engine := newEngine(t, policies.Config{})
	names, err := filepath.Glob("testdata/daemons/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatalf("no daemons: %v", err)
	}
	for _, name := range append(names, "testdata/daemonset.yaml", "testdata/service.yaml") {
		t.Run(filepath.Base(name), func(t *testing.T) {
			source, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			_, rest, _ := strings.Cut(string(source), "# findings:")
			line, _, _ := strings.Cut(rest, "\n")
			decision := engine.Evaluate(t.Context(), parseDocument(t, name, source))
			if diff := cmp.Diff(strings.Fields(line), idsOf(decision)); diff != "" {
				t.Errorf("%s\n%+v", diff, decision.Results)
			}
			for _, result := range decision.Results {
				if !strings.Contains(result.Message, "/"+decisionSubject(t, name, source)) {
					t.Errorf("the message does not name the object: %s", result.Message)
				}
			}
		})
	}
}

func decisionSubject(t *testing.T, name string, source []byte) string {
	t.Helper()
	return parseDocument(t, name, source).Object.Meta().Name
}

func TestResultsAreSorted(t *testing.T) {
	results := []policies.Result{
		{ID: "ISH203", Severity: policies.SeverityWarning, Field: "a"},
		{ID: "ISH204", Severity: policies.SeverityError, Field: "b"},
		{ID: "ISH201", Severity: policies.SeverityError, Field: "b", Message: "2"},
		{ID: "ISH201", Severity: policies.SeverityError, Field: "b", Message: "1"},
		{ID: "ISH201", Severity: policies.SeverityError, Field: "a"},
	}
	want := []policies.Result{results[4], results[3], results[2], results[1], results[0]}
	policies.SortResults(results)
	if diff := cmp.Diff(want, results); diff != "" {
		t.Error(diff)
	}
	decision := policies.Decision{Results: results}
	if !decision.Denied() || len(decision.Errors()) != 4 || len(decision.Warnings()) != 1 {
		t.Errorf("errors %v, warnings %v", decision.Errors(), decision.Warnings())
	}
	if (policies.Decision{Results: decision.Warnings()}).Denied() {
		t.Error("warnings deny")
	}
}

func TestTheRevisionIsThatOfTheContent(t *testing.T) {
	plain, again := newEngine(t, policies.Config{}), newEngine(t, policies.Config{})
	more := newEngine(t, policies.Config{Bundles: []fs.FS{faulty(`violation contains {"field": "x"} if false`)}})
	if plain.Revision() == "" || plain.Revision() != again.Revision() {
		t.Errorf("the same rules have revisions %q and %q", plain.Revision(), again.Revision())
	}
	if plain.Revision() == more.Revision() {
		t.Error("other rules have the same revision")
	}
	document := readDocument(t, "testdata/service.yaml")
	if got := more.Evaluate(t.Context(), document).Revision; got != more.Revision() {
		t.Errorf("a decision of revision %q says %q", more.Revision(), got)
	}
}

func TestAnEngineIsSafeForConcurrentUse(t *testing.T) {
	engine := newEngine(t, policies.Config{})
	document := readDocument(t, "testdata/daemons/datadog-agent.yaml")
	want := engine.Evaluate(t.Context(), document)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 20 {
				if diff := cmp.Diff(want, engine.Evaluate(t.Context(), document)); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
	group.Wait()
}

func TestAnObjectIsNamedAsFarAsItIsKnown(t *testing.T) {
	engine := newEngine(t, policies.Config{})
	for name, metadata := range map[string]input.Metadata{
		"DaemonSet core/router ":  {Name: "router", Namespace: "core"},
		"DaemonSet here/router ":  {Name: "router"},
		"DaemonSet core/router- ": {GenerateName: "router-", Namespace: "core"},
	} {
		decision := engine.Evaluate(t.Context(), &input.Document{
			Object: &input.DaemonSet{
				Metadata: metadata,
				Spec:     input.DaemonSetSpec{Template: input.PodTemplate{Spec: input.PodSpec{HostNetwork: true}}},
			},
			Namespace: input.Namespace{Name: "here"},
			Intent:    v1alpha1.Intent{NodeLocal: v1alpha1.NodeLocalPreferred},
		})
		if len(decision.Results) == 0 || !strings.HasPrefix(decision.Results[0].Message, name) {
			t.Errorf("want results on %q, got %+v", name, decision.Results)
		}
	}
}

func TestFieldErrorsAreResults(t *testing.T) {
	annotations := field.NewPath("metadata", "annotations")
	results := policies.FieldErrors(field.ErrorList{
		field.NotSupported(annotations.Key("inshore.dev/node-local"), "requird", []string{"required"}),
		field.Invalid(annotations.Key("inshore.dev/drain"), "1", "no unit"),
	})
	want := []policies.Result{
		{
			ID: "ISH002", Severity: policies.SeverityError, Field: "metadata.annotations[inshore.dev/drain]",
			Message: `metadata.annotations[inshore.dev/drain]: Invalid value: "1": no unit`,
			Remedy:  policies.Annotation.Remedy,
		},
		{
			ID: "ISH002", Severity: policies.SeverityError, Field: "metadata.annotations[inshore.dev/node-local]",
			Message: `metadata.annotations[inshore.dev/node-local]: Unsupported value: "requird": supported values: "required"`,
			Remedy:  policies.Annotation.Remedy,
		},
	}
	if diff := cmp.Diff(want, results); diff != "" {
		t.Error(diff)
	}
}

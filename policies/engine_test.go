package policies_test

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/policies"
)

func newEngine(t testing.TB, config policies.Config) *policies.Engine {
	t.Helper()
	engine, err := policies.New(t.Context(), config)
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

package policies_test

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"sigs.k8s.io/yaml"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/policies/input"
)

// TestParametersReachTheRuleOfTheDocumentation takes rule and policy from
// docs/custom-rules.md.
func TestParametersReachTheRuleOfTheDocumentation(t *testing.T) {
	page, err := os.ReadFile("../docs/custom-rules.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## Parameters\n")
	blocks := regexp.MustCompile("(?s)```(?:rego|yaml)\n(.*?)```").FindAllStringSubmatch(section, 2)
	if len(blocks) != 2 {
		t.Fatal("the page has no rule and policy under Parameters")
	}
	engine, err := policies.New(policies.Config{
		Bundles: []fs.FS{fstest.MapFS{"acme/cost_label/cost_label.rego": {Data: []byte(blocks[0][1])}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	policy := new(v1alpha1.NodeLocalPolicy)
	if err := yaml.UnmarshalStrict([]byte(blocks[1][1]), policy); err != nil {
		t.Fatal(err)
	}
	set := enforcement.New([]*v1alpha1.NodeLocalPolicy{policy})
	for team, want := range map[string]string{"payments": "pays", "web": "cost-center"} {
		service := &input.Service{Metadata: input.Metadata{Name: "a", Namespace: "core", Labels: map[string]string{"app": "a"}}}
		in := input.Namespace{Name: "core", Labels: map[string]string{"team": team}}
		decision := engine.Evaluate(t.Context(), &input.Document{
			Object: service, Operation: input.OperationCreate, Namespace: in, Intent: v1alpha1.Intent{NodeLocal: v1alpha1.NodeLocalRequired},
			Parameters: set.Parameters(service, in),
		})
		said := ""
		for _, result := range decision.Results {
			if result.ID == "ACME003" {
				said = result.Message
			}
		}
		if said != "Service core/a: the label "+want+" is missing." {
			t.Errorf("team %s: the rule says %q, want the label %s", team, said, want)
		}
	}
}

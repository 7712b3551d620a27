package review

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/inshore-dev/inshore/api/policycases"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

func TestReadPolicies(t *testing.T) {
	const head = "apiVersion: inshore.dev/v1alpha1\nkind: NodeLocalPolicy\nmetadata: {name: p}\nspec:\n  exceptions:\n"
	const good = "  - rule: ISH201\n    object: {kind: DaemonSet, namespace: core, name: x}\n    owner: me\n    reason: because\n    expires: 2030-01-31T00:00:00Z\n"
	for name, test := range map[string]struct {
		text  string
		count int
		want  string // errors, one a line; empty for none
	}{
		"a policy":                     {head + good, 1, ""},
		"a policy among other objects": {"apiVersion: v1\nkind: ConfigMap\n---\n" + head + good + "---\nkind: x\n", 1, ""},
		"a misspelt field": {head + strings.Replace(good, "expires", "expire", 1), 0,
			`p.yaml:10: not a NodeLocalPolicy: unknown field "spec.exceptions[0].expire"`},
		"no end": {head + strings.Replace(good, "    expires: 2030-01-31T00:00:00Z\n", "", 1), 0,
			"p.yaml:6: spec.exceptions[0].expires: Required value: an exception without an end is a rule switched off; write a time, 2027-01-31T00:00:00Z"},
		"an end that is no time": {head + strings.Replace(good, "2030-01-31T00:00:00Z", "someday", 1), 0, "p.yaml:1: not a NodeLocalPolicy:"},
		"nobody who answers for it": {head + good + strings.Replace(strings.Replace(good, "ISH201", "ISH202", 1), "owner: me", `owner: " "`, 1), 0,
			"p.yaml:13: spec.exceptions[1].owner: Required value: an exception names its rule, its object, who answers for it, why, and until when"},
		"a rule that has no exceptions": {head + strings.Replace(good, "ISH201", "ISH002", 1), 0,
			"p.yaml:6: spec.exceptions[0].rule: Forbidden: annotations and manifests that cannot be read (ISH0xx) have no exceptions: correct them"},
		"another kind": {head + strings.Replace(good, "kind: DaemonSet", "kind: Pod", 1), 0,
			`p.yaml:7: spec.exceptions[0].object.kind: Unsupported value: "Pod": supported values: "Service", "DaemonSet"`},
		"a word that there is not": {strings.Replace(head, "spec:", "spec:\n  enforcement: enforce", 1) + good, 0,
			`p.yaml:5: spec.enforcement: Unsupported value: "enforce": supported values: "Audit", "Warn", "Enforce"`},
		"a list of policies": {"apiVersion: inshore.dev/v1alpha1\nkind: NodeLocalPolicyList\nitems:\n- metadata: {name: p}\n  spec: {services: {nodeLocal: required}}\n", 1, ""},
		"no name": {strings.Replace(head, "name: p", "labels: {}", 1) + good, 0,
			"p.yaml:3: metadata.name: Required value: reports name the policy of each exception"},
		"another version": {strings.Replace(head, "v1alpha1", "v2", 1) + good, 0,
			"p.yaml:1: there is no inshore.dev/v2 NodeLocalPolicy; it is inshore.dev/v1alpha1"},
		"not YAML": {head + good + "---\na: b: c\n", 0, "p.yaml:12: not YAML: mapping values are not allowed in this context"},
		"two faults": {head + strings.Replace(strings.Replace(good, "owner: me", "owner: ''", 1), "because", "", 1), 0,
			"p.yaml:8: spec.exceptions[0].owner: Required value"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			write(t, map[string]string{"p.yaml": test.text})
			found, err := ReadPolicies([]string{"."})
			switch {
			case test.want == "" && (err != nil || len(found) != test.count):
				t.Errorf("%d policies, %v; want %d", len(found), err, test.count)
			case test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), test.want)):
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}

// What the CRD's schema allows in a choice is what the check allows.
func TestPoliciesAreCheckedAsTheSchemaDoes(t *testing.T) {
	var crd struct {
		Spec struct {
			Versions []struct {
				Schema struct {
					OpenAPIV3Schema schemaNode `json:"openAPIV3Schema"`
				} `json:"schema"`
			} `json:"versions"`
		} `json:"spec"`
	}
	data, err := os.ReadFile("../../../manifests/base/webhook/inshore.dev_nodelocalpolicies.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, &crd); err != nil {
		t.Fatal(err)
	}
	choices := 0
	crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"].enums("spec", func(path string, allowed []string) {
		choices++
		for _, value := range append(allowed, "nonsense") {
			refused := false
			for _, err := range checkPolicy(policyWith(t, path, value)) {
				refused = refused || err.Field == path && err.Type == field.ErrorTypeNotSupported
			}
			if refused != (value == "nonsense") {
				t.Errorf("%s: %s is refused: %v", path, value, refused)
			}
		}
	})
	if choices < 9 {
		t.Errorf("only %d choices in the schema", choices)
	}
}

// schemaNode is the part of a JSON schema that has to do with choices.
type schemaNode struct {
	Properties map[string]*schemaNode `json:"properties"`
	Items      *schemaNode            `json:"items"`
	Enum       []string               `json:"enum"`
}

// enums visits all choices; lists are seen by their first item.
func (n *schemaNode) enums(path string, visit func(path string, allowed []string)) {
	if len(n.Enum) > 0 {
		visit(path, n.Enum)
	}
	if n.Items != nil {
		n.Items.enums(path+"[0]", visit)
	}
	for name, property := range n.Properties {
		property.enums(path+"."+name, visit)
	}
}

// policyWith is a policy in which a field has a value.
func policyWith(t *testing.T, path, value string) *v1alpha1.NodeLocalPolicy {
	t.Helper()
	var node any = value
	steps := strings.Split(path, ".")
	for i := len(steps) - 1; i >= 0; i-- {
		name, list := strings.CutSuffix(steps[i], "[0]")
		if list {
			node = []any{node}
		}
		node = map[string]any{name: node}
	}
	text, err := json.Marshal(node)
	if err != nil {
		t.Fatal(err)
	}
	policy := new(v1alpha1.NodeLocalPolicy)
	if err := json.Unmarshal(text, policy); err != nil {
		t.Fatal(err)
	}
	return policy
}

// The API server is tried on the same policies in e2e/policyapi.
func TestPoliciesAreJudgedAsTheAPIServerDoes(t *testing.T) {
	cases, err := policycases.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range cases {
		t.Run(test.Name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			write(t, map[string]string{"p.yaml": test.Policy})
			_, err := ReadPolicies([]string{"."})
			switch {
			case test.Field == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.Field != "" && err == nil:
				t.Errorf("accepted; the API server says of %s: %s", test.Field, test.Message)
			case test.Field != "" && !strings.Contains(err.Error(), test.Field) && !strings.Contains(err.Error(), "not a NodeLocalPolicy"):
				t.Errorf("refused with %v, which does not name %s", err, test.Field)
			}
		})
	}
}

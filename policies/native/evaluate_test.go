package native

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	celgo "github.com/google/cel-go/cel"
	"github.com/google/go-cmp/cmp"
	admission "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	apiserver "k8s.io/apiserver/pkg/admission"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/cel/environment"
	"sigs.k8s.io/yaml"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
)

// TestCELAndRegoSayTheSame judges the rules' examples, as they are written, by
// both. What an API server makes of them is e2e/parity's matter.
func TestCELAndRegoSayTheSame(t *testing.T) {
	platform := v1alpha1.Platform{Kubernetes: v1alpha1.Version{Major: 1, Minor: 36}}
	rego := engine(t)
	rendered := render(t, platform)
	evaluators := evaluatorsOf(t, rendered)
	unexpressed := map[string]bool{}
	for _, rule := range rendered.Rules {
		unexpressed[rule.ID] = !rule.Expressed
	}
	seen := map[string]bool{}
	for _, manifest := range manifests(t, "../rules/*/*/*.yaml", "../testdata/daemons/*.yaml", "../../examples/*/*.yaml") {
		t.Run(manifest.name, func(t *testing.T) {
			want := byRego(t, rego, manifest, platform, unexpressed)
			got := evaluators[manifest.kind].messages(t, manifest)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("CEL (+) and Rego (-) differ:\n%s", diff)
			}
			for _, text := range want {
				seen[text[:len("ISH000")]] = true
			}
		})
	}
	for _, rule := range rendered.Rules {
		if rule.Expressed && !seen[rule.ID] {
			t.Errorf("no example breaks %s, so nothing was compared", rule.ID)
		}
	}
}

// manifest is one Service or DaemonSet of a file.
type manifest struct {
	name   string
	kind   v1alpha1.Kind
	text   []byte
	object map[string]any
}

func manifests(t *testing.T, patterns ...string) []manifest {
	t.Helper()
	var all []manifest
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no such file (%v)", pattern, err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range regexp.MustCompile(`(?m)^---.*$`).Split(string(content), -1) {
				m := manifest{text: []byte(text)}
				if yaml.Unmarshal(m.text, &m.object) != nil || m.object["kind"] == nil {
					continue // malformed on purpose, or another rule's file
				}
				m.kind = v1alpha1.Kind(m.object["kind"].(string))
				_, _, err := unstructured.NestedStringMap(m.object, "metadata", "annotations")
				if !slices.Contains(kinds, m.kind) || err != nil {
					continue // with numbers for texts, no API server would ask about it
				}
				m.name = file + "/" + (&unstructured.Unstructured{Object: m.object}).GetName()
				all = append(all, m)
			}
		}
	}
	return all
}

// byRego are the findings of the rules that CEL expresses, without what only Go
// can say.
func byRego(t *testing.T, rego *policies.Engine, m manifest, platform v1alpha1.Platform, unexpressed map[string]bool) []string {
	t.Helper()
	var object input.Object = &input.Service{}
	if m.kind == v1alpha1.KindDaemonSet {
		object = &input.DaemonSet{}
	}
	if err := yaml.Unmarshal(m.text, object); err != nil {
		t.Fatal(err)
	}
	intent, errs := v1alpha1.Parse(m.kind, object.Meta().Annotations)
	decision := rego.Evaluate(t.Context(), &input.Document{
		Object: object, Operation: input.OperationCreate, Intent: intent, Platform: platform,
		Namespace: input.Namespace{Name: namespaceOf(m)},
	})
	results := decision.Results
	if len(errs) > 0 {
		results = append(policies.FieldErrors(errs), decision.Errors()...)
	}
	var said []string
	for _, r := range results {
		if unexpressed[r.ID] {
			continue
		}
		message := strings.TrimPrefix(r.Message, r.Field+": ")
		message = didYouMean.ReplaceAllString(message, "")
		said = append(said, r.ID+" "+r.Field+": "+strings.TrimSuffix(message, ".")+". "+r.Remedy)
	}
	slices.Sort(said)
	return said
}

// didYouMean is what CEL cannot say: it computes no edit distance.
var didYouMean = regexp.MustCompile(`; did you mean "[^"]*"\?`)

func namespaceOf(m manifest) string {
	if namespace := (&unstructured.Unstructured{Object: m.object}).GetNamespace(); namespace != "" {
		return namespace
	}
	return "default"
}

// evaluator is the validations of all policies of a kind, compiled.
type evaluator struct {
	kind     v1alpha1.Kind
	policies []compiled
}

// compiled are one policy's validations and the messages of each.
type compiled struct{ conditions, messages plugincel.ConditionEvaluator }

func evaluatorsOf(t *testing.T, rendered *Policies) map[v1alpha1.Kind]*evaluator {
	t.Helper()
	all := map[v1alpha1.Kind]*evaluator{}
	for _, kind := range kinds {
		all[kind] = &evaluator{kind: kind}
	}
	for _, object := range rendered.Objects {
		policy, is := object.(*admission.ValidatingAdmissionPolicy)
		if !is {
			continue
		}
		kind := v1alpha1.KindService
		if strings.HasSuffix(policy.Name, plural(v1alpha1.KindDaemonSet)) {
			kind = v1alpha1.KindDaemonSet
		}
		all[kind].policies = append(all[kind].policies, compile(t, policy))
	}
	return all
}

func compile(t *testing.T, policy *admission.ValidatingAdmissionPolicy) compiled {
	t.Helper()
	var conditions, messages []plugincel.ExpressionAccessor
	for _, v := range policy.Spec.Validations {
		conditions = append(conditions, expression{text: v.Expression, result: celgo.BoolType})
		message := v.MessageExpression
		if message == "" {
			message = quote(v.Message)
		}
		messages = append(messages, expression{text: message, result: celgo.StringType})
	}
	c := compiler(t, 30, policy.Spec.Variables)
	return compiled{
		c.CompileCondition(conditions, plugincel.OptionalVariableDeclarations{}, environment.NewExpressions),
		c.CompileCondition(messages, plugincel.OptionalVariableDeclarations{}, environment.NewExpressions),
	}
}

// messages are the findings that the policies name when the object is created.
func (e *evaluator) messages(t *testing.T, m manifest) []string {
	t.Helper()
	var said []string
	for _, policy := range e.policies {
		valid, texts := e.ask(t, policy.conditions, m), e.ask(t, policy.messages, m)
		for i := range valid {
			if valid[i].EvalResult.Value() == false {
				said = append(said, strings.Split(violations.ReplaceAllString(texts[i].EvalResult.Value().(string), ""), separator)...)
			}
		}
	}
	slices.Sort(said)
	return said
}

var violations = regexp.MustCompile(`^\d+ violations: `)

// ask evaluates expressions as an API server does for a create.
func (e *evaluator) ask(t *testing.T, c plugincel.ConditionEvaluator, m manifest) []plugincel.EvaluationResult {
	t.Helper()
	kind := schema.GroupVersionKind{Version: "v1", Kind: string(e.kind)}
	object := &unstructured.Unstructured{Object: m.object}
	attributes := apiserver.NewAttributesRecord(object, nil, kind, namespaceOf(m), object.GetName(),
		kind.GroupVersion().WithResource(plural(e.kind)), "", apiserver.Create, &metav1.CreateOptions{}, false, &user.DefaultInfo{})
	results, _, err := c.ForInput(
		t.Context(),
		&apiserver.VersionedAttributes{Attributes: attributes, VersionedObject: apiserver.NewLazyObject(object), VersionedKind: kind},
		plugincel.CreateAdmissionRequest(attributes, metav1.GroupVersionResource(attributes.GetResource()), metav1.GroupVersionKind(kind)),
		plugincel.OptionalVariableBindings{}, nil, celconfig.RuntimeCELCostBudget,
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, result := range results {
		if result.Error != nil {
			t.Fatalf("%v\n%s", result.Error, result.ExpressionAccessor.GetExpression())
		}
	}
	return results
}

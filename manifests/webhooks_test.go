package manifests_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/cel-go/cel"
	admission "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// hook is a webhook of either kind: the two API types share all but
// reinvocationPolicy.
type hook struct {
	admission.ValidatingWebhook
	reinvocation *admission.ReinvocationPolicyType
}

func hooks(t *testing.T, objects []client.Object) map[string]hook {
	t.Helper()
	found := map[string]hook{}
	for _, w := range named[*admission.MutatingWebhookConfiguration](t, objects, "inshore-mutate").Webhooks {
		found[w.Name] = hook{admission.ValidatingWebhook{
			Name: w.Name, ClientConfig: w.ClientConfig, Rules: w.Rules, FailurePolicy: w.FailurePolicy,
			MatchPolicy: w.MatchPolicy, NamespaceSelector: w.NamespaceSelector, ObjectSelector: w.ObjectSelector,
			SideEffects: w.SideEffects, TimeoutSeconds: w.TimeoutSeconds,
			AdmissionReviewVersions: w.AdmissionReviewVersions, MatchConditions: w.MatchConditions,
		}, w.ReinvocationPolicy}
	}
	for _, w := range named[*admission.ValidatingWebhookConfiguration](t, objects, "inshore-validate").Webhooks {
		found[w.Name] = hook{w, nil}
	}
	return found
}

// Two kinds and no others: a rule that takes pods, nodes or leases would put us
// in the way of the cluster healing itself.
func TestWebhooksTakeTwoKinds(t *testing.T) {
	want := map[string]string{
		"services.mutate.inshore.dev":     "/v1/services /mutate/services",
		"services.validate.inshore.dev":   "/v1/services /validate/services",
		"daemonsets.mutate.inshore.dev":   "apps/v1/daemonsets /mutate/daemonsets",
		"daemonsets.validate.inshore.dev": "apps/v1/daemonsets /validate/daemonsets",
	}
	for _, overlay := range overlays {
		t.Run(overlay, func(t *testing.T) {
			got := map[string]string{}
			for name, w := range hooks(t, render(t, overlay)) {
				if len(w.Rules) != 1 {
					t.Fatalf("%s has %d rules, want one", name, len(w.Rules))
				}
				rule := w.Rules[0]
				if !slices.Equal(rule.Operations, []admission.OperationType{admission.Create, admission.Update}) || *rule.Scope != admission.NamespacedScope {
					t.Errorf("%s: operations %v, scope %s", name, rule.Operations, *rule.Scope)
				}
				for _, group := range rule.APIGroups {
					for _, version := range rule.APIVersions {
						for _, resource := range rule.Resources {
							got[name] += fmt.Sprintf("%s/%s/%s %s", group, version, resource, *w.ClientConfig.Service.Path)
						}
					}
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("webhooks are\n%v\nwant\n%v", got, want)
			}
		})
	}
}

func TestWebhooksFailSafely(t *testing.T) {
	excluded := metav1.LabelSelectorRequirement{
		Key: "kubernetes.io/metadata.name", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"inshore-system"},
	}
	var total int32
	for name, w := range hooks(t, render(t, "embedded")) {
		mutates := w.reinvocation != nil
		wantPolicy := map[bool]admission.FailurePolicyType{true: admission.Ignore, false: admission.Fail}[mutates]
		if *w.FailurePolicy != wantPolicy {
			t.Errorf("%s: failurePolicy %s, want %s", name, *w.FailurePolicy, wantPolicy)
		}
		if mutates && *w.reinvocation != admission.IfNeededReinvocationPolicy {
			t.Errorf("%s: reinvocationPolicy %s", name, *w.reinvocation)
		}
		if *w.MatchPolicy != admission.Equivalent || *w.SideEffects != admission.SideEffectClassNone || !slices.Equal(w.AdmissionReviewVersions, []string{"v1"}) {
			t.Errorf("%s: matchPolicy %s, sideEffects %s, reviews %v", name, *w.MatchPolicy, *w.SideEffects, w.AdmissionReviewVersions)
		}
		if w.ObjectSelector != nil || fmt.Sprint(w.NamespaceSelector.MatchExpressions) != fmt.Sprint([]metav1.LabelSelectorRequirement{excluded}) {
			t.Errorf("%s: selects %v and %v", name, w.NamespaceSelector, w.ObjectSelector)
		}
		if service := w.ClientConfig.Service; service.Name != "inshore-webhook" || service.Namespace != "inshore-system" || *service.Port != 443 {
			t.Errorf("%s: goes to %v", name, service)
		}
		if w.ClientConfig.CABundle != nil || w.ClientConfig.URL != nil {
			t.Errorf("%s: clientConfig has a URL or a caBundle of its own", name)
		}
		total += *w.TimeoutSeconds
		if mutates {
			total += *w.TimeoutSeconds // Invoked again.
		}
	}
	// Each kind passes half of the four.
	if total/2 >= 30 {
		t.Errorf("a request may wait %d s for us, clients wait 30", total/2)
	}
}

func TestMatchConditions(t *testing.T) {
	object := func(annotations ...string) map[string]any {
		metadata := map[string]any{"name": "mcrouter"}
		if len(annotations) > 0 {
			values := map[string]any{}
			for _, key := range annotations {
				values[key] = "x"
			}
			metadata["annotations"] = values
		}
		return map[string]any{"metadata": metadata}
	}
	tests := map[string]struct {
		object, old any
		match       bool
	}{
		"if an object is created without annotations, it costs no call":        {object(), nil, false},
		"if an object is created with others' annotations, it costs no call":   {object("example.com/a"), nil, false},
		"if an object is created with ours, it is sent":                        {object("example.com/a", "inshore.dev/node-local"), nil, true},
		"if the key is misspelt, it is sent and gets its error":                {object("inshore.dev/nod-local"), nil, true},
		"if an update carries our annotation, it is sent":                      {object("inshore.dev/drain"), object("inshore.dev/drain"), true},
		"if an update takes the last annotation away, it is sent":              {object(), object("inshore.dev/node-local"), true},
		"if an update leaves others' annotations only, it is sent":             {object("example.com/a"), object("inshore.dev/previous"), true},
		"if an update concerns nobody who opted in, it costs no call":          {object("example.com/a"), object("example.com/a"), false},
		"if our name is not at the key's beginning, it costs no call":          {object("notinshore.dev/a"), object("x/inshore.dev"), false},
		"if annotations are empty, it costs no call":                           {map[string]any{"metadata": map[string]any{"annotations": map[string]any{}}}, nil, false},
		"if an object is being deleted (no new object is there), it is judged": {nil, object("inshore.dev/drain"), true},
	}
	for hookName, w := range hooks(t, render(t, "embedded")) {
		if len(w.MatchConditions) != 1 {
			t.Fatalf("%s has %d matchConditions, want one", hookName, len(w.MatchConditions))
		}
		program := compile(t, w.MatchConditions[0].Expression)
		for name, test := range tests {
			t.Run(hookName+"/"+name, func(t *testing.T) {
				result, _, err := program.Eval(map[string]any{"object": test.object, "oldObject": test.old})
				if err != nil {
					t.Fatalf("an expression that errs counts as the webhook having failed: %v", err)
				}
				if result.Value() != test.match {
					t.Errorf("matches: %v, want %t", result.Value(), test.match)
				}
			})
		}
	}
}

// compile declares what the API server declares for a webhook's matchConditions:
// both objects untyped.
func compile(t *testing.T, expression string) cel.Program {
	t.Helper()
	environment, err := cel.NewEnv(cel.Variable("object", cel.DynType), cel.Variable("oldObject", cel.DynType))
	if err != nil {
		t.Fatal(err)
	}
	checked, issues := environment.Compile(expression)
	if issues.Err() != nil {
		t.Fatalf("%s: %v", expression, issues.Err())
	}
	if checked.OutputType() != cel.BoolType {
		t.Fatalf("%s is a %s", expression, checked.OutputType())
	}
	program, err := environment.Program(checked)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

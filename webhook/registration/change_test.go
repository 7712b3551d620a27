package registration

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// named is an entry that differs from others of its name only in its timeout.
func named(name string, seconds int32) hook {
	return hook{Name: name, TimeoutSeconds: &seconds, SideEffects: new(admissionv1.SideEffectClassNone)}
}

func TestChange(t *testing.T) {
	const a, b, c = "policy-aaaaaaaaaa.services.mutate.inshore.dev", "policy-bbbbbbbbbb.services.mutate.inshore.dev", "policy-cccccccccc.services.mutate.inshore.dev"
	base := named(WebhookMutateServices, 5)
	strange := named("other.example.com", 5)
	cases := map[string]struct {
		annotations map[string]string
		live, want  []hook
		// result is nil if nothing is to be written.
		result     []hook
		annotation string
	}{
		"without policies nothing is written":                       {live: []hook{base}},
		"the first entry comes with the format":                     {live: []hook{base}, want: []hook{named(a, 5)}, result: []hook{base, named(a, 5)}, annotation: "1"},
		"an entry that is there already is not written":             {annotations: map[string]string{AnnotationFormat: "1"}, live: []hook{base, named(a, 5)}, want: []hook{named(a, 5)}, annotation: "1"},
		"one that means something else is replaced":                 {annotations: map[string]string{AnnotationFormat: "1"}, live: []hook{base, named(a, 5), named(b, 5)}, want: []hook{named(a, 3), named(b, 5)}, result: []hook{base, named(b, 5), named(a, 3)}, annotation: "1"},
		"what nobody asks for any more goes":                        {annotations: map[string]string{"x": "y", AnnotationFormat: "1"}, live: []hook{named(a, 5), base, named(b, 5), strange, named(c, 5)}, want: []hook{named(b, 5)}, result: []hook{base, named(b, 5), strange}, annotation: "1"},
		"the last entry takes the format with it":                   {annotations: map[string]string{"x": "y", AnnotationFormat: "1"}, live: []hook{base, named(a, 5)}, result: []hook{base}},
		"the last entry goes where somebody took the format away":   {live: []hook{base, named(a, 5)}, result: []hook{base}},
		"other annotations stay":                                    {annotations: map[string]string{"x": "y"}, live: []hook{base}, want: []hook{named(a, 5)}, result: []hook{base, named(a, 5)}, annotation: "1"},
		"an entry by another name in the same place is not touched": {live: []hook{strange, base}, want: []hook{named(a, 5)}, result: []hook{strange, base, named(a, 5)}, annotation: "1"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			patch, err := change("7", c.annotations, c.live, c.want)
			if err != nil {
				t.Fatal(err)
			}
			if c.result == nil {
				if patch != nil {
					t.Fatalf("got %s, want nothing to be written", patch)
				}
				return
			}
			got := apply(t, admissionv1.MutatingWebhookConfiguration{
				ObjectMeta: metav1.ObjectMeta{ResourceVersion: "9", Annotations: c.annotations}, Webhooks: c.live,
			}, patch)
			if difference := cmp.Diff(c.result, got.Webhooks); difference != "" {
				t.Errorf("the entries are others than wanted:\n%s", difference)
			}
			// The version that was read goes along, for the API server to compare.
			if got.ResourceVersion != "7" || got.Annotations[AnnotationFormat] != c.annotation || got.Annotations["x"] != c.annotations["x"] {
				t.Errorf("metadata is %+v", got.ObjectMeta)
			}
		})
	}
}

func apply(t *testing.T, to admissionv1.MutatingWebhookConfiguration, patch []byte) (got admissionv1.MutatingWebhookConfiguration) {
	t.Helper()
	before, err := json.Marshal(to)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := jsonpatch.DecodePatch(patch)
	if err != nil {
		t.Fatal(err)
	}
	after, err := decoded.Apply(before)
	if err != nil {
		t.Fatalf("%v\n%s", err, patch)
	}
	if err := json.Unmarshal(after, &got); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestSameIgnoresWhatTheAPIServerFillsIn(t *testing.T) {
	sent := hook{
		Name: "a", ClientConfig: admissionv1.WebhookClientConfig{Service: &admissionv1.ServiceReference{Name: "s", Namespace: "n"}},
		Rules: []admissionv1.RuleWithOperations{{Operations: []admissionv1.OperationType{"UPDATE", "CREATE"}}},
		NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}, MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: "n", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"y", "x"}},
		}},
	}
	stored := hook{
		Name: "a", ClientConfig: admissionv1.WebhookClientConfig{Service: &admissionv1.ServiceReference{Name: "s", Namespace: "n", Port: new(int32(443))}},
		Rules: []admissionv1.RuleWithOperations{{
			Operations: []admissionv1.OperationType{"CREATE", "UPDATE"}, Rule: admissionv1.Rule{Scope: new(admissionv1.AllScopes)},
		}},
		NamespaceSelector: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: "n", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"x"}},
			{Key: "n", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"y"}},
			{Key: "a", Operator: metav1.LabelSelectorOpIn, Values: []string{"b"}},
		}},
		ObjectSelector: &metav1.LabelSelector{}, FailurePolicy: new(admissionv1.Fail), MatchPolicy: new(admissionv1.Equivalent),
		TimeoutSeconds: new(int32(10)), ReinvocationPolicy: new(admissionv1.NeverReinvocationPolicy),
	}
	if !same(&sent, &stored) {
		t.Errorf("they are told apart: %s", cmp.Diff(meaning(&sent), meaning(&stored)))
	}
	for name, edit := range map[string]func(*hook){
		"caBundle":      func(h *hook) { h.ClientConfig.CABundle = []byte("x") },
		"failurePolicy": func(h *hook) { h.FailurePolicy = new(admissionv1.Ignore) },
		"one value":     func(h *hook) { h.NamespaceSelector.MatchExpressions[0].Values = []string{"z"} },
		"a condition":   func(h *hook) { h.MatchConditions = []admissionv1.MatchCondition{{Name: "a", Expression: "true"}} },
		"a rule":        func(h *hook) { h.Rules[0].Resources = []string{"pods"} },
	} {
		changed := *stored.DeepCopy()
		edit(&changed)
		if same(&sent, &changed) {
			t.Errorf("a difference in %s passes unseen", name)
		}
	}
}

// An entry of one configuration is treated as one of the other: none of its fields
// may get lost on the way.
func TestValidatingEntriesKeepAllTheirFields(t *testing.T) {
	full := admissionv1.ValidatingWebhook{
		Name: "a", ClientConfig: admissionv1.WebhookClientConfig{URL: new("u")}, Rules: []admissionv1.RuleWithOperations{{}},
		FailurePolicy: new(admissionv1.Fail), MatchPolicy: new(admissionv1.Exact), NamespaceSelector: &metav1.LabelSelector{},
		ObjectSelector: &metav1.LabelSelector{}, SideEffects: new(admissionv1.SideEffectClassNone), TimeoutSeconds: new(int32(1)),
		AdmissionReviewVersions: []string{"v1"}, MatchConditions: []admissionv1.MatchCondition{{}},
	}
	requireNoZero(t, full)
	h := fromValidating(&full)
	if difference := cmp.Diff(full, toValidating(&h)); difference != "" {
		t.Error(difference)
	}
}

func TestAnOlderReplicaLeavesANewerFormAlone(t *testing.T) {
	for text, want := range map[string]bool{"": false, "0": false, "1": false, "2": true, "17": true, "x": false} {
		annotations := map[string]string{AnnotationFormat: text}
		if text == "" {
			annotations = nil
		}
		if newer(annotations) != want {
			t.Errorf("format %q counts as newer: %t, want %t", text, !want, want)
		}
	}
}

// requireNoZero fails for a field that nothing was put into, such as one that a
// later version of the API has added.
func requireNoZero(t *testing.T, value any) {
	t.Helper()
	v := reflect.ValueOf(value)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("the test leaves %s empty", v.Type().Field(i).Name)
		}
	}
}

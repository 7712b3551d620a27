package registration_test

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/webhook/registration"
)

var update = flag.Bool("update", false, "write testdata/*.golden.yaml anew")

// trusted are the two configurations of the manifests, called by an API server
// that trusts us.
func trusted(t *testing.T) (*admissionv1.MutatingWebhookConfiguration, *admissionv1.ValidatingWebhookConfiguration) {
	t.Helper()
	a := &api{}
	a.mutate, a.validate = manifest(t)
	a.trust([]byte("PEM"))
	return a.mutate, a.validate
}

// policiesOf reads NodeLocalPolicies from YAML documents.
func policiesOf(t *testing.T, text []byte) []*v1alpha1.NodeLocalPolicy {
	t.Helper()
	var all []*v1alpha1.NodeLocalPolicy
	for _, document := range bytes.Split(text, []byte("\n---\n")) {
		policy := &v1alpha1.NodeLocalPolicy{}
		if err := yaml.UnmarshalStrict(document, policy); err != nil {
			t.Fatal(err)
		}
		all = append(all, policy)
	}
	return all
}

// Each testdata/*.yaml holds policies, and the .golden.yaml beside it what the API
// server is told of them.
func TestEntriesOfPolicies(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, file := range files {
		if strings.HasSuffix(file, ".golden.yaml") {
			continue
		}
		tried++
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			set := enforcement.New(policiesOf(t, text))
			mutate, validate := trusted(t)
			got, err := yaml.Marshal(map[string]any{
				registration.MutateName:   registration.DeriveMutating(mutate, set),
				registration.ValidateName: registration.DeriveValidating(validate, set),
			})
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.TrimSuffix(file, ".yaml") + ".golden.yaml"
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("got\n%s\nwant %s (-update writes it anew)", got, golden)
			}
		})
	}
	if tried == 0 {
		t.Error("there are no policies in testdata")
	}
}

// some is one of a few policies that overlap in every way.
func some(r *rand.Rand, name string) *v1alpha1.NodeLocalPolicy {
	pick := func(all ...string) string { return all[r.IntN(len(all))] }
	selector := func() *metav1.LabelSelector {
		switch r.IntN(5) {
		case 0:
			return nil
		case 1:
			return &metav1.LabelSelector{MatchLabels: map[string]string{pick("team", "tier"): pick("a", "b")}}
		case 2:
			return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
				{Key: "team", Operator: metav1.LabelSelectorOpIn, Values: []string{pick("a", "b")}},
			}}
		case 3:
			return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
				{Key: "kubernetes.io/metadata.name", Operator: metav1.LabelSelectorOpIn, Values: []string{pick("kube-system", "shop"), pick("core", "shop")}},
			}}
		}
		return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: pick("x", "y"), Operator: metav1.LabelSelectorOpExists}}}
	}
	policy := &v1alpha1.NodeLocalPolicy{ObjectMeta: metav1.ObjectMeta{Name: name}}
	policy.Spec.NamespaceSelector, policy.Spec.ObjectSelector = selector(), selector()
	policy.Spec.Enforcement = v1alpha1.Enforcement(pick("Audit", "Warn", "Enforce", "Enforce"))
	policy.Spec.Priority = int32(r.IntN(3))
	if r.IntN(4) > 0 {
		policy.Spec.Services = &v1alpha1.ServiceDefaults{NodeLocal: v1alpha1.NodeLocalRequired}
	}
	if r.IntN(4) > 0 {
		policy.Spec.DaemonSets = &v1alpha1.DaemonSetDefaults{NodeLocal: v1alpha1.NodeLocalRequired}
	}
	return policy
}

func text(t *testing.T, value any) string {
	t.Helper()
	text, err := yaml.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestTheOrderOfPoliciesNeverMatters also holds every derived configuration to
// what readiness and doctor accept.
func TestTheOrderOfPoliciesNeverMatters(t *testing.T) {
	base, judge := trusted(t)
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		var policies []*v1alpha1.NodeLocalPolicy
		for i := range r.IntN(14) {
			policies = append(policies, some(r, "p"+string(rune('a'+i))))
		}
		mutate, validate := base.DeepCopy(), judge.DeepCopy()
		set := enforcement.New(slices.Clone(policies))
		derived, judged := registration.DeriveMutating(mutate, set), registration.DeriveValidating(validate, set)
		r.Shuffle(len(policies), func(i, j int) { policies[i], policies[j] = policies[j], policies[i] })
		shuffled := enforcement.New(policies)
		if difference := cmp.Diff(derived, registration.DeriveMutating(mutate, shuffled)); difference != "" {
			t.Fatalf("seed %d: in another order the policies give\n%s", seed, difference)
		}
		if difference := cmp.Diff(judged, registration.DeriveValidating(validate, shuffled)); difference != "" {
			t.Fatalf("seed %d: in another order the policies give\n%s", seed, difference)
		}
		if len(derived) > 2*registration.MaxSelections || len(judged) > 2*registration.MaxSelections {
			t.Fatalf("seed %d: %d and %d entries", seed, len(derived), len(judged))
		}
		mutate.Webhooks = append(mutate.Webhooks, derived...)
		validate.Webhooks = append(validate.Webhooks, judged...)
		errs := append(registration.CheckMutating(mutate, "inshore-system"), registration.CheckValidating(validate, "inshore-system")...)
		if len(errs) > 0 {
			t.Fatalf("seed %d: what was derived is not accepted: %v", seed, errs.ToAggregate())
		}
		// What was derived is no base to derive from.
		if difference := cmp.Diff(derived, registration.DeriveMutating(mutate, set)); difference != "" {
			t.Fatalf("seed %d: deriving again gives\n%s", seed, difference)
		}
	}
}

func everyone(enforced v1alpha1.Enforcement) *enforcement.Set {
	policy := &v1alpha1.NodeLocalPolicy{ObjectMeta: metav1.ObjectMeta{Name: "everyone"}}
	policy.Spec.Enforcement = enforced
	policy.Spec.Services = &v1alpha1.ServiceDefaults{NodeLocal: v1alpha1.NodeLocalRequired}
	policy.Spec.DaemonSets = &v1alpha1.DaemonSetDefaults{NodeLocal: v1alpha1.NodeLocalRequired}
	return enforcement.New([]*v1alpha1.NodeLocalPolicy{policy})
}

func TestEntriesFollowWhatAdministratorsMadeOfTheBase(t *testing.T) {
	mutate, validate := trusted(t)
	mutate.Annotations = map[string]string{registration.AnnotationFailClosed: "true"}
	mutate.Webhooks[0].FailurePolicy = new(admissionv1.Fail)
	mutate.Webhooks[1].FailurePolicy = new(admissionv1.Fail)
	mutate.Webhooks[1].ClientConfig.CABundle = nil
	validate.Webhooks[0].FailurePolicy = new(admissionv1.Ignore)
	validate.Webhooks[1].TimeoutSeconds = new(int32(3))
	validate.Webhooks[1].NamespaceSelector.MatchLabels = map[string]string{"admission": "on"}
	validate.Webhooks[1].ObjectSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "edge"}}
	validate.Webhooks[1].MatchConditions = append(validate.Webhooks[1].MatchConditions,
		admissionv1.MatchCondition{Name: "not-by-node", Expression: "request.userInfo.username != 'node'"})

	set := everyone(v1alpha1.EnforcementEnforce)
	derived := registration.DeriveMutating(mutate, set)
	if len(derived) != 1 || *derived[0].FailurePolicy != admissionv1.Fail {
		t.Errorf("want one entry that fails closed, for the base entry that has a caBundle; got\n%s", text(t, derived))
	}
	judged := registration.DeriveValidating(validate, set)
	if len(judged) != 2 {
		t.Fatalf("got\n%s", text(t, judged))
	}
	daemonSets, services := judged[0], judged[1]
	if *services.FailurePolicy != admissionv1.Ignore {
		t.Errorf("services fail as %s, the base entry ignores failures", *services.FailurePolicy)
	}
	for _, want := range []string{"timeoutSeconds: 3", "key: admission", "key: tier", "not-by-node"} {
		if !strings.Contains(text(t, daemonSets), want) {
			t.Errorf("the entry lacks %q of its base entry:\n%s", want, text(t, daemonSets))
		}
	}
	mutate.Webhooks, validate.Webhooks = append(mutate.Webhooks, derived...), append(validate.Webhooks, judged...)
	errs := append(registration.CheckMutating(mutate, "inshore-system"), registration.CheckValidating(validate, "inshore-system")...)
	if len(errs) > 0 {
		t.Errorf("they are not accepted: %v", errs.ToAggregate())
	}
}

// Ten policies with a selector each: nine that are enforced for a namespace of
// their own, and one that warns in kube-system.
func TestAPolicyThatWarnsMakesNothingFailHoweverManyThereAre(t *testing.T) {
	_, validate := trusted(t)
	var policies []*v1alpha1.NodeLocalPolicy
	for i := range registration.MaxSelections + 2 {
		policy := everyone(v1alpha1.EnforcementEnforce).Policies()[0].DeepCopy()
		name := "team-" + string(rune('a'+i))
		if i == 0 {
			name, policy.Spec.Enforcement = "kube-system", v1alpha1.EnforcementWarn
		}
		policy.Name = name
		policy.Spec.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": name}}
		policies = append(policies, policy)
	}
	asks := 0
	for _, entry := range registration.DeriveValidating(validate, enforcement.New(policies)) {
		leavesOut := strings.Contains(text(t, entry.NamespaceSelector), "kube-system")
		if fails := *entry.FailurePolicy == admissionv1.Fail; fails && !leavesOut {
			t.Errorf("writes in kube-system fail while nobody answers:\n%s", text(t, entry))
		}
		if !leavesOut {
			asks++
		}
	}
	if asks != 2 {
		t.Errorf("%d entries ask about kube-system, want one for each kind", asks)
	}
}

func TestNoPolicyThatAsksAddsNoEntry(t *testing.T) {
	mutate, validate := trusted(t)
	for name, set := range map[string]*enforcement.Set{"no set": nil, "no policy": enforcement.New(nil), "audit": everyone(v1alpha1.EnforcementAudit)} {
		if derived := registration.DeriveMutating(mutate, set); len(derived) > 0 {
			t.Errorf("%s: got\n%s", name, text(t, derived))
		}
		if judged := registration.DeriveValidating(validate, set); len(judged) > 0 {
			t.Errorf("%s: got\n%s", name, text(t, judged))
		}
	}
	if derived := registration.DeriveMutating(mutate, everyone(v1alpha1.EnforcementWarn)); len(derived) > 0 {
		t.Errorf("warn: nothing is to be written, got\n%s", text(t, derived))
	}
}

func TestWiderEntriesOfPoliciesAreReported(t *testing.T) {
	set := everyone(v1alpha1.EnforcementEnforce)
	cases := map[string]func(*admissionv1.ValidatingWebhookConfiguration){
		"webhooks[3].rules[0].resources": func(c *admissionv1.ValidatingWebhookConfiguration) {
			c.Webhooks[3].Rules[0].Resources = []string{"services", "pods"}
		},
		"webhooks[3].matchConditions": func(c *admissionv1.ValidatingWebhookConfiguration) {
			c.Webhooks[3].MatchConditions = c.Webhooks[3].MatchConditions[:1]
		},
		"webhooks[2].matchConditions": func(c *admissionv1.ValidatingWebhookConfiguration) {
			c.Webhooks[2].MatchConditions = c.Webhooks[2].MatchConditions[1:]
		},
		"webhooks[2].namespaceSelector": func(c *admissionv1.ValidatingWebhookConfiguration) { c.Webhooks[2].NamespaceSelector = nil },
		"webhooks[2].clientConfig.service.path": func(c *admissionv1.ValidatingWebhookConfiguration) {
			c.Webhooks[2].ClientConfig.Service.Path = new("/elsewhere")
		},
		"webhooks[2].failurePolicy": func(c *admissionv1.ValidatingWebhookConfiguration) {
			c.Webhooks[1].FailurePolicy = new(admissionv1.Ignore)
		},
		"webhooks[2].name": func(c *admissionv1.ValidatingWebhookConfiguration) {
			c.Webhooks[2].Name = "policy-other.services.validate.inshore.dev"
		},
	}
	for field, widen := range cases {
		t.Run(field, func(t *testing.T) {
			_, validate := trusted(t)
			validate.Webhooks = append(validate.Webhooks, registration.DeriveValidating(validate, set)...)
			widen(validate)
			errs := registration.CheckValidating(validate, "inshore-system")
			if len(errs) != 1 || errs[0].Field != field {
				t.Errorf("got %v, want one error about %s", errs, field)
			}
		})
	}
	mutate, _ := trusted(t)
	mutate.Webhooks = append(mutate.Webhooks, registration.DeriveMutating(mutate, set)...)
	mutate.Webhooks[2].Rules[0].Operations = []admissionv1.OperationType{admissionv1.Create, admissionv1.Update}
	if errs := registration.CheckMutating(mutate, "inshore-system"); len(errs) != 1 || errs[0].Field != "webhooks[2].rules[0].operations" {
		t.Errorf("a policy that would be asked to change what exists: got %v", errs)
	}
}

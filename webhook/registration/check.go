package registration

import (
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// CheckMutating reports where configuration departs from [Mutating]. namespace
// is the one we run in, which must be excluded.
func CheckMutating(configuration *admissionv1.MutatingWebhookConfiguration, namespace string) field.ErrorList {
	var entries []entry
	for i := range configuration.Webhooks {
		w := &configuration.Webhooks[i]
		entries = append(entries, entry{
			name: w.Name, client: w.ClientConfig, rules: w.Rules, conditions: w.MatchConditions,
			namespaces: w.NamespaceSelector, failure: w.FailurePolicy, match: w.MatchPolicy,
			sideEffects: w.SideEffects, timeout: w.TimeoutSeconds, versions: w.AdmissionReviewVersions,
		})
	}
	errs := check(MutateName, configuration.Name, entries, Mutating(), namespace)
	for i := range configuration.Webhooks {
		if policy := configuration.Webhooks[i].ReinvocationPolicy; !is(policy, admissionv1.IfNeededReinvocationPolicy) {
			errs = append(errs, field.Invalid(webhookPath(i).Child("reinvocationPolicy"), value(policy),
				"must be IfNeeded: another webhook may change afterwards what we wrote"))
		}
	}
	return errs
}

// CheckValidating reports where configuration departs from [Validating].
// namespace is the one we run in, which must be excluded. failurePolicy may be
// either: Ignore is the administrator's choice.
func CheckValidating(configuration *admissionv1.ValidatingWebhookConfiguration, namespace string) field.ErrorList {
	var entries []entry
	for i := range configuration.Webhooks {
		w := &configuration.Webhooks[i]
		entries = append(entries, entry{
			name: w.Name, client: w.ClientConfig, rules: w.Rules, conditions: w.MatchConditions,
			namespaces: w.NamespaceSelector, failure: w.FailurePolicy, match: w.MatchPolicy,
			sideEffects: w.SideEffects, timeout: w.TimeoutSeconds, versions: w.AdmissionReviewVersions,
		})
	}
	return check(ValidateName, configuration.Name, entries, Validating(), namespace)
}

// entry is what the two kinds of webhook have in common.
type entry struct {
	name        string
	client      admissionv1.WebhookClientConfig
	rules       []admissionv1.RuleWithOperations
	conditions  []admissionv1.MatchCondition
	namespaces  *metav1.LabelSelector
	failure     *admissionv1.FailurePolicyType
	match       *admissionv1.MatchPolicyType
	sideEffects *admissionv1.SideEffectClass
	timeout     *int32
	versions    []string
}

// check compares all entries with what they must mean.
func check(wantName, name string, entries []entry, want []Webhook, namespace string) field.ErrorList {
	var errs field.ErrorList
	if name != wantName {
		errs = append(errs, field.Invalid(field.NewPath("metadata", "name"), name, "must be "+wantName))
	}
	for _, w := range want {
		if !slices.ContainsFunc(entries, func(e entry) bool { return e.name == w.Name }) {
			errs = append(errs, field.Required(field.NewPath("webhooks"), "must hold "+w.Name))
		}
	}
	for i, e := range entries {
		at := slices.IndexFunc(want, func(w Webhook) bool { return w.Name == e.name })
		if at < 0 {
			errs = append(errs, field.NotSupported(webhookPath(i).Child("name"), e.name, names(want)))
			continue
		}
		errs = append(errs, e.check(webhookPath(i), want[at], namespace)...)
	}
	return errs
}

// check compares one entry with what it must mean.
func (e entry) check(at *field.Path, want Webhook, namespace string) field.ErrorList {
	errs := checkRules(at.Child("rules"), e.rules, want)
	errs = append(errs, checkClient(at.Child("clientConfig"), e.client, want)...)
	if !hasMatchCondition(e.conditions) {
		errs = append(errs, field.Required(at.Child("matchConditions"),
			"must hold "+MatchCondition+": objects that nobody opted in must not cost a call"))
	}
	if !excludes(e.namespaces, namespace) {
		errs = append(errs, field.Required(at.Child("namespaceSelector"), fmt.Sprintf(
			"must exclude namespace %s (%s NotIn): the webhook must not stand in its own way", namespace, metadataName)))
	}
	if !is(e.sideEffects, admissionv1.SideEffectClassNone) {
		errs = append(errs, field.Invalid(at.Child("sideEffects"), value(e.sideEffects), "must be None: dry runs are answered"))
	}
	if !is(e.match, admissionv1.Equivalent) {
		errs = append(errs, field.Invalid(at.Child("matchPolicy"), value(e.match), "must be Equivalent"))
	}
	if want.FailurePolicy == admissionv1.Ignore && !is(e.failure, admissionv1.Ignore) {
		errs = append(errs, field.Invalid(at.Child("failurePolicy"), value(e.failure),
			"must be Ignore: a missed mutation is repaired, a missed object is an outage"))
	}
	if e.timeout == nil || *e.timeout < 1 || *e.timeout > want.TimeoutSeconds {
		errs = append(errs, field.Invalid(at.Child("timeoutSeconds"), value(e.timeout),
			fmt.Sprintf("must be from 1 to %d", want.TimeoutSeconds)))
	}
	if !slices.Equal(e.versions, []string{"v1"}) {
		errs = append(errs, field.Invalid(at.Child("admissionReviewVersions"), e.versions, "must be [v1]"))
	}
	return errs
}

// checkRules reports every way in which rules are wider, or other, than the
// one rule that want stands for.
func checkRules(at *field.Path, rules []admissionv1.RuleWithOperations, want Webhook) field.ErrorList {
	if len(rules) != 1 {
		return field.ErrorList{field.Invalid(at, len(rules), "must be one rule, for "+want.Resource)}
	}
	rule, at := rules[0], at.Index(0)
	var errs field.ErrorList
	exactly := func(child string, got, wanted []string) {
		if !slices.Equal(got, wanted) {
			errs = append(errs, field.Invalid(at.Child(child), got, fmt.Sprintf("must be %q and no more", wanted)))
		}
	}
	exactly("apiGroups", rule.APIGroups, []string{want.Group})
	exactly("apiVersions", rule.APIVersions, []string{"v1"})
	exactly("resources", rule.Resources, []string{want.Resource})
	var operations []string
	for _, operation := range rule.Operations {
		operations = append(operations, string(operation))
	}
	slices.Sort(operations)
	exactly("operations", operations, []string{string(admissionv1.Create), string(admissionv1.Update)})
	if !is(rule.Scope, admissionv1.NamespacedScope) {
		errs = append(errs, field.Invalid(at.Child("scope"), value(rule.Scope), "must be Namespaced"))
	}
	return errs
}

// checkClient compares the path. A url, for a webhook that runs outside the
// cluster, must end in it.
func checkClient(at *field.Path, client admissionv1.WebhookClientConfig, want Webhook) field.ErrorList {
	switch {
	case client.Service != nil:
		if !is(client.Service.Path, want.Path) {
			return field.ErrorList{field.Invalid(at.Child("service", "path"), value(client.Service.Path), "must be "+want.Path)}
		}
	case client.URL == nil || !strings.HasSuffix(*client.URL, want.Path):
		return field.ErrorList{field.Invalid(at.Child("url"), value(client.URL), "must end in "+want.Path)}
	}
	return nil
}

// metadataName is the label that the API server puts on every namespace.
const metadataName = "kubernetes.io/metadata.name"

// excludes reports whether selector leaves namespace out.
func excludes(selector *metav1.LabelSelector, namespace string) bool {
	return selector != nil && slices.ContainsFunc(selector.MatchExpressions, func(r metav1.LabelSelectorRequirement) bool {
		return r.Key == metadataName && r.Operator == metav1.LabelSelectorOpNotIn && slices.Contains(r.Values, namespace)
	})
}

// hasMatchCondition reports whether ours is among the conditions; all of them
// must hold, so others can only narrow it. White space does not count: YAML
// folds long lines as it likes.
func hasMatchCondition(conditions []admissionv1.MatchCondition) bool {
	fold := func(s string) string { return strings.Join(strings.Fields(s), "") }
	return slices.ContainsFunc(conditions, func(c admissionv1.MatchCondition) bool {
		return fold(c.Expression) == fold(MatchCondition)
	})
}

// is reports whether pointer points to want.
func is[T comparable](pointer *T, want T) bool { return pointer != nil && *pointer == want }

// value is what pointer points to, for an error's text.
func value[T any](pointer *T) any {
	if pointer == nil {
		return "unset"
	}
	return *pointer
}

// webhookPath is the field path of webhook i.
func webhookPath(i int) *field.Path { return field.NewPath("webhooks").Index(i) }

// names are the names of the webhooks.
func names(webhooks []Webhook) []string {
	all := make([]string, 0, len(webhooks))
	for _, w := range webhooks {
		all = append(all, w.Name)
	}
	return all
}

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
// is the one we run in, which must be excluded. Entries of policies, see
// [DeriveMutating], must not be wider than the base entry that they were made of.
// failurePolicy may be Fail only where [AnnotationFailClosed] says so.
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
	errs := check(MutateName, configuration.Name, entries, Mutating(), namespace, mutating)
	if configuration.Annotations[AnnotationFailClosed] != "true" {
		errs = append(errs, checkFailsOpen(entries)...)
	}
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
	return check(ValidateName, configuration.Name, entries, Validating(), namespace, validating)
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
func check(wantName, name string, entries []entry, want []Webhook, namespace string, phase phase) field.ErrorList {
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
		if at := slices.IndexFunc(want, func(w Webhook) bool { return w.Name == e.name }); at >= 0 {
			errs = append(errs, e.checkBase(webhookPath(i), want[at], namespace)...)
			continue
		}
		base := baseName(e.name)
		at := slices.IndexFunc(want, func(w Webhook) bool { return w.Name == base })
		if at < 0 {
			errs = append(errs, field.NotSupported(webhookPath(i).Child("name"), e.name, names(want)))
			continue
		}
		errs = append(errs, e.checkPolicy(webhookPath(i), want[at], namespace, phase)...)
		errs = append(errs, e.checkAgainst(webhookPath(i), base, entries)...)
	}
	return errs
}

// checkBase compares a base entry with what it must mean.
func (e entry) checkBase(at *field.Path, want Webhook, namespace string) field.ErrorList {
	errs := e.check(at, want, namespace, admissionv1.Create, admissionv1.Update)
	if !hasCondition(e.conditions, MatchCondition) {
		errs = append(errs, field.Required(at.Child("matchConditions"),
			"must hold "+MatchCondition+": objects that nobody opted in must not cost a call"))
	}
	return errs
}

// check compares with what must hold for every entry.
func (e entry) check(at *field.Path, want Webhook, namespace string, operations ...admissionv1.OperationType) field.ErrorList {
	errs := checkRules(at.Child("rules"), e.rules, want, operations)
	errs = append(errs, checkClient(at.Child("clientConfig"), e.client, want)...)
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
func checkRules(at *field.Path, rules []admissionv1.RuleWithOperations, want Webhook, operations []admissionv1.OperationType) field.ErrorList {
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
	exactly("operations", text(rule.Operations), text(operations))
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

// text is a list of operations, in order.
func text(operations []admissionv1.OperationType) []string {
	all := make([]string, 0, len(operations))
	for _, operation := range operations {
		all = append(all, string(operation))
	}
	slices.Sort(all)
	return all
}

// hasCondition reports whether expression is among the conditions; all of them
// must hold, so others can only narrow it.
func hasCondition(conditions []admissionv1.MatchCondition, expression string) bool {
	return slices.ContainsFunc(conditions, func(c admissionv1.MatchCondition) bool { return means(c, expression) })
}

// means reports whether a condition says the same as expression. White space does
// not count: YAML folds long lines as it likes.
func means(c admissionv1.MatchCondition, expression string) bool {
	fold := func(s string) string { return strings.Join(strings.Fields(s), "") }
	return fold(c.Expression) == fold(expression)
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

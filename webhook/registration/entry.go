package registration

import (
	"regexp"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// phase is one of the two configurations.
type phase int

const (
	mutating phase = iota
	validating
)

// hook is an entry of either configuration: a validating one is a mutating one
// without a reinvocationPolicy, which JSON leaves out.
type hook = admissionv1.MutatingWebhook

func fromValidating(w *admissionv1.ValidatingWebhook) hook {
	return hook{
		Name: w.Name, ClientConfig: w.ClientConfig, Rules: w.Rules, FailurePolicy: w.FailurePolicy, MatchPolicy: w.MatchPolicy,
		NamespaceSelector: w.NamespaceSelector, ObjectSelector: w.ObjectSelector, SideEffects: w.SideEffects,
		TimeoutSeconds: w.TimeoutSeconds, AdmissionReviewVersions: w.AdmissionReviewVersions, MatchConditions: w.MatchConditions,
	}
}

func toValidating(h *hook) admissionv1.ValidatingWebhook {
	return admissionv1.ValidatingWebhook{
		Name: h.Name, ClientConfig: h.ClientConfig, Rules: h.Rules, FailurePolicy: h.FailurePolicy, MatchPolicy: h.MatchPolicy,
		NamespaceSelector: h.NamespaceSelector, ObjectSelector: h.ObjectSelector, SideEffects: h.SideEffects,
		TimeoutSeconds: h.TimeoutSeconds, AdmissionReviewVersions: h.AdmissionReviewVersions, MatchConditions: h.MatchConditions,
	}
}

func allFromValidating(webhooks []admissionv1.ValidatingWebhook) []hook {
	all := make([]hook, 0, len(webhooks))
	for i := range webhooks {
		all = append(all, fromValidating(&webhooks[i]))
	}
	return all
}

// policyName is what the entries of policies are called.
var policyName = regexp.MustCompile(`^policy-(?:[0-9a-f]{10}|all|warn)\.((?:services|daemonsets)\.(?:mutate|validate)\.inshore\.dev)$`)

// baseName is the name of the base entry that the entry of a policy is made from;
// empty if name is not one of a policy.
func baseName(name string) string {
	if match := policyName.FindStringSubmatch(name); match != nil {
		return match[1]
	}
	return ""
}

// entry is what the API server is told of a selection: the base entry, with its
// address, its trust, its time and whatever an administrator made of it, for
// other objects.
func (s selection) entry(base *hook, want Webhook, phase phase) hook {
	e := *base.DeepCopy()
	e.Name = "policy-" + s.name + "." + want.Name
	e.NamespaceSelector = &metav1.LabelSelector{MatchExpressions: requirements(
		base.NamespaceSelector, &metav1.LabelSelector{MatchExpressions: s.namespaces})}
	e.ObjectSelector = &metav1.LabelSelector{MatchExpressions: requirements(
		base.ObjectSelector, &metav1.LabelSelector{MatchExpressions: s.objects})}
	e.MatchConditions = conditions(want, phase)
	for _, c := range base.MatchConditions {
		if !means(c, MatchCondition) && c.Name != conditionNotOptedIn && c.Name != conditionCandidate {
			e.MatchConditions = append(e.MatchConditions, c)
		}
	}
	if phase == mutating {
		// What exists already is the roll-out's to change, at its pace.
		for i := range e.Rules {
			e.Rules[i].Operations = []admissionv1.OperationType{admissionv1.Create}
		}
	}
	if !s.enforced {
		e.FailurePolicy = new(admissionv1.Ignore)
	}
	return e
}

// kind is the one that the webhook is called for.
func (w Webhook) kind() v1alpha1.Kind {
	if w.Resource == "services" {
		return v1alpha1.KindService
	}
	return v1alpha1.KindDaemonSet
}

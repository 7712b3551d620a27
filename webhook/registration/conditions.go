package registration

import (
	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

const (
	// PolicyMutateCondition lets a request through if neither object nor oldObject
	// has opted in or out by itself: those go to the base entry. What mutation
	// records is no opting in, or an object that we have just changed would not be
	// sent again when another webhook changes it after us (reinvocationPolicy).
	// Needs Kubernetes 1.30 (KEP-3716).
	PolicyMutateCondition = "!([object, oldObject].exists(o, o != null && has(o.metadata.annotations) && " +
		"o.metadata.annotations.exists(key, key.startsWith('inshore.dev/') && " +
		"!(key in ['" + v1alpha1.AnnotationEnforcedBy + "', '" + v1alpha1.AnnotationPrevious + "']))))"
	// PolicyValidateCondition lets a request through exactly if [MatchCondition]
	// does not: an object that follows a policy goes to the base entry.
	PolicyValidateCondition = "!(" + MatchCondition + ")"
	// PolicyServiceCondition lets through the Services that a policy can be about:
	// with a cluster IP and a selector. Whether a DaemonSet answers is for the
	// webhook to find out.
	PolicyServiceCondition = "object != null && has(object.spec.selector) && size(object.spec.selector) > 0 && " +
		"(!has(object.spec.type) || object.spec.type != 'ExternalName') && " +
		"(!has(object.spec.clusterIP) || object.spec.clusterIP != 'None')"
	// PolicyDaemonSetCondition lets through the DaemonSets that a policy can be
	// about: those that are not on the host's network. So nobody who repairs a
	// network plugin waits for a webhook whose pods need that plugin.
	PolicyDaemonSetCondition = "object != null && " +
		"!(has(object.spec.template.spec.hostNetwork) && object.spec.template.spec.hostNetwork)"
)

// The names of the conditions in a policy's entry.
const (
	conditionNotOptedIn = "not-opted-in"
	conditionCandidate  = "candidate"
)

// conditions are those of a policy's entry for what want is about.
func conditions(want Webhook, phase phase) []admissionv1.MatchCondition {
	expression := PolicyValidateCondition
	if phase == mutating {
		expression = PolicyMutateCondition
	}
	all := []admissionv1.MatchCondition{{Name: conditionNotOptedIn, Expression: expression}}
	return append(all, admissionv1.MatchCondition{Name: conditionCandidate, Expression: candidateOf(want)})
}

// candidateOf is the condition on what a policy can be about.
func candidateOf(want Webhook) string {
	if want.kind() == v1alpha1.KindDaemonSet {
		return PolicyDaemonSetCondition
	}
	return PolicyServiceCondition
}

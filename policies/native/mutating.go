package native

import (
	"strings"

	admission "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// mutatingGA is the first version with MutatingAdmissionPolicy v1 (KEP-3962).
var mutatingGA = v1alpha1.Version{Major: 1, Minor: 36}

// mutatingVersion is the API version of MutatingAdmissionPolicy in a version of
// Kubernetes; empty if it has none. The fields that we use are the same in all.
func mutatingVersion(kubernetes v1alpha1.Version) string {
	switch {
	case kubernetes.AtLeast(mutatingGA):
		return "v1"
	case kubernetes.AtLeast(v1alpha1.Version{Major: 1, Minor: 34}):
		return "v1beta1"
	case kubernetes.AtLeast(v1alpha1.Version{Major: 1, Minor: 32}):
		return "v1alpha1"
	}
	return ""
}

// mutating is one policy with one mutation: variables are evaluated once, so a
// second mutation would not see in them what the first has written.
func mutating(kind v1alpha1.Kind, version string, variables []variable, patches []string) []any {
	terms := make([]string, len(patches))
	for i, patch := range patches {
		terms[i] = "(" + patch + ")"
	}
	expression := strings.Join(terms, " +\n")
	name := name("mutate", kind)
	return []any{
		&admission.MutatingAdmissionPolicy{
			TypeMeta:   metav1.TypeMeta{APIVersion: group + "/" + version, Kind: "MutatingAdmissionPolicy"},
			ObjectMeta: meta(name),
			Spec: admission.MutatingAdmissionPolicySpec{
				MatchConstraints: matches(kind),
				MatchConditions:  matchConditions,
				// As the webhook: a mutation that is missed never blocks.
				FailurePolicy:      new(admission.Ignore),
				ReinvocationPolicy: admission.IfNeededReinvocationPolicy,
				Variables:          used(variables, expression),
				Mutations: []admission.Mutation{{
					PatchType: admission.PatchTypeJSONPatch,
					JSONPatch: &admission.JSONPatch{Expression: expression},
				}},
			},
		},
		&admission.MutatingAdmissionPolicyBinding{
			TypeMeta:   metav1.TypeMeta{APIVersion: group + "/" + version, Kind: "MutatingAdmissionPolicyBinding"},
			ObjectMeta: meta(name),
			Spec:       admission.MutatingAdmissionPolicyBindingSpec{PolicyName: name},
		},
	}
}

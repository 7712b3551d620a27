package registration

import (
	"cmp"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// same reports whether two entries mean the same. What the API server fills in
// and the order of what has none make no difference.
func same(a, b *hook) bool {
	return apiequality.Semantic.DeepEqual(meaning(a), meaning(b))
}

// meaning is an entry in the one form that all have which mean the same.
func meaning(h *hook) *hook {
	m := h.DeepCopy()
	// The defaults of admissionregistration.k8s.io/v1.
	fill(&m.FailurePolicy, admissionv1.Fail)
	fill(&m.MatchPolicy, admissionv1.Equivalent)
	fill(&m.TimeoutSeconds, 10)
	fill(&m.ReinvocationPolicy, admissionv1.NeverReinvocationPolicy)
	if m.ClientConfig.Service != nil {
		fill(&m.ClientConfig.Service.Port, 443)
	}
	m.NamespaceSelector = &metav1.LabelSelector{MatchExpressions: requirements(h.NamespaceSelector)}
	m.ObjectSelector = &metav1.LabelSelector{MatchExpressions: requirements(h.ObjectSelector)}
	for i := range m.Rules {
		fill(&m.Rules[i].Scope, admissionv1.AllScopes)
		slices.Sort(m.Rules[i].Operations)
		slices.Sort(m.Rules[i].APIGroups)
		slices.Sort(m.Rules[i].APIVersions)
		slices.Sort(m.Rules[i].Resources)
	}
	slices.SortFunc(m.MatchConditions, func(a, b admissionv1.MatchCondition) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Expression, b.Expression))
	})
	return m
}

// fill points to a value where there is none.
func fill[T any](pointer **T, value T) {
	if *pointer == nil {
		*pointer = &value
	}
}

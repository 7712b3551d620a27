package registration

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// requirements are what selectors ask for together, in a form that is the same
// for all that mean the same by order and notation: sorted, without matchLabels,
// all that a key must not be in one place.
func requirements(selectors ...*metav1.LabelSelector) []metav1.LabelSelectorRequirement {
	var all []metav1.LabelSelectorRequirement
	unwanted := map[string][]string{}
	for _, selector := range selectors {
		if selector == nil {
			continue
		}
		for key, value := range selector.MatchLabels {
			all = append(all, metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpIn, Values: []string{value}})
		}
		for _, r := range selector.MatchExpressions {
			if r.Operator == metav1.LabelSelectorOpNotIn {
				unwanted[r.Key] = append(unwanted[r.Key], r.Values...)
				continue
			}
			all = append(all, metav1.LabelSelectorRequirement{Key: r.Key, Operator: r.Operator, Values: sorted(r.Values)})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(unwanted)) {
		all = append(all, metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpNotIn, Values: sorted(unwanted[key])})
	}
	slices.SortFunc(all, compareRequirements)
	return slices.CompactFunc(all, func(a, b metav1.LabelSelectorRequirement) bool { return compareRequirements(a, b) == 0 })
}

func compareRequirements(a, b metav1.LabelSelectorRequirement) int {
	return cmp.Or(strings.Compare(a.Key, b.Key), strings.Compare(string(a.Operator), string(b.Operator)), slices.Compare(a.Values, b.Values))
}

// sorted is a copy in order and without repetitions; nil if it is empty.
func sorted(values []string) []string {
	if len(values) == 0 {
		return nil
	}
	return slices.Compact(slices.Sorted(slices.Values(values)))
}

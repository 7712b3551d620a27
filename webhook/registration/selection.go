package registration

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/enforcement"
)

// MaxSelections is how many entries of one webhook the policies may add. An API
// server looks at every entry for every write of the kind; with more distinct
// selectors than this one entry stands for all policies that are enforced and one
// for all that warn, and the webhook finds out which policy it is.
const MaxSelections = 8

// selection is what the API server can know of the objects that policies choose.
type selection struct {
	// name tells it from others.
	name string
	// namespaces and objects are as [requirements] has them.
	namespaces, objects []metav1.LabelSelectorRequirement
	// enforced says that some policy with these selectors refuses, not only warns.
	enforced bool
}

// selections are the distinct ones of the policies that want to be asked about a
// kind in a phase: mutation is for those that are enforced. They are in order of
// their names.
func selections(set *enforcement.Set, kind v1alpha1.Kind, phase phase) []selection {
	found := map[string]*selection{}
	// A policy that only warns must not have writes refused, nor take the guard off
	// a namespace where another refuses: the two have unions of their own.
	guarded := map[bool][][]string{}
	for _, policy := range set.Policies() {
		if !asks(policy, kind, phase) {
			continue
		}
		enforced := policy.Spec.Enforcement == v1alpha1.EnforcementEnforce
		guarded[enforced] = append(guarded[enforced], policy.Excluded())
		s := newSelection(policy)
		if before, ok := found[s.name]; ok {
			s = before
		}
		found[s.name] = s
		s.enforced = s.enforced || enforced
	}
	all := make([]selection, 0, len(found))
	if len(found) > MaxSelections {
		for enforced, excluded := range guarded {
			all = append(all, union(enforced, excluded))
		}
		clear(found)
	}
	for _, s := range found {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b selection) int { return cmp.Compare(a.name, b.name) })
	return all
}

// union stands for policies that all are enforced, or all warn. Each leaves out
// guarded namespaces.
func union(enforced bool, excluded [][]string) selection {
	s := selection{name: "warn", enforced: enforced, namespaces: requirements(without(intersection(excluded)))}
	if enforced {
		s.name = "all"
	}
	return s
}

// asks reports whether a policy has a say about a kind in a phase.
func asks(policy *enforcement.Policy, kind v1alpha1.Kind, phase phase) bool {
	switch {
	case policy.Problem != nil,
		kind == v1alpha1.KindService && policy.Spec.Services == nil,
		kind == v1alpha1.KindDaemonSet && policy.Spec.DaemonSets == nil:
		return false
	case policy.Spec.Enforcement == v1alpha1.EnforcementEnforce:
		return true
	}
	return phase == validating && policy.Spec.Enforcement == v1alpha1.EnforcementWarn
}

func newSelection(policy *enforcement.Policy) *selection {
	s := &selection{
		namespaces: requirements(policy.Spec.NamespaceSelector, without(policy.Excluded())),
		objects:    requirements(policy.Spec.ObjectSelector),
	}
	// Requirements are strings: they always encode.
	text, _ := json.Marshal([][]metav1.LabelSelectorRequirement{s.namespaces, s.objects})
	sum := sha256.Sum256(text)
	s.name = hex.EncodeToString(sum[:5])
	return s
}

// without selects all namespaces but some.
func without(namespaces []string) *metav1.LabelSelector {
	if len(namespaces) == 0 {
		return nil
	}
	return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
		{Key: metadataName, Operator: metav1.LabelSelectorOpNotIn, Values: namespaces},
	}}
}

// intersection are the strings that are in every list.
func intersection(lists [][]string) []string {
	count := map[string]int{}
	for _, list := range lists {
		for _, s := range list {
			count[s]++
		}
	}
	maps.DeleteFunc(count, func(_ string, n int) bool { return n < len(lists) })
	return slices.SortedFunc(maps.Keys(count), strings.Compare)
}

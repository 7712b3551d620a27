package enforcement

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// metadataName is the label that the API server puts on every namespace since
// 1.22 (KEP-2161).
const metadataName = "kubernetes.io/metadata.name"

// guarded are the namespaces that a policy has to name: what runs there keeps the
// cluster, or us, alive.
var guarded = []string{v1alpha1.AgentNamespace, "inshore-system", metav1.NamespaceSystem, metav1.NamespacePublic, "kube-node-lease"}

// Guarded reports whether a policy holds in a namespace only if it names it.
func Guarded(namespace string) bool { return slices.Contains(guarded, namespace) }

// Guards are the guarded namespaces that the policy's selector would take if they
// were not.
func (p *Policy) Guards() []string {
	if p.Problem != nil {
		return nil
	}
	var taken []string
	for _, name := range guarded {
		if !slices.Contains(p.named, name) && (p.namespaces == nil || p.namespaces.Matches(labels.Set{metadataName: name})) {
			taken = append(taken, name)
		}
	}
	return taken
}

// Excluded are the guarded namespaces that the policy leaves out, whatever else its
// selector says.
func (p *Policy) Excluded() []string {
	var excluded []string
	for _, name := range guarded {
		if !slices.Contains(p.named, name) {
			excluded = append(excluded, name)
		}
	}
	return excluded
}

// named are the guarded namespaces that a selector asks for by name.
func named(selector *metav1.LabelSelector) []string {
	if selector == nil {
		return nil
	}
	var names []string
	if name, found := selector.MatchLabels[metadataName]; found && Guarded(name) {
		names = append(names, name)
	}
	for _, r := range selector.MatchExpressions {
		if r.Key != metadataName || r.Operator != metav1.LabelSelectorOpIn {
			continue
		}
		for _, name := range r.Values {
			if Guarded(name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// withName are the labels of a namespace. Files under review seldom hold the
// namespace; its name is known all the same. From an API server the label is always
// there, and nothing is copied.
func withName(namespace input.Namespace) labels.Labels {
	if _, found := namespace.Labels[metadataName]; found {
		return labels.Set(namespace.Labels)
	}
	all := labels.Set{metadataName: namespace.Name}
	maps.Copy(all, namespace.Labels)
	return all
}

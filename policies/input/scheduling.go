package input

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Toleration is what is read of corev1.Toleration.
type Toleration struct {
	Key      string `json:"key,omitempty"`
	Operator string `json:"operator,omitempty"`
	Value    string `json:"value,omitempty"`
	Effect   string `json:"effect,omitempty"`
}

// Affinity is what is read of corev1.Affinity: what must hold. Preferences keep
// no pod from a node.
type Affinity struct {
	// NodeAffinity is read in Go only: see Related.Nodes.
	NodeAffinity    *NodeAffinity    `json:"nodeAffinity,omitempty" rego:"-"`
	PodAntiAffinity *PodAntiAffinity `json:"podAntiAffinity,omitempty"`
}

// NodeAffinity is what is read of corev1.NodeAffinity.
type NodeAffinity struct {
	Required *NodeSelector `json:"requiredDuringSchedulingIgnoredDuringExecution,omitempty"`
}

// NodeSelector is corev1.NodeSelector: one of its terms must hold.
type NodeSelector struct {
	NodeSelectorTerms []NodeSelectorTerm `json:"nodeSelectorTerms,omitempty"`
}

// NodeSelectorTerm is corev1.NodeSelectorTerm: all of it must hold, and an empty
// one never does.
type NodeSelectorTerm struct {
	MatchExpressions []NodeSelectorRequirement `json:"matchExpressions,omitempty"`
	MatchFields      []NodeSelectorRequirement `json:"matchFields,omitempty"`
}

// NodeSelectorRequirement is corev1.NodeSelectorRequirement.
type NodeSelectorRequirement struct {
	Key      string   `json:"key,omitempty"`
	Operator string   `json:"operator,omitempty"`
	Values   []string `json:"values,omitempty"`
}

// PodAntiAffinity is what is read of corev1.PodAntiAffinity.
type PodAntiAffinity struct {
	Required []PodAffinityTerm `json:"requiredDuringSchedulingIgnoredDuringExecution,omitempty"`
}

// PodAffinityTerm is what is read of corev1.PodAffinityTerm.
type PodAffinityTerm struct {
	TopologyKey   string                `json:"topologyKey,omitempty"`
	LabelSelector *metav1.LabelSelector `json:"labelSelector,omitempty"`
	// Namespaces, and those that NamespaceSelector takes; the pod's own if
	// neither is set.
	Namespaces        []string              `json:"namespaces,omitempty"`
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector,omitempty"`
	// MatchLabelKeys and MismatchLabelKeys (KEP-3633) tell pods of one revision
	// from those of another.
	MatchLabelKeys    []string `json:"matchLabelKeys,omitempty"`
	MismatchLabelKeys []string `json:"mismatchLabelKeys,omitempty"`
}

package input

// Node is what is read of corev1.Node, to tell which nodes a DaemonSet reaches.
type Node struct {
	Metadata NodeMetadata `json:"metadata"`
	Spec     NodeSpec     `json:"spec"`
}

// NodeMetadata is what is read of a node's metadata.
type NodeMetadata struct {
	Name   string            `json:"name,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
}

// NodeSpec is what is read of corev1.NodeSpec.
type NodeSpec struct {
	Taints []Taint `json:"taints,omitempty"`
}

// Taint is what is read of corev1.Taint.
type Taint struct {
	Key    string `json:"key,omitempty"`
	Value  string `json:"value,omitempty"`
	Effect string `json:"effect,omitempty"`
}

package input

// Workload is a Deployment or a StatefulSet, as far as it matters to a
// Service that selects its pods.
type Workload struct {
	TypeMeta
	Metadata Metadata     `json:"metadata"`
	Spec     WorkloadSpec `json:"spec"`
}

// WorkloadSpec is what is read of appsv1.DeploymentSpec and
// appsv1.StatefulSetSpec.
type WorkloadSpec struct {
	Template PodTemplate `json:"template"`
}

// Node is what is read of corev1.Node, to tell which nodes a DaemonSet reaches.
type Node struct {
	Metadata Metadata `json:"metadata"`
	Spec     NodeSpec `json:"spec"`
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

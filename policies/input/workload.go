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

package input

// PodTemplate is what is read of corev1.PodTemplateSpec.
type PodTemplate struct {
	Metadata PodTemplateMetadata `json:"metadata"`
	Spec     PodSpec             `json:"spec"`
}

// PodTemplateMetadata is what is read of a template's metadata.
type PodTemplateMetadata struct {
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations Keys              `json:"annotations,omitempty"`
}

// PodSpec is what is read of corev1.PodSpec.
type PodSpec struct {
	HostNetwork                   bool              `json:"hostNetwork,omitempty"`
	NodeSelector                  map[string]string `json:"nodeSelector,omitempty"`
	TerminationGracePeriodSeconds *int64            `json:"terminationGracePeriodSeconds,omitempty"`
	ReadinessGates                []ReadinessGate   `json:"readinessGates,omitempty"`
	InitContainers                []Container       `json:"initContainers,omitempty"`
	Containers                    []Container       `json:"containers,omitempty"`
	Volumes                       []Volume          `json:"volumes,omitempty"`
	// Tolerations are read in Go only: see Related.Nodes.
	Tolerations []Toleration `json:"tolerations,omitempty" rego:"-"`
	Affinity    *Affinity    `json:"affinity,omitempty"`
}

// ReadinessGate is corev1.PodReadinessGate.
type ReadinessGate struct {
	ConditionType string `json:"conditionType"`
}

// Container is what is read of corev1.Container.
type Container struct {
	Name           string          `json:"name,omitempty"`
	RestartPolicy  string          `json:"restartPolicy,omitempty"`
	Ports          []ContainerPort `json:"ports,omitempty"`
	ReadinessProbe *Present        `json:"readinessProbe,omitempty"`
	StartupProbe   *Present        `json:"startupProbe,omitempty"`
	Lifecycle      *Lifecycle      `json:"lifecycle,omitempty"`
	VolumeMounts   []VolumeMount   `json:"volumeMounts,omitempty"`
}

// ContainerPort is what is read of corev1.ContainerPort.
type ContainerPort struct {
	Name          string `json:"name,omitempty"`
	ContainerPort int32  `json:"containerPort,omitempty"`
	HostPort      int32  `json:"hostPort,omitempty"`
	Protocol      string `json:"protocol,omitempty"`
}

// Present stands for an object of which only the presence is read.
type Present struct{}

// Lifecycle is what is read of corev1.Lifecycle. It names every field that the
// type has, because opting out removes a lifecycle that opting in created only
// while nothing else is in it; a test in webhook/mutate compares the two types.
type Lifecycle struct {
	PreStop    *PreStop `json:"preStop,omitempty"`
	PostStart  *Present `json:"postStart,omitempty"`
	StopSignal string   `json:"stopSignal,omitempty"`
}

// PreStop is what is read of a preStop handler; Sleep is KEP-3960, on by
// default since Kubernetes 1.30. The API server lets one of them be set.
type PreStop struct {
	Sleep     *Sleep   `json:"sleep,omitempty"`
	Exec      *Exec    `json:"exec,omitempty"`
	HTTPGet   *Present `json:"httpGet,omitempty"`
	TCPSocket *Present `json:"tcpSocket,omitempty"`
}

// Exec is corev1.ExecAction: a program and its arguments, without a shell.
type Exec struct {
	Command []string `json:"command,omitempty"`
}

// Sleep is corev1.SleepAction.
type Sleep struct {
	Seconds int64 `json:"seconds"`
}

// VolumeMount is what is read of corev1.VolumeMount.
type VolumeMount struct {
	Name      string `json:"name,omitempty"`
	MountPath string `json:"mountPath,omitempty"`
	ReadOnly  bool   `json:"readOnly,omitempty"`
	// SubPathExpr gives each pod a directory of its own in a shared volume.
	SubPathExpr string `json:"subPathExpr,omitempty"`
}

// Volume is what is read of corev1.Volume.
type Volume struct {
	Name                  string    `json:"name,omitempty"`
	HostPath              *HostPath `json:"hostPath,omitempty"`
	PersistentVolumeClaim *Claim    `json:"persistentVolumeClaim,omitempty"`
}

// Claim is corev1.PersistentVolumeClaimVolumeSource.
type Claim struct {
	ClaimName string `json:"claimName,omitempty"`
	ReadOnly  bool   `json:"readOnly,omitempty"`
}

// HostPath is corev1.HostPathVolumeSource.
type HostPath struct {
	Path string `json:"path,omitempty"`
	Type string `json:"type,omitempty"`
}

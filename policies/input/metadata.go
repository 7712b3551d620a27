package input

// TypeMeta names the object's type.
type TypeMeta struct {
	APIVersion string `json:"apiVersion,omitempty"`
	KindName   string `json:"kind,omitempty"`
}

// Metadata is what is read of metav1.ObjectMeta.
type Metadata struct {
	Name              string            `json:"name,omitempty"`
	GenerateName      string            `json:"generateName,omitempty"`
	Namespace         string            `json:"namespace,omitempty"`
	Labels            map[string]string `json:"labels,omitempty"`
	Annotations       map[string]string `json:"annotations,omitempty"`
	DeletionTimestamp string            `json:"deletionTimestamp,omitempty"`
}

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Exception lets one object break one rule until a day. Everything is required:
// an exception that nobody owns, that has no reason or no end is a rule switched
// off.
type Exception struct {
	// Rule is the id of the rule, for example ISH203. Annotations that cannot be
	// read (ISH001, ISH002) have no exceptions: nobody can tell what they ask for.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('ISH0')",message="annotations and manifests that cannot be read (ISH0xx) have no exceptions: correct them"
	Rule string `json:"rule"`
	// Object is the one object that may break the rule.
	Object ObjectReference `json:"object"`
	// Owner is who answers for the exception: a team, a person, an address.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Owner string `json:"owner"`
	// Reason says why the object may break the rule. Whoever reads a report
	// sees it.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Reason string `json:"reason"`
	// Expires ends the exception. From then on the finding warns, a week later it
	// counts as if there were no exception.
	Expires metav1.Time `json:"expires"`
}

// ObjectReference names one Service or DaemonSet.
type ObjectReference struct {
	// Kind is Service or DaemonSet.
	// +kubebuilder:validation:Enum=Service;DaemonSet
	Kind Kind `json:"kind"`
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace"`
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`
}

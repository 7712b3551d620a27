package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Exception lets one object break one rule until a day. Everything is required:
// an exception that nobody owns, that has no reason or no end is a rule switched
// off.
type Exception struct {
	// rule is the id of the rule, for example ISH203. Annotations that cannot be
	// read (ISH001, ISH002) have no exceptions: nobody can tell what they ask for.
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Z]{2,}[0-9]{3,}$')",message="the id of a rule is capital letters, then digits, such as ISH203"
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('ISH0')",message="annotations and manifests that cannot be read (ISH0xx) have no exceptions: correct them"
	Rule string `json:"rule"`
	// object is the one object that may break the rule.
	Object ObjectReference `json:"object"`
	// owner is who answers for the exception: a team, a person, an address.
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.trim() != ''",message="an exception names who answers for it"
	Owner string `json:"owner"`
	// reason says why the object may break the rule. Whoever reads a report
	// sees it.
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:XValidation:rule="self.trim() != ''",message="an exception says why"
	Reason string `json:"reason"`
	// expires ends the exception, as in 2027-01-31T00:00:00Z. From then on the
	// finding warns, a week later it counts as if there were no exception.
	Expires metav1.Time `json:"expires"`
}

// ObjectReference names one Service or DaemonSet.
type ObjectReference struct {
	// kind is Service or DaemonSet.
	// +kubebuilder:validation:Enum=Service;DaemonSet
	Kind Kind `json:"kind"`
	// namespace is the object's.
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="the name of a namespace is lower-case letters, digits and hyphens, with a letter or a digit at either end"
	Namespace string `json:"namespace"`
	// name is the object's.
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$')",message="the name of an object is lower-case letters, digits, hyphens and dots, with a letter or a digit at either end"
	Name string `json:"name"`
}

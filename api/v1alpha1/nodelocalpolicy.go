package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// NodeLocalPolicy is how a platform team enforces node-local routing for
// everybody, and where it keeps the exceptions.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Cluster,shortName=nlp,categories=inshore
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="Enforcement",type=string,JSONPath=`.spec.enforcement`
// +kubebuilder:printcolumn:name="Matched",type=integer,JSONPath=`.status.matched`
// +kubebuilder:printcolumn:name="Violating",type=integer,JSONPath=`.status.violating`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type NodeLocalPolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec NodeLocalPolicySpec `json:"spec"`
	// +optional
	Status NodeLocalPolicyStatus `json:"status,omitempty"`
}

// NodeLocalPolicyList is a list of NodeLocalPolicies.
//
// +kubebuilder:object:root=true
type NodeLocalPolicyList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []NodeLocalPolicy `json:"items"`
}

// NodeLocalPolicySpec says what is to hold for which objects.
type NodeLocalPolicySpec struct {
	// NamespaceSelector chooses namespaces by label; absent chooses all.
	// +optional
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector,omitempty"`
	// ObjectSelector chooses Services and DaemonSets by label; absent chooses all.
	// +optional
	ObjectSelector *metav1.LabelSelector `json:"objectSelector,omitempty"`
	// Services are the words that hold for chosen Services without an annotation
	// of their own; absent leaves Services alone.
	// +optional
	Services *ServiceDefaults `json:"services,omitempty"`
	// DaemonSets are the words that hold for chosen DaemonSets without an
	// annotation of their own; absent leaves DaemonSets alone.
	// +optional
	DaemonSets *DaemonSetDefaults `json:"daemonSets,omitempty"`
	// Enforcement is what happens to an object that does not comply: Audit reports
	// it, Warn also tells whoever writes it, Enforce changes it and refuses
	// what cannot be changed.
	// +kubebuilder:default=Audit
	// +optional
	Enforcement Enforcement `json:"enforcement,omitempty"`
	// OptOut says whether an annotation node-local: disabled beats the policy.
	// +kubebuilder:default=Allowed
	// +optional
	OptOut OptOut `json:"optOut,omitempty"`
	// Exceptions let single objects break single rules for a time.
	// +kubebuilder:validation:MaxItems=512
	// +optional
	Exceptions []Exception `json:"exceptions,omitempty"`
	// Parameters are for rules to read, by the id of the rule.
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=object
	// +optional
	Parameters *runtime.RawExtension `json:"parameters,omitempty"`
}

// ServiceDefaults are the annotations of Services as a policy writes them; a
// field that is absent has the annotation's default.
type ServiceDefaults struct {
	// +kubebuilder:validation:Enum=required;preferred
	NodeLocal NodeLocal `json:"nodeLocal"`
	// +kubebuilder:validation:Enum=reject;drop;fallback
	// +optional
	NoLocalEndpoint NoLocalEndpoint `json:"noLocalEndpoint,omitempty"`
	// +kubebuilder:validation:Enum=local
	// +optional
	ExternalTraffic ExternalTraffic `json:"externalTraffic,omitempty"`
	// +kubebuilder:validation:Enum=random;round-robin;least-connection;source-hash;destination-hash;shortest-expected-delay;never-queue
	// +optional
	Balance Balance `json:"balance,omitempty"`
}

// DaemonSetDefaults are the annotations of DaemonSets as a policy writes them;
// a field that is absent has the annotation's default.
type DaemonSetDefaults struct {
	// +kubebuilder:validation:Enum=required;preferred
	NodeLocal NodeLocal `json:"nodeLocal"`
	// MaxSurge is a number of nodes or a percentage, 1 if absent.
	// +optional
	MaxSurge *intstr.IntOrString `json:"maxSurge,omitempty"`
	// Drain is a duration in whole seconds, such as 15s.
	// +optional
	Drain *metav1.Duration `json:"drain,omitempty"`
	// +kubebuilder:validation:Enum=agent;none
	// +optional
	ReadinessGate ReadinessGate `json:"readinessGate,omitempty"`
}

// Enforcement is how far a policy goes.
// +kubebuilder:validation:Enum=Audit;Warn;Enforce
type Enforcement string

// The values of [Enforcement]; the first is the default.
const (
	EnforcementAudit   Enforcement = "Audit"
	EnforcementWarn    Enforcement = "Warn"
	EnforcementEnforce Enforcement = "Enforce"
)

// OptOut says whether single objects may opt out of a policy.
// +kubebuilder:validation:Enum=Allowed;Forbidden
type OptOut string

// The values of [OptOut]; the first is the default.
const (
	OptOutAllowed   OptOut = "Allowed"
	OptOutForbidden OptOut = "Forbidden"
)

// NodeLocalPolicyStatus is what the webhook found.
type NodeLocalPolicyStatus struct {
	// ObservedGeneration is the generation that the rest is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// Matched counts the objects that the policy chooses.
	// +optional
	Matched int32 `json:"matched,omitempty"`
	// Violating counts those among them that break a rule.
	// +optional
	Violating int32 `json:"violating,omitempty"`
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

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
// +kubebuilder:printcolumn:name="Enforced",type=integer,JSONPath=`.status.enforced`
// +kubebuilder:printcolumn:name="Pending",type=integer,JSONPath=`.status.pending`
// +kubebuilder:printcolumn:name="Violating",type=integer,JSONPath=`.status.violating`
// +kubebuilder:printcolumn:name="Priority",type=integer,priority=1,JSONPath=`.spec.priority`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Progress",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Progressing")].reason`
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
//
// A policy is about Services that pods of a DaemonSet answer, and about DaemonSets
// that such a Service selects: nothing else can be node-local. Of several policies
// that choose an object one holds, the one with the highest priority; of equals
// the one that enforces more (Enforce, Warn, Audit); of equals the first by name.
type NodeLocalPolicySpec struct {
	// NamespaceSelector chooses namespaces by label; absent chooses all. The
	// namespaces kube-system, kube-public, kube-node-lease and those of Inshore
	// itself are chosen only by a selector that names them by the label
	// kubernetes.io/metadata.name.
	// +optional
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector,omitempty"`
	// ObjectSelector chooses Services and DaemonSets by label; absent chooses all.
	// +optional
	ObjectSelector *metav1.LabelSelector `json:"objectSelector,omitempty"`
	// Priority decides between policies that choose the same object: the highest
	// holds.
	// +kubebuilder:default=0
	// +kubebuilder:validation:Minimum=-1000
	// +kubebuilder:validation:Maximum=1000
	// +optional
	Priority int32 `json:"priority,omitempty"`
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
	// Rollout says how objects that exist already are brought under the policy,
	// and out of it again.
	// +optional
	Rollout *Rollout `json:"rollout,omitempty"`
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

// Rollout is the pace at which a policy that is enforced reaches what exists
// already. It goes namespace by namespace; the next one begins when the DaemonSets
// of the last are available again.
type Rollout struct {
	// ObjectsPerMinute bounds how many objects are changed.
	// +kubebuilder:default=60
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=6000
	// +optional
	ObjectsPerMinute int32 `json:"objectsPerMinute,omitempty"`
	// First are namespaces to begin with, in this order; the others follow by
	// name.
	// +kubebuilder:validation:MaxItems=256
	// +listType=atomic
	// +optional
	First []string `json:"first,omitempty"`
	// MaxNewViolations is how many objects more than at its beginning may break a
	// rule before the roll-out pauses.
	// +kubebuilder:default=0
	// +kubebuilder:validation:Minimum=0
	// +optional
	MaxNewViolations int32 `json:"maxNewViolations,omitempty"`
	// MaxUnreadyDaemonSets is how many of the DaemonSets that follow the policy may
	// be short of an available pod at once before the roll-out pauses.
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=1
	// +optional
	MaxUnreadyDaemonSets int32 `json:"maxUnreadyDaemonSets,omitempty"`
	// Paused holds the roll-out where it is.
	// +optional
	Paused bool `json:"paused,omitempty"`
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
	// Matched counts the objects that the policy holds for.
	// +optional
	Matched int32 `json:"matched,omitempty"`
	// Enforced counts those among them that follow the policy as it is today.
	// +optional
	Enforced int32 `json:"enforced,omitempty"`
	// Pending counts those that the roll-out has yet to change.
	// +optional
	Pending int32 `json:"pending,omitempty"`
	// Violating counts those that break a rule, or would if they were changed.
	// +optional
	Violating int32 `json:"violating,omitempty"`
	// Rollout is absent as long as there is nothing to change.
	// +optional
	Rollout *RolloutStatus `json:"rollout,omitempty"`
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// RolloutStatus is where a roll-out is. What is left to do is not kept here but
// seen from the objects themselves, so that another replica goes on where one
// stopped.
type RolloutStatus struct {
	// Generation is the policy's that is being rolled out.
	Generation int64 `json:"generation"`
	// Namespace is the one that is being changed.
	// +optional
	Namespace string `json:"namespace,omitempty"`
	// ViolatingBefore counts the objects that broke a rule when it began.
	ViolatingBefore int32 `json:"violatingBefore"`
	// Started is when it began.
	Started metav1.Time `json:"started"`
}

// The conditions of a NodeLocalPolicy.
const (
	// ConditionReady is False if the policy cannot be followed, for example
	// because a selector is not one.
	ConditionReady = "Ready"
	// ConditionProgressing is True while objects are being changed; the reason of
	// False is Complete, Paused, ViolationsRose, DaemonSetsUnready, NotEnforced or
	// NotRegistered.
	ConditionProgressing = "Progressing"
	// ConditionGuarded is True if the selector takes in system namespaces without
	// naming them: they are left out.
	ConditionGuarded = "Guarded"
)

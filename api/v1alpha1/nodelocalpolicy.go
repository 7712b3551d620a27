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

	// spec is what is to hold, for which objects, and how far it goes.
	Spec NodeLocalPolicySpec `json:"spec"`
	// status is what the webhook found: written by it, and by nobody else.
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
//
// +kubebuilder:validation:XValidation:rule="has(self.services) || has(self.daemonSets) || (has(self.exceptions) && size(self.exceptions) > 0) || (has(self.parameters) && size(self.parameters) > 0)",message="a policy says at least one of services, daemonSets, exceptions and parameters"
type NodeLocalPolicySpec struct {
	// namespaceSelector chooses namespaces by label; absent chooses all. The
	// namespaces kube-system, kube-public, kube-node-lease and those of Inshore
	// itself are chosen only by a selector that names them by the label
	// kubernetes.io/metadata.name.
	// +optional
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector,omitempty"`
	// objectSelector chooses Services and DaemonSets by label; absent chooses all.
	// +optional
	ObjectSelector *metav1.LabelSelector `json:"objectSelector,omitempty"`
	// priority decides between policies that choose the same object: the highest
	// holds.
	// +kubebuilder:default=0
	// +kubebuilder:validation:Minimum=-1000
	// +kubebuilder:validation:Maximum=1000
	// +optional
	Priority int32 `json:"priority,omitempty"`
	// services are the words that hold for chosen Services, each unless the Service
	// is annotated with another; absent leaves Services alone.
	// +optional
	Services *ServiceDefaults `json:"services,omitempty"`
	// daemonSets are the words that hold for chosen DaemonSets, each unless the
	// DaemonSet is annotated with another; absent leaves DaemonSets alone.
	// +optional
	DaemonSets *DaemonSetDefaults `json:"daemonSets,omitempty"`
	// enforcement is how far the policy goes. Audit writes nothing and counts in
	// status what would break; Warn also tells whoever writes an object; Enforce
	// writes the words into objects, refuses what cannot follow them, and
	// brings what exists under the policy at the pace of rollout.
	// +kubebuilder:default=Audit
	// +optional
	Enforcement Enforcement `json:"enforcement,omitempty"`
	// optOut says whether the annotation inshore.dev/node-local: disabled on an
	// object beats the policy.
	// +kubebuilder:default=Allowed
	// +optional
	OptOut OptOut `json:"optOut,omitempty"`
	// rollout is the pace at which objects that exist are brought under the policy,
	// and out of it again.
	// +optional
	Rollout *Rollout `json:"rollout,omitempty"`
	// exceptions let single objects break single rules for a time. Those of all
	// policies count, whichever policy holds for the object.
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:XValidation:rule="self.all(a, self.exists_one(b, a.rule == b.rule && a.object.kind == b.object.kind && a.object.__namespace__ == b.object.__namespace__ && a.object.name == b.object.name))",message="an object has one exception from a rule: two of these name the same rule and object"
	// +listType=atomic
	// +optional
	Exceptions []Exception `json:"exceptions,omitempty"`
	// parameters are for rules to read: an object by the id of the rule, such as
	// ISH203.
	// +kubebuilder:validation:MaxProperties=64
	// +kubebuilder:validation:XValidation:rule="self.all(id, id.matches('^[A-Z]{2,}[0-9]{3,}$'))",message="parameters go by the id of the rule that reads them, such as ISH203: capital letters, then digits"
	// +optional
	Parameters map[string]RuleParameters `json:"parameters,omitempty"`
}

// RuleParameters are what one rule reads; what may stand in them is the rule's to
// say.
//
// +kubebuilder:validation:Type=object
// +kubebuilder:pruning:PreserveUnknownFields
type RuleParameters struct {
	runtime.RawExtension `json:",inline"`
}

// Rollout is the pace at which a policy that is enforced reaches what exists
// already. It goes namespace by namespace; the next one begins when the DaemonSets
// of the last are available again.
type Rollout struct {
	// objectsPerMinute bounds how many objects are changed.
	// +kubebuilder:default=60
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=6000
	// +optional
	ObjectsPerMinute int32 `json:"objectsPerMinute,omitempty"`
	// first are namespaces to begin with, in this order; the others follow by
	// name.
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.all(name, name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'))",message="names of namespaces are lower-case letters, digits and hyphens, with a letter or a digit at either end"
	// +kubebuilder:validation:XValidation:rule="self.all(name, self.exists_one(other, other == name))",message="a namespace stands here once: two of these are the same"
	// +listType=atomic
	// +optional
	First []string `json:"first,omitempty"`
	// maxNewViolations is how many objects more than at its beginning may break a
	// rule before the roll-out pauses.
	// +kubebuilder:default=0
	// +kubebuilder:validation:Minimum=0
	// +optional
	MaxNewViolations int32 `json:"maxNewViolations,omitempty"`
	// maxUnreadyDaemonSets is how many of the DaemonSets that follow the policy may
	// be short of an available pod at once before the roll-out pauses.
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=1
	// +optional
	MaxUnreadyDaemonSets int32 `json:"maxUnreadyDaemonSets,omitempty"`
	// paused holds the roll-out where it is.
	// +optional
	Paused bool `json:"paused,omitempty"`
}

// ServiceDefaults are the annotations of Services as a policy writes them; a
// field that is absent has the annotation's default.
//
// +kubebuilder:validation:XValidation:rule="!has(self.noLocalEndpoint) || self.nodeLocal == 'required'",message="noLocalEndpoint goes with nodeLocal: required; preferred says itself where calls go without a local pod"
type ServiceDefaults struct {
	// nodeLocal keeps calls on the caller's node: required always, preferred as long
	// as a pod there can serve.
	// +kubebuilder:validation:Enum=required;preferred
	NodeLocal NodeLocal `json:"nodeLocal"`
	// noLocalEndpoint is what becomes of a call while no pod of its node can serve:
	// reject (the default) refuses it at once, drop lets it time out, fallback
	// takes another node's pod. It needs the node agent.
	// +kubebuilder:validation:Enum=reject;drop;fallback
	// +optional
	NoLocalEndpoint NoLocalEndpoint `json:"noLocalEndpoint,omitempty"`
	// externalTraffic local sets externalTrafficPolicy: Local on Services of type
	// NodePort and LoadBalancer.
	// +kubebuilder:validation:Enum=local
	// +optional
	ExternalTraffic ExternalTraffic `json:"externalTraffic,omitempty"`
	// balance chooses among several pods that can serve; random is the default. It
	// needs the node agent.
	// +kubebuilder:validation:Enum=random;round-robin;least-connection;source-hash;destination-hash;shortest-expected-delay;never-queue
	// +optional
	Balance Balance `json:"balance,omitempty"`
}

// DaemonSetDefaults are the annotations of DaemonSets as a policy writes them;
// a field that is absent has the annotation's default.
type DaemonSetDefaults struct {
	// nodeLocal makes a rollout start a node's new pod before it stops the old one;
	// required and preferred are the same for a DaemonSet.
	// +kubebuilder:validation:Enum=required;preferred
	NodeLocal NodeLocal `json:"nodeLocal"`
	// maxSurge is on how many nodes a rollout may run a second pod at once: a whole
	// number from 1 (the default), or a percentage from 1% to 100%.
	// +kubebuilder:validation:XValidation:rule="type(self) == int ? self >= 1 && self <= 2147483647 : self.matches('^([1-9][0-9]?|100)%$')",message="maxSurge is a whole number from 1, or a percentage from 1% to 100%"
	// +optional
	MaxSurge *intstr.IntOrString `json:"maxSurge,omitempty"`
	// drain is how long an old pod goes on serving before it is told to stop, in
	// whole seconds from 1s to 1h, such as 15s. Absent, it is told at once.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]{1,6}([.][0-9]{1,3})?(h|m|s)|[0-9]{1,6}ms)+$') && duration(self) >= duration('1s') && duration(self) <= duration('1h') && (timestamp(0) + duration(self)).getMilliseconds() == 0",message="drain is a duration in whole seconds from 1s to 1h, such as 15s or 2m"
	// +optional
	Drain *metav1.Duration `json:"drain,omitempty"`
	// readinessGate agent makes a new pod Ready only when the node agent sends calls
	// to it, none does not; absent is the installation's default.
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
	// observedGeneration is the generation that the rest is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// matched counts the objects that the policy holds for.
	// +optional
	Matched int32 `json:"matched"`
	// enforced counts those among them that follow the policy as it is today.
	// +optional
	Enforced int32 `json:"enforced"`
	// pending counts those that the roll-out has yet to change.
	// +optional
	Pending int32 `json:"pending"`
	// violating counts those that break a rule, or would if they were changed.
	// +optional
	Violating int32 `json:"violating"`
	// rollout is where the roll-out is; absent as long as there is nothing to
	// change.
	// +optional
	Rollout *RolloutStatus `json:"rollout,omitempty"`
	// conditions are Ready, Progressing and Guarded: their reasons and messages say
	// what is the matter.
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// RolloutStatus is where a roll-out is. What is left to do is not kept here but
// seen from the objects themselves, so that another replica goes on where one
// stopped.
type RolloutStatus struct {
	// generation is the policy's that is being rolled out.
	Generation int64 `json:"generation"`
	// namespace is the one that is being changed.
	// +optional
	Namespace string `json:"namespace,omitempty"`
	// violatingBefore counts the objects that broke a rule when it began.
	ViolatingBefore int32 `json:"violatingBefore"`
	// started is when it began.
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

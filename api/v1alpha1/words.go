package v1alpha1

// Prefix is what every annotation key of ours starts with. A key with this
// prefix that [Parse] does not know is an error, never ignored.
const Prefix = "inshore.dev/"

// The annotation keys.
const (
	// AnnotationNodeLocal opts a Service or a DaemonSet in or out.
	AnnotationNodeLocal = Prefix + "node-local"
	// AnnotationNoLocalEndpoint says what the node agent does while no local
	// pod can serve.
	AnnotationNoLocalEndpoint = Prefix + "no-local-endpoint"
	// AnnotationExternalTraffic sets externalTrafficPolicy.
	AnnotationExternalTraffic = Prefix + "external-traffic"
	// AnnotationMaxSurge sets rollingUpdate.maxSurge.
	AnnotationMaxSurge = Prefix + "max-surge"
	// AnnotationDrain injects a preStop sleep and a grace period that covers it:
	// a duration in whole seconds up to [MaxDrain], or none.
	AnnotationDrain = Prefix + "drain"
	// AnnotationReadinessGate adds the readiness gate [ReadinessGateRouted].
	AnnotationReadinessGate = Prefix + "readiness-gate"
	// AnnotationBalance chooses among several usable endpoints.
	AnnotationBalance = Prefix + "balance"
	// AnnotationRehome moves long-lived connections home.
	AnnotationRehome = Prefix + "rehome"
	// AnnotationAccelerate turns same-node TCP through sockmap on.
	AnnotationAccelerate = Prefix + "accelerate"
	// AnnotationPrevious is written by the webhook, not by users: what it
	// replaced, as a [Previous].
	AnnotationPrevious = Prefix + "previous"
	// AnnotationEnforcedBy is written by the webhook, not by users: the
	// NodeLocalPolicy that the object follows and its words, as an [EnforcedBy].
	AnnotationEnforcedBy = Prefix + "enforced-by"
)

// LabelNodeLocal is put on opted-in Services, with the annotation's value. The
// EndpointSlice controller copies Service labels to the slices, which is how
// agents watch by label.
const LabelNodeLocal = Prefix + "node-local"

// LabelNoLocalEndpoint is put beside [LabelNodeLocal] on opted-in Services that
// may leave the node (no-local-endpoint: fallback), with that value. Agents watch the
// EndpointSlices that carry it and no others.
const LabelNoLocalEndpoint = Prefix + "no-local-endpoint"

// AgentNamespace is where agents run and keep a Lease each, named like the node.
const AgentNamespace = "inshore-agent"

// ReadinessGateRouted is the pod condition that the node agent sets once the
// pod is in its node's routing table (KEP-580, pod readiness gates).
const ReadinessGateRouted = Prefix + "routed"

// Kind is a kind of object that carries our annotations.
type Kind string

// The two kinds that Inshore admits.
const (
	KindService   Kind = "Service"
	KindDaemonSet Kind = "DaemonSet"
)

// NodeLocal is the value of [AnnotationNodeLocal].
type NodeLocal string

// The values of [AnnotationNodeLocal]; the empty string means not written.
const (
	NodeLocalRequired  NodeLocal = "required"
	NodeLocalPreferred NodeLocal = "preferred"
	NodeLocalDisabled  NodeLocal = "disabled"
)

// OptedIn reports whether the value asks for node-local routing.
func (n NodeLocal) OptedIn() bool {
	return n == NodeLocalRequired || n == NodeLocalPreferred
}

// NoLocalEndpoint is the value of [AnnotationNoLocalEndpoint].
type NoLocalEndpoint string

// The values of [AnnotationNoLocalEndpoint]; the first is the default.
const (
	// NoLocalEndpointReject refuses the connection at once (ECONNREFUSED).
	NoLocalEndpointReject NoLocalEndpoint = "reject"
	// NoLocalEndpointDrop drops silently, as kube-proxy does.
	NoLocalEndpointDrop NoLocalEndpoint = "drop"
	// NoLocalEndpointFallback uses another node's pod and counts it.
	NoLocalEndpointFallback NoLocalEndpoint = "fallback"
)

// ExternalTraffic is the value of [AnnotationExternalTraffic].
type ExternalTraffic string

// ExternalTrafficLocal sets externalTrafficPolicy to Local.
const ExternalTrafficLocal ExternalTraffic = "local"

// ReadinessGate is the value of [AnnotationReadinessGate].
type ReadinessGate string

// The values of [AnnotationReadinessGate]. Which one holds when none is
// written is the installation's choice: agent where the node agent is
// installed, none elsewhere.
const (
	ReadinessGateAgent ReadinessGate = "agent"
	ReadinessGateNone  ReadinessGate = "none"
)

// Balance is the value of [AnnotationBalance]: the scheduler names of IPVS,
// applied at connect time.
type Balance string

// The values of [AnnotationBalance]; the first is the default.
const (
	BalanceRandom                Balance = "random"
	BalanceRoundRobin            Balance = "round-robin"
	BalanceLeastConnection       Balance = "least-connection"
	BalanceSourceHash            Balance = "source-hash"
	BalanceDestinationHash       Balance = "destination-hash"
	BalanceShortestExpectedDelay Balance = "shortest-expected-delay"
	BalanceNeverQueue            Balance = "never-queue"
)

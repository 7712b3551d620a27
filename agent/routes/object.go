package routes

import (
	"net/netip"
	"reflect"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// Service is what a decision reads of a Service.
type Service struct {
	types.NamespacedName
	UID types.UID
	// Created decides between two Services that claim one frontend: an address
	// given out again belongs to the newer one.
	Created time.Time
	// NodeLocal is the value of the label [v1alpha1.LabelNodeLocal], empty if the
	// Service was not opted in. The label rather than the annotation: it is what
	// admission let through.
	NodeLocal v1alpha1.NodeLocal
	// Intent is what its annotations say; a word that was wrong is its default.
	Intent v1alpha1.Intent
	// TrafficLocal is internalTrafficPolicy: Local.
	TrafficLocal bool
	// ClusterIPs are the addresses, one a family; empty if headless or ExternalName.
	ClusterIPs               []netip.Addr
	Ports                    []ServicePort
	Selector                 Labels
	PublishNotReadyAddresses bool
	// Affinity is the timeout of sessionAffinity ClientIP; 0 for none.
	Affinity time.Duration
}

// ServicePort is one port of a Service.
type ServicePort struct {
	Name     string
	Protocol Protocol
	Port     uint16
	// TargetPort is a number or a container port's name. 0 means Port.
	TargetPort intstr.IntOrString
}

// Pod is what a decision reads of a pod of this node.
type Pod struct {
	types.NamespacedName
	UID    types.UID
	Labels Labels
	// Controller is the UID of the DaemonSet that controls the pod; empty if none
	// does. Other controllers do not count: several pods of a ReplicaSet on one
	// node are meant to share the work, two of a DaemonSet are a surge.
	Controller types.UID
	// Created orders the pods of one controller: while it surges, the newest that
	// can serve takes the new connections.
	Created time.Time
	// IPs are status.podIPs; of a hostNetwork pod they are the node's.
	IPs []netip.Addr
	// Ports are the containers' named ports, for Services that target a name.
	Ports []ContainerPort
	// Ready is the condition Ready.
	Ready bool
	// ContainersReady is the condition ContainersReady: what decides for a pod
	// that has the gate, since Ready waits for the gate and the gate for us.
	ContainersReady bool
	// Gated is whether readinessGates has [v1alpha1.ReadinessGateRouted].
	Gated bool
	// OtherGatesReady is whether every other readiness gate's condition is true.
	OtherGatesReady bool
	// Terminating is metadata.deletionTimestamp being set.
	Terminating bool
	// Finished is phase Succeeded or Failed: never an endpoint.
	Finished bool
	// Routed is the condition [v1alpha1.ReadinessGateRouted]. No decision reads
	// it: it tells the gate what it has said already.
	Routed bool
}

// decidesLike reports whether the pods make no difference to any decision.
func (p *Pod) decidesLike(other *Pod) bool {
	same := *p
	same.Routed = other.Routed
	return reflect.DeepEqual(&same, other)
}

// ContainerPort is a named container port.
type ContainerPort struct {
	Name     string
	Protocol Protocol
	Port     uint16
}

// Slice is what a decision reads of an EndpointSlice.
type Slice struct {
	types.NamespacedName
	// Service is the label kubernetes.io/service-name.
	Service   string
	Ports     []SlicePort
	Endpoints []SliceEndpoint
}

func (s *Slice) equal(other *Slice) bool {
	return s.NamespacedName == other.NamespacedName && s.Service == other.Service &&
		slices.Equal(s.Ports, other.Ports) && slices.Equal(s.Endpoints, other.Endpoints)
}

// SlicePort is one port of an EndpointSlice; its name matches the Service port's.
type SlicePort struct {
	Name     string
	Protocol Protocol
	Port     uint16
}

// SliceEndpoint is one endpoint of an EndpointSlice.
type SliceEndpoint struct {
	Addr netip.Addr
	// Node is where it runs; empty if unknown (a Service without selector).
	Node string
	// Ready, Serving and Terminating are its conditions, with the defaults of
	// discovery/v1 applied.
	Ready, Serving, Terminating bool
}

// Behaviour is what happens while no local pod can serve: what the annotations
// say of an opted-in Service, and what kube-proxy does, drop, of any other.
func (s *Service) Behaviour() v1alpha1.NoLocalEndpoint {
	switch s.NodeLocal {
	case v1alpha1.NodeLocalPreferred:
		return v1alpha1.NoLocalEndpointFallback
	case v1alpha1.NodeLocalRequired:
		return s.Intent.NoLocalEndpointOrDefault()
	}
	return v1alpha1.NoLocalEndpointDrop
}

// NeedsSlices reports whether the EndpointSlices of a Service are wanted: it may
// leave the node (fallback, preferred), or has no selector to find pods by.
func (s *Service) NeedsSlices() bool {
	return len(s.Selector) == 0 || s.Behaviour() == v1alpha1.NoLocalEndpointFallback
}

package events

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// The reasons, all there are.
const (
	// ReasonNoLocalEndpoint: no pod on the node can serve any more.
	ReasonNoLocalEndpoint = "NoLocalEndpoint"
	// ReasonLocalEndpointBack ends NoLocalEndpoint.
	ReasonLocalEndpointBack = "LocalEndpointBack"
	// ReasonFallbackStarted: calls leave the node, as the Service allows.
	ReasonFallbackStarted = "FallbackStarted"
	// ReasonFallbackEnded ends FallbackStarted.
	ReasonFallbackEnded = "FallbackEnded"
	// ReasonMapFull: the node's datapath has no room for the Service.
	ReasonMapFull = "MapFull"
)

// About is the Service that an event is about.
type About struct {
	Service types.NamespacedName
	// UID is what `kubectl describe` finds events by; empty if the Service is gone.
	UID types.UID
}

// Event is something to tell. The node is added by the [Recorder].
type Event struct {
	About
	// Type is Normal or Warning.
	Type, Reason, Note string
}

// Outcome is what a client meets while there is no endpoint.
type Outcome string

// The outcomes.
const (
	Refused Outcome = "refused at once"
	Dropped Outcome = "dropped without an answer"
)

// NoLocalEndpoint says that the last local endpoint is gone and what calls meet now.
func NoLocalEndpoint(about About, outcome Outcome) Event {
	return Event{about, corev1.EventTypeWarning, ReasonNoLocalEndpoint,
		fmt.Sprintf("No pod on this node can serve the Service: calls from the node are %s until one is ready", outcome)}
}

// FallbackStarted says that calls leave the node.
func FallbackStarted(about About) Event {
	return Event{about, corev1.EventTypeWarning, ReasonFallbackStarted,
		"No pod on this node can serve the Service: calls from the node go to pods of other nodes until one is ready"}
}

// Back says that calls stay on the node again, after a fallback or after none.
func Back(about About, fallback bool) Event {
	reason := ReasonLocalEndpointBack
	if fallback {
		reason = ReasonFallbackEnded
	}
	return Event{about, corev1.EventTypeNormal, reason, "A pod on this node serves the Service again: new calls from the node stay on it"}
}

// MapFull says that the datapath has no room for the Service.
func MapFull(about About, capacity int) Event {
	return Event{about, corev1.EventTypeWarning, ReasonMapFull,
		fmt.Sprintf("The node agent has no room for the Service: its map holds %d frontends (--max-frontends). The cluster's proxy decides where calls go", capacity)}
}

// Package events tells people, by Kubernetes events on a Service, what became of
// its calls on one node.
//
// client-go's recorder would bring its strategic merge patch and with that the
// whole of OpenAPI into a process that runs on every node; here an event is
// created, and one that repeats is counted in the first (events.k8s.io/v1).
package events

// Package gate opens the readiness gate of pods: it sets the condition
// [v1alpha1.ReadinessGateRouted] to True once the agent says that new
// connections reach the pod (KEP-580).
//
// The gate never closes. The condition says that a pod was routed once: what
// happens to it later is said by the kubelet's own conditions, and an agent
// that set it False would add a way to take a service down that was not there.
package gate

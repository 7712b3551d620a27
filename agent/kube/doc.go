// Package kube is how the agent talks to the API server: REST clients for the
// few kinds it knows, with a scheme of just those.
//
// The typed clients of k8s.io/client-go/kubernetes all register every kind of
// every group. In a process that runs on each node that is half of its memory:
// 18 MB resident for a program that does nothing but import one of them, 9 MB
// for one with this scheme.
package kube

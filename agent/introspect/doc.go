// Package introspect is what a running agent says of itself over HTTP, and the
// client that asks: /healthz and /readyz for the kubelet, /status and /routes for
// `inshore-agent status` and `inshore-agent routes`.
//
// It is for the node's loopback only. Nothing can be changed through it.
package introspect

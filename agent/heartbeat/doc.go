// Package heartbeat says that a node's agent is alive: it renews a Lease named
// like the node (coordination.k8s.io/v1). The webhook's controller reads it to
// tell an agent that is late from one that is gone, and opens the readiness
// gates of the latter's node, so that a dead agent holds up no rollout.
package heartbeat

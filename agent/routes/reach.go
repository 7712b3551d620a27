package routes

import "k8s.io/apimachinery/pkg/types"

// Reach is how far a table brings traffic to one pod.
type Reach struct {
	Pod *Pod
	// Services are those of ours that select the pod, sorted by name.
	Services []types.NamespacedName
	// Missing are the frontends of those Services that do not lead to the pod
	// though it has their family and port: it cannot serve yet, or a newer pod of
	// its DaemonSet has taken over.
	Missing []Frontend
	// Crowded are the frontends that leave the pod out for want of room alone:
	// more than [MaxLocal] pods serve.
	Crowded []Frontend
}

// Routed reports whether nothing is missing: every Service that selects the pod
// leads to it, or none does. Crowded frontends do not count: no wait
// would help.
func (r Reach) Routed() bool { return len(r.Missing) == 0 }

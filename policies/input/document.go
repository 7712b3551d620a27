package input

import (
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// Operation is why a document is judged.
type Operation string

// The operations. Review and audit judge an object as if it were created.
const (
	OperationCreate Operation = "CREATE"
	OperationUpdate Operation = "UPDATE"
)

// Document is what rules see as `input`.
type Document struct {
	// Object is a *Service or a *DaemonSet, as it is after mutation.
	Object Object `json:"object"`
	// OldObject is the object before the update; nil on create.
	OldObject Object            `json:"oldObject,omitempty"`
	Operation Operation         `json:"operation"`
	Namespace Namespace         `json:"namespace"`
	Intent    v1alpha1.Intent   `json:"intent"`
	Platform  v1alpha1.Platform `json:"platform"`
	Related   Related           `json:"related"`
	// Parameters are what NodeLocalPolicies say to rules.
	Parameters Parameters `json:"parameters,omitempty"`
}

// Object is a projection of a kind that rules judge.
type Object interface {
	Kind() v1alpha1.Kind
	Meta() *Metadata
}

// Namespace is the namespace the object is in.
type Namespace struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels,omitempty"`
}

// Related are the objects that bear on the verdict: for a Service the DaemonSets
// and workloads whose pods its selector takes, for a DaemonSet the Services that
// select its pods. They carry no annotations but ours. They are resolved in Go,
// from the informer cache in a cluster and from the files under review in CI,
// and are in the object's own namespace. Nodes and Mounts go beyond it and are
// counted rather than listed: a large cluster has thousands.
type Related struct {
	DaemonSets []*DaemonSet `json:"daemonSets,omitempty"`
	Workloads  []*Workload  `json:"workloads,omitempty"`
	Services   []*Service   `json:"services,omitempty"`
	// Nodes is nil for a Service, and as long as no node is known.
	Nodes *Reach `json:"nodes,omitempty"`
	// Mounts are a DaemonSet's host paths that others mount too.
	Mounts []Mount `json:"mounts,omitempty"`
}

// Reach is on how many nodes a DaemonSet has a pod, by its nodeSelector, its
// required node affinity and its tolerations. Where a Service that opted in
// selects other DaemonSets beside it, their nodes count as reached.
type Reach struct {
	// Known are the nodes on which a client can be: all but the control
	// plane's, if a taint keeps ordinary pods away from those.
	Known   int `json:"known"`
	Reached int `json:"reached"`
	// Missed are the first names of those that are not reached, sorted.
	Missed []string `json:"missed,omitempty"`
}

// Mount is a host path of a DaemonSet, and who else mounts it or something below
// it, in any namespace.
type Mount struct {
	// Path is what the DaemonSet's volume says.
	Path    string `json:"path"`
	Clients int    `json:"clients"`
	// Names are the first of the clients, sorted: Deployment shop/web.
	Names []string `json:"names,omitempty"`
}

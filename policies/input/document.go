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
// and are in the object's own namespace. Nodes are cluster-scoped.
type Related struct {
	DaemonSets []*DaemonSet `json:"daemonSets,omitempty"`
	Workloads  []*Workload  `json:"workloads,omitempty"`
	Services   []*Service   `json:"services,omitempty"`
	Nodes      []*Node      `json:"nodes,omitempty"`
}

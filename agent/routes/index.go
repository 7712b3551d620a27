package routes

import (
	"iter"

	"k8s.io/apimachinery/pkg/types"
)

// Config is what an [Index] is made of. Both fields are required.
type Config struct {
	Node  string
	Scope Scope
}

// Index keeps a [Table] current while objects come and go. What an edit costs
// follows the number of Services it affects, not the number there are.
//
// It owns the objects it is given: nobody changes them afterwards. It does no I/O
// and is not safe for concurrent use.
type Index struct{ node string }

// NewIndex returns an Index that knows nothing.
func NewIndex(config Config) *Index { return &Index{node: config.Node} }

// SetService adds a Service, or replaces the one of that name.
func (x *Index) SetService(*Service) {}

// DeleteService forgets a Service. One that is not known is no error, here and below.
func (x *Index) DeleteService(types.NamespacedName) {}

// SetPod adds a pod of this node, or replaces the one of that name.
func (x *Index) SetPod(*Pod) {}

// DeletePod forgets a pod.
func (x *Index) DeletePod(types.NamespacedName) {}

// SetSlice adds an EndpointSlice, or replaces the one of that name.
func (x *Index) SetSlice(*Slice) {}

// DeleteSlice forgets an EndpointSlice.
func (x *Index) DeleteSlice(types.NamespacedName) {}

// Service is the Service of that name; nil if there is none. It is not the caller's to change.
func (x *Index) Service(types.NamespacedName) *Service { return nil }

// Services are all there are, claimed or not, in no order.
func (x *Index) Services() iter.Seq[*Service] { return nil }

// Pods are all there are, in no order. They are not the caller's to change.
func (x *Index) Pods() iter.Seq[*Pod] { return nil }

// Table is every decision. It is the Index's own, not a copy: not the caller's
// to change, and only to be read until the next edit.
func (x *Index) Table() Table { return nil }

// Checkpoint is the Table, and lets Changes count from here: for a datapath that
// replaces everything.
func (x *Index) Checkpoint() Table { return nil }

// Changes are what differs from the table as it was at the last call of Changes
// or Checkpoint, sorted by frontend. They are the caller's to keep.
func (x *Index) Changes() []Change { return nil }

// Reach is how far the table brings traffic to a pod. It is false if the pod is
// not known.
func (x *Index) Reach(types.NamespacedName) (Reach, bool) { return Reach{}, false }

package watch

import (
	"maps"

	"k8s.io/apimachinery/pkg/types"

	"github.com/inshore-dev/inshore/agent/routes"
)

// podKind is the pods of the node.
type podKind struct{}

func (podKind) set(x *routes.Index, object any) { x.SetPod(object.(*routes.Pod)) }

func (podKind) remove(x *routes.Index, name types.NamespacedName) { x.DeletePod(name) }

func (podKind) names(x *routes.Index) map[types.NamespacedName]struct{} {
	names := map[types.NamespacedName]struct{}{}
	for pod := range x.Pods() {
		names[pod.NamespacedName] = struct{}{}
	}
	return names
}

func (podKind) listed(*routes.Index) {}

// serviceKind is the Services that are ours; which slices are watched follows from them.
type serviceKind struct{ slices *sliceSources }

func (s serviceKind) set(x *routes.Index, object any) {
	service := object.(*routes.Service)
	if s.slices.follow(x, service) {
		x.SetService(service)
	}
}

func (s serviceKind) remove(x *routes.Index, name types.NamespacedName) {
	x.DeleteService(name)
	s.slices.forget(x, name)
}

func (s serviceKind) names(x *routes.Index) map[types.NamespacedName]struct{} {
	names := map[types.NamespacedName]struct{}{}
	for service := range x.Services() {
		names[service.NamespacedName] = struct{}{}
	}
	for name := range s.slices.needs {
		names[name] = struct{}{}
	}
	return names
}

func (serviceKind) listed(*routes.Index) {}

// sliceKind is the slices of one of the sources of slices. A slice may be had by
// two of them, and is gone when neither has it.
type sliceKind struct {
	slices *sliceSources
	had    map[types.NamespacedName]struct{}
	// waiting are Services to be set once the slices are there. Until then what was
	// routes them, the cluster's proxy if they are new: without its slices a Service
	// would seem to have no endpoints.
	waiting map[types.NamespacedName]*routes.Service
}

func (s *sliceKind) set(x *routes.Index, object any) {
	slice := object.(*routes.Slice)
	s.had[slice.NamespacedName] = struct{}{}
	x.SetSlice(slice)
}

func (s *sliceKind) remove(x *routes.Index, name types.NamespacedName) {
	if _, ok := s.had[name]; !ok {
		return
	}
	delete(s.had, name)
	if !s.slices.has(name) {
		x.DeleteSlice(name)
	}
}

func (s *sliceKind) names(*routes.Index) map[types.NamespacedName]struct{} { return maps.Clone(s.had) }

func (s *sliceKind) listed(x *routes.Index) {
	for _, service := range s.waiting {
		x.SetService(service)
	}
	clear(s.waiting)
}

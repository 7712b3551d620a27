package watch

import (
	"context"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// sliceSources are the watches of EndpointSlices: none before a Service needs one, and
// none after the last. They change in edits only, under the lock of the Watch.
type sliceSources struct {
	running map[scope]*sliceSource
	// needs has the watch that each Service needs, of those that need one.
	needs map[types.NamespacedName]scope
	// start begins a watch and returns what ends it.
	start func(scope, *sliceKind) (*source, context.CancelFunc)
}

// scope is which slices a watch is about.
type scope struct{ namespace, labels string }

// sliceSource is a watch of slices, and how many Services need it.
type sliceSource struct {
	*source
	slices *sliceKind
	stop   context.CancelFunc
	users  int
}

// scopeOf is the watch that a Service needs; false for none. All Services that
// may leave the node share two watches, by the labels that their slices inherit.
// Slices of a Service without a selector are made by anyone and inherit nothing:
// each has a watch of its own.
func scopeOf(service *routes.Service) (scope, bool) {
	switch {
	case !service.NeedsSlices():
		return scope{}, false
	case len(service.Selector) == 0:
		return scope{service.Namespace, discoveryv1.LabelServiceName + "=" + service.Name}, true
	case service.NodeLocal == v1alpha1.NodeLocalPreferred:
		return scope{labels: v1alpha1.LabelNodeLocal + "=" + string(v1alpha1.NodeLocalPreferred)}, true
	}
	return scope{labels: v1alpha1.LabelNoLocalEndpoint + "=" + string(v1alpha1.NoLocalEndpointFallback)}, true
}

// follow has the slices watched that a Service needs now, and those no longer
// that nobody does. It is false if the Service has to wait for them.
func (s *sliceSources) follow(x *routes.Index, service *routes.Service) bool {
	name := service.NamespacedName
	wanted, needed := scopeOf(service)
	before, had := s.needs[name]
	if needed != had || wanted != before {
		// What is new first: a slice that both have stays.
		if needed {
			s.join(wanted)
			s.needs[name] = wanted
		} else {
			delete(s.needs, name)
		}
		if had {
			s.leave(x, before, name)
		}
	}
	if !needed || s.running[wanted].synced {
		return true
	}
	s.running[wanted].slices.waiting[name] = service
	return false
}

// forget is follow for a Service that is gone.
func (s *sliceSources) forget(x *routes.Index, name types.NamespacedName) {
	if before, had := s.needs[name]; had {
		delete(s.needs, name)
		s.leave(x, before, name)
	}
}

func (s *sliceSources) join(wanted scope) {
	running := s.running[wanted]
	if running == nil {
		some := &sliceKind{
			slices: s, had: map[types.NamespacedName]struct{}{}, waiting: map[types.NamespacedName]*routes.Service{},
		}
		running = &sliceSource{slices: some}
		running.source, running.stop = s.start(wanted, some)
		s.running[wanted] = running
	}
	running.users++
}

func (s *sliceSources) leave(x *routes.Index, left scope, name types.NamespacedName) {
	running := s.running[left]
	delete(running.slices.waiting, name)
	running.users--
	if running.users > 0 {
		return
	}
	running.stopped = true
	running.stop()
	delete(s.running, left)
	for name := range running.slices.names(x) {
		running.slices.remove(x, name)
	}
}

// has reports whether any watch has a slice.
func (s *sliceSources) has(name types.NamespacedName) bool {
	for _, running := range s.running {
		if _, ok := running.slices.had[name]; ok {
			return true
		}
	}
	return false
}

package routes

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"
)

// world is all objects there are, kept in the plainest way: what an Index is
// compared with.
type world struct {
	services map[types.NamespacedName]*Service
	pods     map[types.NamespacedName]*Pod
	slices   map[types.NamespacedName]*Slice
}

func newWorld() world {
	return world{
		services: map[types.NamespacedName]*Service{},
		pods:     map[types.NamespacedName]*Pod{},
		slices:   map[types.NamespacedName]*Slice{},
	}
}

// The setters keep the object and return a copy: the Index owns what it is given.

func (w *world) setService(s *Service) *Service {
	w.services[s.NamespacedName] = s
	c := *s
	return &c
}

func (w *world) setPod(p *Pod) *Pod {
	w.pods[p.NamespacedName] = p
	c := *p
	return &c
}

func (w *world) setSlice(s *Slice) *Slice {
	w.slices[s.NamespacedName] = s
	c := *s
	c.Endpoints = slices.Clone(s.Endpoints)
	return &c
}

func (w *world) state(config Config) State {
	return State{
		Node: config.Node, Scope: config.Scope,
		Services: slices.Collect(maps.Values(w.services)),
		Pods:     slices.Collect(maps.Values(w.pods)),
		Slices:   slices.Collect(maps.Values(w.slices)),
	}
}

func (w *world) podNames() []types.NamespacedName {
	return slices.SortedFunc(maps.Keys(w.pods), func(a, b types.NamespacedName) int {
		return strings.Compare(a.String(), b.String())
	})
}

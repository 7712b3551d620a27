package related

import (
	"cmp"
	"slices"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// For finds what bears on an object, by the object's own selector or labels: it
// need not be in the store itself, and what the store holds of it is not
// looked at. Objects come sorted by kind and name.
//
//   - For a Service: the DaemonSets and workloads whose pods it selects. An empty
//     selector selects nothing (its endpoints are somebody else's business), and
//     so does an ExternalName Service.
//   - For a DaemonSet: the Services that select its pods, the nodes that it
//     reaches, and who else mounts its host paths.
func (s *Store) For(object input.Object) input.Related {
	s.mu.RLock()
	defer s.mu.RUnlock()
	x := s.namespaces[object.Meta().Namespace]
	if x == nil {
		x = &index{} // mounts and nodes are beyond namespaces
	}
	switch object := object.(type) {
	case *input.Service:
		return x.behind(object)
	case *input.DaemonSet:
		related := x.inFrontOf(object)
		related.Nodes = s.nodes.reach(x.beside(object, related.Services)...)
		related.Mounts = s.mounts.shared(object, mounter{
			object.Metadata.Namespace, ownerKey{string(v1alpha1.KindDaemonSet), object.Metadata.Name},
		})
		return related
	}
	return input.Related{}
}

// beside is a DaemonSet and the others that Services which opted in select with
// it: one for each architecture, say.
func (x *index) beside(object *input.DaemonSet, services []*input.Service) []*input.DaemonSet {
	all := []*input.DaemonSet{object}
	for _, service := range services {
		if !hasOurs(service.Metadata.Annotations) {
			continue
		}
		for _, other := range x.behind(service).DaemonSets {
			if other.Metadata.Name != object.Metadata.Name && !slices.Contains(all, other) {
				all = append(all, other)
			}
		}
	}
	return all
}

// behind is what a Service selects.
func (x *index) behind(object *input.Service) input.Related {
	selector := selector(object)
	if len(selector) == 0 {
		return input.Related{}
	}
	var found []*owner
	for _, candidate := range x.byLabel[rarest(x.byLabel, selector)] {
		if selects(selector, candidate.labels) {
			found = append(found, candidate)
		}
	}
	slices.SortFunc(found, func(a, b *owner) int {
		return cmp.Or(cmp.Compare(a.key.kind, b.key.kind), cmp.Compare(a.key.name, b.key.name))
	})
	var related input.Related
	for _, owner := range found {
		if owner.daemonSet != nil {
			related.DaemonSets = append(related.DaemonSets, owner.daemonSet)
		} else {
			related.Workloads = append(related.Workloads, owner.workload)
		}
	}
	return related
}

// inFrontOf is what selects a DaemonSet's pods.
func (x *index) inFrontOf(object *input.DaemonSet) input.Related {
	labels := object.Spec.Template.Metadata.Labels
	var related input.Related
	for key, value := range labels {
		for _, candidate := range x.bySelector[label{key, value}] {
			if selects(selector(candidate.object), labels) {
				related.Services = append(related.Services, candidate.object)
			}
		}
	}
	slices.SortFunc(related.Services, func(a, b *input.Service) int {
		return cmp.Compare(a.Metadata.Name, b.Metadata.Name)
	})
	return related
}

// selects reports whether pods with these labels have every label of a
// selector.
func selects(selector, labels map[string]string) bool {
	for key, value := range selector {
		if got, ok := labels[key]; !ok || got != value {
			return false
		}
	}
	return true
}

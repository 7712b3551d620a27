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
//
// What is found is the caller's. It has no annotations but ours, and not
// [v1alpha1.AnnotationPrevious], which no rule asks about. Of an object that follows
// a policy they are the words that hold for it.
func (s *Store) For(object input.Object) input.Related {
	s.mu.RLock()
	defer s.mu.RUnlock()
	x := s.namespaces[object.Meta().Namespace]
	if x == nil {
		x = &index{} // mounts and nodes are beyond namespaces
	}
	var related input.Related
	switch object := object.(type) {
	case *input.Service:
		related = x.behind(object)
	case *input.DaemonSet:
		related = x.inFrontOf(object)
		related.Nodes = s.nodes.reach(x.beside(object, related.Services)...)
		related.Mounts = s.mounts.shared(object, mounter{
			object.Metadata.Namespace, identity{string(v1alpha1.KindDaemonSet), object.Metadata.Name},
		})
	}
	complete(&related, object.Meta().Namespace)
	return related
}

// complete makes what was unpacked what rules see of related objects.
func complete(related *input.Related, namespace string) {
	for _, found := range related.DaemonSets {
		asRelated(&found.Metadata, v1alpha1.KindDaemonSet, namespace)
	}
	for _, found := range related.Workloads {
		asRelated(&found.Metadata, "", namespace)
	}
	for _, found := range related.Services {
		asRelated(&found.Metadata, v1alpha1.KindService, namespace)
	}
}

// asRelated makes the metadata of a kind what rules see: of an object that follows a
// policy the words that hold for it, as if it were annotated with them.
func asRelated(meta *input.Metadata, kind v1alpha1.Kind, namespace string) {
	meta.Namespace = namespace
	if meta.Annotations[v1alpha1.AnnotationEnforcedBy] != "" {
		if intent, errs := v1alpha1.Parse(kind, meta.Annotations); len(errs) == 0 {
			meta.Annotations = intent.Annotations()
		}
	}
	delete(meta.Annotations, v1alpha1.AnnotationPrevious)
	if len(meta.Annotations) == 0 {
		meta.Annotations = nil
	}
}

// beside is a DaemonSet and the others that Services which opted in select with
// it: one for each architecture, say.
func (x *index) beside(object *input.DaemonSet, services []*input.Service) []*input.DaemonSet {
	all := []*input.DaemonSet{object}
	for _, service := range services {
		if !v1alpha1.HasOurs(service.Metadata.Annotations) {
			continue
		}
		for _, other := range x.behind(service).DaemonSets {
			if !slices.ContainsFunc(all, func(known *input.DaemonSet) bool { return known.Metadata.Name == other.Metadata.Name }) {
				all = append(all, other)
			}
		}
	}
	return all
}

// behind is what a Service selects.
func (x *index) behind(object *input.Service) input.Related {
	var found []record
	for _, at := range x.carrying(selector(object)) {
		r := x.objects[at].record()
		if _, labels := r.relations(); selects(selector(object), labels) {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b record) int { return a.identity().compare(b.identity()) })
	var related input.Related
	for _, r := range found {
		if r.daemonSet != nil {
			related.DaemonSets = append(related.DaemonSets, r.daemonSet)
		} else {
			related.Workloads = append(related.Workloads, r.workload)
		}
	}
	return related
}

// carrying are the places of owners whose pods carry every label of a selector,
// and of others with the same hashes; none for an empty selector.
func (x *index) carrying(selector map[string]string) []place {
	if len(selector) == 0 {
		return nil
	}
	var posted [][]place
	for key, value := range selector {
		posted = append(posted, x.posted[labelOf(ofPods, key, value)])
	}
	slices.SortFunc(posted, func(a, b []place) int { return len(a) - len(b) })
	var carrying []place
	for _, at := range posted[0] {
		if !slices.ContainsFunc(posted[1:], func(all []place) bool {
			_, found := slices.BinarySearch(all, at)
			return !found
		}) {
			carrying = append(carrying, at)
		}
	}
	return carrying
}

// inFrontOf is what selects a DaemonSet's pods.
func (x *index) inFrontOf(object *input.DaemonSet) input.Related {
	labels := object.Spec.Template.Metadata.Labels
	var related input.Related
	for key, value := range labels {
		for _, at := range x.posted[labelOf(ofSelector, key, value)] {
			if r := x.objects[at].record(); selects(selector(r.service), labels) {
				related.Services = append(related.Services, r.service)
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

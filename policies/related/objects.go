package related

import (
	"iter"
	"maps"
	"slices"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// Namespaces are those that hold any object, sorted.
func (s *Store) Namespaces() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Sorted(maps.Keys(s.namespaces))
}

// Annotated are the DaemonSets and Services of a namespace that carry an
// annotation of ours, the objects that admission is asked about. They come
// sorted by kind and name. The store is not locked between two of them, so that
// the loop may look into it and takes as long as it likes; what is deleted
// meanwhile is left out.
//
// An object is the caller's. It has [v1alpha1.AnnotationPrevious] too, so mutation
// decides about it as it would about the whole object.
func (s *Store) Annotated(namespace string) iter.Seq[input.Object] {
	return func(yield func(input.Object) bool) {
		for object := range s.Judged(namespace) {
			if v1alpha1.HasOurs(object.Meta().Annotations) && !yield(object) {
				return
			}
		}
	}
}

// Judged are all DaemonSets and Services of a namespace, the objects that a
// NodeLocalPolicy may hold for. They come as those of [Store.Annotated] do.
func (s *Store) Judged(namespace string) iter.Seq[input.Object] {
	return func(yield func(input.Object) bool) {
		for _, key := range s.judgedKeys(namespace) {
			if object := s.object(namespace, key); object != nil && !yield(object) {
				return
			}
		}
	}
}

// judgedKeys are the names of a namespace's DaemonSets and Services.
func (s *Store) judgedKeys(namespace string) []identity {
	s.mu.RLock()
	defer s.mu.RUnlock()
	x := s.namespaces[namespace]
	if x == nil {
		return nil
	}
	var keys []identity
	for key := range x.places {
		if key.kind == string(v1alpha1.KindDaemonSet) || key.kind == string(v1alpha1.KindService) {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, identity.compare)
	return keys
}

// object is a DaemonSet or a Service; nil if it is not there.
func (s *Store) object(namespace string, key identity) input.Object {
	s.mu.RLock()
	defer s.mu.RUnlock()
	x := s.namespaces[namespace]
	if x == nil {
		return nil
	}
	at, known := x.places[key]
	if !known {
		return nil
	}
	r := x.objects[at].record()
	r.meta().Namespace = namespace
	if r.service != nil {
		return r.service
	}
	return r.daemonSet
}

// Each calls visit with every object of a kind: Service, DaemonSet, Deployment,
// StatefulSet, and without a namespace Node and Namespace. visit must not use the
// store.
func (s *Store) Each(kind string, visit func(namespace, name string)) {
	switch kind {
	case "Node":
		s.nodes.each(visit)
		return
	case "Namespace":
		s.labels.each(visit)
		return
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for namespace, x := range s.namespaces {
		for key := range x.places {
			if key.kind == kind {
				visit(namespace, key.name)
			}
		}
	}
}

package related

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// Namespaces are those that hold any object, sorted.
func (s *Store) Namespaces() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Sorted(maps.Keys(s.namespaces))
}

// Annotated are the Services and DaemonSets of a namespace that carry an
// annotation of ours, the objects that admission is asked about. They come
// sorted by kind and name. The store is not locked between two of them, so that
// the loop may look into it and takes as long as it likes; what is deleted
// meanwhile is left out.
func (s *Store) Annotated(namespace string) iter.Seq[input.Object] {
	return func(yield func(input.Object) bool) {
		for _, key := range s.annotated(namespace) {
			if object := s.object(namespace, key); object != nil && !yield(object) {
				return
			}
		}
	}
}

// annotated are the names of the objects that Annotated yields.
func (s *Store) annotated(namespace string) []ownerKey {
	s.mu.RLock()
	defer s.mu.RUnlock()
	x := s.namespaces[namespace]
	if x == nil {
		return nil
	}
	var keys []ownerKey
	for name, service := range x.services {
		if hasOurs(service.object.Metadata.Annotations) {
			keys = append(keys, ownerKey{string(v1alpha1.KindService), name})
		}
	}
	for key, owner := range x.owners {
		if owner.daemonSet != nil && hasOurs(owner.daemonSet.Metadata.Annotations) {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b ownerKey) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.name, b.name))
	})
	return keys
}

func (s *Store) object(namespace string, key ownerKey) input.Object {
	s.mu.RLock()
	defer s.mu.RUnlock()
	x := s.namespaces[namespace]
	if x == nil {
		return nil
	}
	if key.kind == string(v1alpha1.KindService) {
		if found := x.services[key.name]; found != nil {
			return found.object
		}
		return nil
	}
	if found := x.owners[key]; found != nil && found.daemonSet != nil {
		return found.daemonSet
	}
	return nil
}

func hasOurs(annotations map[string]string) bool {
	for key := range annotations {
		if strings.HasPrefix(key, v1alpha1.Prefix) {
			return true
		}
	}
	return false
}

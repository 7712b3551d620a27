package related

import (
	"strings"
	"sync"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// Store holds Services, DaemonSets and workloads, indexed by the labels that
// relate them, so that a lookup does not grow with the cluster; and nodes and the
// labels of namespaces. It is safe for concurrent use; the zero value is empty
// and ready.
//
// A Store keeps copies, packed into a few hundred bytes each, of which every
// lookup unpacks what it finds. They are without the annotations that are not
// ours (kubectl's last-applied-configuration alone can weigh more than all the
// rest).
type Store struct {
	mu         sync.RWMutex
	namespaces map[string]*index
	mounts     mounts

	nodes  nodes
	labels namespaceLabels
}

// PutService adds or replaces a Service. It reports whether the store now says
// something else: of an update that changes a status only, it does not.
func (s *Store) PutService(object *input.Service) (changed bool) {
	return s.put(object.Metadata.Namespace, keptService(object))
}

// DeleteService removes a Service, and reports whether there was one.
func (s *Store) DeleteService(namespace, name string) (changed bool) {
	return s.remove(namespace, identity{string(v1alpha1.KindService), name})
}

// PutDaemonSet adds or replaces a DaemonSet. It reports whether the store now
// says something else.
func (s *Store) PutDaemonSet(object *input.DaemonSet) (changed bool) {
	return s.put(object.Metadata.Namespace, keptDaemonSet(object))
}

// DeleteDaemonSet removes a DaemonSet, and reports whether there was one.
func (s *Store) DeleteDaemonSet(namespace, name string) (changed bool) {
	return s.remove(namespace, identity{string(v1alpha1.KindDaemonSet), name})
}

// PutWorkload adds or replaces a Deployment or a StatefulSet; its kind must be
// set. It reports whether the store now says something else.
func (s *Store) PutWorkload(object *input.Workload) (changed bool) {
	return s.put(object.Metadata.Namespace, keptWorkload(object))
}

// DeleteWorkload removes a workload, and reports whether there was one. kind is
// Deployment or StatefulSet.
func (s *Store) DeleteWorkload(kind, namespace, name string) (changed bool) {
	return s.remove(namespace, identity{kind, name})
}

// Put adds or replaces an object that was packed before. It reports whether the
// store now says something else.
func (s *Store) Put(object Packed) (changed bool) {
	return s.put(object.namespace, object.bytes.record())
}

func (s *Store) put(namespace string, object record) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.namespaces[namespace]
	if x == nil {
		if s.namespaces == nil {
			s.namespaces = map[string]*index{}
		}
		x = newIndex()
		// The name may be a part of something large.
		s.namespaces[strings.Clone(namespace)] = x
	}
	before, changed := x.put(object)
	if changed {
		s.mounts.replace(mounter{namespace, object.identity()}, before.volumes(), object.volumes())
	}
	return changed
}

// remove deletes from a namespace, and the namespace with its last object.
func (s *Store) remove(namespace string, key identity) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.namespaces[namespace]
	if x == nil {
		return false
	}
	before, known := x.remove(key)
	if !known {
		return false
	}
	s.mounts.replace(mounter{namespace, key}, before.volumes(), nil)
	if len(x.places) == 0 {
		delete(s.namespaces, namespace)
	}
	return true
}

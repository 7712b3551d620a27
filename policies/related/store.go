package related

import (
	"sync"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// Store holds Services, DaemonSets and workloads, indexed by the labels that
// relate them, so that a lookup does not grow with the cluster; and nodes and the
// labels of namespaces. It is safe for concurrent use; the zero value is empty
// and ready.
//
// A Store keeps shallow copies without the annotations that are not ours
// (kubectl's last-applied-configuration alone can weigh more than all the rest).
// What an object points to is shared and must not change after it was put.
type Store struct {
	mu         sync.RWMutex
	namespaces map[string]*index
	mounts     mounts

	nodes  nodes
	labels namespaceLabels
}

// PutService adds or replaces a Service.
func (s *Store) PutService(object *input.Service) {
	kept := *object
	kept.Metadata.Annotations = ours(object.Metadata.Annotations)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.namespace(object.Metadata.Namespace).putService(&kept)
}

// DeleteService removes a Service; one that is not there is no error.
func (s *Store) DeleteService(namespace, name string) {
	s.delete(namespace, func(x *index) { x.deleteService(name) })
}

// PutDaemonSet adds or replaces a DaemonSet.
func (s *Store) PutDaemonSet(object *input.DaemonSet) {
	kept := *object
	kept.Metadata.Annotations = ours(object.Metadata.Annotations)
	s.mu.Lock()
	defer s.mu.Unlock()
	key := ownerKey{string(v1alpha1.KindDaemonSet), object.Metadata.Name}
	s.mounts.put(mounter{object.Metadata.Namespace, key}, object.Spec.Template.Spec.Volumes)
	s.namespace(object.Metadata.Namespace).putOwner(&owner{
		key:       key,
		labels:    object.Spec.Template.Metadata.Labels,
		daemonSet: &kept,
	})
}

// DeleteDaemonSet removes a DaemonSet; one that is not there is no error.
func (s *Store) DeleteDaemonSet(namespace, name string) {
	s.deleteOwner(namespace, ownerKey{string(v1alpha1.KindDaemonSet), name})
}

// PutWorkload adds or replaces a Deployment or a StatefulSet; its kind must be
// set.
func (s *Store) PutWorkload(object *input.Workload) {
	kept := *object
	kept.Metadata.Annotations = ours(object.Metadata.Annotations)
	s.mu.Lock()
	defer s.mu.Unlock()
	key := ownerKey{object.KindName, object.Metadata.Name}
	s.mounts.put(mounter{object.Metadata.Namespace, key}, object.Spec.Template.Spec.Volumes)
	s.namespace(object.Metadata.Namespace).putOwner(&owner{
		key:      key,
		labels:   object.Spec.Template.Metadata.Labels,
		workload: &kept,
	})
}

// DeleteWorkload removes a workload; one that is not there is no error. kind is
// Deployment or StatefulSet.
func (s *Store) DeleteWorkload(kind, namespace, name string) {
	s.deleteOwner(namespace, ownerKey{kind, name})
}

func (s *Store) deleteOwner(namespace string, key ownerKey) {
	s.delete(namespace, func(x *index) {
		x.deleteOwner(key)
		s.mounts.drop(mounter{namespace, key})
	})
}

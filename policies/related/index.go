package related

import (
	"maps"
	"slices"
	"strings"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// index is what is known of one namespace: selectors and pods never relate across.
type index struct {
	services map[string]*service
	owners   map[ownerKey]*owner
	// bySelector has every Service once, under one label of its selector:
	// pods that it selects carry that label, whatever others they have.
	bySelector map[label][]*service
	// byLabel has every owner under each label of its pods, so that a
	// Service can look where the fewest are.
	byLabel map[label][]*owner
}

type label struct{ key, value string }

// service is a Service, with the label of its selector that it is indexed under.
type service struct {
	object *input.Service
	under  label
}

// owner is what makes pods: one of daemonSet and workload is set.
type owner struct {
	key       ownerKey
	labels    map[string]string
	daemonSet *input.DaemonSet
	workload  *input.Workload
}

type ownerKey struct{ kind, name string }

func (s *Store) namespace(name string) *index {
	if x := s.namespaces[name]; x != nil {
		return x
	}
	if s.namespaces == nil {
		s.namespaces = map[string]*index{}
	}
	x := &index{
		services:   map[string]*service{},
		owners:     map[ownerKey]*owner{},
		bySelector: map[label][]*service{},
		byLabel:    map[label][]*owner{},
	}
	s.namespaces[name] = x
	return x
}

// delete deletes from a namespace, and the namespace with its last object.
func (s *Store) delete(name string, remove func(*index)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.namespaces[name]
	if x == nil {
		return
	}
	remove(x)
	if len(x.services) == 0 && len(x.owners) == 0 {
		delete(s.namespaces, name)
	}
}

func (x *index) putService(object *input.Service) {
	name := object.Metadata.Name
	if old := x.services[name]; old != nil && maps.Equal(selector(old.object), selector(object)) {
		old.object = object
		return
	}
	x.deleteService(name)
	added := &service{object: object}
	x.services[name] = added
	if len(selector(object)) == 0 {
		return
	}
	added.under = rarest(x.bySelector, selector(object))
	x.bySelector[added.under] = append(x.bySelector[added.under], added)
}

func (x *index) deleteService(name string) {
	if old := x.services[name]; old != nil {
		delete(x.services, name)
		drop(x.bySelector, old.under, old)
	}
}

func (x *index) putOwner(added *owner) {
	if old := x.owners[added.key]; old != nil && maps.Equal(old.labels, added.labels) {
		*old = *added
		return
	}
	x.deleteOwner(added.key)
	x.owners[added.key] = added
	for key, value := range added.labels {
		x.byLabel[label{key, value}] = append(x.byLabel[label{key, value}], added)
	}
}

func (x *index) deleteOwner(key ownerKey) {
	if old := x.owners[key]; old != nil {
		delete(x.owners, key)
		for key, value := range old.labels {
			drop(x.byLabel, label{key, value}, old)
		}
	}
}

// selector is what a Service selects pods by. An ExternalName Service has no
// endpoints, so its selector selects nothing.
func selector(object *input.Service) map[string]string {
	if object.Spec.Type == "ExternalName" {
		return nil
	}
	return object.Spec.Selector
}

// rarest is the label of a selector that the fewest are indexed under.
func rarest[T any](buckets map[label][]T, selector map[string]string) label {
	var least label
	count := -1
	for key, value := range selector {
		if l := (label{key, value}); count < 0 || len(buckets[l]) < count {
			least, count = l, len(buckets[l])
		}
	}
	return least
}

func drop[T comparable](buckets map[label][]T, l label, dropped T) {
	bucket := buckets[l]
	if i := slices.Index(bucket, dropped); i >= 0 {
		bucket = slices.Delete(bucket, i, i+1)
	}
	if len(bucket) == 0 {
		delete(buckets, l)
		return
	}
	buckets[l] = bucket
}

// ours are the annotations that rules and mutation ask about. They are the map
// that was given if it holds no others.
func ours(annotations map[string]string) map[string]string {
	asked := func(key string) bool { return strings.HasPrefix(key, v1alpha1.Prefix) }
	others := 0
	for key := range annotations {
		if !asked(key) {
			others++
		}
	}
	switch others {
	case 0:
		return annotations
	case len(annotations):
		return nil
	}
	kept := make(map[string]string, len(annotations)-others)
	for key, value := range annotations {
		if asked(key) {
			kept[key] = value
		}
	}
	return kept
}

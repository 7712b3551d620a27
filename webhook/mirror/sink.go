package mirror

import (
	"fmt"
	"sync/atomic"

	"k8s.io/client-go/tools/cache"

	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/related"
)

// sink writes what a reflector of one kind sees into the store. A reflector
// calls it from one goroutine.
type sink struct {
	kind    string
	store   *related.Store
	compact *compactor
	remove  func(key cache.ObjectName)
	synced  atomic.Bool
	// changed is told of every namespace in which something was removed or is no
	// longer what it was, "" for something that concerns all; it may be nil.
	changed func(namespace string)
}

func newSink(kind string, store *related.Store, remove func(cache.ObjectName)) *sink {
	return &sink{kind: kind, store: store, compact: newCompactor(), remove: remove}
}

// Add puts the object into the store.
func (s *sink) Add(object any) error {
	p, ok := object.(*projected)
	if !ok {
		return fmt.Errorf("got a %T from the watch, not a projection", object)
	}
	switch o := p.object.(type) {
	case related.Packed:
		if s.store.Put(o) {
			s.tell(nameOf(p))
		}
	case *input.Node:
		s.compact.node(o)
		if s.store.PutNode(o) {
			s.tell(nameOf(p))
		}
	case *input.Namespace:
		s.compact.set(&o.Labels)
		if s.store.PutNamespace(o) {
			s.tell(nameOf(p))
		}
	}
	return nil
}

// tell tells which namespace an object that changed concerns: a node concerns
// all.
func (s *sink) tell(key cache.ObjectName) {
	namespace := key.Namespace
	if s.kind == kindNamespace {
		namespace = key.Name
	}
	if s.changed != nil {
		s.changed(namespace)
	}
}

// Update is Add: the store replaces.
func (s *sink) Update(object any) error { return s.Add(object) }

// Delete takes the object out of the store.
func (s *sink) Delete(object any) error {
	p, ok := object.(*projected)
	if !ok {
		return fmt.Errorf("got a %T from the watch, not a projection", object)
	}
	s.remove(nameOf(p))
	s.tell(nameOf(p))
	return nil
}

// Replace makes the store hold objects and nothing else of this kind.
func (s *sink) Replace(objects []any, _ string) error {
	gone := map[cache.ObjectName]struct{}{}
	s.store.Each(s.kind, func(namespace, name string) {
		gone[cache.ObjectName{Namespace: namespace, Name: name}] = struct{}{}
	})
	for _, object := range objects {
		if err := s.Add(object); err != nil {
			return err
		}
		delete(gone, nameOf(object.(*projected)))
	}
	for key := range gone {
		s.remove(key)
		s.tell(key)
	}
	s.synced.Store(true)
	return nil
}

// Resync does nothing: the store is what was seen last.
func (*sink) Resync() error { return nil }

func nameOf(p *projected) cache.ObjectName {
	return cache.ObjectName{Namespace: p.Namespace, Name: p.Name}
}

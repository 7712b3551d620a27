package review

import (
	"path/filepath"
	"strings"

	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/related"
)

// relations are the namespaces under review, each with the objects in it that
// can be related to others.
type relations map[string]*namespace

// namespace holds the objects of one namespace.
//
// A cluster has one object of a name, a repository may have several: a folder
// for each environment. Where it does, an object is related to those nearest to
// it in the tree of folders, so each folder looks into a store of its own.
type namespace struct {
	objects    map[identity][]*subject
	duplicates bool
	// stores is by folder, or under "" for all if there are no duplicates.
	stores map[string]*related.Store
}

// identity is what a namespace has one of.
type identity struct {
	kind, name string
}

// relate fills the stores that the subjects will look into; they are only read
// after that.
func relate(subjects []*subject) relations {
	r := relations{}
	for _, s := range subjects {
		if s.relatable() {
			r.namespace(s.Namespace).add(s)
		}
	}
	for _, s := range subjects {
		if s.asked {
			r.namespace(s.Namespace).fill(s.folder())
		}
	}
	return r
}

// to are the objects that bear on the subject.
func (r relations) to(s *subject) input.Related {
	n := r[s.Namespace]
	return n.stores[n.view(s.folder())].For(s.object)
}

func (r relations) namespace(name string) *namespace {
	if r[name] == nil {
		r[name] = &namespace{objects: map[identity][]*subject{}, stores: map[string]*related.Store{}}
	}
	return r[name]
}

func (n *namespace) add(s *subject) {
	id := identity{s.Kind, s.Name}
	n.objects[id] = append(n.objects[id], s)
	n.duplicates = n.duplicates || len(n.objects[id]) > 1
}

// view names the store that a folder looks into.
func (n *namespace) view(folder string) string {
	if n.duplicates {
		return folder
	}
	return ""
}

func (n *namespace) fill(folder string) {
	view := n.view(folder)
	if n.stores[view] != nil {
		return
	}
	store := new(related.Store)
	for _, candidates := range n.objects {
		nearest(candidates, folder).putInto(store)
	}
	n.stores[view] = store
}

// nearest is the candidate whose folder shares the longest path with the given
// one; among several, the first in the order of files and lines.
func nearest(candidates []*subject, folder string) *subject {
	best, bestShared := candidates[0], -1
	for _, candidate := range candidates {
		if shared := sharedSteps(candidate.folder(), folder); shared > bestShared {
			best, bestShared = candidate, shared
		}
	}
	return best
}

// sharedSteps counts the folders that two paths have in common from the root;
// the same folder is one more, nearer than a folder inside it.
func sharedSteps(a, b string) int {
	if a == b {
		return strings.Count(a, string(filepath.Separator)) + 2
	}
	shared := 0
	as, bs := strings.Split(a, string(filepath.Separator)), strings.Split(b, string(filepath.Separator))
	for shared < min(len(as), len(bs)) && as[shared] == bs[shared] {
		shared++
	}
	return shared
}

func (s *subject) folder() string { return filepath.Dir(s.File) }

// relatable reports whether others can be related to the subject: without
// labels nothing selects it, without a selector it selects nothing. Fragments
// of objects, such as kustomize patches, are left out that way and do not
// stand in for the object that they change.
func (s *subject) relatable() bool {
	switch object := s.object.(type) {
	case *input.Service:
		return len(object.Spec.Selector) > 0
	case *input.DaemonSet:
		return len(object.Spec.Template.Metadata.Labels) > 0
	}
	return len(s.workload.Spec.Template.Metadata.Labels) > 0
}

func (s *subject) putInto(store *related.Store) {
	switch object := s.object.(type) {
	case *input.Service:
		store.PutService(object)
	case *input.DaemonSet:
		store.PutDaemonSet(object)
	default:
		store.PutWorkload(s.workload)
	}
}

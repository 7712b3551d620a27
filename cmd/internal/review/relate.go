package review

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/related"
)

// relations are the objects under review that others are judged by.
type relations struct {
	// namespaces hold what relates within one, hosts what mounts paths of the
	// nodes, from whichever namespace.
	namespaces map[string]*group
	hosts      *group
	// labels are the Namespaces among the objects, by name.
	labels map[string][]*kept
	nodes  []*input.Node
}

// group holds objects that may be related to each other.
//
// A cluster has one object of a name, a repository may have several: a folder
// for each environment. Where it does, an object is related to those nearest to
// it in the tree of folders, so each folder looks into a store of its own.
type group struct {
	objects    map[identity][]*kept
	duplicates bool
	// stores is by folder, or under "" for all if there are no duplicates.
	stores map[string]*related.Store
}

// identity is what an environment has one of. What runs the pods of a name is one
// thing, of whichever kind: a DaemonSet in production may be a Deployment in
// development.
type identity struct {
	kind, namespace, name string
}

func identify(s *kept) identity {
	id := identity{s.Kind, s.Namespace, s.Name}
	switch s.Kind {
	case "DaemonSet", "Deployment", "StatefulSet":
		id.kind = "workload"
	}
	return id
}

func newGroup() *group {
	return &group{objects: map[identity][]*kept{}, stores: map[string]*related.Store{}}
}

// relate sorts the subjects by what they relate to.
func relate(subjects []*kept) *relations {
	r := &relations{namespaces: map[string]*group{}, hosts: newGroup(), labels: map[string][]*kept{}}
	for _, s := range subjects {
		switch {
		case s.relates:
			r.namespace(s.Namespace).add(s)
			if s.mounts != (related.Packed{}) {
				r.hosts.add(s)
			}
		case s.node != nil:
			r.nodes = append(r.nodes, s.node)
		case s.namespace != nil:
			r.labels[s.Name] = append(r.labels[s.Name], s)
		}
	}
	for _, s := range subjects {
		if s.question != nil {
			r.hosts.fill(s.folder(), (*kept).mounted, nil)
		}
	}
	r.hosts.objects = nil
	return r
}

// fill makes the store ready that s looks into. It is only read after that.
func (r *relations) fill(s *kept) {
	r.namespace(s.Namespace).fill(s.folder(), (*kept).related, r.nodes)
}

// drop frees what is known of a namespace.
func (r *relations) drop(namespace string) {
	for _, candidates := range r.namespaces[namespace].objects {
		for _, s := range candidates {
			s.relation = related.Packed{}
		}
	}
	delete(r.namespaces, namespace)
}

func (k *kept) related() related.Packed { return k.relation }

func (k *kept) mounted() related.Packed { return k.mounts }

// to are the objects that bear on one in the place of s.
func (r *relations) to(s *kept, object input.Object) input.Related {
	related := r.namespaces[s.Namespace].store(s.folder()).For(object)
	if object, ok := object.(*input.DaemonSet); ok {
		related.Mounts = r.hosts.store(s.folder()).For(object).Mounts
	}
	return related
}

// around is the namespace of s.
func (r *relations) around(s *kept) input.Namespace {
	if candidates := r.labels[s.Namespace]; len(candidates) > 0 {
		return *nearest(candidates, s.folder()).namespace
	}
	return input.Namespace{Name: s.Namespace}
}

func (r *relations) namespace(name string) *group {
	if r.namespaces[name] == nil {
		r.namespaces[name] = newGroup()
	}
	return r.namespaces[name]
}

func (g *group) add(s *kept) {
	id := identify(s)
	g.objects[id] = append(g.objects[id], s)
	g.duplicates = g.duplicates || len(g.objects[id]) > 1
}

// view names the store that a folder looks into.
func (g *group) view(folder string) string {
	if g.duplicates {
		return folder
	}
	return ""
}

func (g *group) store(folder string) *related.Store { return g.stores[g.view(folder)] }

func (g *group) fill(folder string, as func(*kept) related.Packed, nodes []*input.Node) {
	view := g.view(folder)
	if g.stores[view] != nil {
		return
	}
	store := new(related.Store)
	for _, candidates := range g.objects {
		for _, s := range nearestOfEach(candidates, folder) {
			store.Put(as(s))
		}
	}
	for _, node := range nodes {
		store.PutNode(node)
	}
	g.stores[view] = store
}

// nearest is the candidate whose folder shares the longest path with the given
// one; among several, the first in the order of files and lines.
func nearest(candidates []*kept, folder string) *kept {
	best, bestShared := candidates[0], -1
	for _, candidate := range candidates {
		if shared := sharedSteps(candidate.folder(), folder); shared > bestShared {
			best, bestShared = candidate, shared
		}
	}
	return best
}

// nearestOfEach are the candidates as near as the nearest, one of each kind: an
// environment may have two kinds of one name.
func nearestOfEach(candidates []*kept, folder string) []*kept {
	if len(candidates) == 1 {
		return candidates
	}
	first := nearest(candidates, folder)
	found := []*kept{first}
	for _, candidate := range candidates {
		if sharedSteps(candidate.folder(), folder) == sharedSteps(first.folder(), folder) &&
			!slices.ContainsFunc(found, func(s *kept) bool { return s.Kind == candidate.Kind }) {
			found = append(found, candidate)
		}
	}
	return found
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

func (k *kept) folder() string { return filepath.Dir(k.File) }

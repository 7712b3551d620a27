package related

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/inshore-dev/inshore/policies/input"
)

// index is what is known of one namespace: selectors and pods never relate across.
type index struct {
	// objects are packed, without their namespace. An object keeps its place; a
	// place that is free is empty.
	objects []packed
	free    []place
	places  map[identity]place
	// posted has, under each label, what carries it: every owner under each label
	// of its pods, and every Service once, under one label of its selector:
	// pods that it selects carry that label, whatever others they have.
	posted map[label][]place
}

// place is where in index.objects an object is.
type place uint32

// identity is what a namespace has one of.
type identity struct{ kind, name string }

// own is the identity with texts that are not a part of something large.
func (i identity) own() identity {
	kind, known := kinds[i.kind]
	if !known {
		kind = strings.Clone(i.kind)
	}
	return identity{kind, strings.Clone(i.name)}
}

var kinds = map[string]string{
	"Service": "Service", "DaemonSet": "DaemonSet", "Deployment": "Deployment", "StatefulSet": "StatefulSet",
}

func (i identity) compare(other identity) int {
	return cmp.Or(cmp.Compare(i.kind, other.kind), cmp.Compare(i.name, other.name))
}

// label is a hash of a label and of the side it is on. Two labels may have the
// same: what is found under one is looked at.
type label uint64

func labelOf(side byte, key, value string) label {
	var h maphash.Hash
	h.SetSeed(seed)
	_ = h.WriteByte(side)
	_, _ = h.WriteString(key)
	_ = h.WriteByte(0)
	_, _ = h.WriteString(value)
	return label(h.Sum64())
}

// The sides of a label.
const (
	ofPods byte = iota
	ofSelector
)

func newIndex() *index {
	return &index{places: map[identity]place{}, posted: map[label][]place{}}
}

// put keeps an object. It returns what was kept before, which is nothing for a new
// one, and whether that is different.
func (x *index) put(added record) (before record, changed bool) {
	packed := added.pack()
	key := added.identity()
	at, known := x.places[key]
	if known {
		if x.objects[at] == packed {
			return record{}, false
		}
		before = x.objects[at].record()
		if before.equal(added) {
			// Only the words have changed.
			return record{}, false
		}
		if before.relatesLike(added) {
			x.objects[at] = packed
			return before, true
		}
		x.remove(key)
	}
	at = x.vacancy()
	x.objects[at], x.places[key.own()] = packed, at
	for _, l := range x.labelsOf(added) {
		x.post(l, at)
	}
	return before, true
}

// remove forgets an object. It returns what was kept, if anything.
func (x *index) remove(key identity) (before record, known bool) {
	at, known := x.places[key]
	if !known {
		return record{}, false
	}
	before = x.objects[at].record()
	for _, l := range before.labels() {
		x.unpost(l, at)
	}
	x.objects[at] = ""
	x.free = append(x.free, at)
	delete(x.places, key)
	return before, true
}

func (x *index) vacancy() place {
	if last := len(x.free) - 1; last >= 0 {
		at := x.free[last]
		x.free = x.free[:last]
		return at
	}
	x.objects = append(x.objects, "")
	return place(len(x.objects) - 1)
}

// labelsOf are those under which to post: of a Service the one under which the
// fewest are.
func (x *index) labelsOf(r record) []label {
	all := r.labels()
	if r.service == nil || len(all) == 0 {
		return all
	}
	return []label{slices.MinFunc(all, func(a, b label) int { return len(x.posted[a]) - len(x.posted[b]) })}
}

// post keeps the places under a label in order.
func (x *index) post(l label, at place) {
	all := x.posted[l]
	if i, found := slices.BinarySearch(all, at); !found {
		x.posted[l] = slices.Insert(all, i, at)
	}
}

func (x *index) unpost(l label, at place) {
	all := x.posted[l]
	i, found := slices.BinarySearch(all, at)
	switch {
	case !found:
	case len(all) == 1:
		delete(x.posted, l)
	default:
		x.posted[l] = slices.Delete(all, i, i+1)
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

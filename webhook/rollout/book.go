package rollout

import (
	"slices"
	"strings"
	"time"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// Book holds how all objects stand to the policies. It is not safe for concurrent
// use.
type Book struct {
	daemons    *Daemons
	namespaces map[string]*page
	policies   map[string]*ledger
	// changes are what was written and not seen yet.
	changes map[Key]change
	// undone are the DaemonSets that follow no policy since a moment ago.
	undone map[Key]change
	// refusals are objects that the API server would not have changed.
	refusals map[Key]refusal
}

// page is one namespace.
type page struct {
	judged time.Time
	// objects are in the order in which they are changed.
	objects []Object
}

// ledger is what concerns one policy.
type ledger struct {
	Counts
	// due counts by namespace what has to be changed.
	due map[string]int
}

// change is a write that the mirror of the cluster does not show yet.
type change struct {
	policy     string
	undo       bool
	generation int64
	at         time.Time
}

// unseen is how long a write may take to be seen before the object is changed
// again.
const unseen = 30 * time.Second

// NewBook returns a Book that knows of no object.
func NewBook(daemons *Daemons) *Book {
	return &Book{
		daemons: daemons, namespaces: map[string]*page{}, policies: map[string]*ledger{},
		changes: map[Key]change{}, undone: map[Key]change{}, refusals: map[Key]refusal{},
	}
}

// Expect says which namespaces there are: until each was put, not everything is
// known.
func (b *Book) Expect(namespaces []string) {
	for _, namespace := range namespaces {
		if b.namespaces[namespace] == nil {
			b.namespaces[strings.Clone(namespace)] = &page{}
		}
	}
}

// Put replaces what is known of a namespace by what a pass found that began at a
// time. The objects are the Book's from now on.
func (b *Book) Put(namespace string, objects []Object, began time.Time) {
	before := b.namespaces[namespace]
	if before != nil {
		b.count(namespace, before.objects, -1)
	}
	if len(objects) == 0 {
		b.forget(namespace, nil)
		delete(b.namespaces, namespace)
		return
	}
	slices.SortFunc(objects, func(x, y Object) int { return compareKeys(x.key(namespace), y.key(namespace)) })
	b.namespaces[namespace] = &page{began, objects}
	b.count(namespace, objects, 1)
	b.forget(namespace, objects)
}

func (o Object) key(namespace string) Key { return Key{o.Kind, namespace, o.Name} }

// count adds objects to the policies' counts, or takes them away.
func (b *Book) count(namespace string, objects []Object, n int) {
	for _, o := range objects {
		if o.Holder != "" {
			l := b.ledger(o.Holder)
			l.Matched += n
			if o.Follows {
				l.Enforced += n
			}
			if o.Violating {
				l.Violating += n
			}
			b.close(o.Holder)
		}
		if o.Due != "" {
			l := b.ledger(o.Due)
			l.Pending += n
			if o.Undo {
				l.Undo += n
			}
			if l.due[namespace] += n; l.due[namespace] == 0 {
				delete(l.due, namespace)
			}
			b.close(o.Due)
		}
	}
}

func (b *Book) ledger(policy string) *ledger {
	l := b.policies[policy]
	if l == nil {
		l = &ledger{due: map[string]int{}}
		b.policies[policy] = l
	}
	return l
}

// close drops the ledger of a policy that concerns nothing.
func (b *Book) close(policy string) {
	if l := b.policies[policy]; l != nil && l.Matched == 0 && l.Pending == 0 {
		delete(b.policies, policy)
	}
}

// forget drops what is remembered of objects that are as they should be, or gone.
func (b *Book) forget(namespace string, objects []Object) {
	due := map[Key]bool{}
	for _, o := range objects {
		if o.Due != "" {
			due[o.key(namespace)] = true
		}
	}
	for key, c := range b.changes {
		if key.Namespace != namespace || due[key] {
			continue
		}
		delete(b.changes, key)
		if c.undo && key.Kind == v1alpha1.KindDaemonSet {
			b.undone[key] = c
		}
	}
	for key := range b.refusals {
		if key.Namespace == namespace && !due[key] {
			delete(b.refusals, key)
		}
	}
}

// Counts are those of a policy.
func (b *Book) Counts(policy string) Counts {
	l := b.policies[policy]
	if l == nil {
		return Counts{}
	}
	counts := l.Counts
	for key := range b.refusals {
		if o := b.find(key); o != nil && o.Due == policy {
			counts.Refused++
		}
	}
	return counts
}

// Policies are the names of those that concern anything.
func (b *Book) Policies() []string {
	names := make([]string, 0, len(b.policies))
	for name := range b.policies {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// KnownSince reports whether every namespace was judged since a time.
func (b *Book) KnownSince(t time.Time) bool {
	for _, p := range b.namespaces {
		if p.judged.Before(t) {
			return false
		}
	}
	return true
}

func (b *Book) find(key Key) *Object {
	p := b.namespaces[key.Namespace]
	if p == nil {
		return nil
	}
	i, found := slices.BinarySearchFunc(p.objects, key, func(o Object, key Key) int { return compareKeys(o.key(key.Namespace), key) })
	if !found {
		return nil
	}
	return &p.objects[i]
}

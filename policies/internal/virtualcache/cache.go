package virtualcache

import (
	"slices"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// kept is how many entries a frame may have had to be used again: our rules make
// some sixty. A rule that makes thousands does not leave their memory behind.
const kept = 1024

// Cache is a [topdown.VirtualCache] for one query at a time.
type Cache struct{ frames []*frame }

var _ topdown.VirtualCache = (*Cache)(nil)

// frame is what is known under one set of `with` modifiers.
type frame struct {
	// first is the newest entry of a hash, as its index plus one; entries of the
	// same hash are chained.
	first   map[uint64]int
	entries []entry
	// terms are all entries' references, one after the other: OPA reuses the slices
	// that it hands over.
	terms []*ast.Term
}

type entry struct {
	begin, end int // in terms
	next       int
	value      *ast.Term
	undefined  bool
}

var frames = sync.Pool{New: func() any { return &frame{first: map[uint64]int{}} }}

// Get returns an empty cache.
func Get() *Cache {
	c := &Cache{}
	c.Push()
	return c
}

// Release gives the memory back. The cache must not be used any more.
func (c *Cache) Release() {
	for len(c.frames) > 0 {
		c.Pop()
	}
}

// Push begins a frame in which nothing is known.
func (c *Cache) Push() {
	f, _ := frames.Get().(*frame)
	c.frames = append(c.frames, f)
}

// Pop ends the last frame.
func (c *Cache) Pop() {
	f := c.frames[len(c.frames)-1]
	c.frames = c.frames[:len(c.frames)-1]
	if len(f.entries) > kept {
		return
	}
	// What they point at must not live on in the pool.
	clear(f.first)
	clear(f.entries)
	clear(f.terms)
	f.entries, f.terms = f.entries[:0], f.terms[:0]
	frames.Put(f)
}

// Get returns the value of a reference, or that it has none.
func (c *Cache) Get(ref ast.Ref) (value *ast.Term, undefined bool) {
	f := c.frames[len(c.frames)-1]
	e := f.find(hashOf(ref), ref)
	switch {
	case e == nil:
		return nil, false
	case e.undefined:
		return nil, true
	}
	return e.value, false
}

// Put keeps the value of a reference; nil says that it has none.
func (c *Cache) Put(ref ast.Ref, value *ast.Term) {
	f, hash := c.frames[len(c.frames)-1], hashOf(ref)
	e := f.find(hash, ref)
	if e == nil {
		begin := len(f.terms)
		f.terms = append(f.terms, ref...)
		f.entries = append(f.entries, entry{begin: begin, end: len(f.terms), next: f.first[hash]})
		f.first[hash] = len(f.entries)
		e = &f.entries[len(f.entries)-1]
	}
	if value == nil {
		e.undefined = true
		return
	}
	e.value = value
}

// Keys are the references that have a value.
func (c *Cache) Keys() []ast.Ref {
	f := c.frames[len(c.frames)-1]
	var keys []ast.Ref
	for i := range f.entries {
		if e := &f.entries[i]; e.value != nil {
			keys = append(keys, slices.Clone(f.ref(e)))
		}
	}
	return keys
}

func (f *frame) ref(e *entry) ast.Ref { return f.terms[e.begin:e.end:e.end] }

func (f *frame) find(hash uint64, ref ast.Ref) *entry {
	for i := f.first[hash]; i > 0; i = f.entries[i-1].next {
		if e := &f.entries[i-1]; slices.EqualFunc(f.ref(e), ref, (*ast.Term).Equal) {
			return e
		}
	}
	return nil
}

// hashOf is a hash that knows the order of the elements.
func hashOf(ref ast.Ref) uint64 {
	const prime = 1099511628211 // FNV's, which spreads what is added
	hash := uint64(len(ref))
	for _, term := range ref {
		hash = hash*prime + uint64(term.Hash())
	}
	return hash
}

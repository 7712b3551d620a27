package routes

import (
	"cmp"
	"net/netip"
	"slices"
)

// subset is the backends added to it, each once, or where there are more than
// limit, as many by rendezvous hashing on the node's name: every node takes others,
// and when an endpoint comes or goes at most one of a node's changes.
//
// A Service may have thousands of endpoints that change all the time, so it never
// holds more than the best it has seen.
type subset struct {
	seed  uint64
	limit int
	best  []ranked
}

func newSubset(node string, limit int) subset {
	return subset{seed: hash(offset, []byte(node)), limit: limit}
}

func (s *subset) add(backend netip.AddrPort) {
	one := ranked{weight(s.seed, backend), backend}
	full := len(s.best) == s.limit
	if full && one.weight < s.best[s.limit-1].weight {
		return // As with most of many.
	}
	i, found := slices.BinarySearchFunc(s.best, one, ranked.compare)
	switch {
	case found || i == s.limit:
	case full:
		s.best = slices.Insert(s.best[:s.limit-1], i, one)
	default:
		s.best = slices.Insert(s.best, i, one)
	}
}

// sorted are the backends by address; nil for none.
func (s *subset) sorted() []netip.AddrPort {
	if len(s.best) == 0 {
		return nil
	}
	all := make([]netip.AddrPort, len(s.best))
	for i := range s.best {
		all[i] = s.best[i].backend
	}
	slices.SortFunc(all, netip.AddrPort.Compare)
	return all
}

// ranked is a backend and how much the node wants it.
type ranked struct {
	weight  uint64
	backend netip.AddrPort
}

// compare puts what the node wants most first.
func (r ranked) compare(other ranked) int {
	return cmp.Or(cmp.Compare(other.weight, r.weight), r.backend.Compare(other.backend))
}

// weight is how much a node, as a seed, wants a backend. It is the same in every
// process and on every machine.
func weight(seed uint64, backend netip.AddrPort) uint64 {
	addr := backend.Addr().As16()
	h := hash(seed, addr[:])
	h = hash(h, []byte{byte(backend.Port() >> 8), byte(backend.Port())})
	// FNV moves the last bytes little: mix them through (splitmix64's finish).
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// FNV-1a, 64 bits.
const (
	offset = 0xcbf29ce484222325
	prime  = 0x100000001b3
)

func hash(h uint64, data []byte) uint64 {
	for _, b := range data {
		h = (h ^ uint64(b)) * prime
	}
	return h
}

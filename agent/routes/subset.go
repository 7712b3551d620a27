package routes

import (
	"cmp"
	"net/netip"
	"slices"
)

// subset is all, sorted and each once, or where there are more than limit, as
// many by rendezvous hashing on the node's name: every node takes others, and when
// an endpoint comes or goes at most one of a node's changes.
func subset(node string, all []netip.AddrPort, limit int) []netip.AddrPort {
	slices.SortFunc(all, netip.AddrPort.Compare)
	all = slices.Compact(all)
	if len(all) > limit {
		seed := hash(offset, []byte(node))
		slices.SortFunc(all, func(a, b netip.AddrPort) int {
			return cmp.Or(cmp.Compare(weight(seed, b), weight(seed, a)), a.Compare(b))
		})
		all = all[:limit]
		slices.SortFunc(all, netip.AddrPort.Compare)
	}
	return slices.Clip(all)
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

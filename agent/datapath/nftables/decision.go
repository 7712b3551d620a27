package nftables

import (
	"crypto/sha256"
	"encoding/binary"
	"net/netip"

	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// class is what becomes of a flow, and what it is counted as.
type class uint32

const (
	local class = 1 + iota
	fallback
	refused
	dropped
)

// bit is the class in a set of classes.
func (c class) bit() uint8 { return 1 << c }

// String is the class's name, as counters have it.
func (c class) String() string {
	return [...]string{"", "local", "fallback", "refused", "dropped"}[c]
}

const maxBackends = max(routes.MaxLocal, routes.MaxFallback)

// decision is a route reduced to what a packet meets.
type decision struct {
	class class
	// picker and backends are of no meaning if the class is refused or dropped.
	picker   picker
	backends []netip.AddrPort
}

// decide reduces a route. Balances that need to know the load of a backend
// (least-connection and its kin) are random here: nf_tables does not.
func decide(f routes.Frontend, r *routes.Route) decision {
	if len(r.Local) > 0 {
		return choose(f, r, local, r.Local)
	}
	switch {
	case r.Behaviour == v1alpha1.NoLocalEndpointFallback && len(r.Fallback) > 0:
		return choose(f, r, fallback, r.Fallback)
	case r.Behaviour == v1alpha1.NoLocalEndpointDrop:
		return decision{class: dropped}
	default:
		return decision{class: refused}
	}
}

func choose(f routes.Frontend, r *routes.Route, c class, backends []netip.AddrPort) decision {
	d := decision{class: c, picker: random, backends: backends[:min(len(backends), maxBackends)]}
	switch {
	case len(d.backends) == 1:
		d.picker = single
	case r.Affinity > 0 || r.Balance == v1alpha1.BalanceSourceHash:
		d.picker = sticky
	case r.Balance == v1alpha1.BalanceDestinationHash:
		d.picker = single
		i := rendezvous(f.Addr.AsSlice(), d.backends)
		d.backends = d.backends[i : i+1]
	case r.Balance == v1alpha1.BalanceRoundRobin:
		d.picker = roundRobin
	}
	return d
}

// slots is which backend each slot of the decision leads to, from the first on.
func (d decision) slots() (first uint32, backends []netip.AddrPort) {
	p := pick{class: d.class, picker: d.picker, n: uint32(len(d.backends))}
	if d.picker != sticky {
		return p.first(), d.backends
	}
	backends = make([]netip.AddrPort, stickySlots)
	for s := range backends {
		backends[s] = d.backends[rendezvous([]byte{byte(s)}, d.backends)]
	}
	return p.first(), backends
}

// rendezvous is the backend that weighs most for a key: when one goes, only its
// own keys move (highest random weight hashing, Thaler and Ravishankar 1996). The
// hash is the same on every start, so that a restart moves nobody.
func rendezvous(key []byte, backends []netip.AddrPort) int {
	best, most := 0, uint64(0)
	for i, backend := range backends {
		text, _ := backend.MarshalBinary() // Never fails.
		sum := sha256.Sum256(append(text, key...))
		if weight := binary.BigEndian.Uint64(sum[:]); weight > most {
			best, most = i, weight
		}
	}
	return best
}

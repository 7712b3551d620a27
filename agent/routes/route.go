package routes

import (
	"cmp"
	"maps"
	"slices"
)

// Compare orders frontends by address, port and protocol.
func (f Frontend) Compare(other Frontend) int {
	return cmp.Or(f.Addr.Compare(other.Addr), cmp.Compare(f.Port, other.Port), cmp.Compare(f.Protocol, other.Protocol))
}

// Equal reports whether two decisions are the same.
func (r *Route) Equal(other *Route) bool {
	return r.Service == other.Service && r.PortName == other.PortName && r.Behaviour == other.Behaviour &&
		r.Balance == other.Balance && r.Affinity == other.Affinity &&
		slices.Equal(r.Local, other.Local) && slices.Equal(r.Fallback, other.Fallback)
}

// Frontends are those of the table, sorted.
func (t Table) Frontends() []Frontend {
	return slices.SortedFunc(maps.Keys(t), Frontend.Compare)
}

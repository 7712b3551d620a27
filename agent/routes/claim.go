package routes

import (
	"iter"
	"slices"
)

// frontends are those of a Service's that the agent would claim.
func (x *Index) frontends(service *Service) iter.Seq[Frontend] {
	return func(yield func(Frontend) bool) {
		if !x.config.Scope.Claims(service) {
			return
		}
		for _, addr := range service.ClusterIPs {
			for _, port := range service.Ports {
				if !yield(Frontend{Addr: addr, Port: port.Port, Protocol: port.Protocol}) {
					return
				}
			}
		}
	}
}

// claim enters a decision, unless the frontend is another Service's by right.
func (x *Index) claim(r *record, entry Entry) {
	current, taken := x.table[entry.Frontend]
	if taken && current.Service != r.service.NamespacedName {
		owner := x.record(current.Service)
		x.contest(entry.Frontend, owner)
		x.contest(entry.Frontend, r)
		if !r.service.outranks(owner.service) {
			return
		}
	}
	if !taken || !current.Equal(&entry.Route) {
		x.note(entry.Frontend)
		x.table[entry.Frontend] = entry.Route
	}
}

// contest notes that a frontend has several claimants, of which r is one.
func (x *Index) contest(f Frontend, r *record) {
	if !slices.Contains(x.contested[f], r) {
		x.contested[f] = append(x.contested[f], r)
	}
}

// giveUp lets go of the frontends that a Service has and its next version, nil
// for none, will not.
func (x *Index) giveUp(r *record, next *Service) {
	var kept []Frontend
	// A Service made anew under the same name may rank differently among the
	// claimants of an address: it starts over.
	if next != nil && next.Created.Equal(r.service.Created) {
		kept = slices.Collect(x.frontends(next))
	}
	for f := range x.frontends(r.service) {
		if !slices.Contains(kept, f) {
			x.release(f, r)
		}
	}
}

// release takes a claim back. If the frontend was r's, its other claimants are
// decided anew.
func (x *Index) release(f Frontend, r *record) {
	rivals := slices.DeleteFunc(x.contested[f], func(rival *record) bool { return rival == r })
	if len(rivals) > 1 {
		x.contested[f] = rivals
	} else {
		delete(x.contested, f)
	}
	if route, ok := x.table[f]; ok && route.Service == r.service.NamespacedName {
		x.note(f)
		delete(x.table, f)
		for _, rival := range rivals {
			x.stale[rival] = struct{}{}
		}
	}
}

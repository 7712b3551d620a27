package conntrack

import (
	"errors"
	"net/netip"
	"slices"

	"github.com/inshore-dev/inshore/agent/routes"
)

// Keep is, for each frontend that changed, the backends whose flows stay. A
// frontend with none keeps no flow.
type Keep map[routes.Frontend][]netip.AddrPort

// manyFrontends is from how many frontends on one dump of a protocol is less work
// than one for each: every dump walks the whole table in the kernel.
const manyFrontends = 4

// Sweep deletes the flows to backends that are not to be kept, and returns how
// many. With handshakes, unanswered ones of TCP too: not to be asked for right
// after a change, when the answer may be on its way.
func (t *Table) Sweep(keep Keep, handshakes bool) (deleted int, err error) {
	for _, filter := range keep.filters() {
		flows, listing := t.List(filter)
		if listing != nil {
			err = errors.Join(err, listing)
			continue
		}
		for _, flow := range flows {
			if !keep.condemns(flow, handshakes) {
				continue
			}
			if failed := t.Delete(flow); failed != nil {
				err = errors.Join(err, failed)
				continue
			}
			deleted++
		}
	}
	return deleted, err
}

// filters are what to list.
func (k Keep) filters() []Filter {
	kinds := map[Filter]struct{}{}
	for f := range k {
		filter := To(f)
		if len(k) >= manyFrontends {
			filter.Dialled = netip.AddrPort{}
		}
		kinds[filter] = struct{}{}
	}
	filters := make([]Filter, 0, len(kinds))
	for filter := range kinds {
		filters = append(filters, filter)
	}
	return filters
}

// condemns decides: is the flow to be deleted.
func (k Keep) condemns(f Flow, handshakes bool) bool {
	backends, ours := k[routes.Frontend{Addr: f.Dialled.Addr(), Port: f.Dialled.Port(), Protocol: f.Protocol}]
	if !ours || slices.Contains(backends, f.Backend) {
		return false
	}
	switch f.Protocol {
	case routes.UDP:
		return true
	case routes.TCP:
		switch f.State {
		case LastAck, TimeWait, Close:
			return true
		case SynSent:
			return handshakes && !f.Answered
		}
		return false
	default:
		return !f.Answered
	}
}

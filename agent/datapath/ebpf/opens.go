package ebpf

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/cilium/ebpf"

	"github.com/inshore-dev/inshore/agent/routes"
)

// opens are the counts of open connections of every frontend that is balanced by
// them: one for each of its backends, local and fallback. The agent makes and
// removes the counts, sockets count themselves in and out.
//
// A count is never trusted alone. It begins at 0 when its backend comes, and its
// generation keeps the sockets of the backend's former life from counting
// themselves out of it: so it cannot go below 0, and what it may miss are
// connections older than it is.
type opens struct {
	counts *ebpf.Map
	flows  map[routes.Frontend][]inshoreFlow
}

// begin makes the counts that a route needs, before the route is there, and
// returns those that it does not need any more, to be removed once it is.
func (o *opens) begin(frontend routes.Frontend, route *routes.Route) (over []inshoreFlow, err error) {
	var wanted []inshoreFlow
	if route != nil && balances[balanceNumber(route.Balance)] == leastConnection {
		for _, backend := range slots(route) {
			wanted = append(wanted, flowTo(frontend, backend))
		}
	}
	known := map[inshoreFlow]bool{}
	for _, flow := range o.flows[frontend] {
		known[flow] = true
	}
	for i := range wanted {
		flow := wanted[i]
		if known[flow] {
			delete(known, flow)
			continue
		}
		// A predecessor's count goes on.
		fresh := inshoreOpen{Generation: rand.Uint64() | 1}
		if err := o.counts.Update(&flow, &fresh, ebpf.UpdateNoExist); err != nil && !errors.Is(err, ebpf.ErrKeyExist) {
			return nil, fmt.Errorf("making a count of open connections for %v: %w", frontend, err)
		}
	}
	for flow := range known {
		over = append(over, flow)
	}
	if len(wanted) > 0 {
		o.flows[frontend] = wanted
	} else {
		delete(o.flows, frontend)
	}
	return over, nil
}

// end removes counts.
func (o *opens) end(over []inshoreFlow) error { return removeKeys(o.counts, over) }

// sweep removes every count that no route needs: what a predecessor left.
func (o *opens) sweep() error {
	wanted := map[inshoreFlow]bool{}
	for _, flows := range o.flows {
		for _, flow := range flows {
			wanted[flow] = true
		}
	}
	var over []inshoreFlow
	err := each(o.counts, func(flow *inshoreFlow, _ *inshoreOpen) {
		if !wanted[*flow] {
			over = append(over, *flow)
		}
	})
	return errors.Join(err, o.end(over))
}

package nftables

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

func TestDecisions(t *testing.T) {
	one, two := to("10.1.2.2:80"), to("10.1.2.2:80", "10.1.2.3:80")
	nine := make([]netip.AddrPort, 9)
	for i := range nine {
		nine[i] = netip.MustParseAddrPort(fmt.Sprintf("10.1.2.%d:80", i+1))
	}
	for name, test := range map[string]struct {
		route    routes.Route
		class    class
		picker   picker
		backends int
	}{
		"one local pod takes everything":                  {routes.Route{Local: one}, local, single, 1},
		"several are chosen from at random":               {routes.Route{Local: two}, local, random, 2},
		"or in turn":                                      {routes.Route{Local: two, Balance: v1alpha1.BalanceRoundRobin}, local, roundRobin, 2},
		"or by the client":                                {routes.Route{Local: two, Balance: v1alpha1.BalanceSourceHash}, local, sticky, 2},
		"affinity goes by the client too":                 {routes.Route{Local: two, Affinity: time.Hour, Balance: v1alpha1.BalanceRoundRobin}, local, sticky, 2},
		"the destination is always the same":              {routes.Route{Local: two, Balance: v1alpha1.BalanceDestinationHash}, local, single, 1},
		"load is not known, so random":                    {routes.Route{Local: two, Balance: v1alpha1.BalanceLeastConnection}, local, random, 2},
		"more than the contract allows are cut":           {routes.Route{Local: nine}, local, random, 8},
		"another node's, if the Service says so":          {routes.Route{Fallback: two, Behaviour: v1alpha1.NoLocalEndpointFallback}, fallback, random, 2},
		"never another node's otherwise":                  {routes.Route{Fallback: two}, refused, 0, 0},
		"a local pod before another node's":               {routes.Route{Local: one, Fallback: two, Behaviour: v1alpha1.NoLocalEndpointFallback}, local, single, 1},
		"nobody anywhere is a refusal, not a silent drop": {routes.Route{Behaviour: v1alpha1.NoLocalEndpointFallback}, refused, 0, 0},
		"drop is silent":                                  {routes.Route{Behaviour: v1alpha1.NoLocalEndpointDrop}, dropped, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got := decide(frontend(serviceV4, routes.TCP), &test.route)
			if got.class != test.class || got.picker != test.picker || len(got.backends) != test.backends {
				t.Errorf("%s by picker %d of %d, want %s by %d of %d", got.class, got.picker, len(got.backends), test.class, test.picker, test.backends)
			}
		})
	}
}

// TestSlotsAreOnesOwn: were two pickers to share a slot, a rule could carry out
// what another decided.
func TestSlotsAreOnesOwn(t *testing.T) {
	owner := map[uint32]string{}
	for _, c := range []class{local, fallback} {
		for _, p := range []picker{single, random, roundRobin, sticky} {
			from, till := uint32(2), uint32(maxBackends)
			switch p {
			case single:
				from, till = 1, 1
			case sticky:
				from, till = stickySlots, stickySlots
			}
			for n := from; n <= till; n++ {
				p := pick{class: c, picker: p, n: n}
				for i := range n {
					if other, taken := owner[p.first()+i]; taken {
						t.Errorf("slot %d is of %q and of %q", p.first()+i, other, p)
					}
					owner[p.first()+i] = p.String()
				}
			}
		}
	}
}

func TestOnlyTheClientsOfABackendThatGoesMove(t *testing.T) {
	backends := to("10.1.2.2:80", "10.1.2.3:80", "10.1.2.4:80", "10.1.2.5:80")
	before := decision{class: local, picker: sticky, backends: backends}
	after := decision{class: local, picker: sticky, backends: backends[1:]}
	_, slots := before.slots()
	_, later := after.slots()
	for i := range slots {
		if slots[i] != backends[0] && later[i] != slots[i] {
			t.Errorf("slot %d moved from %s to %s", i, slots[i], later[i])
		}
	}
	for _, backend := range backends {
		if !slices.Contains(slots, backend) {
			t.Errorf("no client for %s: %v", backend, slots)
		}
	}
}

// TestBackendsAreChosenAsAsked by the kernel, not by us.
func TestBackendsAreChosenAsAsked(t *testing.T) {
	n := newNode(t)
	backends := to()
	for i := range uint16(maxBackends) {
		n.server.serve(fmt.Sprint(i), 8080+i)
		backends = append(backends, netip.AddrPortFrom(netip.MustParseAddr("10.1.2.2"), 8080+i))
	}
	d := open(t, n, Config{})
	f := frontend(serviceV4, routes.TCP)
	replace(t, d, nil)
	who := func(times int) map[string]int {
		counts := map[string]int{}
		for range times {
			counts[n.client.call("an answer", "tcp", serviceV4)[:1]]++
		}
		return counts
	}
	for size := 2; size <= maxBackends; size++ {
		change(t, d, f, &routes.Route{Local: backends[:size]})
		// That one of 8 is never chosen in 200 tries has a chance of 2·10⁻¹¹.
		if got := who(200); len(got) != size {
			t.Errorf("random of %d: %v", size, got)
		}
		change(t, d, f, &routes.Route{Local: backends[:size], Balance: v1alpha1.BalanceRoundRobin})
		got := who(3 * size)
		for i := range size {
			if got[fmt.Sprint(i)] != 3 {
				t.Errorf("in turn of %d: %v, want 3 each", size, got)
			}
		}
	}
	change(t, d, f, &routes.Route{Local: backends, Affinity: time.Hour})
	if got := who(20); len(got) != 1 {
		t.Errorf("with affinity: %v, want one", got)
	}
}

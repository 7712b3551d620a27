package ebpf

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"net/netip"

	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// The programs' numbers for behaviours and balances: the enums of bpf/types.h.
var (
	behaviours = []v1alpha1.NoLocalEndpoint{
		v1alpha1.NoLocalEndpointReject, v1alpha1.NoLocalEndpointDrop, v1alpha1.NoLocalEndpointFallback,
	}
	balances = []v1alpha1.Balance{
		v1alpha1.BalanceRandom, v1alpha1.BalanceRoundRobin, v1alpha1.BalanceSourceHash,
		v1alpha1.BalanceDestinationHash, leastConnection,
	}
)

// leastConnection is balanced by counting. With equal weights, which is what the
// backends of a Service have, the other two that count are the same.
const leastConnection = v1alpha1.BalanceLeastConnection

// number finds a word's number; words that it does not know are the first, which
// is the default of each.
func number[T comparable](words []T, word T) uint8 {
	for i, known := range words {
		if word == known {
			return uint8(i)
		}
	}
	return 0
}

// behaviourNumber and balanceNumber are what the programs know them as.
func behaviourNumber(b v1alpha1.NoLocalEndpoint) uint8 { return number(behaviours, b) }

func balanceNumber(b v1alpha1.Balance) uint8 {
	if b == v1alpha1.BalanceShortestExpectedDelay || b == v1alpha1.BalanceNeverQueue {
		b = leastConnection
	}
	return number(balances, b)
}

// fits reports what a decision cannot hold. Routes are made to fit; one that is
// not is an error rather than a decision about fewer backends than it says.
func fits(frontend routes.Frontend, route *routes.Route) error {
	if len(route.Local) > routes.MaxLocal || len(route.Fallback) > routes.MaxFallback {
		return fmt.Errorf("%v has %d local and %d fallback backends, the most are %d and %d", frontend,
			len(route.Local), len(route.Fallback), routes.MaxLocal, routes.MaxFallback)
	}
	for _, backend := range slots(route) {
		if backend.Addr().Is4() != frontend.Addr.Is4() || backend.Addr().Is4In6() {
			return fmt.Errorf("%v has a backend of another family, %v", frontend, backend)
		}
	}
	return nil
}

func decision4(key *inshoreFrontend4, route *routes.Route) (decision inshoreDecision4) {
	for slot, backend := range slots(route) {
		addr := backend.Addr().As4()
		decision.Backends[slot].Addr = network32(addr[:])
		decision.Backends[slot].Port = network16(backend.Port())
	}
	finish(octets(&decision), octets(key), route)
	return decision
}

func decision6(key *inshoreFrontend6, route *routes.Route) (decision inshoreDecision6) {
	for slot, backend := range slots(route) {
		decision.Backends[slot].Addr = encodeAddr16(backend.Addr())
		decision.Backends[slot].Port = network16(backend.Port())
	}
	finish(octets(&decision), octets(key), route)
	return decision
}

// slots are the places of a route's backends in a decision.
func slots(route *routes.Route) iter.Seq2[int, netip.AddrPort] {
	return func(yield func(int, netip.AddrPort) bool) {
		for i, backend := range route.Local {
			if !yield(i, backend) {
				return
			}
		}
		for i, backend := range route.Fallback {
			if !yield(routes.MaxLocal+i, backend) {
				return
			}
		}
	}
}

// finish fills the head in and seals the decision with a tag of its own.
func finish(decision, key []byte, route *routes.Route) {
	facts := decision[8*wordFacts:]
	facts[0] = uint8(len(route.Local))
	facts[1] = uint8(len(route.Fallback))
	facts[2] = behaviourNumber(route.Behaviour)
	facts[3] = balanceNumber(route.Balance)
	if route.Affinity > 0 {
		facts[4] = 1
	}
	seal(decision, key, rand.Uint64())
}

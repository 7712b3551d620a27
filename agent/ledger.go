package agent

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// ledger is what has been committed, as far as people are told of it: which
// Service each frontend is of, and where its calls go. It is pure.
type ledger struct {
	// begun is whether a first table has been committed.
	begun    bool
	entries  map[routes.Frontend]entry
	services map[types.NamespacedName]*service
	// missing are the frontends that the datapath has no room for.
	missing map[routes.Frontend]struct{}
}

// entry is one frontend.
type entry struct {
	service *service
	at      place
	// known is whether the frontend had a local endpoint, or came with the first
	// table: only then is being without one a change that is worth telling.
	known bool
}

// service is what is told of one Service.
type service struct {
	name types.NamespacedName
	// frontends counts the Service's, lost those of them by where calls go that
	// went to a local endpoint, missing those without room.
	frontends, missing int
	lost               [places]int
	// told is what people were last told.
	told place
}

// place is where the calls to a frontend go. A Service's is the worst of its
// frontends'.
type place uint8

const (
	// atLocal is a local endpoint.
	atLocal place = iota
	// atFallback is another node's.
	atFallback
	// atRefused is nowhere, and the client learns it at once.
	atRefused
	// atDropped is nowhere, and the client waits.
	atDropped
	places
)

// placeOf is where a route leads.
func placeOf(route *routes.Route) place {
	switch {
	case len(route.Local) > 0:
		return atLocal
	case route.Behaviour == v1alpha1.NoLocalEndpointDrop:
		return atDropped
	case route.Behaviour == v1alpha1.NoLocalEndpointFallback && len(route.Fallback) > 0:
		return atFallback
	default:
		return atRefused
	}
}

// transition is something about a Service that was one way and now is another.
type transition struct {
	service  types.NamespacedName
	from, to place
	// full is whether the Service has just run out of room.
	full bool
}

func newLedger() *ledger {
	return &ledger{
		entries:  map[routes.Frontend]entry{},
		services: map[types.NamespacedName]*service{},
		missing:  map[routes.Frontend]struct{}{},
	}
}

// difference are the changes that lead from the ledger to table. Frontends that
// are in both are among them, changed or not.
func (l *ledger) difference(table routes.Table) []routes.Change {
	changes := make([]routes.Change, 0, len(table))
	for frontend, route := range table {
		changes = append(changes, routes.Change{Frontend: frontend, Route: &route})
	}
	for frontend := range l.entries {
		if _, still := table[frontend]; !still {
			changes = append(changes, routes.Change{Frontend: frontend})
		}
	}
	return changes
}

// apply notes what was committed, and which frontends there is no room for now, and
// returns what there is to tell, a Service at most once.
//
// A Service that appears is no transition: a Service is always created before
// its pods, and an agent that restarts would tell on every node what everybody
// knows. Being found without a local endpoint by the first table is not told
// either, but its end is: a predecessor told the beginning.
func (l *ledger) apply(changes []routes.Change, missing []routes.Frontend) []transition {
	touched := map[*service]int{}
	touch := func(s *service) {
		if _, already := touched[s]; !already {
			touched[s] = s.missing
		}
	}
	for _, change := range changes {
		if old, known := l.entries[change.Frontend]; known {
			touch(old.service)
			l.remove(change.Frontend, old, change.Route)
		}
		if change.Route != nil {
			touch(l.add(change.Frontend, change.Route))
		}
	}
	l.setMissing(missing, touch)
	l.begun = true
	var told []transition
	for s, wasMissing := range touched {
		if s.frontends == 0 {
			delete(l.services, s.name)
			continue
		}
		now := s.place()
		if t := (transition{service: s.name, from: s.told, to: now, full: wasMissing == 0 && s.missing > 0}); t.from != t.to || t.full {
			told = append(told, t)
		}
		s.told = now
	}
	return told
}

// remove takes a frontend's entry out; add puts it back if it has a route still.
func (l *ledger) remove(frontend routes.Frontend, e entry, next *routes.Route) {
	e.service.frontends--
	if e.at != atLocal && e.known {
		e.service.lost[e.at]--
	}
	if _, was := l.missing[frontend]; was && (next == nil || next.Service != e.service.name) {
		delete(l.missing, frontend)
		e.service.missing--
	}
	if next == nil || next.Service != e.service.name {
		delete(l.entries, frontend)
	}
}

func (l *ledger) add(frontend routes.Frontend, route *routes.Route) *service {
	s := l.services[route.Service]
	if s == nil {
		s = &service{name: route.Service}
		l.services[route.Service] = s
	}
	e := entry{service: s, at: placeOf(route)}
	e.known = l.entries[frontend].known || e.at == atLocal || !l.begun
	l.entries[frontend] = e
	s.frontends++
	if e.at != atLocal && e.known {
		s.lost[e.at]++
	}
	if !l.begun {
		s.told = s.place()
	}
	return s
}

// place is the worst of the frontends that lost their local endpoint.
func (s *service) place() place {
	for p := atDropped; p > atLocal; p-- {
		if s.lost[p] > 0 {
			return p
		}
	}
	return atLocal
}

// setMissing notes which frontends have no room.
func (l *ledger) setMissing(missing []routes.Frontend, touch func(*service)) {
	before := l.missing
	l.missing = make(map[routes.Frontend]struct{}, len(missing))
	for _, frontend := range missing {
		e, known := l.entries[frontend]
		if !known {
			continue
		}
		l.missing[frontend] = struct{}{}
		if _, was := before[frontend]; !was {
			touch(e.service)
			e.service.missing++
		}
	}
	for frontend := range before {
		if _, still := l.missing[frontend]; !still {
			l.entries[frontend].service.missing--
		}
	}
}

// waiting are the frontends that there is no room for.
func (l *ledger) waiting() []routes.Frontend { return slices.Collect(maps.Keys(l.missing)) }

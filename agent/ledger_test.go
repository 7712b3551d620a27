package agent

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// at makes a route that leads to a place.
func at(p place) *routes.Route {
	backend := []netip.AddrPort{netip.MustParseAddrPort("10.244.0.1:8080")}
	r := &routes.Route{Service: named("a"), Behaviour: v1alpha1.NoLocalEndpointReject}
	switch p {
	case atLocal:
		r.Local = backend
	case atFallback:
		r.Behaviour, r.Fallback = v1alpha1.NoLocalEndpointFallback, backend
	case atDropped:
		r.Behaviour = v1alpha1.NoLocalEndpointDrop
	}
	return r
}

func TestTransitions(t *testing.T) {
	type step map[byte]*routes.Route // By the end of the frontend's address.
	tests := map[string]struct {
		steps []step
		want  []string // What each step after the first tells: "from to", places by number.
	}{
		"a Service that appears without a local endpoint is not told": {
			[]step{{}, {1: at(atRefused)}}, []string{""}},
		"its first local endpoint is not told either": {
			[]step{{}, {1: at(atRefused)}, {1: at(atLocal)}}, []string{"", ""}},
		"losing the local endpoint is told": {
			[]step{{1: at(atLocal)}, {1: at(atRefused)}}, []string{"0 2"}},
		"staying without one is told once": {
			[]step{{1: at(atLocal)}, {1: at(atDropped)}, {1: at(atDropped)}}, []string{"0 3", ""}},
		"having one again is told": {
			[]step{{1: at(atLocal)}, {1: at(atRefused)}, {1: at(atLocal)}}, []string{"0 2", "2 0"}},
		"what a predecessor told the beginning of, is told the end of": {
			[]step{{1: at(atFallback)}, {1: at(atLocal)}}, []string{"1 0"}},
		"a fallback that runs dry is told": {
			[]step{{1: at(atLocal)}, {1: at(atFallback)}, {1: at(atRefused)}}, []string{"0 1", "1 2"}},
		"two ports that lose theirs are told once": {
			[]step{{1: at(atLocal), 2: at(atLocal)}, {1: at(atRefused), 2: at(atRefused)}}, []string{"0 2"}},
		"the second port of a Service in trouble is told no more": {
			[]step{{1: at(atLocal), 2: at(atLocal)}, {1: at(atRefused)}, {2: at(atRefused)}, {1: at(atLocal)}, {2: at(atLocal)}},
			[]string{"0 2", "", "", "2 0"}},
		"a family that never had a pod does not hide the loss of the other": {
			[]step{{}, {1: at(atLocal), 2: at(atRefused)}, {1: at(atRefused)}}, []string{"", "0 2"}},
		"a Service that goes while in trouble ends without a word": {
			[]step{{1: at(atLocal)}, {1: at(atRefused)}, {1: nil}, {1: at(atLocal)}}, []string{"0 2", "", ""}},
		"a port that goes while in trouble ends it": {
			[]step{{1: at(atLocal), 2: at(atLocal)}, {1: at(atRefused)}, {1: nil}}, []string{"0 2", "2 0"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			l := newLedger()
			var got []string
			for i, step := range test.steps {
				var changes []routes.Change
				for n, route := range step {
					changes = append(changes, routes.Change{Frontend: frontend(n), Route: route})
				}
				said := ""
				for _, transition := range l.apply(changes, nil) {
					said += fmt.Sprintf("%d %d", transition.from, transition.to)
				}
				if i > 0 {
					got = append(got, said)
				} else if said != "" {
					t.Errorf("the first table told %q", said)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("told %q, want %q", got, test.want)
			}
		})
	}
}

func TestAFrontendMayChangeItsService(t *testing.T) {
	l := newLedger()
	l.apply([]routes.Change{{Frontend: frontend(1), Route: at(atLocal)}}, nil)
	other := at(atLocal)
	other.Service = named("b")
	l.apply([]routes.Change{{Frontend: frontend(1), Route: other}}, nil)
	if len(l.services) != 1 || l.entries[frontend(1)].service.name != named("b") {
		t.Errorf("services are %v", l.services)
	}
}

func TestDifferenceLeadsToTheTable(t *testing.T) {
	l := newLedger()
	l.apply([]routes.Change{{Frontend: frontend(1), Route: at(atLocal)}, {Frontend: frontend(2), Route: at(atLocal)}}, nil)
	l.apply(l.difference(routes.Table{frontend(2): *at(atLocal), frontend(3): *at(atRefused)}), nil)
	var got []byte
	for f := range l.entries {
		got = append(got, f.Addr.As4()[3])
	}
	slices.Sort(got)
	if diff := cmp.Diff([]byte{2, 3}, got); diff != "" {
		t.Errorf("frontends (-want +got):\n%s", diff)
	}
}

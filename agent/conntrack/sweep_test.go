package conntrack

import (
	"net/netip"
	"testing"

	"github.com/inshore-dev/inshore/agent/routes"
)

func TestWhichFlowsGo(t *testing.T) {
	service, old, current := netip.MustParseAddrPort("10.96.0.10:53"), netip.MustParseAddrPort("10.244.1.2:53"), netip.MustParseAddrPort("10.244.1.3:53")
	keep := Keep{
		{Addr: service.Addr(), Port: 53, Protocol: routes.UDP}:  {current},
		{Addr: service.Addr(), Port: 53, Protocol: routes.TCP}:  {current},
		{Addr: service.Addr(), Port: 53, Protocol: routes.SCTP}: {current},
	}
	for name, test := range map[string]struct {
		flow       Flow
		handshakes bool
		goes       bool
	}{
		"UDP to a backend that is gone":                    {flow: Flow{Protocol: routes.UDP, Dialled: service, Backend: old, Answered: true}, goes: true},
		"UDP that was never translated":                    {flow: Flow{Protocol: routes.UDP, Dialled: service, Backend: service}, goes: true},
		"UDP to a backend that stays":                      {flow: Flow{Protocol: routes.UDP, Dialled: service, Backend: current}},
		"UDP to what is not ours":                          {flow: Flow{Protocol: routes.UDP, Dialled: old, Backend: old}},
		"UDP to another port":                              {flow: Flow{Protocol: routes.UDP, Dialled: netip.AddrPortFrom(service.Addr(), 54), Backend: old}},
		"an established TCP connection":                    {flow: Flow{Protocol: routes.TCP, State: Established, Dialled: service, Backend: old, Answered: true}, handshakes: true},
		"a TCP connection that is over":                    {flow: Flow{Protocol: routes.TCP, State: TimeWait, Dialled: service, Backend: old, Answered: true}, goes: true},
		"a TCP connection that was reset":                  {flow: Flow{Protocol: routes.TCP, State: Close, Dialled: service, Backend: old, Answered: true}, goes: true},
		"a TCP connection that is over, to one that stays": {flow: Flow{Protocol: routes.TCP, State: TimeWait, Dialled: service, Backend: current}},
		"a handshake that may yet be answered":             {flow: Flow{Protocol: routes.TCP, State: SynSent, Dialled: service, Backend: old}},
		"a handshake that nobody answered for a second":    {flow: Flow{Protocol: routes.TCP, State: SynSent, Dialled: service, Backend: old}, handshakes: true, goes: true},
		"an SCTP association":                              {flow: Flow{Protocol: routes.SCTP, Dialled: service, Backend: old, Answered: true}},
		"SCTP that nobody answered":                        {flow: Flow{Protocol: routes.SCTP, Dialled: service, Backend: old}, goes: true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := keep.condemns(test.flow, test.handshakes); got != test.goes {
				t.Errorf("deleted: %t, want %t", got, test.goes)
			}
		})
	}
}

func TestFewFrontendsAreListedOneByOne(t *testing.T) {
	keep := Keep{}
	for port := range uint16(manyFrontends) {
		for _, addr := range []string{"10.96.0.10", "fd96::10"} {
			keep[routes.Frontend{Addr: netip.MustParseAddr(addr), Port: port, Protocol: routes.UDP}] = nil
		}
		want := 2 * (int(port) + 1)
		if want >= manyFrontends {
			want = 2 // One of each family.
		}
		if got := keep.filters(); len(got) != want {
			t.Errorf("%d frontends: %d dumps, want %d", len(keep), len(got), want)
		}
	}
}

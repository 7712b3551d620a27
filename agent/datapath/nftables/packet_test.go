package nftables

import (
	"context"
	"net/netip"
	"testing"

	"github.com/go-logr/logr/testr"

	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

const (
	serviceV4 = "10.96.0.10:80"
	serviceV6 = "[fd96::10]:80"
)

func open(t testing.TB, n *node, c Config) *Datapath {
	t.Helper()
	if test, ok := t.(*testing.T); ok {
		c.Log = testr.New(test)
	}
	var d *Datapath
	n.in(func() {
		var err error
		if d, err = Open(c); err != nil {
			t.Errorf("opening: %v", err)
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func frontend(address string, p routes.Protocol) routes.Frontend {
	a := netip.MustParseAddrPort(address)
	return routes.Frontend{Addr: a.Addr(), Port: a.Port(), Protocol: p}
}

func to(addresses ...string) []netip.AddrPort {
	var all []netip.AddrPort
	for _, a := range addresses {
		all = append(all, netip.MustParseAddrPort(a))
	}
	return all
}

func replace(t testing.TB, d *Datapath, table routes.Table) {
	t.Helper()
	if err := d.Replace(context.Background(), table); err != nil {
		t.Fatalf("replacing the table: %v", err)
	}
}

func change(t testing.TB, d *Datapath, f routes.Frontend, r *routes.Route) {
	t.Helper()
	if err := d.Update(context.Background(), []routes.Change{{Frontend: f, Route: r}}); err != nil {
		t.Fatalf("updating: %v", err)
	}
}

// everywhere is a table with one route for both families, by TCP and UDP.
func everywhere(v4, v6 routes.Route) routes.Table {
	table := routes.Table{}
	for _, p := range []routes.Protocol{routes.TCP, routes.UDP} {
		table[frontend(serviceV4, p)] = v4
		table[frontend(serviceV6, p)] = v6
	}
	return table
}

func TestPacketsGoWhereTheTableSays(t *testing.T) {
	n := newNode(t)
	n.server.serve("server", 8080)
	n.other.serve("other", 8080)
	n.client.serve("client", 8080)
	n.serve("node", 8080)
	d := open(t, n, Config{})
	local4, local6 := "10.1.2.2:8080", "[fd02::2]:8080"
	other4, other6 := "10.1.3.2:8080", "[fd03::2]:8080"
	for name, test := range map[string]struct {
		v4, v6 routes.Route
		from   *space
		want4  string
		want6  string
	}{
		"a pod reaches the local pod, which sees who calls": {
			v4: routes.Route{Local: to(local4)}, v6: routes.Route{Local: to(local6)},
			from: n.client, want4: "server 10.1.1.2", want6: "server fd01::2",
		},
		"a process of the node reaches the local pod": {
			v4: routes.Route{Local: to(local4)}, v6: routes.Route{Local: to(local6)},
			from: n.space, want4: "server 10.1.3.1", want6: "server fd03::1",
		},
		"a pod that calls itself reaches itself, by way of the node": {
			v4: routes.Route{Local: to(local4)}, v6: routes.Route{Local: to(local6)},
			from: n.server, want4: "server 10.1.2.1", want6: "server fd02::1",
		},
		// By the address next to the client, from which a UDP server that listens
		// on all addresses answers.
		"a pod reaches a hostNetwork pod": {
			v4: routes.Route{Local: to("10.1.1.1:8080")}, v6: routes.Route{Local: to("[fd01::1]:8080")},
			from: n.client, want4: "node 10.1.1.2", want6: "node fd01::2",
		},
		"a process of the node reaches a hostNetwork pod": {
			v4: routes.Route{Local: to("10.1.3.1:8080")}, v6: routes.Route{Local: to("[fd03::1]:8080")},
			from: n.space, want4: "node 10.1.3.1", want6: "node fd03::1",
		},
		"without a local pod, fallback reaches another node's": {
			v4:   routes.Route{Behaviour: v1alpha1.NoLocalEndpointFallback, Fallback: to(other4)},
			v6:   routes.Route{Behaviour: v1alpha1.NoLocalEndpointFallback, Fallback: to(other6)},
			from: n.client, want4: "other 10.1.1.2", want6: "other fd01::2",
		},
		"with one, fallback is not used": {
			v4:   routes.Route{Behaviour: v1alpha1.NoLocalEndpointFallback, Local: to(local4), Fallback: to(other4)},
			v6:   routes.Route{Behaviour: v1alpha1.NoLocalEndpointFallback, Local: to(local6), Fallback: to(other6)},
			from: n.client, want4: "server 10.1.1.2", want6: "server fd01::2",
		},
		"a pod is refused":                 {from: n.client, want4: wasRefused, want6: wasRefused},
		"a process of the node is refused": {from: n.space, want4: wasRefused, want6: wasRefused},
		"fallback to nobody is refused": {
			v4: routes.Route{Behaviour: v1alpha1.NoLocalEndpointFallback}, v6: routes.Route{Behaviour: v1alpha1.NoLocalEndpointFallback},
			from: n.client, want4: wasRefused, want6: wasRefused,
		},
		"a pod hears nothing": {
			v4: routes.Route{Behaviour: v1alpha1.NoLocalEndpointDrop}, v6: routes.Route{Behaviour: v1alpha1.NoLocalEndpointDrop},
			from: n.client, want4: wasSilent, want6: wasSilent,
		},
		"a process of the node hears nothing": {
			v4: routes.Route{Behaviour: v1alpha1.NoLocalEndpointDrop}, v6: routes.Route{Behaviour: v1alpha1.NoLocalEndpointDrop},
			from: n.space, want4: wasSilent, want6: wasSilent,
		},
	} {
		t.Run(name, func(t *testing.T) {
			replace(t, d, everywhere(test.v4, test.v6))
			for _, network := range []string{"tcp", "udp"} {
				if got := test.from.call(test.want4, network, serviceV4); got != test.want4 {
					t.Errorf("%s over IPv4: %s, want %s", network, got, test.want4)
				}
				if got := test.from.call(test.want6, network, serviceV6); got != test.want6 {
					t.Errorf("%s over IPv6: %s, want %s", network, got, test.want6)
				}
			}
		})
	}
}

package nftables

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// dial opens a socket that a test goes on using.
func (s *space) dial(network, address string) net.Conn {
	s.t.Helper()
	var conn net.Conn
	s.in(func() {
		var err error
		if conn, err = net.DialTimeout(network, address, generous); err != nil {
			s.t.Errorf("%s: dialling %s: %v", s.name, address, err)
		}
	})
	if s.t.Failed() {
		s.t.FailNow()
	}
	s.t.Cleanup(func() { conn.Close() })
	return conn
}

// eventually asks over one socket until the answer is the one wanted.
func eventually(t *testing.T, conn net.Conn, want string) {
	t.Helper()
	var got string
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if got = ask(conn, patience); got == want {
			return
		}
	}
	t.Fatalf("%s, want %s", got, want)
}

// TestDatagramSocketsFollowTheTable: a UDP client that never closes its socket
// meets each decision in turn. Without conntrack's help it would stay with its
// first one.
func TestDatagramSocketsFollowTheTable(t *testing.T) {
	for name, test := range map[string]struct{ frontend, server, other, from string }{
		"IPv4": {serviceV4, "10.1.2.2:8080", "10.1.3.2:8080", "10.1.1.2"},
		"IPv6": {serviceV6, "[fd02::2]:8080", "[fd03::2]:8080", "fd01::2"},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNode(t)
			n.server.serve("server", 8080)
			n.other.serve("other", 8080)
			d := open(t, n, Config{})
			f := frontend(test.frontend, routes.UDP)
			conn := n.client.dial("udp", test.frontend)
			if got := ask(conn, patience); got != wasSilent {
				t.Fatalf("before there is a table: %s, want %s", got, wasSilent)
			}
			replace(t, d, routes.Table{f: {Local: to(test.server)}})
			eventually(t, conn, fmt.Sprintf("server %s", test.from))
			change(t, d, f, &routes.Route{Behaviour: v1alpha1.NoLocalEndpointFallback, Fallback: to(test.other)})
			eventually(t, conn, fmt.Sprintf("other %s", test.from))
			change(t, d, f, &routes.Route{})
			eventually(t, conn, wasRefused)
			change(t, d, f, &routes.Route{Local: to(test.server)})
			eventually(t, conn, fmt.Sprintf("server %s", test.from))
			change(t, d, f, &routes.Route{Behaviour: v1alpha1.NoLocalEndpointDrop})
			eventually(t, conn, wasSilent)
		})
	}
}

// TestEstablishedConnectionsStay: the old pod of a surge goes on serving the
// connections that it has.
func TestEstablishedConnectionsStay(t *testing.T) {
	n := newNode(t)
	n.server.serve("server", 8080)
	n.other.serve("other", 8080)
	d := open(t, n, Config{})
	f := frontend(serviceV4, routes.TCP)
	replace(t, d, routes.Table{f: {Local: to("10.1.2.2:8080")}})
	conn := n.client.dial("tcp", serviceV4)
	change(t, d, f, &routes.Route{Local: to("10.1.3.2:8080")})
	if got, want := n.client.call("other", "tcp", serviceV4), "other 10.1.1.2"; got != want {
		t.Errorf("a new connection: %s, want %s", got, want)
	}
	if got, want := ask(conn, generous), "server 10.1.1.2"; got != want {
		t.Errorf("the established one: %s, want %s", got, want)
	}
}

package ebpf_test

import (
	"context"
	"net"
	"net/netip"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/datapath/ebpf"
	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// stream connects a TCP socket of a family.
func stream(t testing.TB, family, protocol int, to string) (fd int, err error) {
	t.Helper()
	fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd, unix.Connect(fd, sockaddr(family, netip.MustParseAddrPort(to)))
}

func peerName(t testing.TB, fd int) string {
	t.Helper()
	address, err := unix.Getpeername(fd)
	if err != nil {
		t.Fatal(err)
	}
	return ebpf.AddrPortOf(address).String()
}

func TestAnIPv6SocketReachesIPv4ByMappedAddresses(t *testing.T) {
	routing(t, routes.Table{tcp("10.96.0.1:80"): local(server(t, "127.0.0.1:0", "four"))})
	fd, err := stream(t, unix.AF_INET6, 0, "[::ffff:10.96.0.1]:80")
	if err != nil {
		t.Fatal(err)
	}
	if peer := peerName(t, fd); peer != "[::ffff:10.96.0.1]:80" {
		t.Errorf("the peer is said to be %s", peer)
	}
}

func TestAMarkedSocketIsLeftAlone(t *testing.T) {
	backend := server(t, "127.0.0.1:0", "behind")
	server(t, "127.0.0.2:8080", "the proxy")
	routing(t, routes.Table{tcp("127.0.0.2:8080"): local(backend)})
	dialer := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) (err error) {
		problem := raw.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_MARK, ebpf.BypassMark)
		})
		if problem != nil {
			return problem
		}
		return err
	}}
	for want, dial := range map[string]func() (net.Conn, error){
		"the proxy": func() (net.Conn, error) { return dialer.Dial("tcp", "127.0.0.2:8080") },
		"behind":    func() (net.Conn, error) { return net.Dial("tcp", "127.0.0.2:8080") },
	} {
		conn, err := dial()
		if err != nil {
			t.Fatal(err)
		}
		if got := read(t, conn); got != want {
			t.Errorf("%q answered, want %q", got, want)
		}
	}
}

func TestASocketThatConnectsElsewhereIsToldSo(t *testing.T) {
	backend := echo(t, "127.0.0.1:0", "four")
	routing(t, routes.Table{udp("10.96.0.1:53"): local(backend)})
	fd := socket(t, unix.AF_INET)
	for _, to := range []string{"10.96.0.1:53", backend.String(), "10.96.0.1:53"} {
		if err := unix.Connect(fd, sockaddr(unix.AF_INET, netip.MustParseAddrPort(to))); err != nil {
			t.Fatal(err)
		}
		if peer := peerName(t, fd); peer != to {
			t.Errorf("connected to %s, the peer is said to be %s", to, peer)
		}
	}
}

// The kernel runs the connect hook for the first subflow of an MPTCP socket. What the
// hook remembers is that subflow's, so the socket itself is told its backend.
func TestAnMPTCPSocketIsTranslatedOneWay(t *testing.T) {
	backend := server(t, "127.0.0.1:0", "four")
	routing(t, routes.Table{tcp("10.96.0.1:80"): local(backend)})
	fd, err := stream(t, unix.AF_INET, unix.IPPROTO_MPTCP, "10.96.0.1:80")
	if err != nil {
		t.Fatalf("connecting, which needs net.mptcp.enabled: %v", err)
	}
	if peer := peerName(t, fd); peer != backend.String() {
		t.Errorf("the peer is said to be %s; if it is the frontend, say so in the package comment", peer)
	}
}

func TestCounters(t *testing.T) {
	ctx := context.Background()
	backend := server(t, "127.0.0.1:0", "four")
	to, table := tcp("10.96.0.1:80"), routes.Table{}
	table[to] = local(backend)
	d := routing(t, table)
	use := func(n int, route routes.Route) {
		if err := d.Update(ctx, []routes.Change{{Frontend: to, Route: &route}}); err != nil {
			t.Fatal(err)
		}
		for range n {
			_, _, _ = ask("10.96.0.1:80")
		}
	}
	use(3, local(backend))
	use(2, local())
	use(4, routes.Route{Fallback: []netip.AddrPort{backend}, Behaviour: v1alpha1.NoLocalEndpointFallback})
	// A local backend comes before any fallback.
	use(1, routes.Route{
		Local: []netip.AddrPort{backend}, Fallback: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.3:1")},
		Behaviour: v1alpha1.NoLocalEndpointFallback,
	})
	use(1, routes.Route{Behaviour: v1alpha1.NoLocalEndpointFallback})
	want := datapath.Counters{Local: 4, Fallback: 4, Refused: 3}
	wantCounters(t, d, to, want)
	// They outlive a restart, and go with the frontend.
	again := routing(t, table)
	wantCounters(t, again, to, want)
	if err := again.Update(ctx, []routes.Change{{Frontend: to}}); err != nil {
		t.Fatal(err)
	}
	wantCounters(t, again, to, datapath.Counters{})
}

func wantCounters(t *testing.T, d *ebpf.Datapath, of routes.Frontend, want datapath.Counters) {
	t.Helper()
	counters, err := d.Counters()
	if err != nil {
		t.Fatal(err)
	}
	if counters[of] != want {
		t.Errorf("counted %+v, want %+v", counters[of], want)
	}
}

package ebpf_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/inshore-dev/inshore/agent/datapath/ebpf"
	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// echo answers each datagram with its own name.
func echo(t testing.TB, address, name string) netip.AddrPort {
	t.Helper()
	conn, err := net.ListenPacket("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buffer := make([]byte, 64)
		for {
			_, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo([]byte(name), from)
		}
	}()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// socket is an unconnected UDP socket of a family that waits a while for answers.
func socket(t testing.TB, family int) int {
	t.Helper()
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	patience := unix.NsecToTimeval(int64(5 * time.Second))
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &patience); err != nil {
		t.Fatal(err)
	}
	return fd
}

// sockaddr is an address for a socket of a family: v4-mapped where need be.
func sockaddr(family int, to netip.AddrPort) unix.Sockaddr {
	if family == unix.AF_INET {
		return &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16()}
}

// exchange sends a datagram and returns who answered, and where the answer is said
// to come from.
func exchange(fd, family int, to string) (name string, from netip.AddrPort, err error) {
	if err := unix.Sendto(fd, []byte("?"), 0, sockaddr(family, netip.MustParseAddrPort(to))); err != nil {
		return "", netip.AddrPort{}, fmt.Errorf("sending: %w", err)
	}
	return receive(fd)
}

func receive(fd int) (name string, from netip.AddrPort, err error) {
	buffer := make([]byte, 64)
	n, address, err := unix.Recvfrom(fd, buffer, 0)
	if err != nil {
		return "", netip.AddrPort{}, fmt.Errorf("receiving: %w", err)
	}
	from = ebpf.AddrPortOf(address)
	return string(buffer[:n]), netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), nil
}

func TestOneSocketTalksToSeveralServices(t *testing.T) {
	table, names := routes.Table{}, map[string]string{}
	for i := range 12 {
		to, name := fmt.Sprintf("10.96.0.%d:53", i+1), fmt.Sprintf("four-%d", i)
		table[udp(to)], names[to] = local(echo(t, "127.0.0.1:0", name)), name
		to, name = fmt.Sprintf("[fd00:96::%d]:53", i+1), fmt.Sprintf("six-%d", i)
		table[udp(to)], names[to] = local(echo(t, "[::1]:0", name)), name
	}
	routing(t, table)
	dual, four := socket(t, unix.AF_INET6), socket(t, unix.AF_INET)
	for range 3 {
		for to, name := range names {
			wantAnswer(t, dual, unix.AF_INET6, to, name)
			if netip.MustParseAddrPort(to).Addr().Is4() {
				wantAnswer(t, four, unix.AF_INET, to, name)
			}
		}
	}
}

func wantAnswer(t *testing.T, fd, family int, to, name string) {
	t.Helper()
	got, from, err := exchange(fd, family, to)
	if err != nil || got != name || from != netip.MustParseAddrPort(to) {
		t.Errorf("asked %s, %q answered from %v (%v); want %q", to, got, from, err, name)
	}
}

// More Services than a socket's ring holds: what was asked last is always known.
func TestASocketThatTalksToVeryManyServices(t *testing.T) {
	table, names := routes.Table{}, map[string]string{}
	for i := range 40 {
		to, name := fmt.Sprintf("10.96.0.%d:53", i+1), fmt.Sprintf("four-%d", i)
		table[udp(to)], names[to] = local(echo(t, "127.0.0.1:0", name)), name
	}
	routing(t, table)
	fd := socket(t, unix.AF_INET)
	for range 2 {
		for to, name := range names {
			wantAnswer(t, fd, unix.AF_INET, to, name)
		}
	}
}

func TestAnAnswerOfABackendAskedDirectlyIsItsOwn(t *testing.T) {
	backend := echo(t, "127.0.0.1:0", "four")
	routing(t, routes.Table{udp("10.96.0.1:53"): local(backend)})
	fd := socket(t, unix.AF_INET)
	wantAnswer(t, fd, unix.AF_INET, "10.96.0.1:53", "four")
	wantAnswer(t, fd, unix.AF_INET, backend.String(), "four")
	wantAnswer(t, fd, unix.AF_INET, "10.96.0.1:53", "four")
}

func TestAConnectedDatagramSocket(t *testing.T) {
	routing(t, routes.Table{
		udp("10.96.0.1:53"):      local(echo(t, "127.0.0.1:0", "four")),
		udp("[fd00:96::1]:53"):   local(echo(t, "[::1]:0", "six")),
		udp("10.96.0.2:53"):      local(),
		udp("[fd00:96::2]:5300"): local(),
	})
	for to, name := range map[string]string{"10.96.0.1:53": "four", "[fd00:96::1]:53": "six"} {
		fd := socket(t, unix.AF_INET6)
		if err := unix.Connect(fd, sockaddr(unix.AF_INET6, netip.MustParseAddrPort(to))); err != nil {
			t.Fatal(err)
		}
		if err := unix.Send(fd, []byte("?"), 0); err != nil {
			t.Fatal(err)
		}
		got, from, err := receive(fd)
		if err != nil || got != name || from != netip.MustParseAddrPort(to) {
			t.Errorf("asked %s, %q answered from %v (%v); want %q", to, got, from, err, name)
		}
	}
	for _, to := range []string{"10.96.0.2:53", "[fd00:96::2]:5300"} {
		fd := socket(t, unix.AF_INET6)
		if err := unix.Connect(fd, sockaddr(unix.AF_INET6, netip.MustParseAddrPort(to))); !errors.Is(err, unix.ECONNREFUSED) {
			t.Errorf("connecting to %s: %v, want refused", to, err)
		}
		if _, _, err := exchange(fd, unix.AF_INET6, to); !errors.Is(err, unix.ECONNREFUSED) {
			t.Errorf("sending to %s: %v, want refused", to, err)
		}
	}
}

func TestDatagramsOfASocketStayWithABackendWhileItIsThere(t *testing.T) {
	ctx, to := context.Background(), "10.96.0.1:53"
	var backends []netip.AddrPort
	for i := range 4 {
		backends = append(backends, echo(t, "127.0.0.1:0", fmt.Sprint(i)))
	}
	d := routing(t, routes.Table{udp(to): local(backends...)})
	used := map[string]bool{}
	for range 64 {
		fd := socket(t, unix.AF_INET)
		first, _, err := exchange(fd, unix.AF_INET, to)
		if err != nil {
			t.Fatal(err)
		}
		used[first] = true
		for range 8 {
			wantAnswer(t, fd, unix.AF_INET, to, first)
		}
	}
	if len(used) != len(backends) {
		t.Errorf("64 sockets used only %d of %d backends", len(used), len(backends))
	}
	fd := socket(t, unix.AF_INET)
	first, _, err := exchange(fd, unix.AF_INET, to)
	if err != nil {
		t.Fatal(err)
	}
	var gone int
	fmt.Sscan(first, &gone)
	rest := local(append(backends[:gone:gone], backends[gone+1:]...)...)
	if err := d.Update(ctx, []routes.Change{{Frontend: udp(to), Route: &rest}}); err != nil {
		t.Fatal(err)
	}
	if second, from, err := exchange(fd, unix.AF_INET, to); err != nil || second == first || from != netip.MustParseAddrPort(to) {
		t.Errorf("after its backend went the socket got %q from %v (%v)", second, from, err)
	}
}

func TestDropPassesThroughAndIsCounted(t *testing.T) {
	to := "127.0.0.2:5353"
	echo(t, to, "the proxy")
	d := routing(t, routes.Table{udp(to): {Behaviour: v1alpha1.NoLocalEndpointDrop}})
	fd := socket(t, unix.AF_INET)
	wantAnswer(t, fd, unix.AF_INET, to, "the proxy")
	counters, err := d.Counters()
	if err != nil || counters[udp(to)].Dropped != 1 {
		t.Errorf("counted %+v (%v), want 1 dropped", counters[udp(to)], err)
	}
}

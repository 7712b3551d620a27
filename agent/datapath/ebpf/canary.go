package ebpf

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/inshore-dev/inshore/agent/cgroup"
	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// The canary's addresses are of networks where nobody is: TEST-NET-1 (RFC 5737)
// and the discard prefix (RFC 6666). Should the hooks not be reached, a connect is
// given up before more than one packet could go there.
var (
	canary4 = netip.MustParseAddr("192.0.2.1")
	canary6 = netip.MustParseAddr("100::1")
)

// Canary connects through temporary frontends of its own, for each family that the
// host has: one without backends must be refused inside the hook, one must land on
// a loopback listener of ours and name the frontend as its peer. It is called after
// Replace and takes milliseconds. An error says what does not work, and what to
// look at.
func (d *Datapath) Canary(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.replaced {
		return errors.New("a Canary before the first Replace")
	}
	if err := d.canary(ctx, canary4, "127.0.0.1:0"); err != nil {
		return fmt.Errorf("the canary of IPv4: %w", err)
	}
	err := d.canary(ctx, canary6, "[::1]:0")
	if errors.Is(err, unix.EAFNOSUPPORT) || errors.Is(err, unix.EADDRNOTAVAIL) {
		d.config.Log.Info("no canary of IPv6: the host has none", "reason", err.Error())
		return nil
	}
	if err != nil {
		return fmt.Errorf("the canary of IPv6: %w", err)
	}
	return nil
}

func (d *Datapath) canary(ctx context.Context, addr netip.Addr, loopback string) (err error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", loopback)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", loopback, err)
	}
	defer listener.Close()
	empty, landing := d.unused(addr), d.unused(addr.Next())
	backend := listener.Addr().(*net.TCPAddr).AddrPort()
	table := routes.Table{
		empty:   {Behaviour: v1alpha1.NoLocalEndpointReject},
		landing: {Local: []netip.AddrPort{backend}},
	}
	for frontend, route := range table {
		err := d.cell.writing(func() error { return d.write(frontend, &route) })
		if err != nil {
			return err
		}
		defer func() {
			err = errors.Join(err, d.cell.writing(func() error { return d.write(frontend, nil) }))
		}()
	}
	if err := d.refused(empty); err != nil {
		return err
	}
	return landed(landing, listener.(*net.TCPListener))
}

// unused is a frontend that is in no table, at a random port.
func (d *Datapath) unused(addr netip.Addr) routes.Frontend {
	for {
		frontend := routes.Frontend{Addr: addr, Port: uint16(1 + rand.IntN(1<<16-1)), Protocol: routes.TCP}
		if !d.family(frontend).has(frontend) {
			return frontend
		}
	}
}

// refused expects a hook's refusal: at once, where the network's would take time.
func (d *Datapath) refused(frontend routes.Frontend) error {
	socket, err := begin(frontend)
	if socket >= 0 {
		defer unix.Close(socket)
	}
	if slices.Contains([]error{unix.ECONNREFUSED, unix.EPERM}, err) {
		return nil
	}
	return fmt.Errorf("a connect was not refused (%v): the hooks of %s do not see this process, whose cgroup is %q; "+
		"the root must be above it, and above the pods", err, d.config.CgroupRoot, cgroup.Own())
}

// landed expects a connection to reach a listener, and to be told that its peer is
// the frontend.
func landed(frontend routes.Frontend, listener *net.TCPListener) error {
	socket, err := begin(frontend)
	if socket >= 0 {
		defer unix.Close(socket)
	}
	// Loopback connects within the call, unless the listener's queue is slow to see it.
	if err != nil && !errors.Is(err, unix.EINPROGRESS) {
		return fmt.Errorf("a connect did not reach our own listener: %w", err)
	}
	const patience = 1000 // ms
	writable := []unix.PollFd{{Fd: int32(socket), Events: unix.POLLOUT}}
	if n, err := unix.Poll(writable, patience); n != 1 {
		return fmt.Errorf("a connect did not reach our own listener within %d ms: it was not translated (%v)", patience, err)
	}
	peer, err := unix.Getpeername(socket)
	if err != nil {
		return fmt.Errorf("a connect did not reach our own listener: %w", err)
	}
	want := netip.AddrPortFrom(frontend.Addr, frontend.Port)
	if got := addrPortOf(peer); got != want {
		return fmt.Errorf("a connection's peer is said to be %v rather than %v", got, want)
	}
	conn, err := listener.Accept()
	if err != nil {
		return fmt.Errorf("accepting a connection: %w", err)
	}
	return conn.Close()
}

// begin begins a connect and waits for nothing.
func begin(frontend routes.Frontend) (socket int, err error) {
	family, address := unix.AF_INET, unix.Sockaddr(&unix.SockaddrInet4{Port: int(frontend.Port)})
	if frontend.Addr.Is4() {
		address.(*unix.SockaddrInet4).Addr = frontend.Addr.As4()
	} else {
		family, address = unix.AF_INET6, &unix.SockaddrInet6{Port: int(frontend.Port), Addr: frontend.Addr.As16()}
	}
	socket, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	return socket, unix.Connect(socket, address)
}

func addrPortOf(address unix.Sockaddr) netip.AddrPort {
	switch address := address.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(address.Addr), uint16(address.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(address.Addr), uint16(address.Port))
	default:
		return netip.AddrPort{}
	}
}

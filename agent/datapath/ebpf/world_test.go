package ebpf_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/inshore-dev/inshore/agent/datapath/ebpf"
	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// open opens a datapath, and removes all there is of it in the end.
func open(t testing.TB, config ebpf.Config) *ebpf.Datapath {
	t.Helper()
	config.CgroupRoot, config.BPFFS = cgroupRoot, bpffs
	d, err := ebpf.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(d.Close(), ebpf.Remove(bpffs)); err != nil {
			t.Error(err)
		}
	})
	return d
}

// routing opens a datapath that carries a table out.
func routing(t testing.TB, table routes.Table) *ebpf.Datapath {
	t.Helper()
	d := open(t, ebpf.Config{})
	if err := d.Replace(context.Background(), table); err != nil {
		t.Fatal(err)
	}
	return d
}

func tcp(addrPort string) routes.Frontend { return frontend(addrPort, routes.TCP) }
func udp(addrPort string) routes.Frontend { return frontend(addrPort, routes.UDP) }

func frontend(addrPort string, protocol routes.Protocol) routes.Frontend {
	parsed := netip.MustParseAddrPort(addrPort)
	return routes.Frontend{Addr: parsed.Addr(), Port: parsed.Port(), Protocol: protocol}
}

func local(backends ...netip.AddrPort) routes.Route {
	return routes.Route{Local: backends, Behaviour: v1alpha1.NoLocalEndpointReject}
}

// server accepts connections and answers each byte with its own name.
func server(t testing.TB, address, name string) netip.AddrPort {
	t.Helper()
	return serve(t, address, func(net.Conn) string { return name })
}

// serve answers every connection at the address with a text, and closes it.
func serve(t testing.TB, address string, answer func(net.Conn) string) netip.AddrPort {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.WriteString(conn, answer(conn))
			}()
		}
	}()
	return listener.Addr().(*net.TCPAddr).AddrPort()
}

// ask connects and returns who answered, and what the client was told its peer's
// address is.
func ask(to string) (name string, peer netip.AddrPort, err error) {
	conn, err := net.Dial("tcp", to)
	if err != nil {
		return "", netip.AddrPort{}, err
	}
	defer conn.Close()
	answer, err := io.ReadAll(conn)
	if err != nil {
		return "", netip.AddrPort{}, err
	}
	peer, err = peerOf(conn.(*net.TCPConn))
	return string(answer), peer, err
}

// read reads all that a connection has, and closes it.
func read(t testing.TB, conn net.Conn) string {
	t.Helper()
	defer conn.Close()
	answer, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer)
}

// held connects and stays connected.
func held(t testing.TB, to string) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn.(*net.TCPConn)
}

// peerOf asks the kernel: Go's own RemoteAddr is asked of it too, but this says so.
func peerOf(conn syscall.Conn) (peer netip.AddrPort, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return netip.AddrPort{}, err
	}
	var address unix.Sockaddr
	if problem := raw.Control(func(fd uintptr) { address, err = unix.Getpeername(int(fd)) }); problem != nil {
		return netip.AddrPort{}, problem
	}
	if err != nil {
		return netip.AddrPort{}, err
	}
	return ebpf.AddrPortOf(address), nil
}

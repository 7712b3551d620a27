package nftables

import (
	"net"
	"net/netip"
	"os"
	"runtime"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// space is a network namespace of a test. It goes when the test ends.
type space struct {
	t    testing.TB
	name string
	file *os.File
}

func newSpace(t testing.TB, name string) *space {
	t.Helper()
	s := &space{t: t, name: name}
	onOwnThread(func() {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Errorf("making a network namespace (it takes root): %v", err)
			return
		}
		var err error
		if s.file, err = os.Open("/proc/thread-self/ns/net"); err != nil {
			t.Errorf("opening the network namespace: %v", err)
			return
		}
		lo, err := netlink.LinkByName("lo")
		if err == nil {
			err = netlink.LinkSetUp(lo)
		}
		if err != nil {
			t.Errorf("setting the loopback interface up: %v", err)
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	t.Cleanup(func() { s.file.Close() })
	return s
}

// onOwnThread runs f on a thread that ends with it, whatever f did to it.
func onOwnThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		f()
	}()
	<-done
}

// in runs f in the namespace. Sockets and links that it makes stay there.
func (s *space) in(f func()) {
	s.t.Helper()
	onOwnThread(func() {
		if err := unix.Setns(int(s.file.Fd()), unix.CLONE_NEWNET); err != nil {
			s.t.Errorf("entering %s: %v", s.name, err)
			return
		}
		f()
	})
}

func (s *space) must(doing string, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Errorf("%s: %s: %v", s.name, doing, err)
	}
}

func (s *space) sysctl(path, value string) {
	s.in(func() { s.must("setting "+path, os.WriteFile("/proc/sys/"+path, []byte(value), 0)) })
}

// address gives a link an address, at once usable.
func (s *space) address(link netlink.Link, prefix netip.Prefix) {
	s.t.Helper()
	s.must("adding "+prefix.String(), netlink.AddrAdd(link, &netlink.Addr{
		IPNet: &net.IPNet{IP: prefix.Addr().AsSlice(), Mask: net.CIDRMask(prefix.Bits(), prefix.Addr().BitLen())},
		Flags: unix.IFA_F_NODAD,
	}))
}

// defaultRoute leads everything that has no other route to a gateway.
func (s *space) defaultRoute(gateway netip.Addr) {
	s.t.Helper()
	s.must("adding the route to "+gateway.String(), netlink.RouteAdd(&netlink.Route{Gw: gateway.AsSlice()}))
}

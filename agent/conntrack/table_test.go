package conntrack

import (
	"net"
	"net/netip"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/inshore-dev/inshore/agent/routes"
)

// inSpace runs a test in a network namespace of its own with connection tracking
// and two Services: UDP port 53 and TCP port 80 of 10.96.0.10 and fd96::10 are
// translated to 192.0.2.10 and fd02::10.
func inSpace(t *testing.T, f func(table *Table)) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // And never unlocked: the thread ends with the namespace.
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Errorf("making a network namespace (it takes root): %v", err)
			return
		}
		command := exec.Command("sh", "-ec", `
ip link set lo up
ip addr add 192.0.2.10/32 dev lo
ip addr add fd02::10/128 dev lo nodad
ip link add test0 type veth peer name test1
ip link set test0 up
ip link set test1 up
ip route add 10.96.0.0/16 dev test0 src 192.0.2.10
ip -6 route add fd96::/64 dev test0 src fd02::10
nft -f -`)
		command.Stdin = strings.NewReader(`table inet proxy {
	chain output { type nat hook output priority -100
		ip daddr 10.96.0.10 meta l4proto { tcp, udp } dnat ip to 192.0.2.10
		ip6 daddr fd96::10 meta l4proto { tcp, udp } dnat ip6 to fd02::10
	}
}`)
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("making the network: %v\n%s", err, out)
			return
		}
		table, err := Open()
		if err != nil {
			t.Errorf("opening: %v", err)
			return
		}
		defer table.Close()
		f(table)
	}()
	<-done
}

func TestFlowsAreListedAndDeleted(t *testing.T) {
	for name, test := range map[string]struct{ dialled, other, backend string }{
		"IPv4": {"10.96.0.10:53", "10.96.0.11:53", "192.0.2.10:53"},
		"IPv6": {"[fd96::10]:53", "[fd96::11]:53", "[fd02::10]:53"},
	} {
		t.Run(name, func(t *testing.T) {
			inSpace(t, func(table *Table) {
				dialled, backend := netip.MustParseAddrPort(test.dialled), netip.MustParseAddrPort(test.backend)
				f := routes.Frontend{Addr: dialled.Addr(), Port: dialled.Port(), Protocol: routes.UDP}
				var clients []netip.AddrPort
				for _, address := range []string{test.dialled, test.dialled, test.other} {
					conn, err := net.Dial("udp", address)
					if err != nil {
						t.Errorf("dialling: %v", err)
						return
					}
					defer conn.Close()
					conn.Write([]byte("?"))
					clients = append(clients, netip.MustParseAddrPort(conn.LocalAddr().String()))
				}
				flows, err := table.List(To(f))
				if err != nil {
					t.Errorf("listing: %v", err)
					return
				}
				mine := 0
				for _, flow := range flows {
					if flow.Dialled != dialled {
						continue
					}
					mine++
					if flow.Backend != backend || flow.Protocol != routes.UDP || flow.Client != clients[0] && flow.Client != clients[1] {
						t.Errorf("%+v, want backend %s and a client of %v", flow, backend, clients)
					}
				}
				if mine != 2 {
					t.Errorf("%d flows to %s, want 2", mine, dialled)
				}
				if deleted, err := table.Sweep(Keep{f: {backend}}, false); err != nil || deleted != 0 {
					t.Errorf("with the backend kept: %d deleted, %v", deleted, err)
				}
				if deleted, err := table.Sweep(Keep{f: nil}, false); err != nil || deleted != 2 {
					t.Errorf("with none kept: %d deleted, %v; want 2", deleted, err)
				}
				everything := To(f)
				everything.Dialled = netip.AddrPort{}
				left, err := table.List(everything)
				if err != nil || len(left) != 1 || left[0].Dialled.String() != test.other {
					t.Errorf("left: %+v, %v; want the flow to %s", left, err, test.other)
				}
				for _, flow := range flows {
					if err := table.Delete(flow); err != nil {
						t.Errorf("deleting what is gone: %v", err)
					}
				}
			})
		})
	}
}

// TestConnectionsThatAreOverGo and the established one stays.
func TestConnectionsThatAreOverGo(t *testing.T) {
	inSpace(t, func(table *Table) {
		listener, err := net.Listen("tcp", "192.0.2.10:80")
		if err != nil {
			t.Errorf("listening: %v", err)
			return
		}
		defer listener.Close()
		dial := func() (client, server net.Conn) {
			client, err := net.DialTimeout("tcp", "10.96.0.10:80", time.Second)
			if err != nil {
				t.Errorf("dialling: %v", err)
				runtime.Goexit()
			}
			if server, err = listener.Accept(); err != nil {
				t.Errorf("accepting: %v", err)
				runtime.Goexit()
			}
			return client, server
		}
		open, openServer := dial()
		defer open.Close()
		defer openServer.Close()
		over, overServer := dial()
		over.Close()
		overServer.Close()
		f := routes.Frontend{Addr: netip.MustParseAddr("10.96.0.10"), Port: 80, Protocol: routes.TCP}
		deleted := 0
		for deadline := time.Now().Add(10 * time.Second); deleted == 0 && time.Now().Before(deadline); {
			n, err := table.Sweep(Keep{f: nil}, true)
			if err != nil {
				t.Errorf("sweeping: %v", err)
				return
			}
			deleted += n
		}
		if deleted != 1 {
			t.Errorf("%d deleted, want 1", deleted)
		}
		flows, err := table.List(To(f))
		if err != nil || len(flows) != 1 || flows[0].State != Established {
			t.Errorf("left: %+v, %v; want the established one", flows, err)
		}
	})
}

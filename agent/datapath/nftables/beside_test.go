package nftables

import (
	"context"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// anotherService is one that is not ours.
const (
	anotherV4 = "10.96.0.20:80"
	anotherV6 = "[fd96::20]:80"
)

// proxies are rules like those of kube-proxy in its two modes: by them every
// Service is served by the other node. What is not translated they refuse.
var proxies = map[string][]string{
	"kube-proxy's nftables mode": {"nft", "-f", "-", `
table ip kube-proxy {
	map service-ips { type ipv4_addr . inet_proto . inet_service : verdict
		elements = { 10.96.0.10 . tcp . 80 : goto other, 10.96.0.10 . udp . 80 : goto other,
			     10.96.0.20 . tcp . 80 : goto other, 10.96.0.20 . udp . 80 : goto other } }
	chain other { meta l4proto { tcp, udp } dnat to 10.1.3.2:8080; }
	chain services { ip daddr . meta l4proto . th dport vmap @service-ips; }
	chain nat-prerouting { type nat hook prerouting priority -100; jump services; }
	chain nat-output { type nat hook output priority -100; jump services; }
	chain cluster-ips-check { ip daddr 10.96.0.0/16 reject; }
	chain filter-forward { type filter hook forward priority 0; ct state new jump cluster-ips-check; }
	chain filter-output { type filter hook output priority 0; ct state new jump cluster-ips-check; }
}
table ip6 kube-proxy {
	map service-ips { type ipv6_addr . inet_proto . inet_service : verdict
		elements = { fd96::10 . tcp . 80 : goto other, fd96::10 . udp . 80 : goto other,
			     fd96::20 . tcp . 80 : goto other, fd96::20 . udp . 80 : goto other } }
	chain other { meta l4proto { tcp, udp } dnat to [fd03::2]:8080; }
	chain services { ip6 daddr . meta l4proto . th dport vmap @service-ips; }
	chain nat-prerouting { type nat hook prerouting priority -100; jump services; }
	chain nat-output { type nat hook output priority -100; jump services; }
	chain cluster-ips-check { ip6 daddr fd96::/112 reject; }
	chain filter-forward { type filter hook forward priority 0; ct state new jump cluster-ips-check; }
	chain filter-output { type filter hook output priority 0; ct state new jump cluster-ips-check; }
}`},
	"kube-proxy's iptables mode": {"sh", "-ec", `
iptables-restore <<E
*nat
-N KUBE-SERVICES
-A PREROUTING -j KUBE-SERVICES
-A OUTPUT -j KUBE-SERVICES
-A KUBE-SERVICES -d 10.96.0.0/16 -p tcp --dport 80 -j DNAT --to-destination 10.1.3.2:8080
-A KUBE-SERVICES -d 10.96.0.0/16 -p udp --dport 80 -j DNAT --to-destination 10.1.3.2:8080
COMMIT
*filter
-A FORWARD -d 10.96.0.0/16 -j REJECT
-A OUTPUT -d 10.96.0.0/16 -j REJECT
COMMIT
E
ip6tables-restore <<E
*nat
-N KUBE-SERVICES
-A PREROUTING -j KUBE-SERVICES
-A OUTPUT -j KUBE-SERVICES
-A KUBE-SERVICES -d fd96::/112 -p tcp --dport 80 -j DNAT --to-destination [fd03::2]:8080
-A KUBE-SERVICES -d fd96::/112 -p udp --dport 80 -j DNAT --to-destination [fd03::2]:8080
COMMIT
*filter
-A FORWARD -d fd96::/112 -j REJECT
-A OUTPUT -d fd96::/112 -j REJECT
COMMIT
E`, ""},
}

// proxy installs one of proxies.
func (n *node) proxy(t testing.TB, program []string) {
	t.Helper()
	n.in(func() {
		command := exec.Command(program[0], program[1:len(program)-1]...)
		command.Stdin = strings.NewReader(program[len(program)-1])
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("installing a proxy: %v\n%s", err, out)
		}
	})
	if t.Failed() {
		t.FailNow()
	}
}

// expect calls by both protocols and families, from a pod and from the node.
func (n *node) expect(t *testing.T, when, v4, v6, want string) {
	t.Helper()
	for _, network := range []string{"tcp", "udp"} {
		for _, from := range []*space{n.client, n.space} {
			for _, address := range []string{v4, v6} {
				got, _, _ := strings.Cut(from.call(want, network, address), " ")
				if got != want {
					t.Errorf("%s: %s from %s to %s: %s, want %s", when, network, from.name, address, got, want)
				}
			}
		}
	}
}

func local4and6() routes.Table {
	return everywhere(routes.Route{Local: to("10.1.2.2:8080")}, routes.Route{Local: to("[fd02::2]:8080")})
}

func TestBesideAProxy(t *testing.T) {
	for name, program := range proxies {
		t.Run(name, func(t *testing.T) {
			n := newNode(t)
			n.server.serve("server", 8080)
			n.other.serve("other", 8080)
			n.proxy(t, program)
			n.expect(t, "without us", serviceV4, serviceV6, "other")
			d := open(t, n, Config{})
			replace(t, d, local4and6())
			n.expect(t, "ours", serviceV4, serviceV6, "server")
			n.expect(t, "not ours", anotherV4, anotherV6, "other")
			replace(t, d, everywhere(routes.Route{}, routes.Route{}))
			n.expect(t, "refused by us", serviceV4, serviceV6, wasRefused)
			replace(t, d, everywhere(routes.Route{Behaviour: v1alpha1.NoLocalEndpointDrop}, routes.Route{Behaviour: v1alpha1.NoLocalEndpointDrop}))
			n.expect(t, "dropped by us", serviceV4, serviceV6, wasSilent)
			if got := n.call("other", "tcp", serviceV4, marked); !strings.HasPrefix(got, "other") {
				t.Errorf("with the mark: %s, want other", got)
			}
			if err := d.Remove(); err != nil {
				t.Fatal(err)
			}
			n.expect(t, "after us", serviceV4, serviceV6, "other")
		})
	}
}

// marked is a dialler's control function.
func marked(network, address string, c syscall.RawConn) error {
	var err error
	c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_MARK, datapath.BypassMark)
	})
	return err
}

func TestOnlyDropsAreCarriedOutBesideEBPF(t *testing.T) {
	n := newNode(t)
	n.other.serve("other", 8080)
	n.proxy(t, proxies["kube-proxy's nftables mode"])
	d := open(t, n, Config{Mode: DropsOnly})
	table := local4and6()
	replace(t, d, table)
	n.expect(t, "left to eBPF, and here to the proxy", serviceV4, serviceV6, "other")
	if found, err := d.look(); err != nil || found != absent {
		t.Errorf("with nothing to drop: standing %d, %v; want no table", found, err)
	}
	changes := func(r *routes.Route) (all []routes.Change) {
		for f := range table {
			all = append(all, routes.Change{Frontend: f, Route: r})
		}
		return all
	}
	if err := d.Update(context.Background(), changes(&routes.Route{Behaviour: v1alpha1.NoLocalEndpointDrop})); err != nil {
		t.Fatal(err)
	}
	n.expect(t, "dropped", serviceV4, serviceV6, wasSilent)
	if used, _ := d.Size(); used != len(table) {
		t.Errorf("%d frontends, want %d", used, len(table))
	}
	if err := d.Update(context.Background(), changes(&routes.Route{})); err != nil {
		t.Fatal(err)
	}
	n.expect(t, "a refusal is eBPF's", serviceV4, serviceV6, "other")
	if found, err := d.look(); err != nil || found != absent {
		t.Errorf("with nothing to drop any more: standing %d, %v; want no table", found, err)
	}
}

func TestOrphanedTablesLeaveDecidingToTheProxy(t *testing.T) {
	n := newNode(t)
	n.server.serve("server", 8080)
	n.other.serve("other", 8080)
	n.proxy(t, proxies["kube-proxy's nftables mode"])
	d := open(t, n, Config{OrphanTimeout: patience})
	replace(t, d, local4and6())
	n.expectSoon(t, "other")
	if err := d.Renew(); err != nil {
		t.Fatal(err)
	}
	if got := n.client.call("server", "tcp", serviceV4); !strings.HasPrefix(got, "server") {
		t.Errorf("after the agent came back: %s, want server", got)
	}
}

// expectSoon waits until the client's calls are answered by somebody.
func (n *node) expectSoon(t *testing.T, want string) {
	t.Helper()
	var got string
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		if got = n.client.call(want, "tcp", serviceV4); strings.HasPrefix(got, want) {
			return
		}
	}
	t.Fatalf("%s, want %s", got, want)
}

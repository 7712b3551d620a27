package proxycheck

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/netip"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/types"

	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// inNode runs a test in a network namespace of its own, with a route for
// everything: ClusterIPs are dialled from 192.0.2.1, a local pod is 192.0.2.10 and
// another node's pod 192.0.2.20, all of them answering on port 80.
func inNode(t *testing.T, ruleset string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // And never unlocked: the thread ends with the namespace.
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Errorf("making a network namespace (it takes root): %v", err)
			return
		}
		script := `set -e
ip link set lo up
ip link add test0 type veth peer name test1
ip link set test1 up
ip link set test0 up
for a in 1 10 20; do ip addr add 192.0.2.$a/24 dev test0; ip addr add fd02::$a/64 dev test0 nodad; done
ip route add default dev test0 src 192.0.2.1
ip -6 route add fd96::/64 dev test0 src fd02::1
nft -f -`
		command := exec.Command("sh", "-c", script)
		command.Stdin = strings.NewReader(ruleset)
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("making the node: %v\n%s", err, out)
			return
		}
		for _, address := range []string{"192.0.2.10:80", "192.0.2.20:80", "[fd02::10]:80", "[fd02::20]:80"} {
			listener, err := net.Listen("tcp", address)
			if err != nil {
				t.Errorf("listening: %v", err)
				return
			}
			defer listener.Close()
		}
		f()
	}()
	<-done
}

// ruleset is a proxy that does something with the ClusterIPs. Connection tracking
// is on in any case, as on a node.
func ruleset(nat, filter string) string {
	return `table inet proxy {
	chain nat { type nat hook output priority -100; ` + nat + ` ; }
	chain filter { type filter hook output priority 0; ` + filter + `; }
	chain track { type filter hook output priority 10; ct state new counter; }
}`
}

func TestTheProxyIsFoundOut(t *testing.T) {
	local4, remote4 := netip.MustParseAddrPort("192.0.2.10:80"), netip.MustParseAddrPort("192.0.2.20:80")
	local6, remote6 := netip.MustParseAddrPort("[fd02::10]:80"), netip.MustParseAddrPort("[fd02::20]:80")
	service := types.NamespacedName{Namespace: "core", Name: "cache"}
	v4 := routes.Frontend{Addr: netip.MustParseAddr("10.96.0.10"), Port: 11211, Protocol: routes.TCP}
	v6 := routes.Frontend{Addr: netip.MustParseAddr("fd96::10"), Port: 11211, Protocol: routes.TCP}
	for name, test := range map[string]struct {
		nat, filter string
		want        Verdict
		backends    []netip.AddrPort
		keeps       bool
		detail      string
	}{
		"one that honours Local is said to": {
			nat:  "ip daddr 10.96.0.10 meta l4proto tcp dnat ip to 192.0.2.10:80; ip6 daddr fd96::10 meta l4proto tcp dnat ip6 to [fd02::10]:80",
			want: HonoursLocal, backends: []netip.AddrPort{local4, local6}, keeps: true,
		},
		"one that goes to another node is found out": {
			nat:  "ip daddr 10.96.0.10 meta l4proto tcp dnat ip to 192.0.2.20:80; ip6 daddr fd96::10 meta l4proto tcp dnat ip6 to [fd02::20]:80",
			want: LeavesNode, backends: []netip.AddrPort{remote4, remote6},
		},
		"one that goes to another node in vain is found out too": {
			nat:  "ip daddr 10.96.0.10 meta l4proto tcp dnat ip to 192.0.2.99:80; ip6 daddr fd96::10 meta l4proto tcp dnat ip6 to [fd02::99]:80",
			want: LeavesNode, detail: "no answer",
			backends: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.99:80"), netip.MustParseAddrPort("[fd02::99]:80")},
		},
		"one that refuses is no danger": {
			filter: "ip daddr 10.96.0.10 reject with tcp reset; ip6 daddr fd96::10 reject with tcp reset",
			want:   Refuses, keeps: true,
		},
		"one that drops is no danger": {
			filter: "ip daddr 10.96.0.10 drop; ip6 daddr fd96::10 drop",
			want:   Drops, keeps: true,
		},
		"one that knows nothing of the Service sends it on as it is": {
			want: UnknownToProxy, detail: "untranslated",
		},
	} {
		t.Run(name, func(t *testing.T) {
			table := routes.Table{
				v4: {Service: service, PortName: "memcache", Local: []netip.AddrPort{local4}},
				v6: {Service: service, PortName: "memcache", Local: []netip.AddrPort{local6}},
			}
			var report *Report
			inNode(t, ruleset(test.nat, test.filter), func() {
				var err error
				if report, err = Run(context.Background(), Config{Timeout: 100 * time.Millisecond}, table); err != nil {
					t.Errorf("probing: %v", err)
				}
			})
			if t.Failed() {
				t.FailNow()
			}
			if len(report.Results) != 2 || report.HonoursLocal != test.keeps {
				t.Errorf("%d results, honours Local %t; want 2, %t", len(report.Results), report.HonoursLocal, test.keeps)
			}
			var backends []netip.AddrPort
			for _, result := range report.Results {
				if result.Verdict != test.want {
					t.Errorf("%s: %s, want %s", result.Frontend, result.Verdict, test.want)
				}
				if !strings.Contains(result.Detail, test.detail) {
					t.Errorf("%s: detail %q, want %q in it", result.Frontend, result.Detail, test.detail)
				}
				backends = append(backends, result.Backends...)
			}
			if !slices.Equal(backends, test.backends) {
				t.Errorf("backends %v, want %v", backends, test.backends)
			}
		})
	}
}

func TestOneOfSeveralConnectionsThatLeavesIsEnough(t *testing.T) {
	f := routes.Frontend{Addr: netip.MustParseAddr("10.96.0.10"), Port: 80, Protocol: routes.TCP}
	table := routes.Table{f: {Local: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.10:80")}}}
	rules := ruleset("ip daddr 10.96.0.10 meta l4proto tcp dnat ip to numgen inc mod 2 map { 0 : 192.0.2.10, 1 : 192.0.2.20 }", "")
	inNode(t, rules, func() {
		report, err := Run(context.Background(), Config{}, table)
		if err != nil {
			t.Errorf("probing: %v", err)
			return
		}
		if got := report.Results[0]; got.Verdict != LeavesNode || len(got.Backends) != 2 {
			t.Errorf("%s by %v, want %s by both", got.Verdict, got.Backends, LeavesNode)
		}
		report, err = Run(context.Background(), Config{OnNode: func(netip.Addr) bool { return true }}, table)
		if err != nil {
			t.Errorf("probing: %v", err)
			return
		}
		if got := report.Results[0].Verdict; got != HonoursLocal {
			t.Errorf("with an old pod on this node: %s, want %s", got, HonoursLocal)
		}
	})
}

func TestWhatIsNotProbedIsSaid(t *testing.T) {
	service := types.NamespacedName{Namespace: "core", Name: "cache"}
	at := func(port uint16, p routes.Protocol) routes.Frontend {
		return routes.Frontend{Addr: netip.MustParseAddr("10.96.0.10"), Port: port, Protocol: p}
	}
	table := routes.Table{
		at(1, routes.UDP): {Service: service, PortName: "dns"},
		at(2, routes.TCP): {Service: service, Behaviour: v1alpha1.NoLocalEndpointFallback},
		at(3, routes.TCP): {Service: service},
		at(4, routes.TCP): {Service: service},
	}
	var report *Report
	inNode(t, ruleset("", "ip daddr 10.96.0.10 reject with tcp reset"), func() {
		var err error
		if report, err = Run(context.Background(), Config{MaxFrontends: 1}, table); err != nil {
			t.Errorf("probing: %v", err)
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	var text bytes.Buffer
	if err := report.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	const want = `ok  core/cache        10.96.0.10:3  is refused
--  core/cache (dns)  10.96.0.10:1  not probed: only TCP is: of anything else silence would say nothing
--  core/cache        10.96.0.10:2  not probed: it may leave the node now, having no local pod
--  core/cache        10.96.0.10:4  not probed: only the first 1 are
`
	if text.String() != want {
		t.Errorf("text:\n%s\nwant:\n%s", text.String(), want)
	}
	document, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(document, []byte(`"frontend":"10.96.0.10:3","verdict":"refuses"`)) {
		t.Errorf("JSON: %s", document)
	}
}

package nftables

import (
	"context"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// flips are decisions of every kind that end at the server: whatever a packet
// meets, old or new, it ends there and not at the proxy behind us. They are met by
// rules far apart.
var flips = []routes.Route{
	{Local: to("10.1.2.2:8080")},
	{Behaviour: v1alpha1.NoLocalEndpointFallback, Fallback: to("10.1.2.2:8080", "10.1.2.2:8081"), Balance: v1alpha1.BalanceRoundRobin},
	{Local: to("10.1.2.2:8081")},
	{Local: to("10.1.2.2:8080", "10.1.2.2:8081")},
	{Local: to("10.1.2.2:8080", "10.1.2.2:8081"), Affinity: time.Hour},
	{Behaviour: v1alpha1.NoLocalEndpointFallback, Fallback: to("10.1.2.2:8080")},
}

// collect counts the datagrams that arrive at a port.
func (s *space) collect(count *atomic.Uint64, address string) {
	s.in(func() {
		packets, err := net.ListenPacket("udp", address)
		if err != nil {
			s.must("listening", err)
			return
		}
		s.t.Cleanup(func() { packets.Close() })
		go func() {
			buffer := make([]byte, 16)
			for {
				if _, _, err := packets.ReadFrom(buffer); err != nil {
					return
				}
				count.Add(1)
			}
		}()
	})
}

// storm has clients open flow after flow until stop is closed, while the Service's
// decision changes as fast as it goes.
func storm(t *testing.T, n *node, d *Datapath, enough func() bool) (updates int) {
	t.Helper()
	n.sysctl("net/netfilter/nf_conntrack_udp_timeout", "1") // Lest the table fills up.
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for range 2 {
		clients.Go(func() {
			n.client.in(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					if conn, err := net.Dial("udp", serviceV4); err == nil {
						conn.Write([]byte("?"))
						conn.Close()
					}
				}
			})
		})
	}
	for ; !enough(); updates++ {
		f, r := frontend(serviceV4, routes.UDP), &flips[updates%len(flips)]
		if err := d.Update(context.Background(), []routes.Change{{Frontend: f, Route: r}}); err != nil {
			t.Fatalf("update %d: %v", updates, err)
		}
	}
	close(stop)
	clients.Wait()
	return updates
}

// TestNoPacketSlipsThroughACommit: every flow meets one decision or another, and
// none the proxy. That this test would notice is shown by taking away what the
// design has against it, the second look: then some do.
func TestNoPacketSlipsThroughACommit(t *testing.T) {
	for name, test := range map[string]struct {
		look  int // How often a packet looks.
		slips bool
	}{
		"with a second look none does": {look: 2},
		"without one, some do":         {look: 1, slips: true},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNode(t)
			var ours, proxied atomic.Uint64
			n.server.collect(&ours, ":8080")
			n.server.collect(&ours, ":8081")
			n.other.collect(&proxied, ":8080")
			n.proxy(t, proxies["kube-proxy's nftables mode"])
			d := open(t, n, Config{})
			replace(t, d, routes.Table{frontend(serviceV4, routes.UDP): flips[0]})
			if test.look == 1 {
				takeRulesAway(t, d, "once more", "try again")
			}
			start := time.Now()
			updates := storm(t, n, d, func() bool {
				if test.slips {
					return proxied.Load() > 0 || time.Since(start) > time.Minute
				}
				return time.Since(start) > 5*time.Second
			})
			t.Logf("%d updates in %s, %d flows to the server, %d slipped through", updates, time.Since(start).Round(time.Millisecond), ours.Load(), proxied.Load())
			if ours.Load() == 0 || proxied.Load() > 0 != test.slips {
				t.Errorf("%d flows to the server, %d slipped through; want some to: %t", ours.Load(), proxied.Load(), test.slips)
			}
		})
	}
}

// takeRulesAway deletes the rules whose comment has a text, for this kernel's table
// to show what they are for.
func takeRulesAway(t *testing.T, d *Datapath, texts ...string) {
	t.Helper()
	for _, chain := range d.layout.chains {
		rules, err := d.conn.GetRules(d.layout.table, chain)
		if err != nil {
			continue // A chain without rules.
		}
		for _, rule := range rules {
			for _, text := range texts {
				if strings.Contains(string(rule.UserData), text) {
					if err := d.conn.DelRule(rule); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
	if err := d.conn.Flush(); err != nil {
		t.Fatalf("deleting rules: %v", err)
	}
}

package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"

	"github.com/inshore-dev/inshore/e2e/bench/call"
)

// await waits until every router routes all Services there are. Those that do not
// within the patience are lost: they would go on using the processor while the
// others are measured, so they are stopped, and it is said why.
func (b *bench) await(ctx context.Context) error {
	begin := time.Now()
	for _, p := range b.places {
		if p.lost != "" || p.arm == PodIP {
			continue
		}
		if err := b.awaitRouter(ctx, p, begin.Add(b.Patience)); err != nil {
			if ctx.Err() != nil {
				return err
			}
			if err := b.lose(ctx, p, err); err != nil {
				return err
			}
			continue
		}
		b.printf("%s routes %d Services, %s after they were created", p.arm, len(b.services), time.Since(begin).Round(100*time.Millisecond))
	}
	return nil
}

// awaitRouter wants the newest Service and some others to work, and the router's
// table to be as long as it must be.
func (b *bench) awaitRouter(ctx context.Context, p *place, deadline time.Time) error {
	others := []netip.Addr{b.services[len(b.services)-1]}
	for range 20 {
		others = append(others, b.anyService())
	}
	for _, ip := range others {
		o := call.Order{
			Mode: call.Await, Address: netip.AddrPortFrom(ip, servicePort).String(),
			Limit: max(time.Until(deadline), time.Second), Pace: 20 * time.Millisecond,
		}
		answer, err := p.client.Do(o)
		if err != nil {
			return err
		}
		if answer.Landed == 0 {
			return fmt.Errorf("no connection through %s with %d Services within %s: %s", ip, len(b.services), b.Patience, answer.Error)
		}
	}
	for {
		entries, err := b.entries(ctx, p)
		if err != nil {
			return err
		}
		if entries >= len(b.services) {
			b.printf("%s has %d entries for %d Services", p.arm, entries, len(b.services))
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d of %d Services are in its table after %s", entries, len(b.services), b.Patience)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func (b *bench) anyService() netip.Addr { return b.services[rand.IntN(len(b.services))] }

// entries counts the Services in bulk in a router's own table, in the kernel.
func (b *bench) entries(ctx context.Context, p *place) (int, error) {
	port := fmt.Sprint(servicePort)
	switch p.arm {
	case KubeProxyNFTables:
		out, err := p.node.Exec(ctx, "nft", "list", "map", "ip", "kube-proxy", "service-ips")
		return strings.Count(out, ". tcp . "+port+" : goto "), err
	case KubeProxyIPTables:
		out, err := p.node.Exec(ctx, "iptables", "-t", "nat", "-S", "KUBE-SERVICES")
		return strings.Count(out, "--dport "+port+" -j KUBE-SV"), err
	default:
		return b.agentEntries(ctx, p)
	}
}

// lose gives a router up.
func (b *bench) lose(ctx context.Context, p *place, why error) error {
	if p.agent != nil {
		why = fmt.Errorf("%w; its log ends:\n%s", why, p.agent.lastWords())
	}
	p.lost = fmt.Sprintf("%s with %d Services and more: %v", p.arm, len(b.services), why)
	b.report.Missing = append(b.report.Missing, p.lost)
	b.printf("giving up on %s", p.lost)
	if p.agent != nil {
		return p.agent.kill()
	}
	_, err := b.cluster.KillComponent(ctx, p.node, "kube-proxy")
	return err
}

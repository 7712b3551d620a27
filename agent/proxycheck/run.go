package proxycheck

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/inshore-dev/inshore/agent/conntrack"
	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// Config bounds the work. Zero values are the defaults.
type Config struct {
	// Connects is how many connections a frontend gets: 3 by default. More find
	// out a proxy that chooses at random among more nodes.
	Connects int
	// Timeout of each connect: 300 ms by default. A frontend that drops costs two.
	Timeout time.Duration
	// MaxFrontends probed: 20 by default, the first by namespace and name.
	MaxFrontends int
	// OnNode says of an address that no route names whether it is on this node,
	// like that of an old pod while a DaemonSet surges. Nil says no.
	OnNode func(netip.Addr) bool
}

// Run probes the TCP frontends of a table from this process's network namespace,
// which must be the node's, one after the other. It takes CAP_NET_ADMIN, and two
// timeouts for a frontend at most. The error says why nothing could be probed, or
// that ctx ended.
func Run(ctx context.Context, c Config, table routes.Table) (*Report, error) {
	c.Connects, c.Timeout, c.MaxFrontends = cmp.Or(c.Connects, 3), cmp.Or(c.Timeout, 300*time.Millisecond), cmp.Or(c.MaxFrontends, 20)
	p := &prober{Config: c, local: map[netip.Addr]bool{}}
	for _, route := range table {
		for _, backend := range route.Local {
			p.local[backend.Addr()] = true
		}
	}
	report := &Report{HonoursLocal: true}
	var targets []routes.Frontend
	for _, f := range sorted(table) {
		if reason := c.skip(f, table[f], len(targets)); reason != "" {
			report.Skipped = append(report.Skipped, Skipped{table[f].Service.String(), table[f].PortName, netip.AddrPortFrom(f.Addr, f.Port), reason})
			continue
		}
		targets = append(targets, f)
	}
	for _, f := range targets {
		result, err := p.probe(ctx, f, table[f])
		if err != nil {
			return nil, err
		}
		report.Results = append(report.Results, result)
	}
	for _, result := range report.Results {
		report.HonoursLocal = report.HonoursLocal && result.Verdict.keeps()
	}
	return report, nil
}

func sorted(table routes.Table) []routes.Frontend {
	frontends := make([]routes.Frontend, 0, len(table))
	for f := range table {
		frontends = append(frontends, f)
	}
	slices.SortFunc(frontends, func(a, b routes.Frontend) int {
		return cmp.Or(
			cmp.Compare(table[a].Service.String(), table[b].Service.String()),
			a.Addr.Compare(b.Addr), cmp.Compare(a.Port, b.Port), cmp.Compare(a.Protocol, b.Protocol))
	})
	return frontends
}

// skip is why not to probe a frontend, or empty.
func (c Config) skip(f routes.Frontend, route routes.Route, probed int) string {
	switch {
	case f.Protocol != routes.TCP:
		return "only TCP is: of anything else silence would say nothing"
	case len(route.Local) == 0 && route.Behaviour == v1alpha1.NoLocalEndpointFallback:
		return "it may leave the node now, having no local pod"
	case probed == c.MaxFrontends:
		return fmt.Sprintf("only the first %d are", c.MaxFrontends)
	default:
		return ""
	}
}

type prober struct {
	Config
	// local are the addresses of the node's backends.
	local map[netip.Addr]bool
}

// probe connects to one frontend a few times and sums up.
func (p *prober) probe(ctx context.Context, f routes.Frontend, route routes.Route) (Result, error) {
	r := Result{Service: route.Service.String(), Port: route.PortName, Frontend: netip.AddrPortFrom(f.Addr, f.Port), Verdict: HonoursLocal}
	flows, err := conntrack.Open()
	if err != nil {
		return r, err
	}
	defer flows.Close()
	for silent, i := 0, 0; i < p.Connects && silent < 2; i++ {
		if err := ctx.Err(); err != nil {
			return r, fmt.Errorf("probing %s: %w", r.Frontend, err)
		}
		a, err := connect(ctx, r.Frontend, p.Timeout)
		if err != nil {
			return r, err
		}
		verdict, backend, detail := p.judge(flows, f, a)
		a.close()
		if errors.Is(a.err, os.ErrDeadlineExceeded) {
			silent++
		}
		if i == 0 {
			r.Verdict = verdict // Nothing is worse than nothing.
		}
		r.Verdict = worst(r.Verdict, verdict)
		if backend.IsValid() && !slices.Contains(r.Backends, backend) {
			r.Backends = append(r.Backends, backend)
		}
		r.Detail = cmp.Or(detail, r.Detail)
	}
	slices.SortFunc(r.Backends, netip.AddrPort.Compare)
	return r, nil
}

// judge says what became of one attempt: by where its flow went, and where there
// is none, by how it ended. A packet that the proxy refuses or discards leaves
// no entry in connection tracking.
func (p *prober) judge(flows *conntrack.Table, f routes.Frontend, a *attempt) (v Verdict, backend netip.AddrPort, detail string) {
	outcome := map[bool]string{true: "", false: "the backend: " + describe(a.err)}[a.err == nil]
	backend, found, err := chosen(flows, f, a.from)
	switch {
	case err != nil:
		return Unclear, netip.AddrPort{}, err.Error()
	case found && backend != netip.AddrPortFrom(f.Addr, f.Port):
		if p.local[backend.Addr()] || p.OnNode != nil && p.OnNode(backend.Addr()) {
			return HonoursLocal, backend, outcome
		}
		return LeavesNode, backend, outcome
	case found:
		return UnknownToProxy, netip.AddrPort{}, "sent on untranslated: " + describe(a.err)
	case a.err == nil:
		return Unclear, netip.AddrPort{}, ""
	case errors.Is(a.err, unix.ECONNREFUSED):
		return Refuses, netip.AddrPort{}, ""
	case errors.Is(a.err, os.ErrDeadlineExceeded):
		return Drops, netip.AddrPort{}, ""
	default:
		return UnknownToProxy, netip.AddrPort{}, describe(a.err)
	}
}

// chosen is where a flow of ours went: to the frontend, translated
// or not, or, if the socket was translated, elsewhere from the start.
func chosen(flows *conntrack.Table, f routes.Frontend, from netip.AddrPort) (backend netip.AddrPort, found bool, err error) {
	anywhere := conntrack.To(f)
	anywhere.Dialled = netip.AddrPort{}
	for _, filter := range []conntrack.Filter{conntrack.To(f), anywhere} {
		list, err := flows.List(filter)
		if err != nil {
			return netip.AddrPort{}, false, err
		}
		for _, flow := range list {
			if flow.Client == from && (filter == anywhere || flow.Dialled == filter.Dialled) {
				return flow.Backend, true, nil
			}
		}
	}
	return netip.AddrPort{}, false, nil
}

func describe(err error) string {
	switch {
	case err == nil:
		return "it was accepted"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "no answer"
	default:
		return err.Error()
	}
}

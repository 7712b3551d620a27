package agent

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/inshore-dev/inshore/agent/cgroup"
	"github.com/inshore-dev/inshore/agent/check"
	"github.com/inshore-dev/inshore/agent/datapath/ebpf"
	"github.com/inshore-dev/inshore/agent/datapath/nftables"
	"github.com/inshore-dev/inshore/agent/introspect"
	"github.com/inshore-dev/inshore/agent/proxycheck"
	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// look finds out on the node that the process runs on what /proc does not say.
func look(ctx context.Context, where places, found *checked) {
	lookAtCgroup(where, found)
	found.add(nftablesFact())
	if where.agent != "" {
		lookAtProxy(ctx, where.agent, found)
	}
}

func lookAtCgroup(where places, found *checked) {
	root, err := cgroup.Find(cgroup.Config{Path: where.cgroupRoot})
	if err != nil {
		found.add(check.Fact{
			Name: "root cgroup", Problem: err.Error(),
			Remedy: "in a pod, mount the node's /sys/fs/cgroup at /host/sys/fs/cgroup; or name the folder with --cgroup-root",
		})
		return
	}
	found.add(check.Fact{Name: "root cgroup", Value: root.Path + " (" + root.Reason + ")"})
	hooks, err := ebpf.AttachedTo(root.Path, where.bpffs)
	if err != nil {
		// Without the right to ask, which another fact says, nothing is known.
		found.add(check.Fact{Name: "socket hooks", Value: "unknown: " + err.Error()})
		return
	}
	found.Hooks = hooks
	found.add(check.Fact{Name: "socket hooks", Value: attached(hooks)})
}

// attached sums hooks up. Programs of others are no problem by themselves: ours
// run beside them.
func attached(hooks []ebpf.Hook) string {
	ours := 0
	var others []string
	for _, hook := range hooks {
		strangers := 0
		for _, program := range hook.Programs {
			if program.Ours {
				ours++
			} else {
				strangers++
			}
		}
		if strangers > 0 {
			others = append(others, fmt.Sprintf("%s (%d)", hook.Name, strangers))
		}
	}
	text := fmt.Sprintf("ours at %d of %d", ours, len(hooks))
	if len(others) > 0 {
		text += "; others at " + strings.Join(others, ", ") + ": one that translates the same Services first leaves ours nothing to do"
	}
	return text
}

// nftablesFact is no condition of the eBPF datapath, so it never has a problem.
func nftablesFact() check.Fact {
	d, err := nftables.Open(nftables.Config{})
	if err != nil {
		return check.Fact{Name: "nftables", Value: "cannot be used: " + err.Error() + " (where a Service says drop, the cluster's proxy decides)"}
	}
	if err := d.Close(); err != nil {
		return check.Fact{Name: "nftables", Value: "cannot be used: " + err.Error()}
	}
	return check.Fact{Name: "nftables", Value: "usable"}
}

// The proxy's probe: at most this many Services, so that a check ends within ten
// seconds even if every connection is dropped.
const (
	probedFrontends = 10
	probeTimeout    = 10 * time.Second
)

func lookAtProxy(ctx context.Context, agent string, found *checked) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	fact := check.Fact{Name: "cluster's proxy"}
	all, err := introspect.Client{Address: agent}.Routes(ctx)
	if err != nil {
		fact.Value = "not probed: no agent runs here that says which Services there are"
		found.add(fact)
		return
	}
	report, err := proxycheck.Run(ctx, proxycheck.Config{MaxFrontends: probedFrontends}, tableOf(all))
	switch {
	case err != nil:
		fact.Value = "not probed: " + err.Error()
	case len(report.Results) == 0:
		fact.Value = "not probed: no Service to try it with"
	case report.HonoursLocal:
		fact.Value = fmt.Sprintf("honours Local (%d tried)", len(report.Results))
		found.Proxy = report
	default:
		fact.Value = "does not honour Local by itself; the agent does"
		found.Proxy = report
	}
	found.add(fact)
}

// tableOf is the table that an agent described, as far as it was told.
func tableOf(all []introspect.Route) routes.Table {
	table := routes.Table{}
	for _, r := range all {
		protocol := routes.TCP
		switch r.Protocol {
		case "UDP":
			protocol = routes.UDP
		case "SCTP":
			protocol = routes.SCTP
		}
		table[routes.Frontend{Addr: r.Frontend.Addr(), Port: r.Frontend.Port(), Protocol: protocol}] = routes.Route{
			Service:   types.NamespacedName{Namespace: r.Namespace, Name: r.Service},
			PortName:  r.Port,
			Local:     append([]netip.AddrPort(nil), r.Local...),
			Fallback:  r.Fallback,
			Behaviour: v1alpha1.NoLocalEndpoint(r.NoLocalEndpoint),
		}
	}
	return table
}

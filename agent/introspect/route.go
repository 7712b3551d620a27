package introspect

import (
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/inshore-dev/inshore/agent/routes"
)

// Route is one frontend and its decision.
type Route struct {
	// Namespace, Service and Port are empty where only the datapath was asked:
	// it does not know them.
	Namespace string         `json:"namespace,omitempty"`
	Service   string         `json:"service,omitempty"`
	Port      string         `json:"port,omitempty"`
	Frontend  netip.AddrPort `json:"frontend"`
	Protocol  string         `json:"protocol"`
	// Local are the backends on the node, Fallback those that stand in while
	// there is none.
	Local    []netip.AddrPort `json:"local"`
	Fallback []netip.AddrPort `json:"fallback,omitempty"`
	// NoLocalEndpoint is what happens without a local backend.
	NoLocalEndpoint string `json:"noLocalEndpoint"`
	Balance         string `json:"balance,omitempty"`
	// AffinitySeconds is the timeout of sessionAffinity ClientIP; 0 for none.
	AffinitySeconds int64 `json:"affinitySeconds,omitempty"`
	// Routed is false if the datapath has no room: the cluster's proxy decides.
	Routed bool `json:"routed"`
}

// NewRoute describes an entry of a table.
func NewRoute(frontend routes.Frontend, route *routes.Route) Route {
	local := route.Local
	if local == nil {
		local = []netip.AddrPort{}
	}
	return Route{
		Namespace: route.Service.Namespace, Service: route.Service.Name, Port: route.PortName,
		Frontend: netip.AddrPortFrom(frontend.Addr, frontend.Port), Protocol: protocol(frontend.Protocol),
		Local: local, Fallback: route.Fallback,
		NoLocalEndpoint: string(route.Behaviour), Balance: string(route.Balance),
		AffinitySeconds: int64(route.Affinity.Seconds()), Routed: true,
	}
}

func protocol(p routes.Protocol) string {
	switch p {
	case routes.TCP:
		return "TCP"
	case routes.UDP:
		return "UDP"
	case routes.SCTP:
		return "SCTP"
	}
	return fmt.Sprint(uint8(p))
}

// SortRoutes orders routes by Service, then by address.
func SortRoutes(all []Route) {
	slices.SortFunc(all, func(a, b Route) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Service, b.Service),
			a.Frontend.Compare(b.Frontend), cmp.Compare(a.Protocol, b.Protocol))
	})
}

// WriteRoutes writes routes for people, a line each.
func WriteRoutes(w io.Writer, all []Route) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SERVICE\tPORT\tFRONTEND\tGOES TO\tWITHOUT A LOCAL POD")
	for _, r := range all {
		service := r.Namespace + "/" + r.Service
		if r.Service == "" {
			service = "-"
		}
		fmt.Fprintf(table, "%s\t%s\t%s/%s\t%s\t%s\n", service, cmp.Or(r.Port, "-"), r.Frontend, r.Protocol, r.destination(), r.NoLocalEndpoint)
	}
	return table.Flush()
}

// destination is where the calls of a route go, in words.
func (r *Route) destination() string {
	switch {
	case !r.Routed:
		return "the cluster's proxy (no room)"
	case len(r.Local) > 0:
		return join(r.Local)
	case r.NoLocalEndpoint == "drop":
		return "nowhere (dropped)"
	case len(r.Fallback) > 0:
		return "other nodes: " + join(r.Fallback)
	}
	return "nowhere (refused)"
}

func join(backends []netip.AddrPort) string {
	texts := make([]string, len(backends))
	for i, b := range backends {
		texts[i] = b.String()
	}
	return strings.Join(texts, ", ")
}

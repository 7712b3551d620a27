package routes

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// String is the protocol's name in lower case.
func (p Protocol) String() string {
	switch p {
	case TCP:
		return "tcp"
	case UDP:
		return "udp"
	case SCTP:
		return "sctp"
	}
	return fmt.Sprintf("protocol-%d", uint8(p))
}

// String is the address, port and protocol: 10.96.0.10:11211/tcp.
func (f Frontend) String() string {
	return netip.AddrPortFrom(f.Addr, f.Port).String() + "/" + f.Protocol.String()
}

// String is the decision in a line, with what it has other than the defaults.
func (r Route) String() string {
	var line strings.Builder
	line.WriteString(r.Service.String())
	if r.PortName != "" {
		line.WriteString(":" + r.PortName)
	}
	line.WriteString(listed(" local=", r.Local))
	line.WriteString(listed(" fallback=", r.Fallback))
	line.WriteString(" else=" + string(r.Behaviour))
	if r.Balance != v1alpha1.BalanceRandom {
		line.WriteString(" balance=" + string(r.Balance))
	}
	if r.Affinity != 0 {
		line.WriteString(" affinity=" + r.Affinity.String())
	}
	return line.String()
}

// listed is a name and backends; nothing for none.
func listed(name string, backends []netip.AddrPort) string {
	if len(backends) == 0 {
		return ""
	}
	texts := make([]string, len(backends))
	for i, backend := range backends {
		texts[i] = backend.String()
	}
	return name + strings.Join(texts, ",")
}

// String is a line for each frontend, sorted.
func (t Table) String() string {
	var text strings.Builder
	for _, f := range t.Frontends() {
		fmt.Fprintf(&text, "%s %s\n", f, t[f])
	}
	return text.String()
}

// String is the frontend and its new decision, or that it is gone.
func (c Change) String() string {
	if c.Route == nil {
		return c.Frontend.String() + " gone"
	}
	return c.Frontend.String() + " " + c.Route.String()
}

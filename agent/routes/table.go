package routes

import (
	"net/netip"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// Protocol is an IP protocol number (IANA).
type Protocol uint8

// The protocols of Kubernetes Services. SCTP is decided like the others; which
// datapath carries it out is the datapath's to say.
const (
	TCP  Protocol = 6
	UDP  Protocol = 17
	SCTP Protocol = 132
)

// Frontend is what a client dials: one ClusterIP, one port, one protocol.
// The address is never a v4-mapped IPv6 address.
type Frontend struct {
	Addr     netip.Addr
	Port     uint16 // Host byte order.
	Protocol Protocol
}

// Route is the decision for one frontend.
type Route struct {
	Service types.NamespacedName
	// PortName is the Service port's name; empty if it has none.
	PortName string
	// Local are the backends on this node that take new connections, sorted. The
	// addresses are of the frontend's family.
	Local []netip.AddrPort
	// Fallback are backends on other nodes, sorted: at most [MaxFallback], a
	// subset that is the same on every computation and differs between nodes. Empty unless
	// the behaviour is fallback.
	Fallback []netip.AddrPort
	// Behaviour is what happens while Local is empty. With fallback and no
	// Fallback either, the connection is refused.
	Behaviour v1alpha1.NoLocalEndpoint
	// Balance chooses among several backends.
	Balance v1alpha1.Balance
	// Affinity is the timeout of sessionAffinity ClientIP; 0 for none.
	Affinity time.Duration
}

// Table is every decision of a node.
type Table map[Frontend]Route

// The most backends of a route: what one map value of the eBPF datapath holds.
// Eight local pods behind one node's frontend is far beyond a DaemonSet and its
// surge.
const (
	MaxLocal    = 8
	MaxFallback = 8
)

// Change is a frontend's new decision. Route is nil when the frontend is gone.
type Change struct {
	Frontend Frontend
	Route    *Route
}

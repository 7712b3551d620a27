package proxycheck

// Verdict is what the cluster's proxy did with the connections to one frontend.
type Verdict string

// The verdicts, from best to worst for a Service that must stay on the node.
const (
	// HonoursLocal: every connection went to a backend on this node.
	HonoursLocal Verdict = "honours-local"
	// Refuses: the connection was refused, by the proxy or by a backend of its
	// choice. They cannot be told apart: a flow of which a reset is the first
	// answer is forgotten at once.
	Refuses Verdict = "refuses"
	// Drops: the proxy discarded it.
	Drops Verdict = "drops"
	// Unclear: the connection came about, but how cannot be seen: no connection
	// tracking.
	Unclear Verdict = "unclear"
	// UnknownToProxy: nothing translated the address; what came of it says
	// nothing about the Service.
	UnknownToProxy Verdict = "unknown-to-proxy"
	// LeavesNode: a connection went to a backend that is not on this node.
	LeavesNode Verdict = "leaves-node"
)

var worse = map[Verdict]int{HonoursLocal: 0, Refuses: 1, Drops: 2, Unclear: 3, UnknownToProxy: 4, LeavesNode: 5}

// worst sums up several connections.
func worst(a, b Verdict) Verdict {
	if worse[b] > worse[a] {
		return b
	}
	return a
}

// keeps is whether nothing left the node, as far as was seen.
func (v Verdict) keeps() bool { return v == HonoursLocal || v == Refuses || v == Drops }

// explain is the verdict for people.
func (v Verdict) explain() string {
	return map[Verdict]string{
		HonoursLocal:   "stays on this node",
		Refuses:        "is refused",
		Drops:          "is dropped",
		Unclear:        "connects, but where to cannot be seen without connection tracking",
		UnknownToProxy: "is not known to the cluster's proxy",
		LeavesNode:     "leaves this node",
	}[v]
}

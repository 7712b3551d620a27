// Package nftables carries a table of routes out by DNAT, ahead of the cluster's
// proxy: for clients that the eBPF datapath's socket hooks cannot see (gVisor,
// Kata, MPTCP) and for nodes without cgroup v2.
//
// # Our table
//
// Everything is in one table, "inet inshore". Chains and rules are made once and
// never change; a decision is elements of a few sets and one map, so an update
// costs what changes, not what there is. A packet that opens a flow meets, in NAT
// chains that come before every proxy's:
//
//   - the set of frontends that are ours: one lookup, and nothing more for any
//     other traffic;
//   - rules that look the frontend up together with a slot. The slots in use say
//     how to choose: the only backend, one of n at random or in turn, or by the
//     client's address.
//
// Once a flow is bound to an address, no later NAT chain is asked (nf_nat_inet_fn
// in the kernel), so a Service of ours never meets the proxy's rules, and every
// other one never meets ours.
//
// # One decision at once
//
// An Update is one transaction, and the kernel makes it visible by one store. That
// is not enough: lookups in two sets, or even the two elements that an old and
// a new value are in one set (before Linux 6.17), may fall on both sides of the
// store. So a decision is always one successful lookup, and a packet of ours that found
// none, because a commit came between, looks once more. If it finds none again it is
// dropped, and the client's retransmission decides: it never slips through to
// the proxy.
//
// # Sticky clients
//
// sessionAffinity and source-hash choose by a hash of the client's address, not by
// a set of clients with timeouts: nothing to fill up or to expire, the same
// choice after a restart, and with rendezvous hashing over 32 slots only the
// clients of a backend that goes are moved. A client stays longer than
// the Service's timeout, which is the shortest time it must.
//
// # Netlink, not nft
//
// The kernel is spoken to directly (rules by the expressions of
// github.com/google/nftables, elements by our own buffer), not through the nft
// program, as sigs.k8s.io/knftables does. So the agent's image needs nothing but
// the agent, and an update is a system call instead of a process: measured in one run,
// 0.15 ms for one frontend in a table of 10 as in one of 100,000, against 20 ms and
// more for nft (BenchmarkUpdate). CAP_NET_ADMIN is all it takes. nft can list the
// table, for people; it knows no name for slots and prints them as numbers.
//
// # A new agent, and none
//
// The layout is hashed into the name of an empty chain. An agent that finds the
// table with its own layout writes the difference; another layout it replaces as a
// whole; either in one transaction, so that no packet sees anything between. The
// table is trusted for Config.OrphanTimeout after an agent's last sign of life: one
// element that times out in the kernel.
//
// # Limits
//
// Linux 5.10 or later, with nf_tables, its inet family, NAT, reject, hash and
// numgen, and connection tracking over netlink. Balances that need a backend's
// load choose at random.
//
// An established flow stays where it is, like with kube-proxy: what becomes of flows
// to backends that are gone is up to package conntrack. Totals count flows, of
// which a frontend has none left when it is no longer ours.
//
// A process of the node that sends a datagram to a frontend that refuses or drops
// sees EPERM first, since its own output is what is discarded; a pod does not. A
// refusal of SCTP is an ICMP error, which few of its clients heed. A ClusterIP needs a
// route on the node, any, or a process of the node cannot even try.
package nftables

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
// The kernel is spoken to directly (github.com/google/nftables), not through the
// nft program, as sigs.k8s.io/knftables would: the agent's image is one static
// binary, and an update is a system call instead of a process.
//
// # Limits
//
// Linux 5.10 or later. Balances that need a backend's load choose at random.
// An established flow stays where it is, like with kube-proxy: what becomes of
// flows to backends that are gone is up to package conntrack. A process of the node that
// sends a datagram to a frontend that drops sees EPERM, since its own output is
// what is dropped; a pod sees nothing. SCTP needs the kernel's nf_conntrack with
// SCTP; a refusal is an ICMP error there, which few clients of SCTP heed.
package nftables

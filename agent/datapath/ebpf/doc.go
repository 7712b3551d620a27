// Package ebpf carries a table of routes out where a connection begins: in cgroup
// socket hooks. A connect() to a frontend becomes a connect() to one of its
// backends before there is a packet. So there is no state that outlives a pod (no
// conntrack), no cost per packet, and a refusal is an error of the system call.
//
// # Hooks
//
// connect4/6 translate TCP and connected UDP sockets, sendmsg4/6 the datagrams of
// unconnected ones; recvmsg4/6 and getpeername4/6 undo it for the client, which sees
// the Service's address everywhere; sock_release counts connections out. A socket of
// IPv6 that dials a v4-mapped address uses IPv4's table. Sockets marked [BypassMark]
// and every destination that is not in the table pass untouched.
//
// Programs are attached by raw bpf_links, beside others' at the same cgroup, and the
// links are pinned: routing goes on when the agent does not. Others' programs that
// run first and translate the same address leave nothing to translate;
// [AttachedTo] lists them.
//
// # Decisions
//
// One map value is a frontend's whole decision: behaviour, rule of choice, up to
// [routes.MaxLocal] local and [routes.MaxFallback] fallback backends. One update is
// one decision. Two things that a hash map does to its readers are dealt with:
//
//   - A replaced element is recycled at once (Linux 6.1, bpf_mem_alloc), under the
//     eyes of who reads it. So each part of a decision proves by a tag of its own
//     write that it is whole and belongs to the rest (bpf/verify.h). What does not
//     is looked up again.
//   - A replacement is put in before the old element is taken out, but a reader that
//     is between the two in its bucket sees neither. So a lookup that finds nothing
//     while the agent writes is repeated.
//
// After three attempts a connection passes through to the cluster's proxy; one takes
// less than a microsecond to repeat, and a write longer. The tests storm the map and
// show both that nothing torn is seen and that it is without verification.
//
// # The way back
//
// What a socket asked for is kept in its own storage (BPF_MAP_TYPE_SK_STORAGE), which
// lives as long as the socket. An LRU would forget live sockets. An unconnected UDP
// socket has a ring of 16 flows: one that has more backends than that waiting to
// answer gets the oldest answers from the backend's own address. Its datagrams to
// one Service stay with one backend while that is there (rendezvous by socket
// cookie). If two Services have the same backend, answers on one socket are taken for
// those of the Service asked last.
//
// # Choice
//
// random; round-robin (a cursor in the decision, starting anew with each update);
// source-hash and session affinity (rendezvous by the client's network namespace,
// which on one node is the pod; the timeout of an affinity has no meaning here);
// destination-hash (a constant choice for each frontend); least-connection by counts
// of open connections. shortest-expected-delay and never-queue are the same as
// least-connection where weights are equal, and a Service has no weights.
//
// # Pins, restart and upgrade
//
// Everything is under <bpffs>/inshore: links, the maps that every version shares (the
// way back, the counters), and a folder of tables for each layout and size. A new
// agent opens or fills the folder of its version, then updates each link, which the
// kernel does atomically (BPF_LINK_UPDATE), then removes other folders. At no moment
// does a connection meet no program or an empty table.
//
// [Datapath.Renew] keeps the table trusted. Where an orphan timeout is set and nobody
// renews, the programs pass everything through, and the node is back with the
// cluster's proxy rather than dialling pods long gone.
//
// # Privileges and kernels
//
// CAP_BPF and CAP_NET_ADMIN suffice, and a read-only root file system. Without
// CAP_PERFMON the verifier also follows what a CPU may speculate, so the programs
// have no loops, no computed offsets into maps and no code that a constant switches
// off.
//
//	5.7   cgroup bpf_links and their update, bpf_get_netns_cookie
//	5.8   CAP_BPF, getpeername hooks, bpf_ktime_get_boot_ns
//	5.9   sock_release hook, BPF_LINK_DETACH
//	5.10  the oldest that is meant to work
//	5.11  memory is accounted by cgroup; before, RLIMIT_MEMLOCK must allow the maps
//	5.15  cgroup v1's net_cls and net_prio no longer hide a socket's v2 cgroup
//	5.18  bpf_set_retval: refusals are ECONNREFUSED; before, EPERM
//
// The tests have run on 6.18 only.
//
// # Limits
//
//   - SCTP: its protocol has no connect hook (no pre_connect). Left to the proxy.
//   - MPTCP: the kernel runs the hook for the first subflow, so that the connection is
//     translated (tried on 6.18), but the socket is told its backend as its peer.
//   - A socket belongs to the cgroup in which it was created, wherever its process
//     is. Sockets made outside the root cgroup, and in virtual machines and sandboxes
//     with a network stack of their own (Kata, gVisor), are not seen.
//   - A connected UDP socket stays with its backend, as a connection does.
//   - drop: a hook cannot be silent. It passes the connection through and counts it;
//     package nftables drops the packets.
//   - Counters are of the 65,536 frontends of each family that are dialled first on
//     a node; so are counts of open connections, of backends.
package ebpf

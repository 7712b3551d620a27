#pragma once

#include "maps.h"

/* What a socket was told and where it really talks to: written by the hooks on
 * the way out, read by those on the way back. The kernel holds the socket's lock
 * around all of them. */

/* barrier_var keeps the compiler from computing a pointer anew where paths meet: see
 * choose.h about offsets into maps. */
#ifndef barrier_var
#define barrier_var(var) asm volatile("" : "+r"(var))
#endif

static __always_inline int same(const __be32 *a, const __be32 *b)
{
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}

/* uncount takes a connection that is over off its count. A count that began
 * anew meanwhile does not know it. */
static __always_inline void uncount(struct peer *peer)
{
	struct open *open;

	if (!peer->counted)
		return;
	open = bpf_map_lookup_elem(&opens, &peer->flow);
	if (open && open->generation == peer->counted && open->count)
		__sync_fetch_and_add(&open->count, -1);
	peer->counted = 0;
}

/* remember keeps the flow of a socket that is being connected. Without memory
 * for it the socket works all the same, but is told its backend's address. */
static __always_inline void remember(struct bpf_sock *sk, const struct flow *flow, int counted)
{
	struct peer *peer = bpf_sk_storage_get(&peers, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	struct open *open;

	if (!peer)
		return;
	uncount(peer);
	peer->flow = *flow;
	if (!counted)
		return;
	open = bpf_map_lookup_elem(&opens, flow);
	if (!open)
		return;
	peer->counted = open->generation;
	__sync_fetch_and_add(&open->count, 1);
}

/* forget drops what is known of a socket that now connects elsewhere. */
static __always_inline void forget(struct bpf_sock *sk)
{
	struct peer *peer = bpf_sk_storage_get(&peers, sk, 0, 0);

	if (!peer)
		return;
	uncount(peer);
	bpf_sk_storage_delete(&peers, sk);
}

/* note keeps the flow of a datagram, and reports whether it could. A backend is
 * there once: two frontends with the same backend on one socket cannot be told
 * apart by its answers, and the one asked last is taken. */
static __always_inline int note(struct bpf_sock *sk, const struct flow *flow)
{
	struct ring *ring = bpf_sk_storage_get(&rings, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	__u32 slot, next;

	if (!ring)
		return 0;
	UNROLL
	for (slot = 0; slot < RING; slot++) {
		struct flow *known = &ring->flows[slot];

		barrier_var(known);
		if (known->backend_port != flow->backend_port ||
		    !same(known->backend, flow->backend))
			continue;
		*known = *flow;
		return 1;
	}
	next = ring->next++ % RING;
	UNROLL
	for (slot = 0; slot < RING; slot++) {
		struct flow *known = &ring->flows[slot];

		barrier_var(known);
		if (slot != next)
			continue;
		*known = *flow;
		break;
	}
	return 1;
}

/* erase drops what a socket's answers from an address would be translated by,
 * when the socket sends to that address itself. */
static __always_inline void erase(struct bpf_sock *sk, const __be32 *addr, __be16 port)
{
	struct ring *ring = bpf_sk_storage_get(&rings, sk, 0, 0);

	if (!ring)
		return;
	UNROLL
	for (__u32 slot = 0; slot < RING; slot++) {
		struct flow *known = &ring->flows[slot];

		barrier_var(known);
		if (known->backend_port == port && same(known->backend, addr))
			known->backend_port = 0;
	}
}

/* translate finds what a socket asked for when it got to a backend. */
static __always_inline int translate(struct bpf_sock *sk, const __be32 *addr, __be16 port,
				     int datagram, struct flow *flow)
{
	struct peer *peer = bpf_sk_storage_get(&peers, sk, 0, 0);
	struct ring *ring;

	if (peer && peer->flow.backend_port == port && same(peer->flow.backend, addr)) {
		*flow = peer->flow;
		return 1;
	}
	if (!datagram)
		return 0;
	ring = bpf_sk_storage_get(&rings, sk, 0, 0);
	if (!ring)
		return 0;
	UNROLL
	for (__u32 slot = 0; slot < RING; slot++) {
		struct flow *known = &ring->flows[slot];

		barrier_var(known);
		if (known->backend_port != port || !same(known->backend, addr))
			continue;
		*flow = *known;
		return 1;
	}
	return 0;
}

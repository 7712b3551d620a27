#pragma once

#include "verify.h"

/* Choosing one backend of a list. Every function leaves the chosen backend's
 * address in choice, and reports whether all that it read was whole. */

/* request is who asks for what. */
struct request {
	struct bpf_sock_addr *ctx;
	/* The frontend as words, for the hash of the constant choice. */
	const __u64 *frontend;
	int frontend_words;
	/* A datagram of an unconnected socket. */
	int datagram;
	/* The frontend half is filled in. */
	struct flow *flow;
};

/* list is where in a decision to choose from, and how. */
struct list {
	const struct head *decision;
	__u64 tag;
	__u32 first;
	__u32 length;
	int words;
};

/* rendezvous takes the backend that scores highest with the seed. When a backend
 * comes or goes only its own share moves. */
static __always_inline int rendezvous(const struct list *list, __u64 seed, __u64 *choice)
{
	__u64 best = 0;

	for (__u32 i = 0; i < MAX_LOCAL && i < list->length; i++) {
		__u64 backend[3] = {}, score = mix(3, seed);

		if (!read_backend(list->decision, list->first + i, list->tag, backend, list->words))
			return 0;
		for (int w = 0; w < list->words; w++)
			score = mix(score, backend[w]);
		/* mix leaves its last word's low bits in the high half only. */
		score = mix(score, 0);
		if (i && score <= best)
			continue;
		best = score;
		for (int w = 0; w < list->words; w++)
			choice[w] = backend[w];
	}
	return 1;
}

/* set_backend fills the backend half of a flow in from a slot's words. */
static __always_inline void set_backend(struct flow *flow, const __u64 *backend, const int words)
{
	if (words == WORDS(struct backend4) - 1) {
		flow->backend[0] = 0;
		flow->backend[1] = 0;
		flow->backend[2] = bpf_htonl(0xffff);
		flow->backend[3] = ((const struct backend4 *)backend)->addr;
		flow->backend_port = ((const struct backend4 *)backend)->port;
	} else {
		for (int i = 0; i < 4; i++)
			flow->backend[i] = ((const struct backend6 *)backend)->addr[i];
		flow->backend_port = ((const struct backend6 *)backend)->port;
	}
}

/* least takes the backend with the fewest open connections through this frontend
 * from this node; among equals the first from a random start. With equal weights
 * the shortest expected delay is the same, and a server that is idle is never
 * passed over, which is what never-queue wants. */
static __always_inline int least(const struct list *list, const struct request *request,
				 __u64 *choice)
{
	__u32 start = bpf_get_prandom_u32() % list->length;
	__u64 fewest = ~0ULL;

	for (__u32 i = 0; i < MAX_LOCAL && i < list->length; i++) {
		__u32 slot = start + i;
		__u64 backend[3] = {}, count = 0;
		struct open *open;

		if (slot >= list->length)
			slot -= list->length;
		if (!read_backend(list->decision, list->first + slot, list->tag, backend,
				  list->words))
			return 0;
		set_backend(request->flow, backend, list->words);
		open = bpf_map_lookup_elem(&opens, request->flow);
		if (open)
			count = READ_ONCE(open->count);
		if (i && count >= fewest)
			continue;
		fewest = count;
		for (int w = 0; w < list->words; w++)
			choice[w] = backend[w];
	}
	return 1;
}

/* choose chooses by the decision's own rule. A datagram of an unconnected socket
 * stays with the backend that its socket began with while that is there: the
 * socket stands for the flow, as a connection would. */
static __always_inline int choose(const struct list *list, struct head *head,
				  const struct request *request, __u64 *choice)
{
	__u64 *cursor = &((struct head *)list->decision)->cursor;
	__u64 seed = 4;
	__u32 slot = 0;

	if (list->length > 1) {
		if (head->affinity || head->balance == BALANCE_SOURCE_HASH)
			return rendezvous(list, bpf_get_netns_cookie(request->ctx), choice);
		if (head->balance == BALANCE_DESTINATION_HASH) {
			for (int i = 0; i < request->frontend_words; i++)
				seed = mix(seed, request->frontend[i]);
			return rendezvous(list, seed, choice);
		}
		if (request->datagram)
			return rendezvous(list, bpf_get_socket_cookie(request->ctx), choice);
		if (head->balance == BALANCE_LEAST_CONNECTION)
			return least(list, request, choice);
		if (head->balance == BALANCE_ROUND_ROBIN) {
			/* Two CPUs may read the same turn: no harm done. Neither is there if
			 * the decision was replaced and this is another one's cursor. */
			slot = READ_ONCE(*cursor) % list->length;
			__sync_fetch_and_add(cursor, 1);
		} else {
			slot = bpf_get_prandom_u32() % list->length;
		}
	}
	return read_backend(list->decision, list->first + slot, list->tag, choice, list->words);
}

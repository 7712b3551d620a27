#pragma once

#include "verify.h"

/* Choosing one backend of a list. Every function leaves the chosen backend's
 * address in choice, and reports whether all that it read was whole. */

/* request is who asks for what. */
struct request {
	struct bpf_sock_addr *ctx;
	/* The frontend, as words. */
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

/* opened is how many connections to a backend are open through a frontend. */
static __always_inline __u64 opened(const struct flow *to, const __u64 *backend, const int words)
{
	struct flow flow = *to;
	struct open *open;

	set_backend(&flow, backend, words);
	open = bpf_map_lookup_elem(&opens, &flow);
	return open ? READ_ONCE(open->count) : 0;
}

/* best takes the backend that ranks highest: by a hash with a seed, or if there is
 * none by how few connections it has open.
 *
 * By hash (rendezvous) the same seed gets the same backend, and when a backend
 * comes or goes only its own share moves.
 *
 * By count it begins anywhere, which decides among equals. The shortest expected
 * delay is the same with equal weights; a server that is idle is never passed
 * over, which is what never-queue wants. */
static __always_inline int best(const struct list *list, const struct request *request, __u64 seed,
				__u64 *choice)
{
	__u32 start = seed ? 0 : bpf_get_prandom_u32() % list->length;
	__u64 highest = 0;

	for (__u32 i = 0; i < MAX_LOCAL; i++) {
		__u64 backend[3] = {}, rank = 0;
		__u32 slot = start + i;

		if (i >= list->length)
			break;
		if (slot >= list->length)
			slot -= list->length;
		if (!read_backend(list->decision, list->first + slot, list->tag, backend,
				  list->words))
			return 0;
		if (seed) {
			for (int w = 0; w < list->words; w++)
				rank = mix(rank, backend[w]);
			rank = mix(mix(rank, seed), 0);
		} else {
			rank = ~opened(request->flow, backend, list->words);
		}
		if (i && rank <= highest)
			continue;
		highest = rank;
		for (int w = 0; w < list->words; w++)
			choice[w] = backend[w];
	}
	return 1;
}

/* seed_of is what the choice among several is a function of; 0 if of nothing. A
 * datagram of an unconnected socket stays with the backend that its socket began
 * with while that is there: the socket stands for the flow, as a connection would. */
static __always_inline __u64 seed_of(const struct head *head, const struct request *request)
{
	__u64 seed = 1;

	if (head->affinity || head->balance == BALANCE_SOURCE_HASH)
		return mix(bpf_get_netns_cookie(request->ctx), 1) | 1;
	if (head->balance == BALANCE_DESTINATION_HASH) {
		for (int i = 0; i < request->frontend_words; i++)
			seed = mix(seed, request->frontend[i]);
		return seed | 1;
	}
	if (request->datagram)
		return mix(bpf_get_socket_cookie(request->ctx), 1) | 1;
	return 0;
}

/* choose chooses by the decision's own rule. */
static __always_inline int choose(const struct list *list, const struct head *head,
				  const struct request *request, __u64 *choice)
{
	__u64 *cursor = &((struct head *)list->decision)->cursor;
	__u32 slot = 0;

	if (list->length > 1) {
		__u64 seed = seed_of(head, request);

		if (seed || head->balance == BALANCE_LEAST_CONNECTION)
			return best(list, request, seed, choice);
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

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
	/* The first backend, and its slot. */
	const __u64 *backends;
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
		UNROLL
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

/* seed_of is what the choice among several is a function of; 0 if of nothing. A
 * datagram of an unconnected socket stays with the backend that its socket began
 * with while that is there: the socket stands for the flow, as a connection would. */
static __always_inline __u64 seed_of(const struct head *head, const struct request *request)
{
	__u64 seed = 1;

	if (head->affinity || head->balance == BALANCE_SOURCE_HASH)
		return mix(bpf_get_netns_cookie(request->ctx), 1) | 1;
	if (head->balance == BALANCE_DESTINATION_HASH) {
		UNROLL
		for (int i = 0; i < request->frontend_words; i++)
			seed = mix(seed, request->frontend[i]);
		return seed | 1;
	}
	if (request->datagram)
		return mix(bpf_get_socket_cookie(request->ctx), 1) | 1;
	return 0;
}

/* turn is whose turn it is. Two CPUs may read the same one: no harm done. Neither
 * is there if the decision was replaced and this is another one's cursor. */
static __always_inline __u64 turn(const struct head *decision)
{
	__u64 *cursor = &((struct head *)decision)->cursor;
	__u64 now = READ_ONCE(*cursor);

	__sync_fetch_and_add(cursor, 1);
	return now;
}

/* choose chooses by the decision's own rule: the backend that ranks highest.
 *
 * By hash (rendezvous) the same seed gets the same backend, and when a backend
 * comes or goes only its own share moves. By count it is the one with the fewest open
 * connections, and any among equals. (The shortest expected delay is the same with
 * equal weights; a server that is idle is never passed over, which is what
 * never-queue wants.) Else it is the one whose turn it is, or any.
 *
 * Every offset into the map is a constant. An index would be as short to write, but
 * without CAP_PERFMON the verifier has to mask it against Spectre v1, and to follow
 * what happens if it is wrong. */
static __always_inline int choose(const struct list *list, const struct head *head,
				  const struct request *request, __u64 *choice)
{
	__u32 any = bpf_get_prandom_u32(), slot = 0;
	__u64 seed = 0, highest = 0;
	int counting = 0;

	if (list->length > 1) {
		seed = seed_of(head, request);
		counting = !seed && head->balance == BALANCE_LEAST_CONNECTION;
		if (head->balance == BALANCE_ROUND_ROBIN)
			slot = turn(list->decision) % list->length;
		else
			slot = any % list->length;
	}
	UNROLL
	for (__u32 i = 0; i < MAX_LOCAL; i++) {
		__u64 backend[3] = {}, rank = 1;

		if (i >= list->length)
			break;
		if (!seed && !counting && i != slot)
			continue;
		if (!read_backend(list->backends + i * (list->words + 1), list->first + i,
				  list->tag, backend, list->words))
			return 0;
		if (seed) {
			UNROLL
			for (int w = 0; w < list->words; w++)
				rank = mix(rank, backend[w]);
			rank = mix(mix(rank, seed), 0) | 1;
		} else if (counting) {
			rank = ~opened(request->flow, backend, list->words) << 3 | (any + i) % 8;
		}
		if (rank <= highest)
			continue;
		highest = rank;
		UNROLL
		for (int w = 0; w < list->words; w++)
			choice[w] = backend[w];
	}
	return 1;
}

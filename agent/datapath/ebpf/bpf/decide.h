#pragma once

#include "choose.h"

enum verdict {
	/* Not ours, or not to be touched. */
	PASS,
	FORWARD,
	REFUSE,
};

/* How often a lookup is repeated before a decision that keeps changing is given
 * up and left to the cluster's proxy. One repetition is a matter of nanoseconds,
 * one write a system call: even the second is hardly ever needed. */
#define ATTEMPTS 3

enum outcome {
	OUTCOME_LOCAL,
	OUTCOME_FALLBACK,
	OUTCOME_REFUSED,
	OUTCOME_DROPPED,
};

static __always_inline void count(void *map, const void *frontend, enum outcome outcome)
{
	struct counts *counts = bpf_map_lookup_elem(map, frontend);

	if (!counts) {
		struct counts none = {};

		bpf_map_update_elem(map, frontend, &none, BPF_NOEXIST);
		counts = bpf_map_lookup_elem(map, frontend);
		if (!counts)
			return;
	}
	/* Atomic though it is this CPU's: a program may be preempted by another. */
	if (outcome == OUTCOME_LOCAL)
		__sync_fetch_and_add(&counts->local, 1);
	else if (outcome == OUTCOME_FALLBACK)
		__sync_fetch_and_add(&counts->fallback, 1);
	else if (outcome == OUTCOME_REFUSED)
		__sync_fetch_and_add(&counts->refused, 1);
	else
		__sync_fetch_and_add(&counts->dropped, 1);
}

/* carry_out turns a decision's head into a verdict; a negative one is no verdict:
 * what was read was not whole. */
static __always_inline int carry_out(struct head *decision, struct head *head,
				     const struct request *request, const int words,
				     enum outcome *outcome)
{
	struct list list = {
		.decision = decision,
		.tag = head->tag,
		.backends = (const __u64 *)(decision + 1),
		.words = words,
	};
	__u64 choice[3] = {};

	*outcome = OUTCOME_LOCAL;
	list.length = head->locals;
	if (!list.length && head->behaviour == BEHAVIOUR_DROP) {
		/* A hook cannot be silent. The packets are dropped on their way. */
		*outcome = OUTCOME_DROPPED;
		return PASS;
	}
	if (!list.length && head->behaviour == BEHAVIOUR_FALLBACK) {
		*outcome = OUTCOME_FALLBACK;
		list.backends += MAX_LOCAL * (words + 1);
		list.first = MAX_LOCAL;
		list.length = head->fallbacks;
	}
	if (!list.length) {
		*outcome = OUTCOME_REFUSED;
		return REFUSE;
	}
	if (!choose(&list, head, request, choice))
		return -1;
	set_backend(request->flow, choice, words);
	return FORWARD;
}

/* decide looks a frontend up and carries its decision out. words is how many a
 * backend's address has. */
static __always_inline int decide(void *decisions, void *counted, const struct request *request,
				  const int words, __u8 *balance)
{
	struct state *cell;
	__u32 zero = 0;

	cell = bpf_map_lookup_elem(&state, &zero);
	if (!cell)
		return PASS;
	UNROLL
	for (int i = 0; i < ATTEMPTS; i++) {
		__u64 writes = READ_ONCE(cell->writes);
		enum outcome outcome;
		struct head *decision, head;
		int verdict;

		decision = bpf_map_lookup_elem(decisions, request->frontend);
		if (!decision) {
			/* A replaced element is put at the front of its bucket before the
			 * old one is taken out behind: who was between the two sees neither.
			 * Without a write at the time there is none. */
			if (!VERIFIED || (!(writes & 1) && writes == READ_ONCE(cell->writes)))
				return PASS;
			goto repeat;
		}
		dawdle();
		if (!read_head(decision, request->frontend, request->frontend_words, &head))
			goto repeat;
		if (READ_ONCE(cell->trusted_until) <= bpf_ktime_get_boot_ns())
			return PASS;
		dawdle();
		verdict = carry_out(decision, &head, request, words, &outcome);
		if (verdict < 0)
			goto repeat;
		count(counted, request->frontend, outcome);
		*balance = head.balance;
		return verdict;
	repeat:
		__sync_fetch_and_add(&cell->repeated, 1);
	}
	return PASS;
}

/* decide4 decides about an IPv4 destination; decide6 about an IPv6 one. Both fill
 * the whole flow in when the verdict is FORWARD. */
static __always_inline int decide4(struct bpf_sock_addr *ctx, __be32 addr, int datagram,
				   struct flow *flow, __u8 *balance)
{
	struct frontend4 frontend = {
		.addr = addr,
		.port = ctx->user_port,
		.protocol = ctx->protocol,
	};
	struct request request = {
		.ctx = ctx,
		.frontend = (const __u64 *)&frontend,
		.frontend_words = WORDS(frontend),
		.datagram = datagram,
		.flow = flow,
	};

	flow->frontend[2] = bpf_htonl(0xffff);
	flow->frontend[3] = addr;
	flow->frontend_port = frontend.port;
	flow->protocol = frontend.protocol;
	return decide(&decisions4, &counts4, &request, WORDS(struct backend4) - 1, balance);
}

static __always_inline int decide6(struct bpf_sock_addr *ctx, const __be32 *addr, int datagram,
				   struct flow *flow, __u8 *balance)
{
	struct frontend6 frontend = {
		.addr = { addr[0], addr[1], addr[2], addr[3] },
		.port = ctx->user_port,
		.protocol = ctx->protocol,
	};
	struct request request = {
		.ctx = ctx,
		.frontend = (const __u64 *)&frontend,
		.frontend_words = WORDS(frontend),
		.datagram = datagram,
		.flow = flow,
	};

	UNROLL
	for (int i = 0; i < 4; i++)
		flow->frontend[i] = addr[i];
	flow->frontend_port = frontend.port;
	flow->protocol = frontend.protocol;
	return decide(&decisions6, &counts6, &request, WORDS(struct backend6) - 1, balance);
}

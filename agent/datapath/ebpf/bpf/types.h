#pragma once

#include <linux/bpf.h>
#include <linux/types.h>

/* What the agent and the programs share. Every struct is whole 64-bit words
 * without holes: the agent writes it as it is, and checks run over the words.
 * Addresses and ports are in network byte order. "zero" is always 0. */

/* MAX_LOCAL and MAX_FALLBACK are routes.MaxLocal and routes.MaxFallback: lists of the
 * same length, a power of 2, by whose remainder ties are broken. */
#define MAX_LOCAL    8
#define MAX_FALLBACK 8

/* A frontend, by family: what a client dials. */
struct frontend4 {
	__be32 addr;
	__be16 port;
	__u8 protocol;
	__u8 zero;
};

struct frontend6 {
	__be32 addr[4];
	__be16 port;
	__u8 protocol;
	__u8 zero[5];
};

/* What happens while there is no local backend. */
enum behaviour {
	BEHAVIOUR_REJECT,
	BEHAVIOUR_DROP,
	BEHAVIOUR_FALLBACK,
};

/* How one of several backends is chosen. */
enum balance {
	BALANCE_RANDOM,
	BALANCE_ROUND_ROBIN,
	BALANCE_SOURCE_HASH,
	BALANCE_DESTINATION_HASH,
	BALANCE_LEAST_CONNECTION,
};

/* The head of a decision. check covers the tag, the frontend and the second
 * word; see decide.h. cursor belongs to the programs (round-robin). */
struct head {
	__u64 tag;
	__u8 locals;
	__u8 fallbacks;
	__u8 behaviour;
	__u8 balance;
	__u8 affinity;
	__u8 zero[3];
	__u64 check;
	__u64 cursor;
};

struct backend4 {
	__be32 addr;
	__be16 port;
	__be16 zero;
	__u64 check;
};

struct backend6 {
	__be32 addr[4];
	__be16 port;
	__be16 zero[3];
	__u64 check;
};

/* A decision, by family: local backends first, then MAX_LOCAL on, fallbacks. */
struct decision4 {
	struct head head;
	struct backend4 backends[MAX_LOCAL + MAX_FALLBACK];
};

struct decision6 {
	struct head head;
	struct backend6 backends[MAX_LOCAL + MAX_FALLBACK];
};

/* Decisions, counted per frontend. */
struct counts {
	__u64 local;
	__u64 fallback;
	__u64 refused;
	__u64 dropped;
};

/* One cell for all, mapped into the agent's memory. */
struct state {
	/* The boot time, in ns, until which the decisions are believed. */
	__u64 trusted_until;
	/* Odd while the agent is writing decisions. */
	__u64 writes;
	/* How often a lookup met a decision in the making and was repeated. */
	__u64 repeated;
};

/* Where a socket was sent, and what it had asked for. IPv4 is v4-mapped. */
struct flow {
	__be32 frontend[4];
	__be32 backend[4];
	__be16 frontend_port;
	__be16 backend_port;
	__u8 protocol;
	__u8 zero[3];
};

/* The flow of a connected socket. counted is the generation of the open count
 * that this socket is part of; 0 if none. */
struct peer {
	struct flow flow;
	__u64 counted;
};

/* The flows of an unconnected UDP socket. A ring of its own for each socket: an
 * LRU shared by all would forget live sockets for the sake of busy ones. */
#define RING 16

struct ring {
	__u64 next;
	struct flow flows[RING];
};

/* How many connections of a flow are open. The generation, never 0, tells the
 * connections of a backend from those of a former backend at the same address. */
struct open {
	__u64 generation;
	__u64 count;
};

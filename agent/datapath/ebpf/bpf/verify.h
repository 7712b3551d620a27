#pragma once

#include "maps.h"

/* Reading a decision that may change under the reader.
 *
 * A lookup hands out a pointer into the map, and replacing or deleting the
 * element does not wait for its readers: from Linux 6.1 on (bpf_mem_alloc) its
 * memory may at once become another frontend's decision. So nothing is believed
 * that does not prove itself. Every write of a decision has a tag of its own,
 * random and 64 bits wide; the head's check binds the tag to the frontend and to
 * the counts, each backend's check binds the tag to its slot and address. A reader
 * copies a part, verifies the copy and never looks at the original again. Parts
 * of two writes cannot verify under one tag. What verifies is one decision that
 * was in the map after the reader began, whole. */

/* VERIFIED is 0 only in the object that a test loads to see what happens without.
 * These are macros rather than constants of the loaded object: without CAP_PERFMON
 * the verifier follows a branch that is never taken too, for what the CPU may
 * speculate, and on older kernels rejects what it finds there. */
#ifndef VERIFIED
#define VERIFIED 1
#endif

/* LINGER makes readers slow, in the objects of that test and its counterpart: torn
 * reads are a matter of nanoseconds otherwise. */
#ifndef LINGER
#define LINGER 0
#endif

static __always_inline void dawdle(void)
{
	UNROLL
	for (int i = 0; i < LINGER; i++)
		bpf_get_prandom_u32();
}

#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))

#define WORDS(type) (sizeof(type) / sizeof(__u64))

/* mix folds a word into a hash. The agent has the same (seal.go). */
static __always_inline __u64 mix(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	return hash ^ (hash >> 32);
}

/* read_head copies the head of a decision, and reports whether it is whole and
 * the one of this frontend. */
static __always_inline int read_head(const struct head *from, const __u64 *frontend,
				     const int frontend_words, struct head *head)
{
	const __u64 *words = (const __u64 *)from;
	__u64 *copy = (__u64 *)head;
	__u64 check;

	copy[0] = READ_ONCE(words[0]);
	copy[1] = READ_ONCE(words[1]);
	copy[2] = READ_ONCE(words[2]);
	if (!VERIFIED)
		return 1;
	check = mix(1, copy[0]);
	UNROLL
	for (int i = 0; i < frontend_words; i++)
		check = mix(check, frontend[i]);
	return mix(check, copy[1]) == copy[2];
}

/* read_backend copies the address at a slot, words long, and reports whether it is
 * whole and of the same decision as the tag. */
static __always_inline int read_backend(const __u64 *from, __u32 slot, __u64 tag, __u64 *backend,
					const int words)
{
	__u64 check;

	UNROLL
	for (int i = 0; i < words; i++)
		backend[i] = READ_ONCE(from[i]);
	if (!VERIFIED)
		return 1;
	check = mix(mix(2, tag), slot);
	UNROLL
	for (int i = 0; i < words; i++)
		check = mix(check, backend[i]);
	return check == READ_ONCE(from[words]);
}

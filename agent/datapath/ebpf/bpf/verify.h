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

/* verified is false only in the test that shows what happens without. */
volatile const __u8 verified = 1;

/* linger makes readers slow, in that test and its counterpart only: torn reads are a
 * matter of nanoseconds otherwise. */
volatile const __u8 linger = 0;

static __always_inline void dawdle(void)
{
	for (int i = 0; i < linger; i++)
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
	if (!verified)
		return 1;
	check = mix(1, copy[0]);
	for (int i = 0; i < frontend_words; i++)
		check = mix(check, frontend[i]);
	return mix(check, copy[1]) == copy[2];
}

/* read_backend copies the address of a slot, words long, and reports whether it
 * is whole and of the same decision as the tag. */
static __always_inline int read_backend(const struct head *decision, __u32 slot, __u64 tag,
					__u64 *backend, const int words)
{
	const __u64 *from = (const __u64 *)(decision + 1);
	__u64 check;

	from += (slot & (MAX_LOCAL + MAX_FALLBACK - 1)) * (words + 1);
	for (int i = 0; i < words; i++)
		backend[i] = READ_ONCE(from[i]);
	if (!verified)
		return 1;
	check = mix(mix(2, tag), slot);
	for (int i = 0; i < words; i++)
		check = mix(check, backend[i]);
	return check == READ_ONCE(from[words]);
}

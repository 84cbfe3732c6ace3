/*
 * A 64-bit finaliser (the MurmurHash3 variant 13 of D. Stafford): spreads a value that is already hard to
 * guess over the places of a table. Not keyed: the subjects that reach it are keyed hashes.
 */
#ifndef WARD_OBSERVE_MIX_H
#define WARD_OBSERVE_MIX_H

#include <stdint.h>

static inline uint64_t mix64(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

#endif

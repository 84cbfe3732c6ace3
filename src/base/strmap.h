/*
 * A map from byte strings to pointers, for tables that ward itself fills (names of functions, queries, rules).
 * Keys are borrowed and must outlive the map. Open addressing; no removal. The hash is seeded per process from
 * getrandom(2), so that a peer who chooses keys cannot choose collisions.
 */
#ifndef WARD_BASE_STRMAP_H
#define WARD_BASE_STRMAP_H

#include "base/result.h"
#include "base/slice.h"

struct strmap_entry {
	struct slice key; /* ptr NULL: empty place */
	void *value;
};

struct strmap {
	struct strmap_entry *entries; /* owned */
	size_t places;		      /* a power of two, or 0 */
	size_t count;
};

void strmap_done(struct strmap *m);
/* Sets or replaces. ERR_MEMORY when it cannot grow. */
result strmap_set(struct strmap *m, struct slice key, void *value);
/* The value, or NULL. */
void *strmap_get(const struct strmap *m, struct slice key);

#define STRMAP_FOREACH(entry, map)                                                                           \
	for (struct strmap_entry *entry = (map)->entries; entry && entry < (map)->entries + (map)->places;   \
	     entry++)                                                                                        \
		if (entry->key.ptr)

/* 64-bit seeded hash of bytes, not for storage: differs between processes. */
uint64_t hash_bytes(const void *bytes, size_t n);

#endif

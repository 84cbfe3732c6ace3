/*
 * An arena: allocate forward, free all at once. One per request, per parse, per load.
 *
 * Capped: past cap_bytes arena_alloc() returns NULL, which callers turn into ERR_LIMIT or ERR_MEMORY. Memory is
 * aligned to 16 bytes and zeroed only by arena_zalloc(). Not thread-safe.
 */
#ifndef WARD_BASE_ARENA_H
#define WARD_BASE_ARENA_H

#include "base/slice.h"

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first */
	char *at;
	char *end;
	size_t used_bytes; /* sum of block sizes taken from malloc */
	size_t cap_bytes;
};

#define ARENA_INIT(cap) ((struct arena){.cap_bytes = (cap)})

void arena_init(struct arena *a, size_t cap_bytes);
void arena_done(struct arena *a);
/* Empties, keeps the newest block for reuse. All pointers into the arena are dead. */
void arena_clear(struct arena *a);

void *arena_alloc(struct arena *a, size_t n);
void *arena_zalloc(struct arena *a, size_t n);
/* count * size, checked. */
void *arena_array(struct arena *a, size_t count, size_t size);
/* A copy with a NUL after it (not counted); ptr NULL when there is no memory. */
struct slice arena_copy(struct arena *a, struct slice s);
/* The same as a C string, or NULL. */
char *arena_cstr(struct arena *a, struct slice s);
/* printf into the arena, or NULL. */
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define CLEANUP_ARENA __attribute__((cleanup(arena_done)))

#endif

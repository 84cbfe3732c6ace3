#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/size.h"

#define ARENA_BLOCK_MIN 4096u
#define ARENA_BLOCK_MAX (1u << 20)
#define ARENA_ALIGN 16u

struct arena_block {
	struct arena_block *next;
	size_t size; /* with this header */
} __attribute__((aligned(ARENA_ALIGN)));

void arena_init(struct arena *a, size_t cap_bytes)
{
	*a = ARENA_INIT(cap_bytes);
}

static void free_blocks(struct arena_block *block)
{
	while (block) {
		struct arena_block *next = block->next;
		free(block);
		block = next;
	}
}

void arena_done(struct arena *a)
{
	free_blocks(a->blocks);
	*a = ARENA_INIT(a->cap_bytes);
}

void arena_clear(struct arena *a)
{
	struct arena_block *keep = a->blocks;
	if (!keep)
		return;
	free_blocks(keep->next);
	keep->next = NULL;
	a->used_bytes = keep->size;
	a->at = (char *)(keep + 1);
	a->end = (char *)keep + keep->size;
}

static bool add_block(struct arena *a, size_t n)
{
	size_t size = a->blocks ? size_min(a->blocks->size * 2, ARENA_BLOCK_MAX) : ARENA_BLOCK_MIN;
	size_t need;
	if (!size_add(n, sizeof(struct arena_block), &need))
		return false;
	size = size_max(size, need);
	if (a->used_bytes > a->cap_bytes || size > a->cap_bytes - a->used_bytes)
		size = need;
	if (size > a->cap_bytes - size_min(a->used_bytes, a->cap_bytes))
		return false;
	struct arena_block *block = malloc(size);
	if (!block)
		return false;
	block->next = a->blocks;
	block->size = size;
	a->blocks = block;
	a->used_bytes += size;
	a->at = (char *)(block + 1);
	a->end = (char *)block + size;
	return true;
}

void *arena_alloc(struct arena *a, size_t n)
{
	size_t rounded;
	if (!size_add(n, ARENA_ALIGN - 1, &rounded))
		return NULL;
	rounded &= ~(size_t)(ARENA_ALIGN - 1);
	if ((size_t)(a->end - a->at) < rounded || !a->at) {
		if (!add_block(a, rounded))
			return NULL;
	}
	void *p = a->at;
	a->at += rounded;
	return p;
}

void *arena_zalloc(struct arena *a, size_t n)
{
	void *p = arena_alloc(a, n);
	if (p)
		memset(p, 0, n);
	return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	size_t n;
	return size_mul(count, size, &n) ? arena_zalloc(a, n) : NULL;
}

struct slice arena_copy(struct arena *a, struct slice s)
{
	size_t n;
	char *p = size_add(s.len, 1, &n) ? arena_alloc(a, n) : NULL;
	if (!p)
		return SLICE_NONE;
	if (s.len)
		memcpy(p, s.ptr, s.len);
	p[s.len] = '\0';
	return slice_of(p, s.len);
}

char *arena_cstr(struct arena *a, struct slice s)
{
	return arena_printf(a, "%.*s", SLICE_ARG(s));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	ASSERT(n >= 0);
	char *p = arena_alloc(a, (size_t)n + 1);
	if (!p)
		return NULL;
	va_start(args, fmt);
	(void)vsnprintf(p, (size_t)n + 1, fmt, args);
	va_end(args);
	return p;
}

/*
 * A borrowed run of bytes, passed by value. Not NUL-terminated; NUL only at the libc edge.
 * A slice never owns: whoever made the bytes keeps them alive.
 */
#ifndef WARD_BASE_SLICE_H
#define WARD_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const char *ptr;
	size_t len;
};

#define SLICE_NONE ((struct slice){NULL, 0})
/* Of a string literal, at compile time. */
#define SLICE(lit) ((struct slice){"" lit, sizeof(lit) - 1})
/* printf("%.*s", SLICE_ARG(s)); lengths past INT_MAX are cut. */
#define SLICE_ARG(s) (int)((s).len > 0x7fffffff ? 0x7fffffff : (s).len), ((s).ptr ? (s).ptr : "")

static inline struct slice slice_of(const char *ptr, size_t len)
{
	return (struct slice){ptr, len};
}

/* Of a NUL-terminated string; NULL gives the empty slice. */
static inline struct slice slice_cstr(const char *s)
{
	return s ? (struct slice){s, strlen(s)} : SLICE_NONE;
}

static inline bool slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool slice_eq_cstr(struct slice a, const char *b)
{
	return slice_eq(a, slice_cstr(b));
}

static inline bool slice_starts(struct slice s, struct slice prefix)
{
	return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

static inline bool slice_ends(struct slice s, struct slice suffix)
{
	return s.len >= suffix.len &&
	       (suffix.len == 0 || memcmp(s.ptr + (s.len - suffix.len), suffix.ptr, suffix.len) == 0);
}

/* ASCII only, as header names and keywords are. */
bool slice_eq_nocase(struct slice a, struct slice b);

/* memcmp order, then length. */
int slice_cmp(struct slice a, struct slice b);

/* Without ASCII spaces and tabs, CR and LF at both ends. */
struct slice slice_trim(struct slice s);

/*
 * Cuts *rest at the first sep: returns the part before, leaves the part after. Without a sep the whole is
 * returned and *rest becomes SLICE_NONE with ptr NULL, which ends a loop on `rest.ptr`.
 */
struct slice slice_cut(struct slice *rest, char sep);

/* Decimal digits only, no sign, no leading '+', no overflow. */
bool slice_to_u64(struct slice s, uint64_t *ret_value);

#endif

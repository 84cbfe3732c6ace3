/*
 * A growable run of bytes with a cap given at init, past which every append fails and the buffer is marked.
 *
 * Appends return nothing: write a whole text, then ask buf_ok() once. After a failed append the content is what
 * fitted before it and later appends do nothing, so a short text can never pass for a whole one.
 */
#ifndef WARD_BASE_BUF_H
#define WARD_BASE_BUF_H

#include <stdarg.h>

#include "base/slice.h"

struct buf {
	char *ptr; /* owned; NULL until the first append */
	size_t len;
	size_t size;
	size_t cap;  /* bytes, never exceeded */
	bool failed; /* cap reached or memory gone */
	bool secret; /* its bytes are wiped before their memory is given back or used again */
};

#define BUF_INIT(cap_bytes) ((struct buf){.cap = (cap_bytes)})
#define BUF_SECRET(cap_bytes) ((struct buf){.cap = (cap_bytes), .secret = true})

void buf_init(struct buf *b, size_t cap_bytes);
/* Frees the bytes; safe on a zeroed struct and twice. For `__attribute__((cleanup(buf_done)))`: CLEANUP_BUF. */
void buf_done(struct buf *b);
/* Empties and forgets a failure, keeps the memory. */
void buf_clear(struct buf *b);
/* The same with all of its memory zeroed, what was written past the end and not counted included. */
void buf_wipe(struct buf *b);

/* Room for n more bytes at b->ptr + b->len, or NULL; the caller then adds what it used to b->len. */
char *buf_reserve(struct buf *b, size_t n);
void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_add_slice(struct buf *b, struct slice s);
void buf_add_cstr(struct buf *b, const char *s);
void buf_add_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));
/* As the inside of a JSON string (RFC 8259 section 7), quotes not included; invalid UTF-8 becomes U+FFFD. */
void buf_add_json_escaped(struct buf *b, struct slice s);

static inline bool buf_ok(const struct buf *b)
{
	return !b->failed;
}

static inline struct slice buf_slice(const struct buf *b)
{
	return slice_of(b->ptr, b->len);
}

/* NUL-terminated view (the NUL is not counted); "" when empty or when there is no room for the NUL. */
const char *buf_cstr(struct buf *b);

#define CLEANUP_BUF __attribute__((cleanup(buf_done)))

#endif

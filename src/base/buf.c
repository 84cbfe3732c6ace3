#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/size.h"

void buf_init(struct buf *b, size_t cap_bytes)
{
	*b = BUF_INIT(cap_bytes);
}

static void wipe(const struct buf *b)
{
	if (b->secret && b->ptr)
		explicit_bzero(b->ptr, b->size);
}

void buf_done(struct buf *b)
{
	wipe(b);
	free(b->ptr);
	*b = (struct buf){.cap = b->cap, .secret = b->secret};
}

void buf_clear(struct buf *b)
{
	if (b->secret && b->len)
		explicit_bzero(b->ptr, b->len);
	b->len = 0;
	b->failed = false;
}

/* realloc() may leave the old bytes behind. */
static char *grow_wiped(struct buf *b, size_t size)
{
	char *ptr = malloc(size);
	if (!ptr)
		return NULL;
	if (b->len)
		memcpy(ptr, b->ptr, b->len);
	wipe(b);
	free(b->ptr);
	return ptr;
}

void buf_wipe(struct buf *b)
{
	if (b->ptr)
		explicit_bzero(b->ptr, b->size);
	b->len = 0;
	b->failed = false;
}

char *buf_reserve(struct buf *b, size_t n)
{
	size_t need;
	if (b->failed)
		return NULL;
	if (!size_add(b->len, n, &need) || need > b->cap) {
		b->failed = true;
		return NULL;
	}
	if (need > b->size) {
		size_t size = size_max(b->size * 2, 256);
		size = size_min(size_max(size, need), b->cap);
		char *ptr = b->secret ? grow_wiped(b, size) : realloc(b->ptr, size);
		if (!ptr) {
			b->failed = true;
			return NULL;
		}
		b->ptr = ptr;
		b->size = size;
	}
	return b->ptr + b->len;
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
	if (n == 0)
		return;
	char *at = buf_reserve(b, n);
	if (!at)
		return;
	memcpy(at, bytes, n);
	b->len += n;
}

void buf_add_slice(struct buf *b, struct slice s)
{
	buf_add(b, s.ptr, s.len);
}

void buf_add_cstr(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_add_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_vprintf(struct buf *b, const char *fmt, va_list args)
{
	va_list again;
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, fmt, args);
	ASSERT(n >= 0);
	/* vsnprintf writes a NUL past the text: reserve it, do not count it. */
	char *at = buf_reserve(b, (size_t)n + 1);
	if (at) {
		(void)vsnprintf(at, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	buf_vprintf(b, fmt, args);
	va_end(args);
}

const char *buf_cstr(struct buf *b)
{
	if (!b->ptr && !buf_reserve(b, 1))
		return "";
	if (b->len == b->size) {
		bool failed = b->failed;
		b->failed = false;
		char *room = buf_reserve(b, 1);
		b->failed = failed || !room;
		if (!room)
			return "";
	}
	b->ptr[b->len] = '\0';
	return b->ptr;
}

/* Length of the well-formed UTF-8 sequence at s (RFC 3629 section 4), or 0. */
static size_t utf8_sequence(const unsigned char *s, size_t len)
{
	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2)
		return 0;
	if (s[0] < 0xe0)
		return len >= 2 && (s[1] & 0xc0) == 0x80 ? 2 : 0;
	if (s[0] < 0xf0) {
		if (len < 3 || (s[1] & 0xc0) != 0x80 || (s[2] & 0xc0) != 0x80)
			return 0;
		if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f))
			return 0;
		return 3;
	}
	if (s[0] < 0xf5) {
		if (len < 4 || (s[1] & 0xc0) != 0x80 || (s[2] & 0xc0) != 0x80 || (s[3] & 0xc0) != 0x80)
			return 0;
		if ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
			return 0;
		return 4;
	}
	return 0;
}

void buf_add_json_escaped(struct buf *b, struct slice s)
{
	static const char hex[] = "0123456789abcdef";
	size_t i = 0;
	while (i < s.len) {
		unsigned char c = (unsigned char)s.ptr[i];
		if (c == '"' || c == '\\') {
			buf_add(b, (char[]){'\\', (char)c}, 2);
			i++;
		} else if (c == '\n') {
			buf_add_cstr(b, "\\n");
			i++;
		} else if (c == '\t') {
			buf_add_cstr(b, "\\t");
			i++;
		} else if (c < 0x20 || c == 0x7f) {
			buf_add(b, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
			i++;
		} else {
			size_t n = utf8_sequence((const unsigned char *)s.ptr + i, s.len - i);
			if (n == 0) {
				buf_add_cstr(b, "\xef\xbf\xbd");
				i++;
			} else {
				buf_add(b, s.ptr + i, n);
				i += n;
			}
		}
	}
}

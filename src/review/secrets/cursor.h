/*
 * A place in a text, for readers that look a bounded number of bytes ahead. Reading past the end gives NUL,
 * which no reader accepts. Used by the readers of assignments and values only.
 */
#ifndef WARD_REVIEW_SECRETS_CURSOR_H
#define WARD_REVIEW_SECRETS_CURSOR_H

#include <ctype.h>

#include "base/slice.h"

#define BLANKS_MAX 64u

struct cursor {
	struct slice text;
	size_t at;
};

static inline char peek(const struct cursor *c, size_t ahead)
{
	return c->at + ahead < c->text.len ? c->text.ptr[c->at + ahead] : '\0';
}

static inline bool looking_at(const struct cursor *c, struct slice word)
{
	return word.len <= c->text.len - c->at && memcmp(c->text.ptr + c->at, word.ptr, word.len) == 0;
}

static inline bool looking_at_nocase(const struct cursor *c, struct slice word)
{
	return word.len <= c->text.len - c->at &&
	       slice_eq_nocase(slice_of(c->text.ptr + c->at, word.len), word);
}

/* One of the characters of a set, and not the end. */
static inline bool looking_at_any(const struct cursor *c, size_t ahead, const char *set)
{
	char ch = peek(c, ahead);
	return ch != '\0' && strchr(set, ch) != NULL;
}

static inline bool name_char(char c)
{
	return isalnum((uint8_t)c) || c == '_';
}

/* Blanks, and with `lines` line ends as well; how many. */
static inline size_t skip_blanks(struct cursor *c, bool lines)
{
	size_t n = 0;
	while (n < BLANKS_MAX && looking_at_any(c, 0, lines ? " \t\r\n" : " \t")) {
		c->at++;
		n++;
	}
	return n;
}

/* The length of a quote in any notation here, backslashes before it included (text within text), or 0.
 * take.c. */
size_t quote_here(const struct cursor *c);

#endif

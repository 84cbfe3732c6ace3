/* What the parts of the payload sensor share: each looks at one language and knows nothing of the others. */
#ifndef WARD_OBSERVE_PAYLOAD_INTERNAL_H
#define WARD_OBSERVE_PAYLOAD_INTERNAL_H

#include "observe/payload_sensor.h"

/* Each returns true and fills *ret when the value is an attempt in its language. Time is linear. */
bool payload_sql(struct slice value, struct payload_finding *ret);
bool payload_html(struct slice value, struct payload_finding *ret);
bool payload_path(struct slice value, struct payload_finding *ret);
bool payload_shell(struct slice value, struct payload_finding *ret);

/* Fills a finding; always true, so that a rule can end in `return payload_found(...)`. */
bool payload_found(
    struct payload_finding *ret, enum payload_class class, const char *why, struct slice token);

/* Words in a sorted table, found without regard to ASCII case. */
struct payload_word {
	const char *text; /* lower case */
	int meaning;
};
/* The meaning, or -1. */
int payload_word_find(const struct payload_word *words, size_t count, struct slice word);

static inline char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}
static inline bool is_alpha(char c)
{
	return lower(c) >= 'a' && lower(c) <= 'z';
}
static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}
static inline bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}
/* Letters, digits, underscore, and every byte of a character outside ASCII. */
static inline bool is_word(char c)
{
	return is_alpha(c) || is_digit(c) || c == '_' || (unsigned char)c >= 0x80;
}

/* True when text at `at` begins with `with` (lower case), without regard to case. */
bool payload_begins(struct slice text, size_t at, const char *with);
/* Index of the first occurrence at or after `from` without regard to case, or text.len. `what` is short. */
size_t payload_find(struct slice text, size_t from, const char *what);
/*
 * Where text has had so many words of letters (two or more, between blanks), or text.len + 1: how much like
 * prose it is, and from where on.
 */
size_t payload_prose_from(struct slice text, unsigned words);

static inline bool payload_is_prose(struct slice text, unsigned words)
{
	return payload_prose_from(text, words) <= text.len;
}

#endif

/*
 * The lexical half of JSON (RFC 8259): a cursor over the text and a cursor over the output, moved together.
 * Strict: what the grammar does not have is refused, and so are invalid UTF-8 and lone surrogates.
 * docs/json.md lists the choices that the grammar leaves open.
 */
#ifndef WARD_CONTRACT_JSON_H
#define WARD_CONTRACT_JSON_H

#include "contract/compiled.h"

struct json {
	const char *at, *end, *start;
	char *w, *w_end; /* into out's memory; out->len is behind until json_flush() */
	struct buf *out;
	const char
	    *error; /* the first fault, as a sentence's end: "has a raw control character in a string" */
	bool full;  /* out took no more */
};

enum {
	TEXT_HAS_LINE = 1,    /* tab, line feed, carriage return */
	TEXT_HAS_CONTROL = 2, /* any other control character */
};

/* A string as it was read: where its bytes lie in the output. */
struct json_text {
	size_t at; /* offset from out->ptr */
	uint32_t bytes, chars;
	uint8_t controls;
};

void json_init(struct json *j, struct slice text, struct buf *out);
/* Makes out->len true. */
void json_flush(struct json *j);
/* Room for n bytes at j->w. False (and full) when there is none. */
bool json_grow(struct json *j, size_t n);
bool json_fail(struct json *j, const char *error);

static inline bool json_room(struct json *j, size_t n)
{
	return (size_t)(j->w_end - j->w) >= n || json_grow(j, n);
}

static inline size_t json_offset(const struct json *j)
{
	return (size_t)(j->w - j->out->ptr);
}

/* The next byte that is not white space, not consumed; 0 at the end. */
static inline char json_peek(struct json *j)
{
	const char *p = j->at;
	while (p < j->end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	j->at = p;
	return p < j->end ? *p : '\0';
}

/* After the opening quote: appends the decoded bytes to the output. */
bool json_scan_string(struct json *j, struct json_text *ret);
/* At a digit or '-'. Text of a BIG points into the input. */
bool json_number(struct json *j, struct number *ret);
/* At t, f or n: "true", "false" or "null". */
bool json_word(struct json *j, enum value_tag *ret);

/* ---- json_tag.c ---- */
/* The objects within one that was looked through, in order, and the value of their member of that name as
 * written. */
struct tag_place {
	const char *object;
	struct slice tag; /* ptr NULL: it has none */
};
struct tag_index {
	struct slice name;
	const char *from, *to;
	struct tag_place *places; /* owned */
	uint32_t count, size, cursor;
};

/* At '{': the value of the first member when it has that name, as written and unchecked; else ptr NULL. */
struct slice json_first_tag(const struct json *j, struct slice name);
/* The same for whichever member is the first of that name. Moves nothing; looks no place through twice for a
 * name. */
struct slice json_find_tag(const struct json *j, struct slice name, struct tag_index *t);

/* ---- text.c ---- */
/* A JSON string, quotes included; the text is valid UTF-8. DEL is escaped, too. */
void json_put_string(struct buf *out, struct slice text);

/* ---- number.c ---- */
#define NUMBER_TEXT_MAX 32u

/* The shortest decimal text that reads back as the same double, written as ECMAScript writes it. At most
 * NUMBER_TEXT_MAX bytes, not terminated. */
size_t number_format(double d, char *text);
size_t number_format_int(int64_t n, char *text);
/* Makes a number of decimal text that is a JSON number: INT, NUM or BIG. */
struct number number_of_text(struct slice text);
bool number_text_valid(struct slice text);
bool number_is_whole(const struct number *n);
/* -1, 0, 1: by value, exactly. */
int number_compare(const struct number *a, const struct number *b);
/* Equal numbers have equal hashes; seeded. */
uint64_t number_hash(const struct number *n);
bool number_is_multiple(const struct number *n, uint64_t multiple, int64_t exponent);
/* digits fit u64. False when they do not. */
bool number_as_multiple(const struct number *n, uint64_t *ret_digits, int64_t *ret_exponent);

/* ---- number_exact.c ---- */
#define NUMBER_EXACT_PLACES 20
/* The double nearest to digits / 10^k. False when they are out of its range. */
bool number_exact_read(uint64_t digits, int k, double *ret);
/* The integer nearest to d x 10^k; d is positive. False on a tie, or out of its range. */
bool number_exact_write(double d, int k, uint64_t *ret_digits);

/* ---- equal.c ---- */
/* JSON equality of two well-formed encodings: numbers by value, members in any order. */
bool value_equal(const struct type_set *set, struct slice a, struct slice b);

#endif

/* The reader of patterns, seen from inside: regex.c reads structure, regex_class.c characters and classes. */
#ifndef WARD_CONTRACT_REGEX_PARSER_H
#define WARD_CONTRACT_REGEX_PARSER_H

#include "contract/compiled.h"
#include "contract/regex.h"

struct parser {
	struct slice source;
	size_t at;
	struct arena *arena;
	struct error *err;
	uint32_t groups, groups_all;
	unsigned depth;
	bool regular;
};

/* A character class while it is read. */
struct set {
	struct regex_range *ranges;
	uint32_t count, size;
	struct slice properties;
};

static inline bool more(const struct parser *p)
{
	return p->at < p->source.len;
}

static inline char peek(const struct parser *p)
{
	return more(p) ? p->source.ptr[p->at] : '\0';
}

static inline bool looking_at(const struct parser *p, const char *text)
{
	return slice_starts(slice_of(p->source.ptr + p->at, p->source.len - p->at), slice_cstr(text));
}

/* Moves past the text if it stands here. */
static inline bool skip(struct parser *p, const char *text)
{
	if (!looking_at(p, text))
		return false;
	p->at += strlen(text);
	return true;
}

result regex_bad(struct parser *p, const char *why);
result regex_too_large(struct parser *p);
result regex_node_new(struct parser *p, struct regex_node made, const struct regex_node **ret);

/* ---- regex_class.c ---- */
/* After "[". */
result regex_class(struct parser *p, const struct regex_node **ret);
/* A character, or a class escape, after a backslash. */
result regex_class_or_character(struct parser *p, const struct regex_node **ret);
/* A character that stands for itself. */
result regex_literal(struct parser *p, const struct regex_node **ret);
/* Any character but line terminators. */
result regex_dot(struct parser *p, const struct regex_node **ret);

#endif

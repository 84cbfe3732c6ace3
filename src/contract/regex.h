/*
 * Regular expressions in ECMA-262 syntax (section 22.2, with the u flag, as JSON Schema core 6.4 asks): read
 * to a tree, which becomes a table-driven automaton (regex_dfa.c: linear time, whatever the text) or, where
 * it cannot, PCRE2 syntax (pattern.c).
 */
#ifndef WARD_CONTRACT_REGEX_H
#define WARD_CONTRACT_REGEX_H

#include "base/arena.h"
#include "base/result.h"

enum regex_kind {
	REGEX_EMPTY,
	REGEX_SET,
	REGEX_CAT, /* left, then right */
	REGEX_ALT, /* left or right */
	REGEX_REPEAT,
	REGEX_GROUP,
	REGEX_START,
	REGEX_END,
	REGEX_WORD, /* \b, or \B when negated */
	REGEX_LOOK, /* ahead or behind */
	REGEX_BACK, /* a group's text again */
};

#define REGEX_MANY UINT32_MAX

struct regex_range {
	uint32_t low, high;
};

struct regex_node {
	enum regex_kind kind;
	const struct regex_node *left, *right;
	/* SET: sorted, not touching; what \p gives is only known to PCRE2. */
	const struct regex_range *ranges;
	uint32_t range_count;
	struct slice properties; /* "\p{L}\P{Lu}", or empty */
	bool negated;		 /* SET: of ranges and properties together; WORD; LOOK */
	bool lazy;		 /* REPEAT */
	bool behind;		 /* LOOK */
	uint32_t min, max;	 /* REPEAT; max REGEX_MANY: no bound */
	uint32_t group;		 /* GROUP: its number, 0 when it captures nothing; BACK */
	struct slice name;	 /* GROUP, BACK: or empty */
};

struct regex {
	const struct regex_node *root;
	bool regular; /* no back reference, look-around, word boundary or property: an automaton can do it */
};

/* The tree, in the arena. ERR_INVALID says what is wrong and at which byte. */
result regex_parse(struct slice source, struct arena *arena, struct error *err, struct regex *ret);

/* An automaton that says whether a UTF-8 text holds a match. NULL: it would be too large. In the arena,
 * read-only. */
struct regex_dfa;
const struct regex_dfa *regex_dfa_new(const struct regex *regex, struct arena *arena);
bool regex_dfa_match(const struct regex_dfa *dfa, struct slice text);

#endif

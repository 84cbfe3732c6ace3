/*
 * What is wrong with a value, in words for the person who sent it: path, what was expected, what was found.
 * Up to PROBLEMS_MAX a value; the rest is counted. Lives on the stack, owns nothing. Values of fields tagged
 * @pii or @secret never appear in it.
 */
#ifndef WARD_CONTRACT_PROBLEMS_H
#define WARD_CONTRACT_PROBLEMS_H

#include "base/buf.h"
#include "base/result.h"

#define PROBLEMS_MAX 20u
#define PROBLEM_PATH_MAX 160u
#define PROBLEM_TEXT_MAX 200u

/* count 0 at the start; the lines need no such care. */
struct problems {
	size_t count; /* all of them, also those past PROBLEMS_MAX */
	struct problem_line {
		char path[PROBLEM_PATH_MAX]; /* JSON Pointer (RFC 6901), cut with "..." when longer; "" is the
						whole value */
		char text[PROBLEM_TEXT_MAX]; /* "must be at least 1, found 0" */
	} lines[PROBLEMS_MAX];
};

/* Adds one: text is `what`, then ", found " and the value when there is one. Returns ERR_INVALID, to be
 * passed on. */
result problems_add(struct problems *problems, struct slice path, const char *what, struct slice found);

/* [{"path":"/items/0/qty","message":"must be at least 1, found 0"}] */
void problems_json(const struct problems *problems, struct buf *out);
/* One line a problem, for logs. */
void problems_text(const struct problems *problems, struct buf *out);

#endif

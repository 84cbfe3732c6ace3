/*
 * The log of denied calls: STATE/denials.jsonl, one JSON object a line, appended by the supervisor and read
 *by `ward why ID`. A denial is an exact signal: a function asked for what its contract does not grant.
 *
 *	{"id":"9c1f04be2a","ms":1767225600000,"function":"pay","what":"query ListUsers is not in its
 *contract"}
 *
 * When the file passes DENIALS_BYTES_MAX it is moved to denials.jsonl.1, replacing an older one.
 */
#ifndef WARD_APP_DENIAL_H
#define WARD_APP_DENIAL_H

#include "app/app.h"

#define DENIALS_FILE "denials.jsonl"
#define DENIALS_BYTES_MAX (16u << 20)
#define DENIAL_ID_BYTES 11u /* 10 hexadecimal digits and NUL */

struct denial {
	struct slice id;
	int64_t unix_ms;
	struct slice function; /* or a process: "gateway" */
	struct slice what;     /* "query ListUsers is not in its contract (request 00000000000004d2)" */
};

/* Appends one line; id is made here and returned for the log. */
result denial_append(const char *state_dir, int64_t unix_ms, struct slice function, struct slice what,
    struct error *err, char ret_id[DENIAL_ID_BYTES]);

/* The denial of this id, newest file first; in the arena. ERR_NOT_FOUND. */
result denial_find(
    const char *state_dir, struct slice id, struct arena *arena, struct error *err, struct denial *ret);

/* The newest `max` denials, oldest of them first; for `ward why` without an id. */
result denial_recent(const char *state_dir, size_t max, struct arena *arena, struct error *err,
    struct denial *items, size_t *ret_count);

/*
 * Why it was denied and what would allow it: which line of ward.yaml the function's contract is in and the
 * edit. contract may be NULL when the app cannot be read.
 */
void denial_explain(const struct denial *denial, const struct app_contract *contract, struct buf *out);

#endif

/*
 * One schema of two that are compared: where we are in it, and what it says there. Pure; what is returned
 * lives as long as the schema does.
 */
#ifndef WARD_APP_SCHEMA_SIDE_H
#define WARD_APP_SCHEMA_SIDE_H

#include <jansson.h>

#include "base/slice.h"

#define DEPTH_MAX 300u /* of schemas in schemas, and of references to references */

struct side {
	const json_t *root;
	const json_t *here;
};

struct side side_at(struct side s, const json_t *here);
struct side side_member(struct side s, const char *name);
/* Follows "#/$defs/NAME"; what leads nowhere stays as it is. *named: it followed one. */
struct side side_resolve(struct side s, bool *named);
const json_t *side_options(struct side s);
const char *side_type(struct side s);
/* Absent, as in an array without "items": anything. */
bool side_accepts_all(struct side s);
bool list_has_word(const json_t *list, const char *word);
/* Whether the value is one of to, or of an alternative of it. */
bool literal_fits_some(const json_t *value, struct side to);
/* Whether what from lets through is within the bounds of to. */
bool bounds_hold(struct side from, struct side to);

#endif

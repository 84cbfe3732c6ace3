/* The compiler of schemas, seen from inside. */
#ifndef WARD_CONTRACT_COMPILE_H
#define WARD_CONTRACT_COMPILE_H

#include "contract/walk.h"

struct schema_memo {
	const char *at; /* where the schema starts in its document's encoding */
	struct type *type;
};

struct compile {
	struct type_set *set;
	struct slice document; /* encoding, in the set's arena */
	struct schema_memo *memo;
	size_t memo_count, memo_size;
	const struct step *step;
	unsigned depth;
	struct error *err;
};

/* One keyword's value in a schema object; false when it is not there. */
bool schema_get(const struct value_item *schema, const char *keyword, struct slice *ret_value, struct value_item *ret_item);
result compile_fail(struct compile *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
result compile_schema(struct compile *c, struct slice schema, const struct step *step, const struct type **ret);

/* bounds.c */
size_t type_bytes_bound(const struct type *type);
/* pick.c: after everything is compiled: references resolved away, unions that need no trying made picks. */
result set_finish(struct type_set *set, struct error *err);
result type_new(struct type_set *set, struct type **ret);
/* The options when the type is a union and nothing else. */
const struct rest *type_union(const struct type *type);

#endif

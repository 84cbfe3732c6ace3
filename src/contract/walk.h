/* The walk over encodings, seen from inside: walk.c does what types say plainly, rest.c the rest. */
#ifndef WARD_CONTRACT_WALK_H
#define WARD_CONTRACT_WALK_H

#include "contract/decode.h"

struct walk {
	const struct type_set *set;
	struct problems *problems; /* NULL: only whether */
	struct buf *out;	   /* NULL: no JSON wanted */
	bool raw;		   /* a string may stand for a date, a bigint, bytes: not converted yet */
	bool held_is_string;	   /* and a plain string type takes those */
	bool trusted;		   /* well formed: we made it */
	bool silent;		   /* platform bounds were checked by whoever read the value */
	bool redact;
	unsigned depth, sensitive;
};

bool walk_value(struct walk *w, const struct type *type, struct slice *rest, const struct step *step);
/* rest.c: the value is well formed and of the plain part of the type. */
bool rest_walk(struct walk *w, const struct type *type, struct slice value, const struct step *step);
struct number number_of_item(const struct value_item *item);

#endif

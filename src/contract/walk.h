/* The walk over encodings, seen from inside: walk.c does what types say plainly, rest.c the rest. */
#ifndef WARD_CONTRACT_WALK_H
#define WARD_CONTRACT_WALK_H

#include "contract/decode.h"

/* Which members or items of the value at hand some keyword has looked at (JSON Schema core 11). */
#define EVALUATED_WORDS 4u
struct evaluated {
	uint32_t count;
	uint64_t room[EVALUATED_WORDS];
	uint64_t *bits; /* owned when it is not room */
};

bool evaluated_init(struct evaluated *e, uint32_t count);
void evaluated_done(struct evaluated *e);
void evaluated_merge(struct evaluated *into, const struct evaluated *from);

static inline void evaluated_mark(struct evaluated *e, uint32_t i)
{
	e->bits[i / 64] |= 1ull << (i % 64);
}

static inline bool evaluated_has(const struct evaluated *e, uint32_t i)
{
	return e->bits[i / 64] >> (i % 64) & 1;
}

/* The resources entered, innermost first: where a $dynamicRef looks. */
struct scope {
	const struct scope *up;
	uint32_t resource;
};

struct verdict_cache; /* rest.c: what was found out about unions below unions */

struct walk {
	const struct type_set *set;
	struct problems *problems; /* NULL: only whether */
	struct buf *out;	   /* NULL: no JSON wanted */
	struct json *typed;	   /* NULL: no typed encoding wanted; else where it goes (transcode.c) */
	struct evaluated *ev;	   /* of the value at hand; NULL: nobody asks */
	const struct scope *scope;
	uint64_t *steps; /* left, shared by all who walk the same value */
	struct verdict_cache *
	    *cache;   /* made when a union is first tried, by whom all who walk the value share it */
	bool raw;     /* made of plain JSON: a string may stand for a date, a bigint, bytes */
	bool trusted; /* well formed: we made it */
	bool silent;  /* platform bounds were checked by whoever read the value */
	bool redact;
	unsigned depth;	  /* in the value */
	unsigned applied; /* schemas applied to the value at hand by one another */
	unsigned sensitive;
};

#define WALK_STEPS_MAX 4000000u
#define WALK_APPLIED_MAX 400u

bool walk_value(struct walk *w, const struct type *type, struct slice *rest, const struct step *step);
/* walk_scalar.c, walk_object.c */
bool walk_string(
    struct walk *w, const struct type *type, const struct value_item *item, const struct step *step);
bool walk_number(
    struct walk *w, const struct type *type, const struct value_item *item, const struct step *step);
bool walk_object(
    struct walk *w, const struct type *type, const struct value_item *item, const struct step *step);
/* Fails, and so does whatever depends on it, also where failure was wanted: rest_walk() looks at the steps.
 */
bool walk_undecided(struct walk *w, const struct step *step);

static inline const struct type *walk_any(const struct walk *w)
{
	return w->set ? w->set->any : &decode_any;
}

/* Adds the problem, if they are asked for, and returns false. */
bool walk_fault(struct walk *w, const struct step *step, const char *what, struct slice found);
/* Whether the value, known to be well formed, is of the type; nothing is told. */
bool walk_holds(const struct walk *w, const struct type *type, struct slice value);
/* rest.c: before the walk of a value whose bytes take the place of others. NULL is fine. */
void verdict_cache_turn(struct verdict_cache *cache);
/* rest.c: the value is well formed and of the plain part of the type. */
bool rest_walk(struct walk *w, const struct type *type, struct slice value, const struct step *step);
/* ---- walk_print.c ---- */
/* A few bytes, mostly without a call. */
static inline void walk_put(struct buf *out, const char *bytes, size_t n)
{
	if (out->failed || out->size - out->len < n) {
		buf_add(out, bytes, n);
		return;
	}
	memcpy(out->ptr + out->len, bytes, n);
	out->len += n;
}

void walk_print(struct buf *out, const struct value_item *item);
/* p NULL: a key that no property names. */
void walk_print_key(struct buf *out, bool comma, const struct property *p, struct slice name);
/* What was found, for people: a scalar as JSON, the name of anything else. */
struct slice walk_found(const struct value_item *item, char room[WHAT_MAX]);

/* ---- walk_union.c ---- */
extern const uint8_t kind_of_tag[];
extern const char *const tag_words[];
bool walk_kind_problem(struct walk *w, const struct type *type, enum value_tag tag, const struct step *step);
bool walk_pick(struct walk *w, const struct type *type, struct slice *rest, const struct step *step);
bool walk_union(struct walk *w, const struct type *type, struct slice *rest, const struct step *step);

/* ---- rest.c ---- */
/* The option of a union that holds, which must be the only one where the union says so; -1: none. */
int rest_option(struct walk *w, const struct type *type, struct slice value, const struct value_item *item,
    const struct step *step);

/* ---- sieve.c ---- */
/* One bit an option: those not set do not hold for the value. */
uint64_t sieve_options(const struct type_set *set, const struct sieve *s, const struct value_item *item);

/* ---- transcode.c: from an encoding made of plain JSON to the typed one, beside a walk that checks it ----
 */
bool transcode_scalar(
    struct walk *w, const struct type *type, const struct value_item *item, struct slice value);
bool transcode_begin(struct walk *w, enum value_tag tag, size_t *ret_head);
bool transcode_end(struct walk *w, size_t head, uint32_t count);
bool transcode_bytes(struct walk *w, struct slice bytes);

struct number number_of_item(const struct value_item *item);

#endif

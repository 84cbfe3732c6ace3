/*
 * Authority for nothing: what ward.yaml grants and no code can reach, or no request has used for a while; and
 * the edit of ward.yaml that takes it back.
 */
#ifndef WARD_APP_TIGHTEN_H
#define WARD_APP_TIGHTEN_H

#include "app/app.h"
#include "app/usage/usage.h"

struct tighten_item {
	struct slice function;
	struct slice what;	 /* "query GetOrder", "host api.example.com:443" */
	struct text_place place; /* in ward.yaml */
	bool unreachable;	 /* the compiler says that no code gets there; otherwise: not used */
	int64_t last_ms;	 /* Unix time of its last use; 0: never since the recording began */
	bool edited;		 /* tighten_edit() takes it out; otherwise it is for a person */
};

struct tighten_items {
	struct tighten_item *items; /* by place */
	size_t count;
};

/*
 * What could go. contract_json: the compiler's, for what code can reach. usage (NULL: not asked) counts what
 * was not used since unused_before_ms, if the recording is that old. All in the arena.
 */
result tighten_find(const struct app *app, struct slice contract_json, const struct usage *usage,
    int64_t unused_before_ms, struct arena *arena, struct error *err, struct tighten_items *ret);

/*
 * ward.yaml (text) without the queries among the items; comments and layout stay. A list of which nothing
 * would be left becomes []. What is written is read again and compared: ERR_INTERNAL when it would say
 * anything else.
 */
result tighten_edit(struct slice text, const struct tighten_items *items, struct error *err, struct buf *out);

/* For people: one line an item. */
void tighten_print(const struct tighten_items *items, struct buf *out);

#endif

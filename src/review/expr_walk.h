/*
 * Inside the evaluation of rule conditions: walking a path's steps over nodes, the values that a comparison's
 * sides have, and the comparison. For expr_eval.c and its parts only; expr_eval.h is for others.
 */
#ifndef WARD_REVIEW_EXPR_WALK_H
#define WARD_REVIEW_EXPR_WALK_H

#include "review/expr_eval.h"

#define VALUES_MAX 256u

/* A node that a path reached: where it stands in this file, and what it means. They differ past a reference.
 */
struct hit {
	struct node *at;
	struct node *value;
};

struct walk {
	struct evaluation *ev;
	bool (*visit)(struct walk *w, struct hit h); /* false ends the walk */
	void *arg;
	struct node *deepest;
	unsigned deepest_steps;
	bool ended;
};

/* Walking (expr_walk.c). Every visited node costs a step; past the bounds a walk ends early. */
void expr_walk_path(struct walk *w, const struct path *path);
struct hit expr_hit_of(const struct walk *w, struct hit parent, struct node *child);
bool expr_too_deep(struct evaluation *ev);
bool expr_out_of_steps(struct evaluation *ev);
struct node *expr_resolve(const struct evaluation *ev, struct node *n);
struct node *expr_start_of(const struct evaluation *ev, const struct path *path);
struct verdict expr_ask(struct evaluation *ev, const struct expr *e, struct node *n);

struct value {
	struct slice text;
	bool known;
	struct node *at; /* NULL for literals */
};

struct values {
	struct value items[VALUES_MAX];
	unsigned count;
	struct node *place; /* when there are none */
};

/* The values of one side (expr_values.c), VALUES_MAX at most. */
void expr_values_of(struct evaluation *ev, const struct operand *o, struct values *v);
const struct resource *expr_resource_of(const struct evaluation *ev, const struct path *path);
/* A whole comparison (expr_compare.c). */
struct verdict expr_compare(struct evaluation *ev, const struct expr *e);

#endif

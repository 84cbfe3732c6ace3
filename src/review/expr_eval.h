/* Evaluating rule conditions on one resource of one scope. See expr.h for the language. */
#ifndef WARD_REVIEW_EXPR_EVAL_H
#define WARD_REVIEW_EXPR_EVAL_H

#include "review/expr.h"
#include "review/scope.h"

enum truth { TRUTH_FALSE, TRUTH_UNKNOWN, TRUTH_TRUE };

struct verdict {
	enum truth truth;
	struct node *where; /* the node that decided, or NULL: the element the condition was asked about */
};

#define EVAL_VARIABLES_MAX 8u
/* Nodes visited for one rule on one resource; past it the condition is unknown. */
#define EVAL_STEPS_MAX 2000000u

#define EVAL_DEPTH_MAX 400u

struct evaluation {
	struct scope *scope;
	const struct resource *resource; /* "$" */
	const struct resource *current_resource;
	struct node *current;
	pcre2_match_data *match;
	uint32_t steps;
	uint32_t depth; /* of lists in lists: a reference may lead back into the list that holds it */
	uint32_t variable_count;
	struct {
		struct slice name;
		struct node *node;
		const struct resource *resource;
	} variables[EVAL_VARIABLES_MAX];
};

struct verdict expr_evaluate(struct evaluation *ev, const struct expr *e);

/* Calls visit for every element the path reaches from ev->current, lists taken apart. */
void path_each(
    struct evaluation *ev, const struct path *path, void (*visit)(void *arg, struct node *n), void *arg);
/* The first node on the path, or the deepest that exists on the way to it; NULL when not even the first step
 * does. */
struct node *path_place(struct evaluation *ev, const struct path *path);

#endif

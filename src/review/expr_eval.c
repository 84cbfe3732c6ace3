/*
 * Rule conditions on nodes. Called by rules_run() for each rule and resource. Nodes come from a stranger's
 * files: the work is bounded by EVAL_STEPS_MAX and by PCRE2's match limit, collections of values by
 * VALUES_MAX.
 */
#include "review/expr_walk.h"

/* ---- Existence ---- */

struct existence {
	struct node *at;
	bool filled; /* something that is not an empty text, list or map */
	bool literal;
};

static bool has_content(const struct node *n)
{
	if (node_is_scalar(n))
		return n->text.len > 0;
	for (const struct node *c = n->first; c; c = c->next)
		if (!(c->key.len && c->key.ptr[0] == '%'))
			return true;
	return false;
}

static bool note_existence(struct walk *w, struct hit h)
{
	struct existence *found = w->arg;
	if (h.value->kind == NODE_NULL)
		return true;
	found->at = h.at;
	found->filled = has_content(h.value);
	found->literal =
	    found->filled && h.at->kind != NODE_REF && h.value->kind != NODE_REF && node_is_scalar(h.value);
	return !found->filled;
}

static struct verdict existence(struct evaluation *ev, const struct expr *e)
{
	struct existence found = {.at = NULL};
	struct walk w = {.ev = ev, .visit = note_existence, .arg = &found};
	expr_walk_path(&w, e->path);
	bool is = found.at != NULL;
	if (e->kind == EXPR_MISSING)
		is = !is;
	else if (e->kind == EXPR_EMPTY)
		is = !is || !found.filled;
	else if (e->kind == EXPR_LITERAL)
		is = found.literal;
	struct node *place = found.at ? found.at : w.deepest;
	return (struct verdict){is ? TRUTH_TRUE : TRUTH_FALSE, place ? place : expr_start_of(ev, e->path)};
}

/* ---- Quantifiers ---- */

struct quantified {
	const struct expr *e;
	struct verdict sum; /* of any: the truest; of all: the falsest */
};

static bool push_variable(struct evaluation *ev, struct slice name, struct node *n, const struct resource *r)
{
	if (name.len == 0 || ev->variable_count == EVAL_VARIABLES_MAX)
		return false;
	ev->variables[ev->variable_count].name = name;
	ev->variables[ev->variable_count].node = n;
	ev->variables[ev->variable_count++].resource = r;
	return true;
}

/* False when the sum cannot change any more. */
static bool fold(struct quantified *q, struct verdict v, struct node *element)
{
	bool all = q->e->kind == EXPR_ALL;
	if (all ? v.truth < q->sum.truth : v.truth > q->sum.truth)
		q->sum = (struct verdict){v.truth, v.where ? v.where : element};
	return all ? q->sum.truth != TRUTH_FALSE : q->sum.truth != TRUTH_TRUE;
}

static bool quantify_hit(struct walk *w, struct hit h)
{
	struct quantified *q = w->arg;
	struct evaluation *ev = w->ev;
	if (h.value->kind == NODE_LIST) {
		if (expr_too_deep(ev))
			return false;
		bool more = true;
		for (struct node *c = h.value->first; c && more && !expr_out_of_steps(ev); c = c->next)
			more = quantify_hit(w, expr_hit_of(w, h, c));
		ev->depth--;
		return more;
	}
	bool pushed = push_variable(ev, q->e->variable, h.value, ev->current_resource);
	struct verdict v = expr_ask(ev, q->e->a, h.value);
	ev->variable_count -= pushed;
	if (h.at != h.value)
		v.where = h.at;
	return fold(q, v, h.at);
}

static void quantify_resources(struct evaluation *ev, struct quantified *q)
{
	const struct resource *before = ev->current_resource;
	bool more = true;
	for (const struct operand *t = q->e->types; t && more; t = t->next) {
		struct resource *r = scope_first(ev->scope, ev->resource->document->platform, t->text);
		for (; r && more && !expr_out_of_steps(ev); r = r->next_of_type) {
			bool pushed = push_variable(ev, q->e->variable, r->body, r);
			ev->current_resource = r;
			struct verdict v = expr_ask(ev, q->e->a, r->body);
			v.where = NULL;
			more = fold(q, v, NULL);
			ev->variable_count -= pushed;
			ev->current_resource = before;
		}
	}
}

static enum truth negate(enum truth t)
{
	return t == TRUTH_TRUE ? TRUTH_FALSE : t == TRUTH_FALSE ? TRUTH_TRUE : TRUTH_UNKNOWN;
}

static struct verdict quantify(struct evaluation *ev, const struct expr *e)
{
	struct quantified q = {.e = e, .sum = {e->kind == EXPR_ALL ? TRUTH_TRUE : TRUTH_FALSE, NULL}};
	if (e->types) {
		quantify_resources(ev, &q);
	} else {
		struct walk w = {.ev = ev, .visit = quantify_hit, .arg = &q};
		expr_walk_path(&w, e->path);
		if (!q.sum.where)
			q.sum.where = w.deepest;
	}
	if (e->kind == EXPR_NONE)
		q.sum.truth = negate(q.sum.truth);
	return q.sum;
}

/* ---- Logic ---- */

static struct verdict conjoin(struct evaluation *ev, const struct expr *e)
{
	struct verdict a = expr_evaluate(ev, e->a);
	if (a.truth == TRUTH_FALSE)
		return a;
	struct verdict b = expr_evaluate(ev, e->b);
	if (b.truth < a.truth)
		a.truth = b.truth;
	if (b.where)
		a.where = b.where;
	return a;
}

static struct verdict disjoin(struct evaluation *ev, const struct expr *e)
{
	struct verdict a = expr_evaluate(ev, e->a);
	if (a.truth == TRUTH_TRUE)
		return a;
	struct verdict b = expr_evaluate(ev, e->b);
	return b.truth >= a.truth ? b : a;
}

struct verdict expr_evaluate(struct evaluation *ev, const struct expr *e)
{
	if (expr_out_of_steps(ev))
		return (struct verdict){TRUTH_UNKNOWN, NULL};
	struct verdict v;
	switch (e->kind) {
	case EXPR_OR:
		return disjoin(ev, e);
	case EXPR_AND:
		return conjoin(ev, e);
	case EXPR_NOT:
		v = expr_evaluate(ev, e->a);
		v.truth = negate(v.truth);
		return v;
	case EXPR_EXISTS:
	case EXPR_MISSING:
	case EXPR_EMPTY:
	case EXPR_LITERAL:
		return existence(ev, e);
	case EXPR_ANY:
	case EXPR_ALL:
	case EXPR_NONE:
		return quantify(ev, e);
	case EXPR_COMPARE:
		return expr_compare(ev, e);
	case EXPR_SURELY:
		v = expr_evaluate(ev, e->a);
		v.truth = v.truth == TRUTH_TRUE ? TRUTH_TRUE : TRUTH_FALSE;
		return v;
	case EXPR_CONSTANT:
		break;
	}
	return (struct verdict){e->constant ? TRUTH_TRUE : TRUTH_FALSE, NULL};
}

/* Paths over nodes: steps through maps, lists, embedded JSON and references. Called by the evaluation of
 * conditions and by rules_run().
 */
#include "review/expr_walk.h"

#define DEEP_MAX 200u

static const struct document *document_of(const struct evaluation *ev)
{
	const struct resource *r = ev->current_resource ? ev->current_resource : ev->resource;
	return r->document;
}

struct node *expr_resolve(const struct evaluation *ev, struct node *n)
{
	return scope_resolve(ev->scope, document_of(ev), n);
}

bool expr_out_of_steps(struct evaluation *ev)
{
	if (++ev->steps <= EVAL_STEPS_MAX && ++ev->scope->steps <= SCOPE_STEPS_MAX)
		return false;
	if (!ev->scope->unfinished)
		ev->scope->unfinished = ev->resource;
	return true;
}

/* Asks e about n instead of the current node. */
struct verdict expr_ask(struct evaluation *ev, const struct expr *e, struct node *n)
{
	struct node *before = ev->current;
	ev->current = n;
	struct verdict v = expr_evaluate(ev, e);
	ev->current = before;
	return v;
}

static void walk_steps(struct walk *w, const struct step *s, struct hit h, unsigned steps);

struct hit expr_hit_of(const struct walk *w, struct hit parent, struct node *child)
{
	/* Past a reference the file shows only the reference; JSON inside a string is still in the file. */
	bool foreign = parent.at != parent.value && parent.value->parent != parent.at;
	return (struct hit){.at = foreign ? parent.at : child, .value = expr_resolve(w->ev, child)};
}

/* True when one level more is too deep; the caller gives the level back with ev->depth--. */
bool expr_too_deep(struct evaluation *ev)
{
	if (ev->depth >= EVAL_DEPTH_MAX)
		return true;
	ev->depth++;
	return false;
}

static void arrive_at(struct walk *w, const struct step *s, struct hit h, unsigned steps);

static void arrive(struct walk *w, const struct step *s, struct hit h, unsigned steps)
{
	if (w->ended || expr_out_of_steps(w->ev) || expr_too_deep(w->ev))
		return;
	arrive_at(w, s, h, steps);
	w->ev->depth--;
}

static void arrive_at(struct walk *w, const struct step *s, struct hit h, unsigned steps)
{
	if (s->filter && h.value->kind == NODE_LIST) {
		for (struct node *c = h.value->first; c && !w->ended; c = c->next)
			arrive(w, s, expr_hit_of(w, h, c), steps);
		return;
	}
	if (s->filter && expr_ask(w->ev, s->filter, h.value).truth != TRUTH_TRUE)
		return;
	if (steps > w->deepest_steps) {
		w->deepest_steps = steps;
		w->deepest = h.at;
	}
	walk_steps(w, s->next, h, steps);
}

static void walk_deep(struct walk *w, const struct step *s, struct hit h, unsigned steps, unsigned depth)
{
	if (depth > DEEP_MAX || w->ended || expr_out_of_steps(w->ev))
		return;
	arrive(w, s, h, steps);
	for (struct node *c = h.value->first; c && !w->ended; c = c->next)
		walk_deep(w, s, expr_hit_of(w, h, c), steps, depth + 1);
}

static struct node *parent_map(struct node *n)
{
	for (n = n->parent; n && n->kind != NODE_MAP;)
		n = n->parent;
	return n;
}

/* "%first" and "%last" of a list. */
static bool walk_end(struct walk *w, const struct step *s, struct hit h, unsigned steps)
{
	if (h.value->kind != NODE_LIST || s->key.len == 0 || s->key.ptr[0] != '%')
		return false;
	struct node *c = slice_eq_cstr(s->key, "%first")  ? h.value->first
			 : slice_eq_cstr(s->key, "%last") ? h.value->last
							  : NULL;
	if (c)
		arrive(w, s, expr_hit_of(w, h, c), steps + 1);
	return c != NULL;
}

static void walk_children(struct walk *w, const struct step *s, struct hit h, unsigned steps)
{
	for (struct node *c = h.value->first; c && !w->ended; c = c->next) {
		if (expr_out_of_steps(w->ev))
			return;
		bool label = c->key.len && c->key.ptr[0] == '%' && s->kind == STEP_ANY;
		if (!label && (s->kind == STEP_ANY || slice_eq(c->key, s->key)))
			arrive(w, s, expr_hit_of(w, h, c), steps + 1);
	}
}

static void walk_alternatives(struct walk *w, const struct step *s, struct hit h, unsigned steps)
{
	for (const struct path *p = s->alternatives; p && !w->ended; p = p->next_alternative) {
		/* The steps of an alternative, then those after the group: joined on the stack. */
		struct step chain[8];
		unsigned n = 0;
		for (const struct step *a = p->steps; a && n < sizeof chain / sizeof *chain; a = a->next)
			chain[n++] = *a;
		for (unsigned i = 0; i < n; i++)
			chain[i].next = i + 1 < n ? &chain[i + 1] : s->next;
		if (n && s->filter)
			chain[n - 1].filter = s->filter;
		walk_steps(w, n ? chain : s->next, h, steps);
	}
}

static void walk_steps(struct walk *w, const struct step *s, struct hit h, unsigned steps)
{
	if (w->ended || expr_out_of_steps(w->ev))
		return;
	if (!s) {
		w->ended = !w->visit(w, h);
		return;
	}
	if (s->kind == STEP_ALTERNATIVES) {
		walk_alternatives(w, s, h, steps);
	} else if (s->kind == STEP_DEEP) {
		walk_deep(w, s, h, steps, 0);
	} else if (s->kind == STEP_PARENT) {
		struct node *parent = parent_map(h.value);
		if (parent)
			arrive(w, s, (struct hit){parent, parent}, steps + 1);
	} else if (s->kind == STEP_KEY && walk_end(w, s, h, steps)) {
		return;
	} else if (h.value->kind == NODE_LIST && s->kind == STEP_KEY) {
		bool deep = expr_too_deep(w->ev);
		for (struct node *c = h.value->first; c && !w->ended && !deep; c = c->next)
			walk_steps(w, s, expr_hit_of(w, h, c), steps);
		w->ev->depth -= !deep;
	} else {
		walk_children(w, s, h, steps);
	}
}

struct node *expr_start_of(const struct evaluation *ev, const struct path *path)
{
	if (path->start == START_CURRENT)
		return ev->current;
	if (path->start == START_RESOURCE)
		return ev->resource->body;
	struct slice name = slice_of(path->variable.ptr + 1, path->variable.len - 1);
	for (uint32_t i = ev->variable_count; i-- > 0;)
		if (slice_eq(ev->variables[i].name, name))
			return ev->variables[i].node;
	return NULL;
}

void expr_walk_path(struct walk *w, const struct path *path)
{
	struct node *start = expr_start_of(w->ev, path);
	if (start)
		walk_steps(w, path->steps, (struct hit){start, expr_resolve(w->ev, start)}, 0);
}
struct each {
	void (*visit)(void *arg, struct node *n);
	void *arg;
};

static bool each_hit(struct walk *w, struct hit h)
{
	struct each *each = w->arg;
	if (h.value->kind != NODE_LIST) {
		each->visit(each->arg, h.value);
		return true;
	}
	if (expr_too_deep(w->ev))
		return false;
	for (struct node *c = h.value->first; c && !expr_out_of_steps(w->ev); c = c->next)
		(void)each_hit(w, expr_hit_of(w, h, c));
	w->ev->depth--;
	return true;
}

void path_each(
    struct evaluation *ev, const struct path *path, void (*visit)(void *arg, struct node *n), void *arg)
{
	struct each each = {.visit = visit, .arg = arg};
	struct walk w = {.ev = ev, .visit = each_hit, .arg = &each};
	expr_walk_path(&w, path);
}

static bool note_first(struct walk *w, struct hit h)
{
	*(struct node **)w->arg = h.at;
	return false;
}

struct node *path_place(struct evaluation *ev, const struct path *path)
{
	struct node *first = NULL;
	struct walk w = {.ev = ev, .visit = note_first, .arg = &first};
	expr_walk_path(&w, path);
	if (!first && !path->steps)
		return expr_start_of(ev, path);
	return first ? first : w.deepest;
}

/*
 * Rule conditions on nodes. Called by rules_run() for each rule and resource. Nodes come from a stranger's
 * files: the work is bounded by EVAL_STEPS_MAX and by PCRE2's match limit, collections of values by
 * VALUES_MAX.
 */
#include "review/expr_eval.h"

#include <stdlib.h>

#define VALUES_MAX 256u
#define DEEP_MAX 200u

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

static const struct document *document_of(const struct evaluation *ev)
{
	const struct resource *r = ev->current_resource ? ev->current_resource : ev->resource;
	return r->document;
}

static struct node *resolve(const struct evaluation *ev, struct node *n)
{
	return scope_resolve(ev->scope, document_of(ev), n);
}

static bool out_of_steps(struct evaluation *ev)
{
	return ++ev->steps > EVAL_STEPS_MAX || ++ev->scope->steps > SCOPE_STEPS_MAX;
}

/* Asks e about n instead of the current node. */
static struct verdict ask(struct evaluation *ev, const struct expr *e, struct node *n)
{
	struct node *before = ev->current;
	ev->current = n;
	struct verdict v = expr_evaluate(ev, e);
	ev->current = before;
	return v;
}

static void walk_steps(struct walk *w, const struct step *s, struct hit h, unsigned steps);

static struct hit hit_of(const struct walk *w, struct hit parent, struct node *child)
{
	/* Past a reference the file shows only the reference; JSON inside a string is still in the file. */
	bool foreign = parent.at != parent.value && parent.value->parent != parent.at;
	return (struct hit){.at = foreign ? parent.at : child, .value = resolve(w->ev, child)};
}

/* True when one level more is too deep; the caller gives the level back with ev->depth--. */
static bool too_deep(struct evaluation *ev)
{
	if (ev->depth >= EVAL_DEPTH_MAX)
		return true;
	ev->depth++;
	return false;
}

static void arrive_at(struct walk *w, const struct step *s, struct hit h, unsigned steps);

static void arrive(struct walk *w, const struct step *s, struct hit h, unsigned steps)
{
	if (w->ended || out_of_steps(w->ev) || too_deep(w->ev))
		return;
	arrive_at(w, s, h, steps);
	w->ev->depth--;
}

static void arrive_at(struct walk *w, const struct step *s, struct hit h, unsigned steps)
{
	if (s->filter && h.value->kind == NODE_LIST) {
		for (struct node *c = h.value->first; c && !w->ended; c = c->next)
			arrive(w, s, hit_of(w, h, c), steps);
		return;
	}
	if (s->filter && ask(w->ev, s->filter, h.value).truth != TRUTH_TRUE)
		return;
	if (steps > w->deepest_steps) {
		w->deepest_steps = steps;
		w->deepest = h.at;
	}
	walk_steps(w, s->next, h, steps);
}

static void walk_deep(struct walk *w, const struct step *s, struct hit h, unsigned steps, unsigned depth)
{
	if (depth > DEEP_MAX || w->ended || out_of_steps(w->ev))
		return;
	arrive(w, s, h, steps);
	for (struct node *c = h.value->first; c && !w->ended; c = c->next)
		walk_deep(w, s, hit_of(w, h, c), steps, depth + 1);
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
		arrive(w, s, hit_of(w, h, c), steps + 1);
	return c != NULL;
}

static void walk_children(struct walk *w, const struct step *s, struct hit h, unsigned steps)
{
	for (struct node *c = h.value->first; c && !w->ended; c = c->next) {
		if (out_of_steps(w->ev))
			return;
		bool label = c->key.len && c->key.ptr[0] == '%' && s->kind == STEP_ANY;
		if (!label && (s->kind == STEP_ANY || slice_eq(c->key, s->key)))
			arrive(w, s, hit_of(w, h, c), steps + 1);
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
	if (w->ended || out_of_steps(w->ev))
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
		bool deep = too_deep(w->ev);
		for (struct node *c = h.value->first; c && !w->ended && !deep; c = c->next)
			walk_steps(w, s, hit_of(w, h, c), steps);
		w->ev->depth -= !deep;
	} else {
		walk_children(w, s, h, steps);
	}
}

static struct node *start_of(const struct evaluation *ev, const struct path *path)
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

static void walk_path(struct walk *w, const struct path *path)
{
	struct node *start = start_of(w->ev, path);
	if (start)
		walk_steps(w, path->steps, (struct hit){start, resolve(w->ev, start)}, 0);
}

/* ---- Values of comparisons ---- */

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

static void add_value(struct values *v, struct value item)
{
	if (v->count < VALUES_MAX)
		v->items[v->count++] = item;
}

static void add_node(struct evaluation *ev, struct values *v, struct hit h, unsigned depth)
{
	if (h.value->kind == NODE_LIST && depth < 4) {
		for (struct node *c = h.value->first; c && v->count < VALUES_MAX; c = c->next)
			add_node(ev, v, (struct hit){h.at != h.value ? h.at : c, resolve(ev, c)}, depth + 1);
	} else if (node_is_scalar(h.value) && h.value->kind != NODE_NULL) {
		add_value(
		    v, (struct value){.text = h.value->text, .known = h.value->kind != NODE_REF, .at = h.at});
	}
}

static bool collect(struct walk *w, struct hit h)
{
	struct values *v = w->arg;
	add_node(w->ev, v, h, 0);
	return v->count < VALUES_MAX;
}

static bool count_hit(struct walk *w, struct hit h)
{
	size_t *n = w->arg;
	*n += h.value->kind == NODE_LIST ? h.value->count : h.value->kind != NODE_NULL;
	return true;
}

static struct slice number_text(struct evaluation *ev, size_t n)
{
	return slice_cstr(arena_printf(ev->scope->sink.arena, "%zu", n));
}

static const struct resource *resource_of(const struct evaluation *ev, const struct path *path)
{
	if (path->start == START_RESOURCE)
		return ev->resource;
	for (uint32_t i = ev->variable_count; path->start == START_VARIABLE && i-- > 0;)
		if (slice_eq(ev->variables[i].name, slice_of(path->variable.ptr + 1, path->variable.len - 1)))
			return ev->variables[i].resource;
	return ev->current_resource ? ev->current_resource : ev->resource;
}

static int base64_digit(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

static struct slice decode_base64(struct evaluation *ev, struct slice s)
{
	char *out = arena_alloc(ev->scope->sink.arena, s.len + 1);
	size_t len = 0;
	unsigned bits = 0;
	unsigned have = 0;
	for (size_t i = 0; out && i < s.len; i++) {
		int digit = base64_digit(s.ptr[i]);
		if (digit < 0)
			continue;
		bits = (bits << 6 | (unsigned)digit) & 0xffffff;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		out[len++] = (char)(bits >> have & 0xff);
	}
	return out ? slice_of(out, len) : SLICE_NONE;
}

static struct slice lower(struct evaluation *ev, struct slice s)
{
	char *out = arena_cstr(ev->scope->sink.arena, s);
	for (size_t i = 0; out && i < s.len; i++)
		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (char)(out[i] - 'A' + 'a');
	return out ? slice_of(out, s.len) : SLICE_NONE;
}

static struct slice after_slash(struct slice s)
{
	const char *slash = s.len ? memchr(s.ptr, '/', s.len) : NULL;
	return slash ? slice_of(slash + 1, (size_t)(s.ptr + s.len - slash - 1)) : SLICE_NONE;
}

static void map_values(struct evaluation *ev, enum function f, struct values *v)
{
	for (unsigned i = 0; i < v->count; i++) {
		struct value *item = &v->items[i];
		if (f == FUNCTION_LENGTH)
			item->text = number_text(ev, item->text.len);
		else if (f == FUNCTION_LOWER)
			item->text = lower(ev, item->text);
		else if (f == FUNCTION_DECODED)
			item->text = decode_base64(ev, item->text);
		else if (f == FUNCTION_PREFIX)
			item->text = after_slash(item->text);
	}
}

static void call(struct evaluation *ev, const struct operand *o, struct values *v)
{
	size_t n = 0;
	struct walk w = {.ev = ev, .visit = o->function == FUNCTION_COUNT ? count_hit : collect, .arg = v};
	struct value one = {.known = true};
	switch (o->function) {
	case FUNCTION_COUNT:
		w.arg = &n;
		walk_path(&w, o->path);
		one.text = number_text(ev, n);
		one.at = w.deepest;
		break;
	case FUNCTION_NAME:
		one.text = resource_of(ev, o->path)->name;
		break;
	case FUNCTION_TYPE:
		one.text = resource_of(ev, o->path)->type;
		break;
	case FUNCTION_FILE:
		one.text = resource_of(ev, o->path)->document->path;
		break;
	case FUNCTION_KEY: {
		struct node *at = path_place(ev, o->path);
		at = at ? at : start_of(ev, o->path);
		one.text = at ? at->key : SLICE_NONE;
		one.at = at;
		break;
	}
	case FUNCTION_LAST:
		walk_path(&w, o->path);
		v->place = w.deepest;
		if (v->count > 1)
			v->items[0] = v->items[v->count - 1];
		v->count = v->count > 0;
		return;
	case FUNCTION_LENGTH:
	case FUNCTION_LOWER:
	case FUNCTION_DECODED:
	case FUNCTION_PREFIX:
		walk_path(&w, o->path);
		v->place = w.deepest;
		map_values(ev, o->function, v);
		return;
	}
	add_value(v, one);
}

static void values_of(struct evaluation *ev, const struct operand *o, struct values *v)
{
	if (o->kind == OPERAND_TEXT) {
		add_value(v, (struct value){.text = o->text, .known = true});
	} else if (o->kind == OPERAND_LIST) {
		for (const struct operand *i = o->items; i; i = i->next)
			values_of(ev, i, v);
	} else if (o->kind == OPERAND_CALL) {
		call(ev, o, v);
	} else {
		struct walk w = {.ev = ev, .visit = collect, .arg = v};
		walk_path(&w, o->path);
		v->place = w.deepest;
	}
}

static bool to_number(struct slice s, double *ret_number)
{
	char text[64];
	char *end;
	if (s.len == 0 || s.len >= sizeof text)
		return false;
	memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	*ret_number = strtod(text, &end);
	return end != text && *end == '\0';
}

static bool text_equal(struct slice a, struct slice b)
{
	if (slice_eq(a, b))
		return true;
	return (slice_eq_nocase(a, SLICE("true")) && slice_eq_nocase(b, SLICE("true"))) ||
	       (slice_eq_nocase(a, SLICE("false")) && slice_eq_nocase(b, SLICE("false")));
}

static bool matches(struct evaluation *ev, const pcre2_code *code, struct slice s)
{
	return pcre2_match(code, (PCRE2_SPTR)(s.ptr ? s.ptr : ""), s.len, 0, 0, ev->match, NULL) >= 0;
}

static bool in_order(enum compare_op op, double a, double b)
{
	return op == OP_LT ? a < b : op == OP_LE ? a <= b : op == OP_GT ? a > b : a >= b;
}

static enum truth compare_pair(struct evaluation *ev, enum compare_op op, const struct value *a,
    const struct value *b, const pcre2_code *regex)
{
	double x;
	double y;
	bool known = a->known && b->known;
	switch (op) {
	case OP_MATCH:
		return matches(ev, regex, a->text) ? TRUTH_TRUE : a->known ? TRUTH_FALSE : TRUTH_UNKNOWN;
	case OP_NO_MATCH:
		return matches(ev, regex, a->text) ? TRUTH_FALSE : a->known ? TRUTH_TRUE : TRUTH_UNKNOWN;
	case OP_EQ:
	case OP_IN:
		return text_equal(a->text, b->text) ? TRUTH_TRUE : known ? TRUTH_FALSE : TRUTH_UNKNOWN;
	case OP_NE:
	case OP_NOT_IN:
		return text_equal(a->text, b->text) ? TRUTH_FALSE : known ? TRUTH_TRUE : TRUTH_UNKNOWN;
	case OP_LT:
	case OP_LE:
	case OP_GT:
	case OP_GE:
		if (!known)
			return TRUTH_UNKNOWN;
		return to_number(a->text, &x) && to_number(b->text, &y) && in_order(op, x, y) ? TRUTH_TRUE
											      : TRUTH_FALSE;
	case OP_REFS:
		break;
	}
	return TRUTH_FALSE;
}

/* One left value against all on the right: "not in" and "!=" must hold for all of them, the others for one.
 */
static enum truth compare_value(
    struct evaluation *ev, const struct expr *e, const struct value *a, const struct values *right)
{
	bool every = e->op == OP_NOT_IN || e->op == OP_NE;
	enum truth sum = every && right->count ? TRUTH_TRUE : TRUTH_FALSE;
	for (unsigned i = 0; i < right->count; i++) {
		enum truth t = compare_pair(ev, e->op, a, &right->items[i], e->right->regex);
		if (every ? t < sum : t > sum)
			sum = t;
	}
	return sum;
}

struct node_search {
	const struct resource *target;
	struct node *found;
	struct node *first;
};

static bool find_reference(struct walk *w, struct hit h)
{
	struct node_search *search = w->arg;
	search->first = search->first ? search->first : h.at;
	if (h.value->kind == NODE_LIST || h.value->kind == NODE_MAP) {
		if (too_deep(w->ev))
			return false;
		for (struct node *c = h.value->first; c && !search->found && !out_of_steps(w->ev);
		     c = c->next)
			(void)find_reference(w, (struct hit){c, resolve(w->ev, c)});
		w->ev->depth--;
	} else if (scope_refers(w->ev->scope, h.at, search->target) ||
		   scope_refers(w->ev->scope, h.value, search->target)) {
		search->found = h.at;
	}
	return search->found == NULL;
}

static struct verdict references(struct evaluation *ev, const struct expr *e)
{
	if (e->left->kind != OPERAND_PATH || e->right->kind != OPERAND_PATH)
		return (struct verdict){TRUTH_FALSE, NULL};
	struct node_search search = {.target = resource_of(ev, e->right->path)};
	struct walk w = {.ev = ev, .visit = find_reference, .arg = &search};
	walk_path(&w, e->left->path);
	return (struct verdict){
	    search.found ? TRUTH_TRUE : TRUTH_FALSE, search.found ? search.found : search.first};
}

static struct verdict compare(struct evaluation *ev, const struct expr *e)
{
	if (e->op == OP_REFS)
		return references(ev, e);
	struct values left = {.count = 0};
	struct values right = {.count = 0};
	values_of(ev, e->left, &left);
	values_of(ev, e->right, &right);
	struct verdict best = {TRUTH_FALSE, left.count ? left.items[0].at : left.place};
	if (!best.where && left.count == 0 && e->left->path)
		best.where = start_of(ev, e->left->path);
	for (unsigned i = 0; i < left.count && best.truth != TRUTH_TRUE; i++) {
		enum truth t = compare_value(ev, e, &left.items[i], &right);
		if (t > best.truth)
			best = (struct verdict){t, left.items[i].at};
	}
	return best;
}

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
	walk_path(&w, e->path);
	bool is = found.at != NULL;
	if (e->kind == EXPR_MISSING)
		is = !is;
	else if (e->kind == EXPR_EMPTY)
		is = !is || !found.filled;
	else if (e->kind == EXPR_LITERAL)
		is = found.literal;
	struct node *place = found.at ? found.at : w.deepest;
	return (struct verdict){is ? TRUTH_TRUE : TRUTH_FALSE, place ? place : start_of(ev, e->path)};
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
		if (too_deep(ev))
			return false;
		bool more = true;
		for (struct node *c = h.value->first; c && more && !out_of_steps(ev); c = c->next)
			more = quantify_hit(w, hit_of(w, h, c));
		ev->depth--;
		return more;
	}
	bool pushed = push_variable(ev, q->e->variable, h.value, ev->current_resource);
	struct verdict v = ask(ev, q->e->a, h.value);
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
		for (; r && more && !out_of_steps(ev); r = r->next_of_type) {
			bool pushed = push_variable(ev, q->e->variable, r->body, r);
			ev->current_resource = r;
			struct verdict v = ask(ev, q->e->a, r->body);
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
		walk_path(&w, e->path);
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
	if (out_of_steps(ev))
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
		return compare(ev, e);
	case EXPR_SURELY:
		v = expr_evaluate(ev, e->a);
		v.truth = v.truth == TRUTH_TRUE ? TRUTH_TRUE : TRUTH_FALSE;
		return v;
	case EXPR_CONSTANT:
		break;
	}
	return (struct verdict){e->constant ? TRUTH_TRUE : TRUTH_FALSE, NULL};
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
	if (too_deep(w->ev))
		return false;
	for (struct node *c = h.value->first; c && !out_of_steps(w->ev); c = c->next)
		(void)each_hit(w, hit_of(w, h, c));
	w->ev->depth--;
	return true;
}

void path_each(
    struct evaluation *ev, const struct path *path, void (*visit)(void *arg, struct node *n), void *arg)
{
	struct each each = {.visit = visit, .arg = arg};
	struct walk w = {.ev = ev, .visit = each_hit, .arg = &each};
	walk_path(&w, path);
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
	walk_path(&w, path);
	if (!first && !path->steps)
		return start_of(ev, path);
	return first ? first : w.deepest;
}

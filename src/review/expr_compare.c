/* Comparisons of rule conditions: numbers as numbers, texts without regard to "true" and true, references by
 * what they name. Unknown values make the answer unknown. */
#include "review/expr_walk.h"

#include <stdlib.h>

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
		if (expr_too_deep(w->ev))
			return false;
		for (struct node *c = h.value->first; c && !search->found && !expr_out_of_steps(w->ev);
		     c = c->next)
			(void)find_reference(w, (struct hit){c, expr_resolve(w->ev, c)});
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
	struct node_search search = {.target = expr_resource_of(ev, e->right->path)};
	struct walk w = {.ev = ev, .visit = find_reference, .arg = &search};
	expr_walk_path(&w, e->left->path);
	return (struct verdict){
	    search.found ? TRUTH_TRUE : TRUTH_FALSE, search.found ? search.found : search.first};
}

struct verdict expr_compare(struct evaluation *ev, const struct expr *e)
{
	if (e->op == OP_REFS)
		return references(ev, e);
	struct values left = {.count = 0};
	struct values right = {.count = 0};
	expr_values_of(ev, e->left, &left);
	expr_values_of(ev, e->right, &right);
	struct verdict best = {TRUTH_FALSE, left.count ? left.items[0].at : left.place};
	if (!best.where && left.count == 0 && e->left->path)
		best.where = expr_start_of(ev, e->left->path);
	for (unsigned i = 0; i < left.count && best.truth != TRUTH_TRUE; i++) {
		enum truth t = compare_value(ev, e, &left.items[i], &right);
		if (t > best.truth)
			best = (struct verdict){t, left.items[i].at};
	}
	return best;
}

/* Branches: what a check frees a value of, and where that holds. Called for each if; the text is a
 * stranger's. */
#include "review/code/analysis.h"

/* Functions and methods whose answer says that a value is one we expected. */
static bool is_check(struct slice name)
{
	static const char *const words[] = {"includes", "has", "test", "startsWith", "hasOwnProperty",
	    "hasOwn", "isInteger", "isUUID", "isSafeInteger", "isFinite", "indexOf", "match", "some", "every",
	    "isAlphanumeric", "safeParse", "endsWith", "exec", NULL};
	static const char *const prefixes[] = {
	    "is", "valid", "assert", "check", "allow", "ensure", "verify", "safe", "can", NULL};
	for (const char *const *w = words; *w; w++)
		if (slice_eq_cstr(name, *w))
			return true;
	for (const char *const *p = prefixes; *p; p++)
		if (slice_starts(name, slice_cstr(*p)) && !slice_eq_cstr(name, "isArray"))
			return true;
	return false;
}

struct check {
	struct analysis *a;
	struct scope_env *env;
	bool exits; /* the branch leaves: what does not hold after it is known */
};

static void clean_names_in(const struct check *c, TSNode n, uint32_t kinds, unsigned depth)
{
	if (ts_node_is_null(n) || depth > 8)
		return;
	enum syntax type = syntax_type(&c->a->tree, n);
	if (type == SYNTAX_IDENTIFIER) {
		clean_name(c->a, c->env, syntax_text(&c->a->tree, n), kinds, 0);
		return;
	}
	if (syntax_is_function(type))
		return;
	for (uint32_t i = 0; i < syntax_count(n); i++)
		clean_names_in(c, syntax_child(n, i), kinds, depth + 1);
}

/* A pattern without both ends anchored lets anything through around its match. */
static bool regex_is_anchored(struct analysis *a, struct scope_env *env, TSNode object)
{
	struct slice text = syntax_text(&a->tree, object);
	if (syntax_type(&a->tree, object) == SYNTAX_REGEX)
		return text.len > 2 && text.ptr[1] == '^' && contains(text, "$/");
	(void)env;
	return true;
}

static void clean_by_call(const struct check *c, TSNode call)
{
	struct analysis *a = c->a;
	TSNode callee = syntax_field(&a->tree, call, FIELD_FUNCTION);
	TSNode arguments = syntax_field(&a->tree, call, FIELD_ARGUMENTS);
	bool member = syntax_type(&a->tree, callee) == SYNTAX_MEMBER;
	struct slice name =
	    syntax_text(&a->tree, member ? syntax_field(&a->tree, callee, FIELD_PROPERTY) : callee);
	if (!is_check(name))
		return;
	TSNode object = member ? syntax_field(&a->tree, callee, FIELD_OBJECT) : callee;
	if (slice_eq_cstr(name, "test") && !regex_is_anchored(a, c->env, object))
		return;
	clean_names_in(c, arguments, TAINT_ALL, 0);
	bool on_value = slice_eq_cstr(name, "startsWith") || slice_eq_cstr(name, "match") ||
			slice_eq_cstr(name, "endsWith");
	if (member && on_value)
		clean_names_in(c, object, TAINT_ALL, 0);
}

/* url.pathname === "/go" says what the path is and nothing of the rest of url; url.host === HOST says where
 * it leads. */
static bool is_other_part(struct analysis *a, TSNode n)
{
	static const char *const whole[] = {"hostname", "host", "origin", "href", NULL};
	if (syntax_type(&a->tree, n) != SYNTAX_MEMBER)
		return false;
	struct slice name = syntax_text(&a->tree, syntax_field(&a->tree, n, FIELD_PROPERTY));
	for (const char *const *w = whole; *w; w++)
		if (slice_eq_cstr(name, *w))
			return false;
	return true;
}

static void note_checked(struct analysis *a, struct slice member)
{
	if (a->checked_count < CHECKED_MAX)
		a->checked[a->checked_count++] = member;
}

/* x === "lit" names x one of ours; typeof x !== "number" does too. A protocol says nothing about the host. */
static void clean_by_comparison(const struct check *c, TSNode n)
{
	struct analysis *a = c->a;
	TSNode left = syntax_field(&a->tree, n, FIELD_LEFT);
	TSNode right = syntax_field(&a->tree, n, FIELD_RIGHT);
	struct slice text = syntax_text(&a->tree, n);
	enum syntax kind = syntax_type(&a->tree, right);
	if (slice_starts(text, SLICE("typeof"))) {
		if (contains(text, "number") || contains(text, "boolean"))
			clean_names_in(c, left, TAINT_ALL, 0);
		return;
	}
	if (contains(syntax_text(&a->tree, left), ".protocol") ||
	    contains(syntax_text(&a->tree, left), ".length"))
		return;
	bool constant = kind == SYNTAX_STRING || kind == SYNTAX_NUMBER || kind == SYNTAX_IDENTIFIER ||
			kind == SYNTAX_MEMBER;
	bool empty = kind == SYNTAX_STRING && syntax_string(&a->tree, right).len == 0;
	if (!constant || empty || slice_eq_cstr(syntax_text(&a->tree, right), "undefined"))
		return;
	if (is_other_part(a, left))
		note_checked(a, syntax_text(&a->tree, left));
	else
		clean_names_in(c, left, TAINT_ALL, 0);
}

/* FORBIDDEN.includes(key), with the list written where the name is declared. */
static bool refuses_by_list(const struct check *c, TSNode n)
{
	struct analysis *a = c->a;
	TSNode callee = syntax_field(&a->tree, n, FIELD_FUNCTION);
	TSNode object = ts_node_is_null(callee) ? callee : syntax_field(&a->tree, callee, FIELD_OBJECT);
	if (ts_node_is_null(object) || syntax_type(&a->tree, object) != SYNTAX_IDENTIFIER)
		return false;
	const struct binding *b = env_find(c->env, syntax_text(&a->tree, object));
	return b && contains(b->initial, "__proto__");
}

/* "__proto__" and ".." refused by name. */
static void clean_by_refusal(const struct check *c, TSNode n)
{
	struct slice text = syntax_text(&c->a->tree, n);
	if (contains(text, "__proto__") || contains(text, "constructor") || refuses_by_list(c, n))
		clean_names_in(c, n, 1u << TAINT_PROTOTYPE, 0);
	if (contains(text, "..\"") || contains(text, "..'") || contains(text, "isAbsolute"))
		clean_names_in(c, n, 1u << TAINT_PATH, 0);
}

/* holds: the condition is known to be true (false) in what follows. */
static void clean_by(const struct check *c, TSNode n, bool holds, unsigned depth)
{
	struct analysis *a = c->a;
	if (ts_node_is_null(n) || depth > 12)
		return;
	struct slice operator= SLICE_NONE;
	switch (syntax_type(&a->tree, n)) {
	case SYNTAX_PARENTHESIZED:
	case SYNTAX_AWAIT:
		clean_by(c, syntax_child(n, 0), holds, depth + 1);
		return;
	case SYNTAX_UNARY:
		if (slice_eq_cstr(syntax_text(&a->tree, syntax_field(&a->tree, n, FIELD_OPERATOR)), "!"))
			clean_by(c, syntax_field(&a->tree, n, FIELD_ARGUMENT), !holds, depth + 1);
		return;
	case SYNTAX_CALL:
		if (holds)
			clean_by_call(c, n);
		else
			clean_by_refusal(c, n);
		return;
	case SYNTAX_MEMBER:
		/* if (!parsed.success) return */
		if (holds && contains(syntax_text(&a->tree, n), ".success"))
			clean_names_in(c, n, 1u << TAINT_MASS | 1u << TAINT_PROTOTYPE | 1u << TAINT_NOSQL, 0);
		return;
	case SYNTAX_BINARY:
		operator= syntax_text(&a->tree, syntax_field(&a->tree, n, FIELD_OPERATOR));
		break;
	default:
		return;
	}
	bool both = slice_eq_cstr(operator, holds ? "&&" : "||");
	if (both) {
		clean_by(c, syntax_field(&a->tree, n, FIELD_LEFT), holds, depth + 1);
		clean_by(c, syntax_field(&a->tree, n, FIELD_RIGHT), holds, depth + 1);
		return;
	}
	bool equal = slice_eq_cstr(operator, "===") || slice_eq_cstr(operator, "==");
	bool unequal = slice_eq_cstr(operator, "!==") || slice_eq_cstr(operator, "!=");
	/* list.indexOf(x) === -1 */
	if ((equal || unequal) && contains(syntax_text(&a->tree, n), "indexOf(") && equal != holds)
		clean_by_call(c, syntax_field(&a->tree, n, FIELD_LEFT));
	else if ((equal && holds) || (unequal && !holds))
		clean_by_comparison(c, n);
	else if (equal && !holds)
		clean_by_refusal(c, n);
}

static bool leaves(struct analysis *a, TSNode n)
{
	if (ts_node_is_null(n))
		return false;
	switch (syntax_type(&a->tree, n)) {
	case SYNTAX_RETURN:
	case SYNTAX_THROW:
	case SYNTAX_CONTINUE:
	case SYNTAX_BREAK:
		return true;
	case SYNTAX_BLOCK: {
		uint32_t count = syntax_count(n);
		return count > 0 && leaves(a, syntax_child(n, count - 1));
	}
	case SYNTAX_EXPRESSION_STATEMENT:
		return slice_starts(syntax_text(&a->tree, n), SLICE("process.exit"));
	default:
		return false;
	}
}

/* A copy of the values of names that a branch may clean, so that what holds in it does not hold after it. */
struct saved {
	struct binding *binding;
	struct flow flow;
};

#define SAVED_MAX 64u

static size_t save_flows(struct scope_env *env, struct saved *saved)
{
	size_t count = 0;
	/* Names of the module are constants as a rule; only what functions hold is followed through branches.
	 */
	for (; env && env->parent; env = env->parent)
		for (uint32_t i = 0; i < env->bucket_count; i++)
			for (struct binding *b = env->buckets[i]; b && count < SAVED_MAX; b = b->next)
				if (b->value.flow.source || b->value.flow.parameters)
					saved[count++] = (struct saved){b, b->value.flow};
	return count;
}

static void restore_clean(const struct saved *saved, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct flow *f = &saved[i].binding->value.flow;
		f->clean = saved[i].flow.clean;
		f->parameters_clean = saved[i].flow.parameters_clean;
	}
}

void execute_if(struct analysis *a, struct scope_env *env, TSNode n)
{
	TSNode condition = syntax_field(&a->tree, n, FIELD_CONDITION);
	TSNode consequence = syntax_field(&a->tree, n, FIELD_CONSEQUENCE);
	TSNode alternative = syntax_field(&a->tree, n, FIELD_ALTERNATIVE);
	struct check check = {.a = a, .env = env};
	struct saved saved[SAVED_MAX];
	(void)evaluate(a, env, condition);
	size_t count = save_flows(env, saved);
	size_t checked = a->checked_count;
	clean_by(&check, condition, true, 0);
	execute(a, env, consequence);
	restore_clean(saved, count);
	a->checked_count = checked;
	if (!ts_node_is_null(alternative)) {
		clean_by(&check, condition, false, 0);
		execute(a, env, alternative);
		restore_clean(saved, count);
		a->checked_count = checked;
	}
	if (leaves(a, consequence))
		clean_by(&check, condition, false, 0);
}

/*
 * Expressions. Called for each expression of a file, possibly several times with other arguments; the source
 * is a stranger's, so depth and steps are bounded.
 */
#include "review/code/analysis.h"

static struct value evaluate_children(struct analysis *a, struct scope_env *env, TSNode n)
{
	struct value v = clean_value();
	uint32_t count;
	const TSNode *nodes = children_of(a, n, &count);
	for (uint32_t i = 0; i < count; i++)
		v = join_values(v, evaluate(a, env, nodes[i]));
	return v;
}

/*
 * What a leading literal says about a text built from it: "https://host/..." fixes the host, "/..." keeps a
 * redirect on the site.
 */
static uint32_t prefix_cleans(struct slice prefix)
{
	uint32_t kinds = 0;
	const char *scheme = prefix.len ? memmem(prefix.ptr, prefix.len, "://", 3) : NULL;
	if (scheme) {
		size_t rest = (size_t)(prefix.ptr + prefix.len - scheme - 3);
		const char *slash = memchr(scheme + 3, '/', rest);
		if ((slash && slash > scheme + 3) || memchr(scheme + 3, '?', rest))
			kinds |= 1u << TAINT_SSRF | 1u << TAINT_REDIRECT;
	} else if (prefix.len > 1 && prefix.ptr[0] == '/' && prefix.ptr[1] != '/') {
		kinds |= 1u << TAINT_REDIRECT | 1u << TAINT_SSRF;
	}
	return kinds;
}

/* Words that begin or go on with SQL, as a literal part of a text. */
static bool has_sql(struct slice s)
{
	static const char *const words[] = {"select ", "insert into", "update ", "delete from", " where ",
	    " from ", "order by", " values", "create table", "drop table", "alter table", " limit ", " and ",
	    " or ", "call ", "exec ", NULL};
	char text[256];
	size_t n = s.len < sizeof text ? s.len : sizeof text - 1;
	for (size_t i = 0; i < n; i++) {
		char c = s.ptr[i] == '\n' || s.ptr[i] == '\t' ? ' ' : s.ptr[i];
		text[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	for (const char *const *w = words; *w; w++)
		if (n && memmem(text, n, *w, strlen(*w)))
			return true;
	return false;
}

static struct value evaluate_template(struct analysis *a, struct scope_env *env, TSNode n)
{
	struct value v = clean_value();
	struct slice whole = syntax_string(&a->tree, n);
	uint32_t count = syntax_count(n);
	uint32_t first_end = 0;
	bool tainted_first = false;
	for (uint32_t i = 0; i < count; i++) {
		TSNode part = syntax_child(n, i);
		if (syntax_type(&a->tree, part) != SYNTAX_TEMPLATE_SUBSTITUTION)
			continue;
		struct value one = evaluate_children(a, env, part);
		if (!first_end) {
			first_end = ts_node_start_byte(part);
			/* `${BASE}/path/${x}`: a constant first part fixes what follows it. */
			tainted_first =
			    is_tainted(one) || !(one.is_text || one.qualified.len || syntax_count(part));
		}
		v = join_values(v, one);
	}
	struct slice prefix = whole;
	if (first_end) {
		size_t len = first_end - ts_node_start_byte(n) - 1;
		prefix.len = len < whole.len ? len : whole.len;
	}
	clean_flow(&v.flow, prefix_cleans(prefix));
	if (first_end && prefix.len == 0 && !tainted_first)
		clean_flow(&v.flow, 1u << TAINT_SSRF | 1u << TAINT_REDIRECT);
	v.is_function = false;
	v.qualified = SLICE_NONE;
	v.is_object = false;
	v.built = count > 0;
	v.has_markup = v.has_markup || contains(whole, "<");
	v.has_sql = v.has_sql || has_sql(whole);
	v.is_record = false;
	v.is_text = !first_end;
	v.text = whole;
	return v;
}

static bool is_comparison(struct slice operator)
{
	static const char *const all[] = {"==", "===", "!=", "!==", "<", ">", "<=", ">=", "instanceof", "in",
	    "-", "*", "/", "%", "**", "&", "|", "^", "<<", ">>", ">>>", NULL};
	for (const char *const *o = all; *o; o++)
		if (slice_eq_cstr(operator, * o))
			return true;
	return false;
}

static struct value evaluate_binary(struct analysis *a, struct scope_env *env, TSNode n)
{
	struct slice operator= syntax_text(&a->tree, syntax_field(&a->tree, n, FIELD_OPERATOR));
	struct value left = evaluate(a, env, syntax_field(&a->tree, n, FIELD_LEFT));
	struct value right = evaluate(a, env, syntax_field(&a->tree, n, FIELD_RIGHT));
	if (is_comparison(operator))
		return clean_value();
	struct value v = join_values(left, right);
	if (!slice_eq_cstr(operator, "+"))
		return v;
	v.is_function = false;
	v.qualified = SLICE_NONE;
	v.built = true;
	v.is_record = false;
	v.has_markup = v.has_markup || (left.is_text && contains(left.text, "<")) ||
		       (right.is_text && contains(right.text, "<"));
	if (left.is_text) {
		clean_flow(&v.flow, prefix_cleans(left.text));
		v.text = left.text;
	}
	v.is_text = left.is_text && right.is_text;
	if (!is_tainted(left) && !left.is_text && left.qualified.len)
		clean_flow(&v.flow, 1u << TAINT_SSRF | 1u << TAINT_REDIRECT);
	return v;
}

/* Parts of a request whose values are always texts. */
static bool holds_text(struct slice name)
{
	static const char *const names[] = {"params", "pathParameters", "queryStringParameters", "headers",
	    "searchParams", "cookies", "multiValueQueryStringParameters", "rawPath", "rawQueryString", "url",
	    NULL};
	for (const char *const *n = names; *n; n++)
		if (slice_eq_cstr(name, *n))
			return true;
	return false;
}

/* Where the analysis is, the member is known to be what it was compared with. */
static bool was_checked(struct analysis *a, TSNode n)
{
	if (a->checked_count == 0)
		return false;
	struct slice text = syntax_text(&a->tree, n);
	for (size_t i = 0; i < a->checked_count; i++)
		if (slice_eq(a->checked[i], text))
			return true;
	return false;
}

/* event.body is Lambda's, a text until it is parsed. */
static bool is_lambda_event(struct analysis *a, TSNode n)
{
	return slice_eq_cstr(syntax_text(&a->tree, syntax_field(&a->tree, n, FIELD_OBJECT)), "event");
}

struct value value_of_member(struct analysis *a, TSNode n, struct value object)
{
	struct slice name = syntax_text(&a->tree, syntax_field(&a->tree, n, FIELD_PROPERTY));
	struct value v = {.flow = object.flow};
	if (object.qualified.len)
		v = join_values(v, module_member(a, object.qualified, name));
	if (safe_member(name) && !object.is_record)
		v.flow = (struct flow){.source = false};
	if (is_tainted(v) && was_checked(a, n))
		v.flow = (struct flow){.source = false};
	if (is_tainted(v)) {
		v.is_record = (slice_eq_cstr(name, "body") && !is_lambda_event(a, n)) ||
			      slice_eq_cstr(name, "payload") || slice_eq_cstr(name, "query");
		if (holds_text(name))
			clean_flow(&v.flow, 1u << TAINT_NOSQL);
	}
	return v;
}

static struct value evaluate_member(struct analysis *a, struct scope_env *env, TSNode n)
{
	return value_of_member(a, n, evaluate(a, env, syntax_field(&a->tree, n, FIELD_OBJECT)));
}

/* table[key] with a table of our own is one of its values, whoever chose the key. */
static struct value evaluate_subscript(struct analysis *a, struct scope_env *env, TSNode n)
{
	struct value object = evaluate(a, env, syntax_field(&a->tree, n, FIELD_OBJECT));
	(void)evaluate(a, env, syntax_field(&a->tree, n, FIELD_INDEX));
	return (struct value){.flow = object.flow};
}

static struct value evaluate_identifier(struct analysis *a, struct scope_env *env, TSNode n)
{
	struct slice name = syntax_text(&a->tree, n);
	const struct binding *b = env_find(env, name);
	if (b)
		return b->value;
	return (struct value){.qualified = name};
}

static struct value evaluate_pair(struct analysis *a, struct scope_env *env, TSNode n)
{
	TSNode key = syntax_field(&a->tree, n, FIELD_KEY);
	TSNode value = syntax_field(&a->tree, n, FIELD_VALUE);
	struct slice name = syntax_text(&a->tree, key);
	if (syntax_type(&a->tree, key) == SYNTAX_STRING)
		name = syntax_string(&a->tree, key);
	detect_pair(a, n, name, value);
	return evaluate(a, env, value);
}

static struct value evaluate_object(struct analysis *a, struct scope_env *env, TSNode n)
{
	struct value v = clean_value();
	uint32_t count;
	const TSNode *nodes = children_of(a, n, &count);
	for (uint32_t i = 0; i < count; i++) {
		TSNode part = nodes[i];
		struct value one = clean_value();
		switch (syntax_type(&a->tree, part)) {
		case SYNTAX_PAIR:
			one = evaluate_pair(a, env, part);
			break;
		case SYNTAX_SHORTHAND: {
			const struct binding *b = env_find(env, syntax_text(&a->tree, part));
			one = b ? b->value : one;
			break;
		}
		case SYNTAX_METHOD:
			defer_function(a, part, env,
			    syntax_text(&a->tree, syntax_field(&a->tree, part, FIELD_NAME)), true);
			break;
		default:
			one = evaluate(a, env, part);
			break;
		}
		if (one.is_function && syntax_type(&a->tree, part) == SYNTAX_PAIR)
			defer_function(a, one.function, one.closure ? one.closure : env, SLICE_NONE, false);
		one.is_function = false;
		one.qualified = SLICE_NONE;
		one.is_record = one.is_record && syntax_type(&a->tree, part) == SYNTAX_SPREAD;
		v = join_values(v, one);
	}
	v.is_object = true;
	v.object = n;
	v.built = v.has_markup = v.has_sql = false;
	return v;
}

static struct value evaluate_function(struct analysis *a, struct scope_env *env, TSNode n)
{
	(void)a;
	return (struct value){.is_function = true, .function = n, .closure = env};
}

static struct value evaluate_string(struct analysis *a, TSNode n)
{
	struct slice text = syntax_string(&a->tree, n);
	return (struct value){
	    .is_text = true, .text = text, .has_markup = contains(text, "<"), .has_sql = has_sql(text)};
}

static struct value evaluate_jsx_attribute(struct analysis *a, struct scope_env *env, TSNode n)
{
	struct value v = evaluate_children(a, env, n);
	const struct code_rule *rule = code_rules_detector(a->rules, "html-write");
	if (rule && is_tainted(v) && slice_starts(syntax_text(&a->tree, n), SLICE("dangerouslySetInnerHTML")))
		report_flow(a, rule, n, v, "it becomes markup of the page");
	return clean_value();
}

static struct value evaluate_ternary(struct analysis *a, struct scope_env *env, TSNode n)
{
	(void)evaluate(a, env, syntax_field(&a->tree, n, FIELD_CONDITION));
	return join_values(evaluate(a, env, syntax_field(&a->tree, n, FIELD_CONSEQUENCE)),
	    evaluate(a, env, syntax_field(&a->tree, n, FIELD_ALTERNATIVE)));
}

static struct value evaluate_unary(struct analysis *a, struct scope_env *env, TSNode n)
{
	/* !x, -x, typeof x: a boolean, a number, a word of ours. */
	struct value v = evaluate(a, env, syntax_field(&a->tree, n, FIELD_ARGUMENT));
	v.flow = (struct flow){.source = false};
	return v;
}

static struct value evaluate_type(struct analysis *a, struct scope_env *env, TSNode n, enum syntax type)
{
	switch (type) {
	case SYNTAX_IDENTIFIER:
	case SYNTAX_SHORTHAND:
		return evaluate_identifier(a, env, n);
	case SYNTAX_MEMBER:
		return evaluate_member(a, env, n);
	case SYNTAX_SUBSCRIPT:
		return evaluate_subscript(a, env, n);
	case SYNTAX_CALL:
		return evaluate_call(a, env, n, false);
	case SYNTAX_NEW:
		return evaluate_call(a, env, n, true);
	case SYNTAX_STRING:
		return evaluate_string(a, n);
	case SYNTAX_TEMPLATE:
		return evaluate_template(a, env, n);
	case SYNTAX_BINARY:
		return evaluate_binary(a, env, n);
	case SYNTAX_ASSIGNMENT:
		return evaluate_assignment(a, env, n, false);
	case SYNTAX_AUGMENTED_ASSIGNMENT:
		return evaluate_assignment(a, env, n, true);
	case SYNTAX_OBJECT:
		return evaluate_object(a, env, n);
	case SYNTAX_TERNARY:
		return evaluate_ternary(a, env, n);
	case SYNTAX_UNARY:
		return evaluate_unary(a, env, n);
	case SYNTAX_AS:
	case SYNTAX_NON_NULL:
	case SYNTAX_SATISFIES:
	case SYNTAX_AWAIT:
		return evaluate(a, env, syntax_child(n, 0));
	case SYNTAX_TYPE_ASSERTION:
		return evaluate(a, env, syntax_child(n, syntax_count(n) - 1));
	case SYNTAX_FUNCTION_EXPRESSION:
	case SYNTAX_GENERATOR_FUNCTION:
	case SYNTAX_ARROW:
		return evaluate_function(a, env, n);
	case SYNTAX_CLASS:
		execute(a, env, n);
		return clean_value();
	case SYNTAX_JSX_ATTRIBUTE:
		return evaluate_jsx_attribute(a, env, n);
	case SYNTAX_REGEX:
		detect_regex(a, n);
		return clean_value();
	case SYNTAX_NUMBER:
	case SYNTAX_TRUE:
	case SYNTAX_FALSE:
	case SYNTAX_NULL:
	case SYNTAX_UNDEFINED:
	case SYNTAX_THIS:
	case SYNTAX_COMMENT:
	case SYNTAX_TYPE_ANNOTATION:
		return clean_value();
	default:
		return evaluate_children(a, env, n);
	}
}

struct value evaluate(struct analysis *a, struct scope_env *env, TSNode n)
{
	if (ts_node_is_null(n) || a->depth >= DEPTH_MAX || a->steps >= STEPS_MAX)
		return clean_value();
	a->depth++;
	a->steps++;
	struct value v = evaluate_type(a, env, n, syntax_type(&a->tree, n));
	a->depth--;
	return v;
}

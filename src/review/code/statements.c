/* Statements, functions and what a check frees a value of. */
#include "review/code/analysis.h"

#include <stdlib.h>

/* ---- Checks ---- */

static bool contains(struct slice s, const char *what)
{
	return s.len && memmem(s.ptr, s.len, what, strlen(what)) != NULL;
}

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

static void execute_if(struct analysis *a, struct scope_env *env, TSNode n)
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

/* ---- Declarations ---- */

static void note_origins(struct analysis *a, struct binding *b, TSNode n, size_t *count, unsigned depth)
{
	if (ts_node_is_null(n) || depth > 6 || *count >= sizeof b->origins / sizeof *b->origins)
		return;
	enum syntax type = syntax_type(&a->tree, n);
	if (type == SYNTAX_IDENTIFIER) {
		b->origins[(*count)++] = syntax_text(&a->tree, n);
		return;
	}
	if (syntax_is_function(type))
		return;
	TSNode callee = syntax_field(&a->tree, n, FIELD_FUNCTION);
	for (uint32_t i = 0; i < syntax_count(n); i++) {
		TSNode child = syntax_child(n, i);
		if (ts_node_is_null(callee) || !ts_node_eq(child, callee))
			note_origins(a, b, child, count, depth + 1);
	}
}

static void execute_declarator(struct analysis *a, struct scope_env *env, TSNode n)
{
	TSNode name = syntax_field(&a->tree, n, FIELD_NAME);
	TSNode value = syntax_field(&a->tree, n, FIELD_VALUE);
	struct value v = evaluate(a, env, value);
	bool plain = syntax_type(&a->tree, name) == SYNTAX_IDENTIFIER;
	if (!ts_node_is_null(value))
		detect_assignment(a, syntax_text(&a->tree, name), n, value);
	if (v.is_function && plain)
		defer_function(a, v.function, env, syntax_text(&a->tree, name), false);
	if (plain && v.flow.source && syntax_type(&a->tree, value) != SYNTAX_IDENTIFIER)
		v = with_step(a, v, name,
		    arena_printf(a->arena, "kept in %.*s", SLICE_ARG(syntax_text(&a->tree, name))));
	bind_pattern(a, env, name, v);
	struct binding *b = plain ? env_find(env, syntax_text(&a->tree, name)) : NULL;
	size_t count = 0;
	if (!b)
		return;
	b->initial = syntax_text(&a->tree, value);
	if (b->initial.len > 400)
		b->initial = SLICE_NONE;
	note_origins(a, b, value, &count, 0);
}

static void execute_class(struct analysis *a, struct scope_env *env, TSNode n)
{
	TSNode body = syntax_field(&a->tree, n, FIELD_BODY);
	for (uint32_t i = 0; i < syntax_count(body); i++) {
		TSNode member = syntax_child(body, i);
		enum syntax type = syntax_type(&a->tree, member);
		if (type == SYNTAX_METHOD)
			defer_function(a, member, env,
			    syntax_text(&a->tree, syntax_field(&a->tree, member, FIELD_NAME)), true);
		else if (type == SYNTAX_FIELD_DEFINITION) {
			TSNode value = syntax_field(&a->tree, member, FIELD_VALUE);
			struct value v = evaluate(a, env, value);
			detect_assignment(a,
			    syntax_text(&a->tree, syntax_field(&a->tree, member, FIELD_NAME)), member, value);
			if (v.is_function)
				defer_function(a, v.function, env, SLICE_NONE, true);
		}
	}
}

static void execute_for_in(struct analysis *a, struct scope_env *env, TSNode n)
{
	struct scope_env *inner = env_new(a, env);
	struct value v = evaluate(a, env, syntax_field(&a->tree, n, FIELD_RIGHT));
	v.is_function = v.is_object = false;
	bind_pattern(a, inner, syntax_field(&a->tree, n, FIELD_LEFT), (struct value){.flow = v.flow});
	execute(a, inner, syntax_field(&a->tree, n, FIELD_BODY));
}

/* What an error says about the inside: its own kind of taint. */
static void execute_catch(struct analysis *a, struct scope_env *env, TSNode n)
{
	struct scope_env *inner = env_new(a, env);
	TSNode parameter = syntax_field(&a->tree, n, FIELD_PARAMETER);
	if (!ts_node_is_null(parameter))
		bind_pattern(a, inner, parameter,
		    source_value(a, parameter, "the error of the inside", TAINT_ALL & ~(1u << TAINT_ERROR)));
	execute(a, inner, syntax_field(&a->tree, n, FIELD_BODY));
}

/* return { statusCode, body }: how Lambda answers. */
static void check_answer(struct analysis *a, struct scope_env *env, TSNode object)
{
	bool has_status = false;
	bool html = contains(syntax_text(&a->tree, object), "text/html");
	TSNode body = {.id = NULL};
	for (uint32_t i = 0; i < syntax_count(object); i++) {
		TSNode pair = syntax_child(object, i);
		bool shorthand = syntax_type(&a->tree, pair) == SYNTAX_SHORTHAND;
		struct slice key =
		    syntax_text(&a->tree, shorthand ? pair : syntax_field(&a->tree, pair, FIELD_KEY));
		has_status = has_status || slice_eq_cstr(key, "statusCode") || slice_eq_cstr(key, "status");
		if (slice_eq_cstr(key, "body"))
			body = shorthand ? pair : syntax_field(&a->tree, pair, FIELD_VALUE);
		if (!slice_eq_cstr(key, "headers") || shorthand)
			continue;
		TSNode headers = syntax_field(&a->tree, pair, FIELD_VALUE);
		for (uint32_t k = 0; k < syntax_count(headers); k++) {
			TSNode header = syntax_child(headers, k);
			struct slice name = syntax_text(&a->tree, syntax_field(&a->tree, header, FIELD_KEY));
			const struct code_rule *rule = code_rules_detector(a->rules, "redirect-header");
			if (rule && (slice_eq_nocase(name, SLICE("location")) ||
					slice_eq_nocase(name, SLICE("\"location\"")) ||
					slice_eq_nocase(name, SLICE("'location'")))) {
				struct value v =
				    evaluate(a, env, syntax_field(&a->tree, header, FIELD_VALUE));
				if (v.flow.source || v.flow.parameters)
					report_flow(
					    a, rule, header, v, "the caller chooses where the browser goes");
			}
		}
	}
	if (ts_node_is_null(body) || !has_status)
		return;
	struct value v = evaluate(a, env, body);
	const struct code_rule *error_rule = code_rules_detector(a->rules, "error-answer");
	const struct code_rule *html_rule = code_rules_detector(a->rules, "html-write");
	if (error_rule && v.flow.source)
		report_flow(a, error_rule, body, v, "the answer tells the error");
	if (html_rule && (v.flow.source || v.flow.parameters) && (html || v.has_markup))
		report_flow(a, html_rule, body, v, "it becomes markup of the page");
}

static void execute_return(struct analysis *a, struct scope_env *env, TSNode n)
{
	if (syntax_count(n) == 0)
		return;
	TSNode expression = syntax_child(n, 0);
	struct value v = evaluate(a, env, expression);
	if (syntax_type(&a->tree, expression) == SYNTAX_OBJECT)
		check_answer(a, env, expression);
	if (v.is_function)
		defer_function(a, v.function, v.closure ? v.closure : env, SLICE_NONE, false);
	if (a->frame)
		a->frame->returned = join_values(a->frame->returned, v);
}

static void hoist(struct analysis *a, struct scope_env *env, const TSNode *nodes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		TSNode n = nodes[i];
		bool exported = syntax_type(&a->tree, n) == SYNTAX_EXPORT;
		TSNode fn = exported ? syntax_field(&a->tree, n, FIELD_DECLARATION) : n;
		enum syntax type = syntax_type(&a->tree, fn);
		if (type != SYNTAX_FUNCTION_DECLARATION && type != SYNTAX_GENERATOR_DECLARATION)
			continue;
		struct slice name = syntax_text(&a->tree, syntax_field(&a->tree, fn, FIELD_NAME));
		struct value v = {.is_function = true, .function = fn, .closure = env};
		(void)env_bind(a, env, name, v);
		defer_function(a, fn, env, name, exported);
	}
}

void execute_all(struct analysis *a, struct scope_env *env, TSNode parent)
{
	uint32_t count;
	const TSNode *nodes = children_of(a, parent, &count);
	hoist(a, env, nodes, count);
	for (uint32_t i = 0; i < count; i++)
		execute(a, env, nodes[i]);
}

void execute(struct analysis *a, struct scope_env *env, TSNode n)
{
	if (ts_node_is_null(n) || a->depth >= DEPTH_MAX || a->steps >= STEPS_MAX)
		return;
	a->depth++;
	a->steps++;
	switch (syntax_type(&a->tree, n)) {
	case SYNTAX_IMPORT:
		import_names(a, n);
		break;
	case SYNTAX_EXPORT:
		export_names(a, n);
		break;
	case SYNTAX_FUNCTION_DECLARATION:
	case SYNTAX_GENERATOR_DECLARATION:
	case SYNTAX_COMMENT:
		break;
	case SYNTAX_CLASS_DECLARATION:
	case SYNTAX_ABSTRACT_CLASS:
	case SYNTAX_CLASS:
		execute_class(a, env, n);
		break;
	case SYNTAX_DECLARATOR:
		execute_declarator(a, env, n);
		break;
	case SYNTAX_EXPRESSION_STATEMENT: {
		struct value v = evaluate(a, env, syntax_child(n, 0));
		if (v.is_function)
			defer_function(a, v.function, env, SLICE_NONE, false);
		break;
	}
	case SYNTAX_RETURN:
		execute_return(a, env, n);
		break;
	case SYNTAX_IF:
		execute_if(a, env, n);
		break;
	case SYNTAX_FOR_IN:
		execute_for_in(a, env, n);
		break;
	case SYNTAX_CATCH:
		execute_catch(a, env, n);
		break;
	case SYNTAX_BLOCK:
		execute_all(a, env_new(a, env), n);
		break;
	case SYNTAX_LEXICAL_DECLARATION:
	case SYNTAX_VARIABLE_DECLARATION:
		for (uint32_t i = 0; i < syntax_count(n); i++)
			execute(a, env, syntax_child(n, i));
		break;
	case SYNTAX_THROW:
	case SYNTAX_CALL:
	case SYNTAX_NEW:
	case SYNTAX_ASSIGNMENT:
	case SYNTAX_BINARY:
	case SYNTAX_PARENTHESIZED:
	case SYNTAX_MEMBER:
	case SYNTAX_TERNARY:
	case SYNTAX_AWAIT:
		(void)evaluate(a, env, n);
		break;
	default:
		for (uint32_t i = 0; i < syntax_count(n); i++)
			execute(a, env, syntax_child(n, i));
		break;
	}
	a->depth--;
}

/* ---- Functions ---- */

static bool is_running(const struct analysis *a, TSNode fn)
{
	for (const struct frame *f = a->frame; f; f = f->caller)
		if (ts_node_eq(f->function, fn))
			return true;
	return false;
}

static void bind_parameters(
    struct analysis *a, struct scope_env *env, TSNode fn, const struct value *arguments, size_t count)
{
	TSNode list = syntax_field(&a->tree, fn, FIELD_PARAMETERS);
	TSNode single = syntax_field(&a->tree, fn, FIELD_PARAMETER);
	uint32_t parameters = ts_node_is_null(list) ? !ts_node_is_null(single) : syntax_count(list);
	for (uint32_t i = 0; i < parameters; i++) {
		TSNode p = ts_node_is_null(list) ? single : syntax_child(list, i);
		struct value v = i < count ? arguments[i] : (struct value){.is_text = false};
		bind_pattern(a, env, p, v);
	}
}

struct value run_function(struct analysis *a, TSNode fn, struct scope_env *closure,
    const struct value *arguments, size_t count, struct frame *frame)
{
	struct value none = {.is_text = false};
	if (a->call_depth >= CALL_DEPTH_MAX || is_running(a, fn) || a->depth >= DEPTH_MAX - 20)
		return none;
	struct scope_env *env = env_new(a, closure ? closure : a->module);
	TSNode body = syntax_field(&a->tree, fn, FIELD_BODY);
	frame->function = fn;
	frame->caller = a->frame;
	a->frame = frame;
	a->call_depth++;
	size_t checked = a->checked_count;
	bind_parameters(a, env, fn, arguments, count);
	if (syntax_type(&a->tree, body) == SYNTAX_BLOCK) {
		execute_all(a, env, body);
	} else {
		frame->returned = evaluate(a, env, body);
		TSNode inner =
		    syntax_type(&a->tree, body) == SYNTAX_PARENTHESIZED ? syntax_child(body, 0) : body;
		if (syntax_type(&a->tree, inner) == SYNTAX_OBJECT)
			check_answer(a, env, inner);
	}
	a->checked_count = checked;
	a->call_depth--;
	a->frame = frame->caller;
	return frame->returned;
}

void defer_function(struct analysis *a, TSNode fn, struct scope_env *env, struct slice name, bool exported)
{
	struct deferred *d = arena_zalloc(a->arena, sizeof *d);
	if (!d) {
		a->failed = true;
		return;
	}
	*d = (struct deferred){.function = fn, .env = env, .name = name, .exported = exported};
	if (a->deferred_last)
		a->deferred_last->next = d;
	else
		a->deferred = d;
	a->deferred_last = d;
}

static void grow_done(struct analysis *a)
{
	size_t size = a->done_size ? a->done_size * 2 : 256;
	uint32_t *done = calloc(size, sizeof *done);
	if (!done)
		return;
	for (size_t i = 0; i < a->done_size; i++) {
		size_t at = a->done[i] * 2654435761u & (size - 1);
		while (a->done[i] && done[at])
			at = (at + 1) & (size - 1);
		if (a->done[i])
			done[at] = a->done[i];
	}
	free(a->done);
	a->done = done;
	a->done_size = size;
}

static bool first_time(struct analysis *a, TSNode fn)
{
	uint32_t key = ts_node_start_byte(fn) + 1;
	if (a->done_count * 2 >= a->done_size)
		grow_done(a);
	if (a->done_count * 2 >= a->done_size)
		return false;
	size_t at = key * 2654435761u & (a->done_size - 1);
	for (; a->done[at]; at = (at + 1) & (a->done_size - 1))
		if (a->done[at] == key)
			return false;
	a->done[at] = key;
	a->done_count++;
	return true;
}

static bool is_exported(const struct analysis *a, struct slice name)
{
	for (const struct function_summary *s = a->summaries; s; s = s->next)
		if (slice_eq(s->name, name))
			return true;
	return false;
}

struct function_summary *export_summary(struct analysis *a, struct slice name)
{
	for (const struct function_summary *s = a->summaries; s; s = s->next)
		if (slice_eq(s->name, name)) {
			union {
				const struct function_summary *constant;
				struct function_summary *filled;
			} view = {.constant = s};
			return view.filled;
		}
	struct function_summary *s = arena_zalloc(a->arena, sizeof *s);
	if (!s)
		return NULL;
	s->name = name;
	s->next = a->summaries;
	a->summaries = s;
	return s;
}

/* One function on its own: what strangers can do with it, and for exported ones what it does with its
 * parameters. */
static void run_alone(struct analysis *a, const struct deferred *d)
{
	struct value values[PARAMETERS_MAX];
	size_t count;
	bool exported = d->exported || (d->name.len && is_exported(a, d->name));
	bool entry = entry_parameters(a, d->function, SLICE_NONE, exported, values, &count);
	struct frame frame = {.standalone = true, .is_entry = entry};
	a->summary = exported && d->name.len ? export_summary(a, d->name) : NULL;
	struct value v = run_function(a, d->function, d->env, values, count, &frame);
	if (a->summary) {
		a->summary->returned = v.flow.parameters;
		a->summary->returned_clean = v.flow.parameters_clean;
	}
	a->summary = NULL;
	if (entry)
		detect_authorization(a, d->function, frame.operation, SLICE_NONE);
}

result analysis_run(struct analysis *a, struct error *err)
{
	TSNode root = ts_tree_root_node(a->tree.tree);
	a->module = env_new(a, NULL);
	if (!a->module)
		return error_set(err, ERR_MEMORY, "no memory for the analysis");
	execute_all(a, a->module, root);
	for (struct deferred *d = a->deferred; d && a->steps < STEPS_MAX; d = d->next)
		if (first_time(a, d->function))
			run_alone(a, d);
	free(a->done);
	a->done = NULL;
	return a->failed ? error_set(err, ERR_LIMIT, "the analysis needs too much memory") : RESULT_OK;
}

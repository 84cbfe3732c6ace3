/* Calls: what goes into them and what comes out. */
#include "review/code/call.h"
#include "review/ignore.h"

static struct slice name_of(struct analysis *a, struct scope_env *env, TSNode n, unsigned depth)
{
	if (ts_node_is_null(n) || depth > 16)
		return SLICE_NONE;
	switch (syntax_type(&a->tree, n)) {
	case SYNTAX_IDENTIFIER: {
		struct slice text = syntax_text(&a->tree, n);
		const struct binding *b = env_find(env, text);
		/* A module of the project is known by its local name: its path would not fit any pattern. */
		bool known = b && b->value.qualified.len && b->value.qualified.ptr[0] != '.';
		return known ? b->value.qualified : text;
	}
	case SYNTAX_MEMBER: {
		struct slice object = name_of(a, env, syntax_field(&a->tree, n, FIELD_OBJECT), depth + 1);
		struct slice property = syntax_text(&a->tree, syntax_field(&a->tree, n, FIELD_PROPERTY));
		return slice_cstr(
		    arena_printf(a->arena, "%.*s.%.*s", SLICE_ARG(object), SLICE_ARG(property)));
	}
	case SYNTAX_CALL: {
		struct slice callee = name_of(a, env, syntax_field(&a->tree, n, FIELD_FUNCTION), depth + 1);
		if (slice_eq_cstr(callee, "require")) {
			TSNode argument = syntax_child(syntax_field(&a->tree, n, FIELD_ARGUMENTS), 0);
			if (syntax_type(&a->tree, argument) == SYNTAX_STRING)
				return module_name(a, syntax_string(&a->tree, argument));
		}
		return slice_cstr(arena_printf(a->arena, "%.*s()", SLICE_ARG(callee)));
	}
	case SYNTAX_NEW:
		return name_of(a, env, syntax_field(&a->tree, n, FIELD_CONSTRUCTOR), depth + 1);
	case SYNTAX_THIS:
		return SLICE("this");
	case SYNTAX_PARENTHESIZED:
	case SYNTAX_AWAIT:
	case SYNTAX_NON_NULL:
	case SYNTAX_AS:
		return name_of(a, env, syntax_child(n, 0), depth + 1);
	default:
		return SLICE("?");
	}
}

struct slice callee_name(struct analysis *a, struct scope_env *env, TSNode n)
{
	return name_of(a, env, n, 0);
}

static bool sanitized(const struct call *c, uint32_t *ret_mask)
{
	struct slice last = last_part(c->name);
	for (const struct code_sanitizer *s = c->a->rules->sanitizers; s; s = s->next) {
		struct slice pattern_last = last_part(s->callee);
		if (!slice_eq(pattern_last, last) && !memchr(pattern_last.ptr, '*', pattern_last.len))
			continue;
		if (!glob_match(s->callee, c->name))
			continue;
		*ret_mask = s->cleans;
		return true;
	}
	return false;
}

/* Methods and functions whose result is made of what goes in. Anything else gives something of its own. */
static bool passes_on(const struct call *c)
{
	static const char *const functions[] = {"String", "JSON.parse", "JSON.stringify",
	    "decodeURIComponent", "decodeURI", "unescape", "atob", "btoa", "Buffer.from", "Object.assign",
	    "Object.entries", "Object.keys", "Object.values", "Object.fromEntries", "Array.from", "Array.of",
	    "Promise.all", "Promise.resolve", "Promise.allSettled", "structuredClone", "path.join",
	    "path.resolve", "path.normalize", "util.format", "querystring.parse", "qs.parse", "url.parse",
	    "new URL", "new URLSearchParams", "new String", "new Request", "String.raw", "util.promisify",
	    "new Date", "new Map", "new Set", "new Error", "Object.freeze", "path.dirname", "path.relative",
	    "path.extname", "path.posix.join", "path.posix.normalize", "new Array", "unescape",
	    "Object.create", "js-yaml.load", "yaml.load", "yaml.parse", "json5.parse", "JSON5.parse", NULL};
	static const char *const methods[] = {"replace", "replaceAll", "concat", NULL};
	for (const char *const *m = methods; *m && c->is_member; m++)
		if (slice_eq_cstr(last_part(c->name), *m))
			return true;
	for (const char *const *f = functions; *f; f++)
		if (slice_eq_cstr(c->name, *f))
			return true;
	return !c->is_member;
}

static bool is_promise_or_array_method(struct slice name)
{
	static const char *const methods[] = {"then", "map", "forEach", "filter", "find", "some", "every",
	    "reduce", "flatMap", "catch", "finally", "sort", "findIndex", NULL};
	for (const char *const *m = methods; *m; m++)
		if (slice_eq_cstr(name, *m))
			return true;
	return false;
}

/* A function given to a call: a route's handler, a callback over a collection, anything else. */
static struct value run_argument(const struct call *c, size_t i)
{
	struct analysis *a = c->a;
	struct value values[PARAMETERS_MAX];
	size_t count;
	struct value fn = c->values[i];
	struct frame frame = {.is_entry = entry_parameters(a, fn.function, c->name, false, values, &count)};
	if (!frame.is_entry && c->is_member && is_promise_or_array_method(last_part(c->name)) && count > 0) {
		bool failure = slice_eq_cstr(last_part(c->name), "catch");
		values[0] = failure ? source_value(a, fn.function, "the error of the inside",
					  TAINT_ALL & ~(1u << TAINT_ERROR))
				    : (struct value){.flow = c->receiver.flow};
	}
	/* node-style callbacks: (err, result) */
	struct value v =
	    run_function(a, fn.function, fn.closure ? fn.closure : c->env, values, count, &frame);
	if (frame.is_entry)
		detect_authorization(a, fn.function, frame.operation, syntax_text(&a->tree, c->arguments));
	return v;
}

static struct value run_arguments(const struct call *c)
{
	struct value v = {.is_text = false};
	for (size_t i = 0; i < c->count; i++)
		if (c->values[i].is_function)
			v = join_values(v, run_argument(c, i));
	return v;
}

static struct value call_local(const struct call *c, struct value callee)
{
	struct analysis *a = c->a;
	struct value passed[ARGUMENTS_MAX];
	struct frame frame = {.is_entry = false};
	bool any = false;
	for (size_t i = 0; i < c->count; i++) {
		passed[i] = c->values[i];
		any = any || is_tainted(passed[i]);
		if (passed[i].flow.source)
			passed[i] = with_step(a, passed[i], c->nodes[i],
			    arena_printf(a->arena, "passed to %.*s()", SLICE_ARG(c->name)));
	}
	if (!any)
		return (struct value){.is_text = false};
	return run_function(a, callee.function, callee.closure, passed, c->count, &frame);
}

/* An exported function of another file of the project: its summary says which arguments arrive where. */
static struct value call_remote(const struct call *c, const struct function_summary *summary)
{
	struct analysis *a = c->a;
	struct value answer = {.flow = {.source = summary->returns_source}};
	for (size_t i = 0; i < c->count && i < PARAMETERS_MAX; i++) {
		struct value v = c->values[i];
		if (!is_tainted(v))
			continue;
		struct value passed = with_step(
		    a, v, c->nodes[i], arena_printf(a->arena, "passed to %.*s()", SLICE_ARG(summary->name)));
		for (const struct summary_sink *s = summary->sinks; s; s = s->next) {
			bool from_source = v.flow.source && (v.flow.clean & s->rule->kind) != s->rule->kind;
			bool from_parameters =
			    v.flow.parameters && (v.flow.parameters_clean & s->rule->kind) != s->rule->kind;
			if (!(s->parameters & 1u << i))
				continue;
			bool formed = !s->needs_form || has_form(s->rule->kind, v);
			if (from_source && formed)
				report_place(a, s->rule, s->file, s->line, s->col, s->end_col, s->message,
				    passed.flow.trace);
			if (from_parameters && a->summary) {
				struct summary_sink *own = arena_zalloc(a->arena, sizeof *own);
				if (!own)
					break;
				*own = *s;
				own->parameters = v.flow.parameters;
				own->needs_form = !formed;
				own->next = a->summary->sinks;
				a->summary->sinks = own;
			}
		}
		if (summary->returned & 1u << i) {
			clean_flow(&passed.flow, summary->returned_clean);
			answer = join_values(answer, (struct value){.flow = passed.flow});
		}
	}
	return answer;
}

static void read_arguments(struct call *c)
{
	struct analysis *a = c->a;
	uint32_t count = ts_node_is_null(c->arguments) ? 0 : syntax_count(c->arguments);
	for (uint32_t i = 0; i < count; i++) {
		TSNode n = syntax_child(c->arguments, i);
		if (syntax_type(&a->tree, n) == SYNTAX_COMMENT)
			continue;
		struct value v = evaluate(a, c->env, n);
		if (c->count < ARGUMENTS_MAX) {
			c->nodes[c->count] = n;
			c->values[c->count++] = v;
		}
	}
}

/* sql`...${x}`: the tag gets the parts, not the text. */
static struct value tagged_template(struct call *c)
{
	static const char *const binding_tags[] = {
	    "sql", "SQL", "gql", "graphql", "$queryRaw", "$executeRaw", "query", "raw", "prepare", NULL};
	struct value v = evaluate(c->a, c->env, c->arguments);
	struct slice last = last_part(c->name);
	for (const char *const *t = binding_tags; *t; t++)
		if (slice_eq_cstr(last, *t))
			v.flow = (struct flow){.source = false};
	if (slice_eq_cstr(last, "html"))
		clean_flow(&v.flow, 1u << TAINT_HTML);
	return v;
}

static struct value required_module(struct call *c)
{
	struct analysis *a = c->a;
	TSNode argument = c->count ? c->nodes[0] : (TSNode){.id = NULL};
	if (c->count == 0 || syntax_type(&a->tree, argument) != SYNTAX_STRING)
		return (struct value){.is_text = false};
	struct slice module = module_name(a, syntax_string(&a->tree, argument));
	struct value v = module_member(a, module, SLICE("default"));
	v.qualified = module;
	return v;
}

static struct value result_of(struct call *c, struct value callee, struct value from_callbacks)
{
	uint32_t mask;
	struct value inputs = c->receiver;
	inputs.is_function = false;
	inputs.qualified = SLICE_NONE;
	inputs.is_text = false;
	struct value arguments = {.is_text = false};
	for (size_t i = 0; i < c->count; i++) {
		struct value v = c->values[i];
		v.is_function = false;
		arguments = join_values(arguments, v);
	}
	bool record = slice_eq_cstr(c->name, "JSON.parse") || slice_eq_cstr(last_part(c->name), "json") ||
		      slice_eq_cstr(last_part(c->name), "formData");
	if (sanitized(c, &mask)) {
		struct value v = join_values(inputs, arguments);
		v.is_record = record && is_tainted(v);
		clean_flow(&v.flow, mask);
		v.qualified = SLICE_NONE;
		return v;
	}
	if (callee.is_function)
		return call_local(c, callee);
	if (callee.summary)
		return call_remote(c, callee.summary);
	if (slice_ends(c->name, SLICE("promisify")) && c->count)
		return c->values[0];
	/* Of a receiver that only may be tainted, such as env, a request's text does not come back:
	 * env.DB.get(id). */
	bool of_receiver = is_tainted(inputs) && (inputs.flow.source || !arguments.flow.source);
	if (passes_on(c) || (of_receiver && c->is_member))
		inputs = join_values(inputs, arguments);
	/* Names inside an archive are whoever made it's. */
	if (slice_eq_cstr(last_part(c->name), "getEntries") && !is_tainted(inputs))
		return source_value(
		    c->a, c->node, "names inside an archive", TAINT_ALL & ~(1u << TAINT_PATH));
	bool keeps_form = slice_eq_cstr(last_part(c->name), "stringify");
	inputs.is_object = keeps_form ? inputs.is_object : false;
	inputs.is_record = record && is_tainted(inputs);
	return join_values(inputs, from_callbacks);
}

struct value evaluate_call(struct analysis *a, struct scope_env *env, TSNode n, bool is_new)
{
	TSNode function = syntax_field(&a->tree, n, is_new ? FIELD_CONSTRUCTOR : FIELD_FUNCTION);
	/* The grammar reads await f<T>(x) as (await f)<T>(x). */
	if (syntax_type(&a->tree, function) == SYNTAX_AWAIT)
		function = syntax_child(function, 0);
	struct call c = {
	    .a = a, .env = env, .node = n, .arguments = syntax_field(&a->tree, n, FIELD_ARGUMENTS)};
	c.is_member = syntax_type(&a->tree, function) == SYNTAX_MEMBER;
	c.name = callee_name(a, env, function);
	if (is_new)
		c.name = slice_cstr(arena_printf(a->arena, "new %.*s", SLICE_ARG(c.name)));
	if (!c.name.ptr) {
		a->failed = true;
		return (struct value){.is_text = false};
	}
	if (c.is_member)
		c.receiver = evaluate(a, env, syntax_field(&a->tree, function, FIELD_OBJECT));
	if (syntax_type(&a->tree, c.arguments) == SYNTAX_TEMPLATE)
		return tagged_template(&c);
	struct value callee = is_new	    ? (struct value){.is_text = false}
			      : c.is_member ? value_of_member(a, function, c.receiver)
					    : evaluate(a, env, function);
	read_arguments(&c);
	if (slice_eq_cstr(c.name, "require") || slice_eq_cstr(syntax_text(&a->tree, function), "import")) {
		check_sinks(&c);
		return required_module(&c);
	}
	/* A function of the file is known by its body, not by its name. */
	if (!callee.is_function || c.is_member)
		check_sinks(&c);
	check_shell(&c);
	check_header(&c);
	detect_call(a, env, n, c.name);
	return result_of(&c, callee, run_arguments(&c));
}

/* Calls: what goes into them, what comes out, and what must not get there. */
#include "review/code/analysis.h"
#include "review/ignore.h"

#define ARGUMENTS_MAX 12u

struct call {
	struct analysis *a;
	struct scope_env *env;
	TSNode node;
	TSNode arguments;
	struct slice name;
	struct value receiver;
	struct value values[ARGUMENTS_MAX];
	TSNode nodes[ARGUMENTS_MAX];
	size_t count;
	bool is_member;
};

static bool is_tainted(struct value v)
{
	return v.flow.source || v.flow.parameters;
}

static struct slice last_part(struct slice name)
{
	size_t at = name.len;
	while (at > 0 && name.ptr[at - 1] != '.' && name.ptr[at - 1] != ' ')
		at--;
	return slice_of(name.ptr + at, name.len - at);
}

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

/* The value of one property of an object literal, given there or by the name it was bound to; the whole when
 * it is no literal. */
static struct value argument_part(const struct call *c, size_t i, struct slice key)
{
	struct analysis *a = c->a;
	TSNode n = c->nodes[i];
	if (syntax_type(&a->tree, n) == SYNTAX_IDENTIFIER && !ts_node_is_null(c->values[i].object))
		n = c->values[i].object;
	if (key.len == 0 || syntax_type(&a->tree, n) != SYNTAX_OBJECT)
		return c->values[i];
	for (uint32_t k = 0; k < syntax_count(n); k++) {
		TSNode part = syntax_child(n, k);
		TSNode name = syntax_field(&a->tree, part, FIELD_KEY);
		if (syntax_type(&a->tree, part) == SYNTAX_PAIR && slice_eq(syntax_text(&a->tree, name), key))
			return evaluate(a, c->env, syntax_field(&a->tree, part, FIELD_VALUE));
		if (slice_eq(syntax_text(&a->tree, part), key))
			return evaluate(a, c->env, part);
	}
	return (struct value){.is_text = false};
}

static bool takes_raw_sql(struct slice name)
{
	static const char *const names[] = {"$queryRawUnsafe", "$executeRawUnsafe", "raw", "unsafe",
	    "whereRaw", "orderByRaw", "havingRaw", "literal", "joinRaw", "fromRaw", "selectRaw", NULL};
	struct slice last = last_part(name);
	for (const char *const *n = names; *n; n++)
		if (slice_eq_cstr(last, *n))
			return true;
	return false;
}

/* Some kinds ask for more than taint: markup needs a '<', SQL a text with its words, mass assignment a whole
 * body. */
static bool has_form(uint32_t kind, struct value v)
{
	if (kind == 1u << TAINT_HTML)
		return v.has_markup || (v.built && !v.is_object);
	if (kind == 1u << TAINT_SQL)
		return v.has_sql;
	if (kind == 1u << TAINT_MASS)
		return v.is_record;
	if (kind == 1u << TAINT_NOSQL)
		return v.is_object || v.is_record;
	return true;
}

static bool is_dangerous(const struct code_call *sink, const struct call *c, size_t i, struct value v)
{
	uint32_t kind = sink->rule->kind;
	bool object_literal = syntax_type(&c->a->tree, c->nodes[i]) == SYNTAX_OBJECT;
	if (kind == 1u << TAINT_SQL && object_literal && !sink->key.len)
		return false;
	return has_form(kind, v) || (kind == 1u << TAINT_SQL && takes_raw_sql(c->name));
}

/* A property of an object was asked for and this is none: another method of that name, as pg's query(text) is
 * beside DynamoDB's query({...}). */
static bool is_another_method(const struct code_call *sink, const struct call *c, size_t i)
{
	return sink->key.len && sink->rule->kind == 1u << TAINT_EVAL &&
	       syntax_type(&c->a->tree, c->nodes[i]) != SYNTAX_OBJECT && ts_node_is_null(c->values[i].object);
}

/* A hash takes what it is given and writes it nowhere, though its method is called update() as a table's is.
 */
static bool is_digest(const struct call *c)
{
	static const char *const words[] = {
	    "hash", "hmac", "Hash", "Hmac", "cipher", "Cipher", "sign", "verif", NULL};
	struct slice object = slice_of(c->name.ptr, c->name.len - last_part(c->name).len);
	for (const char *const *w = words; *w && slice_ends(c->name, SLICE(".update")); w++)
		if (memmem(object.ptr, object.len, *w, strlen(*w)))
			return true;
	return false;
}

static void note_operation(struct analysis *a, const struct code_rule *rule, TSNode n)
{
	(void)rule;
	for (struct frame *f = a->frame; f; f = f->caller)
		if (f->is_entry && ts_node_is_null(f->operation))
			f->operation = n;
}

static void check_sink(const struct code_call *sink, const struct call *c)
{
	struct analysis *a = c->a;
	for (size_t i = 0; i < c->count; i++) {
		if (sink->arg >= 0 && (size_t)sink->arg != i)
			continue;
		struct value v = argument_part(c, i, sink->key);
		if (!is_tainted(v) || is_another_method(sink, c, i) || is_digest(c))
			continue;
		if (sink->rule->kind == 0) {
			note_operation(a, sink->rule, c->node);
			continue;
		}
		bool dangerous = is_dangerous(sink, c, i, v);
		/* What a parameter holds is known to the caller only. */
		a->needs_form = !dangerous;
		if (dangerous || (v.flow.parameters && !v.flow.source && a->summary))
			report_flow(a, sink->rule, c->nodes[i], v,
			    arena_printf(a->arena, "it reaches %.*s()", SLICE_ARG(c->name)));
		a->needs_form = false;
	}
}

static void check_sinks(const struct call *c)
{
	const struct slice keys[] = {last_part(c->name), SLICE("*")};
	for (size_t k = 0; k < 2; k++)
		for (const struct code_call *s = strmap_get(&c->a->rules->calls_by_name, keys[k]); s;
		     s = s->next)
			if (glob_match(s->callee, c->name))
				check_sink(s, c);
}

static bool is_shell(struct slice text)
{
	static const char *const shells[] = {
	    "sh", "bash", "/bin/sh", "/bin/bash", "zsh", "cmd", "cmd.exe", "powershell", "env", NULL};
	for (const char *const *s = shells; *s; s++)
		if (slice_eq_cstr(text, *s))
			return true;
	return false;
}

/* spawn("sh", ["-c", x]) and spawn(p, [x], { shell: true }). */
static void check_shell(const struct call *c)
{
	const struct code_rule *rule = code_rules_detector(c->a->rules, "shell-argument");
	if (!rule || c->count < 2 || !slice_starts(c->name, SLICE("child_process.")))
		return;
	struct slice options = syntax_text(&c->a->tree, c->nodes[c->count - 1]);
	bool asked = memmem(options.ptr, options.len, "shell: true", 11) ||
		     memmem(options.ptr, options.len, "shell:true", 10) ||
		     memmem(options.ptr, options.len, "shell: '", 8) ||
		     memmem(options.ptr, options.len, "shell: \"", 8);
	bool shell = c->values[0].is_text && is_shell(c->values[0].text);
	if ((asked || shell) && is_tainted(c->values[1]))
		report_flow(c->a, rule, c->nodes[1], c->values[1], "a shell reads it as a command");
}

/* res.setHeader("Location", x) and the like. */
static void check_header(const struct call *c)
{
	static const struct {
		const char *header;
		const char *detector;
		const char *into;
	} headers[] = {
	    {"location", "location-header", "the caller chooses where the browser goes"},
	    {"access-control-allow-origin", "origin-header", "whoever asks is let in"},
	};
	struct slice last = last_part(c->name);
	bool sets = slice_eq_cstr(last, "setHeader") || slice_eq_cstr(last, "set") ||
		    slice_eq_cstr(last, "header") || slice_eq_cstr(last, "append");
	if (!sets || c->count < 2 || !c->values[0].is_text || !is_tainted(c->values[1]))
		return;
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		const struct code_rule *rule = code_rules_detector(c->a->rules, headers[i].detector);
		if (rule && slice_eq_nocase(c->values[0].text, slice_cstr(headers[i].header)))
			report_flow(c->a, rule, c->nodes[1], c->values[1], headers[i].into);
	}
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

static void report_remote(struct analysis *a, const struct summary_sink *sink, struct value v)
{
	struct finding_step steps[TRACE_MAX + 1];
	size_t count = 0;
	for (const struct trace *t = v.flow.trace; t && count < TRACE_MAX; t = t->before)
		count++;
	size_t at = count;
	for (const struct trace *t = v.flow.trace; t && at > 0; t = t->before)
		steps[--at] = (struct finding_step){
		    .file = t->file, .line = t->line, .col = t->col, .note = slice_cstr(t->note)};
	steps[count++] = (struct finding_step){
	    .file = sink->file, .line = sink->line, .col = sink->col, .note = sink->message};
	struct finding f = {.rule = &sink->rule->info,
	    .file = sink->file,
	    .line = sink->line,
	    .col = sink->col,
	    .end_line = sink->line,
	    .end_col = sink->end_col,
	    .message = sink->message,
	    .steps = steps,
	    .step_count = count};
	if (a->findings && !is_ok(findings_add(a->findings, &f, sink->message, NULL)))
		a->failed = true;
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
				report_remote(a, s, passed);
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

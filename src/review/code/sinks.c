/* What must not reach a call, a header or an answer. Called by the evaluator with the arguments' values. */
#include "review/code/call.h"
#include "review/ignore.h"

struct slice last_part(struct slice name)
{
	size_t at = name.len;
	while (at > 0 && name.ptr[at - 1] != '.' && name.ptr[at - 1] != ' ')
		at--;
	return slice_of(name.ptr + at, name.len - at);
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
bool has_form(uint32_t kind, struct value v)
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

void check_sinks(const struct call *c)
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
void check_shell(const struct call *c)
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
void check_header(const struct call *c)
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

/* return { statusCode, body }: how Lambda answers. */
void check_answer(struct analysis *a, struct scope_env *env, TSNode object)
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

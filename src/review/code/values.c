/* Values: joined, freed of kinds of harm, traced, and reported where they must not arrive. */
#include "review/code/analysis.h"

const char *keep_text(struct analysis *a, struct slice s)
{
	const char *text = arena_cstr(a->arena, s);
	a->failed = a->failed || !text;
	return text ? text : "";
}

struct value join_values(struct value x, struct value y)
{
	bool tx = is_tainted(x);
	bool ty = is_tainted(y);
	struct value v = x;
	if (!v.is_function && y.is_function) {
		v.is_function = true;
		v.function = y.function;
		v.closure = y.closure;
	}
	v.qualified = x.qualified.len ? x.qualified : y.qualified;
	v.has_markup = x.has_markup || y.has_markup;
	v.has_sql = x.has_sql || y.has_sql;
	v.is_record = x.is_record || y.is_record;
	v.built = x.built || y.built;
	v.is_object = x.is_object || y.is_object;
	v.object = (TSNode){.id = NULL};
	v.is_text = false;
	if (!ty)
		return v;
	if (!tx) {
		v.flow = y.flow;
		return v;
	}
	v.flow.source = x.flow.source || y.flow.source;
	v.flow.parameters = x.flow.parameters | y.flow.parameters;
	v.flow.clean =
	    (x.flow.source ? x.flow.clean : TAINT_ALL) & (y.flow.source ? y.flow.clean : TAINT_ALL);
	v.flow.parameters_clean = (x.flow.parameters ? x.flow.parameters_clean : TAINT_ALL) &
				  (y.flow.parameters ? y.flow.parameters_clean : TAINT_ALL);
	/* The trace of the part that is still dangerous is the one to show. */
	bool second = !x.flow.source || (y.flow.source && (x.flow.clean & ~y.flow.clean));
	v.flow.trace = second ? y.flow.trace : x.flow.trace;
	return v;
}

void clean_flow(struct flow *f, uint32_t kinds)
{
	f->clean |= kinds;
	f->parameters_clean |= kinds;
}

static const struct trace *new_trace(
    struct analysis *a, TSNode at, const char *note, const struct trace *before)
{
	if (before && before->length >= TRACE_MAX)
		return before;
	struct trace *t = arena_zalloc(a->arena, sizeof *t);
	if (!t) {
		a->failed = true;
		return before;
	}
	TSPoint p = ts_node_start_point(at);
	*t = (struct trace){.file = a->path,
	    .line = p.row + 1,
	    .col = p.column + 1,
	    .note = note,
	    .before = before,
	    .length = before ? before->length + 1 : 1};
	return t;
}

struct value source_value(struct analysis *a, TSNode at, const char *note, uint32_t clean)
{
	return (struct value){
	    .flow = {.source = true, .clean = clean, .trace = new_trace(a, at, note, NULL)}};
}

struct value with_step(struct analysis *a, struct value v, TSNode at, const char *note)
{
	if (v.flow.source && v.flow.clean != TAINT_ALL)
		v.flow.trace = new_trace(a, at, note, v.flow.trace);
	return v;
}

void report_place(struct analysis *a, const struct code_rule *rule, struct slice file, uint32_t line,
    uint32_t col, uint32_t end_col, struct slice message, const struct trace *trace)
{
	struct finding_step steps[TRACE_MAX + 1];
	size_t count = 0;
	for (const struct trace *t = trace; t && count < TRACE_MAX; t = t->before)
		count++;
	size_t at = count;
	for (const struct trace *t = trace; t && at > 0; t = t->before)
		steps[--at] = (struct finding_step){
		    .file = t->file, .line = t->line, .col = t->col, .note = slice_cstr(t->note)};
	if (trace)
		steps[count++] =
		    (struct finding_step){.file = file, .line = line, .col = col, .note = message};
	struct finding f = {.rule = &rule->info,
	    .file = file,
	    .line = line,
	    .col = col,
	    .end_line = line,
	    .end_col = end_col,
	    .message = message,
	    .steps = steps,
	    .step_count = count};
	if (a->findings && !is_ok(findings_add(a->findings, &f, message, NULL)))
		a->failed = true;
}

static void place_of(TSNode at, uint32_t *line, uint32_t *col, uint32_t *end_col)
{
	TSPoint start = ts_node_start_point(at);
	TSPoint end = ts_node_end_point(at);
	*line = start.row + 1;
	*col = start.column + 1;
	*end_col = end.row == start.row ? end.column + 1 : 0;
}

void report_flow(
    struct analysis *a, const struct code_rule *rule, TSNode at, struct value v, const char *into)
{
	uint32_t line;
	uint32_t col;
	uint32_t end_col;
	bool from_source = v.flow.source && (v.flow.clean & rule->kind) != rule->kind;
	bool from_parameters = v.flow.parameters && (v.flow.parameters_clean & rule->kind) != rule->kind;
	if (!from_source && !from_parameters)
		return;
	place_of(at, &line, &col, &end_col);
	struct slice message = slice_cstr(arena_printf(a->arena, "%s: %s", rule->info.title, into));
	if (from_source)
		report_place(a, rule, a->path, line, col, end_col, message, v.flow.trace);
	if (from_parameters && a->summary) {
		struct summary_sink *sink = arena_zalloc(a->arena, sizeof *sink);
		if (!sink)
			return;
		*sink = (struct summary_sink){.rule = rule,
		    .parameters = v.flow.parameters,
		    .needs_form = a->needs_form,
		    .file = a->path,
		    .line = line,
		    .col = col,
		    .end_col = end_col,
		    .message = message,
		    .next = a->summary->sinks};
		a->summary->sinks = sink;
	}
}

void report_shape(struct analysis *a, const struct code_rule *rule, TSNode at, const char *what)
{
	uint32_t line;
	uint32_t col;
	uint32_t end_col;
	place_of(at, &line, &col, &end_col);
	const char *message =
	    what ? arena_printf(a->arena, "%s: %s", rule->info.title, what) : rule->info.title;
	report_place(a, rule, a->path, line, col, end_col, slice_cstr(message), NULL);
}

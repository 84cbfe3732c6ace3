/* Functions: run with arguments, on their own, and what exported ones say of their parameters. */
#include "review/code/analysis.h"

#include <stdlib.h>

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

/*
 * One walk over an encoding: is it well formed, is it of the type, and, when asked, what is it as JSON.
 * Called for results of workers (hostile: nothing is believed, the first fault ends the walk) and, silently,
 * by rest rules. walk_entry.c has the ways in, walk_scalar.c and walk_object.c what they say.
 */
#include "contract/walk.h"

bool walk_fault(struct walk *w, const struct step *step, const char *what, struct slice found)
{
	if (!w->problems)
		return false;
	char room[PROBLEM_PATH_MAX];
	struct buf path = {.ptr = room, .size = sizeof room, .cap = sizeof room};
	step_path(step, &path);
	(void)problems_add(w->problems, buf_slice(&path), what, w->sensitive ? SLICE_NONE : found).code;
	return false;
}

/* Whatever depends on this must fail, also where failure was wanted: rest_walk() looks at the steps. */
bool walk_undecided(struct walk *w, const struct step *step)
{
	if (w->steps)
		*w->steps = 0;
	return walk_fault(w, step, "takes too long to check", SLICE_NONE);
}

static bool array_item(
    struct walk *w, const struct type *type, const struct value_item *item, const struct step *step)
{
	const struct array_rules *rules = type->array;
	struct slice rest = item->text;
	struct step here = {.up = step};
	uint64_t most = rules && rules->count_max != BOUND_UNSET	? rules->count_max
			: w->silent || !w->set || w->set->options.plain ? UINT64_MAX
									: BOUND_ARRAY_ITEMS;
	if (item->count > most || (rules && item->count < rules->count_min))
		return walk_fault(w, step, "must have another number of items", SLICE_NONE);
	size_t head = 0;
	if (w->out)
		walk_put(w->out, "[", 1);
	if (w->typed && !transcode_begin(w, VALUE_ARRAY, &head))
		return false;
	struct evaluated *ev = w->ev;
	w->ev = NULL;
	for (uint32_t i = 0; i < item->count; i++) {
		const struct type *of = !rules			  ? walk_any(w)
					: i < rules->prefix_count ? rules->prefix[i]
								  : rules->items;
		here.index = i;
		if (!of)
			return walk_fault(
			    w, &here, "must not be there: the array is longer than its type", SLICE_NONE);
		if (w->out && i > 0)
			walk_put(w->out, ",", 1);
		if (!walk_value(w, of, &rest, &here))
			return false;
		if (ev && rules && (i < rules->prefix_count || rules->has_items))
			evaluated_mark(ev, i);
	}
	w->ev = ev;
	if (w->out)
		walk_put(w->out, "]", 1);
	if (w->typed && !transcode_end(w, head, item->count))
		return false;
	return rest.len == 0 || walk_fault(w, step, "is malformed: bytes are left over", SLICE_NONE);
}

static bool plain(
    struct walk *w, const struct type *type, const struct value_item *item, const struct step *step)
{
	switch (item->tag) {
	case VALUE_INT:
	case VALUE_NUM:
	case VALUE_BIG:
		return walk_number(w, type, item, step);
	case VALUE_STR:
	case VALUE_ASCII:
	case VALUE_BYTES:
	case VALUE_DATE:
	case VALUE_BIGINT:
		return walk_string(w, type, item, step);
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		break;
	default:
		return true;
	}
	/* Nothing is asked of what is below, and its form is known: no need to go there. */
	if (w->silent && w->trusted && !w->out && !w->typed &&
	    !(item->tag == VALUE_ARRAY ? (const void *)type->array : (const void *)type->object))
		return true;
	if (w->depth >= VALUE_DEPTH_MAX)
		return walk_fault(w, step, "nests more than 128 deep", SLICE_NONE);
	unsigned applied = w->applied;
	w->applied = 0;
	w->depth++;
	bool fine =
	    item->tag == VALUE_ARRAY ? array_item(w, type, item, step) : walk_object(w, type, item, step);
	w->depth--;
	w->applied = applied;
	return fine;
}

/* Room for words stands in functions of its own, which only problems reach (see decode.c). */
__attribute__((cold, noinline)) static bool literal_problem(
    struct walk *w, const struct type *type, struct slice value, const struct step *step)
{
	char what[WHAT_MAX];
	if (!w->problems)
		return false;
	(void)check_literals(type, value, what);
	return walk_fault(w, step, what, SLICE_NONE);
}

static bool all_rules(struct walk *w, const struct type *type, const struct value_item *item,
    struct slice value, const struct step *step)
{
	if (!plain(w, type, item, step))
		return false;
	if (type->literals && !check_literals(type, value, NULL))
		return literal_problem(w, type, value, step);
	if (w->typed && item->tag != VALUE_ARRAY && item->tag != VALUE_OBJECT &&
	    !transcode_scalar(w, type, item, value))
		return walk_fault(w, step, "must be base64", SLICE_NONE);
	return type->rest_count == 0 || rest_walk(w, type, value, step);
}

/* A type with unevaluated* asks everyone below it on the same value what they looked at. */
static bool tracked(struct walk *w, const struct type *type, const struct value_item *item,
    struct slice value, const struct step *step)
{
	struct evaluated own, *outer = w->ev;
	if (!type->tracks)
		return all_rules(w, type, item, value, step);
	if (!evaluated_init(&own, item->count))
		return walk_fault(w, step, "is too large to check", SLICE_NONE);
	w->ev = &own;
	bool fine = all_rules(w, type, item, value, step);
	w->ev = outer;
	if (fine && outer)
		evaluated_merge(outer, &own);
	evaluated_done(&own);
	return fine;
}

static bool typed(struct walk *w, const struct type *type, struct slice *rest, const struct step *step)
{
	struct slice start = *rest;
	struct value_item item;
	if (!value_read(rest, &item))
		return walk_fault(w, step, "is malformed", SLICE_NONE);
	unsigned kind = kind_of_tag[item.tag];
	/* A whole number in NUM or BIG is told from others by its value. */
	bool of_kind = item.tag == VALUE_NUM || item.tag == VALUE_BIG ? (type->kinds & KIND_NUMBER) != 0
								      : (type->kinds & kind) != 0;
	if (!of_kind)
		return walk_kind_problem(w, type, item.tag, step);
	struct buf *out = w->out;
	if (w->redact && w->sensitive && out) {
		buf_add_cstr(out, "\"[redacted]\"");
		w->out = NULL;
	}
	if (w->out)
		walk_print(w->out, &item);
	bool fine = tracked(w, type, &item, slice_of(start.ptr, start.len - rest->len), step);
	w->out = out;
	return fine;
}

static bool of_type(struct walk *w, const struct type *type, struct slice *rest, const struct step *step)
{
	bool fine;
	w->sensitive += type->sensitive;
	if (type->pick && !w->ev)
		fine = walk_pick(w, type, rest, step);
	else if (type->is_union && !w->silent && !w->ev)
		fine = walk_union(w, type, rest, step);
	else
		fine = typed(w, type, rest, step);
	w->sensitive -= type->sensitive;
	return fine;
}

bool walk_value(struct walk *w, const struct type *type, struct slice *rest, const struct step *step)
{
	if (w->steps && *w->steps == 0)
		return walk_undecided(w, step);
	if (w->steps)
		--*w->steps;
	if (!w->set || !w->set->dynamic || (w->scope && w->scope->resource == type->resource))
		return of_type(w, type, rest, step);
	const struct scope *outer = w->scope;
	struct scope here = {outer, type->resource};
	w->scope = &here;
	bool fine = of_type(w, type, rest, step);
	w->scope = outer;
	return fine;
}

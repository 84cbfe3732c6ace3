/*
 * One walk over an encoding: is it well formed, is it of the type, and, when asked, what is it as JSON.
 * Called for results of workers (hostile: nothing is believed, the first fault ends the walk) and, silently,
 * by rest rules.
 */
#include "contract/walk.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const struct type any_type = {.kinds = KIND_ALL};

static const struct type *any_of(const struct walk *w)
{
	return w->set ? w->set->any : &any_type;
}

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

struct number number_of_item(const struct value_item *item)
{
	return (struct number){
	    .tag = item->tag, .integer = item->integer, .real = item->number, .text = item->text};
}

/* The JSON string that a held value stands for is the one its string rules speak of. */
static bool held_string(
    struct walk *w, const struct type *type, const struct value_item *item, const struct step *step)
{
	char what[WHAT_MAX], room[32];
	CLEANUP_BUF struct buf base64 = BUF_INIT(SIZE_MAX);
	struct slice text = item->text;
	if (item->tag == VALUE_DATE) {
		text = slice_of(room, date_format(item->number, room));
		if (text.len == 0)
			return walk_fault(w, step, "must be a date in the years 0 to 9999", SLICE_NONE);
	} else if (item->tag == VALUE_BIGINT) {
		if (!bigint_valid(text))
			return walk_fault(w, step, "must be a whole number in decimal digits", SLICE_NONE);
	} else if (!type->string) {
		return text.len <= BOUND_STRING_CHARS / 4 * 3 || w->set->options.plain || w->silent
			   ? true
			   : walk_fault(w, step, "has more bytes than its type allows", SLICE_NONE);
	} else {
		base64_encode(text, &base64);
		text = buf_slice(&base64);
	}
	const struct text_facts facts = {.chars = text.len};
	return check_string(type, text, &facts, w->steps, w->problems ? what : NULL) ||
	       walk_fault(w, step, what, text);
}

/* Room for words stands in functions of its own, which only problems reach (see decode.c). */
__attribute__((cold, noinline)) static bool string_problem(struct walk *w, const struct type *type,
    struct slice text, const struct text_facts *facts, const struct step *step)
{
	char what[WHAT_MAX];
	if (!w->problems)
		return false;
	(void)check_string(type, text, facts, NULL, what);
	return walk_fault(w, step, what, text);
}

__attribute__((cold, noinline)) static bool number_problem(
    struct walk *w, const struct type *type, const struct number *n, const struct step *step)
{
	char what[WHAT_MAX];
	if (!w->problems)
		return false;
	(void)check_number(type, n, what);
	return walk_fault(w, step, what, SLICE_NONE);
}

__attribute__((cold, noinline)) static bool literal_problem(
    struct walk *w, const struct type *type, struct slice value, const struct step *step)
{
	char what[WHAT_MAX];
	if (!w->problems)
		return false;
	(void)check_literals(type, value, what);
	return walk_fault(w, step, what, SLICE_NONE);
}

/* A string in the encoding of a held type, or the other way round. */
static bool not_plain(
    struct walk *w, const struct type *type, const struct value_item *item, const struct step *step)
{
	static const enum value_tag wanted[] = {[HELD_PLAIN] = VALUE_STR,
	    [HELD_DATE] = VALUE_DATE,
	    [HELD_BIGINT] = VALUE_BIGINT,
	    [HELD_BYTES] = VALUE_BYTES};
	/* A type without rules takes what a typed one beside it made of the string. */
	if (type->held == HELD_PLAIN ? w->silent : wanted[type->held] == item->tag)
		return held_string(w, type, item, step);
	return walk_fault(w, step, "must be a string", slice_cstr(tag_words[item->tag]));
}

static bool may_stand_for(
    struct walk *w, const struct type *type, const struct value_item *item, const struct step *step)
{
	double ms;
	if (!w->raw)
		return walk_fault(w, step, "must be of its own type, not a string", SLICE_NONE);
	if ((type->held == HELD_DATE && !date_parse(item->text, &ms)) ||
	    (type->held == HELD_BIGINT && !bigint_valid(item->text)))
		return walk_fault(w, step,
		    type->held == HELD_DATE ? "must be a date and time as in 2026-01-02T03:04:05Z"
					    : "must be a whole number in decimal digits, as a string",
		    item->text);
	return true;
}

static bool string_item(
    struct walk *w, const struct type *type, const struct value_item *item, const struct step *step)
{
	struct text_facts facts;
	if (item->tag != VALUE_STR && item->tag != VALUE_ASCII)
		return not_plain(w, type, item, step);
	if (type->held != HELD_PLAIN && !may_stand_for(w, type, item, step))
		return false;
	if (w->silent && w->trusted && !type->string)
		return true;
	if (!text_facts(item->text, &facts) || (item->tag == VALUE_ASCII && facts.chars != item->text.len))
		return walk_fault(w, step, "must be valid UTF-8", SLICE_NONE);
	if (w->silent && !type->string)
		return true;
	return check_string(type, item->text, &facts, w->steps, NULL) ||
	       string_problem(w, type, item->text, &facts, step);
}

static bool number_item(
    struct walk *w, const struct type *type, const struct value_item *item, const struct step *step)
{
	struct number n = number_of_item(item);
	if (item->tag == VALUE_BIG &&
	    (!number_text_valid(item->text) || number_of_text(item->text).tag != VALUE_BIG))
		return walk_fault(w, step, "must be a number, in its shortest encoding", SLICE_NONE);
	return check_number(type, &n, NULL) || number_problem(w, type, &n, step);
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
		const struct type *of = !rules			  ? any_of(w)
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

struct object_walk {
	const struct object_rules *rules;
	struct evaluated *ev;
	uint32_t required_seen;
	uint32_t others; /* keys whose being there once only a comparison tells */
	uint32_t at;	 /* which member */
	uint64_t seen[SEEN_WORDS];
};

/* Whatever depends on this must fail, also where failure was wanted: rest_walk() looks at the steps. */
static bool undecided(struct walk *w, const struct step *step)
{
	if (w->steps)
		*w->steps = 0;
	return walk_fault(w, step, "takes too long to check", SLICE_NONE);
}

/* Every key pattern that matches must hold; other keys have a type of their own. */
static bool other_member(struct walk *w, struct object_walk *o, struct slice key, struct slice *rest,
    const struct type *type, const struct step *step)
{
	const struct object_rules *rules = o->rules;
	struct slice value = *rest;
	for (uint32_t i = 0; i < rules->pattern_count; i++) {
		enum match match = pattern_match(rules->patterns[i].pattern, key);
		if (match == MATCH_NO)
			continue;
		if (match == MATCH_UNDECIDED)
			return undecided(w, step);
		if (!type)
			type = rules->patterns[i].type;
		else if (!walk_holds(w, rules->patterns[i].type, value))
			return walk_fault(w, step, "must be of the type that its name asks for", SLICE_NONE);
	}
	if (o->ev && (type || rules->has_additional))
		evaluated_mark(o->ev, o->at);
	if (!type)
		type = rules->additional;
	if (!type)
		return walk_fault(w, step, "is not a known field", SLICE_NONE);
	return walk_value(w, type, rest, step);
}

static bool read_key(struct walk *w, struct slice *rest, struct slice *ret_name, const struct step *step)
{
	uint16_t id;
	struct text_facts facts;
	if (!value_read_key(rest, &id, ret_name))
		return walk_fault(w, step, "is malformed: a key is cut short", SLICE_NONE);
	if (id != VALUE_KEY_TEXT) {
		if (!w->set || id >= w->set->names.count)
			return walk_fault(w, step, "is malformed: no such name", SLICE_NONE);
		*ret_name = w->set->names.names[id];
	} else if (!w->trusted && (!text_facts(*ret_name, &facts) ||
				      (w->set && names_find(&w->set->names, *ret_name) >= 0))) {
		return walk_fault(w, step, "is malformed: a key that has an id, or is not UTF-8", SLICE_NONE);
	}
	return true;
}

static bool member(struct walk *w, struct object_walk *o, struct slice *rest, const struct step *step)
{
	struct slice name;
	const char *start = rest->ptr;
	if (!read_key(w, rest, &name, step))
		return false;
	if (w->typed && !transcode_bytes(w, slice_of(start, (size_t)(rest->ptr - start))))
		return false;
	struct step here = {.up = step, .key = name.ptr ? name : SLICE("")};
	int i = object_property(o->rules, name);
	const struct property *p = i >= 0 ? &o->rules->properties[i] : NULL;
	if (w->out)
		walk_print_key(w->out, o->at > 0, p, name);
	if (i < 0 || i >= (int)(SEEN_WORDS * 64))
		o->others++;
	else if (o->seen[i / 64] >> (i % 64) & 1 && !w->set->options.duplicate_keys)
		return walk_fault(w, &here, "must be there once", SLICE_NONE);
	else
		o->seen[i / 64] |= 1ull << (i % 64);
	if (!o->rules)
		return walk_value(w, any_of(w), rest, &here);
	const struct type *type = p && p->declared ? p->type : NULL;
	if (p && p->required)
		o->required_seen++;
	if (!type || o->rules->pattern_count > 0)
		return other_member(w, o, name, rest, type, &here);
	if (o->ev)
		evaluated_mark(o->ev, o->at);
	return walk_value(w, type, rest, &here);
}

static bool object_item(
    struct walk *w, const struct type *type, const struct value_item *item, const struct step *step)
{
	struct object_walk o = {.rules = type->object, .ev = w->ev};
	struct slice rest = item->text;
	w->ev = NULL;
	size_t head = 0;
	if (w->out)
		walk_put(w->out, "{", 1);
	if (w->typed && !transcode_begin(w, VALUE_OBJECT, &head))
		return false;
	for (; o.at < item->count; o.at++)
		if (!member(w, &o, &rest, step))
			return false;
	w->ev = o.ev;
	if (w->out)
		walk_put(w->out, "}", 1);
	if (w->typed && !transcode_end(w, head, item->count))
		return false;
	if (rest.len > 0)
		return walk_fault(w, step, "is malformed: bytes are left over", SLICE_NONE);
	if (!w->trusted && o.others > 1 && !keys_distinct(w->set, item->text, item->count))
		return walk_fault(w, step, "has a key twice", SLICE_NONE);
	if (!o.rules)
		return true;
	if (o.required_seen < o.rules->required_count)
		return walk_fault(w, step, "lacks a required field", SLICE_NONE);
	if (item->count < o.rules->count_min ||
	    (o.rules->count_max != BOUND_UNSET && item->count > o.rules->count_max))
		return walk_fault(w, step, "must have another number of fields", SLICE_NONE);
	return true;
}

static bool plain(
    struct walk *w, const struct type *type, const struct value_item *item, const struct step *step)
{
	switch (item->tag) {
	case VALUE_INT:
	case VALUE_NUM:
	case VALUE_BIG:
		return number_item(w, type, item, step);
	case VALUE_STR:
	case VALUE_ASCII:
	case VALUE_BYTES:
	case VALUE_DATE:
	case VALUE_BIGINT:
		return string_item(w, type, item, step);
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
	    item->tag == VALUE_ARRAY ? array_item(w, type, item, step) : object_item(w, type, item, step);
	w->depth--;
	w->applied = applied;
	return fine;
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
		return undecided(w, step);
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

static result walk_whole(struct walk *w, const struct type *type, struct slice value)
{
	struct slice rest = value;
	if (!walk_value(w, type, &rest, NULL))
		return (result){ERR_INVALID};
	if (rest.len > 0) {
		(void)walk_fault(w, NULL, "is malformed: bytes are left over", SLICE_NONE);
		return (result){ERR_INVALID};
	}
	return w->out && !buf_ok(w->out) ? (result){ERR_LIMIT} : RESULT_OK;
}

result value_check(const struct type *type, struct slice value, struct problems *problems)
{
	uint64_t steps = WALK_STEPS_MAX;
	struct walk w = {.set = type->set, .problems = problems, .steps = &steps};
	return walk_whole(&w, type, value);
}

result value_to_json(const struct type *type, struct slice value, struct buf *out, struct problems *problems)
{
	uint64_t steps = WALK_STEPS_MAX;
	struct walk w = {.set = type->set, .problems = problems, .out = out, .steps = &steps};
	return walk_whole(&w, type, value);
}

void value_to_json_redacted(const struct type *type, struct slice value, struct buf *out)
{
	uint64_t steps = WALK_STEPS_MAX;
	struct walk w = {.set = type->set, .out = out, .redact = true, .steps = &steps};
	ignore_result(walk_whole(&w, type, value)); /* cut short is what the reader gets */
}

void value_print(const struct type_set *set, struct slice value, struct buf *out)
{
	struct walk w = {.set = set, .out = out, .raw = true, .trusted = true, .silent = true};
	ignore_result(walk_whole(&w, set ? set->loose : &any_type, value));
}

bool type_holds(const struct type *type, struct slice value)
{
	uint64_t steps = WALK_STEPS_MAX;
	struct walk w = {.set = type->set, .raw = true, .trusted = true, .silent = true, .steps = &steps};
	return is_ok(walk_whole(&w, type, value));
}

bool walk_transcode(const struct type *type, struct slice value, const struct step *step, struct decode *d)
{
	uint64_t steps = WALK_STEPS_MAX;
	size_t count = d->problems->count;
	struct walk w = {.set = type->set,
	    .problems = d->problems,
	    .typed = &d->json,
	    .raw = true,
	    .trusted = true,
	    .steps = &steps,
	    .sensitive = d->sensitive};
	bool fine = walk_value(&w, type, &value, step) && steps > 0;
	if (!fine && d->problems->count == count && !d->json.full)
		(void)walk_fault(&w, step, "takes too long to check", SLICE_NONE);
	return fine;
}

/* Which option of a union a value is of: told by its kind or its tag, or tried. */
#include "contract/walk.h"

/* In the order of enum value_tag. */
const uint8_t kind_of_tag[] = {KIND_NULL, KIND_BOOL, KIND_BOOL, KIND_INT, KIND_NUM, KIND_NUM, KIND_STR,
    KIND_STR, KIND_STR, KIND_STR, KIND_STR, KIND_ARRAY, KIND_OBJECT};
const char *const tag_words[] = {"null", "false", "true", "a number", "a number", "a number", "a string",
    "a string", "bytes", "a date", "a bigint", "an array", "an object"};

bool walk_kind_problem(struct walk *w, const struct type *type, enum value_tag tag, const struct step *step)
{
	char what[WHAT_MAX];
	kinds_words(type, what);
	return walk_fault(w, step, what, slice_cstr(tag_words[tag]));
}

/* Rest rules look at whole values, so a hostile one is walked as any data before. */
static bool well_formed(const struct walk *w, struct slice value)
{
	struct walk inner = {.set = w->set, .silent = true, .depth = w->depth, .steps = w->steps};
	return walk_value(&inner, w->set->loose, &value, NULL);
}

/* The option that the tag of an encoded object leads to. */
static const struct type *tagged(const struct pick *pick, struct slice content)
{
	uint16_t id;
	struct slice key;
	struct value_item item;
	while (content.len > 0 && value_read_key(&content, &id, &key) && value_read(&content, &item))
		if (id == pick->tag)
			return pick_by_tag(pick, &item);
	return NULL;
}

bool walk_pick(struct walk *w, const struct type *type, struct slice *rest, const struct step *step)
{
	static const enum pick_slot slots[] = {PICK_NULL, PICK_BOOL, PICK_BOOL, PICK_NUMBER, PICK_NUMBER,
	    PICK_NUMBER, PICK_STR, PICK_STR, PICK_STR, PICK_STR, PICK_STR, PICK_ARRAY, PICK_OBJECT};
	struct slice at = *rest;
	struct value_item item;
	if (!value_read(&at, &item))
		return walk_fault(w, step, "is malformed", SLICE_NONE);
	const struct type *option = type->pick->by_kind[slots[item.tag]];
	if (item.tag == VALUE_OBJECT && !option)
		option = tagged(type->pick, item.text);
	if (option)
		return walk_value(w, option, rest, step);
	if (item.tag == VALUE_OBJECT && type->kinds & KIND_OBJECT)
		return walk_fault(w, step, "must be one of the alternatives of its type", SLICE_NONE);
	return walk_kind_problem(w, type, item.tag, step);
}

static bool no_option(
    struct walk *w, const struct type *type, const struct value_item *item, const struct step *step)
{
	char what[WHAT_MAX] = "must be one of the alternatives of its type", found[WHAT_MAX];
	if (!w->problems)
		return false;
	if (!(type->kinds & kind_of_tag[item->tag]))
		kinds_words(type, what);
	return walk_fault(w, step, what, walk_found(item, found));
}

static bool by_option(struct walk *w, const struct type *type, struct slice *rest, const struct step *step)
{
	struct slice at = *rest;
	struct value_item item;
	if (!value_read(&at, &item))
		return walk_fault(w, step, "is malformed", SLICE_NONE);
	int i = rest_option(w, type, slice_of(rest->ptr, rest->len - at.len), &item, step);
	return i >= 0 ? walk_value(w, type->rest[0].types[i], rest, step) : no_option(w, type, &item, step);
}

/*
 * A union that must be tried: the option that holds then judges, with the platform's bounds, and writes. The
 * outermost one sees to it that the bytes are well formed.
 */
bool walk_union(struct walk *w, const struct type *type, struct slice *rest, const struct step *step)
{
	bool trusted = w->trusted;
	if (!trusted && !well_formed(w, *rest))
		return walk_fault(w, step, "is malformed", SLICE_NONE);
	w->trusted = true;
	bool fine = by_option(w, type, rest, step);
	w->trusted = trusted;
	return fine;
}

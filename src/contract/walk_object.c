/* Objects on the walk: which members are there, each once, each of its type. */
#include "contract/walk.h"

struct object_walk {
	const struct object_rules *rules;
	struct evaluated *ev;
	uint32_t required_seen;
	uint32_t others; /* keys whose being there once only a comparison tells */
	uint32_t at;	 /* which member */
	uint64_t seen[SEEN_WORDS];
};

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
			return walk_undecided(w, step);
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
		return walk_value(w, walk_any(w), rest, &here);
	const struct type *type = p && p->declared ? p->type : NULL;
	if (p && p->required)
		o->required_seen++;
	if (!type || o->rules->pattern_count > 0)
		return other_member(w, o, name, rest, type, &here);
	if (o->ev)
		evaluated_mark(o->ev, o->at);
	return walk_value(w, type, rest, &here);
}

bool walk_object(
    struct walk *w, const struct type *type, const struct value_item *item, const struct step *step)
{
	struct object_walk o = {.rules = type->object, .ev = w->ev};
	struct slice rest = item->text;
	if (type->file && w->raw)
		return walk_fault(w, step, "must be sent as a file", SLICE_NONE);
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

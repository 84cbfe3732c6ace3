/* Unions, in the one pass: which option is told by the first byte, by a tag, by the members, or by trying. */
#include "base/check.h"
#include "contract/decode.h"

static enum pick_slot slot_of(char c)
{
	switch (c) {
	case 'n':
		return PICK_NULL;
	case 't':
	case 'f':
		return PICK_BOOL;
	case '"':
		return PICK_STR;
	case '[':
		return PICK_ARRAY;
	case '{':
		return PICK_OBJECT;
	default:
		return PICK_NUMBER;
	}
}

/*
 * What this pass cannot follow is read as any data first, then walked by its type, which writes the typed
 * encoding in its place.
 */
bool decode_by_walk(struct decode *d, const struct type *type, const struct step *step)
{
	struct json *j = &d->json;
	size_t at = json_offset(j);
	if (!decode_value(d, d->set->loose, step))
		return false;
	if (d->bad)
		return true;
	buf_clear(&d->loose);
	buf_add_slice(&d->loose, decode_written(d, at));
	if (!buf_ok(&d->loose)) {
		j->full = true;
		return false;
	}
	j->w = j->out->ptr + at;
	d->bad = !walk_transcode(type, buf_slice(&d->loose), step, d);
	if (d->bad) {
		/* What it is stays in the output: a container around it is read to its end. */
		j->w = j->out->ptr + at;
		if (!json_room(j, d->loose.len))
			return false;
		memcpy(j->w, d->loose.ptr, d->loose.len);
		j->w += d->loose.len;
	}
	return !j->full && d->problems->count < PROBLEMS_MAX;
}

/*
 * The option that the tag tells; the tag is looked for ahead. Where that goes beyond a few times the text
 * (unions in unions, each with a tag of another name) the walk takes over; also where an escape may hide the
 * tag.
 */
static bool pick_tagged(struct decode *d, const struct type *type, const struct step *step)
{
	struct json *j = &d->json;
	const char *start = j->at, *from = d->tags.from;
	if (d->ahead / 2 > (size_t)(j->end - j->start))
		return decode_by_walk(d, type, step);
	struct slice tag = json_find_tag(j, type->pick->tag_name, &d->tags);
	const struct type *option = pick_by_text(type->pick, tag);
	if (from != d->tags.from)
		d->ahead += (size_t)(d->tags.to - d->tags.from);
	if (option)
		return decode_value(d, option, step);
	if (memchr(start, '\\', (size_t)(d->tags.to - start)))
		return decode_by_walk(d, type, step);
	struct step here = {.up = step, .key = type->pick->tag_name};
	return decode_problem(d, &here, tag.ptr ? "must be one of the declared values" : "is missing", tag) &&
	       decode_value(d, d->set->loose, step);
}

/* Members of whichever option; what makes none of them is read again, by what can say why. */
static bool merged(struct decode *d, const struct type *type, const struct step *step)
{
	struct json *j = &d->json;
	const char *start = j->at;
	size_t at = json_offset(j);
	UNINITIALISED struct members m;
	j->at++;
	bool fine = members_begin(d, merge_object(type->merge), &m);
	m.telling = merge_telling(type->merge);
	fine = fine && members_read(d, &m, step) && decode_end(d, m.head, m.count);
	if (!fine || d->bad ||
	    merge_fits(
		d->set, type->merge, m.seen[0], decode_written(d, m.told), decode_written(d, m.head + 8)))
		return fine;
	j->at = start;
	j->w = j->out->ptr + at;
	return type->pick ? pick_tagged(d, type, step) : decode_by_walk(d, type, step);
}

/* A tag that comes first, as it mostly does, tells at no cost. */
static bool pick_object(struct decode *d, const struct type *type, const struct step *step)
{
	struct slice tag = json_first_tag(&d->json, type->pick->tag_name);
	const struct type *option = tag.ptr ? pick_by_text(type->pick, tag) : NULL;
	if (option)
		return decode_value(d, option, step);
	return type->merge ? merged(d, type, step) : pick_tagged(d, type, step);
}

/* The option of a union, told by the first byte of the value, or by its tag. */
bool decode_picked(struct decode *d, const struct type *type, const struct step *step)
{
	enum pick_slot slot = slot_of(json_peek(&d->json));
	const struct type *option = type->pick->by_kind[slot];
	if (slot == PICK_OBJECT && !option && type->pick->tag_count > 0)
		return pick_object(d, type, step);
	return option ? decode_value(d, option, step) : decode_mismatch(d, type, step);
}

bool decode_tried(struct decode *d, const struct type *type, const struct step *step)
{
	return type->merge && json_peek(&d->json) == '{' ? merged(d, type, step)
							 : decode_by_walk(d, type, step);
}

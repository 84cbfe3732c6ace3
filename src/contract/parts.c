/* Inputs made of path and query parameters and a body. Called by the gateway; all of it is the sender's. */
#include "contract/decode.h"

static bool take_text(struct decode *d, const struct type *type, struct slice text, const struct step *step)
{
	struct text_facts facts;
	if (!text_facts(text, &facts))
		return decode_problem(d, step, "must be valid UTF-8", SLICE_NONE);
	if (!json_room(&d->json, text.len + 5))
		return false;
	struct json_text put = {.at = json_offset(&d->json) + 5,
	    .bytes = (uint32_t)text.len,
	    .chars = (uint32_t)facts.chars,
	    .controls = facts.controls};
	if (text.len > 0)
		memcpy(d->json.w + 5, text.ptr, text.len);
	d->json.w += text.len + 5;
	return decode_finish_string(d, type, &put, step);
}

static bool take_word(struct decode *d, const struct type *type, bool value, const struct step *step)
{
	size_t at = json_offset(&d->json);
	if (!json_room(&d->json, 1))
		return false;
	*d->json.w++ = value ? VALUE_TRUE : VALUE_FALSE;
	return !(type->literals || type->rest_count > 0) || decode_whole(d, type, at, step);
}

static const struct type *option_for(const struct type *type, enum pick_slot slot)
{
	if (type->pick)
		return type->pick->by_kind[slot];
	return type->kinds & slot_kinds[slot] ? type : NULL;
}

/* By the type: a number where one may stand and the text is one, a word likewise, else the string itself. */
static bool one_text(struct decode *d, const struct type *type, struct slice text, const struct step *step)
{
	const struct type *option = option_for(type, PICK_NUMBER);
	if (option && number_text_valid(text)) {
		struct number n = number_of_text(text);
		return decode_finish_number(d, option, &n, step);
	}
	option = option_for(type, PICK_BOOL);
	if (option && (slice_eq(text, SLICE("true")) || slice_eq(text, SLICE("false"))))
		return take_word(d, option, text.len == 4, step);
	option = option_for(type, PICK_STR);
	if (option)
		return take_text(d, option, text, step);
	char what[WHAT_MAX];
	kinds_words(type, what);
	return decode_problem(d, step, what, text);
}

/* A part that says application/json: one JSON text, read in the place of the body's. */
static bool json_part(struct decode *d, const struct type *type, struct slice text, const struct step *step)
{
	const char *start = d->json.start, *at = d->json.at, *end = d->json.end;
	d->json.start = d->json.at = text.ptr ? text.ptr : "";
	d->json.end = d->json.at + text.len;
	if (!decode_value(d, type, step))
		return false;
	if (json_peek(&d->json) != '\0' || d->json.at < d->json.end)
		return json_fail(&d->json, "has something after the value");
	d->json.start = start;
	d->json.at = at;
	d->json.end = end;
	return true;
}

static bool one_part(
    struct decode *d, const struct type *type, const struct value_part *part, const struct step *step)
{
	if (part->is_file)
		return decode_file(d, type, &part->file, part->text, step);
	if (type->file)
		return decode_problem(d, step, "must be a file", SLICE_NONE);
	return part->is_json ? json_part(d, type, part->text, step) : one_text(d, type, part->text, step);
}

static bool list_part(struct decode *d, const struct type *type, const struct value_part *parts, size_t count,
    size_t i, const struct step *step)
{
	struct slice name = parts[i].name;
	size_t head = json_offset(&d->json) + 1;
	uint32_t items = 0;
	if (!json_room(&d->json, 9))
		return false;
	*d->json.w = VALUE_ARRAY;
	d->json.w += 9;
	struct step here = {.up = step};
	for (; i < count; i++) {
		if (!slice_eq(parts[i].name, name))
			continue;
		const struct array_rules *rules = type->array;
		const struct type *item = !rules			? type->set->any
					  : items < rules->prefix_count ? rules->prefix[items]
									: rules->items;
		here.index = items++;
		if (!item || (rules && rules->count_max != BOUND_UNSET && items > rules->count_max))
			return decode_problem(d, step, "has too many values", SLICE_NONE);
		if (!one_part(d, item, &parts[i], &here))
			return false;
	}
	if (type->array && items < type->array->count_min &&
	    !decode_problem(d, step, "has too few values", SLICE_NONE))
		return false;
	const uint32_t words[2] = {(uint32_t)(json_offset(&d->json) - head - 8), items};
	memcpy(d->json.out->ptr + head, words, sizeof words);
	return !(type->literals || type->rest_count > 0) || decode_whole(d, type, head - 1, step);
}

/* The array type that takes the values of a name: where the type is one, or takes both and the name comes
 * again. */
static const struct type *list_for(
    const struct type *type, const struct value_part *parts, size_t count, size_t i)
{
	const struct type *list = option_for(type, PICK_ARRAY);
	bool again =
	    !option_for(type, PICK_STR) && !option_for(type, PICK_NUMBER) && !option_for(type, PICK_BOOL);
	for (size_t k = 0; k < count && list && !again; k++)
		again = k != i && slice_eq(parts[k].name, parts[i].name);
	return again ? list : NULL;
}

static bool put_part(
    struct decode *d, struct members *m, const struct value_part *parts, size_t count, size_t i)
{
	struct slice name = parts[i].name;
	struct step here = {.key = name.ptr ? name : SLICE("")};
	int at = object_property(m->type->object, name);
	const struct property *p =
	    at >= 0 && m->type->object->properties[at].declared ? &m->type->object->properties[at] : NULL;
	if (!p)
		return decode_problem(d, &here, "is not a known parameter", SLICE_NONE);
	/* A list in JSON is whole in its part; what comes one by one makes a list. */
	const struct type *list = parts[i].is_json ? NULL : list_for(p->type, parts, count, i);
	if (m->seen[at / 64] >> (at % 64) & 1) {
		for (size_t k = 0; k < i; k++)
			if (list && parts[k].from == parts[i].from && slice_eq(parts[k].name, name))
				return true; /* in the list already */
		return decode_problem(d, &here, "must be given once", SLICE_NONE);
	}
	m->seen[at / 64] |= 1ull << (at % 64);
	m->count++;
	if (!json_room(&d->json, 2))
		return false;
	memcpy(d->json.w, &p->id, 2);
	d->json.w += 2;
	d->sensitive += p->type->sensitive;
	bool fine =
	    list ? list_part(d, list, parts, count, i, &here) : one_part(d, p->type, &parts[i], &here);
	d->sensitive -= p->type->sensitive;
	return fine;
}

static bool read_parts(struct decode *d, const struct type *type, struct members *m,
    const struct value_part *parts, size_t count, bool body)
{
	if (!members_begin(d, type, m))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!put_part(d, m, parts, count, i))
			return false;
	if (body) {
		if (json_peek(&d->json) != '{')
			return decode_problem(d, NULL, "must be an object", SLICE_NONE);
		d->json.at++;
		if (!members_read(d, m, NULL))
			return false;
	}
	return members_end(d, m, NULL);
}

result value_from_parts(const struct type *type, const struct value_part *parts, size_t count,
    struct slice body, struct buf *out, struct problems *problems)
{
	struct decode d;
	struct members m = {.seen = m.seen_room};
	bool has_body = slice_trim(body).len > 0;
	/* Without parameters the body may be of any type the schema allows. */
	if (count == 0 && has_body)
		return value_from_json(type, body, out, problems);
	const struct type *object = option_for(type, PICK_OBJECT);
	if (!object)
		return problems_add(
		    problems, SLICE(""), count > 0 ? "takes no parameters" : "is missing", SLICE_NONE);
	decode_init(&d, type->set, body, out, problems);
	(void)read_parts(&d, object, &m, parts, count, has_body);
	members_done(&m);
	return decode_finish(&d);
}

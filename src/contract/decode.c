/* JSON text to the encoding in one pass. Called for bodies of strangers; trusts the type set only. */
#include "contract/decode.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

static const struct type any_type = {.kinds = KIND_ALL};

static bool put_tag(struct decode *d, enum value_tag tag)
{
	if (!json_room(&d->json, 1))
		return false;
	*d->json.w++ = (char)tag;
	return true;
}

static bool put_fixed(struct decode *d, enum value_tag tag, const void *payload)
{
	if (!json_room(&d->json, 9))
		return false;
	*d->json.w = (char)tag;
	memcpy(d->json.w + 1, payload, 8);
	d->json.w += 9;
	return true;
}

bool decode_problem(struct decode *d, const struct step *step, const char *what, struct slice found)
{
	char room[PROBLEM_PATH_MAX];
	struct buf path = {.ptr = room, .size = sizeof room, .cap = sizeof room};
	step_path(step, &path);
	d->bad = true;
	(void)problems_add(d->problems, buf_slice(&path), what, d->sensitive ? SLICE_NONE : found).code;
	return d->problems->count < PROBLEMS_MAX;
}

/* What stands at the cursor, for people: a scalar as it is written, the name of anything else. */
static struct slice found_here(const struct decode *d)
{
	const char *p = d->json.at, *end = d->json.end;
	if (p < end && *p == '{')
		return SLICE("an object");
	if (p < end && *p == '[')
		return SLICE("an array");
	const char *q = p;
	if (p < end && *p == '"')
		for (q++; q < end && *q != '"'; q++)
			q += *q == '\\' ? 1 : 0;
	else
		while (q < end && !strchr(",]} \t\r\n", *q))
			q++;
	q = q < end && *p == '"' ? q + 1 : q < end ? q : end;
	return slice_of(p, (size_t)(q - p));
}

/* Reads a value that is of no use, so that what follows is checked too. */
static bool skip(struct decode *d, const struct step *step)
{
	size_t at = json_offset(&d->json);
	if (!decode_value(d, d->set ? d->set->loose : &any_type, step))
		return false;
	d->json.w = d->json.out->ptr + at;
	return true;
}

static bool mismatch(struct decode *d, const struct type *type, const struct step *step)
{
	char what[WHAT_MAX];
	kinds_words(type, what);
	/* The value stays in the output as what it is: a container around it is read to its end. */
	return decode_problem(d, step, what, found_here(d)) && decode_value(d, d->set ? d->set->loose : &any_type, step);
}

/* The encoding of what was just read. */
static struct slice written_since(const struct decode *d, size_t at)
{
	return slice_of(d->json.out->ptr + at, json_offset(&d->json) - at);
}

/*
 * Room for words stands in functions of its own, which only problems reach: the compiler clears it at every entry
 * (-ftrivial-auto-var-init).
 */
__attribute__((cold, noinline)) static bool literal_problem(struct decode *d, const struct type *type, struct slice value,
    const struct step *step)
{
	char what[WHAT_MAX];
	(void)check_literals(type, value, what);
	return decode_problem(d, step, what, SLICE_NONE);
}

__attribute__((cold, noinline)) static bool string_problem(struct decode *d, const struct type *type, struct slice text,
    const struct text_facts *facts, const struct step *step)
{
	char what[WHAT_MAX];
	(void)check_string(type, text, facts, NULL, what);
	return decode_problem(d, step, what, text);
}

__attribute__((cold, noinline)) static bool number_problem(struct decode *d, const struct type *type, const struct number *n,
    const struct step *step)
{
	char what[WHAT_MAX], room[NUMBER_TEXT_MAX];
	struct slice found = n->text;
	(void)check_number(type, n, what);
	if (n->tag != VALUE_BIG)
		found = slice_of(room, n->tag == VALUE_INT ? number_format_int(n->integer, room) : number_format(n->real, room));
	return decode_problem(d, step, what, found);
}

/* What can only be asked of a whole value. */
static bool whole(struct decode *d, const struct type *type, size_t at, const struct step *step)
{
	if (d->bad)
		return true;
	if (type->literals && !check_literals(type, written_since(d, at), NULL))
		return literal_problem(d, type, written_since(d, at), step);
	if (type->rest_count > 0) {
		size_t count = d->problems->count;
		if (!rest_holds(type, written_since(d, at), step, d->sensitive > 0, d->problems)) {
			d->bad = true;
			return d->problems->count > count && d->problems->count < PROBLEMS_MAX;
		}
	}
	return true;
}

/* Strings that JavaScript holds as something else take their place in the output. */
static bool hold(struct decode *d, const struct type *type, const struct json_text *text, const struct step *step)
{
	char *at = d->json.out->ptr + text->at;
	struct slice bytes = slice_of(at, text->bytes);
	double ms;
	size_t n = text->bytes;
	enum value_tag tag = VALUE_BIGINT;
	if (type->held == HELD_DATE) {
		if (!date_parse(bytes, &ms))
			return decode_problem(d, step, "must be a date and time as in 2026-01-02T03:04:05Z", bytes);
		d->json.w = at - 5;
		return put_fixed(d, VALUE_DATE, &ms);
	}
	if (type->held == HELD_BIGINT) {
		if (!bigint_valid(bytes))
			return decode_problem(d, step, "must be a whole number in decimal digits, as a string", bytes);
	} else {
		tag = VALUE_BYTES;
		if (!base64_decode(bytes, at, &n))
			return decode_problem(d, step, "must be base64", SLICE_NONE);
	}
	uint32_t length = (uint32_t)n;
	at[-5] = (char)tag;
	memcpy(at - 4, &length, sizeof length);
	d->json.w = at + n;
	return true;
}

bool decode_finish_string(struct decode *d, const struct type *type, const struct json_text *text, const struct step *step)
{
	char *at = d->json.out->ptr + text->at;
	const struct text_facts facts = {text->chars, text->controls};
	at[-5] = text->chars == text->bytes ? VALUE_ASCII : VALUE_STR;
	memcpy(at - 4, &text->bytes, sizeof text->bytes);
	if (d->set && !check_string(type, slice_of(at, text->bytes), &facts, NULL, NULL))
		return string_problem(d, type, slice_of(at, text->bytes), &facts, step);
	if (type->held != HELD_PLAIN && !hold(d, type, text, step))
		return false;
	if (type->literals || type->rest_count > 0)
		return whole(d, type, text->at - 5, step);
	return true;
}

static bool string(struct decode *d, const struct type *type, const struct step *step)
{
	struct json_text text;
	if (!(type->kinds & KIND_STR))
		return mismatch(d, type, step);
	d->json.at++;
	if (!json_room(&d->json, 5))
		return false;
	d->json.w += 5;
	if (!json_string(&d->json, &text))
		return false;
	return decode_finish_string(d, type, &text, step);
}

static bool put_big(struct decode *d, struct slice text)
{
	uint32_t length = (uint32_t)text.len;
	if (text.len > UINT32_MAX)
		return json_fail(&d->json, "has a number of more than 4 GiB");
	if (!json_room(&d->json, text.len + 5))
		return false;
	*d->json.w = VALUE_BIG;
	memcpy(d->json.w + 1, &length, sizeof length);
	memcpy(d->json.w + 5, text.ptr, text.len);
	d->json.w += text.len + 5;
	return true;
}

bool decode_finish_number(struct decode *d, const struct type *type, const struct number *n, const struct step *step)
{
	size_t at = json_offset(&d->json);
	if (n->tag == VALUE_BIG ? !put_big(d, n->text)
				: !put_fixed(d, n->tag, n->tag == VALUE_INT ? (const void *)&n->integer : (const void *)&n->real))
		return false;
	if ((type->number || (type->kinds & KIND_NUMBER) != KIND_NUMBER || type_wants_doubles(type)) && !check_number(type, n, NULL))
		return number_problem(d, type, n, step);
	if (type->literals || type->rest_count > 0)
		return whole(d, type, at, step);
	return true;
}

static bool number(struct decode *d, const struct type *type, const struct step *step)
{
	struct number n;
	if (!(type->kinds & KIND_NUMBER))
		return mismatch(d, type, step);
	return json_number(&d->json, &n) && decode_finish_number(d, type, &n, step);
}

static bool word(struct decode *d, const struct type *type, const struct step *step)
{
	enum value_tag tag;
	const char *start = d->json.at;
	if (!json_word(&d->json, &tag))
		return false;
	if (!(type->kinds & (tag == VALUE_NULL ? KIND_NULL : KIND_BOOL))) {
		d->json.at = start;
		return mismatch(d, type, step);
	}
	size_t at = json_offset(&d->json);
	if (!put_tag(d, tag))
		return false;
	if (type->literals || type->rest_count > 0)
		return whole(d, type, at, step);
	return true;
}

static bool container_begin(struct decode *d, enum value_tag tag, size_t *ret_head)
{
	if (d->depth >= VALUE_DEPTH_MAX)
		return json_fail(&d->json, "nests more than 128 deep");
	d->depth++;
	static const char empty[8];
	if (!put_fixed(d, tag, empty))
		return false;
	*ret_head = json_offset(&d->json) - 8;
	return true;
}

static bool container_end(struct decode *d, size_t head, uint32_t count)
{
	size_t content = json_offset(&d->json) - head - 8;
	if (content > UINT32_MAX)
		return json_fail(&d->json, "is larger than 4 GiB");
	const uint32_t words[2] = {(uint32_t)content, count};
	memcpy(d->json.out->ptr + head, words, sizeof words);
	d->depth--;
	return true;
}

static uint64_t most_items(const struct decode *d, const struct array_rules *rules)
{
	if (rules && rules->count_max != BOUND_UNSET)
		return rules->count_max;
	return d->set && !d->set->options.plain ? BOUND_ARRAY_ITEMS : UINT64_MAX;
}

static bool count_problem(struct decode *d, const struct step *step, const char *words, uint64_t bound, const char *unit)
{
	char what[WHAT_MAX];
	(void)snprintf(what, sizeof what, "must have at %s %llu %s%s", words, (unsigned long long)bound, unit,
	    bound == 1 ? "" : "s");
	return decode_problem(d, step, what, SLICE_NONE);
}

static bool array_items(struct decode *d, const struct type *type, const struct step *step, uint32_t *ret_count)
{
	const struct array_rules *rules = type->array;
	const struct type *any = d->set ? d->set->any : &any_type;
	uint64_t most = most_items(d, rules);
	uint32_t count = 0;
	struct step here = {.up = step};
	if (json_peek(&d->json) == ']') {
		d->json.at++;
		*ret_count = 0;
		return true;
	}
	for (;;) {
		const struct type *item = !rules ? any : count < rules->prefix_count ? rules->prefix[count] : rules->items;
		here.index = count;
		if (count++ == most && !count_problem(d, step, "most", most, "item"))
			return false;
		if (!item) {
			if (!decode_problem(d, &here, "must not be there: the array is longer than its type", SLICE_NONE))
				return false;
			item = any;
		}
		if (count > most && most < count - 1)
			return false;
		if (!decode_value(d, item, &here))
			return false;
		char c = json_peek(&d->json);
		if (c == ',') {
			d->json.at++;
		} else if (c == ']') {
			d->json.at++;
			break;
		} else {
			return json_fail(&d->json, "lacks a comma or ] in an array");
		}
	}
	*ret_count = count;
	return true;
}

static bool array(struct decode *d, const struct type *type, const struct step *step)
{
	size_t head;
	uint32_t count = 0;
	if (!(type->kinds & KIND_ARRAY))
		return mismatch(d, type, step);
	d->json.at++;
	if (!container_begin(d, VALUE_ARRAY, &head) || !array_items(d, type, step, &count) || !container_end(d, head, count))
		return false;
	if (type->array && count < type->array->count_min &&
	    !count_problem(d, step, "least", type->array->count_min, "item"))
		return false;
	if (type->literals || type->rest_count > 0)
		return whole(d, type, head - 1, step);
	return true;
}

static bool object(struct decode *d, const struct type *type, const struct step *step)
{
	struct members m;
	if (!(type->kinds & KIND_OBJECT))
		return mismatch(d, type, step);
	d->json.at++;
	bool fine = members_begin(d, type, &m) && members_read(d, &m, step) && members_end(d, &m, step);
	members_done(&m);
	return fine;
}

bool members_begin(struct decode *d, const struct type *type, struct members *m)
{
	*m = (struct members){.type = type, .seen = m->seen_room};
	uint32_t count = type->object ? type->object->count : 0;
	if (count > SEEN_WORDS * 64) {
		m->seen = calloc((count + 63) / 64, sizeof *m->seen);
		if (!m->seen) {
			m->seen = m->seen_room;
			d->json.full = true;
			return false;
		}
	}
	return container_begin(d, VALUE_OBJECT, &m->head);
}

void members_done(struct members *m)
{
	if (m->seen != m->seen_room)
		free(m->seen);
}

int object_property(const struct object_rules *rules, struct slice name)
{
	if (!rules || rules->count == 0)
		return -1;
	for (uint32_t at = name_hash(name) & rules->places_mask; rules->places[at]; at = (at + 1) & rules->places_mask)
		if (slice_eq(rules->properties[rules->places[at] - 1].name, name))
			return rules->places[at] - 1;
	return -1;
}

static bool colon(struct decode *d)
{
	if (d->json.at < d->json.end && *d->json.at == ':') {
		d->json.at++;
		return true;
	}
	if (json_peek(&d->json) != ':')
		return json_fail(&d->json, "lacks a colon after a key");
	d->json.at++;
	return true;
}

static bool put_id(struct decode *d, uint16_t id)
{
	if (!json_room(&d->json, 2))
		return false;
	memcpy(d->json.w, &id, 2);
	d->json.w += 2;
	return true;
}

static bool duplicates_allowed(const struct decode *d)
{
	return d->set && d->set->options.duplicate_keys;
}

/* Every key pattern that matches must hold; the value was read by the one at `first`, or by a property's type. */
static bool check_patterns(struct decode *d, const struct object_rules *rules, struct slice name, uint32_t first, size_t at,
    const struct step *step)
{
	for (uint32_t i = first; i < rules->pattern_count && !d->bad; i++) {
		enum match match = pattern_match(rules->patterns[i].pattern, name);
		if (match == MATCH_NO)
			continue;
		if (match == MATCH_UNDECIDED || !type_holds(rules->patterns[i].type, written_since(d, at)))
			return decode_problem(d, step, "must be of the type that its name asks for", SLICE_NONE);
	}
	return true;
}

/* The value of a property; its key is read already. */
static bool known_member(struct decode *d, struct members *m, uint32_t i, const struct step *step)
{
	const struct object_rules *rules = m->type->object;
	const struct property *property = &rules->properties[i];
	struct step here = {.up = step, .key = property->name};
	if (m->seen[i / 64] >> (i % 64) & 1 && !duplicates_allowed(d))
		return decode_problem(d, &here, "must be given once", SLICE_NONE) && skip(d, &here);
	m->seen[i / 64] |= 1ull << (i % 64);
	m->next = i + 1;
	m->count++;
	if (!put_id(d, property->id))
		return false;
	size_t at = json_offset(&d->json);
	if (!decode_value(d, property->type, &here))
		return false;
	return rules->pattern_count == 0 || check_patterns(d, rules, property->name, 0, at, &here);
}

/* The type of a key that no property expects, and which pattern gave it. NULL: it may not be there. */
static const struct type *other_type(const struct decode *d, const struct object_rules *rules, struct slice name, uint32_t *ret_pattern)
{
	*ret_pattern = rules ? rules->pattern_count : 0;
	if (!rules)
		return d->set ? d->set->any : &any_type;
	for (uint32_t i = 0; i < rules->pattern_count; i++) {
		enum match match = pattern_match(rules->patterns[i].pattern, name);
		if (match == MATCH_UNDECIDED)
			return NULL;
		if (match == MATCH_YES) {
			*ret_pattern = i;
			return rules->patterns[i].type;
		}
	}
	return rules->additional;
}

static bool too_many_others(struct decode *d, struct members *m, const struct step *step)
{
	const struct object_rules *rules = m->type->object;
	if (m->others++ < BOUND_OBJECT_KEYS || !d->set || d->set->options.plain || (rules && rules->count_max != BOUND_UNSET))
		return false;
	(void)count_problem(d, step, "most", BOUND_OBJECT_KEYS, "undeclared key");
	return true;
}

/* A key that no property expects: at key_at in the output, in text. */
static bool other_member(struct decode *d, struct members *m, size_t key_at, const struct json_text *key, const struct step *step)
{
	struct slice name = slice_of(d->json.out->ptr + key->at, key->bytes);
	uint32_t pattern;
	const struct type *type = other_type(d, m->type->object, name, &pattern);
	int id = d->set ? names_find(&d->set->names, name) : -1;
	char room[PROBLEM_PATH_MAX];
	size_t n = name.len < sizeof room ? name.len : sizeof room;
	memcpy(room, name.ptr, n);
	struct step here = {.up = step, .key = slice_of(room, n)};
	if (!type) {
		d->json.w = d->json.out->ptr + key_at;
		return decode_problem(d, &here, "is not a known field", SLICE_NONE) && skip(d, &here);
	}
	if (too_many_others(d, m, step))
		return false;
	m->count++;
	if (id >= 0) {
		d->json.w = d->json.out->ptr + key_at;
		if (!put_id(d, (uint16_t)id))
			return false;
	}
	size_t at = json_offset(&d->json);
	if (!decode_value(d, type, &here))
		return false;
	if (!m->type->object || pattern + 1 >= m->type->object->pattern_count)
		return true;
	/* The output may have moved: the name is read again where it lies now. */
	name = id >= 0 ? d->set->names.names[id] : slice_of(d->json.out->ptr + key->at, key->bytes);
	return check_patterns(d, m->type->object, name, pattern + 1, at, &here);
}

/* The next key is most often the next property: then its name stands there, quote and all. */
static bool expected(struct decode *d, const struct members *m)
{
	const struct object_rules *rules = m->type->object;
	if (!rules || m->next >= rules->count)
		return false;
	const struct property *p = &rules->properties[m->next];
	size_t n = p->name.len, left = (size_t)(d->json.end - d->json.at);
	uint64_t head;
	if (!p->expectable || left < n + 10)
		return false;
	/* Eight bytes at once, the closing quote among them when the name is shorter than that. */
	memcpy(&head, d->json.at + 1, 8);
	if (((head ^ p->head) & p->head_mask) != 0)
		return false;
	if (n >= 8 && (d->json.at[n + 1] != '"' || memcmp(d->json.at + 9, p->name.ptr + 8, n - 8) != 0))
		return false;
	d->json.at += n + 2;
	return true;
}

static bool member(struct decode *d, struct members *m, const struct step *step)
{
	if (expected(d, m))
		return colon(d) && known_member(d, m, m->next, step);
	size_t key_at = json_offset(&d->json);
	struct json_text key;
	if (!json_room(&d->json, 6))
		return false;
	d->json.at++;
	d->json.w += 6;
	if (!json_string(&d->json, &key) || !colon(d))
		return false;
	char *at = d->json.out->ptr + key_at;
	static const uint16_t mark = VALUE_KEY_TEXT;
	memcpy(at, &mark, 2);
	memcpy(at + 2, &key.bytes, 4);
	int i = object_property(m->type->object, slice_of(at + 6, key.bytes));
	if (i >= 0 && m->type->object->properties[i].declared) {
		d->json.w = at;
		return known_member(d, m, (uint32_t)i, step);
	}
	if (i >= 0)
		m->seen[i / 64] |= 1ull << (i % 64);
	return other_member(d, m, key_at, &key, step);
}

bool members_read(struct decode *d, struct members *m, const struct step *step)
{
	char c = json_peek(&d->json);
	if (c == '}') {
		d->json.at++;
		return true;
	}
	for (;;) {
		if (c != '"')
			return json_fail(&d->json, "lacks a key in an object");
		if (!member(d, m, step))
			return false;
		c = json_peek(&d->json);
		d->json.at++;
		if (c == '}')
			return true;
		if (c != ',') {
			d->json.at--;
			return json_fail(&d->json, "lacks a comma or } in an object");
		}
		c = json_peek(&d->json);
	}
}

static bool check_required(struct decode *d, const struct members *m, const struct step *step)
{
	const struct object_rules *rules = m->type->object;
	uint32_t left = rules->required_count;
	for (uint32_t i = 0; left > 0; i++) {
		const struct property *p = &rules->properties[i];
		if (!p->required)
			continue;
		left--;
		struct step here = {.up = step, .key = p->name};
		if (!(m->seen[i / 64] >> (i % 64) & 1) && !decode_problem(d, &here, "is missing", SLICE_NONE))
			return false;
	}
	return true;
}

bool members_end(struct decode *d, struct members *m, const struct step *step)
{
	const struct object_rules *rules = m->type->object;
	if (!container_end(d, m->head, m->count))
		return false;
	if (m->others && !duplicates_allowed(d) && !keys_distinct(d->set, written_since(d, m->head + 8), m->count) &&
	    !decode_problem(d, step, "has a key twice", SLICE_NONE))
		return false;
	if (rules) {
		if (!check_required(d, m, step))
			return false;
		if (m->count < rules->count_min && !count_problem(d, step, "least", rules->count_min, "field"))
			return false;
		if (rules->count_max != BOUND_UNSET && m->count > rules->count_max &&
		    !count_problem(d, step, "most", rules->count_max, "field"))
			return false;
	}
	if (m->type->literals || m->type->rest_count > 0)
		return whole(d, m->type, m->head - 1, step);
	return true;
}

static bool plain_value(struct decode *d, const struct type *type, const struct step *step)
{
	char c = json_peek(&d->json);
	switch (c) {
	case '{':
		return object(d, type, step);
	case '[':
		return array(d, type, step);
	case '"':
		return string(d, type, step);
	case 't':
	case 'f':
	case 'n':
		return word(d, type, step);
	default:
		if (c == '-' || (c >= '0' && c <= '9'))
			return number(d, type, step);
		return json_fail(&d->json, d->json.at < d->json.end ? "is not JSON here" : "ends too early");
	}
}

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

/* The option of a union, told by the first byte, or by the string in the tag property, which is looked for ahead. */
static bool pick(struct decode *d, const struct type *type, const struct step *step)
{
	enum pick_slot slot = slot_of(json_peek(&d->json));
	const struct type *option = type->pick->by_kind[slot];
	if (slot == PICK_OBJECT && !option && type->pick->tag_count > 0) {
		struct slice tag = json_find_tag(&d->json, type->pick->tag_name);
		option = pick_by_tag(type->pick, tag);
		if (!option) {
			struct step here = {.up = step, .key = type->pick->tag_name};
			return decode_problem(d, &here, tag.ptr ? "must be one of the declared values" : "is missing", tag) &&
			       decode_value(d, d->set->loose, step);
		}
	}
	return option ? decode_value(d, option, step) : mismatch(d, type, step);
}

/*
 * What this pass cannot follow is read as any data first, then walked by its type, which writes the typed encoding in
 * its place.
 */
static bool by_walk(struct decode *d, const struct type *type, const struct step *step)
{
	struct json *j = &d->json;
	size_t at = json_offset(j);
	CLEANUP_BUF struct buf loose = BUF_INIT(SIZE_MAX);
	if (!decode_value(d, d->set->loose, step))
		return false;
	if (d->bad)
		return true;
	buf_add_slice(&loose, written_since(d, at));
	if (!buf_ok(&loose)) {
		j->full = true;
		return false;
	}
	j->w = j->out->ptr + at;
	d->bad = !walk_transcode(type, buf_slice(&loose), step, d);
	if (d->bad) {
		/* What it is stays in the output: a container around it is read to its end. */
		j->w = j->out->ptr + at;
		if (!json_room(j, loose.len))
			return false;
		memcpy(j->w, loose.ptr, loose.len);
		j->w += loose.len;
	}
	return !j->full && d->problems->count < PROBLEMS_MAX;
}

bool decode_value(struct decode *d, const struct type *type, const struct step *step)
{
	if (type->pick)
		return pick(d, type, step);
	if (type->is_union)
		return by_walk(d, type, step);
	if (!type->sensitive)
		return plain_value(d, type, step);
	d->sensitive++;
	bool fine = plain_value(d, type, step);
	d->sensitive--;
	return fine;
}

void decode_init(struct decode *d, const struct type_set *set, struct slice json, struct buf *out, struct problems *problems)
{
	*d = (struct decode){.set = set, .problems = problems};
	json_init(&d->json, json, out);
}

result decode_finish(struct decode *d)
{
	struct json *j = &d->json;
	if (!j->error && !j->full && d->problems->count < PROBLEMS_MAX && json_peek(j) != '\0')
		j->error = "has something after the value";
	else if (!j->error && !j->full && !d->bad && j->at < j->end)
		j->error = "has something after the value";
	json_flush(j);
	if (j->error) {
		char where[32];
		int n = snprintf(where, sizeof where, "byte %zu", (size_t)(j->at - j->start));
		char what[WHAT_MAX];
		(void)snprintf(what, sizeof what, "%s, at %.*s", j->error, n, where);
		return problems_add(d->problems, SLICE(""), what, SLICE_NONE);
	}
	if (d->bad)
		return (result){ERR_INVALID};
	return j->full ? (result){ERR_LIMIT} : RESULT_OK;
}

result value_from_json(const struct type *type, struct slice json, struct buf *out, struct problems *problems)
{
	struct decode d;
	decode_init(&d, type->set, json, out, problems);
	/* A $dynamicRef asks which schemas were entered: the walk knows, this pass does not. */
	(void)(type->set->dynamic ? by_walk(&d, type, NULL) : decode_value(&d, type, NULL));
	return decode_finish(&d);
}

result json_to_encoding(struct slice json, struct buf *out, struct problems *problems)
{
	struct decode d;
	decode_init(&d, NULL, json, out, problems);
	(void)decode_value(&d, &any_type, NULL);
	return decode_finish(&d);
}

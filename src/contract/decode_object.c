/* Objects, member by member, in one pass. */
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "contract/decode.h"

bool decode_object(struct decode *d, const struct type *type, const struct step *step)
{
	UNINITIALISED struct members m;
	if (!(type->kinds & KIND_OBJECT))
		return decode_mismatch(d, type, step);
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
	return decode_begin(d, VALUE_OBJECT, &m->head);
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
	for (uint32_t at = name_hash(name) & rules->places_mask; rules->places[at];
	     at = (at + 1) & rules->places_mask)
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

/* Every key pattern that matches must hold; the value was read by the one at `first`, or by a property's
 * type. */
static bool check_patterns(struct decode *d, const struct object_rules *rules, struct slice name,
    uint32_t first, size_t at, const struct step *step)
{
	for (uint32_t i = first; i < rules->pattern_count && !d->bad; i++) {
		enum match match = pattern_match(rules->patterns[i].pattern, name);
		if (match == MATCH_NO)
			continue;
		if (match == MATCH_UNDECIDED || !type_holds(rules->patterns[i].type, decode_written(d, at)))
			return decode_problem(
			    d, step, "must be of the type that its name asks for", SLICE_NONE);
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
		return decode_problem(d, &here, "must be given once", SLICE_NONE) && decode_skip(d, &here);
	m->seen[i / 64] |= 1ull << (i % 64);
	m->next = i + 1;
	m->count++;
	if (!put_id(d, property->id))
		return false;
	size_t at = json_offset(&d->json);
	if (!decode_value(d, property->type, &here))
		return false;
	if (m->telling >> (i % 64) & 1)
		m->told = at;
	return rules->pattern_count == 0 || check_patterns(d, rules, property->name, 0, at, &here);
}

/* The type of a key that no property expects, and which pattern gave it. NULL: it may not be there. */
static const struct type *other_type(
    const struct decode *d, const struct object_rules *rules, struct slice name, uint32_t *ret_pattern)
{
	*ret_pattern = rules ? rules->pattern_count : 0;
	if (!rules)
		return d->set ? d->set->any : &decode_any;
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
	if (m->others++ < BOUND_OBJECT_KEYS || !d->set || d->set->options.plain ||
	    (rules && rules->count_max != BOUND_UNSET))
		return false;
	(void)decode_count_problem(d, step, "most", BOUND_OBJECT_KEYS, "undeclared key");
	return true;
}

/* A key that no property expects: at key_at in the output, in text. */
static bool other_member(
    struct decode *d, struct members *m, size_t key_at, const struct json_text *key, const struct step *step)
{
	struct slice name = slice_of(d->json.out->ptr + key->at, key->bytes);
	uint32_t pattern;
	const struct type *type = other_type(d, m->type->object, name, &pattern);
	int id = d->set ? names_find(&d->set->names, name) : -1;
	UNINITIALISED char room[PROBLEM_PATH_MAX];
	size_t n = name.len < sizeof room ? name.len : sizeof room;
	memcpy(room, name.ptr, n);
	struct step here = {.up = step, .key = slice_of(room, n)};
	if (!type) {
		d->json.w = d->json.out->ptr + key_at;
		return decode_problem(d, &here, "is not a known field", SLICE_NONE) && decode_skip(d, &here);
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
static inline bool expected_at(struct decode *d, const struct object_rules *rules, uint32_t i)
{
	if (i >= rules->count)
		return false;
	const struct property *p = &rules->properties[i];
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

/* Or the one after it: something optional was left out. */
static bool expected(struct decode *d, struct members *m)
{
	const struct object_rules *rules = m->type->object;
	if (!rules)
		return false;
	if (expected_at(d, rules, m->next))
		return true;
	if (!expected_at(d, rules, m->next + 1))
		return false;
	m->next++;
	return true;
}

static bool member(struct decode *d, struct members *m, const struct step *step)
{
	if (expected(d, m))
		return colon(d) && known_member(d, m, m->next, step);
	size_t key_at = json_offset(&d->json);
	UNINITIALISED struct json_text key;
	if (!json_room(&d->json, 6))
		return false;
	d->json.at++;
	d->json.w += 6;
	if (!json_scan_string(&d->json, &key) || !colon(d))
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
	if (!decode_end(d, m->head, m->count))
		return false;
	if (m->others && !duplicates_allowed(d) &&
	    !keys_distinct(d->set, decode_written(d, m->head + 8), m->count) &&
	    !decode_problem(d, step, "has a key twice", SLICE_NONE))
		return false;
	if (rules) {
		if (!check_required(d, m, step))
			return false;
		if (m->count < rules->count_min &&
		    !decode_count_problem(d, step, "least", rules->count_min, "field"))
			return false;
		if (rules->count_max != BOUND_UNSET && m->count > rules->count_max &&
		    !decode_count_problem(d, step, "most", rules->count_max, "field"))
			return false;
	}
	if (m->type->literals || m->type->rest_count > 0)
		return decode_whole(d, m->type, m->head - 1, step);
	return true;
}

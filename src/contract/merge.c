/*
 * Unions of objects read as one: where every member is of the same type in all options that have it, or a
 * literal, the members are read by one list of them all, whatever their order, and which option they make is
 * known at the end, from which were there and what the literals were. So neither a tag that comes last nor
 * the lack of one costs a second look at what is below.
 */
#include "contract/compile.h"

#define MERGE_MAX 64u /* options, members, literals: bits of a word */
#define SAME_DEPTH 8u

struct merge_literal {
	struct slice value;
	uint32_t name;
	uint64_t options;
};

struct merge {
	struct type object; /* all members, none of them required */
	bool one;	    /* exactly one option may hold */
	uint32_t option_count, literal_count;
	uint64_t allows[MERGE_MAX]; /* by member: the options that have it */
	uint64_t needs[MERGE_MAX];  /* by option: the members that it requires */
	uint64_t telling;	    /* members that are literals */
	bool alone;		    /* there is one of them, and each literal of it leads to one option */
	struct merge_literal literals[MERGE_MAX];
};

static bool same(const struct type *a, const struct type *b, unsigned depth);

static bool same_literals(const struct literals *a, const struct literals *b)
{
	if (!a || !b || a->count != b->count)
		return a == b;
	for (uint32_t i = 0; i < a->count; i++)
		if (!slice_eq(a->values[i], b->values[i]))
			return false;
	return true;
}

static bool same_strings(const struct string_rules *a, const struct string_rules *b)
{
	if (!a || !b)
		return a == b;
	bool patterns = a->pattern && b->pattern
			    ? slice_eq(pattern_source(a->pattern), pattern_source(b->pattern))
			    : a->pattern == b->pattern;
	return patterns && a->format == b->format && a->chars_min == b->chars_min &&
	       a->chars_max == b->chars_max;
}

/* Only the commonest; others are the same when they are one type. */
static bool same_numbers(const struct number_rules *a, const struct number_rules *b)
{
	if (!a || !b)
		return a == b;
	return !a->has_multiple && !b->has_multiple && a->has_min == b->has_min && a->has_max == b->has_max &&
	       a->min_open == b->min_open && a->max_open == b->max_open &&
	       (!a->has_min || number_compare(&a->min, &b->min) == 0) &&
	       (!a->has_max || number_compare(&a->max, &b->max) == 0);
}

static bool same_arrays(const struct array_rules *a, const struct array_rules *b, unsigned depth)
{
	if (!a || !b)
		return a == b;
	return a->prefix_count == 0 && b->prefix_count == 0 && a->count_min == b->count_min &&
	       a->count_max == b->count_max && a->items && b->items && same(a->items, b->items, depth + 1);
}

static bool same(const struct type *a, const struct type *b, unsigned depth)
{
	if (a == b)
		return true;
	return depth < SAME_DEPTH && a->kinds == b->kinds && a->held == b->held &&
	       a->sensitive == b->sensitive && a->text == b->text && !a->object && !b->object &&
	       a->rest_count == 0 && b->rest_count == 0 && !a->file && !b->file &&
	       same_literals(a->literals, b->literals) && same_strings(a->string, b->string) &&
	       same_numbers(a->number, b->number) && same_arrays(a->array, b->array, depth);
}

/* A literal and nothing else: it tells options apart. */
static bool tells(const struct type *t)
{
	if (!t->literals || t->number || t->string || t->rest_count > 0 || t->sensitive ||
	    t->held != HELD_PLAIN)
		return false;
	for (uint32_t i = 0; i < t->literals->count; i++) {
		uint8_t tag = (uint8_t)t->literals->values[i].ptr[0];
		if (tag > VALUE_ASCII || !(t->kinds & kind_of_tag[tag]))
			return false;
	}
	return true;
}

static bool plain_object(const struct type *t)
{
	const struct object_rules *rules = t->object;
	return t->kinds == KIND_OBJECT && rules && !rules->additional && rules->pattern_count == 0 &&
	       rules->count_min == 0 && rules->count_max == BOUND_UNSET && !t->literals &&
	       t->rest_count == 0 && !t->sensitive && !t->tracks && !t->file && t->text == TEXT_SINGLE_LINE;
}

static bool add_literals(struct merge *m, uint32_t name, const struct literals *literals, uint32_t option)
{
	m->telling |= 1ull << name;
	for (uint32_t i = 0; i < literals->count; i++) {
		if (m->literal_count == MERGE_MAX)
			return false;
		m->literals[m->literal_count++] =
		    (struct merge_literal){literals->values[i], name, 1ull << option};
	}
	return true;
}

/* One property of one option into the list of all. */
static bool add_member(struct type_set *set, struct merge *m, struct object_rules *all,
    const struct property *p, uint32_t option)
{
	uint32_t i = 0;
	while (i < all->count && all->properties[i].id != p->id)
		i++;
	if (!p->declared || i == MERGE_MAX)
		return false;
	if (i == all->count) {
		all->properties[all->count++] = *p;
		all->properties[i].required = false;
	} else if (!same(all->properties[i].type, p->type, 0)) {
		const struct type *one = all->properties[i].type;
		if (!tells(p->type) || !(m->telling >> i & 1))
			return false;
		struct type *wider = arena_alloc(&set->arena, sizeof *wider);
		if (!wider)
			return false;
		/* The literals are compared at the end; here any of their kinds may stand. */
		*wider = *one;
		wider->literals = NULL;
		wider->kinds |= p->type->kinds;
		wider->whole = wider->kinds & KIND_INT;
		all->properties[i].type = wider;
	}
	if (tells(p->type) && !add_literals(m, i, p->type->literals, option))
		return false;
	m->allows[i] |= 1ull << option;
	if (p->required)
		m->needs[option] |= 1ull << i;
	return true;
}

static bool fill(struct type_set *set, struct merge *m, struct object_rules *all,
    const struct type *const *options, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!(options[i]->kinds & KIND_OBJECT))
			continue;
		if (!plain_object(options[i]))
			return false;
		for (uint32_t k = 0; k < options[i]->object->count; k++)
			if (!add_member(set, m, all, &options[i]->object->properties[k], m->option_count))
				return false;
		m->option_count++;
	}
	return m->option_count > 1;
}

/* An encoding says how long it is: no literal begins another. */
static bool leads_alone(const struct merge *m)
{
	for (uint32_t i = 0; i < m->literal_count; i++)
		for (uint32_t k = 0; k < i; k++)
			if (slice_eq(m->literals[i].value, m->literals[k].value))
				return false;
	return (m->telling & (m->telling - 1)) == 0;
}

result merge_build(struct type_set *set, struct type *t, const struct type *const *options, uint32_t count,
    bool one, struct error *err)
{
	if (count > MERGE_MAX || set->dynamic)
		return RESULT_OK;
	struct merge *m = arena_zalloc(&set->arena, sizeof *m);
	struct object_rules *all = arena_zalloc(&set->arena, sizeof *all);
	if (!m || !all)
		return error_set(err, ERR_MEMORY, "no memory for a union");
	all->properties = arena_array(&set->arena, MERGE_MAX, sizeof *all->properties);
	all->count_max = BOUND_UNSET;
	if (!all->properties)
		return error_set(err, ERR_MEMORY, "no memory for a union");
	if (!fill(set, m, all, options, count))
		return RESULT_OK;
	if (!object_hash(set, all))
		return error_set(err, ERR_MEMORY, "no memory for a union");
	m->object = (struct type){.set = set, .index = t->index, .kinds = KIND_OBJECT, .object = all};
	m->one = one;
	m->alone = leads_alone(m);
	t->merge = m;
	return RESULT_OK;
}

static uint64_t literal_options(
    const struct type_set *set, const struct merge *m, uint32_t name, struct slice value)
{
	uint64_t fit = 0;
	for (uint32_t i = 0; i < m->literal_count; i++)
		if (m->literals[i].name == name && slice_eq(m->literals[i].value, value))
			fit |= m->literals[i].options;
	/* Integers, and strings that say they are ASCII, have one encoding. */
	bool one_form = value.len == 0 || value.ptr[0] == VALUE_INT || value.ptr[0] == VALUE_ASCII;
	for (uint32_t i = 0; !fit && !one_form && i < m->literal_count; i++)
		if (m->literals[i].name == name && value_equal(set, m->literals[i].value, value))
			fit |= m->literals[i].options;
	return fit;
}

/* The options that the literals of an object's members leave. */
static uint64_t by_literals(const struct type_set *set, const struct merge *m, struct slice content)
{
	uint64_t left = UINT64_MAX;
	struct slice key, value;
	struct value_item item;
	uint16_t id;
	while (content.len > 0 && value_read_key(&content, &id, &key)) {
		value = content;
		if (!value_read(&content, &item))
			return 0;
		value.len -= content.len;
		uint32_t name = 0;
		while (name < m->object.object->count && m->object.object->properties[name].id != id)
			name++;
		if (name == m->object.object->count || !(m->telling >> name & 1))
			continue;
		left &= literal_options(set, m, name, value);
	}
	return left;
}

const struct type *merge_object(const struct merge *m)
{
	return &m->object;
}

uint64_t merge_telling(const struct merge *m)
{
	return m->telling;
}

/* The options that the one value which tells leaves; told begins with it, and most literals are as long. */
static uint64_t by_told(const struct type_set *set, const struct merge *m, uint32_t name, struct slice told)
{
	struct slice rest = told;
	struct value_item item;
	for (uint32_t i = 0; m->alone && i < m->literal_count; i++)
		if (slice_starts(told, m->literals[i].value))
			return m->literals[i].options;
	return value_read(&rest, &item)
		   ? literal_options(set, m, name, slice_of(told.ptr, told.len - rest.len))
		   : 0;
}

bool merge_fits(
    const struct type_set *set, const struct merge *m, uint64_t seen, struct slice told, struct slice content)
{
	uint64_t left = m->option_count == MERGE_MAX ? UINT64_MAX : (1ull << m->option_count) - 1;
	uint64_t telling = seen & m->telling;
	uint32_t held = 0;
	for (uint64_t bits = seen; bits; bits &= bits - 1)
		left &= m->allows[__builtin_ctzll(bits)];
	if (telling && (telling & (telling - 1)) == 0 && !set->options.duplicate_keys)
		left &= by_told(set, m, (uint32_t)__builtin_ctzll(telling), told);
	else if (telling)
		left &= by_literals(set, m, content);
	for (; left; left &= left - 1)
		held += (m->needs[__builtin_ctzll(left)] & ~seen) == 0;
	return held == 1 || (held > 1 && !m->one);
}

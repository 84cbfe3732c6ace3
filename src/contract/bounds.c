/*
 * How long a JSON text of a type can get: what a gateway reserves for a body. Where the schema sets no bound
 * the platform's holds, and then the whole is held to BOUND_BODY_BYTES, too; an author who bounds everything
 * may have more. Counted generously: characters as escapes, as much white space again as punctuation; a
 * number as NUMBER_BYTES.
 */
#include "contract/compile.h"

#define NUMBER_BYTES 64u
#define CHAR_BYTES 12u /* past U+FFFF, as two escapes */
#define BODY_BYTES_LIMIT (64u << 20)
#define DEPTH_LIMIT 32u
#define PART_HEAD_BYTES 2048u

struct bound {
	size_t bytes;
	bool open; /* something was bounded by the platform only */
};

static size_t add(size_t a, size_t b)
{
	return a > BODY_BYTES_LIMIT || b > BODY_BYTES_LIMIT ? BODY_BYTES_LIMIT : a + b;
}

static size_t times(uint64_t n, size_t each)
{
	return each > 0 && n > BODY_BYTES_LIMIT / each ? BODY_BYTES_LIMIT : (size_t)n * each;
}

static struct bound of(const struct type *type, unsigned depth);

static struct bound of_string(const struct type *type)
{
	const struct string_rules *rules = type->string;
	bool open = !rules || rules->chars_max == BOUND_UNSET;
	uint64_t chars = open ? BOUND_STRING_CHARS : rules->chars_max;
	if (type->held == HELD_DATE || (open && rules && rules->format && type->held == HELD_PLAIN))
		return (struct bound){320 * CHAR_BYTES, false};
	return (struct bound){add(times(chars, CHAR_BYTES), 4), open};
}

static struct bound of_array(const struct type *type, unsigned depth)
{
	const struct array_rules *rules = type->array;
	struct bound sum = {4, !rules || rules->count_max == BOUND_UNSET};
	uint64_t count = sum.open ? BOUND_ARRAY_ITEMS : rules->count_max;
	uint32_t fixed = rules ? rules->prefix_count : 0;
	for (uint32_t i = 0; i < fixed && i < count; i++) {
		struct bound one = of(rules->prefix[i], depth);
		sum.bytes = add(sum.bytes, add(one.bytes, 2));
		sum.open |= one.open;
	}
	const struct type *items = rules ? rules->items : type->set->any;
	if (!items) {
		sum.open = false;
		return sum;
	}
	if (count <= fixed)
		return sum;
	struct bound one = of(items, depth);
	sum.bytes = add(sum.bytes, times(count - fixed, add(one.bytes, 2)));
	sum.open |= one.open;
	return sum;
}

static struct bound of_object(const struct type *type, unsigned depth)
{
	const struct object_rules *rules = type->object;
	struct bound sum = {4, false};
	for (uint32_t i = 0; rules && i < rules->count; i++) {
		if (!rules->properties[i].declared)
			continue;
		struct bound one = of(rules->properties[i].type, depth);
		sum.bytes = add(sum.bytes, add(one.bytes, rules->properties[i].name.len * 6 + 8));
		sum.open |= one.open;
	}
	if (!rules || rules->additional || rules->pattern_count > 0) {
		sum.bytes = BODY_BYTES_LIMIT;
		sum.open = true;
	}
	return sum;
}

static struct bound widest(struct bound a, struct bound b)
{
	return (struct bound){a.bytes > b.bytes ? a.bytes : b.bytes, a.open || b.open};
}

static struct bound of_literals(const struct type *type)
{
	struct bound most = {8, false};
	for (uint32_t i = 0; i < type->literals->count; i++)
		most = widest(
		    most, (struct bound){add(times(type->literals->values[i].len, 6), NUMBER_BYTES), false});
	return most;
}

static struct bound of(const struct type *type, unsigned depth)
{
	struct bound most = {8, false};
	if (depth >= DEPTH_LIMIT)
		return (struct bound){BODY_BYTES_LIMIT, true};
	if (type->file)
		return most;
	if (type->literals)
		return of_literals(type);
	if (type->pick || type->is_union) {
		for (uint32_t i = 0; i < type->rest[0].type_count; i++)
			most = widest(most, of(type->rest[0].types[i], depth + 1));
		return most;
	}
	if (type->kinds & KIND_NUMBER)
		most = widest(most, (struct bound){NUMBER_BYTES, false});
	if (type->kinds & KIND_STR)
		most = widest(most, of_string(type));
	if (type->kinds & KIND_ARRAY)
		most = widest(most, of_array(type, depth + 1));
	if (type->kinds & KIND_OBJECT)
		most = widest(most, of_object(type, depth + 1));
	return most;
}

/* Files come as they are, each bounded by its author, with the head of a part before it. */
static size_t of_files(const struct type *type)
{
	size_t sum = type->file ? add(file_bytes_max(type->file), PART_HEAD_BYTES) : 0;
	for (uint32_t i = 0; !type->file && type->object && i < type->object->count; i++) {
		const struct property *p = &type->object->properties[i];
		const struct type *items = p->declared && p->type->array ? p->type->array->items : NULL;
		if (p->declared && p->type->file)
			sum = add(sum, of_files(p->type));
		else if (items && items->file)
			sum = add(sum, times(p->type->array->count_max, of_files(items)));
	}
	return sum;
}

size_t type_body_bytes_max(const struct type *type)
{
	if (type->set->options.plain)
		return SIZE_MAX;
	struct bound bound = of(type, 0);
	size_t bytes = add(bound.bytes, 1024);
	if (bound.open && bytes > BOUND_BODY_BYTES)
		bytes = BOUND_BODY_BYTES;
	return add(bytes, of_files(type));
}

/* Types reached, by index, so that circles end. */
static bool holds_below(const struct type *type, uint8_t *seen)
{
	if (!type || seen[type->index])
		return false;
	seen[type->index] = 1;
	if (type->held != HELD_PLAIN)
		return true;
	for (uint32_t i = 0; i < type->rest_count; i++)
		for (uint32_t k = 0; k < type->rest[i].type_count; k++)
			if (holds_below(type->rest[i].types[k], seen))
				return true;
	for (uint32_t i = 0; type->array && i < type->array->prefix_count; i++)
		if (holds_below(type->array->prefix[i], seen))
			return true;
	if (type->array && holds_below(type->array->items, seen))
		return true;
	for (uint32_t i = 0; type->object && i < type->object->count; i++)
		if (type->object->properties[i].declared &&
		    holds_below(type->object->properties[i].type, seen))
			return true;
	for (uint32_t i = 0; type->object && i < type->object->pattern_count; i++)
		if (holds_below(type->object->patterns[i].type, seen))
			return true;
	return type->object && holds_below(type->object->additional, seen);
}

/*
 * A string is turned into a date, a bigint or bytes where its type is read. Rules that apply a schema beside
 * another (allOf, not, if ...) only look; x-ward-type below them would say something that is not done.
 */
bool held_is_lost(const struct type *type, uint8_t *seen, size_t count)
{
	if (type->pick || type->is_union)
		return false;
	for (uint32_t i = 0; i < type->rest_count; i++) {
		for (uint32_t k = 0; k < type->rest[i].type_count; k++) {
			memset(seen, 0, count);
			if (holds_below(type->rest[i].types[k], seen))
				return true;
		}
	}
	return false;
}

/* Equality of encodings, and equal keys. Encodings are well formed here. */
#include <stdlib.h>

#include "base/check.h"
#include "base/strmap.h"
#include "contract/walk.h"

static struct slice key_text(const struct type_set *set, uint16_t id, struct slice text)
{
	return id == VALUE_KEY_TEXT || !set ? text : set->names.names[id];
}

bool member_next(
    const struct type_set *set, struct slice *rest, struct slice *ret_key, struct slice *ret_value)
{
	uint16_t id;
	struct slice text = SLICE_NONE;
	struct value_item item;
	if (!value_read_key(rest, &id, &text))
		return false;
	const char *start = rest->ptr;
	if (!value_read(rest, &item))
		return false;
	*ret_key = key_text(set, id, text);
	*ret_value = slice_of(start, (size_t)(rest->ptr - start));
	return true;
}

static bool objects_equal(const struct type_set *set, const struct value_item *a, const struct value_item *b)
{
	struct slice rest = a->text, key, value, other_key, other;
	struct slice others = b->text;
	while (member_next(set, &rest, &key, &value)) {
		/* Members mostly come in one order: go on where the last one was found. */
		bool found = false;
		for (uint32_t i = 0; i < b->count && !found; i++) {
			if (others.len == 0)
				others = b->text;
			if (!member_next(set, &others, &other_key, &other))
				return false;
			found = slice_eq(key, other_key);
		}
		if (!found || !value_equal(set, value, other))
			return false;
	}
	return true;
}

static bool arrays_equal(const struct type_set *set, struct slice a, struct slice b)
{
	struct value_item item;
	while (a.len > 0 && b.len > 0) {
		const char *start_a = a.ptr, *start_b = b.ptr;
		if (!value_read(&a, &item) || !value_read(&b, &item))
			return false;
		if (!value_equal(set, slice_of(start_a, (size_t)(a.ptr - start_a)),
			slice_of(start_b, (size_t)(b.ptr - start_b))))
			return false;
	}
	return a.len == b.len;
}

bool value_equal(const struct type_set *set, struct slice a, struct slice b)
{
	struct value_item x, y;
	if (!value_read(&a, &x) || !value_read(&b, &y))
		return false;
	bool text_x = x.tag == VALUE_STR || x.tag == VALUE_ASCII,
	     text_y = y.tag == VALUE_STR || y.tag == VALUE_ASCII;
	bool number_x = x.tag >= VALUE_INT && x.tag <= VALUE_BIG,
	     number_y = y.tag >= VALUE_INT && y.tag <= VALUE_BIG;
	if (text_x || text_y)
		return text_x && text_y && slice_eq(x.text, y.text);
	if (number_x || number_y) {
		struct number m = number_of_item(&x), n = number_of_item(&y);
		return number_x && number_y && number_compare(&m, &n) == 0;
	}
	if (x.tag != y.tag || x.count != y.count)
		return false;
	if (x.tag == VALUE_ARRAY)
		return arrays_equal(set, x.text, y.text);
	if (x.tag == VALUE_OBJECT)
		return objects_equal(set, &x, &y);
	if (x.tag == VALUE_DATE)
		return x.number == y.number;
	return slice_eq(x.text, y.text);
}

#define FEW_KEYS 12u

static bool few_distinct(const struct type_set *set, struct slice content, uint32_t count)
{
	UNINITIALISED struct slice keys[FEW_KEYS];
	struct slice value;
	for (uint32_t i = 0; i < count; i++) {
		if (!member_next(set, &content, &keys[i], &value))
			return false;
		for (uint32_t k = 0; k < i; k++)
			if (slice_eq(keys[k], keys[i]))
				return false;
	}
	return true;
}

/* Open addressing over a table that lives for the call; the hash is seeded, so a sender cannot choose
 * collisions. */
bool keys_distinct(const struct type_set *set, struct slice content, uint32_t count)
{
	if (count <= FEW_KEYS)
		return few_distinct(set, content, count);
	size_t places = 32;
	while (places < (size_t)count * 2)
		places *= 2;
	struct slice *table = calloc(places, sizeof *table), key, value;
	bool distinct = table != NULL;
	for (uint32_t i = 0; i < count && distinct; i++) {
		if (!member_next(set, &content, &key, &value))
			distinct = false;
		size_t at = hash_bytes(key.ptr, key.len) & (places - 1);
		while (distinct && table[at].ptr) {
			distinct = !slice_eq(table[at], key);
			at = (at + 1) & (places - 1);
		}
		if (distinct)
			table[at] = key.ptr ? key : SLICE("");
	}
	free(table);
	return distinct;
}

bool member_find(const struct type_set *set, struct slice content, struct slice key, struct slice *ret_value)
{
	struct slice name, value;
	while (content.len > 0 && member_next(set, &content, &name, &value)) {
		if (slice_eq(name, key)) {
			*ret_value = value;
			return true;
		}
	}
	return false;
}

/* Equal values have equal hashes: numbers by value, members in any order. */
static uint64_t value_hash(const struct type_set *set, struct slice value)
{
	struct value_item item;
	struct slice rest = value, key;
	if (!value_read(&rest, &item))
		return 0;
	uint64_t h = item.tag == VALUE_STR ? VALUE_ASCII : item.tag;
	if (item.tag >= VALUE_INT && item.tag <= VALUE_BIG) {
		struct number n = number_of_item(&item);
		return number_hash(&n);
	}
	if (item.tag == VALUE_DATE)
		return hash_bytes(&item.number, sizeof item.number);
	if (item.tag != VALUE_ARRAY && item.tag != VALUE_OBJECT)
		return h * 0x9e3779b97f4a7c15u ^ hash_bytes(item.text.ptr, item.text.len);
	rest = item.text;
	for (uint32_t i = 0; i < item.count; i++) {
		if (item.tag == VALUE_OBJECT) {
			if (!member_next(set, &rest, &key, &value))
				break;
			uint64_t pair[2] = {hash_bytes(key.ptr, key.len), value_hash(set, value)};
			h += hash_bytes(pair, sizeof pair);
			continue;
		}
		const char *start = rest.ptr;
		struct value_item one;
		if (!value_read(&rest, &one))
			break;
		h = (h ^ value_hash(set, slice_of(start, (size_t)(rest.ptr - start)))) * 0xc2b2ae3d27d4eb4fu;
		h ^= h >> 29;
	}
	return h;
}

struct hashed {
	uint64_t hash;
	struct slice value;
};

static bool insert_distinct(
    const struct type_set *set, struct hashed *table, size_t places, struct slice value)
{
	uint64_t hash = value_hash(set, value);
	size_t at = hash & (places - 1);
	for (; table[at].value.ptr; at = (at + 1) & (places - 1))
		if (table[at].hash == hash && value_equal(set, table[at].value, value))
			return false;
	table[at] = (struct hashed){hash, value};
	return true;
}

bool items_distinct(const struct type_set *set, struct slice content, uint32_t count)
{
	struct hashed few[16] = {0}, *table = few;
	size_t places = 16;
	struct value_item item;
	while (places < (size_t)count * 2)
		places *= 2;
	if (places > 16)
		table = calloc(places, sizeof *table);
	bool distinct = table != NULL;
	for (uint32_t i = 0; i < count && distinct; i++) {
		const char *start = content.ptr;
		distinct = value_read(&content, &item) && insert_distinct(set, table, places,
							      slice_of(start, (size_t)(content.ptr - start)));
	}
	if (table != few)
		free(table);
	return distinct;
}

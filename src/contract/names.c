/* Property names of a set. Filled while schemas are compiled, read by every key that no type expected. */
#include "contract/compiled.h"

#include <stdlib.h>

/*
 * Of the length and up to 16 bytes of the ends: constant time. The keys in a table are the schema's, so a
 * sender who looks for collisions finds chains no longer than the schema made them.
 */
uint32_t name_hash(struct slice name)
{
	uint64_t a = 0, b = 0;
	if (name.len >= 8) {
		memcpy(&a, name.ptr, 8);
		memcpy(&b, name.ptr + name.len - 8, 8);
	} else if (name.len > 0) {
		memcpy(&a, name.ptr, name.len);
	}
	uint64_t h = (a ^ (b << 1) ^ name.len) * 0x9e3779b97f4a7c15u;
	h ^= b * 0xc2b2ae3d27d4eb4fu;
	return (uint32_t)((h ^ h >> 29) * 0xff51afd7ed558ccdu >> 32);
}

int names_find(const struct names *names, struct slice name)
{
	if (!names->places)
		return -1;
	for (size_t at = name_hash(name) & names->places_mask; names->places[at];
	     at = (at + 1) & names->places_mask)
		if (slice_eq(names->names[names->places[at] - 1], name))
			return (int)names->places[at] - 1;
	return -1;
}

static bool grow(struct names *names)
{
	size_t size = names->size ? names->size * 2 : 64;
	struct slice *list = realloc(names->names, size * sizeof *list);
	if (!list)
		return false;
	names->names = list;
	uint32_t *places = calloc(size * 2, sizeof *places);
	if (!places)
		return false;
	free(names->places);
	names->places = places;
	names->places_mask = size * 2 - 1;
	names->size = size;
	for (size_t i = 0; i < names->count; i++) {
		size_t at = name_hash(names->names[i]) & names->places_mask;
		while (places[at])
			at = (at + 1) & names->places_mask;
		places[at] = (uint32_t)i + 1;
	}
	return true;
}

int names_add(struct names *names, struct arena *arena, struct slice name)
{
	int known = names_find(names, name);
	if (known >= 0)
		return known;
	if (names->count >= VALUE_KEY_TEXT || (names->count == names->size && !grow(names)))
		return -1;
	struct slice copy = arena_copy(arena, name);
	if (!copy.ptr)
		return -1;
	names->names[names->count] = copy;
	size_t at = name_hash(copy) & names->places_mask;
	while (names->places[at])
		at = (at + 1) & names->places_mask;
	names->places[at] = (uint32_t)++names->count;
	return (int)names->count - 1;
}

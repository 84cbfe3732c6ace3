/*
 * Unions that would cost too much: of objects that only what lies below them tells apart, and that lie in
 * themselves. Each level would be tried by each option. An app's contract must not have them, and seldom
 * means to.
 */
#include <stdlib.h>

#include "contract/compile.h"

/* Types reached, by index, so that circles end. */
static bool reaches(const struct type *from, const struct type *to, uint8_t *seen)
{
	if (!from || seen[from->index])
		return false;
	seen[from->index] = 1;
	for (uint32_t i = 0; i < from->rest_count; i++)
		for (uint32_t k = 0; k < from->rest[i].type_count; k++)
			if (from->rest[i].types[k] == to || reaches(from->rest[i].types[k], to, seen))
				return true;
	const struct array_rules *array = from->array;
	for (uint32_t i = 0; array && i < array->prefix_count; i++)
		if (array->prefix[i] == to || reaches(array->prefix[i], to, seen))
			return true;
	if (array && (array->items == to || reaches(array->items, to, seen)))
		return true;
	const struct object_rules *object = from->object;
	for (uint32_t i = 0; object && i < object->count; i++)
		if (object->properties[i].declared &&
		    (object->properties[i].type == to || reaches(object->properties[i].type, to, seen)))
			return true;
	for (uint32_t i = 0; object && i < object->pattern_count; i++)
		if (object->patterns[i].type == to || reaches(object->patterns[i].type, to, seen))
			return true;
	return object && (object->additional == to || reaches(object->additional, to, seen));
}

/* Options that one value may get past the sieve of together. */
static bool look_alike(const struct rest *rule)
{
	for (uint32_t i = 0; i < rule->type_count; i++)
		for (uint32_t k = 0; k < i; k++)
			if (rule->types[i]->kinds & rule->types[k]->kinds & KIND_OBJECT &&
			    (!rule->sieve || !sieve_parts(rule->sieve, i, k)))
				return true;
	return false;
}

result ambiguous_check(struct type_set *set, struct error *err)
{
	uint8_t *seen = calloc(set->type_count, 1);
	const struct type *found = NULL;
	if (!seen)
		return error_set(err, ERR_MEMORY, "no memory for types");
	for (size_t i = 0; i < set->type_count && !found; i++) {
		const struct type *t = set->types[i];
		if (!t->is_union || t->merge || !look_alike(&t->rest[0]))
			continue;
		memset(seen, 0, set->type_count);
		if (reaches(t, t, seen))
			found = t;
	}
	free(seen);
	return found ? error_set(err, ERR_INVALID,
			   "a type that lies in itself has alternatives that only what is below them tells "
			   "apart: give "
			   "each a literal member of its own, such as kind: \"a\"")
		     : RESULT_OK;
}

/*
 * What is known once every schema of a set is compiled: references that stand for another type are replaced
 * by it, and unions whose options differ in kind, or in the string of one property, become a choice that
 * needs no trying.
 */
#include <stdlib.h>

#include "contract/compile.h"

#include "base/check.h"

#define OPTIONS_MAX 256u

static bool bare(const struct type *t)
{
	return t->kinds == KIND_ALL && !t->number && !t->string && !t->array && !t->object && !t->literals &&
	       t->held == HELD_PLAIN;
}

/* The options when the type is a union and nothing else. */
static const struct rest *type_union(const struct type *t)
{
	if (!bare(t) || t->rest_count != 1 || (t->rest[0].kind != REST_ANY && t->rest[0].kind != REST_ONE))
		return NULL;
	return &t->rest[0];
}

/* A schema that is a $ref and nothing else; also an allOf of one. */
static const struct type *reference_of(const struct type *t)
{
	return bare(t) && t->rest_count == 1 && t->rest[0].kind == REST_ALL && t->rest[0].type_count == 1
		   ? t->rest[0].types[0]
		   : NULL;
}

static const struct type *resolve(const struct type *t)
{
	const struct type *at = t;
	for (unsigned i = 0; at && at->forward && i < 64; i++)
		at = at->forward;
	return at;
}

static void resolve_list(const struct type **types, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		types[i] = resolve(types[i]); /* NULL stays: an if without then */
}

static void resolve_below(struct type *t)
{
	if (t->array) {
		struct array_rules *rules = (struct array_rules *)(uintptr_t)t->array;
		resolve_list(rules->prefix, rules->prefix_count);
		rules->items = resolve(rules->items);
	}
	if (t->object) {
		struct object_rules *rules = (struct object_rules *)(uintptr_t)t->object;
		for (uint32_t i = 0; i < rules->count; i++)
			rules->properties[i].type = resolve(rules->properties[i].type);
		for (uint32_t i = 0; i < rules->pattern_count; i++)
			rules->patterns[i].type = resolve(rules->patterns[i].type);
		rules->additional = resolve(rules->additional);
	}
	for (uint32_t i = 0; i < t->rest_count; i++)
		resolve_list(t->rest[i].types, t->rest[i].type_count);
}

/* A reference with annotations beside it is a copy of its target with them. */
static void forward_or_copy(struct type *t)
{
	const struct type *target = reference_of(t);
	for (unsigned i = 0; target && reference_of(target) && i < 64; i++) {
		t->sensitive |= target->sensitive;
		if (target->text > t->text)
			t->text = target->text;
		target = reference_of(target);
	}
	/* The resources entered on the way matter to a $dynamicRef. */
	if (t->set->dynamic)
		return;
	if (!target || reference_of(target))
		return;
	if (!t->sensitive && t->text == TEXT_SINGLE_LINE) {
		t->forward = target;
		return;
	}
	struct type copy = *target;
	copy.index = t->index;
	copy.sensitive |= t->sensitive;
	if (t->text > copy.text)
		copy.text = t->text;
	*t = copy;
}

static bool collect(const struct type *t, const struct type **options, uint32_t *count, unsigned depth)
{
	const struct rest *rule = type_union(t);
	if (!rule || t->sensitive || t->text != TEXT_SINGLE_LINE || depth > 16) {
		if (*count == OPTIONS_MAX)
			return false;
		options[(*count)++] = t;
		return true;
	}
	for (uint32_t i = 0; i < rule->type_count; i++)
		if (!collect(rule->types[i], options, count, depth + 1))
			return false;
	return true;
}

const uint8_t slot_kinds[PICK_SLOTS] = {KIND_NULL, KIND_BOOL, KIND_NUMBER, KIND_STR, KIND_ARRAY, KIND_OBJECT};

static const struct property *property_of(const struct type *t, struct slice name)
{
	int i = object_property(t->object, name);
	return i >= 0 && t->object->properties[i].declared && t->object->properties[i].required
		   ? &t->object->properties[i]
		   : NULL;
}

/* Kept only when the whole of the union can be told by it. */
static bool tag_with(struct pick *pick, const struct type *const *objects, uint32_t count, struct slice name)
{
	pick->tag_count = 0;
	for (uint32_t i = 0; i < count; i++) {
		const struct property *p = objects[i]->object ? property_of(objects[i], name) : NULL;
		if (!p || p->type->kinds == 0 || !p->type->literals || p->type->literals->count == 0)
			return false;
		for (uint32_t k = 0; k < p->type->literals->count; k++)
			if (!pick_add_tag(pick, p->type->literals->values[k], objects[i]))
				return false;
	}
	pick->tag_name = name;
	return true;
}

static bool keep_tags(struct type_set *set, struct pick *pick)
{
	struct pick_tag *kept = arena_array(&set->arena, pick->tag_count, sizeof *kept);
	if (kept)
		memcpy(kept, pick->tags, pick->tag_count * sizeof *kept);
	pick->tags = kept;
	pick->tag = (uint16_t)names_find(&set->names, pick->tag_name);
	return kept != NULL;
}

static bool find_tag(
    struct type_set *set, struct pick *pick, const struct type *const *objects, uint32_t count)
{
	const struct object_rules *first = objects[0]->object;
	struct pick_tag *room = calloc(PICK_TAGS_MAX, sizeof *room);
	bool found = false;
	pick->tags = room;
	for (uint32_t i = 0; room && first && i < first->count && !found; i++)
		found = tag_with(pick, objects, count, first->properties[i].name) && keep_tags(set, pick);
	free(room);
	if (!found)
		*pick = (struct pick){0};
	return found;
}

static bool fill(struct type_set *set, struct pick *pick, const struct type *const *options, uint32_t count)
{
	const struct type *objects[OPTIONS_MAX];
	for (unsigned slot = 0; slot < PICK_SLOTS; slot++) {
		uint32_t found = 0;
		for (uint32_t i = 0; i < count; i++) {
			if (!(options[i]->kinds & slot_kinds[slot]))
				continue;
			pick->by_kind[slot] = options[i];
			objects[found++] = options[i];
		}
		if (found > 1 && slot != PICK_OBJECT)
			return false;
		if (found > 1) {
			pick->by_kind[slot] = NULL;
			if (!find_tag(set, pick, objects, found))
				return false;
		}
	}
	return true;
}

static result pick_build(struct type_set *set, struct type *t, struct error *err)
{
	const struct type *options[OPTIONS_MAX];
	uint32_t count = 0;
	struct pick pick = {0};
	if (!type_union(t))
		return RESULT_OK;
	const struct rest *rule = &t->rest[0];
	for (uint32_t i = 0; i < rule->type_count; i++)
		if (!collect(rule->types[i], options, &count, 0))
			return RESULT_OK;
	for (uint32_t i = 0; i < count; i++)
		if (options[i] == t || type_union(options[i]))
			return RESULT_OK;
	if (!fill(set, &pick, options, count))
		return RESULT_OK;
	struct pick *kept = arena_alloc(&set->arena, sizeof *kept);
	if (!kept)
		return error_set(err, ERR_MEMORY, "no memory for a union");
	*kept = pick;
	t->pick = kept;
	return kept->tag_count > 0 ? merge_build(set, t, options, count, true, err) : RESULT_OK;
}

/* How a union is decided that no tag decides. */
static result union_build(struct type_set *set, struct type *t, struct error *err)
{
	struct rest *rule = &t->rest[0];
	TRY(merge_build(set, t, rule->types, rule->type_count, rule->kind == REST_ONE, err));
	return sieve_build(set, rule, err);
}

static result check_held(struct type_set *set, struct error *err)
{
	bool lost = false;
	uint8_t *seen = calloc(set->type_count, 1);
	if (!seen)
		return error_set(err, ERR_MEMORY, "no memory for types");
	for (size_t i = 0; i < set->type_count && !lost; i++)
		lost = set->types[i]->rest_count > 0 && !set->types[i]->forward &&
		       held_is_lost(set->types[i], seen, set->type_count);
	free(seen);
	return lost ? error_set(err, ERR_INVALID,
			  "x-ward-type below allOf, not, if, contains or the like has no effect: put it in a "
			  "property's own schema")
		    : RESULT_OK;
}

result set_finish(struct type_set *set, struct error *err)
{
	for (size_t i = 0; i < set->type_count; i++)
		forward_or_copy(set->types[i]);
	for (size_t i = 0; i < set->type_count; i++)
		resolve_below(set->types[i]);
	for (size_t i = 0; i < set->label_count; i++)
		set->labels[i].type = resolve(set->labels[i].type);
	for (size_t i = 0; i < set->type_count; i++)
		TRY(pick_build(set, set->types[i], err));
	for (size_t i = 0; i < set->type_count; i++) {
		struct type *t = set->types[i];
		t->whole = t->kinds & KIND_INT && !t->number && !t->literals && t->rest_count == 0;
		t->special = t->sensitive || t->file || t->pick || type_union(t);
		if (!type_union(t))
			continue;
		t->is_union = !t->pick && !t->tracks;
		t->kinds = 0;
		for (uint32_t k = 0; k < t->rest[0].type_count; k++)
			t->kinds |= t->rest[0].types[k]->kinds;
	}
	for (size_t i = 0; i < set->type_count; i++)
		if (set->types[i]->is_union)
			TRY(union_build(set, set->types[i], err));
	if (set->options.plain)
		return RESULT_OK;
	TRY(ambiguous_check(set, err));
	return check_held(set, err);
}

/* The life of a type set, and what is found in it. */
#include <stdio.h>
#include <stdlib.h>

#include "contract/compile.h"

#define SET_BYTES_MAX (256u << 20)

/* Any data at all: what is read only to find out what it is, or to be thrown away. */
static result make_loose(struct type_set *set)
{
	struct type *t;
	struct string_rules *string = arena_alloc(&set->arena, sizeof *string);
	struct array_rules *array = arena_alloc(&set->arena, sizeof *array);
	struct object_rules *object = arena_alloc(&set->arena, sizeof *object);
	if (!string || !array || !object || !is_ok(type_new(set, &t)))
		return (result){ERR_MEMORY};
	*string = (struct string_rules){.chars_max = BOUND_UNSET - 1};
	*array = (struct array_rules){.items = t, .count_max = BOUND_UNSET - 1};
	*object = (struct object_rules){.additional = t, .count_max = BOUND_UNSET - 1};
	t->kinds = KIND_ALL;
	t->text = TEXT_ANY;
	t->string = string;
	t->array = array;
	t->object = object;
	set->loose = t;
	return RESULT_OK;
}

struct type_set *type_set_new_with(const struct type_options *options)
{
	struct type_set *set = calloc(1, sizeof *set);
	struct type *any;
	if (!set)
		return NULL;
	set->options = *options;
	arena_init(&set->arena, SET_BYTES_MAX);
	if (!is_ok(type_new(set, &any)) || !is_ok(make_loose(set))) {
		type_set_free(set);
		return NULL;
	}
	any->kinds = KIND_ALL;
	set->any = any;
	return set;
}

struct type_set *type_set_new(void)
{
	return type_set_new_with(&(struct type_options){0});
}

void type_set_free(struct type_set *set)
{
	if (!set)
		return;
	patterns_free(set->patterns);
	free(set->names.names);
	free(set->names.places);
	free(set->types);
	free(set->labels);
	free(set->resources);
	free(set->locations);
	arena_done(&set->arena);
	free(set);
}

static result keep_label(struct type_set *set, struct slice label, const struct type *type, struct error *err)
{
	if (set->label_count == set->label_size) {
		size_t size = set->label_size ? set->label_size * 2 : 16;
		struct label *labels = realloc(set->labels, size * sizeof *labels);
		if (!labels)
			return error_set(err, ERR_MEMORY, "no memory for a type");
		set->labels = labels;
		set->label_size = size;
	}
	struct slice copy = arena_copy(&set->arena, label);
	if (!copy.ptr)
		return error_set(err, ERR_MEMORY, "no memory for a type");
	set->labels[set->label_count++] = (struct label){copy, type};
	return RESULT_OK;
}

static result compile_document(struct compile *c, struct slice schema, const struct type **ret)
{
	char base[32];
	int n = snprintf(base, sizeof base, "schema:/%zu/", c->set->resource_count);
	TRY(document_add(c, slice_of(base, (size_t)n), schema, &c->resource));
	TRY(compile_schema(c, c->set->resources[c->resource].schema, NULL, ret));
	return compile_dynamic_anchors(c);
}

result type_set_add(struct type_set *set, struct slice label, struct slice schema, struct error *err)
{
	struct compile c = {.set = set, .err = err};
	const struct type *type;
	if (set->sealed)
		return error_set(err, ERR_INTERNAL, "the type set is sealed");
	if (type_set_find(set, label))
		return error_set(err, ERR_CONFLICT, "there are two types \"%.*s\"", SLICE_ARG(label));
	result r = compile_document(&c, schema, &type);
	if (!is_ok(r))
		return error_wrap(err, r, "%.*s", SLICE_ARG(label));
	return keep_label(set, label, type, err);
}

result type_set_seal(struct type_set *set, struct error *err)
{
	TRY(set_finish(set, err));
	set->sealed = true;
	return RESULT_OK;
}

const struct type *type_set_find(const struct type_set *set, struct slice label)
{
	for (size_t i = 0; i < set->label_count; i++)
		if (slice_eq(set->labels[i].name, label))
			return set->labels[i].type;
	return NULL;
}

size_t type_set_label_count(const struct type_set *set)
{
	return set->label_count;
}

struct slice type_set_label(const struct type_set *set, size_t i, const struct type **ret_type)
{
	*ret_type = set->labels[i].type;
	return set->labels[i].name;
}

size_t type_set_name_count(const struct type_set *set)
{
	return set->names.count;
}

struct slice type_set_name(const struct type_set *set, size_t id)
{
	return set->names.names[id];
}

int type_set_name_id(const struct type_set *set, struct slice name)
{
	return names_find(&set->names, name);
}

uint32_t type_index(const struct type *type)
{
	return type->index;
}

const struct type *type_at(const struct type_set *set, uint32_t index)
{
	return index < set->type_count ? set->types[index] : NULL;
}

bool value_member_string(
    const struct type_set *set, struct slice value, struct slice name, struct slice *ret_text)
{
	struct value_item object, item;
	struct slice key = SLICE_NONE;
	uint16_t id;
	if (!value_read(&value, &object) || object.tag != VALUE_OBJECT)
		return false;
	struct slice rest = object.text;
	while (rest.len > 0 && value_read_key(&rest, &id, &key) && value_read(&rest, &item)) {
		struct slice this = id == VALUE_KEY_TEXT    ? key
				    : id < set->names.count ? set->names.names[id]
							    : SLICE_NONE;
		if (!slice_eq(this, name))
			continue;
		if (item.tag != VALUE_STR && item.tag != VALUE_ASCII)
			return false;
		*ret_text = item.text;
		return true;
	}
	return false;
}

/* The structure of types for those who build from it: the engine's view, clients. */
#include "contract/compiled.h"

static const struct {
	uint8_t kinds;
	enum type_kind kind;
} by_kinds[] = {{KIND_NULL, TYPE_NULL}, {KIND_BOOL, TYPE_BOOL}, {KIND_INT, TYPE_INT}, {KIND_NUMBER, TYPE_NUM},
    {KIND_STR, TYPE_STR}, {KIND_ARRAY, TYPE_ARRAY}, {KIND_OBJECT, TYPE_OBJECT}};

static const enum type_kind by_held[] = {
    [HELD_PLAIN] = TYPE_STR, [HELD_DATE] = TYPE_DATE, [HELD_BIGINT] = TYPE_BIGINT, [HELD_BYTES] = TYPE_BYTES};

static enum type_kind kind_of(const struct type *type, bool *ret_nullable)
{
	uint8_t kinds = type->kinds;
	*ret_nullable = false;
	if (kinds != KIND_NULL && kinds & KIND_NULL) {
		*ret_nullable = true;
		kinds &= (uint8_t)~KIND_NULL;
	}
	for (size_t i = 0; i < sizeof by_kinds / sizeof *by_kinds; i++)
		if (by_kinds[i].kinds == kinds)
			return by_kinds[i].kind == TYPE_STR ? by_held[type->held] : by_kinds[i].kind;
	return TYPE_ANY;
}

/* Rules that ask for every one of several types are not structure: what the value is then, value_check()
 * decides. */
static bool has_structure(const struct type *type)
{
	for (uint32_t i = 0; i < type->rest_count; i++)
		if (type->rest[i].kind == REST_ALL || type->rest[i].kind == REST_ANY ||
		    type->rest[i].kind == REST_ONE)
			return false;
	return true;
}

static bool scalar(enum type_kind kind)
{
	return kind == TYPE_BOOL || kind == TYPE_INT || kind == TYPE_NUM || kind == TYPE_STR;
}

static bool literal_of_kind(const struct type *type)
{
	for (uint32_t i = 0; i < type->literals->count; i++)
		if (type->literals->values[i].ptr[0] >= VALUE_BYTES)
			return false;
	return true;
}

struct type_shape type_shape(const struct type *type)
{
	struct type_shape shape = {.kind = TYPE_ANY, .nullable = true};
	if (type->pick || type->is_union) {
		shape.kind = TYPE_UNION;
		shape.nullable = false;
		shape.count = type->rest[0].type_count;
		return shape;
	}
	if (!has_structure(type))
		return shape;
	shape.kind = kind_of(type, &shape.nullable);
	if (shape.kind == TYPE_ANY)
		shape.nullable = true;
	if (shape.kind == TYPE_ARRAY) {
		shape.count = type->array && type->array->count_min >= type->array->prefix_count
				  ? type->array->prefix_count
				  : 0;
		shape.items = !type->array				? type->set->any
			      : type->array->prefix_count > shape.count ? type->set->any
									: type->array->items;
	}
	if (shape.kind == TYPE_OBJECT) {
		shape.count = type->object ? type->object->count : 0;
		shape.additional =
		    !type->object || type->object->pattern_count ? type->set->any : type->object->additional;
	}
	if (scalar(shape.kind) && type->literals && literal_of_kind(type))
		shape.literals = type->literals->count;
	return shape;
}

struct type_property type_shape_property(const struct type *type, size_t i)
{
	const struct property *p = &type->object->properties[i];
	return (struct type_property){p->id, p->required, p->declared ? p->type : type->set->any};
}

const struct type *type_shape_option(const struct type *type, size_t i)
{
	return type->pick || type->is_union ? type->rest[0].types[i] : type->array->prefix[i];
}

struct slice type_shape_literal(const struct type *type, size_t i)
{
	return type->literals->values[i];
}

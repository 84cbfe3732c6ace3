/* The function's type set as the engine reads it. Nodes are the types' numbers in their set. */
#include "proc/worker/worker.h"

static const enum engine_kind kinds[] = {
    [TYPE_ANY] = ENGINE_KIND_ANY,
    [TYPE_NULL] = ENGINE_KIND_NULL,
    [TYPE_BOOL] = ENGINE_KIND_BOOL,
    [TYPE_INT] = ENGINE_KIND_INT,
    [TYPE_NUM] = ENGINE_KIND_NUM,
    [TYPE_STR] = ENGINE_KIND_STR,
    [TYPE_BYTES] = ENGINE_KIND_BYTES,
    [TYPE_DATE] = ENGINE_KIND_DATE,
    [TYPE_BIGINT] = ENGINE_KIND_BIGINT,
    [TYPE_ARRAY] = ENGINE_KIND_ARRAY,
    [TYPE_OBJECT] = ENGINE_KIND_OBJECT,
    [TYPE_UNION] = ENGINE_KIND_UNION,
};

static engine_node node_of(const struct type *type)
{
	return type ? type_index(type) : ENGINE_NODE_NONE;
}

static struct slice view_name(const void *self, size_t id)
{
	return type_set_name(self, id);
}

static struct engine_label view_label(const void *self, size_t i)
{
	const struct type *type;
	struct slice name = type_set_label(self, i, &type);
	return (struct engine_label){name, node_of(type)};
}

static struct engine_shape view_shape(const void *self, engine_node node)
{
	const struct type_shape shape = type_shape(type_at(self, node));
	return (struct engine_shape){.kind = kinds[shape.kind],
	    .nullable = shape.nullable,
	    .count = shape.count,
	    .items = node_of(shape.items),
	    .literals = shape.literals,
	    .additional = node_of(shape.additional)};
}

static struct engine_property view_property(const void *self, engine_node node, size_t i)
{
	const struct type_property property = type_shape_property(type_at(self, node), i);
	return (struct engine_property){property.name, property.required, node_of(property.type)};
}

static engine_node view_option(const void *self, engine_node node, size_t i)
{
	return node_of(type_shape_option(type_at(self, node), i));
}

static struct slice view_literal(const void *self, engine_node node, size_t i)
{
	return type_shape_literal(type_at(self, node), i);
}

struct engine_types worker_types_view(const struct type_set *types)
{
	return (struct engine_types){.self = types,
	    .name_count = type_set_name_count(types),
	    .name = view_name,
	    .label_count = type_set_label_count(types),
	    .label = view_label,
	    .shape = view_shape,
	    .property = view_property,
	    .option = view_option,
	    .literal = view_literal};
}

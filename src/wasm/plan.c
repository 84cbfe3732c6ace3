/* Called by program.c while a program is made, and by the value writer, which only looks things up. */
#include "wasm/plan.h"

#include <string.h>

#include "base/check.h"
#include "wasm/guest_text.h"

#define PLAN_BYTES_MAX (64u << 20)
#define NODES_FIRST 64u
#define NODES_MAX 8192u /* NODES_FIRST doubled some times */
#define MEMBERS_MAX (1u << 16)

struct builder {
	struct plan *plan;
	const struct engine_types *types;
	engine_node *source; /* of each plan node */
};

static result no_memory(struct error *err)
{
	return error_set(err, ERR_LIMIT, "the function's types are too large for the engine");
}

static result copy_names(struct plan *plan, const struct engine_types *types, struct error *err)
{
	ASSERT(types->name_count <= 0xffff);
	plan->name_count = types->name_count;
	plan->names = arena_array(&plan->arena, types->name_count + 1, sizeof *plan->names);
	plan->atoms = arena_array(&plan->arena, types->name_count + 1, sizeof *plan->atoms);
	if (!plan->names || !plan->atoms)
		return no_memory(err);
	for (size_t i = 0; i < types->name_count; i++) {
		plan->names[i] = arena_copy(&plan->arena, types->name(types->self, i));
		if (!plan->names[i].ptr)
			return no_memory(err);
	}
	return RESULT_OK;
}

/* In doublings: most functions have a few types, and pages that nothing touches cost nothing. */
static result more_nodes(struct builder *b, struct error *err)
{
	struct plan *plan = b->plan;
	const size_t size = plan->node_size ? plan->node_size * 2 : NODES_FIRST;
	struct plan_node *nodes = size <= NODES_MAX ? arena_zalloc(&plan->arena, size * sizeof *nodes) : NULL;
	engine_node *source = size <= NODES_MAX ? arena_array(&plan->arena, size, sizeof *source) : NULL;
	if (!nodes || !source)
		return no_memory(err);
	if (plan->node_count > 0) {
		memcpy(nodes, plan->nodes, plan->node_count * sizeof *nodes);
		memcpy(source, b->source, plan->node_count * sizeof *source);
	}
	plan->nodes = nodes;
	b->source = source;
	plan->node_size = size;
	return RESULT_OK;
}

/* A number for a source node, given out before its shape is read: types may be recursive. */
static result node_of(struct builder *b, engine_node node, struct error *err, plan_index *ret_index)
{
	struct plan *plan = b->plan;
	if (node == ENGINE_NODE_NONE) {
		*ret_index = PLAN_NONE;
		return RESULT_OK;
	}
	for (size_t i = 1; i < plan->node_count; i++) {
		if (b->source[i] == node) {
			*ret_index = (plan_index)i;
			return RESULT_OK;
		}
	}
	if (plan->node_count == plan->node_size)
		TRY(more_nodes(b, err));
	b->source[plan->node_count] = node;
	*ret_index = (plan_index)plan->node_count++;
	return RESULT_OK;
}

static result read_properties(struct builder *b, engine_node node, struct plan_node *made, struct error *err)
{
	made->properties = arena_array(&b->plan->arena, made->count + 1, sizeof *made->properties);
	if (!made->properties)
		return no_memory(err);
	for (uint32_t i = 0; i < made->count; i++) {
		struct engine_property property = b->types->property(b->types->self, node, i);
		ASSERT(property.name < b->plan->name_count);
		made->properties[i] = (struct plan_property){.name = property.name, .required = property.required};
		TRY(node_of(b, property.type, err, &made->properties[i].type));
	}
	return RESULT_OK;
}

static result read_options(struct builder *b, engine_node node, struct plan_node *made, struct error *err)
{
	made->options = arena_array(&b->plan->arena, made->count + 1, sizeof *made->options);
	if (!made->options)
		return no_memory(err);
	for (uint32_t i = 0; i < made->count; i++)
		TRY(node_of(b, b->types->option(b->types->self, node, i), err, &made->options[i]));
	return RESULT_OK;
}

static result read_literals(struct builder *b, engine_node node, struct plan_node *made, struct error *err)
{
	made->literals = arena_array(&b->plan->arena, made->literal_count + 1, sizeof *made->literals);
	if (!made->literals)
		return no_memory(err);
	for (uint32_t i = 0; i < made->literal_count; i++) {
		made->literals[i] = arena_copy(&b->plan->arena, b->types->literal(b->types->self, node, i));
		if (!made->literals[i].ptr)
			return no_memory(err);
	}
	return RESULT_OK;
}

static result read_node(struct builder *b, engine_node node, struct plan_node *made, struct error *err)
{
	struct engine_shape shape = b->types->shape(b->types->self, node);
	if (shape.count > MEMBERS_MAX || shape.literals > MEMBERS_MAX)
		return no_memory(err);
	*made = (struct plan_node){.kind = shape.kind,
	    .nullable = shape.nullable,
	    .count = (uint32_t)shape.count,
	    .literal_count = (uint32_t)shape.literals};
	TRY(node_of(b, shape.kind == ENGINE_KIND_ARRAY ? shape.items : ENGINE_NODE_NONE, err, &made->items));
	TRY(node_of(b, shape.kind == ENGINE_KIND_OBJECT ? shape.additional : ENGINE_NODE_NONE, err, &made->additional));
	if (shape.kind == ENGINE_KIND_OBJECT)
		return read_properties(b, node, made, err);
	TRY(read_literals(b, node, made, err));
	return read_options(b, node, made, err);
}

static result read_labels(struct builder *b, struct error *err)
{
	struct plan *plan = b->plan;
	plan->labels = arena_array(&plan->arena, b->types->label_count + 1, sizeof *plan->labels);
	if (!plan->labels)
		return no_memory(err);
	for (size_t i = 0; i < b->types->label_count; i++) {
		struct engine_label label = b->types->label(b->types->self, i);
		plan->labels[i].name = arena_copy(&plan->arena, label.name);
		if (!plan->labels[i].name.ptr)
			return no_memory(err);
		TRY(node_of(b, label.type, err, &plan->labels[i].type));
	}
	plan->label_count = b->types->label_count;
	return RESULT_OK;
}

static result read_types(struct plan *plan, const struct engine_types *types, struct error *err)
{
	struct builder b = {.plan = plan, .types = types};
	TRY(more_nodes(&b, err));
	plan->nodes[PLAN_ANY] = (struct plan_node){
	    .kind = ENGINE_KIND_ANY, .nullable = true, .items = PLAN_NONE, .additional = PLAN_NONE};
	plan->node_count = 1;
	if (!types)
		return RESULT_OK;
	TRY(copy_names(plan, types, err));
	TRY(read_labels(&b, err));
	/* node_count grows as shapes name new nodes, and the nodes may move. */
	for (size_t i = 1; i < plan->node_count; i++) {
		struct plan_node made;
		TRY(read_node(&b, b.source[i], &made, err));
		plan->nodes[i] = made;
	}
	plan_index output = plan_find(plan, SLICE("output"), SLICE_NONE, SLICE_NONE);
	if (output != PLAN_NONE)
		plan->output = output;
	return RESULT_OK;
}

result plan_build(struct plan *plan, const struct engine_types *types, struct error *err)
{
	*plan = (struct plan){.output = PLAN_ANY};
	arena_init(&plan->arena, PLAN_BYTES_MAX);
	result r = read_types(plan, types, err);
	if (!is_ok(r))
		plan_done(plan);
	return r;
}

void plan_done(struct plan *plan)
{
	arena_done(&plan->arena);
	*plan = (struct plan){0};
}

plan_index plan_find(const struct plan *plan, struct slice prefix, struct slice name, struct slice suffix)
{
	for (size_t i = 0; i < plan->label_count; i++) {
		struct slice label = plan->labels[i].name;
		if (label.len != prefix.len + name.len + suffix.len || !slice_starts(label, prefix) ||
		    !slice_ends(label, suffix))
			continue;
		if (slice_eq(slice_of(label.ptr + prefix.len, name.len), name))
			return plan->labels[i].type;
	}
	return PLAN_NONE;
}

bool plan_make_atoms(struct plan *plan, js_context c)
{
	for (size_t i = 0; i < plan->name_count; i++) {
		plan->atoms[i] = guest_atom(c, plan->names[i]);
		if (!plan->atoms[i])
			return false;
	}
	return true;
}

static size_t place_of(const struct plan *plan, js_atom atom)
{
	return (size_t)(atom * 2654435769u) & (plan->id_places - 1);
}

result plan_link(struct plan *plan, struct error *err)
{
	for (plan->id_places = 16; plan->id_places < plan->name_count * 2;)
		plan->id_places *= 2;
	plan->id_keys = arena_zalloc(&plan->arena, plan->id_places * sizeof *plan->id_keys);
	plan->id_values = arena_zalloc(&plan->arena, plan->id_places * sizeof *plan->id_values);
	if (!plan->id_keys || !plan->id_values)
		return no_memory(err);
	for (size_t i = 0; i < plan->name_count; i++) {
		size_t at = place_of(plan, plan->atoms[i]);
		while (plan->id_keys[at])
			at = (at + 1) & (plan->id_places - 1);
		plan->id_keys[at] = plan->atoms[i];
		plan->id_values[at] = (uint16_t)i;
	}
	for (size_t i = 0; i < plan->node_count; i++)
		for (uint32_t k = 0; plan->nodes[i].properties && k < plan->nodes[i].count; k++)
			plan->nodes[i].properties[k].atom = plan->atoms[plan->nodes[i].properties[k].name];
	return RESULT_OK;
}

int plan_name_of(const struct plan *plan, js_atom atom)
{
	if (plan->name_count == 0)
		return -1;
	for (size_t at = place_of(plan, atom); plan->id_keys[at]; at = (at + 1) & (plan->id_places - 1))
		if (plan->id_keys[at] == atom)
			return plan->id_values[at];
	return -1;
}

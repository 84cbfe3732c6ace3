/*
 * What the engine needs to know of a function's types: a read-only view that the owner of the type set provides.
 *
 * The engine reads the view once, in engine_program_new(), and compiles it into plans; it keeps no pointer to it
 * afterwards. Nodes are small numbers that only the view understands.
 */
#ifndef WARD_WASM_TYPES_H
#define WARD_WASM_TYPES_H

#include "base/slice.h"

enum engine_kind {
	ENGINE_KIND_ANY, /* whatever plain data the guest gives: scalars, arrays, plain objects, Date, BigInt, bytes */
	ENGINE_KIND_NULL,
	ENGINE_KIND_BOOL,
	ENGINE_KIND_INT, /* a number that is whole */
	ENGINE_KIND_NUM,
	ENGINE_KIND_STR,
	ENGINE_KIND_BYTES,  /* Uint8Array */
	ENGINE_KIND_DATE,   /* Date */
	ENGINE_KIND_BIGINT, /* BigInt */
	ENGINE_KIND_ARRAY,
	ENGINE_KIND_OBJECT,
	ENGINE_KIND_UNION, /* the first option that the value satisfies */
};

typedef uint32_t engine_node;
#define ENGINE_NODE_NONE UINT32_MAX

struct engine_property {
	uint16_t name; /* name id of the type set */
	bool required;
	engine_node type;
};

struct engine_shape {
	enum engine_kind kind;
	bool nullable;		/* null is allowed beside kind */
	size_t count;		/* OBJECT: properties; ARRAY: fixed leading items; UNION: options */
	engine_node items;	/* ARRAY: the others; ENGINE_NODE_NONE: no others allowed */
	size_t literals;	/* BOOL, INT, NUM, STR: only these values are allowed; 0: all of the kind */
	engine_node additional; /* OBJECT: values of undeclared keys; ENGINE_NODE_NONE: such keys are left out */
};

struct engine_label {
	struct slice name;
	engine_node type;
};

struct engine_types {
	const void *self;
	size_t name_count; /* names have ids 0 .. name_count - 1, at most 0xfffe */
	struct slice (*name)(const void *self, size_t id);
	size_t label_count; /* "input", "output", "error:NAME", "query:NAME:params" ... */
	struct engine_label (*label)(const void *self, size_t i);
	struct engine_shape (*shape)(const void *self, engine_node node);
	/* OBJECT; i below shape.count. */
	struct engine_property (*property)(const void *self, engine_node node, size_t i);
	/* ARRAY: a fixed item; UNION: an option. */
	engine_node (*option)(const void *self, engine_node node, size_t i);
	/* One allowed value in the value encoding; lives as long as the view. May be NULL when no shape has literals. */
	struct slice (*literal)(const void *self, engine_node node, size_t i);
};

#endif

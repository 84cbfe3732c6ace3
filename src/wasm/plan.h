/*
 * A type set compiled for the engine: flat arrays, names as QuickJS atoms of the snapshot. Made once per program.
 * Trusted: it comes from the contract, not from the guest.
 */
#ifndef WARD_WASM_PLAN_H
#define WARD_WASM_PLAN_H

#include "base/arena.h"
#include "wasm/quickjs.h"
#include "wasm/types.h"

typedef uint32_t plan_index;
#define PLAN_ANY 0u /* always there: ENGINE_KIND_ANY */
#define PLAN_NONE UINT32_MAX

struct plan_property {
	js_atom atom;
	uint16_t name;
	bool required;
	plan_index type;
};

struct plan_node {
	enum engine_kind kind;
	bool nullable;
	uint32_t count; /* properties, or options */
	struct plan_property *properties;
	plan_index *options;
	plan_index items;
	plan_index additional;
	uint32_t literal_count;
	struct slice *literals; /* in the value encoding */
};

struct plan_label {
	struct slice name;
	plan_index type;
};

struct plan {
	struct arena arena; /* owns everything below */
	struct plan_node *nodes;
	size_t node_count, node_size;
	struct slice *names; /* by id */
	js_atom *atoms; /* by id */
	size_t name_count;
	struct plan_label *labels;
	size_t label_count;
	/* From atoms back to ids, open addressing; 0: empty. */
	js_atom *id_keys;
	uint16_t *id_values;
	size_t id_places;
	plan_index output;
};

/* Reads the labels that the host will ask for. types NULL: a plan in which everything is PLAN_ANY. */
result plan_build(struct plan *plan, const struct engine_types *types, struct error *err);
/* Creates the atoms in the running guest. On the guest stack. */
bool plan_make_atoms(struct plan *plan, js_context c);
/* Fills in what depends on atoms. */
result plan_link(struct plan *plan, struct error *err);
void plan_done(struct plan *plan);

/* The type of "PREFIX" NAME "SUFFIX" (error:, OutOfStock, empty), or PLAN_NONE. */
plan_index plan_find(const struct plan *plan, struct slice prefix, struct slice name, struct slice suffix);
/* The id of an atom, or -1 when the type set does not name it. */
int plan_name_of(const struct plan *plan, js_atom atom);

#endif

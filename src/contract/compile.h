/* The compiler of schemas, seen from inside: resource.c finds them, compile*.c make types, pick.c finishes
 * the set. */
#ifndef WARD_CONTRACT_COMPILE_H
#define WARD_CONTRACT_COMPILE_H

#include "contract/walk.h"

/* One schema added. */
struct compile {
	struct type_set *set;
	const struct step *step; /* where in the schema we are, for errors */
	unsigned depth;
	uint32_t resource; /* of the schema at hand */
	struct error *err;
};

/* One keyword's value in a schema object; false when it is not there. Outputs may be NULL. */
bool schema_get(const struct value_item *schema, const char *keyword, struct slice *ret_value,
    struct value_item *ret_item);
/* The same, for keywords of the validation vocabulary, which a dialect may leave out. */
bool schema_get_rule(const struct compile *c, const struct value_item *schema, const char *keyword,
    struct slice *ret_value, struct value_item *ret_item);
bool item_is_text(const struct value_item *item);

result compile_fail(struct compile *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
result compile_too_large(struct compile *c);

/* ---- compile.c ---- */
/* The type of a schema that has been indexed. Recursion ends at types already begun. */
result compile_schema(
    struct compile *c, struct slice schema, const struct step *step, const struct type **ret);
/* Of a keyword's value, or a member of it. key ptr NULL and not indexed: the value itself. */
result compile_below(struct compile *c, struct slice schema, const char *keyword, const struct step *below,
    const struct type **ret);
result compile_list(struct compile *c, const struct value_item *schema, const char *keyword,
    const struct type ***ret, uint32_t *ret_count);
result compile_count(
    struct compile *c, const struct value_item *schema, const char *keyword, uint64_t *count, bool *seen);
result type_new(struct type_set *set, struct type **ret);

/* ---- compile_scalars.c ---- */
result compile_scalars(struct compile *c, const struct value_item *schema, struct type *t);

/* ---- compile_containers.c ---- */
result compile_arrays(struct compile *c, const struct value_item *schema, struct type *t);
result compile_objects(struct compile *c, const struct value_item *schema, struct type *t);
/* Names to properties, once they are all there. False: no memory. */
bool object_hash(struct type_set *set, struct object_rules *rules);

/* ---- file.c ---- */
/* After the members are compiled. */
result compile_file(struct compile *c, const struct value_item *schema, struct type *t);
size_t file_bytes_max(const struct file_rules *rules);

/* ---- compile_rest.c ---- */
result compile_rest(struct compile *c, const struct value_item *schema, struct type *t);
/* Every $dynamicAnchor of the set, once some $dynamicRef may want it. */
result compile_dynamic_anchors(struct compile *c);

/* ---- resource.c ---- */
result document_add(struct compile *c, struct slice base, struct slice json, uint32_t *ret_resource);
result resource_find(struct compile *c, struct slice uri, uint32_t *ret);
result schema_index(struct compile *c, struct slice schema, uint32_t resource);
struct location *location_find(const struct type_set *set, const char *at);
/* What a $ref in a schema of the resource `from` means. The anchor when it named one, else NULL. */
result reference_find(struct compile *c, uint32_t from, struct slice reference, struct slice *ret_schema,
    const struct anchor **ret_anchor);
const struct anchor *anchor_find(const struct resource *resource, struct slice name);

/* ---- pick.c ---- */
/* After everything is compiled: references resolved away, unions that need no trying made picks. */
result set_finish(struct type_set *set, struct error *err);

/* merge.c: lets the objects of a union be read as one, where they can be. */
result merge_build(struct type_set *set, struct type *t, const struct type *const *options, uint32_t count, bool one,
    struct error *err);
/* sieve.c: gives the union its sieve where one helps. Once the kinds of every type are known. */
result sieve_build(struct type_set *set, struct rest *rule, struct error *err);
/* Whether no value is left to both options by the sieve. */
bool sieve_parts(const struct sieve *s, uint32_t i, uint32_t k);
/* ambiguous.c: refuses unions that would have to be tried at every level of themselves. */
result ambiguous_check(struct type_set *set, struct error *err);

/* bounds.c: whether x-ward-type stands where nothing would act on it; seen: a byte a type. */
bool held_is_lost(const struct type *type, uint8_t *seen, size_t count);

#endif

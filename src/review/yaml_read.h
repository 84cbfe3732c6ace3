/* Reading our own rule files with libfyaml: absent fields are empty, a wrong kind is an error naming the
 * field. */
#ifndef WARD_REVIEW_YAML_READ_H
#define WARD_REVIEW_YAML_READ_H

#include <libfyaml.h>

#include "base/arena.h"
#include "base/result.h"

/* Copied into the arena, NUL-terminated; empty when the field is absent. */
result yaml_text(
    struct fy_node *map, const char *field, struct arena *arena, struct error *err, struct slice *ret_text);
result yaml_number(
    struct fy_node *map, const char *field, double fallback, struct error *err, double *ret_number);
/* A sequence of scalars, copied; none when absent. */
result yaml_texts(struct fy_node *map, const char *field, struct arena *arena, struct error *err,
    struct slice **ret_items, size_t *ret_count);
/* The field's node, or NULL. */
struct fy_node *yaml_field(struct fy_node *map, const char *field);
/* The scalar of a node, borrowed; empty for other kinds. */
struct slice yaml_scalar(struct fy_node *node);

#endif

/* Typed reading of YAML nodes, for the loaders of rule files; the files are ward's own or an administrator's.
 */
#include "review/yaml_read.h"

#include <stdlib.h>

struct fy_node *yaml_field(struct fy_node *map, const char *field)
{
	return map && fy_node_is_mapping(map) ? fy_node_mapping_lookup_by_string(map, field, strlen(field))
					      : NULL;
}

struct slice yaml_scalar(struct fy_node *node)
{
	size_t len = 0;
	const char *text = node && fy_node_is_scalar(node) ? fy_node_get_scalar(node, &len) : NULL;
	return text ? slice_of(text, len) : SLICE_NONE;
}

static result copy_scalar(
    struct fy_node *node, const char *field, struct arena *arena, struct error *err, struct slice *ret)
{
	if (!fy_node_is_scalar(node))
		return error_set(err, ERR_INVALID, "field '%s' is not a text", field);
	struct slice copy = arena_copy(arena, yaml_scalar(node));
	if (!copy.ptr)
		return error_set(err, ERR_MEMORY, "no memory for field '%s'", field);
	*ret = copy;
	return RESULT_OK;
}

result yaml_text(
    struct fy_node *map, const char *field, struct arena *arena, struct error *err, struct slice *ret_text)
{
	struct fy_node *node = yaml_field(map, field);
	if (!node) {
		*ret_text = slice_of("", 0);
		return RESULT_OK;
	}
	return copy_scalar(node, field, arena, err, ret_text);
}

result yaml_number(
    struct fy_node *map, const char *field, double fallback, struct error *err, double *ret_number)
{
	struct fy_node *node = yaml_field(map, field);
	struct slice text = yaml_scalar(node);
	char copy[32], *end = copy;
	if (!node) {
		*ret_number = fallback;
		return RESULT_OK;
	}
	if (text.len == 0 || text.len >= sizeof(copy))
		return error_set(err, ERR_INVALID, "field '%s' is not a number", field);
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	double number = strtod(copy, &end);
	if (*end != '\0')
		return error_set(err, ERR_INVALID, "field '%s' is not a number: %s", field, copy);
	*ret_number = number;
	return RESULT_OK;
}

result yaml_texts(struct fy_node *map, const char *field, struct arena *arena, struct error *err,
    struct slice **ret_items, size_t *ret_count)
{
	struct fy_node *list = yaml_field(map, field);
	*ret_items = NULL;
	*ret_count = 0;
	if (!list)
		return RESULT_OK;
	if (!fy_node_is_sequence(list))
		return error_set(err, ERR_INVALID, "field '%s' is not a list", field);
	int count = fy_node_sequence_item_count(list);
	struct slice *items = arena_array(arena, count > 0 ? (size_t)count : 1, sizeof(*items));
	if (!items)
		return error_set(err, ERR_MEMORY, "no memory for field '%s'", field);
	void *iter = NULL;
	size_t n = 0;
	for (struct fy_node *item;
	     (item = fy_node_sequence_iterate(list, &iter)) != NULL && n < (size_t)count;)
		TRY(copy_scalar(item, field, arena, err, &items[n++]));
	*ret_items = items;
	*ret_count = n;
	return RESULT_OK;
}

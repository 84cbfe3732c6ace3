/* Which values of an output type are pages and redirects. */
#include "contract/compiled.h"

/* Unions in unions; deeper ones are no work of the compiler. */
#define DEPTH_MAX 16u

static bool is_choice(const struct type *type)
{
	return type->output == TYPE_OUTPUT_JSON && type_shape(type).kind == TYPE_UNION;
}

static bool has_outputs(const struct type *type, unsigned depth)
{
	if (!is_choice(type) || depth == DEPTH_MAX)
		return type->output != TYPE_OUTPUT_JSON;
	for (uint32_t i = 0; i < type->rest[0].type_count; i++)
		if (has_outputs(type->rest[0].types[i], depth + 1))
			return true;
	return false;
}

bool type_has_outputs(const struct type *type)
{
	return has_outputs(type, 0);
}

/* Adds to *kinds a bit for each kind of output among the arms that take the value. */
static void collect(const struct type *type, struct slice value, unsigned depth, unsigned *kinds)
{
	if (!is_choice(type) || depth == DEPTH_MAX) {
		if (type_holds(type, value))
			*kinds |= 1u << type->output;
		return;
	}
	for (uint32_t i = 0; i < type->rest[0].type_count; i++)
		collect(type->rest[0].types[i], value, depth + 1, kinds);
}

enum type_output type_output_of(const struct type *type, struct slice value)
{
	unsigned kinds = 0;
	collect(type, value, 0, &kinds);
	if (kinds == 1u << TYPE_OUTPUT_HTML)
		return TYPE_OUTPUT_HTML;
	return kinds == 1u << TYPE_OUTPUT_REDIRECT ? TYPE_OUTPUT_REDIRECT : TYPE_OUTPUT_JSON;
}

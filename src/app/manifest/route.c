/* The grammar of a route's path, for ward.yaml and for app.json. */
#include "app/manifest/route.h"

#include "app/manifest/manifest_schema.h"

/* A literal segment: unreserved characters of RFC 3986 section 2.3, so that a path is written in one way
 * only. */
static bool is_segment(struct slice s)
{
	if (s.len == 0 || slice_eq_cstr(s, ".") || slice_eq_cstr(s, ".."))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!letter && (c == '\0' || !strchr("-._~", c)))
			return false;
	}
	return true;
}

static bool is_parameter(struct slice part, struct slice *ret_name)
{
	if (part.len < 3 || part.ptr[0] != '{' || part.ptr[part.len - 1] != '}')
		return false;
	*ret_name = slice_of(part.ptr + 1, part.len - 2);
	return is_identifier(*ret_name, 64);
}

static const char *add_parameter(struct slice name, struct arena *arena, struct slice_list *params)
{
	for (size_t i = 0; i < params->count; i++)
		if (slice_eq(params->items[i], name))
			return "a path names a parameter twice";
	if (params->count == ROUTE_PATH_PARAMS_MAX)
		return "a path has at most 16 parameters";
	params->items[params->count] = arena_copy(arena, name);
	return params->items[params->count++].ptr ? NULL : "there is no memory for the path";
}

const char *route_path_parse(struct slice path, struct arena *arena, struct slice_list *ret_params)
{
	struct slice name;
	struct slice_list params = {.items = arena_array(arena, ROUTE_PATH_PARAMS_MAX, sizeof *params.items)};
	if (!params.items)
		return "there is no memory for the path";
	if (path.len == 0 || path.ptr[0] != '/')
		return "a path starts with \"/\"";
	if (path.len > 500)
		return "a path is at most 500 bytes";
	if (slice_eq_cstr(path, "/_ward") || slice_starts(path, SLICE("/_ward/")))
		return "paths under /_ward/ are ward's own";
	struct slice rest = slice_of(path.ptr + 1, path.len - 1);
	while (rest.ptr && path.len > 1) {
		struct slice part = slice_cut(&rest, '/');
		const char *wrong = NULL;
		if (part.len == 0)
			return "a path has no empty parts and does not end with \"/\"";
		if (is_parameter(part, &name))
			wrong = add_parameter(name, arena, &params);
		else if (!is_segment(part))
			wrong = "a part of a path is plain (a-z A-Z 0-9 - . _ ~) or one {name}";
		if (wrong)
			return wrong;
	}
	*ret_params = params;
	return NULL;
}

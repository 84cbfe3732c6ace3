/* Method and path to a function. Built once per generation; matching allocates nothing. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "proc/gateway/gateway.h"

static result add_segments(struct gw_app *app, struct route *route, const struct manifest_route *http, struct error *err)
{
	size_t most = 1;
	for (size_t i = 0; i < http->path.len; i++)
		most += http->path.ptr[i] == '/';
	route->segments = arena_array(&app->arena, most, sizeof *route->segments);
	if (!route->segments)
		return error_set(err, ERR_MEMORY, "no memory for routes");
	struct slice rest = slice_of(http->path.ptr + 1, http->path.len - 1);
	size_t param = 0;
	while (rest.ptr) {
		struct slice part = slice_cut(&rest, '/');
		bool is_param = part.len > 2 && part.ptr[0] == '{';
		route->segments[route->segment_count++] =
		    is_param ? (struct route_segment){SLICE_NONE, param++} : (struct route_segment){part.ptr ? part : SLICE(""), 0};
		route->literals += is_param ? 0 : 1;
	}
	return param > ROUTE_PARAMS_MAX ? error_set(err, ERR_LIMIT, "a path has more than %u parameters", ROUTE_PARAMS_MAX)
					: RESULT_OK;
}

static int more_literal_first(const void *a, const void *b)
{
	const struct route *x = a;
	const struct route *y = b;
	return (x->literals < y->literals) - (x->literals > y->literals);
}

static struct slice fixed_key(char *room, size_t size, enum http_method method, struct slice path)
{
	if (path.len >= size)
		return SLICE_NONE;
	room[0] = (char)('0' + method);
	memcpy(room + 1, path.ptr, path.len);
	return slice_of(room, path.len + 1);
}

result router_build(struct gw_app *app, struct error *err)
{
	struct router *r = &app->router;
	char room[HTTP_TARGET_BYTES_MAX + 16];
	r->routes = arena_array(&app->arena, app->contract.function_count + 1, sizeof *r->routes);
	if (!r->routes)
		return error_set(err, ERR_MEMORY, "no memory for routes");
	for (size_t i = 0; i < app->contract.function_count; i++) {
		const struct manifest_route *http = &app->contract.functions[i].contract.http;
		if (!http->present)
			continue;
		r->routes[r->count] = (struct route){.function = &app->functions[i]};
		TRY(add_segments(app, &r->routes[r->count++], http, err));
	}
	qsort(r->routes, r->count, sizeof *r->routes, more_literal_first);
	for (size_t i = 0; i < r->count; i++) {
		const struct manifest_route *http = &r->routes[i].function->contract->contract.http;
		if (http->params.count > 0)
			continue;
		struct slice key = arena_copy(&app->arena, fixed_key(room, sizeof room, http->method, http->path));
		if (!key.ptr || !is_ok(strmap_set(&r->fixed, key, &r->routes[i])))
			return error_set(err, ERR_MEMORY, "no memory for routes");
	}
	return RESULT_OK;
}

static bool match_segments(const struct route *route, struct slice path, struct slice params[ROUTE_PARAMS_MAX])
{
	struct slice rest = slice_of(path.ptr + 1, path.len - 1);
	for (size_t i = 0; i < route->segment_count; i++) {
		if (!rest.ptr)
			return false;
		struct slice part = slice_cut(&rest, '/');
		const struct route_segment *segment = &route->segments[i];
		if (segment->literal.ptr ? !slice_eq(segment->literal, part) : part.len == 0)
			return false;
		if (!segment->literal.ptr)
			params[segment->param] = part;
	}
	return !rest.ptr;
}

bool router_match(const struct router *r, enum http_method method, struct slice path, struct route_match *ret)
{
	UNINITIALISED char room[HTTP_TARGET_BYTES_MAX + 16];
	/* HEAD is GET without the body (RFC 9110 section 9.3.2). */
	enum http_method wanted = method == HTTP_HEAD ? HTTP_GET : method;
	const struct route *fixed = strmap_get(&r->fixed, fixed_key(room, sizeof room, wanted, path));
	ret->methods = 0;
	if (fixed) {
		ret->route = fixed;
		return true;
	}
	for (size_t i = 0; i < r->count; i++) {
		if (!match_segments(&r->routes[i], path, ret->params))
			continue;
		enum http_method has = r->routes[i].function->contract->contract.http.method;
		if (has == wanted) {
			ret->route = &r->routes[i];
			return true;
		}
		ret->methods |= 1u << has;
	}
	return false;
}

/*
 * Routes that collide. The gateway prefers the route with more plain segments; two that match the same
 * request and have equally many would be taken by chance, so they are refused here.
 */
#include "app/checks.h"

struct shape {
	size_t segments;
	size_t plain;
	bool meet; /* both match some path */
};

static bool is_parameter(struct slice part)
{
	return part.len > 2 && part.ptr[0] == '{';
}

static struct shape compare(struct slice a, struct slice b, size_t *plain_b)
{
	struct shape shape = {.meet = true};
	while (a.ptr && b.ptr) {
		struct slice x = slice_cut(&a, '/');
		struct slice y = slice_cut(&b, '/');
		shape.segments++;
		shape.plain += !is_parameter(x);
		*plain_b += !is_parameter(y);
		if (!is_parameter(x) && !is_parameter(y) && !slice_eq(x, y))
			shape.meet = false;
	}
	if (a.ptr || b.ptr)
		shape.meet = false;
	return shape;
}

static void check_pair(
    const struct manifest_function *f, const struct manifest_function *g, struct diagnostics *diagnostics)
{
	size_t plain = 0;
	if (f->http.method != g->http.method)
		return;
	struct shape shape = compare(f->http.path, g->http.path, &plain);
	if (!shape.meet || shape.plain != plain)
		return;
	/* Told where the later one stands. */
	const struct manifest_function *later = f->http.place.line > g->http.place.line ? f : g;
	const struct manifest_function *earlier = later == f ? g : f;
	refuse_place(diagnostics, later->http.place, DIAGNOSTIC_ERROR, "duplicate-route", NULL,
	    "%.*s (line %u) answers the same requests: %s %.*s", SLICE_ARG(earlier->name),
	    earlier->http.place.line, http_method_name(earlier->http.method), SLICE_ARG(earlier->http.path));
}

void check_routes(const struct app *app, struct diagnostics *diagnostics)
{
	const struct manifest *m = &app->manifest;
	for (size_t i = 0; i < m->function_count; i++)
		for (size_t k = 0; m->functions[i].http.present && k < i; k++)
			if (m->functions[k].http.present)
				check_pair(&m->functions[k], &m->functions[i], diagnostics);
}

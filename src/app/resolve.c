/*
 * The author's manifest, the database's word and the compiler's contract.json become one resolved contract.
 * What is written is read back and its types compiled here, so that a contract which a process would refuse
 * never leaves the build.
 */
#include "app/app.h"
#include "app/checks.h"

#include <jansson.h>
#include <stdlib.h>

#define ERRORS_MAX 1000u

/* Builds in an arena of its own: everything here lives until app.json is written. */
struct resolving {
	const struct app *app;
	struct diagnostics *diagnostics;
	struct arena *arena;
	struct error *err;
	struct app_contract contract;
};

static struct slice keep_json(struct resolving *r, const json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	struct slice kept = text ? arena_copy(r->arena, slice_cstr(text)) : SLICE_NONE;
	free(text);
	return kept;
}

static struct slice keep_text(struct resolving *r, const json_t *object, const char *member)
{
	const json_t *value = json_object_get(object, member);
	return json_is_string(value)
		   ? arena_copy(r->arena, slice_of(json_string_value(value), json_string_length(value)))
		   : SLICE_NONE;
}

static result keep_texts(struct resolving *r, const json_t *list, struct slice_list *ret)
{
	size_t count = json_array_size(list);
	struct slice *items = arena_array(r->arena, count + 1, sizeof *items);
	if (!items)
		return error_set(r->err, ERR_MEMORY, "no memory for the contract");
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(list, i));
		items[i] = text ? arena_copy(r->arena, slice_cstr(text)) : SLICE_NONE;
		if (!items[i].ptr)
			return error_set(r->err, ERR_INVALID, "contract.json: a list holds what is no text");
	}
	*ret = (struct slice_list){items, count};
	return RESULT_OK;
}

static int error_by_name(const void *a, const void *b)
{
	return slice_cmp(((const struct app_error *)a)->name, ((const struct app_error *)b)->name);
}

static result take_errors(struct resolving *r, struct app_function *f, const json_t *errors)
{
	size_t count = json_array_size(errors);
	f->errors = count <= ERRORS_MAX ? arena_zalloc(r->arena, (count + 1) * sizeof *f->errors) : NULL;
	if (!f->errors)
		return error_set(
		    r->err, ERR_LIMIT, "%.*s declares too many errors", SLICE_ARG(f->contract.name));
	for (; f->error_count < count; f->error_count++) {
		const json_t *item = json_array_get(errors, f->error_count);
		json_int_t status = json_integer_value(json_object_get(item, "status"));
		struct app_error *e = &f->errors[f->error_count];
		e->name = keep_text(r, item, "name");
		e->status = (uint32_t)status;
		e->title = keep_text(r, item, "title");
		e->schema = keep_json(r, json_object_get(item, "schema"));
		if (!e->name.ptr || status < 400 || status > 599)
			return error_set(r->err, ERR_INVALID,
			    "contract.json: an error of %.*s has no name or status",
			    SLICE_ARG(f->contract.name));
	}
	qsort(f->errors, f->error_count, sizeof *f->errors, error_by_name);
	return RESULT_OK;
}

/* A query that is granted and that the code can never reach: authority for nothing. */
static void find_unused(struct resolving *r, const struct app_function *f, const json_t *reached)
{
	for (size_t i = 0; json_is_array(reached) && i < f->contract.queries.count; i++) {
		struct slice name = f->contract.queries.items[i];
		bool used = false;
		for (size_t k = 0; k < json_array_size(reached); k++)
			used |= slice_eq(name, slice_cstr(json_string_value(json_array_get(reached, k))));
		if (!used)
			refuse_place(r->diagnostics, f->contract.query_places[i], DIAGNOSTIC_WARNING,
			    "unused-grant", "remove it here: what is not granted cannot be misused",
			    "%.*s is granted %.*s and never runs it", SLICE_ARG(f->contract.name),
			    SLICE_ARG(name));
	}
}

static result take_function(struct resolving *r, const json_t *functions, struct app_function *f)
{
	const json_t *from = json_object_get(functions, f->contract.name.ptr);
	if (!json_is_object(from))
		return error_set(
		    r->err, ERR_INVALID, "contract.json has no function %.*s", SLICE_ARG(f->contract.name));
	f->input = keep_json(r, json_object_get(from, "input"));
	f->output = keep_json(r, json_object_get(from, "output"));
	f->bundle = keep_text(r, from, "bundle");
	f->map = keep_text(r, from, "map");
	if (!f->contract.why.len)
		f->contract.why = keep_text(r, from, "description");
	if (!f->bundle.len)
		return error_set(r->err, ERR_INVALID, "contract.json names no bundle for %.*s",
		    SLICE_ARG(f->contract.name));
	TRY(keep_texts(r, json_object_get(from, "uses"), &f->uses));
	find_unused(r, f, json_object_get(from, "queries"));
	return take_errors(r, f, json_object_get(from, "errors"));
}

static result take_functions(struct resolving *r, const json_t *functions)
{
	const struct manifest *m = &r->app->manifest;
	struct app_contract *c = &r->contract;
	c->functions = arena_zalloc(r->arena, (m->function_count + 1) * sizeof *c->functions);
	if (!c->functions)
		return error_set(r->err, ERR_MEMORY, "no memory for the contract");
	for (; c->function_count < m->function_count; c->function_count++) {
		struct app_function *f = &c->functions[c->function_count];
		f->contract = m->functions[c->function_count];
		TRY(take_function(r, functions, f));
	}
	return RESULT_OK;
}

/* Only queries that some function may run: the others are nobody's authority. */
static result take_queries(struct resolving *r)
{
	const struct sql_schema *schema = &r->app->schema;
	struct app_contract *c = &r->contract;
	c->queries = arena_array(r->arena, schema->query_count + 1, sizeof *c->queries);
	if (!c->queries)
		return error_set(r->err, ERR_MEMORY, "no memory for the contract");
	for (size_t i = 0; i < schema->query_count; i++) {
		bool used = false;
		for (size_t k = 0; k < c->function_count; k++)
			for (size_t n = 0; n < c->functions[k].contract.queries.count; n++)
				used |= slice_eq(
				    schema->queries[i].name, c->functions[k].contract.queries.items[n]);
		if (used)
			c->queries[c->query_count++] = schema->queries[i];
	}
	return RESULT_OK;
}

static void check_path(struct resolving *r, const struct app_function *f, const struct type_set *types)
{
	const struct type *input = type_set_find(types, SLICE("input"));
	struct type_shape shape = input ? type_shape(input) : (struct type_shape){.kind = TYPE_NULL};
	if (shape.kind == TYPE_UNION || shape.kind == TYPE_ANY)
		return;
	for (size_t i = 0; i < f->contract.http.params.count; i++) {
		struct slice name = f->contract.http.params.items[i];
		bool found = false;
		for (size_t k = 0; shape.kind == TYPE_OBJECT && k < shape.count; k++) {
			const struct type_property p = type_shape_property(input, k);
			found |= slice_eq(type_set_name(types, p.name), name);
		}
		if (!found)
			refuse_place(r->diagnostics, f->contract.http.place, DIAGNOSTIC_ERROR,
			    "path-parameter", "add it to the input type, or rename it here",
			    "the input of %.*s has no member \"%.*s\"", SLICE_ARG(f->contract.name),
			    SLICE_ARG(name));
	}
}

static result check_types(struct resolving *r)
{
	for (size_t i = 0; i < r->contract.function_count; i++) {
		const struct app_function *f = &r->contract.functions[i];
		struct type_set *types = NULL;
		struct error why = {0};
		result made = app_type_set(f, &why, &types);
		if (made.code == ERR_MEMORY)
			return error_set(r->err, ERR_MEMORY, "%s", why.text);
		if (!is_ok(made))
			refuse_place(r->diagnostics, f->contract.place, DIAGNOSTIC_ERROR, "types", NULL, "%s",
			    why.text);
		else
			check_path(r, f, types);
		type_set_free(types);
	}
	return RESULT_OK;
}

static result write(struct resolving *r, struct buf *out)
{
	struct app_contract again;
	if (r->diagnostics->errors)
		return error_set(r->err, ERR_INVALID, "the app has errors");
	app_contract_json(&r->contract, out);
	if (!buf_ok(out))
		return error_set(
		    r->err, ERR_LIMIT, "the resolved contract is larger than %zu bytes", out->cap);
	return error_wrap(r->err, app_contract_parse(buf_slice(out), r->arena, r->err, &again), "app.json");
}

static result resolve(struct resolving *r, const json_t *root, struct buf *out)
{
	r->contract = (struct app_contract){.app = r->app->manifest.app,
	    .database = r->app->manifest.database,
	    .page = r->app->manifest.page,
	    .identity = r->app->manifest.identity,
	    .mail = r->app->manifest.mail,
	    .trusted_proxies = r->app->manifest.trusted_proxies,
	    .budget = r->app->manifest.budget,
	    .countries = r->app->manifest.countries,
	    .proxy_header = r->app->manifest.proxy_header,
	    .watch = r->app->manifest.watch};
	TRY(take_functions(r, json_object_get(root, "functions")));
	TRY(take_queries(r));
	TRY(app_contract_link(&r->contract, r->arena, r->err));
	TRY(check_types(r));
	return write(r, out);
}

result app_resolve(const struct app *app, struct slice contract_json, struct diagnostics *diagnostics,
    struct error *err, struct buf *out)
{
	json_error_t why;
	json_t *root = json_loadb(contract_json.ptr, contract_json.len, JSON_REJECT_DUPLICATES, &why);
	if (!root)
		return error_set(err, ERR_INVALID, "contract.json: %s (line %d)", why.text, why.line);
	CLEANUP_ARENA struct arena arena = ARENA_INIT(256u << 20);
	struct resolving r = {.app = app, .diagnostics = diagnostics, .arena = &arena, .err = err};
	result done = resolve(&r, root, out);
	json_decref(root);
	return done;
}

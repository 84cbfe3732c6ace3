/* Contracts taken up and dropped. A request belongs to the generation that was serving when it began. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"
#include "os/fd.h"
#include "proc/gateway/budget.h"
#include "proc/gateway/country.h"
#include "proc/gateway/gateway.h"
#include "app/asset_pack.h"

#define APP_ARENA_BYTES (256u << 20)

static void app_free(struct gw_app *app)
{
	if (!app)
		return;
	for (size_t i = 0; app->functions && i < app->contract.function_count; i++) {
		struct gw_function *f = &app->functions[i];
		if (f->worker) {
			channel_done(f->worker);
			free(f->worker);
		}
		type_set_free(f->types);
	}
	strmap_done(&app->router.fixed);
	strmap_done(&app->asset_paths);
	buf_done(&app->csp);
	if (app->text.len)
		munmap((void *)(uintptr_t)app->text.ptr, app->text.len);
	if (app->pack.len)
		munmap((void *)(uintptr_t)app->pack.ptr, app->pack.len);
	arena_done(&app->arena);
	free(app);
}

static result build_functions(struct gateway *g, struct gw_app *app, struct error *err)
{
	app->functions = arena_array(&app->arena, app->contract.function_count + 1, sizeof *app->functions);
	if (!app->functions)
		return error_set(err, ERR_MEMORY, "no memory for functions");
	for (size_t i = 0; i < app->contract.function_count; i++) {
		struct gw_function *f = &app->functions[i];
		f->app = app;
		f->contract = &app->contract.functions[i];
		f->ref = function_ref(app->generation, (uint32_t)i);
		TRY(app_type_set(f->contract, err, &f->types));
		TRY(rate_of_function(f, err));
		TRY(admit_prepare(f, &app->arena, err));
		TRY(budget_of_function(g, f, err));
		f->input = type_set_find(f->types, SLICE("input"));
		f->output = type_set_find(f->types, SLICE("output"));
		f->has_outputs = f->output && type_has_outputs(f->output);
		size_t most = f->input ? type_body_bytes_max(f->input) : 0;
		uint64_t limit = f->contract->contract.limits.body_bytes;
		f->body_bytes_max = most < limit ? most : (size_t)limit;
		if (f->body_bytes_max > BODY_BYTES_MAX)
			f->body_bytes_max = BODY_BYTES_MAX;
	}
	return RESULT_OK;
}

static result load_assets(struct gw_app *app, int fd, struct error *err)
{
	TRY(fd_map_sealed(fd, err, &app->pack));
	size_t count = 0;
	TRY(asset_pack_count(app->pack, err, &count));
	app->assets = arena_array(&app->arena, count + 1, sizeof *app->assets);
	if (!app->assets)
		return error_set(err, ERR_MEMORY, "no memory for assets");
	for (size_t i = 0; i < count; i++) {
		struct asset *a = &app->assets[app->asset_count++];
		TRY(asset_pack_get(app->pack, i, err, &a->path, &a->type, &a->etag, &a->bytes));
		if (!is_ok(strmap_set(&app->asset_paths, a->path, a)))
			return error_set(err, ERR_MEMORY, "no memory for assets");
	}
	return RESULT_OK;
}

static result load(struct gateway *g, struct gw_app *app, int contract_fd, int assets_fd, struct error *err)
{
	arena_init(&app->arena, APP_ARENA_BYTES);
	app->csp = BUF_INIT(16384);
	TRY(fd_map_sealed(contract_fd, err, &app->text));
	TRY(app_contract_parse(app->text, &app->arena, err, &app->contract));
	app_csp(&app->contract, &app->csp);
	TRY(proxy_of_app(app, err));
	TRY(country_of_app(g, app, err));
	TRY(build_functions(g, app, err));
	TRY(load_assets(app, assets_fd, err));
	return router_build(app, err);
}

result generation_take(struct gateway *g, uint32_t generation, int contract_fd, int assets_fd, struct error *err)
{
	struct gw_app **place = NULL;
	for (size_t i = 0; i < GENERATIONS_MAX; i++)
		if (!g->apps[i])
			place = &g->apps[i];
	struct gw_app *app = place ? calloc(1, sizeof *app) : NULL;
	if (!app)
		return error_set(err, ERR_LIMIT, "no place for another generation of the app");
	app->generation = generation;
	result r = load(g, app, contract_fd, assets_fd, err);
	if (!is_ok(r)) {
		app_free(app);
		return r;
	}
	struct gw_app *old = g->app;
	*place = app;
	g->app = app;
	if (old) {
		old->retired = true;
		generation_check_drained(g, old);
	}
	return RESULT_OK;
}

void generation_check_drained(struct gateway *g, struct gw_app *app)
{
	if (app->retired && app->in_flight == 0)
		ignore_result(control_send(
		    g->child->control_fd, CONTROL_APP_DRAINED, app->generation, 0, 0, NULL, NULL, 0, NULL));
}

void generation_drop(struct gateway *g, uint32_t generation)
{
	for (size_t i = 0; i < GENERATIONS_MAX; i++)
		if (g->apps[i] && g->apps[i]->generation == generation && g->apps[i] != g->app) {
			busy_forget(g, g->apps[i]);
			app_free(g->apps[i]);
			g->apps[i] = NULL;
		}
}

struct gw_function *generation_function(struct gateway *g, uint32_t ref)
{
	for (size_t i = 0; i < GENERATIONS_MAX; i++) {
		struct gw_app *app = g->apps[i];
		if (app && app->generation == ref_generation(ref) && ref_index(ref) < app->contract.function_count)
			return &app->functions[ref_index(ref)];
	}
	return NULL;
}

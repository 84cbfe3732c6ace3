/* Which function a call is from, and what that function may ask for. Denial is the default row. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"
#include "os/clock.h"
#include "os/fd.h"
#include "proc/broker/broker.h"

#define APP_ARENA_BYTES (256u << 20)

static void function_done(struct broker_function *f)
{
	broker_worker_gone(f);
	remote_function_done(f);
	sql_session_free(f->session);
	for (size_t i = 0; i < SESSIONS_IDLE_MAX; i++)
		sql_session_free(f->idle[i]);
	strmap_done(&f->queries);
	type_set_free(f->types);
}

static void app_free(struct broker_app *app)
{
	if (!app)
		return;
	for (size_t i = 0; app->functions && i < app->contract.function_count; i++)
		function_done(&app->functions[i]);
	if (app->text.len)
		munmap((void *)(uintptr_t)app->text.ptr, app->text.len);
	usage_free(app->usage);
	arena_done(&app->arena);
	free(app);
}

static result build_function(struct broker_app *app, size_t i, struct error *err)
{
	struct broker_function *f = &app->functions[i];
	f->app = app;
	f->contract = &app->contract.functions[i];
	f->ref = function_ref(app->generation, (uint32_t)i);
	TRY(app_type_set(f->contract, err, &f->types));
	for (size_t q = 0; q < f->contract->query_count; q++)
		if (!is_ok(strmap_set(&f->queries, f->contract->queries[q]->name, (void *)(uintptr_t)(q + 1))))
			return error_set(err, ERR_MEMORY, "no memory for queries");
	return RESULT_OK;
}

static result load(struct broker_app *app, int contract_fd, struct error *err)
{
	arena_init(&app->arena, APP_ARENA_BYTES);
	TRY(fd_map_sealed(contract_fd, err, &app->text));
	TRY(app_contract_parse(app->text, &app->arena, err, &app->contract));
	app->functions = arena_array(&app->arena, app->contract.function_count + 1, sizeof *app->functions);
	if (!app->functions)
		return error_set(err, ERR_MEMORY, "no memory for functions");
	TRY(usage_open(".", &app->contract, clock_unix_ms(), err, &app->usage));
	for (size_t i = 0; i < app->contract.function_count; i++)
		TRY(build_function(app, i, err));
	return RESULT_OK;
}

result broker_take_app(struct broker *b, uint32_t generation, int contract_fd, struct error *err,
    const struct app_contract **ret)
{
	struct broker_app **place = NULL;
	for (size_t i = 0; i < BROKER_GENERATIONS_MAX; i++)
		if (!b->apps[i])
			place = &b->apps[i];
	struct broker_app *app = place ? calloc(1, sizeof *app) : NULL;
	if (!app)
		return error_set(err, ERR_LIMIT, "no place for another generation of the app");
	app->generation = generation;
	/* The new app takes over what the one before it has used. */
	broker_save_used(b, true);
	result r = load(app, contract_fd, err);
	if (is_ok(r))
		r = secrets_withhold(app->contract.database.url_secret, err);
	if (!is_ok(r)) {
		app_free(app);
		return r;
	}
	*place = app;
	*ret = &app->contract;
	return RESULT_OK;
}

void broker_drop_app(struct broker *b, uint32_t generation)
{
	for (size_t i = 0; i < BROKER_GENERATIONS_MAX; i++)
		if (b->apps[i] && b->apps[i]->generation == generation) {
			app_free(b->apps[i]);
			b->apps[i] = NULL;
		}
}

struct broker_function *broker_function_of(struct broker *b, uint32_t ref)
{
	for (size_t i = 0; i < BROKER_GENERATIONS_MAX; i++) {
		struct broker_app *app = b->apps[i];
		if (app && app->generation == ref_generation(ref) && ref_index(ref) < app->contract.function_count)
			return &app->functions[ref_index(ref)];
	}
	return NULL;
}

void broker_worker_gone(struct broker_function *f)
{
	transactions_end_all(f);
	for (size_t i = 0; i < WORKER_THREADS_MAX; i++) {
		if (!f->workers[i])
			continue;
		channel_done(f->workers[i]);
		free(f->workers[i]);
		f->workers[i] = NULL;
	}
}

void broker_denied(struct broker *b, const struct host_call *call, const char *what)
{
	char text[CONTROL_TEXT_MAX];
	(void)snprintf(text, sizeof text, "%s (request %016llx)", what, (unsigned long long)call->caller.request);
	ignore_result(control_send(b->child->control_fd, CONTROL_DENIED, (uint32_t)call->caller.request,
	    call->function->ref, (uint32_t)call->verb, text, NULL, 0, NULL));
}

void host_reply(struct broker_function *f, uint32_t thread, uint32_t id, enum err_code code, struct slice value)
{
	const struct host_reply_head head = {.code = code, .value_bytes = (uint32_t)value.len};
	const struct slice parts[] = {slice_of((const char *)&head, sizeof head), value};
	struct channel *to = f->workers[thread];
	if (to)
		ignore_result(channel_send(to, RECORD_HOST_REPLY, id, parts, 2, NULL));
}

void host_reply_secret(struct broker_function *f, uint32_t thread, uint32_t id, struct slice value)
{
	const struct host_reply_head head = {.code = ERR_NONE, .value_bytes = (uint32_t)value.len};
	const struct slice parts[] = {slice_of((const char *)&head, sizeof head), value};
	if (f->workers[thread])
		ignore_result(channel_send_secret(f->workers[thread], RECORD_HOST_REPLY, id, parts, 2, NULL));
}

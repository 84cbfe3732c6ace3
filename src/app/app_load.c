/* An app from its folder: the manifest, the database's word on its queries, and what only both together can
 * tell. */
#include "app/app.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/checks.h"
#include "app/database.h"
#include "os/fd.h"

#define ARENA_BYTES (256u << 20)
#define SOURCE_BYTES_MAX (4u << 20)

static void take_finding(void *context, struct slice file, uint32_t line, uint32_t column, uint32_t length,
    const char *code, const char *message, const char *hint)
{
	/* Who reaches a row is known here, not there: checks_rows.c says it, for the functions that may run
	 * the query. */
	if (strcmp(code, "sql-unbound-rows") == 0)
		return;
	const struct diagnostic item = {.file = file,
	    .line = line,
	    .column = column,
	    .length = length,
	    .code = slice_cstr(code),
	    .message = slice_cstr(message),
	    .hint = slice_cstr(hint)};
	diagnostics_add(context, &item);
}

/* A file of the app, copied into the arena. */
static result read_file(
    const char *dir, const char *name, size_t max, struct arena *arena, struct error *err, struct slice *ret)
{
	char path[PATH_MAX];
	struct slice text;
	int n = snprintf(path, sizeof path, "%s/%s", dir, name);
	if (n < 0 || (size_t)n >= sizeof path)
		return error_set(err, ERR_LIMIT, "the path of %s is too long", name);
	TRY(file_read(path, max, err, &text));
	struct slice copy = arena_copy(arena, text);
	free((char *)(uintptr_t)text.ptr);
	if (!copy.ptr)
		return error_set(err, ERR_MEMORY, "no memory for %s", name);
	*ret = copy;
	return RESULT_OK;
}

/* The URL is opened for the time of the build. */
static result derive_postgres(const char *dir, const char *state_dir, struct diagnostics *diagnostics,
    struct error *err, struct app *app)
{
	struct slice name = app->manifest.database.url_secret;
	const struct diagnostic at = {.file = SLICE(MANIFEST_FILE)};
	struct error unset = {0};
	char *url = NULL;
	result r = app_database_url(&app->manifest.database, state_dir, NULL, &unset, &url);
	if (r.code == ERR_NOT_FOUND)
		diagnostics_addf(diagnostics, &at, "no-database-url",
		    "set it with `ward secret set`: the database itself says what queries touch",
		    "the secret %.*s, which holds the database's URL, is not set", SLICE_ARG(name));
	else if (!is_ok(r))
		diagnostics_addf(diagnostics, &at, "no-database-url", "",
		    "the secret %.*s does not open the database: %s", SLICE_ARG(name), unset.text);
	if (!is_ok(r))
		return RESULT_OK;
	r = sql_derive_postgres(dir, url, take_finding, diagnostics, &app->arena, err, &app->schema);
	app_database_url_free(url);
	return r;
}

static result derive(const char *dir, const char *state_dir, struct diagnostics *diagnostics,
    struct error *err, struct app *app)
{
	char own[PATH_MAX];
	if (app->manifest.database.kind != DATABASE_POSTGRES)
		return sql_derive(dir, take_finding, diagnostics, &app->arena, err, &app->schema);
	/* What is wrong in ward.yaml has been told; without a name there is no URL to ask for. */
	if (!app->manifest.database.url_secret.len)
		return RESULT_OK;
	(void)snprintf(own, sizeof own, "%s/.ward/state", dir);
	return derive_postgres(dir, state_dir ? state_dir : own, diagnostics, err, app);
}

result app_load(const char *dir, const char *state_dir, struct diagnostics *diagnostics, struct error *err,
    struct app *ret)
{
	struct slice text;
	arena_init(&ret->arena, ARENA_BYTES);
	ret->dir = arena_copy(&ret->arena, slice_cstr(dir));
	TRY(read_file(dir, MANIFEST_FILE, MANIFEST_BYTES_MAX, &ret->arena, err, &text));
	TRY(manifest_parse(text, &ret->arena, diagnostics, err, &ret->manifest));
	TRY(derive(dir, state_dir, diagnostics, err, ret));
	app_check(ret, diagnostics);
	if (!diagnostics_clean(diagnostics))
		return error_set(err, ERR_INVALID, "the app has errors");
	return RESULT_OK;
}

result app_contract_read(const char *dir, struct arena *arena, struct error *err, struct app_contract *ret)
{
	struct slice text;
	result r = read_file(dir, ".ward/build/app.json", APP_JSON_BYTES_MAX, arena, err, &text);
	if (!is_ok(r))
		return error_wrap(err, r, "the app is not built");
	return app_contract_parse(text, arena, err, ret);
}

void app_done(struct app *app)
{
	arena_done(&app->arena);
	*app = (struct app){0};
}

bool app_source_read(void *context, struct slice file, struct slice *ret_text)
{
	struct app_sources *sources = context;
	char name[PATH_MAX];
	struct error unread;
	/* A finding that names a file outside of the app gets no frame. */
	if (file.len == 0 || file.len >= sizeof name || file.ptr[0] == '/' ||
	    memmem(file.ptr, file.len, "..", 2))
		return false;
	memcpy(name, file.ptr, file.len);
	name[file.len] = '\0';
	return is_ok(read_file(sources->dir, name, SOURCE_BYTES_MAX, &sources->arena, &unread, ret_text));
}

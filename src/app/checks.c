/* Cross checks of a loaded app. Called by app_load(). */
#include "app/checks.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "app/manifest/nearest.h"

void refuse_place(struct diagnostics *diagnostics, struct text_place place, enum diagnostic_severity severity,
    const char *code, const char *hint, const char *fmt, ...)
{
	CLEANUP_BUF struct buf text = BUF_INIT(2048);
	va_list args;
	va_start(args, fmt);
	buf_vprintf(&text, fmt, args);
	va_end(args);
	const struct diagnostic item = {.file = SLICE(MANIFEST_FILE),
	    .line = place.line,
	    .column = place.column,
	    .length = place.length,
	    .severity = severity,
	    .code = slice_cstr(code),
	    .hint = slice_cstr(hint),
	    .message = buf_slice(&text)};
	diagnostics_add(diagnostics, &item);
}

static int query_by_name(const void *key, const void *member)
{
	return slice_cmp(*(const struct slice *)key, ((const struct sql_query *)member)->name);
}

const struct sql_query *app_query_find(const struct app *app, struct slice name)
{
	if (app->schema.query_count == 0)
		return NULL;
	return bsearch(
	    &name, app->schema.queries, app->schema.query_count, sizeof *app->schema.queries, query_by_name);
}

static void unknown_query(
    const struct app *app, struct slice name, struct text_place place, struct diagnostics *diagnostics)
{
	struct nearest n = {.word = name};
	char hint[200];
	for (size_t i = 0; i < app->schema.query_count; i++)
		nearest_try(&n, app->schema.queries[i].name);
	if (n.best.ptr)
		(void)snprintf(hint, sizeof hint, "did you mean %.*s?", SLICE_ARG(n.best));
	else
		(void)snprintf(
		    hint, sizeof hint, "write it into queries/, under `-- name: %.*s :one`", SLICE_ARG(name));
	refuse_place(diagnostics, place, DIAGNOSTIC_ERROR, "unknown-query", hint, "there is no query %.*s",
	    SLICE_ARG(name));
}

/* Without this the query would run, with NULL for the caller, and quietly find nothing. */
static void check_caller(const struct manifest_function *f, const struct sql_query *q,
    struct text_place place, struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < q->param_count; i++) {
		enum sql_host_param host = q->params[i].host;
		if (host == SQL_HOST_AUTH_TENANT && !f->auth.tenant)
			refuse_place(diagnostics, place, DIAGNOSTIC_ERROR, "needs-tenant",
			    "write auth: {user, tenant: true}",
			    "%.*s is bound to the caller's tenant, and %.*s may be called without one",
			    SLICE_ARG(q->name), SLICE_ARG(f->name));
		else if ((host == SQL_HOST_AUTH_USER || host == SQL_HOST_AUTH_ROLE) &&
			 f->auth.kind == AUTH_PUBLIC)
			refuse_place(diagnostics, place, DIAGNOSTIC_WARNING, "needs-caller",
			    "for those who are not signed in it is bound to NULL",
			    "%.*s is bound to the caller, and %.*s is public", SLICE_ARG(q->name),
			    SLICE_ARG(f->name));
	}
}

static void check_source(
    const struct app *app, const struct manifest_function *f, struct diagnostics *diagnostics)
{
	char path[PATH_MAX];
	struct stat st;
	if (!f->source.len)
		return;
	int n = snprintf(path, sizeof path, "%.*s/%.*s", SLICE_ARG(app->dir), SLICE_ARG(f->source));
	if (n < 0 || (size_t)n >= sizeof path || stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		refuse_place(diagnostics, f->place, DIAGNOSTIC_ERROR, "no-source", NULL,
		    "there is no file %.*s for %.*s", SLICE_ARG(f->source), SLICE_ARG(f->name));
}

static void check_hosts(const struct manifest_function *f, struct diagnostics *diagnostics)
{
	for (size_t i = 1; i < f->egress_count; i++)
		for (size_t k = 0; k < i; k++)
			if (f->egress[i].host.len && slice_eq(f->egress[i].host, f->egress[k].host) &&
			    f->egress[i].port == f->egress[k].port)
				refuse_place(diagnostics, f->egress[i].place, DIAGNOSTIC_ERROR,
				    "duplicate-entry", "put their methods and paths into one entry",
				    "%.*s is there twice", SLICE_ARG(f->egress[i].host));
}

static void check_function(
    const struct app *app, const struct manifest_function *f, bool *used, struct diagnostics *diagnostics)
{
	check_source(app, f, diagnostics);
	check_hosts(f, diagnostics);
	for (size_t i = 0; i < f->queries.count; i++) {
		const struct sql_query *q = app_query_find(app, f->queries.items[i]);
		struct text_place place = f->query_places ? f->query_places[i] : f->place;
		if (!q) {
			unknown_query(app, f->queries.items[i], place, diagnostics);
			continue;
		}
		used[q - app->schema.queries] = true;
		check_caller(f, q, place, diagnostics);
		check_rows(app, f, q, place, diagnostics);
	}
}

void app_check(const struct app *app, struct diagnostics *diagnostics)
{
	bool *used = calloc(app->schema.query_count + 1, sizeof *used);
	const struct manifest *m = &app->manifest;
	for (size_t i = 0; used && i < m->function_count; i++)
		check_function(app, &m->functions[i], used, diagnostics);
	check_routes(app, diagnostics);
	if (m->database.kind == DATABASE_NONE && app->schema.query_count)
		refuse_place(diagnostics, (struct text_place){.line = 1, .column = 1}, DIAGNOSTIC_ERROR,
		    "missing-key", "write database: sqlite", "the app has queries and no \"database\"");
	for (size_t i = 0; used && i < app->schema.query_count; i++) {
		const struct sql_query *q = &app->schema.queries[i];
		const struct diagnostic at = {
		    .file = q->file, .line = q->line, .severity = DIAGNOSTIC_WARNING};
		if (!used[i])
			diagnostics_addf(diagnostics, &at, "unused-query",
			    "name it in a function's \"queries\", or remove it", "no function may run %.*s",
			    SLICE_ARG(q->name));
	}
	free(used);
}

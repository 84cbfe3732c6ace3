#include "harness.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARENA_BYTES (64u << 20)

static void on_finding(void *context, struct slice file, uint32_t line, uint32_t column, uint32_t length,
    const char *code, const char *message, const char *hint)
{
	struct test_app *app = context;
	(void)length;
	(void)hint;
	buf_printf(&app->findings, "%.*s:%u:%u %s %s\n", SLICE_ARG(file), line, column, code, message);
}

void test_app_write(const struct test_app *app, const char *path, const char *text)
{
	char full[256];
	(void)snprintf(full, sizeof full, "%s/%s", app->dir, path);
	FILE *f = fopen(full, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

void test_app_init(struct test_app *app, const char *migration, const char *queries)
{
	char path[128];
	*app = (struct test_app){.findings = BUF_INIT(1 << 20)};
	(void)snprintf(app->dir, sizeof app->dir, "/tmp/ward-data-XXXXXX");
	assert_non_null(mkdtemp(app->dir));
	arena_init(&app->arena, ARENA_BYTES);
	(void)snprintf(path, sizeof path, "%s/migrations", app->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof path, "%s/queries", app->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	if (migration)
		test_app_write(app, "migrations/0001_init.sql", migration);
	if (queries)
		test_app_write(app, "queries/all.sql", queries);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void test_app_done(struct test_app *app)
{
	(void)nftw(app->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	buf_done(&app->findings);
	arena_done(&app->arena);
}

void test_app_derive(struct test_app *app)
{
	struct error err = {0};
	buf_clear(&app->findings);
	result r = sql_derive(app->dir, on_finding, app, &app->arena, &err, &app->schema);
	if (!is_ok(r))
		fail_msg("sql_derive: %s", err.text);
}

void test_app_derive_clean(struct test_app *app)
{
	test_app_derive(app);
	if (app->findings.len)
		fail_msg("findings:\n%s", buf_cstr(&app->findings));
}

const struct sql_query *test_query(const struct test_app *app, const char *name)
{
	for (size_t i = 0; i < app->schema.query_count; i++)
		if (slice_eq_cstr(app->schema.queries[i].name, name))
			return &app->schema.queries[i];
	fail_msg("no query %s", name);
	return NULL;
}

const char *test_grants(const struct sql_query *query)
{
	static char text[8192];
	size_t n = 0;
	text[0] = '\0';
	for (size_t i = 0; i < query->grant_count && n < sizeof text - 400; i++) {
		const struct sql_grant *g = &query->grants[i];
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%.*s%s%.*s %s%s%.*s", i ? "; " : "",
		    SLICE_ARG(g->table), g->column.len ? "." : "", SLICE_ARG(g->column),
		    sql_operation_name(g->operation), g->via.len ? " via " : "", SLICE_ARG(g->via));
	}
	return text;
}

const char *test_columns(const struct sql_query *query)
{
	static char text[4096];
	size_t n = 0;
	text[0] = '\0';
	for (size_t i = 0; i < query->column_count && n < sizeof text - 200; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%.*s %s%s", i ? ", " : "",
		    SLICE_ARG(query->columns[i].name), sql_type_name(query->columns[i].type),
		    query->columns[i].nullable ? "?" : "");
	return text;
}

const char *test_params(const struct sql_query *query)
{
	static char text[4096];
	size_t n = 0;
	text[0] = '\0';
	for (size_t i = 0; i < query->param_count && n < sizeof text - 200; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%.*s %s%s", i ? ", " : "",
		    SLICE_ARG(query->params[i].name), sql_type_name(query->params[i].type),
		    query->params[i].nullable ? "?" : "");
	return text;
}

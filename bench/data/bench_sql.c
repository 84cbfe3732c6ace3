/*
 * What a query costs in the broker: sql_session_run() of a typed single-row read and of a small write, with the
 * authorizer and without it (the bench is linked with --wrap=sqlite3_set_authorizer, so that nothing in ward itself can
 * leave it out). Many short rounds in turn, the first of them in turn as well, in time of the processor, so that what else
 * the machine does is not measured; medians. Appends rows to WARD_BENCH_OUT.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <time.h>

#include "base/check.h"
#include "data/derive.h"
#include "data/migration.h"
#include "data/session.h"

#define ROUNDS 301
#define READS 2000
#define WRITES 100

static bool without_authorizer;

int __real_sqlite3_set_authorizer(sqlite3 *db, int (*f)(void *, int, const char *, const char *, const char *, const char *), void *p);
int __wrap_sqlite3_set_authorizer(sqlite3 *db, int (*f)(void *, int, const char *, const char *, const char *, const char *), void *p);

int __wrap_sqlite3_set_authorizer(sqlite3 *db, int (*f)(void *, int, const char *, const char *, const char *, const char *), void *p)
{
	return without_authorizer ? SQLITE_OK : __real_sqlite3_set_authorizer(db, f, p);
}

static const char schema[] =
    "CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price INTEGER NOT NULL, stock INTEGER NOT NULL) STRICT;\n"
    "INSERT INTO products SELECT value, 'product ' || value, value * 100, value % 50 FROM json_each('[1,2,3,4,5,6,7,8,9,10]');\n";
static const char queries[] = "-- name: Get :one\nSELECT id, name, price, stock FROM products WHERE id = :id;\n"
			      "-- name: Take :exec\nUPDATE products SET stock = :stock WHERE id = :id;\n";

struct bench {
	char dir[64];
	struct arena arena;
	struct sql_schema schema;
	const struct sql_query *queries[2];
	struct type_set *types;
	struct sql_db *db;
	struct error err;
};

static void need(struct bench *b, result r)
{
	if (is_ok(r))
		return;
	(void)fprintf(stderr, "bench_sql: %s\n", b->err.text);
	exit(1);
}

static void write_text(const struct bench *b, const char *name, const char *text)
{
	char path[128];
	(void)snprintf(path, sizeof path, "%s/%s", b->dir, name);
	FILE *f = fopen(path, "we");
	ASSERT(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void make_app(struct bench *b)
{
	char path[128];
	(void)snprintf(b->dir, sizeof b->dir, "/tmp/ward-bench-XXXXXX");
	ASSERT(mkdtemp(b->dir));
	(void)snprintf(path, sizeof path, "%s/migrations", b->dir);
	ASSERT(mkdir(path, 0700) == 0);
	(void)snprintf(path, sizeof path, "%s/queries", b->dir);
	ASSERT(mkdir(path, 0700) == 0);
	write_text(b, "migrations/0001_init.sql", schema);
	write_text(b, "queries/all.sql", queries);
	arena_init(&b->arena, 16u << 20);
	need(b, sql_derive(b->dir, NULL, NULL, &b->arena, &b->err, &b->schema));
	need(b, migrations_apply(b->dir, b->dir, &b->err, NULL));
	(void)snprintf(path, sizeof path, "%s/app.db", b->dir);
	need(b, sql_db_open(path, &b->err, &b->db));
}

static void make_types(struct bench *b)
{
	b->types = type_set_new();
	for (size_t i = 0; i < 2; i++) {
		CLEANUP_BUF struct buf text = BUF_INIT(1 << 16);
		char label[64];
		b->queries[i] = &b->schema.queries[i];
		query_params_schema(b->queries[i], &text);
		(void)snprintf(label, sizeof label, "query:%.*s:params", SLICE_ARG(b->queries[i]->name));
		need(b, type_set_add(b->types, slice_cstr(label), buf_slice(&text), &b->err));
		buf_clear(&text);
		query_row_schema(b->queries[i], &text);
		(void)snprintf(label, sizeof label, "query:%.*s:row", SLICE_ARG(b->queries[i]->name));
		need(b, type_set_add(b->types, slice_cstr(label), buf_slice(&text), &b->err));
	}
	need(b, type_set_seal(b->types, &b->err));
}

static uint64_t cpu_ns(void)
{
	struct timespec t;
	ASSERT(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) == 0);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Nanoseconds a call. */
static double measure(struct bench *b, struct sql_session *session, size_t query, unsigned calls)
{
	static struct buf argument = {.cap = 4096};
	static struct buf out = {.cap = 1u << 20};
	const struct sql_host_values host = {.now_ms = 1};
	struct value_writer w;
	const uint64_t start = cpu_ns();
	for (unsigned i = 0; i < calls; i++) {
		buf_clear(&argument);
		buf_clear(&out);
		value_writer_init(&w, &argument);
		value_write_object_begin(&w);
		value_write_key(&w, (uint16_t)type_set_name_id(b->types, SLICE("id")));
		value_write_int(&w, 1 + i % 10);
		if (query == 1) {
			value_write_key(&w, (uint16_t)type_set_name_id(b->types, SLICE("stock")));
			value_write_int(&w, i);
		}
		value_write_object_end(&w);
		need(b, sql_session_run(session, query, buf_slice(&argument), &host, &out, &b->err));
	}
	return (double)(cpu_ns() - start) / calls;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof *values, by_value);
	return values[ROUNDS / 2];
}

static void row(const char *name, double with, double without)
{
	const char *path = getenv("WARD_BENCH_OUT");
	FILE *f = path ? fopen(path, "ae") : NULL;
	(void)fprintf(stderr, "  %s: %.0f ns with, %.0f ns without the authorizer\n", name, with, without);
	if (!f)
		return;
	(void)fprintf(f, "{\"name\":\"%s\",\"unit\":\"ns\",\"ours\":%.1f,\"peer\":%.1f,\"peer_name\":\"no authorizer\",\"ratio\":%.4f}\n", name,
	    with, without, with / without);
	(void)fclose(f);
}

static void pair(struct bench *b, const char *name, size_t query, unsigned calls)
{
	const struct sql_limits limits = SQL_LIMITS_DEFAULT;
	double with[ROUNDS];
	double without[ROUNDS];
	struct sql_session *sessions[2];
	for (int i = 0; i < 2; i++) {
		without_authorizer = i == 1;
		need(b, sql_session_open(b->db, b->queries, 2, b->types, &limits, &b->err, &sessions[i]));
		(void)measure(b, sessions[i], query, calls / 10);
	}
	for (int i = 0; i < ROUNDS; i++) {
		if (i % 2)
			with[i] = measure(b, sessions[0], query, calls);
		without[i] = measure(b, sessions[1], query, calls);
		if (i % 2 == 0)
			with[i] = measure(b, sessions[0], query, calls);
	}
	row(name, median(with), median(without));
	sql_session_free(sessions[0]);
	sql_session_free(sessions[1]);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

int main(void)
{
	struct bench b = {.err = {0}};
	make_app(&b);
	make_types(&b);
	pair(&b, "authorizer-overhead", 0, READS);
	pair(&b, "authorizer-overhead-write", 1, WRITES);
	sql_db_close(b.db);
	type_set_free(b.types);
	arena_done(&b.arena);
	(void)nftw(b.dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return 0;
}

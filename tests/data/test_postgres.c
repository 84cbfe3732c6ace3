/* PostgreSQL: what is derived, what is told, and how sessions run. Exits with 77 where PostgreSQL is not
 * installed. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/derive.h"
#include "data/migration.h"
#include "data/postgres/pg.h"
#include "data/session.h"
#include "os/clock.h"
#include "postgres_server.h"

static struct postgres_server server;
static unsigned databases;

static const char schema[] =
    "CREATE TYPE mood AS ENUM ('good', 'bad');\n"
    "CREATE TABLE users (id bigserial PRIMARY KEY, email text NOT NULL UNIQUE, name text, pw text);\n"
    "-- ward: owner owner_id\n"
    "CREATE TABLE orders (id serial PRIMARY KEY, owner_id text NOT NULL, user_id bigint REFERENCES users ON "
    "DELETE CASCADE,\n"
    "  total integer NOT NULL CHECK (total >= 0), vat numeric(10,2) GENERATED ALWAYS AS (total * 0.2) "
    "STORED, paid boolean NOT NULL DEFAULT false,\n"
    "  at timestamptz NOT NULL, meta jsonb, pic bytea, rate double precision, feeling mood, day date, key "
    "uuid);\n"
    "CREATE TABLE lines (id serial PRIMARY KEY, order_id integer REFERENCES orders ON DELETE CASCADE, sku "
    "text NOT NULL);\n"
    "CREATE TABLE audit (id serial PRIMARY KEY, what text);\n"
    "CREATE VIEW names AS SELECT id, name FROM users;\n"
    "CREATE VIEW buyers AS SELECT n.name, o.total FROM names n JOIN orders o ON o.user_id = n.id;\n"
    "CREATE VIEW plain WITH (security_invoker = true) AS SELECT email FROM users;\n"
    "CREATE FUNCTION logged() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO audit (what) VALUES "
    "(NEW.sku); RETURN NEW; END$$;\n"
    "CREATE TRIGGER log_lines AFTER INSERT ON lines FOR EACH ROW EXECUTE FUNCTION logged();\n"
    "CREATE FUNCTION mails() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(email) FROM users; END;\n"
    "CREATE FUNCTION words() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = public BEGIN "
    "ATOMIC SELECT count(pw) FROM users; END;\n";

struct pg_app {
	char dir[64];
	char url[300];
	struct arena arena;
	struct buf findings, value, json, argument;
	struct sql_schema schema;
	struct type_set *types;
	struct sql_db *db;
	struct sql_session *session;
	const struct sql_query *queries[50];
	struct sql_host_values host;
	struct error err;
};

static void on_finding(void *context, struct slice file, uint32_t line, uint32_t column, uint32_t length,
    const char *code, const char *message, const char *hint)
{
	struct pg_app *app = context;
	(void)length;
	(void)hint;
	buf_printf(&app->findings, "%.*s:%u:%u %s %s\n", SLICE_ARG(file), line, column, code, message);
}

static void write_text(const struct pg_app *app, const char *path, const char *text)
{
	char full[200];
	(void)snprintf(full, sizeof full, "%s/%s", app->dir, path);
	FILE *f = fopen(full, "we");
	assert_true(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void run_as_owner(const char *url, const char *sql)
{
	struct error err = {0};
	PGconn *c = NULL;
	const struct pg_login login = {0};
	if (!is_ok(pg_connect(url, &login, &err, &c)) || !is_ok(pg_run(c, sql, &err)))
		fail_msg("%s: %s", sql, err.text);
	PQfinish(c);
}

/* A database of its own. */
static void app_init(struct pg_app *app, const char *migration, const char *queries)
{
	char path[128];
	char sql[64];
	const char *rest = strstr(server.url, "/postgres?");
	*app = (struct pg_app){.findings = BUF_INIT(1 << 20),
	    .value = BUF_INIT(16 << 20),
	    .json = BUF_INIT(16 << 20),
	    .argument = BUF_INIT(1 << 20)};
	arena_init(&app->arena, 64u << 20);
	(void)snprintf(sql, sizeof sql, "CREATE DATABASE t%u", ++databases);
	run_as_owner(server.url, sql);
	(void)snprintf(app->url, sizeof app->url, "%.*s/t%u?%s", (int)(rest - server.url), server.url,
	    databases, rest + 10);
	(void)snprintf(app->dir, sizeof app->dir, "/tmp/ward-pgapp-XXXXXX");
	assert_non_null(mkdtemp(app->dir));
	(void)snprintf(path, sizeof path, "%s/migrations", app->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof path, "%s/queries", app->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	write_text(app, "migrations/0001_init.sql", migration);
	write_text(app, "queries/all.sql", queries);
	app->host = (struct sql_host_values){.auth_user = SLICE("ann"), .now_ms = 1767323045678};
	if (!is_ok(sql_derive_postgres(
		app->dir, app->url, on_finding, app, &app->arena, &app->err, &app->schema)))
		fail_msg("sql_derive_postgres: %s", app->err.text);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void app_done(struct pg_app *app)
{
	sql_session_free(app->session);
	sql_db_close(app->db);
	type_set_free(app->types);
	arena_done(&app->arena);
	buf_done(&app->findings);
	buf_done(&app->value);
	buf_done(&app->json);
	buf_done(&app->argument);
	(void)nftw(app->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void add_types(struct pg_app *app)
{
	CLEANUP_BUF struct buf text = BUF_INIT(1 << 20);
	char label[200];
	app->types = type_set_new();
	for (size_t i = 0; i < app->schema.query_count; i++) {
		const struct sql_query *q = app->queries[i] = &app->schema.queries[i];
		for (int row = 0; row < 2; row++) {
			buf_clear(&text);
			if (row)
				query_row_schema(q, &text);
			else
				query_params_schema(q, &text);
			(void)snprintf(
			    label, sizeof label, "query:%.*s:%s", SLICE_ARG(q->name), row ? "row" : "params");
			if (!is_ok(type_set_add(app->types, slice_cstr(label), buf_slice(&text), &app->err)))
				fail_msg("%s: %s", label, app->err.text);
		}
	}
	assert_true(is_ok(type_set_seal(app->types, &app->err)));
}

static struct sql_session *open_session(struct pg_app *app)
{
	struct sql_session *session = NULL;
	const struct sql_limits limits = {
	    .busy_ms = 200, .run_ms = 300, .rows_max = 1000, .result_bytes_max = 1 << 20};
	if (!is_ok(sql_session_open(
		app->db, app->queries, app->schema.query_count, app->types, &limits, &app->err, &session)))
		fail_msg("sql_session_open: %s", app->err.text);
	return session;
}

static void app_open(struct pg_app *app)
{
	if (app->findings.len)
		fail_msg("findings:\n%s", buf_cstr(&app->findings));
	add_types(app);
	if (!is_ok(migrations_apply_to(app->dir, app->url, &app->err, NULL)))
		fail_msg("migrations_apply_to: %s", app->err.text);
	if (!is_ok(sql_db_open(app->url, &app->err, &app->db)))
		fail_msg("sql_db_open: %s", app->err.text);
	app->session = open_session(app);
}

static const struct sql_query *find_query(const struct pg_app *app, const char *name, size_t *ret_index)
{
	for (size_t i = 0; i < app->schema.query_count; i++)
		if (slice_eq_cstr(app->schema.queries[i].name, name)) {
			*ret_index = i;
			return &app->schema.queries[i];
		}
	fail_msg("no query %s", name);
	return NULL;
}

static void add_json(struct pg_app *app, const struct type *row, struct slice value)
{
	struct problems problems = {0};
	struct value_item item;
	struct slice rest = value;
	assert_true(value_read(&rest, &item));
	if (item.tag != VALUE_ARRAY) {
		if (item.tag == VALUE_NULL)
			buf_add_cstr(&app->json, "null");
		else if (!is_ok(value_to_json(row, value, &app->json, &problems)))
			fail_msg("%s %s", problems.lines[0].path, problems.lines[0].text);
		return;
	}
	buf_add_char(&app->json, '[');
	rest = item.text;
	for (uint32_t i = 0; i < item.count; i++) {
		struct value_item one;
		const char *start = rest.ptr;
		assert_true(value_read(&rest, &one));
		if (i)
			buf_add_char(&app->json, ',');
		add_json(app, row, slice_of(start, (size_t)(rest.ptr - start)));
	}
	buf_add_char(&app->json, ']');
}

static const char *run_on(
    struct pg_app *app, struct sql_session *session, const char *name, const char *argument)
{
	char label[100];
	size_t index = 0;
	struct problems problems = {0};
	(void)find_query(app, name, &index);
	buf_clear(&app->value);
	buf_clear(&app->json);
	buf_clear(&app->argument);
	(void)snprintf(label, sizeof label, "query:%s:params", name);
	if (!is_ok(value_from_json(type_set_find(app->types, slice_cstr(label)), slice_cstr(argument),
		&app->argument, &problems)))
		fail_msg("argument of %s: %s %s", name, problems.lines[0].path, problems.lines[0].text);
	app->err = (struct error){0};
	if (!is_ok(sql_session_run(
		session, index, buf_slice(&app->argument), &app->host, &app->value, &app->err))) {
		buf_printf(&app->json, "! %s: %s", err_code_name(app->err.code), app->err.text);
		return buf_cstr(&app->json);
	}
	(void)snprintf(label, sizeof label, "query:%s:row", name);
	add_json(app, type_set_find(app->types, slice_cstr(label)), buf_slice(&app->value));
	return buf_cstr(&app->json);
}

static const char *run(struct pg_app *app, const char *name, const char *argument)
{
	return run_on(app, app->session, name, argument);
}

static const char *grants_of(const struct pg_app *app, const char *name)
{
	static char text[4096];
	size_t index;
	size_t n = 0;
	const struct sql_query *q = find_query(app, name, &index);
	text[0] = '\0';
	for (size_t i = 0; i < q->grant_count && n < sizeof text - 300; i++) {
		const struct sql_grant *g = &q->grants[i];
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%.*s%s%.*s %s%s%.*s", i ? "; " : "",
		    SLICE_ARG(g->table), g->column.len ? "." : "", SLICE_ARG(g->column),
		    sql_operation_name(g->operation), g->via.len ? " via " : "", SLICE_ARG(g->via));
	}
	return text;
}

static const char *types_of(const struct pg_app *app, const char *name)
{
	static char text[2048];
	size_t index;
	size_t n = 0;
	const struct sql_query *q = find_query(app, name, &index);
	for (size_t i = 0; i < q->param_count; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, ":%.*s %s%s, ", SLICE_ARG(q->params[i].name),
		    sql_type_name(q->params[i].type), q->params[i].nullable ? "?" : "");
	for (size_t i = 0; i < q->column_count; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%.*s %s%s, ", SLICE_ARG(q->columns[i].name),
		    sql_type_name(q->columns[i].type), q->columns[i].nullable ? "?" : "");
	return text;
}

static void reach_is_the_servers_word(void **state)
{
	struct pg_app app;
	(void)state;
	app_init(&app, schema,
	    "-- name: ThroughViews :many\n-- ward: unowned because a test\nSELECT name, total FROM buyers;\n"
	    "-- name: Invoker :many\nSELECT email FROM plain;\n"
	    "-- name: Writes :many\nWITH gone AS (DELETE FROM users WHERE email = :mail RETURNING id) SELECT "
	    "id FROM gone;\n"
	    "-- name: Upsert :exec\nINSERT INTO users (email, name) VALUES (:mail, :name) ON CONFLICT "
	    "(email) DO UPDATE SET name = excluded.name;\n"
	    "-- name: Star :many\nSELECT * FROM audit;\n"
	    "-- name: Count :one\nSELECT count(*) AS n FROM audit;\n"
	    "-- name: Vat :one\nSELECT vat FROM orders WHERE id = :id AND owner_id = :auth_user;\n"
	    "-- name: Body :one\nSELECT mails() AS n;\n"
	    "-- name: Door :one\nSELECT words() AS n;\n"
	    "-- name: Lock :one\nSELECT email FROM users WHERE id = :id FOR UPDATE;\n");
	assert_string_equal(buf_cstr(&app.findings), "");
	assert_string_equal(grants_of(&app, "ThroughViews"),
	    "buyers.name read; buyers.total read; names.id read via buyers; names.name read via buyers; "
	    "orders.total read via buyers; "
	    "orders.user_id read via buyers; users.id read via names; users.name read via names");
	assert_string_equal(grants_of(&app, "Invoker"), "plain.email read; users.email read");
	assert_string_equal(grants_of(&app, "Writes"),
	    "lines delete via lines.order_id; lines.order_id read via lines.order_id; orders delete via "
	    "orders.user_id; "
	    "orders.user_id read via orders.user_id; users delete; users.email read; users.id read");
	assert_string_equal(grants_of(&app, "Upsert"),
	    "users.email read; users.email insert; users.name read; users.name insert; users.name update");
	assert_string_equal(grants_of(&app, "Star"), "audit.id read; audit.what read");
	assert_string_equal(grants_of(&app, "Count"), "audit.id read");
	assert_string_equal(grants_of(&app, "Vat"),
	    "orders.id read; orders.owner_id read; orders.total read via orders.vat; orders.vat read");
	assert_string_equal(grants_of(&app, "Body"), "users.email read");
	assert_string_equal(grants_of(&app, "Door"), "users.pw read via words(); words() read via words()");
	assert_string_equal(grants_of(&app, "Lock"), "users.email read; users.id read; users.id update");
	app_done(&app);
}

static void types_are_the_servers_word(void **state)
{
	struct pg_app app;
	(void)state;
	app_init(&app, schema,
	    "-- name: All :one\nSELECT id, user_id, total, vat, paid, at, meta, pic, rate, feeling, day, key "
	    "FROM orders\n"
	    "WHERE id = :id AND owner_id = :auth_user;\n"
	    "-- name: Add :one\nINSERT INTO orders (owner_id, user_id, total, at, meta, feeling, key) VALUES "
	    "(:auth_user, :user, :total, :now, :meta, "
	    ":feeling, :key) RETURNING id, at;\n"
	    "-- name: Page :many\nSELECT count(*) AS n, max(total) AS top FROM orders WHERE owner_id = "
	    ":auth_user GROUP BY paid LIMIT :rows;\n");
	assert_string_equal(buf_cstr(&app.findings), "");
	assert_string_equal(types_of(&app, "All"),
	    ":id integer, :auth_user text, id integer, user_id bigint?, total integer, vat numeric?, paid "
	    "boolean, at date, meta json?, pic blob?, "
	    "rate real?, feeling text?, day date?, key text?, ");
	assert_string_equal(types_of(&app, "Add"),
	    ":auth_user text, :user bigint?, :total integer, :now date, :meta json?, "
	    ":feeling text?, :key text?, id integer, at date, ");
	assert_string_equal(
	    types_of(&app, "Page"), ":auth_user text, :rows integer, n integer, top integer?, ");
	app_done(&app);
}

static void what_cannot_be_seen_or_may_not_be_is_told(void **state)
{
	struct pg_app app;
	(void)state;
	app_init(&app, schema,
	    "-- name: Trigger :exec\nINSERT INTO lines (sku) VALUES (:sku);\n"
	    "-- name: ViewWrite :exec\nUPDATE names SET name = :name;\n"
	    "-- name: Typo :one\nSELECT email,\n  nmae FROM users;\n"
	    "-- name: Role :one\nSELECT set_config('role', 'owner', false) AS x;\n"
	    "-- name: File :one\nSELECT pg_read_file('/etc/passwd') AS x;\n"
	    "-- name: Meta :many\nSELECT rolname FROM pg_roles;\n"
	    "-- name: Set :exec\nSET ROLE owner;\n"
	    "-- name: Rows :many\nSELECT total FROM orders;\n"
	    "-- name: Shown :many\nSELECT total FROM buyers;\n"
	    "-- name: List :many\nSELECT array_agg(id) AS ids FROM users;\n");
	assert_string_equal(buf_cstr(&app.findings),
	    "queries/all.sql:2:1 sql-opaque Trigger runs the trigger function logged of lines, whose reach "
	    "cannot be seen\n"
	    "queries/all.sql:4:1 sql-opaque ViewWrite runs a change through the view names, whose reach "
	    "cannot be seen\n"
	    "queries/all.sql:7:3 sql-error column \"nmae\" does not exist\n"
	    "queries/all.sql:9:1 sql-refused a query may not use set_config\n"
	    "queries/all.sql:11:1 sql-refused a query may not use pg_read_file\n"
	    "queries/all.sql:13:1 sql-refused a query may not use a table of the server's own\n"
	    "queries/all.sql:15:1 sql-refused a query may only read and change rows: SET is not yet "
	    "supported in unquoted SQL function body\n"
	    "queries/all.sql:16:10 sql-unbound-rows Rows reaches rows of orders that are not the caller's\n"
	    "queries/all.sql:18:10 sql-unbound-rows Shown reaches rows of buyers that are not the caller's\n"
	    "queries/all.sql:20:10 sql-column-type the type of the column ids of List cannot be told\n");
	app_done(&app);
}

static void nothing_stays_of_a_derivation(void **state)
{
	struct pg_app app;
	struct error err = {0};
	const struct pg_login login = {0};
	PGconn *c = NULL;
	CLEANUP_PG PGresult *rows = NULL;
	(void)state;
	app_init(&app, schema, "-- name: Count :one\nSELECT count(*) AS n FROM audit;\n");
	assert_true(is_ok(pg_connect(app.url, &login, &err, &c)));
	assert_true(is_ok(pg_query(c,
	    "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname IN "
	    "('public', 'ward')",
	    0, NULL, &err, &rows)));
	assert_string_equal(PQgetvalue(rows, 0, 0), "0");
	PQfinish(c);
	write_text(&app, "migrations/0002_bad.sql", "CREATE TABLE x (a int);\nCOMMIT;\n");
	assert_true(is_ok(
	    sql_derive_postgres(app.dir, app.url, on_finding, &app, &app.arena, &app.err, &app.schema)));
	assert_string_equal(buf_cstr(&app.findings), "migrations/0002_bad.sql:2:1 sql-migration a migration "
						     "may not do this (transactions, SET, COPY, DO, CALL)\n");
	app_done(&app);
}

/* The reader of statements knows enough of PostgreSQL to see whose rows they are. */
static void rows_are_bound_in_its_dialect(void **state)
{
	static const char *const bound[] = {"SELECT DISTINCT ON (user_id) id FROM orders WHERE owner_id = "
					    ":auth_user ORDER BY user_id, at DESC",
	    "SELECT id FROM orders WHERE owner_id = :auth_user FOR UPDATE SKIP LOCKED",
	    "SELECT id FROM orders WHERE owner_id = :auth_user AND at > now() - INTERVAL '1 day' AND "
	    "owner_id ~* 'x'",
	    "SELECT id FROM orders WHERE owner_id = :auth_user::text AND (at AT TIME ZONE 'UTC')::date = "
	    "DATE '2026-01-01'",
	    "WITH gone AS (DELETE FROM orders WHERE owner_id = :auth_user RETURNING id) SELECT id FROM gone",
	    "SELECT o.id FROM users u CROSS JOIN LATERAL (SELECT id FROM orders o WHERE o.user_id = u.id AND "
	    "o.owner_id = :auth_user) o",
	    "SELECT id FROM orders WHERE owner_id = :auth_user AND meta @> '{\"a\": 1}' AND meta #>> '{a}' = "
	    "'x'",
	    "SELECT count(*) FILTER (WHERE paid) AS id FROM orders WHERE owner_id = :auth_user"};
	static const char *const not_bound[] = {"SELECT DISTINCT ON (owner_id) id FROM orders",
	    "SELECT id FROM orders WHERE owner_id = ANY (ARRAY[:auth_user])",
	    "WITH gone AS (DELETE FROM orders RETURNING id) SELECT id FROM gone",
	    "SELECT id FROM orders WHERE (owner_id = :auth_user) IS NOT TRUE",
	    "SELECT o.id FROM users u LEFT JOIN LATERAL (SELECT id FROM orders) o ON true"};
	CLEANUP_BUF struct buf queries = BUF_INIT(1 << 16);
	struct pg_app app;
	(void)state;
	for (size_t i = 0; i < sizeof bound / sizeof *bound; i++)
		buf_printf(&queries, "-- name: Bound%zu :many\n%s;\n", i, bound[i]);
	for (size_t i = 0; i < sizeof not_bound / sizeof *not_bound; i++)
		buf_printf(&queries, "-- name: Unbound%zu :many\n%s;\n", i, not_bound[i]);
	app_init(&app, schema, buf_cstr(&queries));
	for (size_t i = 0; i < app.schema.query_count; i++) {
		const struct sql_query *q = &app.schema.queries[i];
		bool want = slice_starts(q->name, SLICE("Bound"));
		if (q->constrains_owner != want || (q->unbound_table.len == 0) != want)
			fail_msg(
			    "%.*s: %.*s\n%s", SLICE_ARG(q->name), SLICE_ARG(q->sql), buf_cstr(&app.findings));
	}
	app_done(&app);
}

static void a_plan_tries_and_undoes(void **state)
{
	struct pg_app app;
	CLEANUP_BUF struct buf plan = BUF_INIT(10000);
	size_t applied = 0;
	(void)state;
	app_init(&app, schema, "-- name: Count :one\nSELECT count(*) AS n FROM audit;\n");
	assert_true(is_ok(migrations_apply_to(app.dir, app.url, &app.err, &applied)));
	assert_int_equal(applied, 1);
	write_text(&app, "migrations/0002_more.sql",
	    "CREATE TABLE more (id int);\nALTER TABLE audit ADD COLUMN who text;\n");
	assert_true(is_ok(migrations_plan_to(app.dir, app.url, &plan, &app.err)));
	assert_string_equal(buf_cstr(&plan),
	    "apply migrations/0002_more.sql\n    CREATE TABLE more\n    ALTER TABLE audit ADD\n");
	write_text(&app, "migrations/0003_bad.sql", "INSERT INTO nowhere VALUES (1);\n");
	assert_false(is_ok(migrations_plan_to(app.dir, app.url, &plan, &app.err)));
	assert_string_equal(app.err.text, "migrations/0003_bad.sql: relation \"nowhere\" does not exist");
	assert_false(is_ok(migrations_apply_to(app.dir, app.url, &app.err, &applied)));
	write_text(&app, "migrations/0003_bad.sql", "CREATE TABLE third (id int);\n");
	assert_true(is_ok(migrations_apply_to(app.dir, app.url, &app.err, &applied)));
	assert_int_equal(applied, 1);
	write_text(&app, "migrations/0002_more.sql", "CREATE TABLE more (id bigint);\n");
	assert_false(is_ok(migrations_apply_to(app.dir, app.url, &app.err, &applied)));
	assert_non_null(strstr(app.err.text, "migrations/0002_more.sql changed after it was applied"));
	app_done(&app);
}

static const char run_queries[] =
    "-- name: Add :one\nINSERT INTO orders (owner_id, total, at, meta, pic, rate, feeling, day, key) VALUES "
    "(:auth_user, :total, :now, :meta, :pic, "
    ":rate, :feeling, :day, :key) RETURNING id;\n"
    "-- name: Get :one\nSELECT id, total, vat, paid, at, meta, pic, rate, feeling, day, key FROM orders "
    "WHERE id = :id AND owner_id = :auth_user;\n"
    "-- name: List :many\nSELECT id, total FROM orders WHERE owner_id = :auth_user ORDER BY id;\n"
    "-- name: Pay :exec\nUPDATE orders SET paid = true WHERE id = :id AND owner_id = :auth_user;\n"
    "-- name: User :one\nINSERT INTO users (email) VALUES (:mail) RETURNING id;\n"
    "-- name: Find :many\nSELECT id FROM users WHERE email = :mail OR name = :mail;\n"
    "-- name: Loop :one\nWITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS "
    "c FROM n WHERE i < 0;\n"
    "-- name: Many :many\nSELECT generate_series(1, :n) AS i;\n";

static void rows_go_in_and_come_back(void **state)
{
	struct pg_app app;
	(void)state;
	app_init(&app, schema, run_queries);
	app_open(&app);
	assert_string_equal(run(&app, "Add",
				"{\"total\":10,\"meta\":{\"a\":[1,2.5,null]},\"pic\":\"AAEC\",\"rate\":0.1,"
				"\"feeling\":\"good\",\"day\":\"2026-02-03T00:00:00Z\","
				"\"key\":\"6f1e9cf4-6f44-4f9e-9d3c-0d6a1c1f0a01\"}"),
	    "{\"id\":1}");
	assert_string_equal(run(&app, "Get", "{\"id\":1}"),
	    "{\"id\":1,\"total\":10,\"vat\":\"2.00\",\"paid\":false,\"at\":\"2026-01-02T03:04:05.678Z\","
	    "\"meta\":{\"a\":[1,2.5,null]},\"pic\":\"AAEC\","
	    "\"rate\":0.1,\"feeling\":\"good\",\"day\":\"2026-02-03T00:00:00.000Z\",\"key\":\"6f1e9cf4-6f44-"
	    "4f9e-9d3c-0d6a1c1f0a01\"}");
	assert_string_equal(run(&app, "Pay", "{\"id\":1}"), "{\"changes\":1,\"lastId\":0}");
	assert_string_equal(run(&app, "Pay", "{\"id\":9}"), "{\"changes\":0,\"lastId\":0}");
	assert_string_equal(run(&app, "Get", "{\"id\":9}"), "null");
	assert_string_equal(run(&app, "List", "{}"), "[{\"id\":1,\"total\":10}]");
	app.host.auth_user = SLICE("bob");
	assert_string_equal(run(&app, "List", "{}"), "[]");
	assert_string_equal(run(&app, "User", "{\"mail\":\"a@b\"}"), "{\"id\":\"1\"}");
	assert_string_equal(
	    run(&app, "User", "{\"mail\":\"a@b\"}"), "! conflict: a row with these values is there already");
	assert_string_equal(
	    run(&app, "Add", "{\"total\":-1}"), "! conflict: the database does not accept these values");
	assert_string_equal(run(&app, "Add", "{\"total\":1,\"feeling\":\"odd\"}"),
	    "! invalid: a value does not fit its column");
	assert_string_equal(
	    run(&app, "Add", "{\"total\":3000000000}"), "! invalid: a value does not fit its column");
	assert_string_equal(run(&app, "Find", "{\"mail\":\"' OR 1=1 --\"}"), "[]");
	assert_string_equal(run(&app, "Find", "{\"mail\":\"a\\u0000b\"}"),
	    "! invalid: parameter mail must be text, without NUL");
	app_done(&app);
}

static void limits_hold(void **state)
{
	struct pg_app app;
	(void)state;
	app_init(&app, schema, run_queries);
	app_open(&app);
	uint64_t start = clock_mono_ns();
	assert_string_equal(run(&app, "Loop", "{}"), "! timeout: the query took too long");
	assert_true(clock_mono_ns() - start < 2000000000u);
	assert_string_equal(run(&app, "Many", "{\"n\":2000000}"),
	    "! limit: the query has more rows than it may return; add a LIMIT");
	assert_string_equal(run(&app, "Many", "{\"n\":2}"), "[{\"i\":1},{\"i\":2}]");
	/* The server goes away with the connection, and comes back. */
	run_as_owner(server.url,
	    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'ward\\_%'");
	assert_string_equal(run(&app, "Many", "{\"n\":1}")[0] == '!' ? "lost" : "kept", "lost");
	assert_string_equal(run(&app, "Many", "{\"n\":1}"), "[{\"i\":1}]");
	app_done(&app);
}

static void a_transaction_is_all_or_nothing(void **state)
{
	struct pg_app app;
	(void)state;
	app_init(&app, schema, run_queries);
	app_open(&app);
	struct sql_session *other = open_session(&app);
	assert_true(is_ok(sql_session_begin(app.session, 0, &app.err)));
	assert_string_equal(run(&app, "User", "{\"mail\":\"x\"}"), "{\"id\":\"1\"}");
	assert_string_equal(
	    run(&app, "User", "{\"mail\":\"x\"}"), "! conflict: a row with these values is there already");
	assert_string_equal(run(&app, "User", "{\"mail\":\"y\"}"), "{\"id\":\"3\"}");
	assert_string_equal(run_on(&app, other, "Find", "{\"mail\":\"y\"}"), "[]");
	assert_true(is_ok(sql_session_commit(app.session, &app.err)));
	assert_string_equal(run_on(&app, other, "Find", "{\"mail\":\"y\"}"), "[{\"id\":\"3\"}]");
	assert_true(is_ok(sql_session_begin(app.session, 0, &app.err)));
	(void)run(&app, "User", "{\"mail\":\"z\"}");
	sql_session_free(app.session); /* its holder is gone, and its connection goes back to the pool */
	app.session = other;
	assert_string_equal(run(&app, "Find", "{\"mail\":\"z\"}"), "[]");
	other = open_session(&app);
	assert_string_equal(run_on(&app, other, "User", "{\"mail\":\"z\"}")[0] == '!' ? "" : "ok", "ok");
	sql_session_free(other);
	app_done(&app);
}

/* What PUBLIC may do, every role may; such a database is not served. */
static void rights_of_public_are_refused(void **state)
{
	struct pg_app app;
	struct sql_session *session = NULL;
	const struct sql_limits limits = SQL_LIMITS_DEFAULT;
	(void)state;
	app_init(&app, schema, run_queries);
	app_open(&app);
	run_as_owner(app.url, "GRANT SELECT (pw) ON users TO PUBLIC");
	result r = sql_session_open(app.db, app.queries, 1, app.types, &limits, &app.err, &session);
	assert_int_equal(r.code, ERR_DENIED);
	assert_string_equal(
	    app.err.text, "users.pw is open to every role of the database; REVOKE it FROM PUBLIC");
	app_done(&app);
}

static void fill(char *out, size_t size, const char *form, const char *role)
{
	const char *at = strstr(form, "%s");
	(void)snprintf(out, size, "%.*s%s%s", (int)(at - form), form, role, at + 2);
}

/* So is a role of a function that somebody has made more of. */
static void a_role_that_was_widened_is_refused(void **state)
{
	static const char *const ways[][2] = {
	    {"DO $$ BEGIN EXECUTE 'GRANT pg_read_all_data TO ' || %s; END $$", "DO $$ BEGIN EXECUTE 'REVOKE pg_read_all_data FROM ' || %s; END $$"},
	    {"DO $$ BEGIN EXECUTE 'ALTER ROLE ' || %s || ' SUPERUSER'; END $$", "DO $$ BEGIN EXECUTE 'ALTER ROLE ' || %s || ' NOSUPERUSER'; END $$"}};
	static const char newest[] = "(SELECT rolname FROM pg_roles WHERE rolname LIKE 'ward\\_%' ORDER BY oid DESC LIMIT 1)";
	(void)state;
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		struct pg_app app;
		struct sql_session *session = NULL;
		struct sql_db *again = NULL;
		const struct sql_limits limits = SQL_LIMITS_DEFAULT;
		char sql[400];
		app_init(&app, schema, run_queries);
		app_open(&app);
		fill(sql, sizeof sql, ways[i][0], newest);
		run_as_owner(app.url, sql);
		assert_true(is_ok(sql_db_open(app.url, &app.err, &again)));
		result r = sql_session_open(
		    again, app.queries, app.schema.query_count, app.types, &limits, &app.err, &session);
		assert_int_equal(r.code, ERR_DENIED);
		assert_non_null(strstr(app.err.text, "has been given more than ward gave it"));
		fill(sql, sizeof sql, ways[i][1], newest);
		run_as_owner(app.url, sql);
		sql_db_close(again);
		app_done(&app);
	}
}

/* Someone who has the session's connection has its role, and no way back to a stronger one. */
static void a_role_cannot_become_another(void **state)
{
	static const char *const attempts[] = {"RESET ROLE; SELECT pw FROM users", "SET ROLE owner",
	    "SET SESSION AUTHORIZATION owner", "RESET SESSION AUTHORIZATION; SELECT pw FROM users",
	    "SELECT secret FROM ward.secret", "CREATE TABLE x (a int)", "ALTER ROLE CURRENT_USER SUPERUSER",
	    "GRANT SELECT ON users TO CURRENT_USER", "SELECT pg_read_file('/etc/passwd')",
	    "COPY users TO '/tmp/x'", "COPY (SELECT 1) TO PROGRAM 'id'",
	    "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'"};
	struct pg_app app;
	(void)state;
	app_init(&app, schema, run_queries);
	for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
		struct sql_query forged = {
		    .name = SLICE("List"), .kind = QUERY_EXEC, .sql = slice_cstr(attempts[i])};
		const struct sql_query *one = &forged;
		struct sql_session *session = NULL;
		const struct sql_limits limits = SQL_LIMITS_DEFAULT;
		struct type_set *types = type_set_new();
		assert_true(is_ok(type_set_add(types, SLICE("query:List:row"),
		    SLICE("{\"type\":\"object\",\"properties\":{\"changes\":{\"type\":\"integer\"},"
			  "\"lastId\":{\"type\":\"integer\"}}}"),
		    &app.err)));
		assert_true(is_ok(type_set_seal(types, &app.err)));
		if (!app.db) {
			assert_true(is_ok(migrations_apply_to(app.dir, app.url, &app.err, NULL)));
			assert_true(is_ok(sql_db_open(app.url, &app.err, &app.db)));
		}
		assert_true(is_ok(sql_session_open(app.db, &one, 1, types, &limits, &app.err, &session)));
		buf_clear(&app.value);
		if (is_ok(sql_session_run(session, 0, SLICE_NONE, &app.host, &app.value, &app.err)))
			fail_msg("was allowed: %s", attempts[i]);
		sql_session_free(session);
		type_set_free(types);
	}
	app_done(&app);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reach_is_the_servers_word),
	    cmocka_unit_test(types_are_the_servers_word),
	    cmocka_unit_test(what_cannot_be_seen_or_may_not_be_is_told),
	    cmocka_unit_test(rows_are_bound_in_its_dialect),
	    cmocka_unit_test(a_plan_tries_and_undoes),
	    cmocka_unit_test(nothing_stays_of_a_derivation),
	    cmocka_unit_test(rows_go_in_and_come_back),
	    cmocka_unit_test(limits_hold),
	    cmocka_unit_test(a_transaction_is_all_or_nothing),
	    cmocka_unit_test(rights_of_public_are_refused),
	    cmocka_unit_test(a_role_that_was_widened_is_refused),
	    cmocka_unit_test(a_role_cannot_become_another),
	};
	if (!postgres_server_start(&server)) {
		(void)printf("skipped: PostgreSQL is not installed\n");
		return 77;
	}
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	postgres_server_stop(&server);
	return failed;
}

/*
 * Bringing a database up to date with migrations/: which are applied is kept in the database itself, in
 * ward_migrations, written in the same transaction as what they did.
 */
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "data/migration.h"
#include "data/postgres/pg_migrate.h"
#include "data/derive/scan.h"
#include "data/sqlite/sqlite_open.h"

#define MIGRATION_ARENA_BYTES (64u << 20)
#define MIGRATION_BUSY_MS 10000u

static const char record_table[] =
    "CREATE TABLE IF NOT EXISTS ward_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, "
    "checksum TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT";

static const struct migration *find(const struct migrations *all, uint32_t number)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].number == number)
			return &all->items[i];
	return NULL;
}

static result check_one(
    sqlite3_stmt *row, const struct migrations *all, uint32_t *ret_number, struct error *err)
{
	const char *name = (const char *)sqlite3_column_text(row, 1);
	const char *checksum = (const char *)sqlite3_column_text(row, 2);
	if (!name || !checksum)
		return error_set(err, ERR_MEMORY, "no memory to read ward_migrations");
	*ret_number = (uint32_t)sqlite3_column_int64(row, 0);
	return migration_check_recorded(all, *ret_number, name, checksum, err);
}

/* Whether what was applied is what the files say. *ret_last: the highest applied, or -1. */
static result check_applied(sqlite3 *db, const struct migrations *all, struct error *err, int64_t *ret_last)
{
	sqlite3_stmt *rows = NULL;
	int64_t last = -1;
	result r = RESULT_OK;
	if (sqlite3_prepare_v2(db, "SELECT number, name, checksum FROM ward_migrations ORDER BY number", -1,
		&rows, NULL) != SQLITE_OK)
		return sqlite_failed(db, err, "cannot read ward_migrations");
	while (is_ok(r) && sqlite3_step(rows) == SQLITE_ROW) {
		uint32_t number = 0;
		r = check_one(rows, all, &number, err);
		last = number;
	}
	if (sqlite3_finalize(rows) != SQLITE_OK && is_ok(r))
		r = sqlite_failed(db, err, "cannot read ward_migrations");
	if (is_ok(r))
		*ret_last = last;
	return r;
}

static result is_applied(sqlite3 *db, const struct migration *m, struct error *err, bool *ret)
{
	sqlite3_stmt *row = NULL;
	if (sqlite3_prepare_v2(db, "SELECT 1 FROM ward_migrations WHERE number = ?1", -1, &row, NULL) !=
	    SQLITE_OK)
		return sqlite_failed(db, err, "cannot read ward_migrations");
	(void)sqlite3_bind_int64(row, 1, m->number);
	*ret = sqlite3_step(row) == SQLITE_ROW;
	return sqlite3_finalize(row) == SQLITE_OK ? RESULT_OK
						  : sqlite_failed(db, err, "cannot read ward_migrations");
}

static result record(sqlite3 *db, const struct migration *m, struct error *err)
{
	sqlite3_stmt *row = NULL;
	if (sqlite3_prepare_v2(db,
		"INSERT INTO ward_migrations VALUES (?1, ?2, ?3, strftime('%Y-%m-%dT%H:%M:%SZ'))", -1, &row,
		NULL) != SQLITE_OK)
		return sqlite_failed(db, err, "cannot record a migration");
	(void)sqlite3_bind_int64(row, 1, m->number);
	(void)sqlite3_bind_text(row, 2, m->name.ptr, (int)m->name.len, SQLITE_STATIC);
	(void)sqlite3_bind_text(row, 3, m->checksum, -1, SQLITE_STATIC);
	(void)sqlite3_step(row);
	return sqlite3_finalize(row) == SQLITE_OK ? RESULT_OK
						  : sqlite_failed(db, err, "cannot record a migration");
}

/* Foreign keys are off while tables are rebuilt, so they are checked as a whole before anything is kept. */
static result check_foreign_keys(sqlite3 *db, const struct migration *m, struct error *err)
{
	sqlite3_stmt *row = NULL;
	result r = RESULT_OK;
	if (sqlite3_prepare_v2(db, "PRAGMA foreign_key_check", -1, &row, NULL) != SQLITE_OK)
		return sqlite_failed(db, err, "cannot check foreign keys");
	if (sqlite3_step(row) == SQLITE_ROW)
		r = error_set(err, ERR_CONFLICT,
		    "migrations/%.*s leaves a row of %s that refers to no row of %s", SLICE_ARG(m->name),
		    sqlite3_column_text(row, 0), sqlite3_column_text(row, 2));
	(void)sqlite3_finalize(row);
	return r;
}

static result apply_in_transaction(sqlite3 *db, const struct migration *m, struct error *err)
{
	bool done;
	/* Another ward may have been faster. */
	TRY(is_applied(db, m, err, &done));
	if (done)
		return RESULT_OK;
	TRY(migration_execute(db, m, NULL, err));
	TRY(check_foreign_keys(db, m, err));
	return record(db, m, err);
}

static result apply_one(sqlite3 *db, const struct migration *m, struct error *err)
{
	TRY(sqlite_run(db, "BEGIN IMMEDIATE", err));
	result r = apply_in_transaction(db, m, err);
	if (is_ok(r))
		r = sqlite_run(db, "COMMIT", err);
	if (!is_ok(r))
		ignore_result(sqlite_run(db, "ROLLBACK", NULL)); /* the first failure is the one to tell */
	return r;
}

/* What is not applied yet, in order; an older number than the newest applied one cannot be slipped in. */
static result pending(sqlite3 *db, const struct migrations *all, struct error *err, size_t *ret_first)
{
	int64_t last;
	size_t first = 0;
	TRY(check_applied(db, all, err, &last));
	for (; first < all->count && (int64_t)all->items[first].number <= last; first++) {
		bool done;
		TRY(is_applied(db, &all->items[first], err, &done));
		if (!done)
			return migration_late(&all->items[first], last, err);
	}
	*ret_first = first;
	return RESULT_OK;
}

static result apply_all(sqlite3 *db, const struct migrations *all, struct error *err, size_t *ret_applied)
{
	size_t first;
	TRY(sqlite_run(db, record_table, err));
	TRY(pending(db, all, err, &first));
	for (size_t i = first; i < all->count; i++)
		TRY(apply_one(db, &all->items[i], err));
	if (ret_applied)
		*ret_applied = all->count - first;
	return RESULT_OK;
}

static result database_path(const char *state_dir, char path[PATH_MAX], struct error *err)
{
	int n = snprintf(path, PATH_MAX, "%s/app.db", state_dir);
	return n < 0 || n >= PATH_MAX
		   ? error_set(err, ERR_LIMIT, "the path of the state directory is too long")
		   : RESULT_OK;
}

static result apply_postgres(
    const char *url, const struct migrations *all, struct error *err, size_t *ret_applied)
{
	const struct pg_login login = {0};
	PGconn *c = NULL;
	TRY(pg_connect(url, &login, err, &c));
	result r = pg_migrations_run(c, all, false, NULL, err, ret_applied);
	PQfinish(c);
	return r;
}

result migrations_apply_to(const char *app_dir, const char *where, struct error *err, size_t *ret_applied)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT(MIGRATION_ARENA_BYTES);
	struct migrations all;
	sqlite3 *db = NULL;
	TRY(migrations_read(app_dir, &arena, err, &all));
	if (pg_is_url(where))
		return apply_postgres(where, &all, err, ret_applied);
	TRY(sqlite_connect(where, SQLITE_USE_MIGRATE, DURABLE_AGAINST_POWER, MIGRATION_BUSY_MS, err, &db));
	result r = apply_all(db, &all, err, ret_applied);
	(void)sqlite3_close_v2(db);
	return r;
}

result migrations_apply(const char *app_dir, const char *state_dir, struct error *err, size_t *ret_applied)
{
	char path[PATH_MAX];
	TRY(database_path(state_dir, path, err));
	return migrations_apply_to(app_dir, path, err, ret_applied);
}

static bool has_records(sqlite3 *db)
{
	return sqlite3_table_column_metadata(
		   db, "main", "ward_migrations", NULL, NULL, NULL, NULL, NULL, NULL) == SQLITE_OK;
}

static void status_line(sqlite3 *db, const struct migration *m, struct buf *out)
{
	sqlite3_stmt *row = NULL;
	const char *state = "waiting";
	const char *when = "";
	if (sqlite3_prepare_v2(db, "SELECT checksum, applied_at FROM ward_migrations WHERE number = ?1", -1,
		&row, NULL) == SQLITE_OK &&
	    sqlite3_bind_int64(row, 1, m->number) == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW) {
		const char *checksum = (const char *)sqlite3_column_text(row, 0);
		state = checksum && strcmp(checksum, m->checksum) == 0 ? "applied"
								       : "CHANGED since it was applied";
		when = (const char *)sqlite3_column_text(row, 1);
	}
	buf_printf(out, "%-40.*s %s %s\n", SLICE_ARG(m->name), state, when ? when : "");
	(void)sqlite3_finalize(row);
}

static result status_on(sqlite3 *db, const struct migrations *all, struct buf *out, struct error *err)
{
	sqlite3_stmt *row = NULL;
	for (size_t i = 0; i < all->count; i++)
		status_line(db, &all->items[i], out);
	if (!has_records(db))
		return RESULT_OK;
	if (sqlite3_prepare_v2(
		db, "SELECT number, name FROM ward_migrations ORDER BY number", -1, &row, NULL) != SQLITE_OK)
		return sqlite_failed(db, err, "cannot read ward_migrations");
	while (sqlite3_step(row) == SQLITE_ROW)
		if (!find(all, (uint32_t)sqlite3_column_int64(row, 0)))
			buf_printf(
			    out, "%-40s MISSING, and applied\n", (const char *)sqlite3_column_text(row, 1));
	(void)sqlite3_finalize(row);
	return RESULT_OK;
}

result migrations_status(const char *app_dir, const char *state_dir, struct buf *out, struct error *err)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT(MIGRATION_ARENA_BYTES);
	char path[PATH_MAX];
	struct migrations all;
	sqlite3 *db = NULL;
	TRY(database_path(state_dir, path, err));
	TRY(migrations_read(app_dir, &arena, err, &all));
	enum sqlite_use use = access(path, F_OK) == 0 ? SQLITE_USE_READONLY : SQLITE_USE_SCRATCH;
	TRY(sqlite_connect(path, use, DURABLE_AGAINST_KILL, MIGRATION_BUSY_MS, err, &db));
	result r = status_on(db, &all, out, err);
	(void)sqlite3_close_v2(db);
	return r;
}

/* The first words of each statement: "CREATE TABLE orders". */
static void summarize(const struct migration *m, struct buf *plan)
{
	struct sql_scan scan = {.text = m->text};
	unsigned words = 0;
	bool body = false;
	for (;;) {
		struct sql_token token = sql_scan_code(&scan);
		if (token.kind == SQL_TOKEN_END)
			break;
		/* The body of a trigger holds semicolons of its own; its END closes the statement. */
		body = words > 0 && (body || sql_token_is(token, "BEGIN")) && !sql_token_is(token, "END");
		if (sql_token_is(token, ";")) {
			words = body ? words : 0;
			continue;
		}
		if (words < 4 && token.kind != SQL_TOKEN_MARK) {
			buf_add_cstr(plan, words == 0 ? "\n    " : " ");
			buf_add_slice(plan, token.text);
		}
		words = token.kind == SQL_TOKEN_MARK && words < 4 ? 4 : words + 1;
	}
	buf_add_char(plan, '\n');
}

/* On the data themselves, then undone: what would fail says so now. */
static result try_all(sqlite3 *db, const struct migrations *all, size_t first, struct error *err)
{
	result r = RESULT_OK;
	TRY(sqlite_run(db, "BEGIN IMMEDIATE", err));
	for (size_t i = first; is_ok(r) && i < all->count; i++) {
		r = migration_execute(db, &all->items[i], NULL, err);
		if (is_ok(r))
			r = check_foreign_keys(db, &all->items[i], err);
	}
	ignore_result(sqlite_run(db, "ROLLBACK", NULL)); /* closing the connection rolls back as well */
	return r;
}

static result write_plan(const struct migrations *all, size_t first, struct buf *plan, struct error *err)
{
	if (first == all->count)
		buf_add_cstr(plan, "nothing to apply\n");
	for (size_t i = first; i < all->count; i++) {
		buf_printf(plan, "apply migrations/%.*s", SLICE_ARG(all->items[i].name));
		summarize(&all->items[i], plan);
	}
	return buf_ok(plan) ? RESULT_OK
			    : error_set(err, ERR_LIMIT, "the plan is longer than %zu bytes", plan->cap);
}

static result plan_on(sqlite3 *db, const struct migrations *all, struct buf *plan, struct error *err)
{
	size_t first = 0;
	if (has_records(db))
		TRY(pending(db, all, err, &first));
	TRY(try_all(db, all, first, err));
	return write_plan(all, first, plan, err);
}

/* What the trial applied are the last ones: what is applied already comes before. */
static result plan_postgres(
    const char *url, const struct migrations *all, struct buf *plan, struct error *err)
{
	const struct pg_login login = {0};
	PGconn *c = NULL;
	size_t applied = 0;
	TRY(pg_connect(url, &login, err, &c));
	result r = pg_run(c, "BEGIN", err);
	if (is_ok(r))
		r = pg_migrations_run(c, all, true, NULL, err, &applied);
	ignore_result(pg_run(c, "ROLLBACK", NULL)); /* closing the connection does the same */
	PQfinish(c);
	TRY(r);
	return write_plan(all, all->count - applied, plan, err);
}

result migrations_plan_to(const char *app_dir, const char *where, struct buf *plan, struct error *err)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT(MIGRATION_ARENA_BYTES);
	struct migrations all;
	sqlite3 *db = NULL;
	TRY(migrations_read(app_dir, &arena, err, &all));
	if (pg_is_url(where))
		return plan_postgres(where, &all, plan, err);
	enum sqlite_use use = access(where, F_OK) == 0 ? SQLITE_USE_MIGRATE : SQLITE_USE_SCRATCH;
	TRY(sqlite_connect(where, use, DURABLE_AGAINST_KILL, MIGRATION_BUSY_MS, err, &db));
	result r = plan_on(db, &all, plan, err);
	(void)sqlite3_close_v2(db);
	return r;
}

result migrations_plan(const char *app_dir, const char *state_dir, struct buf *plan, struct error *err)
{
	char path[PATH_MAX];
	TRY(database_path(state_dir, path, err));
	return migrations_plan_to(app_dir, path, plan, err);
}

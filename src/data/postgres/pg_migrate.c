/* Callers: migrations_apply_to(), derive_postgres.c. */
#include "data/postgres/pg_migrate.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "data/derive/scan.h"

static const char record_table[] = "CREATE SCHEMA IF NOT EXISTS ward; REVOKE ALL ON SCHEMA ward FROM PUBLIC; "
				   "CREATE TABLE IF NOT EXISTS ward.migrations (number integer PRIMARY KEY, "
				   "name text NOT NULL, checksum text NOT NULL, "
				   "applied_at timestamptz NOT NULL DEFAULT now())";

static result fault_at(const struct migration *m, struct slice where, const char *why,
    struct migration_fault *fault, struct error *err)
{
	if (fault) {
		fault->migration = m;
		fault->where = where;
		(void)snprintf(fault->text, sizeof fault->text, "%s", why);
	}
	return error_set(err, ERR_INVALID, "migrations/%.*s: %s", SLICE_ARG(m->name), why);
}

static bool is_refused(struct sql_token first)
{
	static const char *const words[] = {"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT",
	    "SAVEPOINT", "RELEASE", "PREPARE", "SET", "RESET", "DISCARD", "COPY", "LOAD", "LISTEN", "NOTIFY",
	    "VACUUM", "DO", "CALL"};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (sql_token_is(first, words[i]))
			return true;
	return false;
}

result pg_migration_check(const struct migration *m, struct migration_fault *fault, struct error *err)
{
	struct sql_scan scan = {.text = m->text, .postgres = true};
	struct sql_token before = {0};
	bool starts = true;
	unsigned body = 0; /* BEGIN ATOMIC ... END, with CASE ... END inside */
	for (struct sql_token t = sql_scan_code(&scan); t.kind != SQL_TOKEN_END; t = sql_scan_code(&scan)) {
		if (t.kind == SQL_TOKEN_BROKEN)
			return fault_at(m, t.text, "a string, name or comment that does not end", fault, err);
		if (body > 0) {
			body += sql_token_is(t, "CASE");
			body -= sql_token_is(t, "END");
		} else if (sql_token_is(before, "BEGIN") && sql_token_is(t, "ATOMIC")) {
			body = 1;
		} else if (starts && is_refused(t)) {
			return fault_at(m, t.text,
			    "a migration may not do this (transactions, SET, COPY, DO, CALL)", fault, err);
		}
		starts = body == 0 && sql_token_is(t, ";");
		before = t;
	}
	return RESULT_OK;
}

static result execute(PGconn *c, const struct migration *m, struct migration_fault *fault, struct error *err)
{
	TRY(pg_migration_check(m, fault, err));
	CLEANUP_PG PGresult *done = PQexec(c, m->text.ptr);
	ExecStatusType status = PQresultStatus(done);
	if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
		const char *position = PQresultErrorField(done, PG_DIAG_STATEMENT_POSITION);
		const char *why = PQresultErrorField(done, PG_DIAG_MESSAGE_PRIMARY);
		size_t at = position ? strtoul(position, NULL, 10) : 0;
		const char *p = m->text.ptr;
		for (size_t n = 1; n < at && p < m->text.ptr + m->text.len; n++)
			do
				p++;
			while (((unsigned char)*p & 0xc0u) == 0x80);
		return fault_at(m, slice_of(p, 0), why ? why : PQerrorMessage(c), fault, err);
	}
	if (PQtransactionStatus(c) != PQTRANS_INTRANS)
		return fault_at(
		    m, slice_of(m->text.ptr, 0), "it ended the transaction that it ran in", fault, err);
	return RESULT_OK;
}

static result record(PGconn *c, const struct migration *m, struct error *err)
{
	char number[16];
	char name[300];
	const char *values[] = {number, name, m->checksum};
	CLEANUP_PG PGresult *rows = NULL;
	(void)snprintf(number, sizeof number, "%u", m->number);
	(void)snprintf(name, sizeof name, "%.*s", SLICE_ARG(m->name));
	return pg_query(c,
	    "INSERT INTO ward.migrations (number, name, checksum) VALUES ($1::int, $2, $3) RETURNING number",
	    3, values, err, &rows);
}

static result run_one(
    PGconn *c, const struct migration *m, bool trial, struct migration_fault *fault, struct error *err)
{
	if (!trial)
		TRY(pg_run(c, "BEGIN", err));
	result r = execute(c, m, fault, err);
	if (is_ok(r) && !trial)
		r = record(c, m, err);
	if (is_ok(r) && !trial)
		return pg_run(c, "COMMIT", err);
	if (!is_ok(r) && !trial)
		ignore_result(pg_run(c, "ROLLBACK", NULL)); /* the first failure is the one to tell */
	return r;
}

static result check_recorded(
    PGconn *c, const struct migrations *all, struct error *err, int64_t *ret_last, bool *applied)
{
	CLEANUP_PG PGresult *rows = NULL;
	TRY(pg_query(
	    c, "SELECT number, name, checksum FROM ward.migrations ORDER BY number", 0, NULL, err, &rows));
	*ret_last = -1;
	for (int i = 0; i < PQntuples(rows); i++) {
		uint32_t number = pg_cell_oid(rows, i, 0);
		TRY(migration_check_recorded(
		    all, number, PQgetvalue(rows, i, 1), PQgetvalue(rows, i, 2), err));
		for (size_t k = 0; k < all->count; k++)
			applied[k] = applied[k] || all->items[k].number == number;
		*ret_last = number;
	}
	return RESULT_OK;
}

static result run_missing(PGconn *c, const struct migrations *all, bool trial, bool *applied,
    struct migration_fault *fault, struct error *err, size_t *ret_applied)
{
	int64_t last;
	size_t count = 0;
	TRY(check_recorded(c, all, err, &last, applied));
	for (size_t i = 0; i < all->count; i++) {
		if (applied[i])
			continue;
		if ((int64_t)all->items[i].number < last)
			return migration_late(&all->items[i], last, err);
		TRY(run_one(c, &all->items[i], trial, fault, err));
		count++;
	}
	if (ret_applied)
		*ret_applied = count;
	return RESULT_OK;
}

result pg_migrations_run(PGconn *c, const struct migrations *all, bool trial, struct migration_fault *fault,
    struct error *err, size_t *ret_applied)
{
	bool *applied = calloc(all->count + 1, sizeof *applied);
	if (!applied)
		return error_set(err, ERR_MEMORY, "no memory for migrations");
	/* Two wards that start at once take turns; the lock ends with the connection. */
	result r = trial ? RESULT_OK : pg_run(c, "SELECT pg_advisory_lock(8463017)", err);
	if (is_ok(r))
		r = pg_run(c, record_table, err);
	if (is_ok(r))
		r = run_missing(c, all, trial, applied, fault, err, ret_applied);
	if (!trial)
		ignore_result(pg_run(
		    c, "SELECT pg_advisory_unlock(8463017)", NULL)); /* it ends with the connection anyway */
	free(applied);
	return r;
}

/*
 * Sessions on SQLite: one connection a session, with the authorizer of its function on it from the first
 * statement to the last, and every query prepared once. The file is in WAL mode, so readers and the one
 * writer do not wait.
 */
#include <stdio.h>
#include <stdlib.h>

#include "data/sqlite/authority.h"
#include "data/internal.h"
#include "data/sqlite/settings.h"
#include "data/sqlite/sqlite_open.h"
#include "data/sqlite/sqlite_row.h"
#include "os/clock.h"

#define STEPS_PER_CHECK 2000
#define EXEC_RESULT_BYTES 64u
#define HOLD_READS_MAX 1000u

struct sqlite_db {
	struct sql_db base;
	sqlite3 *keeper; /* holds the file open, so that the log is not folded back whenever a session ends */
	sqlite3_stmt *hold; /* stands on a row while the keeper reads */
	bool holding;
	unsigned held_for; /* reads since it began */
	enum sqlite_durability durability;
	char path[];
};

struct sqlite_session {
	struct sql_session base;
	sqlite3 *db;
	struct authority authority;
	sqlite3_stmt **statements; /* per query; NULL: not prepared yet */
	uint64_t stop_at_ns;	   /* 0: the statement has not run long enough to look at the clock */
};

/*
 * Locks on the log are shared by the connections of a process and cost a system call each way only for the
 * first that takes them and the last that lets go. So while sessions read, the keeper reads too and the
 * others' locks are free; before anything is written it lets go, or the log could never start afresh. Now and
 * then it begins again, in case another process writes.
 */
static void keep_reading(struct sqlite_db *db)
{
	if (db->holding && ++db->held_for < HOLD_READS_MAX)
		return;
	if (db->holding)
		(void)sqlite3_reset(db->hold);
	db->holding = sqlite3_step(db->hold) == SQLITE_ROW;
	db->held_for = 0;
}

static void stop_reading(struct sqlite_db *db)
{
	if (db->holding)
		(void)sqlite3_reset(db->hold);
	db->holding = false;
}

/* Called every STEPS_PER_CHECK steps of a statement, so short ones never look at the clock. */
static int on_progress(void *context)
{
	struct sqlite_session *s = context;
	uint64_t now = clock_mono_ns();
	if (s->stop_at_ns == 0)
		s->stop_at_ns = now + (uint64_t)s->base.limits.run_ms * 1000000u;
	return now >= s->stop_at_ns || (s->base.deadline_ms && now / 1000000u >= s->base.deadline_ms);
}

static result new_session(struct sql_db *db, struct error *err, struct sql_session **ret)
{
	struct sqlite_session *s = calloc(1, sizeof *s);
	(void)db;
	if (!s)
		return error_set(err, ERR_MEMORY, "no memory for a session");
	*ret = &s->base;
	return RESULT_OK;
}

static result open_session(struct sql_session *base, struct error *err)
{
	struct sqlite_session *s = (struct sqlite_session *)base;
	const struct sqlite_db *db = (const struct sqlite_db *)base->db;
	const struct sql_query **queries = calloc(base->query_count + 1, sizeof *queries);
	s->statements = calloc(base->query_count + 1, sizeof(sqlite3_stmt *));
	if (!s->statements || !queries) {
		free(queries);
		return error_set(err, ERR_MEMORY, "no memory for a session");
	}
	for (size_t i = 0; i < base->query_count; i++)
		queries[i] = base->queries[i].query;
	result r = authority_init(&s->authority, queries, base->query_count, err);
	free(queries);
	TRY(r);
	TRY(sqlite_connect(db->path, SQLITE_USE_SERVE, db->durability, base->limits.busy_ms, err, &s->db));
	TRY(authority_find_shadows(&s->authority, s->db, err));
	authority_install(&s->authority, s->db);
	sqlite3_progress_handler(s->db, STEPS_PER_CHECK, on_progress, s);
	return RESULT_OK;
}

static void free_session(struct sql_session *base)
{
	struct sqlite_session *s = (struct sqlite_session *)base;
	for (size_t i = 0; s->statements && i < base->query_count; i++)
		(void)sqlite3_finalize(s->statements[i]);
	free(s->statements);
	/* An open transaction is rolled back by closing. */
	(void)sqlite3_close_v2(s->db);
	authority_done(&s->authority);
	free(s);
}

/* What a guest may know of a failure, by the database's code; the first row that fits. */
static const struct {
	int code;
	int mask;
	enum err_code kind;
	const char *guest;
} failures[] = {
    {SQLITE_CONSTRAINT_UNIQUE, 0xffff, ERR_CONFLICT, "a row with these values is there already"},
    {SQLITE_CONSTRAINT_PRIMARYKEY, 0xffff, ERR_CONFLICT, "a row with this key is there already"},
    {SQLITE_CONSTRAINT_ROWID, 0xffff, ERR_CONFLICT, "a row with this key is there already"},
    {SQLITE_CONSTRAINT_FOREIGNKEY, 0xffff, ERR_CONFLICT, "a row refers to one that is not there"},
    {SQLITE_CONSTRAINT, 0xff, ERR_CONFLICT, "the database does not accept these values"},
    {SQLITE_AUTH, 0xff, ERR_DENIED, "this function may not do that"},
    {SQLITE_INTERRUPT, 0xff, ERR_TIMEOUT, "the query took too long"},
    {SQLITE_BUSY, 0xff, ERR_TIMEOUT, "the database is busy"},
    {SQLITE_LOCKED, 0xff, ERR_TIMEOUT, "the database is busy"},
    {SQLITE_FULL, 0xff, ERR_LIMIT, "the database is full"},
    {SQLITE_TOOBIG, 0xff, ERR_LIMIT, "a value is too large"},
    {SQLITE_NOMEM, 0xff, ERR_MEMORY, "the query needs too much memory"},
};

static result fail(struct sqlite_session *s, struct error *err)
{
	int code = sqlite3_extended_errcode(s->db);
	char log[SESSION_LOG_TEXT_MAX];
	bool denied = (code & 0xff) == SQLITE_AUTH && s->authority.denied[0];
	(void)snprintf(log, sizeof log, "%s%s%s", denied ? s->authority.denied : "", denied ? ": " : "",
	    sqlite3_errmsg(s->db));
	s->base.broken = s->base.in_transaction && sqlite3_get_autocommit(s->db);
	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
		if ((code & failures[i].mask) == failures[i].code)
			return session_fail(&s->base, err, failures[i].kind, failures[i].guest, log);
	return session_fail(&s->base, err, ERR_INTERNAL, "the query failed", log);
}

static result prepare(struct sqlite_session *s, size_t index, struct error *err)
{
	const struct sql_query *q = s->base.queries[index].query;
	sqlite3_stmt *statement = NULL;
	if (sqlite3_prepare_v3(s->db, q->sql.ptr, (int)q->sql.len, SQLITE_PREPARE_PERSISTENT, &statement,
		NULL) != SQLITE_OK ||
	    !statement)
		return fail(s, err);
	/* Parameters are numbered by first appearance, which is the order of the contract too; a contract may
	 * come from elsewhere. */
	bool same = sqlite3_bind_parameter_count(statement) == (int)q->param_count &&
		    sqlite3_column_count(statement) == (int)q->column_count;
	for (size_t i = 0; same && i < q->param_count; i++) {
		const char *name = sqlite3_bind_parameter_name(statement, (int)i + 1);
		same = name && name[0] == ':' && slice_eq_cstr(q->params[i].name, name + 1);
	}
	if (!same) {
		(void)sqlite3_finalize(statement);
		return session_fail(&s->base, err, ERR_CONFLICT,
		    "the database is not the one this app was built for",
		    "parameters or columns differ from the contract");
	}
	s->statements[index] = statement;
	return RESULT_OK;
}

static result write_many(struct sqlite_session *s, const struct session_query *q, sqlite3_stmt *statement,
    int rc, struct error *err)
{
	struct sql_session *base = &s->base;
	size_t start = base->writer.out->len;
	size_t rows = 0;
	value_write_array_begin(&base->writer);
	for (; rc == SQLITE_ROW; rc = sqlite3_step(statement)) {
		TRY(sqlite_row_write(base, q, statement, err));
		TRY(session_check_size(base, ++rows, start, err));
	}
	value_write_array_end(&base->writer);
	return rc == SQLITE_DONE ? session_check_size(base, rows, start, err) : fail(s, err);
}

static result write_one(struct sqlite_session *s, const struct session_query *q, sqlite3_stmt *statement,
    int rc, struct error *err)
{
	struct sql_session *base = &s->base;
	size_t start = base->writer.out->len;
	if (rc == SQLITE_ROW)
		TRY(sqlite_row_write(base, q, statement, err));
	else if (rc == SQLITE_DONE)
		value_write_null(&base->writer);
	/* A statement that writes has done so only when it has run to its end. */
	while (rc == SQLITE_ROW && !sqlite3_stmt_readonly(statement))
		rc = sqlite3_step(statement);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return fail(s, err);
	return session_check_size(base, 1, start, err);
}

static result write_result(struct sqlite_session *s, const struct session_query *q, sqlite3_stmt *statement,
    int rc, struct error *err)
{
	switch (q->query->kind) {
	case QUERY_ONE:
		return write_one(s, q, statement, rc, err);
	case QUERY_MANY:
		return write_many(s, q, statement, rc, err);
	case QUERY_EXEC:
		session_write_exec(&s->base, sqlite3_changes64(s->db), sqlite3_last_insert_rowid(s->db));
		return RESULT_OK;
	}
	return session_fail(&s->base, err, ERR_INTERNAL, "the query failed", "no such kind");
}

static result execute(
    struct sqlite_session *s, const struct session_query *q, sqlite3_stmt *statement, struct error *err)
{
	TRY(sqlite_bind(&s->base, q, statement, err));
	s->stop_at_ns = 0;
	s->authority.denied[0] = '\0';
	/* It is of the last insert on this connection, which may have been another caller's. */
	sqlite3_set_last_insert_rowid(s->db, 0);
	int rc = sqlite3_step(statement);
	result r =
	    rc == SQLITE_ROW || rc == SQLITE_DONE ? write_result(s, q, statement, rc, err) : fail(s, err);
	rc = sqlite3_reset(statement);
	return is_ok(r) && rc != SQLITE_OK ? fail(s, err) : r;
}

static result own(struct sqlite_session *s, const char *sql, struct error *err)
{
	s->stop_at_ns = 0;
	s->authority.own = true;
	int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
	s->authority.own = false;
	return rc == SQLITE_OK ? RESULT_OK : fail(s, err);
}

/*
 * A write that returns rows has happened before its result is known to fit (too large, a value that is not of
 * its type), so it runs in a savepoint of its own: what is refused is not kept.
 */
static result execute_returning(
    struct sqlite_session *s, const struct session_query *q, sqlite3_stmt *statement, struct error *err)
{
	TRY(own(s, "SAVEPOINT ward", err));
	result r = execute(s, q, statement, err);
	if (is_ok(r))
		r = own(s, "RELEASE ward", err);
	if (!is_ok(r) && !sqlite3_get_autocommit(s->db)) {
		char log[SESSION_LOG_TEXT_MAX];
		memcpy(log, s->base.log_text, sizeof log);
		/* The failure that is already there is the one to tell. */
		ignore_result(own(s, "ROLLBACK TO ward; RELEASE ward", NULL));
		memcpy(s->base.log_text, log, sizeof log);
	}
	return r;
}

static result run(struct sql_session *base, size_t index, struct error *err)
{
	struct sqlite_session *s = (struct sqlite_session *)base;
	const struct session_query *q = &base->queries[index];
	if (!s->statements[index])
		TRY(prepare(s, index, err));
	sqlite3_stmt *statement = s->statements[index];
	/* Room first: a write must not be kept whose result cannot be told. */
	if (!buf_reserve(base->writer.out, EXEC_RESULT_BYTES))
		return session_fail(base, err, ERR_LIMIT, "the result of the query is too large", NULL);
	struct sqlite_db *db = (struct sqlite_db *)base->db;
	if (sqlite3_stmt_readonly(statement)) {
		keep_reading(db);
		return execute(s, q, statement, err);
	}
	stop_reading(db);
	return q->query->kind == QUERY_EXEC ? execute(s, q, statement, err)
					    : execute_returning(s, q, statement, err);
}

/* SQLite has one writer; readers never wait. */
static bool takes_lock(const struct sql_session *base, size_t index)
{
	const struct sqlite_session *s = (const struct sqlite_session *)base;
	return index == SIZE_MAX ? s->authority.writes : base->queries[index].writes;
}

static result step(struct sql_session *base, enum sql_step step, struct error *err)
{
	struct sqlite_session *s = (struct sqlite_session *)base;
	/* A function that can write takes the write lock at once: a lock that is upgraded later may fail half
	 * way. */
	const char *const words[] = {[SQL_BEGIN] = s->authority.writes ? "BEGIN IMMEDIATE" : "BEGIN",
	    [SQL_COMMIT] = "COMMIT",
	    [SQL_ROLLBACK] = "ROLLBACK"};
	stop_reading((struct sqlite_db *)base->db);
	return own(s, words[step], err);
}

static void close_db(struct sql_db *base)
{
	struct sqlite_db *db = (struct sqlite_db *)base;
	(void)sqlite3_finalize(db->hold);
	(void)sqlite3_close_v2(db->keeper);
	free(db);
}

static void abandon(struct sql_session *base)
{
	ignore_result(step(base, SQL_ROLLBACK, NULL)); /* closing the session does it otherwise */
}

static const struct session_backend backend = {
    .db_close = close_db,
    .session_new = new_session,
    .open = open_session,
    .free = free_session,
    .run = run,
    .step = step,
    .abandon = abandon,
    .takes_lock = takes_lock,
};

result sqlite_backend_open(const char *path, struct error *err, struct sql_db **ret)
{
	struct sqlite_db *db = calloc(1, sizeof *db + strlen(path) + 1);
	if (!db)
		return error_set(err, ERR_MEMORY, "no memory for a database");
	db->base.backend = &backend;
	memcpy(db->path, path, strlen(path) + 1);
	result r = sqlite_connect(path, SQLITE_USE_MIGRATE, db->durability, 5000, err, &db->keeper);
	if (is_ok(r) &&
	    sqlite3_prepare_v2(db->keeper, "SELECT 1 FROM sqlite_schema", -1, &db->hold, NULL) != SQLITE_OK)
		r = sqlite_failed(db->keeper, err, path);
	/* Reading opens the log, which opening the file alone does not. */
	if (is_ok(r)) {
		db->durability = settings_durability(db->keeper);
		keep_reading(db);
		stop_reading(db);
	}
	if (!is_ok(r)) {
		close_db(&db->base);
		return r;
	}
	*ret = &db->base;
	return RESULT_OK;
}

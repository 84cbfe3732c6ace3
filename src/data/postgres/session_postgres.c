/*
 * Sessions on PostgreSQL: a pooled connection that is logged in as the role of the function's grants.
 * Statements are prepared under the hash of their text; rows come one by one, so that a limit ends a result
 * before it fills memory.
 */
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/internal.h"
#include "data/postgres/pg_pool.h"
#include "data/postgres/pg_text.h"
#include "data/postgres/pg_value.h"
#include "os/clock.h"

#define ROLES_MAX 1024u
#define GRACE_MS 2000u /* what the server gets to end a statement by itself before it is told to */
#define OWNER_RUN_MS 60000u

struct postgres_db {
	struct sql_db base;
	PGconn *owner;
	unsigned char secret[PG_SECRET_BYTES];
	struct pg_pool pool;
	char (*ensured)[PG_NAME_MAX]; /* roles that this process has seen to: ROLES_MAX */
	size_t ensured_count;
	char url[];
};

struct statement {
	const char *text;
	char name[PG_STATEMENT_NAME_MAX];
};

struct postgres_session {
	struct sql_session base;
	struct pg_link *link;
	struct pg_role role;
	struct statement *statements; /* in the session's arena */
	struct pg_params params;
	struct sql_grant *grants; /* sorted, of all queries */
	size_t grant_count;
};

static result new_session(struct sql_db *db, struct error *err, struct sql_session **ret)
{
	struct postgres_session *s = calloc(1, sizeof *s);
	(void)db;
	if (!s)
		return error_set(err, ERR_MEMORY, "no memory for a session");
	*ret = &s->base;
	return RESULT_OK;
}

static result gather_grants(struct postgres_session *s, struct error *err)
{
	struct sql_session *base = &s->base;
	size_t total = 0;
	for (size_t i = 0; i < base->query_count; i++)
		total += base->queries[i].query->grant_count;
	s->grants = arena_array(&base->arena, total + 1, sizeof *s->grants);
	if (!s->grants)
		return error_set(err, ERR_MEMORY, "no memory for grants");
	for (size_t i = 0; i < base->query_count; i++)
		for (size_t g = 0; g < base->queries[i].query->grant_count; g++)
			s->grants[s->grant_count++] = base->queries[i].query->grants[g];
	qsort(s->grants, s->grant_count, sizeof *s->grants, sql_grant_cmp);
	size_t kept = 0;
	for (size_t i = 0; i < s->grant_count; i++)
		if (i == 0 || sql_grant_cmp(&s->grants[i], &s->grants[kept - 1]) != 0)
			s->grants[kept++] = s->grants[i];
	s->grant_count = kept;
	return RESULT_OK;
}

static result open_statement(struct sql_session *base, size_t index, struct statement *ret, struct error *err)
{
	const struct sql_query *q = base->queries[index].query;
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 20);
	unsigned char hash[16];
	pg_text_translate(q->sql, q->params, q->param_count, &text);
	ret->text = arena_cstr(&base->arena, buf_slice(&text));
	if (!buf_ok(&text) || !ret->text)
		return error_set(err, ERR_MEMORY, "no memory for a query");
	(void)crypto_generichash(hash, sizeof hash, (const unsigned char *)text.ptr, text.len, NULL, 0);
	(void)sodium_bin2hex(ret->name, sizeof ret->name, hash, sizeof hash);
	return RESULT_OK;
}

/* Once a process and role: another could have changed it, and a migration drops rights with the tables. */
static result ensure_role(struct postgres_db *db, const struct postgres_session *s, struct error *err)
{
	for (size_t i = 0; i < db->ensured_count; i++)
		if (strcmp(db->ensured[i], s->role.name) == 0)
			return RESULT_OK;
	if (PQstatus(db->owner) != CONNECTION_OK)
		PQreset(db->owner);
	TRY(pg_role_ensure(db->owner, &s->role, s->grants, s->grant_count, err));
	if (db->ensured_count < ROLES_MAX)
		(void)snprintf(db->ensured[db->ensured_count++], PG_NAME_MAX, "%s", s->role.name);
	return RESULT_OK;
}

static result open_session(struct sql_session *base, struct error *err)
{
	struct postgres_session *s = (struct postgres_session *)base;
	struct postgres_db *db = (struct postgres_db *)base->db;
	s->params.text = BUF_INIT(base->limits.result_bytes_max);
	s->statements = arena_zalloc(&base->arena, (base->query_count + 1) * sizeof *s->statements);
	if (!s->statements)
		return error_set(err, ERR_MEMORY, "no memory for a session");
	for (size_t i = 0; i < base->query_count; i++)
		TRY(open_statement(base, i, &s->statements[i], err));
	TRY(gather_grants(s, err));
	pg_role_of(db->owner, db->secret, s->grants, s->grant_count, &s->role);
	TRY(ensure_role(db, s, err));
	return pg_pool_take(&db->pool, &s->role, &base->limits, err, &s->link);
}

static void free_session(struct sql_session *base)
{
	struct postgres_session *s = (struct postgres_session *)base;
	struct postgres_db *db = (struct postgres_db *)base->db;
	pg_pool_give(&db->pool, s->link);
	buf_done(&s->params.text);
	sodium_memzero(&s->role, sizeof s->role);
	free(s);
}

static result fail(struct postgres_session *s, const PGresult *failed, struct error *err)
{
	const char *message = failed ? PQresultErrorField(failed, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	struct pg_failure f = pg_failure_of(failed ? PQresultErrorField(failed, PG_DIAG_SQLSTATE) : NULL);
	return session_fail(&s->base, err, f.kind, f.guest, message ? message : PQerrorMessage(s->link->c));
}

/* Waits for the next result, at most until deadline_ns; then the statement is cancelled and its end waited
 * for. */
static PGresult *next_result(PGconn *c, uint64_t *deadline_ns)
{
	while (PQisBusy(c)) {
		uint64_t now = clock_mono_ns();
		if (now >= *deadline_ns) {
			char why[128];
			PGcancel *cancel = PQgetCancel(c);
			(void)(cancel && PQcancel(cancel, why, sizeof why));
			PQfreeCancel(cancel);
			*deadline_ns = now + (uint64_t)GRACE_MS * 1000000u;
		}
		struct pollfd wait = {.fd = PQsocket(c), .events = POLLIN};
		(void)poll(&wait, 1, (int)((*deadline_ns - now) / 1000000u) + 1);
		if (!PQconsumeInput(c))
			return NULL;
	}
	return PQgetResult(c);
}

static result simple(struct postgres_session *s, const char *sql, struct error *err)
{
	CLEANUP_PG PGresult *done = PQexec(s->link->c, sql);
	return PQresultStatus(done) == PGRES_COMMAND_OK ? RESULT_OK : fail(s, done, err);
}

static result prepare(struct postgres_session *s, const struct session_query *q,
    const struct statement *statement, struct error *err)
{
	if (pg_link_has(s->link, statement->name))
		return RESULT_OK;
	(void)q;
	CLEANUP_PG PGresult *done = PQprepare(s->link->c, statement->name, statement->text, 0, NULL);
	if (PQresultStatus(done) != PGRES_COMMAND_OK)
		return fail(s, done, err);
	pg_link_add(s->link, statement->name);
	return RESULT_OK;
}

/* One result of the statement. *rows counts rows; *end is set by the one that ends it. */
static result take_result(struct postgres_session *s, const struct session_query *q, const PGresult *got,
    size_t start, size_t *rows, struct error *err)
{
	struct sql_session *base = &s->base;
	switch (PQresultStatus(got)) {
	case PGRES_SINGLE_TUPLE:
		if ((size_t)PQnfields(got) != q->query->column_count)
			return session_fail(base, err, ERR_CONFLICT,
			    "the database is not the one this app was built for", "columns differ");
		if (q->query->kind == QUERY_ONE && *rows > 0)
			return RESULT_OK;
		TRY(pg_row_write(base, q, got, 0, err));
		return session_check_size(base, ++*rows, start, err);
	case PGRES_TUPLES_OK:
		return RESULT_OK;
	case PGRES_COMMAND_OK:
		if (q->query->kind == QUERY_EXEC)
			session_write_exec(
			    base, strtoll(PQcmdTuples((PGresult *)(uintptr_t)got), NULL, 10), 0);
		return RESULT_OK;
	default:
		return fail(s, got, err);
	}
}

static result read_results(struct postgres_session *s, const struct session_query *q, struct error *err)
{
	struct sql_session *base = &s->base;
	size_t start = base->writer.out->len;
	size_t rows = 0;
	result r = RESULT_OK;
	uint64_t deadline = clock_mono_ns() + (uint64_t)(base->limits.run_ms + GRACE_MS) * 1000000u;
	if (q->query->kind == QUERY_MANY)
		value_write_array_begin(&base->writer);
	for (PGresult *got; (got = next_result(s->link->c, &deadline)) != NULL; PQclear(got)) {
		if (!is_ok(r))
			continue; /* to its end, so that the connection is free again */
		r = take_result(s, q, got, start, &rows, err);
		if (!is_ok(r))
			deadline = 0; /* what is still to come is not wanted */
	}
	if (is_ok(r) && PQstatus(s->link->c) != CONNECTION_OK)
		return fail(s, NULL, err);
	TRY(r);
	if (q->query->kind == QUERY_MANY)
		value_write_array_end(&base->writer);
	if (q->query->kind == QUERY_ONE && rows == 0)
		value_write_null(&base->writer);
	return session_check_size(base, rows, start, err);
}

static result execute(struct postgres_session *s, const struct session_query *q,
    const struct statement *statement, struct error *err)
{
	TRY(prepare(s, q, statement, err));
	if (!PQsendQueryPrepared(s->link->c, statement->name, (int)q->query->param_count, s->params.values,
		s->params.lengths, s->params.formats, 0))
		return fail(s, NULL, err);
	(void)PQsetSingleRowMode(s->link->c);
	return read_results(s, q, err);
}

/*
 * A failed statement ends a whole transaction on PostgreSQL; behind a savepoint it ends alone, as it does on
 * SQLite. A write that returns rows is undone when its result is refused.
 */
static result execute_guarded(struct postgres_session *s, const struct session_query *q,
    const struct statement *statement, struct error *err)
{
	bool inside = s->base.in_transaction;
	TRY(simple(s, inside ? "SAVEPOINT ward" : "BEGIN", err));
	result r = execute(s, q, statement, err);
	if (is_ok(r))
		return simple(s, inside ? "RELEASE ward" : "COMMIT", err);
	char log[SESSION_LOG_TEXT_MAX];
	memcpy(log, s->base.log_text, sizeof log);
	if (!is_ok(simple(s, inside ? "ROLLBACK TO ward" : "ROLLBACK", NULL)))
		s->base.broken = inside;
	memcpy(s->base.log_text, log, sizeof log);
	return r;
}

/* A connection that was lost between statements is made again; one that is lost in a transaction takes it
 * along. */
static result check_link(struct postgres_session *s, struct error *err)
{
	struct postgres_db *db = (struct postgres_db *)s->base.db;
	if (s->link && PQstatus(s->link->c) == CONNECTION_OK)
		return RESULT_OK;
	if (s->base.in_transaction) {
		s->base.broken = true;
		return session_fail(&s->base, err, ERR_CONFLICT, "the transaction was rolled back",
		    "the connection was lost");
	}
	pg_pool_give(&db->pool, s->link);
	s->link = NULL;
	struct error why = {0};
	if (!is_ok(pg_pool_take(&db->pool, &s->role, &s->base.limits, &why, &s->link)))
		return session_fail(&s->base, err, ERR_CLOSED, "the database is not available", why.text);
	return RESULT_OK;
}

static result run(struct sql_session *base, size_t index, struct error *err)
{
	struct postgres_session *s = (struct postgres_session *)base;
	const struct session_query *q = &base->queries[index];
	const struct statement *statement = &s->statements[index];
	TRY(check_link(s, err));
	TRY(pg_bind(base, q, &s->params, err));
	if (base->in_transaction || (q->writes && q->query->kind != QUERY_EXEC))
		return execute_guarded(s, q, statement, err);
	return execute(s, q, statement, err);
}

static result step(struct sql_session *base, enum session_step step, struct error *err)
{
	static const char *const words[] = {
	    [SESSION_BEGIN] = "BEGIN", [SESSION_COMMIT] = "COMMIT", [SESSION_ROLLBACK] = "ROLLBACK"};
	struct postgres_session *s = (struct postgres_session *)base;
	TRY(check_link(s, err));
	CLEANUP_PG PGresult *done = PQexec(s->link->c, words[step]);
	if (PQresultStatus(done) != PGRES_COMMAND_OK)
		return fail(s, done, err);
	/* The answer to COMMIT of a transaction that has failed is ROLLBACK. */
	if (step == SESSION_COMMIT && strcmp(PQcmdStatus(done), "COMMIT") != 0)
		return session_fail(base, err, ERR_CONFLICT, "the transaction was rolled back",
		    "COMMIT was answered by ROLLBACK");
	return RESULT_OK;
}

/* The server has locks by row and its own deadlock detection; lock_timeout bounds a wait. */
static bool takes_lock(const struct sql_session *base, size_t index)
{
	(void)base;
	(void)index;
	return false;
}

static void close_db(struct sql_db *base)
{
	struct postgres_db *db = (struct postgres_db *)base;
	pg_pool_done(&db->pool);
	PQfinish(db->owner);
	sodium_memzero(db->secret, sizeof db->secret);
	free(db->ensured);
	sodium_memzero(db->url, strlen(db->url));
	free(db);
}

static const struct session_backend backend = {
    .db_close = close_db,
    .session_new = new_session,
    .open = open_session,
    .free = free_session,
    .run = run,
    .step = step,
    .takes_lock = takes_lock,
};

result postgres_backend_open(const char *url, struct error *err, struct sql_db **ret)
{
	const struct pg_login login = {.lock_ms = 5000, .run_ms = OWNER_RUN_MS};
	struct postgres_db *db = calloc(1, sizeof *db + strlen(url) + 1);
	if (!db)
		return error_set(err, ERR_MEMORY, "no memory for a database");
	db->base.backend = &backend;
	memcpy(db->url, url, strlen(url) + 1);
	db->pool.url = db->url;
	db->ensured = calloc(ROLES_MAX, sizeof *db->ensured);
	result r = db->ensured ? pg_connect(url, &login, err, &db->owner)
			       : error_set(err, ERR_MEMORY, "no memory for a database");
	if (is_ok(r))
		r = pg_secret_read(db->owner, err, db->secret);
	if (!is_ok(r)) {
		close_db(&db->base);
		return r;
	}
	*ret = &db->base;
	return RESULT_OK;
}

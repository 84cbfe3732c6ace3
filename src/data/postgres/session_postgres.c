/*
 * Sessions on PostgreSQL: for each statement or transaction a pooled connection that is logged in as the role
 * of the function's grants. Statements are prepared under the hash of their text. What they do is a chain of
 * callbacks; where a caller waits, it turns the chain by hand.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/internal.h"
#include "data/postgres/pg_link.h"
#include "data/postgres/pg_text.h"
#include "data/postgres/pg_value.h"
#include "os/clock.h"

#define ROLES_MAX 1024u
#define GRACE_MS                                                                                             \
	2000u /* what the server gets to end a statement by itself before the connection is closed           \
	       */
#define OWNER_RUN_MS 60000u

struct postgres_db {
	struct sql_db base;
	PGconn *owner;
	unsigned char secret[PG_SECRET_BYTES];
	struct pg_pool pool;
	char (*ensured)[PG_NAME_MAX]; /* roles that this process has seen to: ROLES_MAX */
	size_t ensured_count;
	struct sql_remote remote;
	char url[];
};

enum command {
	COMMAND_BEGIN,
	COMMAND_COMMIT,
	COMMAND_ROLLBACK,
	COMMAND_SAVEPOINT,
	COMMAND_RELEASE,
	COMMAND_BACK,
	COMMAND_PREPARE,
	COMMAND_EXECUTE,
	COMMAND_COUNT
};
#define COMMANDS_MAX 5u

/* What a session is doing. The commands go to the server together; their results come in order. */
struct task {
	bool running;
	bool guarded; /* in a transaction of its own, which is to be ended by what the result is like */
	bool undoing;
	enum sql_step step; /* SQL_STEP_COUNT: a query */
	size_t index;
	enum command commands[COMMANDS_MAX];
	unsigned count, at;
	size_t start, rows;
	struct error err; /* the first failure; code ERR_NONE: none */
};

struct statement {
	const char *text;
	char name[PG_STATEMENT_NAME_MAX];
};

struct postgres_session {
	struct sql_session base;
	struct pg_link *link; /* while a task runs or a transaction is open */
	struct pg_claim claim;
	struct task task;
	bool savepoint;
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
	if (!db->owner)
		return RESULT_OK; /* whoever started this process has seen to it: sql_roles_prepare() */
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
	const char *database = db->owner ? PQdb(db->owner) : db->remote.place.database;
	const struct sql_query **queries = arena_array(&base->arena, base->query_count + 1, sizeof *queries);
	db->pool.lock_ms = base->limits.busy_ms;
	db->pool.run_ms = base->limits.run_ms;
	s->params.text = BUF_INIT(base->limits.result_bytes_max);
	s->statements = arena_zalloc(&base->arena, (base->query_count + 1) * sizeof *s->statements);
	if (!s->statements || !queries)
		return error_set(err, ERR_MEMORY, "no memory for a session");
	for (size_t i = 0; i < base->query_count; i++) {
		queries[i] = base->queries[i].query;
		TRY(open_statement(base, i, &s->statements[i], err));
	}
	TRY(pg_role_gather(queries, base->query_count, &base->arena, err, &s->grants, &s->grant_count));
	pg_role_of(database, db->secret, s->grants, s->grant_count, &s->role);
	return ensure_role(db, s, err);
}

/* ---- one statement or step, from its commands to its end ---- */

static void finish(struct postgres_session *s)
{
	struct task *t = &s->task;
	struct pg_link *link = s->link;
	result r = {t->err.code};
	t->running = false;
	if (t->step != SQL_STEP_COUNT)
		session_stepped(&s->base, t->step, is_ok(r));
	if (link)
		link->deadline_ms = 0;
	if (link && !s->base.in_transaction) {
		struct postgres_db *db = (struct postgres_db *)s->base.db;
		s->link = NULL;
		pg_pool_give(&db->pool, link);
	}
	if (s->base.busy)
		session_finish(&s->base, r, &t->err);
}

/* The first failure is the one to tell. */
static void failed(struct postgres_session *s, enum err_code code, const char *guest, const char *log)
{
	if (s->task.err.code == ERR_NONE)
		ignore_result(session_fail(&s->base, &s->task.err, code, guest, log));
}

static void failed_by(struct postgres_session *s, const PGresult *got)
{
	const char *message = PQresultErrorField(got, PG_DIAG_MESSAGE_PRIMARY);
	struct pg_failure f = pg_failure_of(PQresultErrorField(got, PG_DIAG_SQLSTATE));
	failed(s, f.kind, f.guest, message ? message : PQerrorMessage(s->link->c));
}

/* The connection is of no use any more, and an open transaction has gone with it. */
static void lost(struct postgres_session *s, enum err_code code, const char *guest, const char *log)
{
	struct pg_link *link = s->link;
	failed(s, code, guest, log);
	s->link = NULL;
	pg_link_free(link);
	if (s->base.in_transaction)
		s->base.broken = s->base.lost = true;
	if (s->task.running)
		finish(s);
}

static void lost_by_itself(struct postgres_session *s)
{
	char why[SESSION_LOG_TEXT_MAX];
	(void)snprintf(why, sizeof why, "%s", PQerrorMessage(s->link->c));
	lost(s, ERR_CLOSED, "the database is not available", why);
}

static const char *const simple[COMMAND_COUNT] = {[COMMAND_BEGIN] = "BEGIN",
    [COMMAND_COMMIT] = "COMMIT",
    [COMMAND_ROLLBACK] = "ROLLBACK",
    [COMMAND_SAVEPOINT] = "SAVEPOINT ward",
    [COMMAND_RELEASE] = "RELEASE SAVEPOINT ward",
    [COMMAND_BACK] = "ROLLBACK TO SAVEPOINT ward"};

static bool send_command(struct postgres_session *s, enum command command)
{
	PGconn *c = s->link->c;
	const struct statement *statement = &s->statements[s->task.index];
	const struct pg_params *p = &s->params;
	if (command == COMMAND_PREPARE)
		return PQsendPrepare(c, statement->name, statement->text, 0, NULL) == 1;
	if (command == COMMAND_EXECUTE)
		return PQsendQueryPrepared(c, statement->name,
			   (int)s->base.queries[s->task.index].query->param_count, p->values, p->lengths,
			   p->formats, 0) == 1;
	return PQsendQueryParams(c, simple[command], 0, NULL, NULL, NULL, NULL, 0) == 1;
}

/* Rows of the statement come one by one, so that a limit ends a result before it fills memory. */
static void begin_results(struct postgres_session *s)
{
	if (s->task.at < s->task.count && s->task.commands[s->task.at] == COMMAND_EXECUTE)
		(void)PQsetSingleRowMode(s->link->c);
}

/* All of them at once: one way to the server and back. */
static void send_batch(struct postgres_session *s, const enum command *commands, unsigned count)
{
	struct task *t = &s->task;
	bool sent = true;
	memcpy(t->commands, commands, count * sizeof *commands);
	t->count = count;
	t->at = 0;
	for (unsigned i = 0; sent && i < count; i++)
		sent = send_command(s, commands[i]);
	if (!sent || !PQpipelineSync(s->link->c)) {
		lost_by_itself(s);
		return;
	}
	s->link->deadline_ms = clock_mono_ms() + s->base.limits.run_ms + GRACE_MS;
	begin_results(s);
	pg_link_flush(s->link);
}

static void send_query(struct postgres_session *s)
{
	const struct session_query *q = &s->base.queries[s->task.index];
	enum command commands[COMMANDS_MAX];
	unsigned n = 0;
	s->task.guarded = !s->base.in_transaction && q->writes && q->query->kind != QUERY_EXEC;
	/* A failed statement ends a whole transaction on PostgreSQL; behind a savepoint it ends alone, as on
	 * SQLite. */
	if (s->base.in_transaction && s->savepoint)
		commands[n++] = COMMAND_RELEASE;
	if (s->base.in_transaction)
		commands[n++] = COMMAND_SAVEPOINT;
	/* A write that returns rows is undone when its result is refused. */
	if (s->task.guarded)
		commands[n++] = COMMAND_BEGIN;
	if (!pg_link_has(s->link, s->statements[s->task.index].name))
		commands[n++] = COMMAND_PREPARE;
	commands[n++] = COMMAND_EXECUTE;
	send_batch(s, commands, n);
}

static void send_step(struct postgres_session *s)
{
	static const enum command commands[] = {
	    [SQL_BEGIN] = COMMAND_BEGIN, [SQL_COMMIT] = COMMAND_COMMIT, [SQL_ROLLBACK] = COMMAND_ROLLBACK};
	s->savepoint = false;
	send_batch(s, &commands[s->task.step], 1);
}

static result take_row(struct postgres_session *s, const PGresult *got)
{
	struct sql_session *base = &s->base;
	const struct session_query *q = &base->queries[s->task.index];
	struct error *err = &s->task.err;
	if ((size_t)PQnfields(got) != q->query->column_count)
		return session_fail(base, err, ERR_CONFLICT,
		    "the database is not the one this app was built for", "columns differ");
	if (q->query->kind == QUERY_ONE && s->task.rows > 0)
		return RESULT_OK;
	TRY(pg_row_write(base, q, got, 0, err));
	return session_check_size(base, ++s->task.rows, s->task.start, err);
}

/* What the statement itself has to say at its end. */
static void end_rows(struct postgres_session *s, PGresult *got)
{
	struct sql_session *base = &s->base;
	enum query_kind kind = base->queries[s->task.index].query->kind;
	if (kind == QUERY_EXEC)
		session_write_exec(base, strtoll(PQcmdTuples(got), NULL, 10), 0);
	else if (kind == QUERY_MANY)
		value_write_array_end(&base->writer);
	else if (s->task.rows == 0)
		value_write_null(&base->writer);
	ignore_result(session_check_size(base, s->task.rows, s->task.start, &s->task.err)); /* it is in err */
}

/* False: the rest is not wanted, and the connection with it. */
static bool take_result(struct postgres_session *s, PGresult *got)
{
	struct task *t = &s->task;
	enum command command = t->at < t->count ? t->commands[t->at] : COMMAND_COUNT;
	switch (PQresultStatus(got)) {
	case PGRES_SINGLE_TUPLE:
		return t->err.code != ERR_NONE || is_ok(take_row(s, got));
	case PGRES_TUPLES_OK:
	case PGRES_COMMAND_OK:
		if (command == COMMAND_PREPARE)
			pg_link_add(s->link, s->statements[t->index].name);
		else if (command == COMMAND_EXECUTE)
			end_rows(s, got);
		/* The answer to COMMIT of a transaction that has failed is ROLLBACK. */
		else if (command == COMMAND_COMMIT && strcmp(PQcmdStatus(got), "COMMIT") != 0)
			failed(s, ERR_CONFLICT, "the transaction was rolled back",
			    "COMMIT was answered by ROLLBACK");
		s->savepoint = s->savepoint || command == COMMAND_SAVEPOINT;
		return true;
	case PGRES_PIPELINE_ABORTED:
		return true;
	default:
		failed_by(s, got);
		return PQstatus(s->link->c) == CONNECTION_OK;
	}
}

/* The server has done all that was sent. */
static void batch_done(struct postgres_session *s)
{
	static const enum command commit = COMMAND_COMMIT, rollback = COMMAND_ROLLBACK, back = COMMAND_BACK;
	struct task *t = &s->task;
	bool ok = t->err.code == ERR_NONE;
	if (t->guarded) {
		t->guarded = false;
		send_batch(s, ok ? &commit : &rollback, 1);
	} else if (!ok && !t->undoing && t->step == SQL_STEP_COUNT && s->base.in_transaction) {
		t->undoing = true;
		send_batch(s, &back, 1);
	} else {
		/* A transaction that cannot go on is over. */
		if (s->base.in_transaction && PQtransactionStatus(s->link->c) == PQTRANS_INERROR)
			s->base.broken = true;
		finish(s);
	}
}

static void on_ready(struct pg_link *link, bool late)
{
	struct postgres_session *s = link->holder;
	if (late) {
		lost(s, ERR_TIMEOUT, "the query took too long", "the server did not end it in time");
		return;
	}
	bool whole = PQconsumeInput(link->c) == 1;
	/* What came before the end is read all the same: it says why. */
	while (s->task.running && !PQisBusy(link->c)) {
		PGresult *got = PQgetResult(link->c);
		bool sync = PQresultStatus(got) == PGRES_PIPELINE_SYNC;
		bool wanted = !got || sync || take_result(s, got);
		bool more = got || ++s->task.at <= s->task.count;
		PQclear(got);
		if (sync) {
			batch_done(s);
			return;
		}
		if (!wanted && PQstatus(link->c) == CONNECTION_OK) {
			lost(s, ERR_LIMIT, "the query has more rows than it may return; add a LIMIT",
			    "the rest was not read");
			return;
		}
		if (!wanted || !more)
			break;
		if (!got)
			begin_results(s);
	}
	if (!whole || PQstatus(link->c) != CONNECTION_OK)
		lost_by_itself(s);
}

/* ---- what session.c calls ---- */

static void hold(struct postgres_session *s, struct pg_link *link)
{
	s->link = link;
	link->holder = s;
	link->ready = on_ready;
}

static void start_task(struct postgres_session *s, size_t index, enum sql_step step)
{
	s->task = (struct task){.running = true,
	    .index = index,
	    .step = step,
	    .start = s->base.writer.out ? s->base.writer.out->len : 0};
	if (step == SQL_STEP_COUNT && s->base.queries[index].query->kind == QUERY_MANY)
		value_write_array_begin(&s->base.writer);
}

static void send_task(struct postgres_session *s)
{
	if (s->task.step == SQL_STEP_COUNT)
		send_query(s);
	else
		send_step(s);
}

static void on_given(struct pg_claim *claim, struct pg_link *link, const char *why)
{
	struct postgres_session *s = CONTAINER_OF(claim, struct postgres_session, claim);
	if (link) {
		hold(s, link);
		send_task(s);
		return;
	}
	failed(s, ERR_CLOSED, claim->late ? "the database is busy" : "the database is not available", why);
	finish(s);
}

/* With the connection that the transaction holds, or with the next one of the role that is free. */
static void begin_task(struct postgres_session *s)
{
	struct postgres_db *db = (struct postgres_db *)s->base.db;
	if (s->link) {
		send_task(s);
		return;
	}
	if (s->base.in_transaction) {
		failed(s, ERR_CLOSED, "the database is not available", "the connection was lost");
		finish(s);
		return;
	}
	s->claim = (struct pg_claim){.role = &s->role, .given = on_given};
	pg_pool_claim(&db->pool, &s->claim);
}

static void begin_run(struct sql_session *base, size_t index)
{
	struct postgres_session *s = (struct postgres_session *)base;
	start_task(s, index, SQL_STEP_COUNT);
	if (is_ok(pg_bind(base, &base->queries[index], &s->params, &s->task.err)))
		begin_task(s);
	else
		finish(s);
}

static void begin_step(struct sql_session *base, enum sql_step step)
{
	struct postgres_session *s = (struct postgres_session *)base;
	start_task(s, 0, step);
	begin_task(s);
}

/* The same, and its end waited for. */
static result await(struct postgres_session *s, struct error *err)
{
	while (s->task.running && s->link) {
		uint64_t now = clock_mono_ms();
		if (now >= s->link->deadline_ms)
			on_ready(s->link, true);
		else
			pg_link_wait(s->link, (int)(s->link->deadline_ms - now));
	}
	if (s->task.err.code == ERR_NONE)
		return RESULT_OK;
	return error_set(err, s->task.err.code, "%s", s->task.err.text);
}

/* What claims do in a pool that waits. */
static result take_link(struct postgres_session *s, struct error *err)
{
	struct postgres_db *db = (struct postgres_db *)s->base.db;
	struct pg_link *link = NULL;
	struct error why = {0};
	if (s->link || s->base.in_transaction)
		return RESULT_OK;
	if (!is_ok(pg_pool_take(&db->pool, &s->role, &why, &link)))
		return session_fail(&s->base, err, ERR_CLOSED, "the database is not available", why.text);
	hold(s, link);
	return RESULT_OK;
}

static result run(struct sql_session *base, size_t index, struct error *err)
{
	struct postgres_session *s = (struct postgres_session *)base;
	TRY(take_link(s, err));
	begin_run(base, index);
	return await(s, err);
}

static result step(struct sql_session *base, enum sql_step step, struct error *err)
{
	struct postgres_session *s = (struct postgres_session *)base;
	TRY(take_link(s, err));
	begin_step(base, step);
	return await(s, err);
}

/* The pool rolls back what it is given open. */
static void abandon(struct sql_session *base)
{
	struct postgres_session *s = (struct postgres_session *)base;
	struct postgres_db *db = (struct postgres_db *)base->db;
	struct pg_link *link = s->link;
	s->link = NULL;
	pg_pool_give(&db->pool, link);
}

static void free_session(struct sql_session *base)
{
	struct postgres_session *s = (struct postgres_session *)base;
	struct postgres_db *db = (struct postgres_db *)base->db;
	pg_pool_unclaim(&db->pool, &s->claim);
	/* A statement under way is not waited for: the connection is closed, and the server rolls back. */
	abandon(base);
	buf_done(&s->params.text);
	sodium_memzero(&s->role, sizeof s->role);
	free(s);
}

/* The server has locks by row and its own deadlock detection; lock_timeout bounds a wait. */
static bool takes_lock(const struct sql_session *base, size_t index)
{
	(void)base;
	(void)index;
	return false;
}

static void take_socket(struct sql_db *base, int fd, const char *why)
{
	pg_pool_socket(&((struct postgres_db *)base)->pool, fd, why);
}

static void tick(struct sql_db *base)
{
	sql_db_expire(base);
	pg_pool_tick(&((struct postgres_db *)base)->pool, clock_mono_ms());
}

static void close_db(struct sql_db *base)
{
	struct postgres_db *db = (struct postgres_db *)base;
	pg_pool_done(&db->pool);
	PQfinish(db->owner);
	sodium_memzero(db->secret, sizeof db->secret);
	sodium_memzero(&db->remote.secret, sizeof db->remote.secret);
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
    .abandon = abandon,
    .takes_lock = takes_lock,
    .begin_run = begin_run,
    .begin_step = begin_step,
    .socket = take_socket,
    .tick = tick,
};

static result new_db(const char *url, struct error *err, struct postgres_db **ret)
{
	struct postgres_db *db = calloc(1, sizeof *db + strlen(url) + 1);
	if (!db)
		return error_set(err, ERR_MEMORY, "no memory for a database");
	db->base.backend = &backend;
	memcpy(db->url, url, strlen(url) + 1);
	*ret = db;
	return RESULT_OK;
}

result postgres_backend_open(const char *url, struct error *err, struct sql_db **ret)
{
	const struct pg_login login = {.lock_ms = 5000, .run_ms = OWNER_RUN_MS};
	struct postgres_db *db;
	TRY(new_db(url, err, &db));
	pg_pool_init(&db->pool, db->url, NULL);
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

result postgres_backend_remote(const struct sql_remote *remote, struct error *err, struct sql_db **ret)
{
	struct postgres_db *db;
	if (sodium_init() < 0)
		return error_set(err, ERR_SYSTEM, "libsodium does not start");
	TRY(new_db("", err, &db));
	db->remote = *remote;
	memcpy(db->secret, remote->secret, sizeof db->secret);
	pg_pool_init(&db->pool, NULL, &db->remote);
	*ret = &db->base;
	return RESULT_OK;
}

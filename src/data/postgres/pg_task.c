/*
 * Tasks: a chain of callbacks from the first command to the last result. Prepare, savepoint and statement go
 * out together; rows come one by one, so that a limit ends a result before it fills memory.
 */
#include "data/postgres/pg_task.h"

#include <stdio.h>
#include <stdlib.h>

#include "data/postgres/pg_link.h"
#include "os/clock.h"

#define GRACE_MS 2000u /* what the server gets to end a statement by itself before the connection is closed  \
			*/

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

void pg_task_hold(struct postgres_session *s, struct pg_link *link)
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
		pg_task_hold(s, link);
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

void pg_task_begin(struct postgres_session *s, size_t index, enum sql_step step)
{
	struct sql_session *base = &s->base;
	start_task(s, index, step);
	if (step != SQL_STEP_COUNT || is_ok(pg_bind(base, &base->queries[index], &s->params, &s->task.err)))
		begin_task(s);
	else
		finish(s);
}

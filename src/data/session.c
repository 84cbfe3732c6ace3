/*
 * Sessions, whatever the database: arguments are checked here against the query's type before any of them
 * reaches a statement, and limits, transactions and error texts are the same everywhere. Called by the
 * broker.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "data/internal.h"
#include "data/postgres/pg.h"
#include "os/clock.h"

result sql_db_open(const char *where, struct error *err, struct sql_db **ret)
{
	return pg_is_url(where) ? postgres_backend_open(where, err, ret)
				: sqlite_backend_open(where, err, ret);
}

void sql_db_close(struct sql_db *db)
{
	if (db)
		db->backend->db_close(db);
}

result session_fail(
    struct sql_session *session, struct error *err, enum err_code code, const char *guest, const char *log)
{
	(void)snprintf(session->log_text, sizeof session->log_text, "%s", log ? log : "");
	return error_set(err, code, "%s", guest);
}

result session_check_size(struct sql_session *session, size_t rows, size_t start, struct error *err)
{
	if (rows > session->limits.rows_max)
		return session_fail(session, err, ERR_LIMIT,
		    "the query has more rows than it may return; add a LIMIT", "rows_max");
	if (!buf_ok(session->writer.out) ||
	    session->writer.out->len - start > session->limits.result_bytes_max)
		return session_fail(session, err, ERR_LIMIT,
		    "the result of the query is too large; add a LIMIT", "result_bytes_max");
	return RESULT_OK;
}

result session_write_json(
    struct sql_session *session, const struct type *type, struct slice json, struct error *err)
{
	struct buf *out = session->writer.out;
	/* The writer counts a value that it has not seen by one that is then taken back. */
	value_write_null(&session->writer);
	if (!buf_ok(out))
		return RESULT_OK; /* session_check_size() tells */
	out->len--;
	session->problems.count = 0;
	result r = value_from_json(type, json, out, &session->problems);
	if (is_ok(r))
		return r;
	return session_fail(session, err, ERR_INTERNAL, "a stored value is not of its column's type",
	    "a JSON column holds no JSON");
}

void session_write_exec(struct sql_session *session, int64_t changes, int64_t last_id)
{
	struct value_writer *w = &session->writer;
	value_write_object_begin(w);
	value_write_key(w, session->changes_name);
	value_write_int(w, changes);
	value_write_key(w, session->last_id_name);
	value_write_int(w, last_id);
	value_write_object_end(w);
}

result session_mismatch(
    struct sql_session *session, const struct sql_column *column, const char *found, struct error *err)
{
	char text[SESSION_LOG_TEXT_MAX];
	(void)snprintf(text, sizeof text,
	    "column %.*s holds %s where %s%s was derived; a STRICT table keeps its types",
	    SLICE_ARG(column->name), found, sql_type_name(column->type), column->nullable ? " or NULL" : "");
	return session_fail(session, err, ERR_INTERNAL, "a stored value is not of its column's type", text);
}

static void forget_transaction(struct sql_session *session)
{
	for (struct sql_session **at = &session->db->transactions; *at; at = &(*at)->next_transaction)
		if (*at == session) {
			*at = session->next_transaction;
			return;
		}
}

void sql_session_free(struct sql_session *session)
{
	if (!session)
		return;
	forget_transaction(session);
	arena_done(&session->arena);
	session->backend->free(session);
}

const char *sql_session_log_text(const struct sql_session *session)
{
	return session->log_text;
}

static void bind_host(struct session_bound *bound, struct slice text)
{
	bound->item = (struct value_item){.tag = text.ptr ? VALUE_STR : VALUE_NULL, .text = text};
}

static void bind_hosts(
    struct sql_session *session, const struct session_query *q, const struct sql_host_values *host)
{
	for (size_t i = 0; i < q->query->param_count; i++) {
		struct session_bound *b = &session->bound[i];
		switch (q->query->params[i].host) {
		case SQL_HOST_AUTH_USER:
			bind_host(b, host->auth_user);
			break;
		case SQL_HOST_AUTH_ROLE:
			bind_host(b, host->auth_role);
			break;
		case SQL_HOST_AUTH_TENANT:
			bind_host(b, host->auth_tenant);
			break;
		case SQL_HOST_NOW:
			b->item = (struct value_item){
			    .tag = VALUE_DATE, .number = (double)host->now_ms, .integer = host->now_ms};
			break;
		case SQL_HOST_NONE:
			b->item.tag = VALUE_NULL;
			break;
		}
	}
}

static struct session_bound *find_bound(
    struct sql_session *session, const struct session_query *q, uint16_t name)
{
	for (size_t i = 0; i < q->query->param_count; i++)
		if (q->param_names[i] == name)
			return &session->bound[i];
	return NULL;
}

static result refuse_argument(struct sql_session *session, const struct session_query *q, struct error *err)
{
	const struct problem_line *p = &session->problems.lines[0];
	if (session->problems.count == 0)
		return error_set(
		    err, ERR_INVALID, "the argument of %.*s is malformed", SLICE_ARG(q->query->name));
	return error_set(err, ERR_INVALID, "the argument of %.*s: %s%s%s", SLICE_ARG(q->query->name), p->path,
	    *p->path ? " " : "", p->text);
}

/* The argument is one object of the query's parameters; nothing at all stands for the empty one. */
static result bind_argument(
    struct sql_session *session, const struct session_query *q, struct slice argument, struct error *err)
{
	struct value_item object;
	bool nothing = argument.len == 0 || (argument.len == 1 && argument.ptr[0] == VALUE_NULL);
	session->problems.count = 0;
	if (nothing) {
		for (size_t i = 0; i < q->query->param_count; i++)
			if (q->param_names[i] >= 0 && !q->query->params[i].nullable)
				return error_set(err, ERR_INVALID, "query %.*s needs the parameter %.*s",
				    SLICE_ARG(q->query->name), SLICE_ARG(q->query->params[i].name));
		return RESULT_OK;
	}
	if (!q->params || !is_ok(value_check(q->params, argument, &session->problems)))
		return refuse_argument(session, q, err);
	if (!value_read(&argument, &object) || object.tag != VALUE_OBJECT)
		return refuse_argument(session, q, err);
	struct slice rest = object.text;
	while (rest.len > 0) {
		uint16_t name;
		struct slice text;
		struct session_bound *bound = NULL;
		if (value_read_key(&rest, &name, &text))
			bound = find_bound(session, q, name);
		const char *start = rest.ptr;
		if (!bound || !value_read(&rest, &bound->item))
			return refuse_argument(session, q, err);
		bound->raw = slice_of(start, (size_t)(rest.ptr - start));
	}
	return RESULT_OK;
}

/* Past its deadline: rolled back, and told so to whoever uses it next. A statement under way has a deadline
 * of its own. */
static bool expire(struct sql_session *session, uint64_t now_ms)
{
	if (!session->in_transaction || session->broken || session->busy || !session->deadline_ms ||
	    now_ms < session->deadline_ms)
		return false;
	session->backend->abandon(session);
	session->broken = true;
	forget_transaction(session);
	return true;
}

void sql_db_expire(struct sql_db *db)
{
	uint64_t now = db->transactions ? clock_mono_ms() : 0;
	struct sql_session *next;
	for (struct sql_session *s = db->transactions; s; s = next) {
		next = s->next_transaction;
		(void)expire(s, now);
	}
}

bool sql_session_would_wait(struct sql_session *session, size_t index)
{
	if (!session->db->transactions || (index != SIZE_MAX && index >= session->query_count) ||
	    !session->backend->takes_lock(session, index))
		return false;
	sql_db_expire(session->db);
	for (const struct sql_session *s = session->db->transactions; s; s = s->next_transaction)
		if (s != session && s->holds_lock && !s->broken)
			return true;
	return false;
}

static result check_lock(struct sql_session *session, size_t index, struct error *err)
{
	if (!sql_session_would_wait(session, index))
		return RESULT_OK;
	return session_fail(
	    session, err, ERR_TIMEOUT, "the database is busy", "another session's transaction is open");
}

result session_check_open(struct sql_session *session, struct error *err)
{
	if (session->in_transaction && session->lost)
		return session_fail(
		    session, err, ERR_CLOSED, "the database is not available", "the connection was lost");
	if (session->in_transaction && session->broken)
		return session_fail(session, err, ERR_CONFLICT, "the transaction was rolled back",
		    "the database ended the transaction");
	if (!expire(session, clock_mono_ms()))
		return RESULT_OK;
	return session_fail(
	    session, err, ERR_TIMEOUT, "the transaction took too long and was rolled back", "deadline");
}

result session_prepare(struct sql_session *session, size_t index, struct slice argument,
    const struct sql_host_values *host, struct buf *out, struct error *err)
{
	session->log_text[0] = '\0';
	if (index >= session->query_count)
		return session_fail(
		    session, err, ERR_DENIED, "this function may not run that query", "no such query");
	const struct session_query *q = &session->queries[index];
	if (session->in_transaction)
		TRY(session_check_open(session, err));
	TRY(check_lock(session, index, err));
	bind_hosts(session, q, host);
	TRY(bind_argument(session, q, argument, err));
	value_writer_init(&session->writer, out);
	return RESULT_OK;
}

result sql_session_run(struct sql_session *session, size_t index, struct slice argument,
    const struct sql_host_values *host, struct buf *out, struct error *err)
{
	TRY(session_prepare(session, index, argument, host, out, err));
	return session->backend->run(session, index, err);
}

void session_stepped(struct sql_session *session, enum sql_step step, bool ok)
{
	/* A backend that ends its steps by itself has said so before whoever waited for it does. */
	if (step == SQL_BEGIN && ok && !session->in_transaction) {
		session->in_transaction = true;
		session->broken = session->lost = false;
		session->holds_lock = session->backend->takes_lock(session, SIZE_MAX);
		session->next_transaction = session->db->transactions;
		session->db->transactions = session;
	} else if (step == SQL_ROLLBACK || (step == SQL_COMMIT && ok)) {
		forget_transaction(session);
		session->in_transaction = session->broken = session->lost = false;
		session->deadline_ms = 0;
	}
}

result sql_session_begin(struct sql_session *session, uint64_t deadline_ms, struct error *err)
{
	session->log_text[0] = '\0';
	if (session->in_transaction)
		return session_fail(session, err, ERR_CONFLICT, "a transaction is open already", NULL);
	TRY(check_lock(session, SIZE_MAX, err));
	TRY(session->backend->step(session, SQL_BEGIN, err));
	session_stepped(session, SQL_BEGIN, true);
	session->deadline_ms = deadline_ms || !session->limits.transaction_ms
				   ? deadline_ms
				   : clock_mono_ms() + session->limits.transaction_ms;
	return RESULT_OK;
}

result sql_session_commit(struct sql_session *session, struct error *err)
{
	session->log_text[0] = '\0';
	if (!session->in_transaction)
		return session_fail(session, err, ERR_CONFLICT, "no transaction is open", NULL);
	TRY(session_check_open(session, err));
	TRY(session->backend->step(session, SQL_COMMIT, err));
	session_stepped(session, SQL_COMMIT, true);
	return RESULT_OK;
}

result sql_session_rollback(struct sql_session *session, struct error *err)
{
	session->log_text[0] = '\0';
	if (!session->in_transaction)
		return session_fail(session, err, ERR_CONFLICT, "no transaction is open", NULL);
	result r = RESULT_OK;
	if (session->broken)
		session->backend->abandon(session);
	else
		r = session->backend->step(session, SQL_ROLLBACK, err);
	session_stepped(session, SQL_ROLLBACK, is_ok(r));
	return r;
}

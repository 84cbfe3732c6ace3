/* Host calls on the database: named queries and transactions, under the grants of the function that calls. */
#include <stdio.h>

#include "base/log.h"
#include "proc/broker/broker.h"

static struct transaction *find_transaction(struct broker_function *f, uint32_t thread, uint32_t slot)
{
	for (size_t i = 0; i < TRANSACTIONS_MAX; i++) {
		struct transaction *t = &f->transactions[i];
		if (t->session && t->thread == thread && t->slot == slot)
			return t;
	}
	return NULL;
}

static result open_session(struct broker *b, struct broker_function *f, struct error *err, struct sql_session **ret)
{
	const struct sql_limits limits = SQL_LIMITS_DEFAULT;
	if (!b->db)
		return error_set(err, ERR_DENIED, "this app has no database");
	return sql_session_open(b->db, f->contract->queries, f->contract->query_count, f->types, &limits, err, ret);
}

static void reply_error(const struct host_call *call, const struct error *err)
{
	host_reply(call->function, call->thread, call->id, err->code, slice_cstr(err->text));
}

static void log_failure(const struct host_call *call, const struct sql_session *session, const struct error *err)
{
	LOG_WARN("query_failed", LOG_SLICE("function", call->function->contract->contract.name),
	    LOG_SLICE("query", call->name), LOG_STR("why", err->text),
	    LOG_STR("database", session ? sql_session_log_text(session) : ""));
}

void query_call(struct broker *b, const struct host_call *call)
{
	struct broker_function *f = call->function;
	struct error err = {0};
	uintptr_t index = (uintptr_t)strmap_get(&f->queries, call->name);
	if (index == 0) {
		char what[160];
		(void)snprintf(what, sizeof what, "query %.*s is not in its contract", SLICE_ARG(call->name));
		broker_denied(b, call, what);
		host_reply(f, call->thread, call->id, ERR_DENIED, SLICE("this function may not run that query"));
		return;
	}
	broker_used(b, f, index - 1);
	if (b->remote) {
		remote_query(b, call, index - 1);
		return;
	}
	struct transaction *t = find_transaction(f, call->thread, call->slot);
	if (!t && !f->session && !is_ok(open_session(b, f, &err, &f->session))) {
		LOG_ERROR("cannot_open_session", LOG_SLICE("function", f->contract->contract.name), LOG_STR("why", err.text));
		host_reply(f, call->thread, call->id, ERR_SYSTEM, SLICE("the database is not available"));
		return;
	}
	struct sql_session *session = t ? t->session : f->session;
	if (!t && sql_session_would_wait(session, index - 1)) {
		waiting_add(b, call);
		return;
	}
	const struct sql_host_values host = {.auth_user = call->caller.user,
	    .auth_role = call->caller.role,
	    .auth_tenant = call->caller.tenant,
	    .now_ms = b->unix_ms};
	buf_clear(&b->value);
	if (is_ok(sql_session_run(session, index - 1, call->argument, &host, &b->value, &err))) {
		host_reply(f, call->thread, call->id, ERR_NONE, buf_slice(&b->value));
		return;
	}
	if (err.code == ERR_DENIED)
		broker_denied(b, call, err.text);
	log_failure(call, session, &err);
	reply_error(call, &err);
}

/* A session whose transaction has ended serves the next: opening one costs more than most transactions. */
static result take_session(struct broker *b, struct broker_function *f, struct error *err, struct sql_session **ret)
{
	for (size_t i = 0; i < SESSIONS_IDLE_MAX; i++)
		if (f->idle[i]) {
			*ret = f->idle[i];
			f->idle[i] = NULL;
			return RESULT_OK;
		}
	return open_session(b, f, err, ret);
}

static void give_session(struct broker_function *f, struct sql_session *session)
{
	for (size_t i = 0; i < SESSIONS_IDLE_MAX; i++)
		if (!f->idle[i]) {
			f->idle[i] = session;
			return;
		}
	sql_session_free(session);
}

static void begin(struct broker *b, const struct host_call *call)
{
	struct broker_function *f = call->function;
	struct error err = {0};
	struct transaction *place = NULL;
	for (size_t i = 0; i < TRANSACTIONS_MAX; i++)
		if (!f->transactions[i].session)
			place = &f->transactions[i];
	if (find_transaction(f, call->thread, call->slot)) {
		host_reply(f, call->thread, call->id, ERR_CONFLICT, SLICE("a transaction is open already"));
		return;
	}
	if (!place) {
		host_reply(f, call->thread, call->id, ERR_LIMIT, SLICE("too many transactions are open"));
		return;
	}
	result r = take_session(b, f, &err, &place->session);
	if (is_ok(r) && sql_session_would_wait(place->session, SIZE_MAX)) {
		give_session(f, place->session);
		place->session = NULL;
		waiting_add(b, call);
		return;
	}
	if (is_ok(r)) {
		place->thread = call->thread;
		place->slot = call->slot;
		r = sql_session_begin(place->session, 0, &err);
	}
	if (!is_ok(r)) {
		sql_session_free(place->session);
		place->session = NULL;
		reply_error(call, &err);
		return;
	}
	host_reply(f, call->thread, call->id, ERR_NONE, SLICE_NONE);
}

void transaction_call(struct broker *b, const struct host_call *call)
{
	struct broker_function *f = call->function;
	struct error err = {0};
	if (b->remote) {
		remote_transaction(b, call);
		return;
	}
	if (call->verb == HOST_BEGIN) {
		begin(b, call);
		return;
	}
	struct transaction *t = find_transaction(f, call->thread, call->slot);
	if (!t) {
		host_reply(f, call->thread, call->id, ERR_INVALID, SLICE("no transaction is open"));
		return;
	}
	result r = call->verb == HOST_COMMIT ? sql_session_commit(t->session, &err) : sql_session_rollback(t->session, &err);
	/* What could not be ended in order is closed, which rolls back. */
	if (is_ok(r)) {
		give_session(f, t->session);
		t->session = NULL;
	} else {
		transaction_end(f, call->thread, call->slot);
	}
	if (is_ok(r))
		host_reply(f, call->thread, call->id, ERR_NONE, SLICE_NONE);
	else
		reply_error(call, &err);
}

void transaction_end(struct broker_function *f, uint32_t thread, uint32_t slot)
{
	remote_call_ended(f, thread, slot);
	struct transaction *t = find_transaction(f, thread, slot);
	if (!t)
		return;
	sql_session_free(t->session);
	t->session = NULL;
}

void transactions_end_all(struct broker_function *f)
{
	remote_worker_gone(f);
	for (size_t i = 0; i < TRANSACTIONS_MAX; i++) {
		sql_session_free(f->transactions[i].session);
		f->transactions[i].session = NULL;
	}
}

/* What session.c does in one go, in two halves: begun here, ended by the backend through session_finish(). */
#include "data/internal.h"
#include "os/clock.h"

result sql_db_open_remote(const struct sql_remote *remote, struct error *err, struct sql_db **ret)
{
	return postgres_backend_remote(remote, err, ret);
}

void sql_db_socket(struct sql_db *db, int fd, const char *why)
{
	db->backend->socket(db, fd, why);
}

void sql_db_tick(struct sql_db *db)
{
	db->backend->tick(db);
}

bool sql_session_is_busy(const struct sql_session *session)
{
	return session->busy;
}

static void take_up(struct sql_session *session, sql_done_fn *done, void *context)
{
	session->busy = true;
	session->done = done;
	session->done_context = context;
}

void session_finish(struct sql_session *session, result r, const struct error *err)
{
	session->busy = false;
	session->done(session->done_context, r, err);
}

void sql_session_begin_run(struct sql_session *session, size_t index, struct slice argument,
    const struct sql_host_values *host, struct buf *out, sql_done_fn *done, void *context)
{
	struct error err = {0};
	take_up(session, done, context);
	result r = session_prepare(session, index, argument, host, out, &err);
	if (is_ok(r))
		session->backend->begin_run(session, index);
	else
		session_finish(session, r, &err);
}

/* What a step may not be begun with. */
static result check_step(struct sql_session *session, enum sql_step step, struct error *err)
{
	session->log_text[0] = '\0';
	if ((step == SQL_BEGIN) == session->in_transaction)
		return session_fail(session, err, ERR_CONFLICT,
		    session->in_transaction ? "a transaction is open already" : "no transaction is open",
		    NULL);
	return step == SQL_COMMIT ? session_check_open(session, err) : RESULT_OK;
}

void sql_session_begin_step(struct sql_session *session, enum sql_step step, sql_done_fn *done, void *context)
{
	struct error err = {0};
	take_up(session, done, context);
	result r = check_step(session, step, &err);
	if (is_ok(r) && step == SQL_BEGIN)
		session->deadline_ms = clock_mono_ms() + session->limits.transaction_ms;
	if (is_ok(r) && step == SQL_ROLLBACK && session->broken) {
		session->backend->abandon(session);
		session_stepped(session, step, true);
	} else if (is_ok(r)) {
		session->backend->begin_step(session, step);
		return;
	}
	session_finish(session, r, &err);
}

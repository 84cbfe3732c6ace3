/*
 * Host calls on a database that is on a server. A job is a session and the call that it is doing; when the server has
 * answered, so has the call. A job that holds a transaction belongs to one request of one worker thread until the transaction
 * ends, and makes that request's calls in the order in which they came; the others take any call of their function.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/database.h"
#include "base/log.h"
#include "data/remote.h"
#include "os/clock.h"
#include "os/fd.h"
#include "proc/broker/broker.h"
#include "proc/broker/queue.h"

#define JOBS_MAX 128u	  /* of one function */
#define TICK_MS 20u
#define LOCK_MS 4000u

/* Connections of all functions together. A server has 100 by itself, and is used by others. */
#define LINKS_MAX 24u

struct remote_database {
	struct sql_remote config;
	uint32_t busy;	 /* jobs that are at work or hold a transaction */
	uint32_t queued; /* calls that wait, of all queues */
	const struct remote_job *next; /* whose first waiting call is being made: it does not go behind the others again */
	uint64_t ticked_ms;
	int roots_fd;
};

struct remote_job {
	struct remote_job *next;
	struct remote_function *function;
	struct sql_session *session;
	struct buf value;
	uint32_t thread, id, slot;
	enum host_verb verb;
	char query[64];
	struct ticket_claims caller; /* of the denial, should there be one: numbers only */
	bool transaction;
	bool unheard; /* the worker that asked has gone; its successor must not get the answer */
	struct call_queue queue;
};

struct remote_function {
	struct broker *broker;
	struct broker_function *of;
	struct remote_job *jobs;
	uint32_t job_count;
	struct call_queue queue; /* for any free job */
};

/* ---- jobs ---- */

static bool job_is_busy(const struct remote_job *job)
{
	return sql_session_is_busy(job->session);
}

static void job_free(struct remote_job *job)
{
	struct remote_function *rf = job->function;
	for (struct remote_job **at = &rf->jobs; *at; at = &(*at)->next)
		if (*at == job) {
			*at = job->next;
			rf->job_count--;
			break;
		}
	if (job_is_busy(job) || job->transaction)
		rf->broker->remote->busy--;
	queue_refuse(&rf->broker->remote->queued, rf->of, &job->queue);
	sql_session_free(job->session);
	buf_done(&job->value);
	free(job);
}

static struct remote_function *function_of(struct broker *b, struct broker_function *f)
{
	if (f->remote)
		return f->remote;
	struct remote_function *rf = calloc(1, sizeof *rf);
	if (!rf)
		return NULL;
	*rf = (struct remote_function){.broker = b, .of = f};
	f->remote = rf;
	return rf;
}

static struct remote_job *find_transaction(const struct remote_function *rf, uint32_t thread, uint32_t slot)
{
	for (struct remote_job *job = rf->jobs; job; job = job->next)
		if (job->transaction && !job->unheard && job->thread == thread && job->slot == slot)
			return job;
	return NULL;
}

static struct remote_job *find_free(const struct remote_function *rf)
{
	for (struct remote_job *job = rf->jobs; job; job = job->next)
		if (!job->transaction && !job_is_busy(job))
			return job;
	return NULL;
}

static result job_new(struct remote_function *rf, struct error *err, struct remote_job **ret)
{
	const struct app_function *contract = rf->of->contract;
	struct sql_limits limits = SQL_LIMITS_DEFAULT;
	struct remote_job *job = calloc(1, sizeof *job);
	if (!job)
		return error_set(err, ERR_MEMORY, "no memory for a call");
	/* Who waits for another's row holds nobody up but its own request. */
	limits.busy_ms = LOCK_MS;
	*job = (struct remote_job){.next = rf->jobs, .function = rf, .value = BUF_INIT(REPLY_VALUE_MAX)};
	result r = rf->broker->db ? sql_session_open(rf->broker->db, contract->queries, contract->query_count, rf->of->types, &limits,
					err, &job->session)
				  : error_set(err, ERR_CLOSED, "the database is not available");
	if (!is_ok(r)) {
		free(job);
		return r;
	}
	rf->jobs = job;
	rf->job_count++;
	*ret = job;
	return RESULT_OK;
}

/* A free job, or NULL: the call waits, or has been answered. */
static struct remote_job *job_for(struct broker *b, const struct host_call *call)
{
	struct remote_function *rf = function_of(b, call->function);
	struct remote_job *job = rf ? find_free(rf) : NULL;
	struct error err = {0};
	if (job)
		return job;
	if (rf && rf->job_count == JOBS_MAX) {
		(void)queue_add(&b->remote->queued, &rf->queue, call);
		return NULL;
	}
	if (rf && is_ok(job_new(rf, &err, &job)))
		return job;
	LOG_ERROR("cannot_open_session", LOG_SLICE("function", call->function->contract->contract.name), LOG_STR("why", err.text));
	host_reply(call->function, call->thread, call->id, ERR_CLOSED, SLICE("the database is not available"));
	return NULL;
}

static void job_begin(struct broker *b, struct remote_job *job, const struct host_call *call)
{
	if (!job->transaction)
		b->remote->busy++;
	job->thread = call->thread;
	job->id = call->id;
	job->slot = call->slot;
	job->verb = call->verb;
	job->unheard = false;
	job->caller = (struct ticket_claims){.request = call->caller.request, .function = call->caller.function};
	(void)snprintf(job->query, sizeof job->query, "%.*s", SLICE_ARG(call->name));
	buf_clear(&job->value);
}

static void tell(struct remote_job *job, result r, const struct error *err)
{
	struct broker_function *f = job->function->of;
	if (!is_ok(r)) {
		const struct host_call call = {.function = f, .verb = job->verb, .caller = job->caller};
		if (err->code == ERR_DENIED)
			broker_denied(job->function->broker, &call, err->text);
		LOG_WARN("query_failed", LOG_SLICE("function", f->contract->contract.name), LOG_STR("query", job->query),
		    LOG_STR("why", err->text), LOG_STR("database", sql_session_log_text(job->session)));
	}
	if (!job->unheard)
		host_reply(f, job->thread, job->id, r.code, is_ok(r) ? buf_slice(&job->value) : slice_cstr(err->text));
}

static void query_done(void *context, result r, const struct error *err)
{
	struct remote_job *job = context;
	if (!job->transaction)
		job->function->broker->remote->busy--;
	tell(job, r, err);
}

void remote_query(struct broker *b, const struct host_call *call, size_t index)
{
	struct remote_job *job = call->function->remote ? find_transaction(call->function->remote, call->thread, call->slot) : NULL;
	if (job && (job_is_busy(job) || (job->queue.first && job != b->remote->next))) {
		(void)queue_add(&b->remote->queued, &job->queue, call);
		return;
	}
	if (!job)
		job = job_for(b, call);
	if (!job)
		return;
	const struct sql_host_values host = {.auth_user = call->caller.user,
	    .auth_role = call->caller.role,
	    .auth_tenant = call->caller.tenant,
	    .now_ms = b->unix_ms};
	job_begin(b, job, call);
	sql_session_begin_run(job->session, index, call->argument, &host, &job->value, query_done, job);
}

/* ---- transactions ---- */

static void begun(void *context, result r, const struct error *err)
{
	struct remote_job *job = context;
	tell(job, r, err);
	if (is_ok(r))
		return;
	job->transaction = false;
	job->function->broker->remote->busy--;
}

static void ended(void *context, result r, const struct error *err)
{
	struct remote_job *job = context;
	tell(job, r, err);
	/* What could not be ended in order is rolled back with its session, next turn: this one is still at work. */
	if (!is_ok(r)) {
		job->unheard = true;
		return;
	}
	job->transaction = false;
	job->function->broker->remote->busy--;
}

static void begin(struct broker *b, const struct host_call *call)
{
	struct remote_job *job = job_for(b, call);
	if (!job)
		return;
	job_begin(b, job, call);
	job->transaction = true;
	sql_session_begin_step(job->session, SQL_BEGIN, begun, job);
}

void remote_transaction(struct broker *b, const struct host_call *call)
{
	struct remote_job *job = call->function->remote ? find_transaction(call->function->remote, call->thread, call->slot) : NULL;
	if (job && (job_is_busy(job) || (job->queue.first && job != b->remote->next))) {
		(void)queue_add(&b->remote->queued, &job->queue, call);
	} else if (call->verb == HOST_BEGIN && job) {
		host_reply(call->function, call->thread, call->id, ERR_CONFLICT, SLICE("a transaction is open already"));
	} else if (call->verb == HOST_BEGIN) {
		begin(b, call);
	} else if (!job) {
		host_reply(call->function, call->thread, call->id, ERR_INVALID, SLICE("no transaction is open"));
	} else {
		job_begin(b, job, call);
		sql_session_begin_step(job->session, call->verb == HOST_COMMIT ? SQL_COMMIT : SQL_ROLLBACK, ended, job);
	}
}

/* ---- ends ---- */

/* What the request began on its own finishes, unheard by the next that has its slot: the worker tells them apart. */
void remote_call_ended(struct broker_function *f, uint32_t thread, uint32_t slot)
{
	struct remote_job *job = f->remote ? find_transaction(f->remote, thread, slot) : NULL;
	if (job)
		job_free(job);
	if (f->remote)
		queue_drop_slot(&f->remote->broker->remote->queued, &f->remote->queue, thread, slot);
}

void remote_worker_gone(struct broker_function *f)
{
	struct remote_job *next;
	if (!f->remote)
		return;
	queue_refuse(&f->remote->broker->remote->queued, f, &f->remote->queue);
	for (struct remote_job *job = f->remote->jobs; job; job = next) {
		next = job->next;
		job->unheard = true;
		if (job->transaction)
			job_free(job);
	}
}

void remote_function_done(struct broker_function *f)
{
	if (!f->remote)
		return;
	queue_refuse(&f->remote->broker->remote->queued, f, &f->remote->queue);
	while (f->remote->jobs)
		job_free(f->remote->jobs);
	free(f->remote);
	f->remote = NULL;
}

/* ---- turns ---- */

static void make_again(struct broker *b, struct broker_function *f, struct queued_call *q)
{
	if (!q)
		return;
	const struct record record = {.type = RECORD_HOST_CALL, .id = q->id, .payload = slice_of(q->payload, q->payload_bytes)};
	host_call_take(b, f, q->thread, &record);
	free(q);
}

static void turn_function(struct broker *b, struct remote_function *rf)
{
	struct remote_job *next;
	for (struct remote_job *job = rf->jobs; job; job = next) {
		next = job->next;
		if (job_is_busy(job))
			continue;
		if (job->transaction && job->unheard)
			job_free(job);
		else if (job->queue.first) {
			b->remote->next = job;
			make_again(b, rf->of, queue_take(&b->remote->queued, &job->queue));
			b->remote->next = NULL;
		}
	}
	while (rf->queue.first && (find_free(rf) || rf->job_count < JOBS_MAX))
		make_again(b, rf->of, queue_take(&b->remote->queued, &rf->queue));
}

void remote_turn(struct broker *b)
{
	if (!b->remote || !b->db)
		return;
	uint64_t now = clock_mono_ms();
	if (now - b->remote->ticked_ms >= TICK_MS) {
		b->remote->ticked_ms = now;
		sql_db_tick(b->db);
	}
	if (!b->remote->busy && !b->remote->queued)
		return;
	for (size_t i = 0; i < BROKER_GENERATIONS_MAX; i++)
		for (size_t k = 0; b->apps[i] && k < b->apps[i]->contract.function_count; k++)
			if (b->apps[i]->functions[k].remote)
				turn_function(b, b->apps[i]->functions[k].remote);
}

bool remote_is_busy(const struct broker *b)
{
	return b->remote && (b->remote->busy || b->remote->queued);
}

/* ---- the server ---- */

static struct remote_database remote = {.roots_fd = -1};

void remote_start(struct broker *b)
{
	b->remote = &remote;
}

static void dial(void *context)
{
	struct broker *b = context;
	ignore_result(control_send(b->child->control_fd, CONTROL_SOCKET_WANTED, 0, 0, 0, NULL, NULL, 0, NULL));
}

result remote_open(struct broker *b, int database_fd, int *roots_fd, struct error *err)
{
	struct slice bytes;
	struct app_database database;
	TRY(fd_map_sealed(database_fd, err, &bytes));
	bool whole = bytes.len == sizeof database;
	if (whole)
		memcpy(&database, bytes.ptr, sizeof database);
	(void)munmap((void *)(uintptr_t)bytes.ptr, bytes.len);
	if (!whole || !b->remote || b->db)
		return error_set(err, ERR_INVALID, "DATABASE that is none, or comes twice");
	remote.config = (struct sql_remote){.place = database.place,
	    .links_max = LINKS_MAX,
	    .loop = &b->child->loop,
	    .dial = dial,
	    .context = b};
	memcpy(remote.config.secret, database.secret, sizeof database.secret);
	explicit_bzero(&database, sizeof database);
	remote.config.place.roots[0] = '\0';
	if (roots_fd) {
		remote.roots_fd = fd_take(roots_fd);
		(void)snprintf(remote.config.place.roots, sizeof remote.config.place.roots, "/proc/self/fd/%d", remote.roots_fd);
	}
	result r = sql_db_open_remote(&remote.config, err, &b->db);
	explicit_bzero(remote.config.secret, sizeof remote.config.secret);
	return r;
}

void remote_socket(struct broker *b, int fd, const char *why)
{
	if (b->db && b->remote)
		sql_db_socket(b->db, fd, why);
	else if (fd >= 0)
		close(fd);
}

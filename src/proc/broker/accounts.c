/*
 * Users and sessions for the gateways: the identity store on this thread, password hashing on threads of its own, since one
 * hash takes a quarter of a second by design. A gateway is trusted to say which address a request came from, and for
 * nothing else.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "identity/sign_in.h"
#include "proc/broker/broker.h"

#define HASH_THREADS 2u
/* More waiting than this would be answered after their callers have given up. */
#define HASH_QUEUE_MAX 64u
#define TICK_MS 1000

struct auth_job {
	struct auth_job *next;
	struct sign_in sign_in;
	uint32_t gateway;
	uint32_t record_id;
	char address[ADDRESS_KEY_MAX];
};

struct account_service {
	struct identity_store *store;
	int bell_fd; /* the broker's own: a thread that has finished rings it */
	int64_t ticked_ms;
	uint32_t waiting;
	pthread_mutex_t lock; /* guards both lists */
	pthread_cond_t work;
	struct auth_job *todo, **todo_end;
	struct auth_job *finished;
};

static void *hash_thread(void *arg)
{
	struct account_service *a = arg;
	for (;;) {
		(void)pthread_mutex_lock(&a->lock);
		while (!a->todo)
			(void)pthread_cond_wait(&a->work, &a->lock);
		struct auth_job *job = a->todo;
		a->todo = job->next;
		if (!a->todo)
			a->todo_end = &a->todo;
		(void)pthread_mutex_unlock(&a->lock);
		password_job_run(&job->sign_in.job);
		(void)pthread_mutex_lock(&a->lock);
		job->next = a->finished;
		a->finished = job;
		(void)pthread_mutex_unlock(&a->lock);
		const uint64_t one = 1;
		ssize_t n = write(a->bell_fd, &one, sizeof one);
		(void)n;
	}
	return NULL;
}

static void on_event(void *context, const struct identity_event *event)
{
	static const char *const names[IDENTITY_EVENT_COUNT] = {
	    [IDENTITY_SIGNED_UP] = "signed_up",
	    [IDENTITY_SIGNED_IN] = "signed_in",
	    [IDENTITY_SIGN_IN_REFUSED] = "sign_in_refused",
	    [IDENTITY_DELAYED] = "sign_in_delayed",
	    [IDENTITY_SIGNED_OUT] = "signed_out",
	    [IDENTITY_PASSWORD_CHANGED] = "password_changed",
	    [IDENTITY_FACTOR_CHANGED] = "factor_changed",
	    [IDENTITY_ROLES_CHANGED] = "roles_changed",
	    [IDENTITY_ACCOUNT_CHANGED] = "account_changed",
	    [IDENTITY_STUFFING] = "credential_stuffing",
	    [IDENTITY_STUFFING_ENDED] = "credential_stuffing_ended",
	    [IDENTITY_CLONED_PASSKEY] = "cloned_passkey",
	};
	(void)context;
	/* One line a refused try would let an attacker fill the log; the attack as a whole is one event. */
	enum log_level level = event->kind == IDENTITY_STUFFING || event->kind == IDENTITY_CLONED_PASSKEY ? LOG_LEVEL_WARN
			       : event->kind == IDENTITY_DELAYED || event->kind == IDENTITY_SIGN_IN_REFUSED ? LOG_LEVEL_DEBUG
													    : LOG_LEVEL_INFO;
	LOG_AT(level, "identity", LOG_STR("what", names[event->kind]), LOG_STR("user", event->user ? event->user : ""),
	    LOG_SLICE("address", event->address), LOG_STR("detail", event->detail ? event->detail : ""),
	    LOG_INT("count", (int64_t)event->count));
}

static void on_session_dropped(void *context, const uint8_t hash[32])
{
	struct broker *b = context;
	const struct slice part = slice_of((const char *)hash, 32);
	for (uint32_t i = 0; i < BROKER_GATEWAYS_MAX; i++)
		if (b->gateway_up[i])
			ignore_result(channel_send(&b->gateways[i], RECORD_SESSION_DROPPED, 0, &part, 1, NULL));
}

result accounts_start(struct broker *b, struct error *err)
{
	struct account_service *a = calloc(1, sizeof *a);
	if (!a)
		return error_set(err, ERR_MEMORY, "no memory for the identity service");
	const struct identity_options options = {
	    .path = "identity.db", .listener = {.context = b, .event = on_event, .session_dropped = on_session_dropped}};
	TRY(identity_open(&options, err, &a->store));
	a->bell_fd = b->child->bell_fd;
	a->todo_end = &a->todo;
	(void)pthread_mutex_init(&a->lock, NULL);
	(void)pthread_cond_init(&a->work, NULL);
	b->auth = a;
	for (unsigned i = 0; i < HASH_THREADS; i++) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, hash_thread, a) != 0)
			return error_set(err, ERR_SYSTEM, "cannot start a password thread");
		(void)pthread_detach(thread);
	}
	return RESULT_OK;
}

static void reply(struct broker *b, uint32_t gateway, uint32_t id, const struct auth_reply_head *head, const struct slice texts[6])
{
	struct auth_reply_head h = *head;
	h.user_bytes = (uint32_t)texts[0].len;
	h.role_bytes = (uint32_t)texts[1].len;
	h.tenant_bytes = (uint32_t)texts[2].len;
	h.email_bytes = (uint32_t)texts[3].len;
	h.token_bytes = (uint32_t)texts[4].len;
	h.message_bytes = (uint32_t)texts[5].len;
	const struct slice parts[] = {slice_of((const char *)&h, sizeof h), texts[0], texts[1], texts[2], texts[3], texts[4], texts[5]};
	if (b->gateway_up[gateway])
		ignore_result(channel_send(&b->gateways[gateway], RECORD_AUTH_REPLY, id, parts, ARRAY_LEN(parts), NULL));
}

static void reply_error(struct broker *b, uint32_t gateway, uint32_t id, enum err_code code, uint32_t retry_after_s, const char *text)
{
	const struct auth_reply_head head = {.code = code, .retry_after_s = retry_after_s};
	const struct slice texts[6] = {[5] = slice_cstr(text)};
	reply(b, gateway, id, &head, texts);
}

static void reply_claim(struct broker *b, uint32_t gateway, uint32_t id, const struct session_claim *claim, const char *token)
{
	const struct auth_reply_head head = {
	    .expires_ms = claim->expires_ms, .mfa = claim->mfa, .authenticated_ms = claim->authenticated_ms};
	const struct slice texts[6] = {slice_cstr(claim->user), slice_cstr(claim->role), slice_cstr(claim->tenant),
	    slice_cstr(claim->email), slice_cstr(token)};
	reply(b, gateway, id, &head, texts);
}

static void queue_job(struct account_service *a, struct auth_job *job)
{
	a->waiting++;
	job->next = NULL;
	(void)pthread_mutex_lock(&a->lock);
	*a->todo_end = job;
	a->todo_end = &job->next;
	(void)pthread_cond_signal(&a->work);
	(void)pthread_mutex_unlock(&a->lock);
}

static void begin(struct broker *b, uint32_t gateway, const struct record *record, enum auth_operation operation,
    struct slice email, struct slice password, const struct identity_caller *caller)
{
	struct account_service *a = b->auth;
	struct error err = {0};
	if (a->waiting >= HASH_QUEUE_MAX) {
		reply_error(b, gateway, record->id, ERR_LIMIT, 2, "Sign-in is busy");
		return;
	}
	struct auth_job *job = calloc(1, sizeof *job);
	if (!job) {
		reply_error(b, gateway, record->id, ERR_MEMORY, 1, "Sign-in is busy");
		return;
	}
	job->gateway = gateway;
	job->record_id = record->id;
	(void)snprintf(job->address, sizeof job->address, "%.*s", SLICE_ARG(caller->address));
	result r = operation == AUTH_SIGN_UP
		       ? identity_sign_up_begin(a->store, REALM_APP, email, password, caller, &err, &job->sign_in)
		       : identity_sign_in_begin(a->store, REALM_APP, email, password, caller, &err, &job->sign_in);
	if (is_ok(r)) {
		queue_job(a, job);
		return;
	}
	reply_error(b, gateway, record->id, err.code, job->sign_in.retry_after_s, err.text);
	sign_in_done(&job->sign_in);
	free(job);
}

static void finish(struct broker *b, struct auth_job *job)
{
	struct account_service *a = b->auth;
	struct error err = {0};
	struct sign_in_outcome outcome = {0};
	const struct identity_caller caller = {.address = slice_cstr(job->address), .now_ms = b->unix_ms};
	a->waiting--;
	result r = identity_sign_in_finish(a->store, &job->sign_in, &caller, &err, &outcome);
	if (!is_ok(r))
		reply_error(b, job->gateway, job->record_id, err.code, job->sign_in.retry_after_s, err.text);
	else if (job->sign_in.state == SIGN_IN_DONE)
		reply_claim(b, job->gateway, job->record_id, &outcome.claim, outcome.token.text);
	else
		reply_error(b, job->gateway, job->record_id, ERR_DENIED, 0, "A second step is needed");
	explicit_bzero(&outcome, sizeof outcome);
	sign_in_done(&job->sign_in);
	free(job);
}

void accounts_request(struct broker *b, uint32_t gateway, const struct record *record)
{
	struct auth_head head;
	struct slice parts[4];
	struct error err = {0};
	struct session_claim claim;
	if (!is_ok(record_split(record->payload, &head, sizeof head, NULL)) ||
	    !is_ok(record_parts(record->payload, sizeof head,
		(const uint32_t[]){head.email_bytes, head.password_bytes, head.token_bytes, head.address_bytes}, 4, parts, NULL)) ||
	    head.operation >= AUTH_OPERATION_COUNT)
		return;
	const struct identity_caller caller = {.address = parts[3], .now_ms = b->unix_ms};
	switch ((enum auth_operation)head.operation) {
	case AUTH_SIGN_UP:
	case AUTH_SIGN_IN:
		begin(b, gateway, record, (enum auth_operation)head.operation, parts[0], parts[1], &caller);
		return;
	case AUTH_LOOKUP:
		if (is_ok(identity_session_lookup(b->auth->store, parts[2], b->unix_ms, &err, &claim)))
			reply_claim(b, gateway, record->id, &claim, "");
		else
			reply_error(b, gateway, record->id, ERR_DENIED, 0, "Sign in first");
		return;
	case AUTH_SIGN_OUT:
		if (is_ok(identity_sign_out(b->auth->store, parts[2], &caller, &err)))
			reply_claim(b, gateway, record->id, &(struct session_claim){0}, "");
		else
			reply_error(b, gateway, record->id, err.code, 0, "Sign in first");
		return;
	case AUTH_OPERATION_COUNT:
		return;
	}
}

void accounts_finish(struct broker *b)
{
	struct account_service *a = b->auth;
	(void)pthread_mutex_lock(&a->lock);
	struct auth_job *job = a->finished;
	a->finished = NULL;
	(void)pthread_mutex_unlock(&a->lock);
	while (job) {
		struct auth_job *next = job->next;
		finish(b, job);
		job = next;
	}
	if (b->unix_ms - a->ticked_ms >= TICK_MS) {
		struct error err = {0};
		a->ticked_ms = b->unix_ms;
		if (!is_ok(identity_tick(a->store, b->unix_ms, &err)))
			LOG_WARN("identity_tick_failed", LOG_STR("why", err.text));
	}
}

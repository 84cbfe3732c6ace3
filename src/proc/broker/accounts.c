/*
 * Accounts for the gateways: the identity store on this thread, what costs processor time (hashing,
 * signatures) on threads of its own, since one password takes a quarter of a second by design. A gateway is
 * trusted to say which address a request came from, and for nothing else; what a request means is decided in
 * identity/endpoints.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "identity/audit.h"
#include "proc/broker/accounts.h"

#define WORK_THREADS 2u
/* More waiting than this would be answered after their callers have given up; who is known still finds room.
 */
#define WAITING_MAX 64u
#define WAITING_KNOWN_MAX 128u
#define TICK_MS 1000
#define REFUSALS_BURST 50
#define REFUSALS_MS 2000

static struct account_job *next_job(struct account_service *a)
{
	for (size_t i = 0; i < QUEUE_COUNT; i++) {
		struct account_queue *q = &a->todo[i];
		struct account_job *job = q->first;
		if (!job)
			continue;
		q->first = job->next;
		if (!q->first)
			q->end = &q->first;
		return job;
	}
	return NULL;
}

static void *work_thread(void *arg)
{
	struct account_service *a = arg;
	for (;;) {
		struct account_job *job;
		(void)pthread_mutex_lock(&a->lock);
		while (!(job = next_job(a)))
			(void)pthread_cond_wait(&a->work, &a->lock);
		(void)pthread_mutex_unlock(&a->lock);
		identity_exchange_work(job->exchange);
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
	static const enum log_level levels[IDENTITY_EVENT_COUNT] = {
	    /* One line a refused try would let an attacker fill the log; the attack as a whole is one event.
	     */
	    [IDENTITY_SIGN_IN_REFUSED] = LOG_LEVEL_DEBUG,
	    [IDENTITY_DELAYED] = LOG_LEVEL_DEBUG,
	    [IDENTITY_SIGNED_UP] = LOG_LEVEL_INFO,
	    [IDENTITY_SIGNED_IN] = LOG_LEVEL_INFO,
	    [IDENTITY_SIGNED_OUT] = LOG_LEVEL_INFO,
	    [IDENTITY_PASSWORD_CHANGED] = LOG_LEVEL_INFO,
	    [IDENTITY_FACTOR_CHANGED] = LOG_LEVEL_INFO,
	    [IDENTITY_ROLES_CHANGED] = LOG_LEVEL_INFO,
	    [IDENTITY_ACCOUNT_CHANGED] = LOG_LEVEL_INFO,
	    [IDENTITY_STUFFING] = LOG_LEVEL_WARN,
	    [IDENTITY_STUFFING_ENDED] = LOG_LEVEL_INFO,
	    [IDENTITY_CLONED_PASSKEY] = LOG_LEVEL_WARN,
	};
	(void)context;
	LOG_AT(levels[event->kind], "identity", LOG_STR("what", identity_event_name(event->kind)),
	    LOG_STR("user", event->user ? event->user : ""), LOG_SLICE("address", event->address),
	    LOG_STR("detail", event->detail ? event->detail : ""), LOG_INT("count", (int64_t)event->count));
}

static void on_session_dropped(void *context, const uint8_t hash[32])
{
	struct broker *b = context;
	const struct slice part = slice_of((const char *)hash, 32);
	for (uint32_t i = 0; i < BROKER_GATEWAYS_MAX; i++)
		/* One that is too far behind to be told is told to forget everything once it reads again. */
		if (b->gateway_up[i] &&
		    !is_ok(channel_send(&b->gateways[i], RECORD_SESSION_DROPPED, 0, &part, 1, NULL)))
			b->accounts->forget_all[i] = true;
}

static void on_changed_outside(void *context)
{
	struct broker *b = context;
	memset(b->accounts->forget_all, true, sizeof b->accounts->forget_all);
}

static void tell_to_forget(struct broker *b)
{
	bool *forget = b->accounts->forget_all;
	for (uint32_t i = 0; i < BROKER_GATEWAYS_MAX; i++)
		forget[i] = forget[i] && b->gateway_up[i] &&
			    !is_ok(channel_send(&b->gateways[i], RECORD_SESSION_DROPPED, 0, NULL, 0, NULL));
}

result accounts_start(struct broker *b, struct error *err)
{
	struct account_service *a = calloc(1, sizeof *a);
	if (!a)
		return error_set(err, ERR_MEMORY, "no memory for accounts");
	const struct identity_options options = {.path = "identity.db",
	    .listener = {.context = b,
		.event = on_event,
		.session_dropped = on_session_dropped,
		.changed_outside = on_changed_outside}};
	TRY(identity_open(&options, err, &a->store));
	a->bell_fd = b->child->bell_fd;
	arena_init(&a->arena, 4096);
	for (size_t i = 0; i < QUEUE_COUNT; i++)
		a->todo[i].end = &a->todo[i].first;
	(void)pthread_mutex_init(&a->lock, NULL);
	(void)pthread_cond_init(&a->work, NULL);
	b->accounts = a;
	for (unsigned i = 0; i < WORK_THREADS; i++) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, work_thread, a) != 0)
			return error_set(err, ERR_SYSTEM, "cannot start a password thread");
		(void)pthread_detach(thread);
	}
	return RESULT_OK;
}

/* As the log of acts shows them. A key goes first: what is cut of a long name must not hide that it was one.
 */
static void operator_name(const struct session_claim *claim, struct buf *out)
{
	if (claim->key[0])
		buf_printf(out, "key %s of ", claim->key);
	buf_add_cstr(out, claim->email[0] ? claim->email : claim->user);
}

/* parts: token, flow, JSON. */
static void reply(struct broker *b, uint32_t gateway, uint32_t id, struct auth_reply_head head,
    const struct session_claim *claim, const struct slice parts[3])
{
	const bool known = claim && claim->user[0];
	CLEANUP_BUF struct buf name = BUF_INIT(1024);
	if (known && claim->realm == REALM_OPERATOR)
		operator_name(claim, &name);
	const struct slice texts[AUTH_REPLY_PARTS] = {slice_cstr(known ? claim->user : ""),
	    slice_cstr(known ? claim->role : ""), slice_cstr(known ? claim->roles : ""),
	    slice_cstr(known ? claim->scopes : ""), slice_cstr(known ? claim->tenant : ""), parts[0],
	    parts[1], parts[2], buf_slice(&name)};
	uint32_t *const lengths[AUTH_REPLY_PARTS] = {&head.user_bytes, &head.role_bytes, &head.roles_bytes,
	    &head.scopes_bytes, &head.tenant_bytes, &head.token_bytes, &head.flow_bytes, &head.json_bytes,
	    &head.name_bytes};
	struct slice all[1 + AUTH_REPLY_PARTS] = {slice_of((const char *)&head, sizeof head)};
	for (size_t i = 0; i < AUTH_REPLY_PARTS; i++) {
		*lengths[i] = (uint32_t)texts[i].len;
		all[i + 1] = texts[i];
	}
	if (known) {
		head.expires_ms = claim->expires_ms;
		head.authenticated_ms = claim->authenticated_ms;
		head.mfa = claim->mfa;
	}
	if (b->gateway_up[gateway])
		ignore_result(
		    channel_send(&b->gateways[gateway], RECORD_AUTH_REPLY, id, all, ARRAY_LEN(all), NULL));
}

static void reply_busy(struct broker *b, uint32_t gateway, uint32_t id)
{
	const struct auth_reply_head head = {.status = 503, .retry_after_s = 2};
	const struct slice parts[3] = {SLICE_NONE, SLICE_NONE,
	    SLICE("{\"type\":\"urn:ward:problem:overloaded\",\"status\":503,\"title\":\"Sign-in is busy\"}")};
	reply(b, gateway, id, head, NULL, parts);
}

/*
 * Why something was refused is for the log alone. Whoever is refused chooses how often, so lines are few:
 * after a burst one in REFUSALS_MS, which says how many there were without one.
 */
static void log_refusal(struct broker *b, const struct identity_exchange *x)
{
	struct account_service *a = b->accounts;
	const int64_t back_ms = b->unix_ms - REFUSALS_BURST * REFUSALS_MS;
	if (a->refusals_ms < back_ms || a->refusals_ms > b->unix_ms + REFUSALS_MS)
		a->refusals_ms = back_ms;
	if (a->refusals_ms + REFUSALS_MS > b->unix_ms) {
		a->refusals_unsaid++;
		return;
	}
	a->refusals_ms += REFUSALS_MS;
	LOG_INFO("sign_in_refused", LOG_SLICE("path", x->request.path),
	    LOG_SLICE("address", x->caller.address), LOG_STR("why", x->response.why.text),
	    LOG_INT("unsaid", a->refusals_unsaid));
	a->refusals_unsaid = 0;
}

static void reply_exchange(struct broker *b, const struct account_job *job)
{
	const struct identity_response *r = &job->exchange->response;
	const struct auth_reply_head head = {.status = (uint32_t)r->status,
	    .retry_after_s = r->retry_after_s,
	    .clear_token = r->clear_token,
	    .clear_flow = r->clear_flow};
	const struct slice parts[3] = {slice_cstr(r->token), slice_cstr(r->flow), buf_slice(&r->json)};
	if (r->why.code != ERR_NONE)
		log_refusal(b, job->exchange);
	reply(b, job->gateway, job->record_id, head, &r->claim, parts);
}

static void end_job(struct broker *b, struct account_job *job)
{
	reply_exchange(b, job);
	identity_exchange_free(job->exchange);
	account_site_leave(job->site);
	free(job);
	accounts_mails(b);
}

void accounts_advance(struct broker *b, struct account_job *job)
{
	struct account_service *a = b->accounts;
	switch (job->exchange->step) {
	case IDENTITY_FETCH:
		accounts_fetch(b, job);
		return;
	case IDENTITY_WORK:
		a->waiting++;
		job->next = NULL;
		(void)pthread_mutex_lock(&a->lock);
		struct account_queue *q =
		    &a->todo[job->exchange->sign_in.known_place ? QUEUE_KNOWN : QUEUE_STRANGERS];
		*q->end = job;
		q->end = &job->next;
		(void)pthread_cond_signal(&a->work);
		(void)pthread_mutex_unlock(&a->lock);
		return;
	case IDENTITY_DONE:
		end_job(b, job);
		return;
	}
}

static bool has_room(const struct account_service *a, const struct identity_exchange *x)
{
	return a->waiting < (x->sign_in.known_place ? WAITING_KNOWN_MAX : WAITING_MAX);
}

static void begin_exchange(
    struct broker *b, uint32_t gateway, uint32_t id, const struct identity_request *request)
{
	struct account_service *a = b->accounts;
	struct account_job *job = a->site ? calloc(1, sizeof *job) : NULL;
	if (job) {
		/* Only a sign-in elsewhere needs one. */
		if (memmem(request->path.ptr, request->path.len, "/oidc/", 6))
			account_site_secrets(a->site);
		*job = (struct account_job){.exchange = identity_exchange_new(a->site->service, request),
		    .site = a->site,
		    .gateway = gateway,
		    .record_id = id};
	}
	/* Only what needs a thread or another host can find them busy: a sign-out, a passkey and the account
	 * page work during an attack. */
	if (!job || !job->exchange || (job->exchange->step != IDENTITY_DONE && !has_room(a, job->exchange))) {
		if (job)
			identity_exchange_free(job->exchange);
		free(job);
		reply_busy(b, gateway, id);
		return;
	}
	job->site->users++;
	accounts_advance(b, job);
}

static void look_up(
    struct broker *b, uint32_t gateway, uint32_t id, enum user_realm realm, struct slice token)
{
	struct session_claim claim;
	struct error err;
	/* A token of the other realm is as none. */
	const bool ok = is_ok(identity_session_lookup(b->accounts->store, token, b->unix_ms, &err, &claim)) &&
			claim.realm == realm;
	const struct auth_reply_head head = {.status = ok ? 200 : 401};
	const struct slice none[3] = {SLICE_NONE, SLICE_NONE, SLICE_NONE};
	reply(b, gateway, id, head, ok ? &claim : NULL, none);
}

void accounts_request(struct broker *b, uint32_t gateway, const struct record *record)
{
	struct auth_head head;
	struct slice parts[AUTH_PARTS];
	if (!is_ok(record_split(record->payload, &head, sizeof head, NULL)) ||
	    !is_ok(record_parts(record->payload, sizeof head,
		(const uint32_t[]){head.path_bytes, head.body_bytes, head.token_bytes, head.flow_bytes,
		    head.address_bytes, head.agent_bytes},
		AUTH_PARTS, parts, NULL)))
		return;
	const enum user_realm realm = head.realm == REALM_OPERATOR ? REALM_OPERATOR : REALM_APP;
	if (head.operation == AUTH_LOOKUP) {
		look_up(b, gateway, record->id, realm, parts[2]);
		return;
	}
	const struct identity_request request = {.post = head.post != 0,
	    .path = parts[0],
	    .body = parts[1],
	    .token = parts[2],
	    .flow = parts[3],
	    .operator_asks = head.operator_asks != 0,
	    .demand_proof = head.demand_proof != 0,
	    .caller = {.address = parts[4], .agent = parts[5], .now_ms = b->unix_ms, .realm = realm}};
	begin_exchange(b, gateway, record->id, &request);
}

void accounts_audit(struct broker *b, const struct record *record)
{
	struct audit_head head;
	struct slice parts[3];
	struct error err = {0};
	result r = record_split(record->payload, &head, sizeof head, &err);
	if (is_ok(r))
		r = record_parts(record->payload, sizeof head,
		    (const uint32_t[]){head.name_bytes, head.address_bytes, head.what_bytes}, 3, parts, &err);
	if (is_ok(r))
		r = audit_act(b->accounts->store, parts[0], parts[1], parts[2], b->unix_ms, &err);
	if (!is_ok(r))
		LOG_ERROR("cannot_write_audit", LOG_STR("why", err.text));
	else
		LOG_INFO("operator_act", LOG_SLICE("by", parts[0]), LOG_SLICE("address", parts[1]),
		    LOG_SLICE("what", parts[2]));
}

void accounts_finish(struct broker *b)
{
	struct account_service *a = b->accounts;
	(void)pthread_mutex_lock(&a->lock);
	struct account_job *job = a->finished;
	a->finished = NULL;
	(void)pthread_mutex_unlock(&a->lock);
	while (job) {
		struct account_job *next = job->next;
		a->waiting--;
		identity_exchange_worked(job->exchange, b->unix_ms);
		accounts_advance(b, job);
		job = next;
	}
	if (b->unix_ms - a->ticked_ms >= TICK_MS) {
		struct error err = {0};
		a->ticked_ms = b->unix_ms;
		if (!is_ok(identity_tick(a->store, b->unix_ms, &err)))
			LOG_WARN("identity_tick_failed", LOG_STR("why", err.text));
		accounts_mails(b);
	}
	tell_to_forget(b);
}

/*
 * Accounts for the gateways: the identity store on this thread, what costs processor time (hashing, signatures) on
 * threads of its own, since one password takes a quarter of a second by design. A gateway is trusted to say which address
 * a request came from, and for nothing else; what a request means is decided in identity/endpoints.h.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "identity/endpoints.h"
#include "proc/broker/broker.h"

#define WORK_THREADS 2u
/* More waiting than this would be answered after their callers have given up; who is known still finds room. */
#define WAITING_MAX 64u
#define WAITING_KNOWN_MAX 128u
#define TICK_MS 1000

struct account_job {
	struct account_job *next;
	struct identity_exchange *exchange;
	uint32_t gateway;
	uint32_t record_id;
};

/* Who comes from where they have signed in before does not wait behind strangers, however many of those an attack sends. */
enum queue { QUEUE_KNOWN, QUEUE_STRANGERS, QUEUE_COUNT };

struct account_service {
	struct identity_store *store;
	struct identity_service *service; /* NULL until the origin is known */
	int bell_fd; /* the broker's own: a thread that has finished rings it */
	int64_t ticked_ms;
	bool forget_all[BROKER_GATEWAYS_MAX]; /* still to be told: what it keeps of sessions may be wrong */
	uint32_t waiting;
	pthread_mutex_t lock; /* guards both lists */
	pthread_cond_t work;
	struct account_queue {
		struct account_job *first, **end;
	} todo[QUEUE_COUNT];
	struct account_job *finished;
};

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
	static const struct {
		const char *name;
		enum log_level level;
	} rows[IDENTITY_EVENT_COUNT] = {
	    /* One line a refused try would let an attacker fill the log; the attack as a whole is one event. */
	    [IDENTITY_SIGN_IN_REFUSED] = {"sign_in_refused", LOG_LEVEL_DEBUG},
	    [IDENTITY_DELAYED] = {"sign_in_delayed", LOG_LEVEL_DEBUG},
	    [IDENTITY_SIGNED_UP] = {"signed_up", LOG_LEVEL_INFO},
	    [IDENTITY_SIGNED_IN] = {"signed_in", LOG_LEVEL_INFO},
	    [IDENTITY_SIGNED_OUT] = {"signed_out", LOG_LEVEL_INFO},
	    [IDENTITY_PASSWORD_CHANGED] = {"password_changed", LOG_LEVEL_INFO},
	    [IDENTITY_FACTOR_CHANGED] = {"factor_changed", LOG_LEVEL_INFO},
	    [IDENTITY_ROLES_CHANGED] = {"roles_changed", LOG_LEVEL_INFO},
	    [IDENTITY_ACCOUNT_CHANGED] = {"account_changed", LOG_LEVEL_INFO},
	    [IDENTITY_STUFFING] = {"credential_stuffing", LOG_LEVEL_WARN},
	    [IDENTITY_STUFFING_ENDED] = {"credential_stuffing_ended", LOG_LEVEL_INFO},
	    [IDENTITY_CLONED_PASSKEY] = {"cloned_passkey", LOG_LEVEL_WARN},
	};
	(void)context;
	LOG_AT(rows[event->kind].level, "identity", LOG_STR("what", rows[event->kind].name),
	    LOG_STR("user", event->user ? event->user : ""), LOG_SLICE("address", event->address),
	    LOG_STR("detail", event->detail ? event->detail : ""), LOG_INT("count", (int64_t)event->count));
}

static void on_session_dropped(void *context, const uint8_t hash[32])
{
	struct broker *b = context;
	const struct slice part = slice_of((const char *)hash, 32);
	for (uint32_t i = 0; i < BROKER_GATEWAYS_MAX; i++)
		/* One that is too far behind to be told is told to forget everything once it reads again. */
		if (b->gateway_up[i] && !is_ok(channel_send(&b->gateways[i], RECORD_SESSION_DROPPED, 0, &part, 1, NULL)))
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

void accounts_site(struct broker *b, struct slice text)
{
	struct account_service *a = b->accounts;
	struct error err = {0};
	const struct identity_site site = {.origin = slice_cut(&text, '\n')};
	identity_name_app(a->store, text);
	identity_service_free(a->service);
	a->service = NULL;
	if (!is_ok(identity_service_new(a->store, &site, &err, &a->service)))
		LOG_ERROR("cannot_offer_accounts", LOG_STR("why", err.text));
}

/* parts: token, flow, JSON. */
static void reply(struct broker *b, uint32_t gateway, uint32_t id, struct auth_reply_head head,
    const struct session_claim *claim, const struct slice parts[3])
{
	const bool known = claim && claim->user[0];
	const struct slice texts[AUTH_REPLY_PARTS] = {slice_cstr(known ? claim->user : ""), slice_cstr(known ? claim->role : ""),
	    slice_cstr(known ? claim->roles : ""), slice_cstr(known ? claim->scopes : ""), slice_cstr(known ? claim->tenant : ""),
	    parts[0], parts[1], parts[2]};
	uint32_t *const lengths[AUTH_REPLY_PARTS] = {&head.user_bytes, &head.role_bytes, &head.roles_bytes, &head.scopes_bytes,
	    &head.tenant_bytes, &head.token_bytes, &head.flow_bytes, &head.json_bytes};
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
		ignore_result(channel_send(&b->gateways[gateway], RECORD_AUTH_REPLY, id, all, ARRAY_LEN(all), NULL));
}

static void reply_busy(struct broker *b, uint32_t gateway, uint32_t id)
{
	const struct auth_reply_head head = {.status = 503, .retry_after_s = 2};
	const struct slice parts[3] = {
	    SLICE_NONE, SLICE_NONE, SLICE("{\"type\":\"urn:ward:problem:overloaded\",\"status\":503,\"title\":\"Sign-in is busy\"}")};
	reply(b, gateway, id, head, NULL, parts);
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
		LOG_DEBUG("refused", LOG_SLICE("path", job->exchange->request.path), LOG_STR("why", r->why.text));
	reply(b, job->gateway, job->record_id, head, &r->claim, parts);
}

/* Goes on with an exchange until it waits for a thread or is over. Takes the job. */
static void advance(struct broker *b, struct account_job *job)
{
	struct account_service *a = b->accounts;
	struct identity_exchange *x = job->exchange;
	/* No app can name an issuer yet, so there is nothing to fetch: such a sign-in ends here. */
	while (x->step == IDENTITY_FETCH)
		identity_exchange_fetched(x, 0, SLICE_NONE, b->unix_ms);
	if (x->step == IDENTITY_WORK) {
		a->waiting++;
		job->next = NULL;
		(void)pthread_mutex_lock(&a->lock);
		struct account_queue *q = &a->todo[x->sign_in.known_place ? QUEUE_KNOWN : QUEUE_STRANGERS];
		*q->end = job;
		q->end = &job->next;
		(void)pthread_cond_signal(&a->work);
		(void)pthread_mutex_unlock(&a->lock);
		return;
	}
	reply_exchange(b, job);
	identity_exchange_free(x);
	free(job);
}

static bool has_room(const struct account_service *a, const struct identity_exchange *x)
{
	return a->waiting < (x->sign_in.known_place ? WAITING_KNOWN_MAX : WAITING_MAX);
}

static void begin_exchange(struct broker *b, uint32_t gateway, uint32_t id, const struct identity_request *request)
{
	struct account_service *a = b->accounts;
	struct account_job *job = a->service ? calloc(1, sizeof *job) : NULL;
	if (job)
		*job = (struct account_job){
		    .exchange = identity_exchange_new(a->service, request), .gateway = gateway, .record_id = id};
	/* Only what needs a thread can find them busy: a sign-out, a passkey and the account page work during an attack. */
	if (!job || !job->exchange || (job->exchange->step == IDENTITY_WORK && !has_room(a, job->exchange))) {
		if (job)
			identity_exchange_free(job->exchange);
		free(job);
		reply_busy(b, gateway, id);
		return;
	}
	advance(b, job);
}

static void look_up(struct broker *b, uint32_t gateway, uint32_t id, struct slice token)
{
	struct session_claim claim;
	struct error err;
	const bool ok = is_ok(identity_session_lookup(b->accounts->store, token, b->unix_ms, &err, &claim));
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
		(const uint32_t[]){head.path_bytes, head.body_bytes, head.token_bytes, head.flow_bytes, head.address_bytes,
		    head.agent_bytes},
		AUTH_PARTS, parts, NULL)))
		return;
	if (head.operation == AUTH_LOOKUP) {
		look_up(b, gateway, record->id, parts[2]);
		return;
	}
	const struct identity_request request = {.post = head.post != 0,
	    .path = parts[0],
	    .body = parts[1],
	    .token = parts[2],
	    .flow = parts[3],
	    .demand_proof = head.demand_proof != 0,
	    .realm = REALM_APP,
	    .caller = {.address = parts[4], .agent = parts[5], .now_ms = b->unix_ms}};
	begin_exchange(b, gateway, record->id, &request);
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
		advance(b, job);
		job = next;
	}
	if (b->unix_ms - a->ticked_ms >= TICK_MS) {
		struct error err = {0};
		a->ticked_ms = b->unix_ms;
		if (!is_ok(identity_tick(a->store, b->unix_ms, &err)))
			LOG_WARN("identity_tick_failed", LOG_STR("why", err.text));
	}
	tell_to_forget(b);
}

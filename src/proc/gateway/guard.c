/* What is in force. A list that is short when nothing is wrong: a request then costs one comparison. */
#include "proc/gateway/guard.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "base/size.h"
#include "ipc/watch_records.h"
#include "observe/ban_list.h"
#include "os/clock.h"
#include "proc/gateway/country.h"
#include "proc/gateway/proof.h"

#define NS_PER_MINUTE 60000000000ull
/* How long callers are asked to wait at most, whatever is left of the time. */
#define RETRY_S_MAX 3600

struct guard {
	struct guard_head head;
	struct gcra_rate rate; /* THROTTLE */
	char function[TICKET_TEXT_MAX]; /* "": all */
};

struct guard_list {
	struct guard guards[GUARDS_MAX];
	uint32_t count;
	bool by_prefix;	 /* at least one of them */
	bool by_country; /* the same */
};

static bool is_over(const struct gateway *g, const struct guard *guard)
{
	return guard->head.until_ms <= g->unix_ms;
}

static void forget(struct guard_list *l, const struct gateway *g, uint32_t id)
{
	uint32_t kept = 0;
	l->by_prefix = l->by_country = false;
	for (uint32_t i = 0; i < l->count; i++) {
		if (l->guards[i].head.id == id || is_over(g, &l->guards[i]))
			continue;
		l->guards[kept++] = l->guards[i];
		l->by_prefix |= l->guards[i].head.by_prefix;
		l->by_country |= l->guards[i].head.by_country;
	}
	l->count = kept;
}

static void add(struct gateway *g, const struct guard_head *head, struct slice function)
{
	struct guard_list *l = g->guards;
	forget(l, g, head->id);
	if (l->count == GUARDS_MAX || function.len >= sizeof l->guards[0].function) {
		LOG_WARN("cannot_guard", LOG_INT("id", head->id));
		return;
	}
	struct guard *guard = &l->guards[l->count++];
	*guard = (struct guard){.head = *head};
	if (function.len)
		memcpy(guard->function, function.ptr, function.len);
	if (!is_ok(gcra_rate_of(size_max(head->per_minute, 1), NS_PER_MINUTE, 0, NULL, &guard->rate)))
		guard->rate = (struct gcra_rate){NS_PER_MINUTE, 0};
	l->by_prefix |= head->by_prefix;
	l->by_country |= head->by_country;
}

void guard_take(struct gateway *g, const struct record *record)
{
	struct guard_head head;
	struct slice function;
	if (!is_ok(record_split(record->payload, &head, sizeof head, NULL)) ||
	    !is_ok(record_parts(record->payload, sizeof head, &head.function_bytes, 1, &function, NULL)) ||
	    head.action >= GUARD_ACTIONS || head.prefix_bits > 128)
		return;
	if (!g->guards)
		g->guards = calloc(1, sizeof *g->guards);
	if (!g->guards)
		return;
	if (head.action == GUARD_ANEW)
		g->guards->count = 0;
	else if (head.action == GUARD_END)
		forget(g->guards, g, head.id);
	else
		add(g, &head, function);
}

static bool in_prefix(const uint8_t address[16], const struct guard_head *h)
{
	const unsigned whole = h->prefix_bits / 8, rest = h->prefix_bits % 8;
	if (memcmp(address, h->prefix, whole) != 0)
		return false;
	return rest == 0 || (address[whole] ^ h->prefix[whole]) >> (8 - rest) == 0;
}

/* The address of a connection as 16 bytes, IPv4 mapped. */
static bool address_bytes(const struct conn *c, uint8_t ret[16])
{
	struct in_addr four;
	if (inet_pton(AF_INET6, c->address, ret) == 1)
		return true;
	if (inet_pton(AF_INET, c->address, &four) != 1)
		return false;
	memset(ret, 0, 10);
	ret[10] = ret[11] = 0xff;
	memcpy(ret + 12, &four, sizeof four);
	return true;
}

struct asked {
	const struct conn *c;
	struct slice function;
	uint64_t caller; /* 0: not known yet, or nobody */
	bool caller_known;
	uint8_t address[16];
	bool has_address;
	char country[2];
	bool has_country;
	bool signs_in;
};

/* As much about where the request comes from as any guard asks for. */
static void locate(struct asked *a)
{
	const struct guard_list *l = a->c->gateway->guards;
	if (l->by_prefix)
		a->has_address = address_bytes(a->c, a->address);
	if (l->by_country)
		a->has_country = country_of(a->c, a->country);
}

/* Of a guard on a caller is judged when it is known who calls, of all others from the head. */
static bool concerns(const struct guard *guard, const struct asked *a)
{
	const struct guard_head *h = &guard->head;
	if (guard->function[0] && !slice_eq_cstr(a->function, guard->function))
		return false;
	if (h->caller)
		return a->caller_known && h->caller == a->caller;
	if (a->caller_known)
		return false;
	if (h->address)
		return h->address == a->c->place;
	if (h->by_country)
		return a->has_country && memcmp(a->country, h->prefix, sizeof a->country) == 0;
	return !h->by_prefix || (a->has_address && in_prefix(a->address, h));
}

static unsigned seconds_left(const struct gateway *g, const struct guard *guard)
{
	const int64_t s = (guard->head.until_ms - g->unix_ms + 999) / 1000;
	return (unsigned)(s < 1 ? 1 : s > RETRY_S_MAX ? RETRY_S_MAX : s);
}

static enum invocation_outcome refuse_quarantined(struct conn *c, const struct guard *guard)
{
	const struct problem p = {.status = 503,
	    .type = "quarantined",
	    .title = "This function is out of service for now",
	    .id = request_id_new(c->gateway),
	    .retry_after_s = seconds_left(c->gateway, guard)};
	problem_respond(c, &p);
	return OUTCOME_QUARANTINED;
}

static enum invocation_outcome refuse_banned(struct conn *c)
{
	problem_simple(c, 403, "banned", "You may not use this", NULL);
	return OUTCOME_FORBIDDEN;
}

static enum invocation_outcome throttle(struct conn *c, const struct guard *guard)
{
	struct gateway *g = c->gateway;
	const uint64_t parts[] = {guard->head.id, guard->head.caller, guard->head.address};
	const uint64_t key = gcra_key(RATE_SCOPE_COUNT, rate_hash(g, parts, sizeof parts));
	uint64_t wait_ns = 0;
	if (gcra_take(&g->rates, key, &guard->rate, 1, clock_mono_ns(), &wait_ns))
		return OUTCOME_OK;
	const struct problem p = {.status = 429,
	    .type = "throttled",
	    .title = "Too many requests",
	    .id = request_id_new(g),
	    .retry_after_s = (unsigned)(wait_ns / 1000000000u + 1)};
	problem_respond(c, &p);
	return OUTCOME_LIMITED;
}

static enum invocation_outcome apply(struct conn *c, const struct guard *guard)
{
	switch ((enum guard_action)guard->head.action) {
	case GUARD_CHALLENGE:
		if (proof_given(c))
			return OUTCOME_OK;
		proof_ask(c);
		return OUTCOME_LIMITED;
	case GUARD_THROTTLE:
		return throttle(c, guard);
	case GUARD_QUARANTINE:
		return refuse_quarantined(c, guard);
	case GUARD_BAN:
		return refuse_banned(c);
	case GUARD_ANEW:
	case GUARD_END:
	case GUARD_ACTIONS:
		break;
	}
	return OUTCOME_OK;
}

static enum invocation_outcome refuses(struct conn *c, struct asked *a)
{
	const struct gateway *g = a->c->gateway;
	if (!a->caller_known)
		locate(a);
	for (uint32_t i = 0; i < g->guards->count; i++) {
		const struct guard *guard = &g->guards->guards[i];
		if (is_over(g, guard) || !concerns(guard, a) ||
		    (a->signs_in && guard->head.action == GUARD_CHALLENGE))
			continue;
		const enum invocation_outcome refused = apply(c, guard);
		if (refused != OUTCOME_OK)
			return refused;
	}
	return OUTCOME_OK;
}

static bool idle(const struct gateway *g)
{
	return !g->guards || g->guards->count == 0;
}

enum invocation_outcome guard_refuses_early(struct conn *c, const struct gw_function *f)
{
	if (idle(c->gateway))
		return OUTCOME_OK;
	struct asked a = {
	    .c = c, .function = f ? f->contract->contract.name : SLICE(SIGN_IN_NAME), .signs_in = !f};
	return refuses(c, &a);
}

enum invocation_outcome guard_refuses_caller(
    struct conn *c, const struct gw_function *f, const struct identity_claim *who)
{
	if (idle(c->gateway) || !who)
		return OUTCOME_OK;
	struct asked a = {.c = c,
	    .function = f->contract->contract.name,
	    .caller = rate_hash(c->gateway, who->user, strlen(who->user)),
	    .caller_known = true};
	return refuses(c, &a);
}

bool guard_challenges_sign_in(const struct conn *c)
{
	const struct gateway *g = c->gateway;
	struct asked a = {.c = c, .function = SLICE(SIGN_IN_NAME), .signs_in = true};
	if (!idle(g))
		locate(&a);
	for (uint32_t i = 0; !idle(g) && i < g->guards->count; i++) {
		const struct guard *guard = &g->guards->guards[i];
		if (guard->head.action == GUARD_CHALLENGE && !is_over(g, guard) && concerns(guard, &a))
			return true;
	}
	return false;
}

bool guard_refuses_place(struct conn *c)
{
	struct gateway *g = c->gateway;
	if (g->app && g->app->countries && country_refuses(c))
		return true;
	if (idle(g))
		return false;
	struct asked a = {.c = c, .has_address = false};
	locate(&a);
	for (uint32_t i = 0; i < g->guards->count; i++) {
		const struct guard *guard = &g->guards->guards[i];
		if (guard->head.action != GUARD_BAN || guard->function[0] || guard->head.caller ||
		    is_over(g, guard) || !concerns(guard, &a))
			continue;
		refuse_banned(c);
		return true;
	}
	return false;
}

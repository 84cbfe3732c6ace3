/*
 * limits.rate. One table for all gateways of the machine, in memory that they share: a caller who opens connections to
 * many of them has no more than the contract gives, and a gateway that restarts forgets nothing.
 */
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "os/clock.h"
#include "proc/gateway/budget.h"
#include "proc/gateway/gateway.h"

#define NS_PER_S 1000000000ull

_Static_assert(RATE_KEY_BYTES == crypto_shorthash_KEYBYTES, "rate key");

result rate_prepare(struct gateway *g, struct error *err)
{
	static const uint8_t purpose[] = "ward rate limits";
	/* Of the key that all gateways hold, so that they know a caller by the same number. */
	_Static_assert(TICKET_KEY_BYTES == crypto_shorthash_siphashx24_KEYBYTES, "ticket key");
	_Static_assert(RATE_KEY_BYTES == crypto_shorthash_siphashx24_BYTES, "rate key");
	(void)crypto_shorthash_siphashx24(g->rate_key, purpose, sizeof purpose, g->ticket_key);
	result r = gcra_map(&g->rates, g->child->shared_fd, err);
	close(g->child->shared_fd);
	return r;
}

uint64_t rate_hash(const struct gateway *g, const void *bytes, size_t n)
{
	uint64_t hash;
	_Static_assert(sizeof hash == crypto_shorthash_BYTES, "hash");
	(void)crypto_shorthash((unsigned char *)&hash, bytes, n, g->rate_key);
	return hash;
}

result rate_of_function(struct gw_function *f, struct error *err)
{
	const struct manifest_rate *rate = &f->contract->contract.limits.rate;
	return rate->count ? gcra_rate_of(rate->count, rate->per_us * 1000, 0, err, &f->rate) : RESULT_OK;
}

/* The same in every generation of the app: a new one does not start the count anew. */
static uint64_t key_of(const struct gateway *g, const struct gw_function *f, uint64_t subject)
{
	const struct slice name = f->contract->contract.name;
	const uint64_t parts[] = {rate_hash(g, name.ptr, name.len), subject};
	return gcra_key((uint32_t)f->contract->contract.limits.rate.scope, rate_hash(g, parts, sizeof parts));
}

static bool refuses(struct conn *c, const struct gw_function *f, uint64_t subject)
{
	struct gateway *g = c->gateway;
	uint64_t wait_ns = 0;
	if (gcra_take(&g->rates, key_of(g, f, subject), &f->rate, 1, clock_mono_ns(), &wait_ns))
		return false;
	const struct problem p = {.status = 429,
	    .type = "rate-limit",
	    .title = "Too many requests",
	    .id = request_id_new(g),
	    .retry_after_s = (unsigned)((wait_ns + NS_PER_S - 1) / NS_PER_S)};
	problem_respond(c, &p);
	return true;
}

bool rate_refuses_early(struct conn *c, const struct gw_function *f)
{
	const enum rate_scope scope = f->contract->contract.limits.rate.scope;
	if (f->budget && budget_refuses_early(c, f))
		return true;
	if (f->rate.interval_ns == 0 || scope == RATE_USER)
		return false;
	return refuses(c, f, scope == RATE_IP ? c->place : 0);
}

bool rate_refuses_caller(struct conn *c, const struct gw_function *f, const struct identity_claim *who)
{
	if (f->rate.interval_ns == 0 || f->contract->contract.limits.rate.scope != RATE_USER)
		return false;
	return refuses(c, f, who ? rate_hash(c->gateway, who->user, strlen(who->user)) : c->place);
}

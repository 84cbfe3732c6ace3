/* Who gets which connection, and what is done when there is none. */
#include "data/postgres/pg_pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/size.h"
#include "data/postgres/pg_link.h"
#include "os/clock.h"

#define WAITING_LINKS_MAX 32u /* kept idle by a pool that waits */
#define BACKOFF_MS_MIN 50u
#define BACKOFF_MS_MAX 2000u
#define DIAL_MS 12000u
#define CLEAN_MS 5000u
#define CLAIM_MS 5000u

void pg_pool_init(struct pg_pool *pool, const char *url, const struct sql_remote *remote)
{
	*pool = (struct pg_pool){.url = url, .remote = remote, .backoff_ms = BACKOFF_MS_MIN};
	pool->claims_end = &pool->claims;
}

void pg_pool_done(struct pg_pool *pool)
{
	while (pool->links)
		pg_link_free(pool->links);
}

static struct pg_link *find_idle(struct pg_pool *pool, const struct pg_role *role)
{
	for (struct pg_link *link = pool->links; link; link = link->next)
		if (link->state == PG_LINK_IDLE && (!role || strcmp(link->role.name, role->name) == 0))
			return link;
	return NULL;
}

result pg_pool_take(struct pg_pool *pool, const struct pg_role *role, struct error *err, struct pg_link **ret)
{
	struct pg_link *link;
	/* One that the server has ended meanwhile is readable. */
	while ((link = find_idle(pool, role)) &&
	       (!PQconsumeInput(link->c) || PQstatus(link->c) != CONNECTION_OK))
		pg_link_free(link);
	if (!link) {
		TRY(pg_link_new(pool, role, err, &link));
		result r = pg_link_connect(link, err);
		if (!is_ok(r)) {
			pg_link_free(link);
			return error_wrap(err, r,
			    "role %s (pg_hba.conf must let roles ward_* log in with scram-sha-256)",
			    role->name);
		}
	}
	link->state = PG_LINK_HELD;
	*ret = link;
	return RESULT_OK;
}

/* ---- a pool that does not wait ---- */

static struct pg_claim *next_claim(struct pg_pool *pool, const struct pg_role *role)
{
	for (struct pg_claim *claim = pool->claims; claim; claim = claim->next)
		if (!role || strcmp(claim->role->name, role->name) == 0)
			return claim;
	return NULL;
}

void pg_pool_unclaim(struct pg_pool *pool, struct pg_claim *claim)
{
	if (!claim->waits)
		return;
	claim->waits = false;
	for (struct pg_claim **at = &pool->claims; *at; at = &(*at)->next)
		if (*at == claim) {
			*at = claim->next;
			if (pool->claims_end == &claim->next)
				pool->claims_end = at;
			return;
		}
}

static void give_claim(struct pg_pool *pool, struct pg_claim *claim, struct pg_link *link, const char *why)
{
	pg_pool_unclaim(pool, claim);
	if (link)
		link->state = PG_LINK_HELD;
	claim->given(claim, link, why);
}

/* The server answers nobody for a while: everyone is told, and the next try is not before the back-off. */
static void go_down(struct pg_pool *pool, const char *why)
{
	(void)snprintf(pool->down, sizeof pool->down, "%s", why);
	uint64_t now = clock_mono_ms();
	/* Those that were on their way together fail together: that is one try. */
	if (now >= pool->retry_at_ms) {
		pool->retry_at_ms = now + pool->backoff_ms;
		pool->backoff_ms = (uint32_t)size_min(pool->backoff_ms * 2, BACKOFF_MS_MAX);
	}
	/* Those that a claim's owner adds meanwhile are refused by pg_pool_claim(). */
	for (struct pg_claim *claim; (claim = pool->claims) != NULL;)
		give_claim(pool, claim, NULL, pool->down);
}

static bool dial(struct pg_pool *pool, const struct pg_role *role)
{
	struct pg_link *link = NULL;
	if (!is_ok(pg_link_new(pool, role, NULL, &link)))
		return false;
	link->state = PG_LINK_DIALLING;
	link->deadline_ms = clock_mono_ms() + DIAL_MS;
	pool->remote->dial(pool->remote->context);
	return true;
}

static unsigned count_coming(const struct pg_pool *pool, const struct pg_role *role)
{
	unsigned n = 0;
	for (const struct pg_link *link = pool->links; link; link = link->next)
		n += link->state <= PG_LINK_CONNECTING && strcmp(link->role.name, role->name) == 0;
	return n;
}

static unsigned count_claims(const struct pg_pool *pool, const struct pg_role *role)
{
	unsigned n = 0;
	for (const struct pg_claim *claim = pool->claims; claim; claim = claim->next)
		n += strcmp(claim->role->name, role->name) == 0;
	return n;
}

/* One connection more for the role, if it is wanted and there is room, made where another role's lies idle.
 */
static void grow(struct pg_pool *pool, const struct pg_role *role)
{
	if (count_coming(pool, role) >= count_claims(pool, role))
		return;
	struct pg_link *spare = pool->count >= pool->remote->links_max ? find_idle(pool, NULL) : NULL;
	if (spare)
		pg_link_free(spare);
	if (pool->count < pool->remote->links_max)
		(void)dial(pool, role);
}

void pg_pool_claim(struct pg_pool *pool, struct pg_claim *claim)
{
	struct pg_link *link = find_idle(pool, claim->role);
	if (link) {
		give_claim(pool, claim, link, NULL);
		return;
	}
	if (clock_mono_ms() < pool->retry_at_ms) {
		give_claim(pool, claim, NULL, pool->down);
		return;
	}
	claim->waits = true;
	claim->next = NULL;
	claim->deadline_ms = clock_mono_ms() + CLAIM_MS;
	*pool->claims_end = claim;
	pool->claims_end = &claim->next;
	grow(pool, claim->role);
}

/* Idle: for whoever waits for this role; else, at the limit, it makes way for who waits for another. */
static void settle(struct pg_link *link)
{
	struct pg_pool *pool = link->pool;
	struct pg_claim *same = next_claim(pool, &link->role);
	link->state = PG_LINK_IDLE;
	if (same)
		give_claim(pool, same, link, NULL);
	else if (pool->claims)
		grow(pool, pool->claims->role);
}

void pg_pool_connected(struct pg_link *link)
{
	link->pool->backoff_ms = BACKOFF_MS_MIN;
	link->pool->retry_at_ms = 0;
	settle(link);
}

void pg_pool_cleaned(struct pg_link *link)
{
	if (link->pool->remote)
		settle(link);
	else
		link->state = PG_LINK_IDLE;
}

void pg_pool_failed(struct pg_link *link, const char *why)
{
	struct pg_pool *pool = link->pool;
	char text[sizeof pool->down];
	struct pg_role role = link->role;
	/* The server's own word on this role is no news about others. */
	bool refused = strstr(why, "FATAL:") && strstr(why, role.name);
	(void)snprintf(text, sizeof text, "%s", why);
	pg_link_free(link);
	if (!refused) {
		go_down(pool, text);
		return;
	}
	for (struct pg_claim *claim; (claim = next_claim(pool, &role)) != NULL;)
		give_claim(pool, claim, NULL, text);
	explicit_bzero(&role, sizeof role);
}

/* An open transaction is rolled back first. False: it cannot be kept. */
static bool clean(struct pg_link *link)
{
	PGTransactionStatusType status = PQtransactionStatus(link->c);
	if (PQstatus(link->c) != CONNECTION_OK || link->prepared_count == PG_PREPARED_MAX)
		return false;
	if (status == PQTRANS_IDLE) {
		pg_pool_cleaned(link);
		return true;
	}
	if ((status != PQTRANS_INTRANS && status != PQTRANS_INERROR) || !pg_link_send(link, "ROLLBACK"))
		return false;
	link->state = PG_LINK_CLEANING;
	link->deadline_ms = clock_mono_ms() + CLEAN_MS;
	return true;
}

void pg_pool_give(struct pg_pool *pool, struct pg_link *link)
{
	if (!link)
		return;
	link->ready = NULL;
	link->holder = NULL;
	link->deadline_ms = 0;
	bool kept = (pool->remote || pool->count <= WAITING_LINKS_MAX) && clean(link);
	if (!kept) {
		pg_link_free(link);
		if (pool->remote && pool->claims)
			grow(pool, pool->claims->role);
		return;
	}
	while (!pool->remote && link->state == PG_LINK_CLEANING) {
		uint64_t now = clock_mono_ms();
		if (now >= link->deadline_ms) {
			pg_link_free(link);
			return;
		}
		size_t before = pool->count;
		pg_link_wait(link, (int)(link->deadline_ms - now));
		if (pool->count != before)
			return; /* it was lost, and freed */
	}
}

void pg_pool_socket(struct pg_pool *pool, int fd, const char *why)
{
	struct pg_link *oldest = NULL;
	for (struct pg_link *link = pool->links; link; link = link->next)
		if (link->state == PG_LINK_DIALLING)
			oldest = link; /* new ones are put in front */
	if (!oldest) {
		if (fd >= 0)
			close(fd);
		return;
	}
	if (fd < 0)
		pg_pool_failed(oldest, why);
	else if (!pg_link_start(oldest, fd))
		pg_pool_failed(oldest, oldest->c ? PQerrorMessage(oldest->c) : "no memory");
}

void pg_pool_tick(struct pg_pool *pool, uint64_t now_ms)
{
	struct pg_link *link = pool->links;
	while (link) {
		if (!link->deadline_ms || now_ms < link->deadline_ms) {
			link = link->next;
			continue;
		}
		link->deadline_ms = 0;
		if (link->state == PG_LINK_HELD)
			link->ready(link, true);
		else if (link->state == PG_LINK_CLEANING)
			pg_link_free(link);
		else
			pg_pool_failed(link, "the database server does not answer");
		/* Whoever was told may have opened and closed others. */
		link = pool->links;
	}
	/* The first has waited longest. */
	for (struct pg_claim *claim; (claim = pool->claims) && now_ms >= claim->deadline_ms;) {
		claim->late = true;
		give_claim(pool, claim, NULL, "every connection is in use");
	}
}

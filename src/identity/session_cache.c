/*
 * Claims that were read lately, so that a session that is asked for again and again costs no query. An entry
 * goes when its session is dropped (store_session_dropped() comes here first) and after a minute in any case:
 * "last seen" has to be written now and then. When `ward user` in another process has changed the file, all
 * go.
 */
#include <string.h>

#include "identity/internal.h"

#define KEPT_MS (60ll * 1000)
#define PROBES 4u

static size_t first_place(const uint8_t hash[SESSION_HASH_BYTES])
{
	uint64_t word;
	memcpy(&word, hash, sizeof word); /* a hash of a random token: any part of it is as good as another */
	return word % SESSION_CACHE_PLACES;
}

static struct cached_claim *find(struct identity_store *s, const uint8_t hash[SESSION_HASH_BYTES])
{
	const size_t at = first_place(hash);
	for (size_t i = 0; i < PROBES; i++) {
		struct cached_claim *c = &s->cache[(at + i) % SESSION_CACHE_PLACES];
		if (c->read_ms && c->epoch == s->cache_epoch &&
		    memcmp(c->claim.hash, hash, SESSION_HASH_BYTES) == 0)
			return c;
	}
	return NULL;
}

const struct session_claim *session_cache_find(
    struct identity_store *s, const uint8_t hash[SESSION_HASH_BYTES], int64_t now_ms)
{
	const struct cached_claim *c = find(s, hash);
	const bool good =
	    c && now_ms >= c->read_ms && now_ms - c->read_ms < KEPT_MS && now_ms < c->claim.expires_ms;
	return good ? &c->claim : NULL;
}

void session_cache_keep(struct identity_store *s, const struct session_claim *claim, int64_t now_ms)
{
	const size_t at = first_place(claim->hash);
	struct cached_claim *place = find(s, claim->hash);
	if (!place) { /* the one that was read longest ago makes room */
		place = &s->cache[at];
		for (size_t i = 1; i < PROBES; i++) {
			struct cached_claim *c = &s->cache[(at + i) % SESSION_CACHE_PLACES];
			place = c->read_ms < place->read_ms ? c : place;
		}
	}
	place->claim = *claim;
	place->read_ms = now_ms;
	place->epoch = s->cache_epoch;
}

void session_cache_drop(struct identity_store *s, const uint8_t hash[SESSION_HASH_BYTES])
{
	struct cached_claim *c = find(s, hash);
	if (c)
		c->read_ms = 0;
}

void session_cache_drop_all(struct identity_store *s)
{
	s->cache_epoch++;
}

/*
 * What this gateway remembers of sessions, so that most requests need no question to the broker. Keyed by the
 * hash of the token; the token itself is never kept. Entries live for a minute at most and the broker drops
 * them at once when a session ends (SESSION_DROPPED), so a sign-out holds everywhere within one message.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proc/gateway/gateway.h"

#define SESSION_PLACES 16384u /* a power of two */
#define SESSION_PROBES 8u
#define SESSION_KEPT_MS 60000

struct session_entry {
	uint8_t hash[32];
	int64_t good_until_ms; /* 0: empty */
	uint32_t epoch;	       /* of the table when it was kept */
	struct identity_claim who;
};

struct session_table {
	uint32_t epoch; /* entries of an earlier one are forgotten */
	struct session_entry entries[SESSION_PLACES];
};

struct session_table *session_table_new(void)
{
	return calloc(1, sizeof(struct session_table));
}

struct slice session_token_of(const struct http_head *h, struct slice name, bool *ret_bearer)
{
	struct slice authorization = h->known[HTTP_H_AUTHORIZATION];
	const struct slice scheme = SLICE("Bearer ");
	*ret_bearer = authorization.ptr != NULL;
	if (authorization.ptr) {
		if (authorization.len <= scheme.len ||
		    !slice_eq_nocase(slice_of(authorization.ptr, scheme.len), scheme))
			return SLICE_NONE;
		return slice_trim(slice_of(authorization.ptr + scheme.len, authorization.len - scheme.len));
	}
	struct slice cookie = h->known[HTTP_H_COOKIE];
	return cookie.ptr ? http_cookie(cookie, name) : SLICE_NONE;
}

struct slice session_token(const struct http_head *h, bool *ret_bearer)
{
	return session_token_of(h, SLICE("__Host-ward_session"), ret_bearer);
}

void session_hash(struct slice token, uint8_t ret_hash[32])
{
	(void)crypto_generichash(ret_hash, 32, (const unsigned char *)token.ptr, token.len, NULL, 0);
}

static size_t first_place(const uint8_t hash[32])
{
	uint64_t word;
	memcpy(&word, hash, sizeof word);
	return word & (SESSION_PLACES - 1);
}

static struct session_entry *find(struct session_table *t, const uint8_t hash[32])
{
	size_t at = first_place(hash);
	for (size_t i = 0; i < SESSION_PROBES; i++) {
		struct session_entry *e = &t->entries[(at + i) & (SESSION_PLACES - 1)];
		if (e->good_until_ms && e->epoch == t->epoch && memcmp(e->hash, hash, 32) == 0)
			return e;
	}
	return NULL;
}

const struct identity_claim *session_find(struct session_table *t, const uint8_t hash[32], int64_t now_ms)
{
	const struct session_entry *e = find(t, hash);
	return e && e->good_until_ms > now_ms && e->who.expires_ms > now_ms ? &e->who : NULL;
}

const struct identity_claim *session_known(const struct gateway *g, const uint8_t hash[32])
{
	return g->broker_up && channel_unread(&g->broker) ? NULL : session_find(g->sessions, hash, g->unix_ms);
}

void session_keep(
    struct session_table *t, const uint8_t hash[32], const struct identity_claim *who, int64_t now_ms)
{
	struct session_entry *e = find(t, hash);
	size_t at = first_place(hash);
	/* The entry that would be forgotten first makes room; losing one only costs a question. */
	for (size_t i = 0; !e && i < SESSION_PROBES; i++)
		if (!t->entries[(at + i) & (SESSION_PLACES - 1)].good_until_ms)
			e = &t->entries[(at + i) & (SESSION_PLACES - 1)];
	for (size_t i = 0; i < SESSION_PROBES; i++) {
		struct session_entry *other = &t->entries[(at + i) & (SESSION_PLACES - 1)];
		if (!e || (e->good_until_ms && memcmp(e->hash, hash, 32) != 0 &&
			      other->good_until_ms < e->good_until_ms))
			e = other;
	}
	memcpy(e->hash, hash, 32);
	e->who = *who;
	e->epoch = t->epoch;
	e->good_until_ms = now_ms + SESSION_KEPT_MS;
}

void session_drop(struct session_table *t, const uint8_t hash[32])
{
	struct session_entry *e = find(t, hash);
	if (e)
		*e = (struct session_entry){0};
}

void session_drop_all(struct session_table *t)
{
	t->epoch++;
}

/* Delays against guessing, in a table of fixed size. Called by the store's thread. */
#include "identity/throttle.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

#define THROTTLE_PLACES 65536u /* a power of two; 1.5 MiB */
#define THROTTLE_PROBES 8u
#define FADE_MS (10ll * 60 * 1000) /* each such time without a try halves the count */

static const struct throttle_rule {
	uint32_t free; /* tries without any delay */
	uint32_t base_ms;
	uint32_t max_ms;
} rules[THROTTLE_KIND_COUNT] = {
    [THROTTLE_PAIR] = {5, 1000, 15 * 60 * 1000},
    [THROTTLE_ACCOUNT] = {20, 1000, 15 * 60 * 1000},
    [THROTTLE_ADDRESS] = {30, 1000, 60 * 60 * 1000},
    [THROTTLE_BLOCK] = {200, 1000, 60 * 60 * 1000},
    [THROTTLE_SIGN_UP] = {10, 10000, 60 * 60 * 1000},
    [THROTTLE_MAIL] = {3, 60000, 60 * 60 * 1000},
    [THROTTLE_CODE] = {5, 2000, 15 * 60 * 1000},
};

struct throttle_entry {
	uint64_t key; /* 0: empty */
	int64_t last_ms;
	uint32_t count;
	uint32_t kind;
};

struct throttle {
	unsigned char secret[crypto_shorthash_KEYBYTES];
	struct throttle_entry entries[THROTTLE_PLACES];
};

struct throttle *throttle_new(void)
{
	struct throttle *t = calloc(1, sizeof *t);
	if (t)
		randombytes_buf(t->secret, sizeof t->secret);
	return t;
}

void throttle_free(struct throttle *t)
{
	free(t);
}

static uint64_t key_of(const struct throttle *t, enum throttle_kind kind, struct slice text)
{
	uint64_t hash;
	unsigned char bytes[crypto_shorthash_BYTES];
	(void)crypto_shorthash(bytes, (const unsigned char *)text.ptr, text.len, t->secret);
	memcpy(&hash, bytes, sizeof hash);
	hash ^= (uint64_t)(kind + 1) * 0x9e3779b97f4a7c15u;
	return hash ? hash : 1;
}

static struct throttle_entry *find(const struct throttle *t, uint64_t key)
{
	for (size_t i = 0; i < THROTTLE_PROBES; i++) {
		const struct throttle_entry *e = &t->entries[(key + i) & (THROTTLE_PLACES - 1)];
		if (e->key == key)
			return (struct throttle_entry *)(uintptr_t)e;
	}
	return NULL;
}

static uint32_t count_now(const struct throttle_entry *e, int64_t now_ms)
{
	int64_t halvings = now_ms > e->last_ms ? (now_ms - e->last_ms) / FADE_MS : 0;
	return halvings >= 32 ? 0 : e->count >> halvings;
}

static int64_t delay_ms(enum throttle_kind kind, uint32_t count)
{
	const struct throttle_rule *r = &rules[kind];
	if (count < r->free)
		return 0;
	uint32_t doublings = count - r->free;
	if (doublings >= 30)
		return r->max_ms;
	int64_t delay = (int64_t)r->base_ms << doublings;
	return delay < r->max_ms ? delay : r->max_ms;
}

int64_t throttle_wait_ms(const struct throttle *t, enum throttle_kind kind, struct slice key, int64_t now_ms)
{
	const struct throttle_entry *e = find(t, key_of(t, kind, key));
	if (!e)
		return 0;
	int64_t until_ms = e->last_ms + delay_ms(kind, count_now(e, now_ms));
	return until_ms > now_ms ? until_ms - now_ms : 0;
}

/* The empty place, or the entry with the least to say: the shortest delay, then the oldest. */
static struct throttle_entry *make_room(struct throttle *t, uint64_t key, int64_t now_ms)
{
	struct throttle_entry *best = NULL;
	int64_t best_until_ms = 0;
	for (size_t i = 0; i < THROTTLE_PROBES; i++) {
		struct throttle_entry *e = &t->entries[(key + i) & (THROTTLE_PLACES - 1)];
		if (!e->key)
			return e;
		int64_t until_ms = e->last_ms + delay_ms((enum throttle_kind)e->kind, count_now(e, now_ms));
		if (!best || until_ms < best_until_ms) {
			best = e;
			best_until_ms = until_ms;
		}
	}
	return best;
}

void throttle_count(struct throttle *t, enum throttle_kind kind, struct slice key, int64_t now_ms)
{
	uint64_t hash = key_of(t, kind, key);
	struct throttle_entry *e = find(t, hash);
	if (!e) {
		e = make_room(t, hash, now_ms);
		*e = (struct throttle_entry){.key = hash, .last_ms = now_ms, .kind = kind};
	}
	uint32_t count = count_now(e, now_ms);
	e->count = count < UINT32_MAX ? count + 1 : count;
	e->last_ms = now_ms;
}

void throttle_forgive(struct throttle *t, enum throttle_kind kind, struct slice key)
{
	struct throttle_entry *e = find(t, key_of(t, kind, key));
	if (e && e->count)
		e->count--;
}

void throttle_clear(struct throttle *t, enum throttle_kind kind, struct slice key)
{
	struct throttle_entry *e = find(t, key_of(t, kind, key));
	if (e)
		*e = (struct throttle_entry){0};
}

void address_keys(struct slice address, char ret_address[ADDRESS_KEY_MAX], char ret_block[ADDRESS_KEY_MAX])
{
	char text[ADDRESS_KEY_MAX];
	struct in6_addr six;
	struct in_addr four;
	(void)snprintf(text, sizeof text, "%.*s", SLICE_ARG(address));
	if (inet_pton(AF_INET6, text, &six) == 1 && IN6_IS_ADDR_V4MAPPED(&six))
		(void)snprintf(text, sizeof text, "%u.%u.%u.%u", six.s6_addr[12], six.s6_addr[13],
		    six.s6_addr[14], six.s6_addr[15]);
	if (inet_pton(AF_INET, text, &four) == 1) {
		const uint32_t host = ntohl(four.s_addr);
		(void)snprintf(ret_address, ADDRESS_KEY_MAX, "%08x", host);
		(void)snprintf(ret_block, ADDRESS_KEY_MAX, "%06x/24", host >> 8);
	} else if (inet_pton(AF_INET6, text, &six) == 1) {
		(void)sodium_bin2hex(ret_address, ADDRESS_KEY_MAX, six.s6_addr, 8);
		(void)sodium_bin2hex(ret_block, ADDRESS_KEY_MAX, six.s6_addr, 6);
	} else {
		(void)snprintf(ret_address, ADDRESS_KEY_MAX, "?%.60s", text);
		(void)snprintf(ret_block, ADDRESS_KEY_MAX, "?%.60s", text);
	}
}

/* A minute is loud when it holds this many failures over this many accounts. */
#define STUFFING_FAILURES 60u
#define STUFFING_ACCOUNTS 40u
#define STUFFING_CALM_MS (10ll * 60 * 1000)

static void turn_minute(struct stuffing_watch *w, int64_t now_ms)
{
	int64_t minute = now_ms / 60000;
	if (minute == w->minute)
		return;
	w->minute = minute;
	memset(w->seen, 0, sizeof w->seen);
	w->bits = 0;
	w->failures = 0;
}

/* Linear counting with few collisions: set bits stand for about as many accounts until a fifth of them are
 * set. */
static void note_account(struct stuffing_watch *w, struct slice account)
{
	unsigned char hash[crypto_shorthash_BYTES];
	static const unsigned char key[crypto_shorthash_KEYBYTES] = "stuffing-watch";
	(void)crypto_shorthash(hash, (const unsigned char *)account.ptr, account.len, key);
	const uint32_t at = (uint32_t)(hash[0] | hash[1] << 8) % 4096;
	const uint64_t bit = 1ull << (at % 64);
	if (!(w->seen[at / 64] & bit))
		w->bits++;
	w->seen[at / 64] |= bit;
}

enum stuffing_change stuffing_failed(struct stuffing_watch *w, struct slice account, int64_t now_ms)
{
	turn_minute(w, now_ms);
	note_account(w, account);
	w->failures++;
	w->total++;
	if (w->failures < STUFFING_FAILURES || w->bits < STUFFING_ACCOUNTS) {
		if (!w->under_attack)
			w->total = w->failures;
		return STUFFING_SAME;
	}
	w->loud_at_ms = now_ms;
	if (w->under_attack)
		return STUFFING_SAME;
	w->under_attack = true;
	return STUFFING_BEGAN;
}

enum stuffing_change stuffing_tick(struct stuffing_watch *w, int64_t now_ms)
{
	if (!w->under_attack || now_ms - w->loud_at_ms < STUFFING_CALM_MS)
		return STUFFING_SAME;
	w->under_attack = false;
	w->total = 0;
	return STUFFING_ENDED;
}

/*
 * Delays against guessing. Failures are counted by what they have in common, and each count past its free
 * allowance doubles how long the next try has to wait. Nothing is ever locked: delays have a ceiling, fade
 * with time, and tries for an account from a place where its owner has signed in before are not held up by
 * what others do elsewhere.
 *
 * Pure memory, fixed size (THROTTLE_PLACES entries; the one with the least to say makes room), keys hashed
 * with a secret of the process so that nobody can choose two that collide. Lost at a restart, which an
 * attacker cannot cause.
 */
#ifndef WARD_IDENTITY_THROTTLE_H
#define WARD_IDENTITY_THROTTLE_H

#include "base/result.h"
#include "base/slice.h"

enum throttle_kind {
	THROTTLE_PAIR,	  /* this account from this address */
	THROTTLE_ACCOUNT, /* this account from places its owner has not used */
	THROTTLE_ADDRESS, /* IPv4 address, IPv6 /64 */
	THROTTLE_BLOCK,	  /* IPv4 /24, IPv6 /48 */
	THROTTLE_SIGN_UP, /* sign-ups of an address */
	THROTTLE_MAIL,	  /* mails to an account: resets, links */
	THROTTLE_CODE,	  /* second factors of an account */
	THROTTLE_KIND_COUNT,
};

struct throttle;

struct throttle *throttle_new(void);
void throttle_free(struct throttle *t);

/* How long the next try has to wait; 0 may go ahead. */
int64_t throttle_wait_ms(const struct throttle *t, enum throttle_kind kind, struct slice key, int64_t now_ms);
/*
 * Counts a try. Callers count before the check and forgive after a success, so that tries that run at the
 * same time cannot all use the same allowance.
 */
void throttle_count(struct throttle *t, enum throttle_kind kind, struct slice key, int64_t now_ms);
/* Takes one try back. */
void throttle_forgive(struct throttle *t, enum throttle_kind kind, struct slice key);
/* Forgets the key. */
void throttle_clear(struct throttle *t, enum throttle_kind kind, struct slice key);

/* An address in text, cut to what one party is likely to hold. Texts that are no address stand for
 * themselves. */
#define ADDRESS_KEY_MAX 64u
void address_keys(struct slice address, char ret_address[ADDRESS_KEY_MAX], char ret_block[ADDRESS_KEY_MAX]);

/*
 * Notices credential stuffing: many accounts failing from anywhere within a minute. Says so once, and once
 * more when ten minutes have been calm.
 */
struct stuffing_watch {
	int64_t minute;
	uint64_t seen[64];  /* which of 4096 account hashes failed in this minute: linear counting */
	uint32_t bits;	    /* set in seen */
	uint32_t failures;  /* in this minute */
	uint64_t total;	    /* in this attack */
	int64_t loud_at_ms; /* last minute above the threshold */
	bool under_attack;
};
enum stuffing_change { STUFFING_SAME, STUFFING_BEGAN, STUFFING_ENDED };
enum stuffing_change stuffing_failed(struct stuffing_watch *w, struct slice account, int64_t now_ms);
enum stuffing_change stuffing_tick(struct stuffing_watch *w, int64_t now_ms);

#endif

/*
 * Proof of work, which can be switched on under attack and needs no third party: the client finds a number n
 * such that SHA-256(challenge ":" n) begins with `bits` zero bits. The challenge carries its own difficulty
 * and end under a code of ours, and is bound to the address that asked, so nothing is stored before it is
 * solved; each is good once.
 */
#ifndef WARD_IDENTITY_PROOF_H
#define WARD_IDENTITY_PROOF_H

#include "base/result.h"
#include "base/slice.h"

#define PROOF_CHALLENGE_CHARS 64u
#define PROOF_LIFETIME_MS (2ll * 60 * 1000)
#define PROOF_BITS_DEFAULT 18u /* a quarter of a million hashes: about a second in a browser */
#define PROOF_BITS_MAX 30u

void proof_challenge(const uint8_t key[32], struct slice address, unsigned bits, int64_t now_ms,
    char ret[PROOF_CHALLENGE_CHARS + 1]);

/* What has been spent: fixed memory, forgotten when the challenge is too old anyway. */
#define PROOF_SPENT_PLACES 8192u
struct proof_spent {
	uint64_t codes[PROOF_SPENT_PLACES];
	int64_t until_ms[PROOF_SPENT_PLACES];
};

/* answer: the challenge, a colon and the number. ERR_DENIED with the reason. */
result proof_check(const uint8_t key[32], struct proof_spent *spent, struct slice answer,
    struct slice address, int64_t now_ms, struct error *err);

#endif

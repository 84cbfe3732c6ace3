/* Proof-of-work challenges. Called by the store's thread; answers come from anyone. */
#include "identity/proof.h"

#include <sodium.h>
#include <string.h>

#include "identity/crypto.h"

/* bits (1), end in seconds (8), random (23), code (16): 48 bytes, 64 characters. */
#define BODY 32u
#define CODE 16u
_Static_assert((BODY + CODE) * 4 / 3 == PROOF_CHALLENGE_CHARS, "base64url without padding");

static void code_of(const uint8_t key[32], const uint8_t body[BODY], struct slice address, uint8_t ret[CODE])
{
	crypto_generichash_state state;
	(void)crypto_generichash_init(&state, key, 32, CODE);
	(void)crypto_generichash_update(&state, body, BODY);
	(void)crypto_generichash_update(&state, (const unsigned char *)address.ptr, address.len);
	(void)crypto_generichash_final(&state, ret, CODE);
}

void proof_challenge(const uint8_t key[32], struct slice address, unsigned bits, int64_t now_ms,
    char ret[PROOF_CHALLENGE_CHARS + 1])
{
	uint8_t bytes[BODY + CODE];
	const int64_t end_s = (now_ms + PROOF_LIFETIME_MS) / 1000;
	randombytes_buf(bytes, BODY);
	bytes[0] = (uint8_t)bits;
	memcpy(bytes + 1, &end_s, sizeof end_s);
	code_of(key, bytes, address, bytes + BODY);
	(void)sodium_bin2base64(
	    ret, PROOF_CHALLENGE_CHARS + 1, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static unsigned zero_bits(const uint8_t hash[32])
{
	unsigned bits = 0;
	for (size_t i = 0; i < 32; i++) {
		if (hash[i] != 0)
			return bits + (unsigned)__builtin_clz(hash[i]) - 24;
		bits += 8;
	}
	return bits;
}

/* True when it was there already. An entry that still counts is never pushed out: a full neighbourhood
 * refuses. */
static bool spend(struct proof_spent *spent, const uint8_t code[CODE], int64_t until_ms, int64_t now_ms)
{
	uint64_t word;
	memcpy(&word, code, sizeof word);
	for (size_t i = 0; i < 16; i++) {
		const size_t at = (word + i) % PROOF_SPENT_PLACES;
		if (spent->until_ms[at] > now_ms && spent->codes[at] == word)
			return true;
	}
	for (size_t i = 0; i < 16; i++) {
		const size_t at = (word + i) % PROOF_SPENT_PLACES;
		if (spent->until_ms[at] > now_ms)
			continue;
		spent->codes[at] = word;
		spent->until_ms[at] = until_ms;
		return false;
	}
	return true;
}

result proof_check(const uint8_t key[32], struct proof_spent *spent, struct slice answer,
    struct slice address, int64_t now_ms, struct error *err)
{
	uint8_t bytes[BODY + CODE], code[CODE], hash[32];
	size_t length = 0;
	int64_t end_s;
	if (answer.len <= PROOF_CHALLENGE_CHARS + 1 || answer.len > PROOF_CHALLENGE_CHARS + 21 ||
	    answer.ptr[PROOF_CHALLENGE_CHARS] != ':' ||
	    sodium_base642bin(bytes, sizeof bytes, answer.ptr, PROOF_CHALLENGE_CHARS, NULL, &length, NULL,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
	    length != sizeof bytes)
		return error_set(err, ERR_DENIED, "a proof of work is needed");
	code_of(key, bytes, address, code);
	memcpy(&end_s, bytes + 1, sizeof end_s);
	if (!bytes_equal(bytes_of(code, CODE), bytes_of(bytes + BODY, CODE)))
		return error_set(err, ERR_DENIED, "the proof of work is for another place");
	if (now_ms / 1000 >= end_s)
		return error_set(err, ERR_DENIED, "the proof of work is too old");
	TRY(digest_bytes(DIGEST_SHA256, answer, err, hash));
	if (zero_bits(hash) < bytes[0])
		return error_set(err, ERR_DENIED, "the proof of work is not done");
	return spend(spent, code, end_s * 1000, now_ms)
		   ? error_set(err, ERR_DENIED, "the proof of work was used already")
		   : RESULT_OK;
}

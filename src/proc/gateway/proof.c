/* Challenges and their proofs. The header is hostile; nothing is kept of it. */
#include "proc/gateway/proof.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "os/clock.h"

#define BITS 18u /* a quarter of a million hashes: about a second in a browser */
#define SLOT_MS 300000
#define USES 20u /* of one proof, in a slot */
#define NONCE_TEXT 16u
#define COUNTER_TEXT_MAX 20u

static void nonce_text(const struct conn *c, int64_t slot, char text[NONCE_TEXT + 1])
{
	const uint64_t parts[] = {0x70726f6f66u, c->place, (uint64_t)slot};
	(void)snprintf(text, NONCE_TEXT + 1, "%016llx", (unsigned long long)rate_hash(c->gateway, parts, sizeof parts));
}

static bool nonce_is_ours(const struct conn *c, struct slice nonce)
{
	const int64_t slot = c->gateway->unix_ms / SLOT_MS;
	char text[NONCE_TEXT + 1];
	for (int64_t back = 0; back < 2; back++) {
		nonce_text(c, slot - back, text);
		if (nonce.len == NONCE_TEXT && sodium_memcmp(nonce.ptr, text, NONCE_TEXT) == 0)
			return true;
	}
	return false;
}

static bool has_zero_bits(const uint8_t *hash, unsigned bits)
{
	unsigned at = 0;
	for (; bits >= 8; bits -= 8)
		if (hash[at++] != 0)
			return false;
	return bits == 0 || hash[at] >> (8 - bits) == 0;
}

void proof_take(struct conn *c, const struct http_head *h)
{
	const struct slice proof = h->known[HTTP_H_WARD_PROOF];
	const bool fits = proof.ptr && proof.len < sizeof c->proof;
	if (fits)
		memcpy(c->proof, proof.ptr, proof.len);
	c->proof[fits ? proof.len : 0] = '\0';
}

bool proof_given(struct conn *c)
{
	struct gateway *g = c->gateway;
	const struct slice proof = slice_cstr(c->proof);
	uint8_t hash[crypto_hash_sha256_BYTES];
	uint64_t counter;
	struct slice rest = proof;
	const struct slice nonce = slice_cut(&rest, ':');
	if (rest.len == 0 || rest.len > COUNTER_TEXT_MAX || !slice_to_u64(rest, &counter) || !nonce_is_ours(c, nonce))
		return false;
	(void)crypto_hash_sha256(hash, (const unsigned char *)proof.ptr, proof.len);
	if (!has_zero_bits(hash, BITS))
		return false;
	struct gcra_rate rate;
	const uint64_t key = gcra_key(RATE_SCOPE_COUNT, rate_hash(g, hash, sizeof hash));
	return is_ok(gcra_rate_of(USES, (uint64_t)SLOT_MS * 2000000u, USES, NULL, &rate)) &&
	       gcra_take(&g->rates, key, &rate, 1, clock_mono_ns(), NULL);
}

void proof_ask(struct conn *c)
{
	char nonce[NONCE_TEXT + 1];
	char line[96];
	nonce_text(c, c->gateway->unix_ms / SLOT_MS, nonce);
	const int n = snprintf(line, sizeof line, "Ward-Challenge: sha256 %u %s\r\n", BITS, nonce);
	const struct problem p = {.status = 429,
	    .type = "challenge",
	    .title = "Prove that this is worth your time first",
	    .detail = "Find a number N for which the SHA-256 of NONCE:N begins with as many zero bits as Ward-Challenge says, and "
		      "send it as Ward-Proof: NONCE:N.",
	    .id = request_id_new(c->gateway),
	    .retry_after_s = 1,
	    .extra = slice_of(line, (size_t)n)};
	problem_respond(c, &p);
}

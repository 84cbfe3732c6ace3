/*
 * Signed tokens of others (RFC 7515, 7517, 7519): parsed, then checked with the keys their issuer publishes.
 * Pure and thread-safe. ward itself hands out no JWTs; its own sessions are opaque.
 *
 * What RFC 8725 warns of cannot be asked for: "none" and the HMAC family do not exist here, the key decides
 * which algorithm may be used with it, keys in a token's header (jwk, jku, x5u, x5c) are never looked at, and
 * a critical header that is not understood refuses the token.
 */
#ifndef WARD_IDENTITY_JWT_H
#define WARD_IDENTITY_JWT_H

#include <jansson.h>

#include "identity/crypto.h"

#define JWT_BYTES_MAX 16384u
#define JWKS_BYTES_MAX (256u << 10)
#define JWKS_KEYS_MAX 64u

struct jwk {
	char id[128]; /* "" without one */
	bool has_algorithm;
	enum signature_algorithm algorithm;
	struct public_key *key;
};

struct jwks {
	struct jwk keys[JWKS_KEYS_MAX];
	size_t count;
};

/* Keys that are not for signing or not usable here are left out (RFC 7517 section 5). ERR_INVALID when none
 * is left. */
result jwks_parse(struct slice json, struct error *err, struct jwks **ret);
void jwks_free(struct jwks *keys);

struct jwt {
	json_t *header;		  /* owned */
	json_t *claims;		  /* owned */
	struct slice signed_part; /* of the token */
	uint8_t signature[1100];
	size_t signature_len;
	enum signature_algorithm algorithm;
	char key_id[128];
};
result jwt_parse(struct slice token, struct error *err, struct jwt *ret);
void jwt_done(struct jwt *t);
#define CLEANUP_JWT __attribute__((cleanup(jwt_done)))

/*
 * ERR_NOT_FOUND: no key of that id or kind, so fetching the keys anew may help. ERR_DENIED: a key fits and
 * the signature is wrong.
 */
result jwt_verify(const struct jwt *t, const struct jwks *keys, struct error *err);

/* OpenID Connect Core, section 3.1.3.7. */
struct id_token_expectation {
	struct slice issuer;
	struct slice client_id;
	struct slice nonce;
	int64_t now_ms;
};
#define ID_TOKEN_SKEW_MS (60ll * 1000)
result id_token_check(const json_t *claims, const struct id_token_expectation *e, struct error *err);

/* A text member, or ptr NULL. */
struct slice token_member_text(const json_t *object, const char *name);

#endif

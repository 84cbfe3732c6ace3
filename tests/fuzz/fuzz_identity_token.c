/* Tokens and published keys from arbitrary bytes, split at the first line break. No key here has signed
 * anything. */
#include "base/check.h"
#include "identity/jwt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice keys_text = bytes_of(data, size);
	struct slice token = slice_cut(&keys_text, '\n');
	struct jwks *keys = NULL;
	CLEANUP_JWT struct jwt t = {0};
	const bool parsed = is_ok(jwt_parse(token, NULL, &t));
	if (keys_text.ptr && is_ok(jwks_parse(keys_text, NULL, &keys)))
		ASSERT(keys->count > 0 && keys->count <= JWKS_KEYS_MAX);
	if (parsed && keys)
		(void)jwt_verify(&t, keys, NULL).code;
	if (parsed) {
		const struct id_token_expectation e = {
		    .issuer = SLICE("https://a"), .client_id = SLICE("b"), .nonce = SLICE("never-this-one")};
		(void)id_token_check(t.claims, &e, NULL).code;
	}
	jwks_free(keys);
	return 0;
}

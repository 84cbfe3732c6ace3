/* Published keys (RFC 7517, RFC 7518 section 6, RFC 8037). They come from a provider. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "identity/jwt.h"

#define NUMBER_MAX 1100u /* bytes of an RSA modulus of 8192 bits, and some */

static struct slice number(const json_t *key, const char *name, uint8_t bytes[NUMBER_MAX])
{
	size_t length = 0;
	const char *end = NULL;
	struct slice text = token_member_text(key, name);
	if (!text.ptr ||
	    sodium_base642bin(bytes, NUMBER_MAX, text.ptr, text.len, NULL, &length, &end,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
	    end != text.ptr + text.len)
		return SLICE_NONE;
	return bytes_of(bytes, length);
}

static bool curve_named(struct slice name, enum curve *ret)
{
	static const struct {
		const char *name;
		enum curve curve;
	} rows[] = {{"P-256", CURVE_P256}, {"P-384", CURVE_P384}, {"P-521", CURVE_P521},
	    {"secp256k1", CURVE_SECP256K1}, {"Ed25519", CURVE_ED25519}, {"Ed448", CURVE_ED448}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (!slice_eq_cstr(name, rows[i].name))
			continue;
		*ret = rows[i].curve;
		return true;
	}
	return false;
}

static result make_key(const json_t *key, struct error *err, struct public_key **ret)
{
	uint8_t a[NUMBER_MAX], b[NUMBER_MAX];
	enum curve curve;
	struct slice type = token_member_text(key, "kty");
	if (slice_eq(type, SLICE("RSA")))
		return public_key_rsa(number(key, "n", a), number(key, "e", b), err, ret);
	if (curve_named(token_member_text(key, "crv"), &curve)) {
		if (slice_eq(type, SLICE("EC")))
			return public_key_ec(curve, number(key, "x", a), number(key, "y", b), err, ret);
		if (slice_eq(type, SLICE("OKP")))
			return public_key_okp(curve, number(key, "x", a), err, ret);
	}
	return error_set(err, ERR_INVALID, "a kind of key that is not known");
}

/* For checking signatures, by its "use" and "key_ops", where it says. */
static bool is_for_signatures(const json_t *key)
{
	const json_t *operations = json_object_get(key, "key_ops");
	struct slice use = token_member_text(key, "use");
	if (use.ptr && !slice_eq(use, SLICE("sig")))
		return false;
	for (size_t i = 0; i < json_array_size(operations); i++) {
		const char *name = json_string_value(json_array_get(operations, i));
		if (name && strcmp(name, "verify") == 0)
			return true;
	}
	return !json_is_array(operations);
}

/* False when the key is of no use here. */
static bool read_key(const json_t *key, struct jwk *k)
{
	struct slice id = token_member_text(key, "kid");
	struct slice algorithm = token_member_text(key, "alg");
	if (!json_is_object(key) || !is_for_signatures(key) || id.len >= sizeof k->id)
		return false;
	k->has_algorithm = algorithm.ptr != NULL;
	if (k->has_algorithm && !algorithm_from_jose(algorithm, &k->algorithm))
		return false;
	(void)snprintf(k->id, sizeof k->id, "%.*s", SLICE_ARG(id));
	return is_ok(make_key(key, NULL, &k->key));
}

result jwks_parse(struct slice json, struct error *err, struct jwks **ret)
{
	if (json.len > JWKS_BYTES_MAX)
		return error_set(err, ERR_LIMIT, "the issuer's list of keys is too long");
	json_t *root = json_loadb(json.ptr, json.len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *list = json_object_get(root, "keys");
	struct jwks *keys = calloc(1, sizeof *keys);
	for (size_t i = 0; keys && i < json_array_size(list) && keys->count < JWKS_KEYS_MAX; i++) {
		struct jwk k = {0};
		if (read_key(json_array_get(list, i), &k))
			keys->keys[keys->count++] = k;
	}
	json_decref(root);
	if (!keys)
		return error_set(err, ERR_MEMORY, "no memory for keys");
	if (keys->count == 0) {
		jwks_free(keys);
		return error_set(err, ERR_INVALID, "the issuer publishes no key that can be used");
	}
	*ret = keys;
	return RESULT_OK;
}

void jwks_free(struct jwks *keys)
{
	if (!keys)
		return;
	for (size_t i = 0; i < keys->count; i++)
		public_key_free(keys->keys[i].key);
	free(keys);
}

/* Tokens: the three parts, the keys, the claims. Called in the store's thread with tokens from providers and
 * anyone. */
#include "identity/jwt.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

struct slice token_member_text(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	return json_is_string(value) ? slice_of(json_string_value(value), json_string_length(value))
				     : SLICE_NONE;
}

static result bad(struct error *err, const char *what)
{
	return error_set(err, ERR_INVALID, "the token is malformed: %s", what);
}

static bool base64url(struct slice text, uint8_t *bytes, size_t size, size_t *ret_len)
{
	const char *end = NULL;
	return sodium_base642bin(bytes, size, text.ptr, text.len, NULL, ret_len, &end,
		   sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
	       end == text.ptr + text.len;
}

static result decode_object(struct slice text, const char *what, struct error *err, json_t **ret)
{
	uint8_t bytes[JWT_BYTES_MAX];
	size_t length = 0;
	if (text.len == 0 || !base64url(text, bytes, sizeof bytes, &length))
		return bad(err, what);
	json_t *object = json_loadb((const char *)bytes, length, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(object)) {
		json_decref(object);
		return bad(err, what);
	}
	*ret = object;
	return RESULT_OK;
}

static result read_header(struct jwt *t, struct error *err)
{
	struct slice name = token_member_text(t->header, "alg");
	struct slice id = token_member_text(t->header, "kid");
	if (!name.ptr || !algorithm_from_jose(name, &t->algorithm))
		return error_set(
		    err, ERR_DENIED, "the token's algorithm \"%.*s\" is not accepted", SLICE_ARG(name));
	if (json_object_get(t->header, "crit"))
		return bad(err, "a critical header that is not understood");
	if (id.len >= sizeof t->key_id)
		return bad(err, "the key id");
	(void)snprintf(t->key_id, sizeof t->key_id, "%.*s", SLICE_ARG(id));
	return RESULT_OK;
}

static result parse(struct slice token, struct error *err, struct jwt *t)
{
	struct slice rest = token;
	struct slice header = slice_cut(&rest, '.');
	struct slice claims = rest.ptr ? slice_cut(&rest, '.') : SLICE_NONE;
	if (!rest.ptr || token.len > JWT_BYTES_MAX)
		return bad(err, "not three parts");
	t->signed_part = slice_of(token.ptr, header.len + 1 + claims.len);
	TRY(decode_object(header, "the header", err, &t->header));
	TRY(decode_object(claims, "the claims", err, &t->claims));
	TRY(read_header(t, err));
	if (!base64url(rest, t->signature, sizeof t->signature, &t->signature_len) || t->signature_len == 0)
		return bad(err, "the signature");
	return RESULT_OK;
}

result jwt_parse(struct slice token, struct error *err, struct jwt *ret)
{
	struct jwt t = {0};
	result r = parse(token, err, &t);
	if (is_ok(r))
		*ret = t;
	else
		jwt_done(&t);
	return r;
}

void jwt_done(struct jwt *t)
{
	json_decref(t->header);
	json_decref(t->claims);
	t->header = NULL;
	t->claims = NULL;
}

static bool fits(const struct jwk *k, const struct jwt *t)
{
	return (t->key_id[0] == '\0' || strcmp(k->id, t->key_id) == 0) &&
	       (!k->has_algorithm || k->algorithm == t->algorithm);
}

/* A key that the algorithm is not for is as none: signature_verify() looks at kind and curve. */
result jwt_verify(const struct jwt *t, const struct jwks *keys, struct error *err)
{
	bool tried = false;
	for (size_t i = 0; i < keys->count; i++) {
		if (!fits(&keys->keys[i], t))
			continue;
		result r = signature_verify(keys->keys[i].key, t->algorithm, SIGNATURE_FIXED, t->signed_part,
		    bytes_of(t->signature, t->signature_len), err);
		if (is_ok(r))
			return r;
		tried = true;
	}
	return tried
		   ? error_set(err, ERR_DENIED, "the token's signature does not hold")
		   : error_set(err, ERR_NOT_FOUND, "the issuer has no key \"%s\" for this token", t->key_id);
}

static bool audience_holds(const json_t *audience, struct slice client_id)
{
	if (json_is_string(audience))
		return slice_eq_cstr(client_id, json_string_value(audience));
	for (size_t i = 0; i < json_array_size(audience); i++) {
		const json_t *one = json_array_get(audience, i);
		if (json_is_string(one) && slice_eq_cstr(client_id, json_string_value(one)))
			return true;
	}
	return false;
}

static result check_times(const json_t *claims, int64_t now_ms, struct error *err)
{
	const json_t *expires = json_object_get(claims, "exp");
	const json_t *issued = json_object_get(claims, "iat");
	const json_t *not_before = json_object_get(claims, "nbf");
	if (!json_is_number(expires) || !json_is_number(issued) ||
	    (not_before && !json_is_number(not_before)))
		return bad(err, "its times");
	if (json_number_value(expires) * 1000 <= (double)(now_ms - ID_TOKEN_SKEW_MS))
		return error_set(err, ERR_DENIED, "the token has expired");
	if (json_number_value(issued) * 1000 > (double)(now_ms + ID_TOKEN_SKEW_MS) ||
	    (not_before && json_number_value(not_before) * 1000 > (double)(now_ms + ID_TOKEN_SKEW_MS)))
		return error_set(err, ERR_DENIED, "the token is not valid yet");
	return RESULT_OK;
}

result id_token_check(const json_t *claims, const struct id_token_expectation *e, struct error *err)
{
	const json_t *audience = json_object_get(claims, "aud");
	const json_t *party = json_object_get(claims, "azp");
	struct slice subject = token_member_text(claims, "sub");
	if (!slice_eq(token_member_text(claims, "iss"), e->issuer))
		return error_set(err, ERR_DENIED, "the token is from another issuer");
	if (!audience_holds(audience, e->client_id))
		return error_set(err, ERR_DENIED, "the token is for another client");
	if ((json_array_size(audience) > 1 && !party) ||
	    (party && !slice_eq(token_member_text(claims, "azp"), e->client_id)))
		return error_set(err, ERR_DENIED, "the token was given to another client");
	TRY(check_times(claims, e->now_ms, err));
	struct slice nonce = token_member_text(claims, "nonce");
	if (!nonce.ptr || !bytes_equal(nonce, e->nonce))
		return error_set(err, ERR_DENIED, "the token is for another sign-in (nonce)");
	if (subject.len == 0 || subject.len > 255)
		return bad(err, "its subject");
	return RESULT_OK;
}

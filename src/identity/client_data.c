/* Client data (Web Authentication, section 5.8.1): what the browser says the ceremony was. Comes from anyone.
 */
#include <jansson.h>
#include <sodium.h>

#include "identity/webauthn_internal.h"

static struct slice json_text(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	return json_is_string(value) ? slice_of(json_string_value(value), json_string_length(value))
				     : SLICE_NONE;
}

static bool among(struct slice s, const struct slice *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_eq(s, list[i]))
			return true;
	return false;
}

static result check_challenge(struct slice expected, struct slice text, struct error *err)
{
	uint8_t bytes[512];
	size_t length = 0;
	const char *end = NULL;
	if (!text.ptr ||
	    sodium_base642bin(bytes, sizeof bytes, text.ptr, text.len, NULL, &length, &end,
		sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
	    end != text.ptr + text.len)
		return error_set(err, ERR_INVALID, "the client data holds no challenge");
	if (expected.len == 0 || !bytes_equal(bytes_of(bytes, length), expected))
		return error_set(err, ERR_DENIED, "the challenge is not the one that was given");
	return RESULT_OK;
}

static result check_framing(const struct webauthn_policy *policy, const json_t *root, struct error *err)
{
	const json_t *cross = json_object_get(root, "crossOrigin");
	struct slice top = json_text(root, "topOrigin");
	if (cross && !json_is_boolean(cross))
		return error_set(err, ERR_INVALID, "crossOrigin is neither true nor false");
	if (json_object_get(root, "topOrigin") && !top.ptr)
		return error_set(err, ERR_INVALID, "topOrigin is not a text");
	if (!json_is_true(cross) && !top.ptr)
		return RESULT_OK;
	if (!policy->allow_cross_origin)
		return error_set(err, ERR_DENIED, "the ceremony ran in a frame of another site");
	if (top.ptr && policy->top_origin_count && !among(top, policy->top_origins, policy->top_origin_count))
		return error_set(err, ERR_DENIED, "the ceremony was framed by %.*s", SLICE_ARG(top));
	return RESULT_OK;
}

static result check(const struct webauthn_policy *policy, struct slice challenge, const char *type,
    const json_t *root, struct error *err)
{
	struct slice origin = json_text(root, "origin");
	if (!slice_eq_cstr(json_text(root, "type"), type))
		return error_set(err, ERR_DENIED, "the client data is for another ceremony than %s", type);
	TRY(check_challenge(challenge, json_text(root, "challenge"), err));
	if (!origin.ptr || !among(origin, policy->origins, policy->origin_count))
		return error_set(err, ERR_DENIED, "the ceremony ran at %.*s", SLICE_ARG(origin));
	return check_framing(policy, root, err);
}

result client_data_check(const struct webauthn_policy *policy, struct slice challenge, const char *type,
    struct slice json, struct error *err)
{
	if (json.len == 0 || json.len > CLIENT_DATA_MAX)
		return error_set(err, ERR_INVALID, "client data of %zu bytes", json.len);
	json_t *root = json_loadb(json.ptr, json.len, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(root)) {
		json_decref(root);
		return error_set(err, ERR_INVALID, "the client data is not a JSON object");
	}
	result r = check(policy, challenge, type, root, err);
	json_decref(root);
	return r;
}

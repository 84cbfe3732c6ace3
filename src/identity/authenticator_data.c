/* Authenticator data (Web Authentication, section 6.1): what the authenticator says, under its signature. */
#include "identity/webauthn_internal.h"

#define FIXED_BYTES 37u /* hash, flags, counter */

static result bad(struct error *err, const char *what)
{
	return error_set(err, ERR_INVALID, "the authenticator data is malformed: %s", what);
}

static struct slice cut(struct slice *rest, size_t n)
{
	struct slice part = slice_of(rest->ptr, n);
	*rest = slice_of(rest->ptr + n, rest->len - n);
	return part;
}

static uint32_t big_endian(struct slice bytes)
{
	uint32_t value = 0;
	for (size_t i = 0; i < bytes.len; i++)
		value = value << 8 | (uint8_t)bytes.ptr[i];
	return value;
}

/* aaguid (16), length (2), credential id, COSE key. */
static result attested(struct slice *rest, struct error *err, struct authenticator_data *d)
{
	if (rest->len < 18)
		return bad(err, "it ends within the credential");
	d->aaguid = cut(rest, 16);
	const size_t id_len = big_endian(cut(rest, 2));
	if (id_len == 0 || id_len > CREDENTIAL_ID_MAX || id_len > rest->len)
		return bad(err, "the length of the credential id");
	d->credential_id = cut(rest, id_len);
	struct cbor c = {.rest = *rest};
	TRY(cbor_skip(&c, err, &d->cose_key));
	if (d->cose_key.len > COSE_KEY_MAX)
		return bad(err, "the length of the key");
	*rest = c.rest;
	return RESULT_OK;
}

result authenticator_data_parse(struct slice bytes, struct error *err, struct authenticator_data *ret)
{
	struct authenticator_data d = {0};
	if (bytes.len < FIXED_BYTES || bytes.len > ATTESTATION_OBJECT_MAX)
		return bad(err, "its length");
	d.rp_id_hash = cut(&bytes, 32);
	d.flags = (uint8_t)cut(&bytes, 1).ptr[0];
	d.sign_count = big_endian(cut(&bytes, 4));
	if (d.flags & PASSKEY_ATTESTED)
		TRY(attested(&bytes, err, &d));
	if (d.flags & PASSKEY_EXTENSIONS) {
		struct cbor c = {.rest = bytes};
		struct slice map;
		TRY(cbor_skip(&c, err, &map));
		if ((uint8_t)map.ptr[0] >> 5 != 5)
			return bad(err, "the extensions are no map");
		bytes = c.rest;
	}
	if (bytes.len != 0)
		return bad(err, "something follows its end");
	*ret = d;
	return RESULT_OK;
}

result authenticator_data_check(
    const struct webauthn_policy *policy, const struct authenticator_data *data, struct error *err)
{
	uint8_t hash[32];
	TRY(digest_bytes(DIGEST_SHA256, policy->rp_id, err, hash));
	if (!bytes_equal(data->rp_id_hash, bytes_of(hash, sizeof hash)))
		return error_set(err, ERR_DENIED, "the authenticator answered for another site");
	if (!(data->flags & PASSKEY_USER_PRESENT))
		return error_set(err, ERR_DENIED, "nobody was present at the authenticator");
	if (policy->require_user_verification && !(data->flags & PASSKEY_USER_VERIFIED))
		return error_set(err, ERR_DENIED, "the authenticator did not verify its user");
	if ((data->flags & PASSKEY_BACKED_UP) && !(data->flags & PASSKEY_BACKUP_ELIGIBLE))
		return error_set(err, ERR_INVALID, "a passkey is backed up that cannot be");
	return RESULT_OK;
}

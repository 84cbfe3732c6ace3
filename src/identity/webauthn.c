/* Registering a passkey and signing in with one. Called in worker threads; everything comes from anyone. */
#include <string.h>

#include "identity/webauthn_internal.h"

/* The attestation object (section 6.5.4): a map of fmt, attStmt and authData, in any order. */
static result open_object(struct slice object, struct error *err, struct attestation *a)
{
	struct cbor c = {.rest = object};
	struct cbor_item map, name, item;
	if (object.len > ATTESTATION_OBJECT_MAX)
		return error_set(err, ERR_LIMIT, "the attestation object is too long");
	TRY(cbor_expect(&c, CBOR_MAP, err, &map));
	for (int64_t i = 0; i < map.num; i++) {
		TRY(cbor_expect(&c, CBOR_TEXT, err, &name));
		if (slice_eq(name.bytes, SLICE("attStmt")) && !a->statement.ptr) {
			TRY(cbor_skip(&c, err, &a->statement));
			continue;
		}
		TRY(cbor_next(&c, err, &item));
		if (slice_eq(name.bytes, SLICE("fmt")) && item.kind == CBOR_TEXT && !a->format.ptr)
			a->format = item.bytes;
		else if (slice_eq(name.bytes, SLICE("authData")) && item.kind == CBOR_BYTES &&
			 !a->auth_data_bytes.ptr)
			a->auth_data_bytes = item.bytes;
		else
			return error_set(
			    err, ERR_INVALID, "the attestation object has a part that does not belong there");
	}
	TRY(cbor_end(&c, err));
	if (!a->format.ptr || !a->statement.ptr || !a->auth_data_bytes.ptr)
		return error_set(err, ERR_INVALID, "the attestation object is not whole");
	return RESULT_OK;
}

static void keep(const struct attestation *a, struct passkey *p)
{
	const struct authenticator_data *d = &a->auth_data;
	memset(p, 0, sizeof *p);
	memcpy(p->id, d->credential_id.ptr, d->credential_id.len);
	p->id_len = d->credential_id.len;
	memcpy(p->cose_key, d->cose_key.ptr, d->cose_key.len);
	p->cose_key_len = d->cose_key.len;
	memcpy(p->aaguid, d->aaguid.ptr, sizeof p->aaguid);
	p->sign_count = d->sign_count;
	p->flags = d->flags;
	p->algorithm = a->algorithm;
}

result webauthn_register(const struct webauthn_policy *policy, struct slice challenge,
    struct slice client_data, struct slice attestation_object, struct error *err, struct passkey *ret)
{
	struct attestation a = {0};
	enum attestation_kind kind;
	CLEANUP_KEY struct public_key *key = NULL;
	TRY(client_data_check(policy, challenge, "webauthn.create", client_data, err));
	TRY(digest_bytes(DIGEST_SHA256, client_data, err, a.client_data_hash));
	TRY(open_object(attestation_object, err, &a));
	TRY(authenticator_data_parse(a.auth_data_bytes, err, &a.auth_data));
	TRY(authenticator_data_check(policy, &a.auth_data, err));
	if (!(a.auth_data.flags & PASSKEY_ATTESTED))
		return error_set(err, ERR_INVALID, "the authenticator made no credential");
	TRY(cose_key_parse(a.auth_data.cose_key, err, &key, &a.algorithm));
	a.key = key;
	TRY(attestation_check(policy, &a, err, &kind));
	keep(&a, ret);
	ret->attestation = kind;
	return RESULT_OK;
}

result webauthn_sign_in(const struct webauthn_policy *policy, struct slice challenge,
    const struct passkey *passkey, struct slice client_data, struct slice authenticator_data,
    struct slice signature, struct error *err, struct passkey_proof *ret)
{
	char bytes[ATTESTATION_OBJECT_MAX + 32];
	struct authenticator_data d;
	enum signature_algorithm algorithm;
	CLEANUP_KEY struct public_key *key = NULL;
	TRY(client_data_check(policy, challenge, "webauthn.get", client_data, err));
	TRY(authenticator_data_parse(authenticator_data, err, &d));
	TRY(authenticator_data_check(policy, &d, err));
	/* Section 7.2 step 18: whether it can be backed up does not change in a passkey's life. */
	if ((d.flags ^ passkey->flags) & PASSKEY_BACKUP_ELIGIBLE)
		return error_set(err, ERR_DENIED, "the passkey has changed its nature");
	TRY(cose_key_parse(bytes_of(passkey->cose_key, passkey->cose_key_len), err, &key, &algorithm));
	memcpy(bytes, authenticator_data.ptr, authenticator_data.len);
	TRY(digest_bytes(DIGEST_SHA256, client_data, err, (uint8_t *)bytes + authenticator_data.len));
	TRY(signature_verify(
	    key, algorithm, SIGNATURE_DER, slice_of(bytes, authenticator_data.len + 32), signature, err));
	ret->sign_count = d.sign_count;
	ret->flags = d.flags;
	ret->cloned = (d.sign_count || passkey->sign_count) && d.sign_count <= passkey->sign_count;
	return RESULT_OK;
}

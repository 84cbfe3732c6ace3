/* Between the files of the passkey verifier. */
#ifndef WARD_IDENTITY_WEBAUTHN_INTERNAL_H
#define WARD_IDENTITY_WEBAUTHN_INTERNAL_H

#include <openssl/x509.h>

#include "base/check.h"
#include "identity/cbor.h"
#include "identity/webauthn.h"

/* client_data.c: section 5.8.1. */
result client_data_check(const struct webauthn_policy *policy, struct slice challenge, const char *type,
    struct slice json, struct error *err);

/* authenticator_data.c: section 6.1. Slices point into the input. */
struct authenticator_data {
	struct slice rp_id_hash;
	uint8_t flags;
	uint32_t sign_count;
	struct slice aaguid;	    /* with PASSKEY_ATTESTED only */
	struct slice credential_id; /* the same */
	struct slice cose_key;	    /* the same */
};
result authenticator_data_parse(struct slice bytes, struct error *err, struct authenticator_data *ret);
result authenticator_data_check(
    const struct webauthn_policy *policy, const struct authenticator_data *data, struct error *err);

/* cose.c: RFC 9053 keys. */
result cose_key_parse(struct slice bytes, struct error *err, struct public_key **ret_key,
    enum signature_algorithm *ret_algorithm);
/* x and y of an EC2 key, for fido-u2f. */
result cose_key_point(struct slice bytes, struct error *err, struct slice *ret_x, struct slice *ret_y);

/* attestation.c: section 8. */
struct attestation {
	struct slice format;
	struct slice statement; /* the CBOR map */
	struct slice auth_data_bytes;
	struct authenticator_data auth_data;
	uint8_t client_data_hash[32];
	const struct public_key *key;
	enum signature_algorithm algorithm;
};

/* A statement's fields, those that the formats use. Absent ones have ptr NULL. */
struct statement {
	bool has_algorithm;
	int64_t algorithm;
	struct slice signature;
	struct slice version;
	struct slice cert_info;
	struct slice pub_area;
	struct slice certs[ATTESTATION_CERTS_MAX];
	size_t cert_count;
	size_t field_count;
};
result statement_parse(struct slice bytes, struct error *err, struct statement *ret);

result attestation_check(const struct webauthn_policy *policy, const struct attestation *a, struct error *err,
    enum attestation_kind *ret_kind);

result attestation_tpm(const struct attestation *a, const struct statement *s, X509 *leaf, struct error *err);
result attestation_android_key(
    const struct attestation *a, const struct statement *s, X509 *leaf, struct error *err);

/* Checks the statement's signature by the certificate's key. */
result leaf_signature(
    X509 *leaf, int64_t cose_algorithm, struct slice message, struct slice signature, struct error *err);
/* The certificate's key. */
result leaf_key(X509 *leaf, struct error *err, struct public_key **ret);
/* The content of the extension with this dotted name; ptr NULL without one. */
struct slice leaf_extension(X509 *leaf, const char *oid);
/* authData || clientDataHash in out, which holds ATTESTATION_OBJECT_MAX + 32. */
struct slice signed_bytes(const struct attestation *a, char *out);

#endif

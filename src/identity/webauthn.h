/*
 * Passkeys: the checks of Web Authentication Level 3, sections 7.1 (registering) and 7.2 (signing in). Pure
 * and thread-safe.
 *
 * Signatures: every algorithm of crypto.h. Attestation statements: none, packed (with certificate and self),
 * tpm, android-key, apple, fido-u2f; they are checked whenever one is present, and refused when they do not
 * hold. Whom their certificates must chain to is the policy's to say; without roots an attestation proves
 * nothing about the maker.
 *
 * libfido2 does some of this, but not ES512, Ed448, android-key and apple; here all go through one path.
 */
#ifndef WARD_IDENTITY_WEBAUTHN_H
#define WARD_IDENTITY_WEBAUTHN_H

#include "identity/crypto.h"

#define CREDENTIAL_ID_MAX 1023u
#define COSE_KEY_MAX 1200u
#define ATTESTATION_OBJECT_MAX 16384u
#define CLIENT_DATA_MAX 4096u
#define ATTESTATION_CERTS_MAX 6u

enum passkey_flag {
	PASSKEY_USER_PRESENT = 0x01,
	PASSKEY_USER_VERIFIED = 0x04,
	PASSKEY_BACKUP_ELIGIBLE = 0x08,
	PASSKEY_BACKED_UP = 0x10,
	PASSKEY_ATTESTED = 0x40,
	PASSKEY_EXTENSIONS = 0x80,
};

struct webauthn_policy {
	struct slice rp_id;
	const struct slice *origins; /* exactly these */
	size_t origin_count;
	bool allow_cross_origin;	 /* framed by another site: only with top_origins */
	const struct slice *top_origins; /* may be empty: any, where cross-origin is allowed at all */
	size_t top_origin_count;
	bool require_user_verification;
	const struct slice
	    *attestation_roots; /* DER certificates; with any, only attested authenticators are taken */
	size_t attestation_root_count;
};

enum attestation_kind {
	ATTESTATION_NONE,
	ATTESTATION_SELF,
	ATTESTATION_PACKED,
	ATTESTATION_TPM,
	ATTESTATION_ANDROID_KEY,
	ATTESTATION_APPLE,
	ATTESTATION_FIDO_U2F,
	ATTESTATION_KIND_COUNT,
};
const char *attestation_kind_name(enum attestation_kind kind);

/* What is stored of a passkey. */
struct passkey {
	uint8_t id[CREDENTIAL_ID_MAX];
	size_t id_len;
	uint8_t cose_key[COSE_KEY_MAX];
	size_t cose_key_len;
	uint8_t aaguid[16];
	uint32_t sign_count;
	uint8_t flags;
	enum signature_algorithm algorithm;
	enum attestation_kind attestation;
};

/* challenge: the bytes, not their base64url. ERR_DENIED or ERR_INVALID with the reason. */
result webauthn_register(const struct webauthn_policy *policy, struct slice challenge,
    struct slice client_data, struct slice attestation_object, struct error *err, struct passkey *ret);

struct passkey_proof {
	uint32_t sign_count;
	uint8_t flags;
	bool cloned; /* the counter did not grow although one of both is not zero: section 7.2 step 22 */
};
result webauthn_sign_in(const struct webauthn_policy *policy, struct slice challenge,
    const struct passkey *passkey, struct slice client_data, struct slice authenticator_data,
    struct slice signature, struct error *err, struct passkey_proof *ret);

#endif

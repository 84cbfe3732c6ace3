/*
 * Passkeys of accounts: what the browser is asked, and what its answer does. Credentials are discoverable: a
 * sign-in names nobody before the passkey does. The challenge is a token of challenge.h in base64url, so the
 * answer carries it.
 */
#ifndef WARD_IDENTITY_PASSKEYS_H
#define WARD_IDENTITY_PASSKEYS_H

#include "base/buf.h"
#include "identity/factor.h"
#include "identity/webauthn.h"

#define PASSKEY_NAME_MAX 64u
#define PASSKEYS_PER_USER 20u

/* Where the app is: what passkeys are bound to. */
struct passkey_site {
	struct slice rp_id;
	struct slice origin;
	bool verifies_user; /* a passkey that does not is no passkey here */
};

result passkey_register_begin(struct identity_store *store, const struct session_claim *claim, int64_t now_ms,
    struct error *err, struct session_token *ret_challenge);
/* Binary parts as bytes. *ret_verified: it verified its user, and counts as two factors. */
result passkey_register_finish(struct identity_store *store, const struct session_claim *claim,
    const struct passkey_site *site, struct slice name, struct slice client_data,
    struct slice attestation_object, int64_t now_ms, struct error *err, bool *ret_verified);

result passkey_sign_in_begin(
    struct identity_store *store, int64_t now_ms, struct error *err, struct session_token *ret_challenge);
struct passkey_answer {
	struct slice credential_id;
	struct slice client_data;
	struct slice authenticator_data;
	struct slice signature;
	struct slice user_handle; /* may be empty */
};
/*
 * Whose passkey it is, and whether it counts as two factors (it verified its user). A counter that went
 * backwards is told as IDENTITY_CLONED_PASSKEY and refused.
 */
result passkey_sign_in_finish(struct identity_store *store, const struct passkey_site *site,
    const struct passkey_answer *answer, const struct identity_caller *caller, struct error *err,
    int64_t *ret_user_row, bool *ret_is_mfa);

struct passkey_row {
	char id[32]; /* how a list names it: the first bytes of the hash of its id, in hexadecimal */
	char name[PASSKEY_NAME_MAX + 1];
	int64_t created_ms, used_ms;
	bool backed_up;
};
result passkey_list(struct identity_store *store, int64_t user_row, struct passkey_row *rows, size_t room,
    struct error *err, size_t *ret_count);
result passkey_remove(
    struct identity_store *store, const struct session_claim *claim, struct slice id, struct error *err);
/* The ids of a user's credentials in base64url, for excludeCredentials: one JSON string array. */
result passkey_ids_json(struct identity_store *store, int64_t user_row, struct buf *out, struct error *err);

#endif

/*
 * Second factors of an account: one authenticator app (TOTP) with recovery codes, and the step of a sign-in
 * that asks for them. The app's secret is sealed under the key beside the store, so that the file alone opens
 * nothing.
 */
#ifndef WARD_IDENTITY_FACTOR_H
#define WARD_IDENTITY_FACTOR_H

#include "identity/challenge.h"
#include "identity/totp.h"

#define TOTP_SECRET_CHARS BASE32_CHARS(TOTP_SECRET_BYTES)
#define TOTP_URI_MAX 1024u

struct totp_offer {
	struct session_token challenge; /* goes back with the first code */
	char secret[TOTP_SECRET_CHARS + 1];
	char uri[TOTP_URI_MAX];
};
/* A new secret, not in force before the app has shown that it has it. */
result totp_enrol_begin(struct identity_store *store, const struct session_claim *claim, int64_t now_ms,
    struct error *err, struct totp_offer *ret);

struct recovery_codes {
	char codes[RECOVERY_CODES][RECOVERY_CODE_CHARS + 1];
};
/*
 * The first code makes the app the account's second factor, replaces all recovery codes, ends the other
 * sessions and rotates this one.
 */
result totp_enrol_finish(struct identity_store *store, const struct session_claim *claim,
    struct slice challenge, struct slice code, int64_t now_ms, struct error *err,
    struct recovery_codes *ret_codes, struct session_token *ret_token, struct session_claim *ret_claim);
/* Takes the app and its recovery codes away. */
result totp_remove(struct identity_store *store, const struct session_claim *claim, struct error *err);
/* Everything that could be a second factor, passkeys too: whoever has lost them begins anew. */
result factors_remove(struct identity_store *store, int64_t user_row, struct error *err);
result recovery_codes_renew(
    struct identity_store *store, int64_t user_row, struct error *err, struct recovery_codes *ret);
result recovery_codes_left(
    struct identity_store *store, int64_t user_row, struct error *err, size_t *ret_count);

/*
 * A code of the app or a recovery code of the user, good once. *ret_method says which. ERR_DENIED when
 * neither; ERR_LIMIT with *ret_retry_after_s set after too many tries.
 */
result factor_check(struct identity_store *store, int64_t user_row, struct slice code,
    const struct identity_caller *caller, struct error *err, uint32_t *ret_method,
    uint32_t *ret_retry_after_s);

/* The second step of a sign-in: the challenge of the first step, and a code. */
result second_factor_finish(struct identity_store *store, struct slice challenge, struct slice code,
    const struct identity_caller *caller, struct error *err, struct session_token *ret_token,
    struct session_claim *ret_claim, uint32_t *ret_retry_after_s);

/*
 * The end of a first step, whatever it was: a session, or, for an account with a second factor, a challenge.
 * *ret_second says which of the two was made.
 */
struct entry {
	bool second;
	struct session_token token; /* of the session, or of the challenge */
	struct session_claim claim; /* without second */
};
result factor_enter(struct identity_store *store, int64_t user_row, uint32_t method, bool is_mfa,
    const struct identity_caller *caller, struct error *err, struct entry *ret);

#endif

/*
 * Sessions: an opaque token of 256 random bits in the client's hands, its BLAKE2b-256 hash here. Whoever
 * reads the file cannot sign in with what it holds.
 *
 * A session ends at the idle limit after it was last seen, at the absolute limit after it began, when it is
 * revoked, and when the account changes under it. Its token is replaced at every change of privilege
 * (session_rotate), so that a token planted or overheard before is worth nothing after.
 */
#ifndef WARD_IDENTITY_SESSION_H
#define WARD_IDENTITY_SESSION_H

#include "identity/user.h"

#define SESSION_HASH_BYTES 32u
#define SESSION_TOKEN_CHARS 43u /* base64url of 32 bytes */
#define KEY_NAME_MAX 64u	/* of an API key */
#define SESSION_ID_CHARS 32u	/* how a list names a session; says nothing about the token */

/* How the user proved who they are: bits of `methods`. */
enum session_method {
	METHOD_PASSWORD = 1,
	METHOD_TOTP = 2,
	METHOD_RECOVERY = 4,
	METHOD_PASSKEY = 8,
	METHOD_OIDC = 16,
	METHOD_WALLET = 32,
	METHOD_MAIL = 64,
	METHOD_KEY = 128, /* an API key, not a session */
};

struct session_token {
	char text[SESSION_TOKEN_CHARS + 1];
};

/* Who a token stands for. */
struct session_claim {
	uint8_t hash[SESSION_HASH_BYTES];
	int64_t user_row;
	char user[USER_ID_CHARS + 1];
	enum user_realm realm;
	char email[EMAIL_BYTES_MAX + 1];
	char role[ROLE_BYTES_MAX +
		  1]; /* the tenant's, where one is chosen and gives one; else the first of roles */
	char roles[ROLES_BYTES_MAX +
		   1]; /* all that hold now, space between: the tenant's alone where it gives one */
	char tenant[TENANT_BYTES_MAX + 1];
	char scopes[ROLES_BYTES_MAX + 1]; /* of an API key */
	char key[KEY_NAME_MAX + 1];	  /* what the API key is called; "" for a session */
	uint32_t methods;
	bool mfa;
	int64_t authenticated_ms; /* last proof, for step-up */
	int64_t created_ms;
	int64_t expires_ms; /* the nearer of both limits */
};

void session_token_hash(struct slice token, uint8_t ret_hash[SESSION_HASH_BYTES]);

result session_start(struct identity_store *store, int64_t user_row, uint32_t methods, bool mfa,
    const struct identity_caller *caller, struct error *err, struct session_token *ret_token,
    struct session_claim *ret_claim);

/* ERR_DENIED: unknown, ended, or the account is not active; the caller need not know which. */
result session_lookup(struct identity_store *store, struct slice token, int64_t now_ms, struct error *err,
    struct session_claim *ret_claim);
result session_lookup_hash(struct identity_store *store, const uint8_t hash[SESSION_HASH_BYTES],
    int64_t now_ms, struct error *err, struct session_claim *ret_claim);

/*
 * A new token for the session; the old one is dead at once. add_methods and mfa record what was proved just
 * now (0 and false: nothing, as when a tenant is chosen).
 */
result session_rotate(struct identity_store *store, const struct session_claim *claim, uint32_t add_methods,
    bool mfa, int64_t now_ms, struct error *err, struct session_token *ret_token,
    struct session_claim *ret_claim);
/*
 * The user has these methods no more: sessions that they raised lose the level of a second factor and the
 * methods, but keep the level where one of `others` raised them too. Of several passkeys a session does not
 * say which it was.
 */
result sessions_lower(
    struct identity_store *store, int64_t user_row, uint32_t methods, uint32_t others, struct error *err);
/* Chooses the tenant the session acts for ("" none) and rotates. ERR_DENIED when not a member. */
result session_choose_tenant(struct identity_store *store, const struct session_claim *claim,
    struct slice tenant, int64_t now_ms, struct error *err, struct session_token *ret_token,
    struct session_claim *ret_claim);

/* Whether the user proved who they are within the last age_ms: what step-up asks. */
bool session_is_fresh(const struct session_claim *claim, int64_t now_ms, int64_t age_ms);

/* Ends it. Fine when it is gone already. */
result session_end(struct identity_store *store, const uint8_t hash[SESSION_HASH_BYTES], struct error *err);
/* All of a user's, but for keep (may be NULL). */
result session_end_all(struct identity_store *store, int64_t user_row, const uint8_t *keep, struct error *err,
    size_t *ret_count);

struct session_row {
	char id[SESSION_ID_CHARS + 1];
	int64_t created_ms;
	int64_t seen_ms;
	char address[64];
	char agent[129];
	uint32_t methods;
	bool mfa;
};
result session_list(struct identity_store *store, int64_t user_row, int64_t now_ms, struct session_row *rows,
    size_t room, struct error *err, size_t *ret_count);
/* By the id of a list. ERR_NOT_FOUND when it is not this user's. */
result session_revoke(struct identity_store *store, int64_t user_row, struct slice id, struct error *err);

#endif

/*
 * Keys for machines: "wk_" and 43 characters, of which the hash is kept. A key acts for its owner with its
 * own scopes and no roles: what a machine may do is written on the key, whatever its owner becomes.
 */
#ifndef WARD_IDENTITY_API_KEY_H
#define WARD_IDENTITY_API_KEY_H

#include "identity/session.h"

#define API_KEY_PREFIX "wk_"
#define API_KEY_CHARS (3u + SESSION_TOKEN_CHARS)
#define API_KEY_ID_CHARS 12u
#define API_KEY_NAME_MAX KEY_NAME_MAX
#define API_KEYS_PER_USER 100u

struct api_key_fields {
	struct slice name;
	struct slice scopes; /* like roles: space between */
	struct slice tenant; /* "" none; the owner must be a member */
	int64_t expires_ms;  /* 0: never */
};

struct api_key_text {
	char text[API_KEY_CHARS + 1];
};

/* What a key of an operator may have for its scopes: to look, or to act as well. */
#define OPERATOR_KEY_READ "read"
#define OPERATOR_KEY_ACT "act"

/* The text is shown once. An operator's key has one of the two scopes above and no tenant. ERR_LIMIT when the
 * user has API_KEYS_PER_USER. */
result api_key_create(struct identity_store *store, int64_t user_row, const struct api_key_fields *fields,
    int64_t now_ms, struct error *err, struct api_key_text *ret_text, char ret_id[API_KEY_ID_CHARS + 1]);
bool is_api_key(struct slice token);
/* session_lookup() comes here with tokens of this form. The claim has methods METHOD_KEY, scopes, and no
 * role. */
result api_key_lookup(struct identity_store *store, struct slice token, int64_t now_ms, struct error *err,
    struct session_claim *ret);
result api_key_revoke(struct identity_store *store, int64_t user_row, struct slice id, struct error *err);

struct api_key_row {
	char id[API_KEY_ID_CHARS + 1];
	char name[API_KEY_NAME_MAX + 1];
	char scopes[ROLES_BYTES_MAX + 1];
	char tenant[TENANT_BYTES_MAX + 1];
	int64_t created_ms, expires_ms, used_ms; /* 0: never */
};
result api_key_list(struct identity_store *store, int64_t user_row, struct api_key_row *rows, size_t room,
    struct error *err, size_t *ret_count);

#endif

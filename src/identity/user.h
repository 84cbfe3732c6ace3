/*
 * Accounts. A user is known to apps by `id` (26 letters and digits, 128 random bits, never reused) and inside
 * the store by `row`. Realms keep the app's users and ward's own operators apart: the same address may exist
 * in both.
 */
#ifndef WARD_IDENTITY_USER_H
#define WARD_IDENTITY_USER_H

#include "identity/store.h"

#define USER_ID_CHARS 26u
#define EMAIL_BYTES_MAX 254u
#define ROLE_BYTES_MAX 64u
#define ROLES_BYTES_MAX 512u
#define TENANT_BYTES_MAX 64u

enum user_status { USER_ACTIVE, USER_DISABLED, USER_UNVERIFIED, USER_STATUS_COUNT };

struct user {
	int64_t row;
	char id[USER_ID_CHARS + 1];
	enum user_realm realm;
	char email[EMAIL_BYTES_MAX + 1]; /* "" for an account without one */
	enum user_status status;
	bool email_verified;
	bool has_password;
	bool has_totp;
	uint32_t passkeys;
	char roles[ROLES_BYTES_MAX + 1]; /* space between; the first is the main one */
	int64_t created_ms;
};

const char *user_status_name(enum user_status status);

/*
 * The form in which addresses are compared and kept: trimmed, ASCII, lower case, one "@", a domain of
 * host-name labels. ERR_INVALID with words for the person.
 */
result email_normalise(struct slice text, struct error *err, char ret_email[EMAIL_BYTES_MAX + 1]);

/* Lower-case names of letters, digits and "._:-", one space between, no name twice. */
result roles_check(struct slice roles, struct error *err);

struct new_user {
	enum user_realm realm;
	const char *email;	   /* normalised, or NULL */
	const char *password_hash; /* or NULL */
	enum user_status status;
	struct slice roles;
	bool email_verified;
};
/* ERR_CONFLICT when the realm has that address. */
result user_create(struct identity_store *store, const struct new_user *fields, int64_t now_ms,
    struct error *err, struct user *ret_user);

result user_by_row(struct identity_store *store, int64_t row, struct error *err, struct user *ret_user);
result user_by_id(struct identity_store *store, struct slice id, struct error *err, struct user *ret_user);
result user_by_email(struct identity_store *store, enum user_realm realm, const char *email,
    struct error *err, struct user *ret_user);
/* In order of creation, after the given row (0: from the start), at most `room`. */
result user_list(struct identity_store *store, enum user_realm realm, int64_t after_row, struct user *users,
    size_t room, struct error *err, size_t *ret_count);

/* These end every session of the user: what they say of its authority holds no more. */
result user_set_status(struct identity_store *store, int64_t row, enum user_status status, struct error *err);
result user_set_roles(struct identity_store *store, int64_t row, struct slice roles, struct error *err);
/* hash NULL takes the password away. keep_session (32 bytes, may be NULL) is spared. */
result user_set_password(struct identity_store *store, int64_t row, const char *hash,
    const uint8_t *keep_session, int64_t now_ms, struct error *err);
result user_delete(struct identity_store *store, int64_t row, struct error *err);

result user_set_email_verified(struct identity_store *store, int64_t row, int64_t now_ms, struct error *err);

/* Membership of tenants. A role of "" means the user's own roles hold there. */
result tenant_join(
    struct identity_store *store, int64_t row, struct slice tenant, struct slice role, struct error *err);
/* Sessions that act for the tenant end. */
result tenant_leave(struct identity_store *store, int64_t row, struct slice tenant, struct error *err);

#endif

/* Accounts, roles and tenants. Called by the store's thread for endpoints and for `ward user`. */
#include "identity/user.h"

#include <ctype.h>
#include <sodium.h>
#include <string.h>

#include "identity/internal.h"

static const char *const status_names[USER_STATUS_COUNT] = {
    [USER_ACTIVE] = "active",
    [USER_DISABLED] = "disabled",
    [USER_UNVERIFIED] = "unverified",
};

const char *user_status_name(enum user_status status)
{
	return (unsigned)status < USER_STATUS_COUNT ? status_names[status] : "unknown";
}

static bool local_part_char(unsigned char c)
{
	/* RFC 5322 section 3.2.3 atext and the dot; quoted forms are refused: no mail service gives them to
	 * people. */
	return isalnum(c) || strchr("!#$%&'*+-/=?^_`{|}~.", c) != NULL;
}

static bool local_part_ok(struct slice s)
{
	if (s.len == 0 || s.len > 64 || s.ptr[0] == '.' || s.ptr[s.len - 1] == '.')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] == '\0' || !local_part_char((unsigned char)s.ptr[i]) ||
		    (s.ptr[i] == '.' && s.ptr[i + 1] == '.'))
			return false;
	return true;
}

/* RFC 1123 labels. A name without a dot is taken, so that "localhost" works while an app is written. */
static bool domain_ok(struct slice rest)
{
	if (rest.len == 0 || rest.len > 253)
		return false;
	while (rest.ptr) {
		struct slice label = slice_cut(&rest, '.');
		if (label.len == 0 || label.len > 63 || label.ptr[0] == '-' ||
		    label.ptr[label.len - 1] == '-')
			return false;
		for (size_t i = 0; i < label.len; i++)
			if (!isalnum((unsigned char)label.ptr[i]) && label.ptr[i] != '-')
				return false;
	}
	return true;
}

result email_normalise(struct slice text, struct error *err, char ret_email[EMAIL_BYTES_MAX + 1])
{
	struct slice domain = slice_trim(text);
	if (domain.len > EMAIL_BYTES_MAX)
		return error_set(
		    err, ERR_INVALID, "an e-mail address has at most %u characters", EMAIL_BYTES_MAX);
	char lower[EMAIL_BYTES_MAX + 1] = {0};
	for (size_t i = 0; i < domain.len; i++) {
		if ((unsigned char)domain.ptr[i] >= 0x80)
			return error_set(err, ERR_INVALID,
			    "write the e-mail address in plain letters, the domain as xn--...");
		lower[i] = (char)tolower((unsigned char)domain.ptr[i]);
	}
	domain = slice_of(lower, domain.len);
	struct slice local = slice_cut(&domain, '@');
	if (!domain.ptr || !local_part_ok(local) || !domain_ok(domain))
		return error_set(err, ERR_INVALID, "this is not an e-mail address");
	memcpy(ret_email, lower, sizeof lower);
	return RESULT_OK;
}

static bool role_ok(struct slice role)
{
	if (role.len == 0 || role.len > ROLE_BYTES_MAX)
		return false;
	for (size_t i = 0; i < role.len; i++)
		if (!islower((unsigned char)role.ptr[i]) && !isdigit((unsigned char)role.ptr[i]) &&
		    (role.ptr[i] == '\0' || !strchr("._:-", role.ptr[i])))
			return false;
	return true;
}

static size_t count_role(struct slice roles, struct slice role)
{
	size_t count = 0;
	while (roles.ptr)
		count += slice_eq(slice_cut(&roles, ' '), role);
	return count;
}

result roles_check(struct slice roles, struct error *err)
{
	struct slice rest = roles.len ? roles : SLICE_NONE;
	if (roles.len > ROLES_BYTES_MAX)
		return error_set(
		    err, ERR_LIMIT, "roles take at most %u characters together", ROLES_BYTES_MAX);
	while (rest.ptr) {
		struct slice role = slice_cut(&rest, ' ');
		if (!role_ok(role))
			return error_set(err, ERR_INVALID,
			    "\"%.*s\" is not a role: lower-case letters, digits and ._:-", SLICE_ARG(role));
		if (count_role(roles, role) != 1)
			return error_set(err, ERR_INVALID, "the role %.*s is given twice", SLICE_ARG(role));
	}
	return RESULT_OK;
}

/* 128 random bits in the letters of RFC 4648 base32, lower case: stands in URLs and SQL without quoting. */
static void make_id(char ret_id[USER_ID_CHARS + 1])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t bytes[USER_ID_CHARS];
	randombytes_buf(bytes, sizeof bytes);
	for (size_t i = 0; i < USER_ID_CHARS; i++)
		ret_id[i] = letters[bytes[i] & 31];
	ret_id[USER_ID_CHARS] = '\0';
}

static void read_user(const struct query *q, struct user *ret)
{
	struct user u = {.row = sqlite3_column_int64(q->st, 0),
	    .realm = (enum user_realm)sqlite3_column_int(q->st, 2),
	    .status = (enum user_status)sqlite3_column_int(q->st, 4),
	    .email_verified = sqlite3_column_int(q->st, 5) != 0,
	    .has_password = sqlite3_column_int(q->st, 6) != 0,
	    .has_totp = sqlite3_column_int(q->st, 7) != 0,
	    .passkeys = (uint32_t)sqlite3_column_int(q->st, 8),
	    .created_ms = sqlite3_column_int64(q->st, 10)};
	column_copy(q, 1, u.id, sizeof u.id);
	column_copy(q, 3, u.email, sizeof u.email);
	column_copy(q, 9, u.roles, sizeof u.roles);
	*ret = u;
}

static result one_user(struct identity_store *store, enum statement which, const struct sql_arg *args,
    size_t count, struct error *err, struct user *ret_user)
{
	CLEANUP_QUERY struct query q = {0};
	result r = query_first(store, which, args, count, err, &q);
	if (r.code == ERR_NOT_FOUND)
		return error_set(err, ERR_NOT_FOUND, "there is no such user");
	TRY(r);
	read_user(&q, ret_user);
	return RESULT_OK;
}

result user_create(struct identity_store *store, const struct new_user *fields, int64_t now_ms,
    struct error *err, struct user *ret_user)
{
	char id[USER_ID_CHARS + 1];
	make_id(id);
	TRY(roles_check(fields->roles, err));
	result r = store_run(store, ST_USER_INSERT,
	    SQL_ARGS(SQL_TEXT(id), SQL_INT(fields->realm), SQL_TEXT_OR_NULL(fields->email),
		SQL_INT(fields->status), fields->email_verified ? SQL_INT(now_ms) : SQL_NULL,
		SQL_TEXT_OR_NULL(fields->password_hash), fields->password_hash ? SQL_INT(now_ms) : SQL_NULL,
		SQL_SLICE(fields->roles), SQL_INT(now_ms)),
	    err, NULL);
	if (r.code == ERR_CONFLICT)
		return error_set(err, ERR_CONFLICT, "there is an account with this e-mail address");
	TRY(r);
	return user_by_row(store, sqlite3_last_insert_rowid(store->db), err, ret_user);
}

result user_by_row(struct identity_store *store, int64_t row, struct error *err, struct user *ret_user)
{
	return one_user(store, ST_USER_BY_ROW, SQL_ARGS(SQL_INT(row)), err, ret_user);
}

result user_by_id(struct identity_store *store, struct slice id, struct error *err, struct user *ret_user)
{
	return one_user(store, ST_USER_BY_ID, SQL_ARGS(SQL_SLICE(id)), err, ret_user);
}

result user_by_email(struct identity_store *store, enum user_realm realm, const char *email,
    struct error *err, struct user *ret_user)
{
	return one_user(store, ST_USER_BY_EMAIL, SQL_ARGS(SQL_INT(realm), SQL_TEXT(email)), err, ret_user);
}

result user_list(struct identity_store *store, enum user_realm realm, int64_t after_row, struct user *users,
    size_t room, struct error *err, size_t *ret_count)
{
	size_t count = 0;
	bool row = true;
	CLEANUP_QUERY struct query q = {0};
	TRY(query_start(
	    store, ST_USER_LIST, SQL_ARGS(SQL_INT(realm), SQL_INT(after_row), SQL_INT(room)), err, &q));
	while (count < room) {
		TRY(query_next(store, &q, err, &row));
		if (!row)
			break;
		read_user(&q, &users[count++]);
	}
	*ret_count = count;
	return RESULT_OK;
}

/* Keys stay, but what a gateway remembers of them holds no more. */
static result forget_keys(struct identity_store *store, int64_t row, struct error *err)
{
	bool found = true;
	CLEANUP_QUERY struct query q = {0};
	TRY(query_start(store, ST_KEY_LIST, SQL_ARGS(SQL_INT(row)), err, &q));
	for (;;) {
		uint8_t hash[SESSION_HASH_BYTES];
		TRY(query_next(store, &q, err, &found));
		if (!found)
			return RESULT_OK;
		if (column_blob(&q, 7, hash, sizeof hash))
			store_session_dropped(store, hash);
	}
}

/*
 * One change of a user's row, and the end of the sessions it makes untrue, or neither. Sessions first: with
 * the row of a deleted user they would go without anybody being told.
 */
static result change_and_end_sessions(struct identity_store *store, int64_t row, enum statement which,
    const struct sql_arg *args, size_t count, const uint8_t *keep, struct error *err)
{
	int changed = 0;
	TRY(store_begin(store, err));
	result r = session_end_all(store, row, keep, err, NULL);
	if (is_ok(r))
		r = forget_keys(store, row, err);
	if (is_ok(r))
		r = store_run(store, which, args, count, err, &changed);
	if (is_ok(r) && changed == 0)
		r = error_set(err, ERR_NOT_FOUND, "there is no such user");
	return store_end(store, r, err);
}

static void tell(struct identity_store *store, int64_t row, enum identity_event_kind kind, const char *detail)
{
	struct user u;
	if (is_ok(user_by_row(store, row, NULL, &u)))
		store_event(store, kind, u.id, NULL, detail);
}

result user_set_status(struct identity_store *store, int64_t row, enum user_status status, struct error *err)
{
	TRY(change_and_end_sessions(
	    store, row, ST_USER_STATUS, SQL_ARGS(SQL_INT(row), SQL_INT(status)), NULL, err));
	tell(store, row, IDENTITY_ACCOUNT_CHANGED, user_status_name(status));
	return RESULT_OK;
}

result user_set_roles(struct identity_store *store, int64_t row, struct slice roles, struct error *err)
{
	TRY(roles_check(roles, err));
	TRY(change_and_end_sessions(
	    store, row, ST_USER_ROLES, SQL_ARGS(SQL_INT(row), SQL_SLICE(roles)), NULL, err));
	tell(store, row, IDENTITY_ROLES_CHANGED, "roles set");
	return RESULT_OK;
}

result user_set_password(struct identity_store *store, int64_t row, const char *hash,
    const uint8_t *keep_session, int64_t now_ms, struct error *err)
{
	TRY(change_and_end_sessions(store, row, ST_USER_PASSWORD,
	    SQL_ARGS(SQL_INT(row), SQL_TEXT_OR_NULL(hash), SQL_INT(now_ms)), keep_session, err));
	tell(store, row, IDENTITY_PASSWORD_CHANGED, hash ? "set" : "taken away");
	return RESULT_OK;
}

result user_delete(struct identity_store *store, int64_t row, struct error *err)
{
	struct user u;
	TRY(user_by_row(store, row, err, &u));
	TRY(change_and_end_sessions(store, row, ST_USER_DELETE, SQL_ARGS(SQL_INT(row)), NULL, err));
	TRY(audit_forget(store, u.id, err));
	store_event(store, IDENTITY_ACCOUNT_CHANGED, u.id, NULL, "deleted");
	return RESULT_OK;
}

result user_set_email_verified(struct identity_store *store, int64_t row, int64_t now_ms, struct error *err)
{
	return store_run(store, ST_USER_VERIFIED, SQL_ARGS(SQL_INT(row), SQL_INT(now_ms)), err, NULL);
}

result tenant_join(
    struct identity_store *store, int64_t row, struct slice tenant, struct slice role, struct error *err)
{
	if (!role_ok(tenant) || tenant.len > TENANT_BYTES_MAX)
		return error_set(
		    err, ERR_INVALID, "a tenant is named by lower-case letters, digits and ._:-");
	if (role.len && !role_ok(role))
		return error_set(err, ERR_INVALID, "\"%.*s\" is not a role", SLICE_ARG(role));
	/* A member who was one already may now have another role: sessions that act there end, as for
	 * tenant_leave(). */
	TRY(tenant_leave(store, row, tenant, err));
	return store_run(
	    store, ST_TENANT_JOIN, SQL_ARGS(SQL_INT(row), SQL_SLICE(tenant), SQL_SLICE(role)), err, NULL);
}

static result end_tenant_sessions(
    struct identity_store *store, int64_t row, struct slice tenant, struct error *err)
{
	for (;;) {
		uint8_t hash[SESSION_HASH_BYTES];
		bool found;
		struct query q = {0};
		result r = query_first(
		    store, ST_TENANT_SESSIONS, SQL_ARGS(SQL_INT(row), SQL_SLICE(tenant)), err, &q);
		if (r.code == ERR_NOT_FOUND)
			return RESULT_OK;
		TRY(r);
		found = column_blob(&q, 0, hash, sizeof hash);
		query_done(&q);
		if (!found)
			return error_set(err, ERR_INTERNAL, "a session hash has the wrong length");
		TRY(session_end(store, hash, err));
	}
}

result tenant_leave(struct identity_store *store, int64_t row, struct slice tenant, struct error *err)
{
	TRY(store_begin(store, err));
	result r = store_run(store, ST_TENANT_LEAVE, SQL_ARGS(SQL_INT(row), SQL_SLICE(tenant)), err, NULL);
	if (is_ok(r))
		r = end_tenant_sessions(store, row, tenant, err);
	if (is_ok(r))
		r = forget_keys(store, row, err);
	return store_end(store, r, err);
}

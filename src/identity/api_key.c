/* Keys for machines. Called by the store's thread; tokens come from anyone. */
#include "identity/api_key.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "identity/internal.h"

#define USED_AFTER_MS (60ll * 1000) /* how exact "last used" is */

bool is_api_key(struct slice token)
{
	return token.len == API_KEY_CHARS && slice_starts(token, SLICE(API_KEY_PREFIX));
}

static result count_keys(struct identity_store *store, int64_t user_row, struct error *err, size_t *ret)
{
	size_t count = 0;
	bool row = true;
	CLEANUP_QUERY struct query q = {0};
	TRY(query_start(store, ST_KEY_LIST, SQL_ARGS(SQL_INT(user_row)), err, &q));
	while (row) {
		TRY(query_next(store, &q, err, &row));
		count += row;
	}
	*ret = count;
	return RESULT_OK;
}

static result check_operator_key(const struct api_key_fields *f, struct error *err)
{
	if (!slice_eq_cstr(f->scopes, OPERATOR_KEY_READ) && !slice_eq_cstr(f->scopes, OPERATOR_KEY_ACT))
		return error_set(
		    err, ERR_INVALID, "an operator's key may " OPERATOR_KEY_READ " or " OPERATOR_KEY_ACT);
	return f->tenant.len ? error_set(err, ERR_INVALID, "an operator's key has no tenant") : RESULT_OK;
}

/* Making and revoking keys is in the audit log, by name. */
static void tell(struct identity_store *store, const char *user, struct slice name, const char *what)
{
	char detail[API_KEY_NAME_MAX + 64];
	(void)snprintf(detail, sizeof detail, "API key \"%.*s\" %s", SLICE_ARG(name), what);
	store_event(store, IDENTITY_ACCOUNT_CHANGED, user, NULL, detail);
}

static result check_fields(
    struct identity_store *store, int64_t user_row, const struct api_key_fields *f, struct error *err)
{
	size_t count = 0;
	if (f->name.len == 0 || f->name.len > API_KEY_NAME_MAX)
		return error_set(
		    err, ERR_INVALID, "a key needs a name of at most %u characters", API_KEY_NAME_MAX);
	if (f->scopes.len == 0)
		return error_set(err, ERR_INVALID, "a key without scopes can do nothing");
	TRY(error_wrap(err, roles_check(f->scopes, err), "scopes"));
	TRY(count_keys(store, user_row, err, &count));
	if (count >= API_KEYS_PER_USER)
		return error_set(err, ERR_LIMIT, "an account has at most %u keys", API_KEYS_PER_USER);
	if (f->tenant.len == 0)
		return RESULT_OK;
	CLEANUP_QUERY struct query q = {0};
	result r =
	    query_first(store, ST_TENANT_ROLE, SQL_ARGS(SQL_INT(user_row), SQL_SLICE(f->tenant)), err, &q);
	return r.code == ERR_NOT_FOUND
		   ? error_set(err, ERR_DENIED, "not a member of the tenant %.*s", SLICE_ARG(f->tenant))
		   : r;
}

result api_key_create(struct identity_store *store, int64_t user_row, const struct api_key_fields *fields,
    int64_t now_ms, struct error *err, struct api_key_text *ret_text, char ret_id[API_KEY_ID_CHARS + 1])
{
	uint8_t hash[SESSION_HASH_BYTES], bytes[API_KEY_ID_CHARS / 2];
	char id[API_KEY_ID_CHARS + 1];
	struct session_token token;
	struct api_key_text text;
	struct user owner;
	TRY(check_fields(store, user_row, fields, err));
	TRY(user_by_row(store, user_row, err, &owner));
	if (owner.realm == REALM_OPERATOR)
		TRY(check_operator_key(fields, err));
	token_make(&token, hash);
	(void)snprintf(text.text, sizeof text.text, API_KEY_PREFIX "%s", token.text);
	session_token_hash(slice_cstr(text.text), hash);
	randombytes_buf(bytes, sizeof bytes);
	(void)sodium_bin2hex(id, sizeof id, bytes, sizeof bytes);
	TRY(store_run(store, ST_KEY_INSERT,
	    SQL_ARGS(SQL_BLOB(hash, sizeof hash), SQL_TEXT(id), SQL_INT(user_row), SQL_SLICE(fields->name),
		SQL_SLICE(fields->scopes), SQL_SLICE(fields->tenant), SQL_INT(now_ms),
		fields->expires_ms ? SQL_INT(fields->expires_ms) : SQL_NULL),
	    err, NULL));
	*ret_text = text;
	memcpy(ret_id, id, sizeof id);
	tell(store, owner.id, fields->name, "made");
	return RESULT_OK;
}

static result no_key(struct error *err, const char *why)
{
	return error_set(err, ERR_DENIED, "not signed in: %s", why);
}

static result read_key(const struct query *q, const uint8_t hash[SESSION_HASH_BYTES], int64_t now_ms,
    struct error *err, struct session_claim *ret)
{
	/* authenticated_ms stays 0: a machine has proved nothing lately, and is fresh nowhere. */
	struct session_claim c = {.user_row = sqlite3_column_int64(q->st, 0),
	    .realm = (enum user_realm)sqlite3_column_int(q->st, 2),
	    .methods = METHOD_KEY,
	    .created_ms = sqlite3_column_int64(q->st, 6),
	    .expires_ms =
		sqlite3_column_type(q->st, 7) == SQLITE_NULL ? INT64_MAX : sqlite3_column_int64(q->st, 7)};
	if (now_ms >= c.expires_ms)
		return no_key(err, "the key has expired");
	if (sqlite3_column_int(q->st, 8) != USER_ACTIVE)
		return no_key(err, "the key's owner is not active");
	if (!sqlite3_column_int(q->st, 9))
		return no_key(err, "the key's owner has left the tenant");
	memcpy(c.hash, hash, SESSION_HASH_BYTES);
	column_copy(q, 1, c.user, sizeof c.user);
	column_copy(q, 3, c.email, sizeof c.email);
	column_copy(q, 4, c.scopes, sizeof c.scopes);
	column_copy(q, 5, c.tenant, sizeof c.tenant);
	column_copy(q, 11, c.key, sizeof c.key);
	*ret = c;
	return RESULT_OK;
}

result api_key_lookup(struct identity_store *store, struct slice token, int64_t now_ms, struct error *err,
    struct session_claim *ret)
{
	uint8_t hash[SESSION_HASH_BYTES];
	struct query q = {0};
	session_token_hash(token, hash);
	result r = query_first(store, ST_KEY_LOOKUP, SQL_ARGS(SQL_BLOB(hash, sizeof hash)), err, &q);
	if (r.code == ERR_NOT_FOUND)
		return no_key(err, "the key is not known");
	TRY(r);
	const int64_t used_ms = sqlite3_column_int64(q.st, 10);
	r = read_key(&q, hash, now_ms, err, ret);
	query_done(&q);
	if (is_ok(r) && now_ms - used_ms >= USED_AFTER_MS)
		r = store_run(
		    store, ST_KEY_USED, SQL_ARGS(SQL_BLOB(hash, sizeof hash), SQL_INT(now_ms)), err, NULL);
	return r;
}

result api_key_revoke(struct identity_store *store, int64_t user_row, struct slice id, struct error *err)
{
	uint8_t hash[SESSION_HASH_BYTES];
	char name[API_KEY_NAME_MAX + 1];
	struct user owner;
	struct query q = {0};
	TRY(user_by_row(store, user_row, err, &owner));
	result r = query_first(store, ST_KEY_DELETE, SQL_ARGS(SQL_INT(user_row), SQL_SLICE(id)), err, &q);
	if (r.code == ERR_NOT_FOUND)
		return error_set(err, ERR_NOT_FOUND, "there is no such key");
	TRY(r);
	const bool known = column_blob(&q, 0, hash, sizeof hash);
	column_copy(&q, 1, name, sizeof name);
	bool row = true;
	while (is_ok(r) && row)
		r = query_next(store, &q, err, &row);
	query_done(&q);
	if (is_ok(r) && known)
		store_session_dropped(store, hash);
	if (is_ok(r))
		tell(store, owner.id, slice_cstr(name), "revoked");
	return r;
}

result api_key_list(struct identity_store *store, int64_t user_row, struct api_key_row *rows, size_t room,
    struct error *err, size_t *ret_count)
{
	size_t count = 0;
	CLEANUP_QUERY struct query q = {0};
	TRY(query_start(store, ST_KEY_LIST, SQL_ARGS(SQL_INT(user_row)), err, &q));
	while (count < room) {
		bool row = false;
		struct api_key_row *k = &rows[count];
		TRY(query_next(store, &q, err, &row));
		if (!row)
			break;
		column_copy(&q, 0, k->id, sizeof k->id);
		column_copy(&q, 1, k->name, sizeof k->name);
		column_copy(&q, 2, k->scopes, sizeof k->scopes);
		column_copy(&q, 3, k->tenant, sizeof k->tenant);
		k->created_ms = sqlite3_column_int64(q.st, 4);
		k->expires_ms = sqlite3_column_int64(q.st, 5);
		k->used_ms = sqlite3_column_int64(q.st, 6);
		count++;
	}
	*ret_count = count;
	return RESULT_OK;
}

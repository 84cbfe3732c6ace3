/* Sessions: made, found, replaced, ended. Called by the store's thread; tokens come from anyone. */
#include "identity/session.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "identity/api_key.h"
#include "identity/internal.h"

#define TOUCH_AFTER_MS (60ll * 1000) /* how exact "last seen" is */
#define AGENT_CHARS 128u
#define OPERATOR_IDLE_MS (12ll * 60 * 60 * 1000)
#define OPERATOR_ABSOLUTE_MS (7ll * 24 * 60 * 60 * 1000)

void session_token_hash(struct slice token, uint8_t ret_hash[SESSION_HASH_BYTES])
{
	(void)crypto_generichash(
	    ret_hash, SESSION_HASH_BYTES, (const unsigned char *)token.ptr, token.len, NULL, 0);
}

/* Operators' sessions are shorter, whatever the app's are. */
static int64_t idle_ms(const struct identity_store *store, enum user_realm realm)
{
	const bool shorter = realm == REALM_OPERATOR && store->session_idle_ms > OPERATOR_IDLE_MS;
	return shorter ? OPERATOR_IDLE_MS : store->session_idle_ms;
}

static int64_t absolute_ms(const struct identity_store *store, enum user_realm realm)
{
	const bool shorter = realm == REALM_OPERATOR && store->session_absolute_ms > OPERATOR_ABSOLUTE_MS;
	return shorter ? OPERATOR_ABSOLUTE_MS : store->session_absolute_ms;
}

/* What a client says of itself, made harmless for lists and terminals. */
static void clean_text(struct slice from, char *to, size_t size)
{
	size_t n = from.len < size - 1 ? from.len : size - 1;
	for (size_t i = 0; i < n; i++)
		to[i] = from.ptr[i] >= 0x20 && from.ptr[i] < 0x7f ? from.ptr[i] : '?';
	to[n] = '\0';
}

result session_start(struct identity_store *store, int64_t user_row, uint32_t methods, bool mfa,
    const struct identity_caller *caller, struct error *err, struct session_token *ret_token,
    struct session_claim *ret_claim)
{
	uint8_t hash[SESSION_HASH_BYTES];
	struct session_token token;
	char agent[AGENT_CHARS + 1];
	char address[ADDRESS_KEY_MAX];
	token_make(&token, hash);
	clean_text(caller->agent, agent, sizeof agent);
	clean_text(caller->address, address, sizeof address);
	TRY(store_run(store, ST_SESSION_INSERT,
	    SQL_ARGS(SQL_BLOB(hash, sizeof hash), SQL_INT(user_row), SQL_INT(caller->now_ms),
		SQL_INT(caller->now_ms + absolute_ms(store, caller->realm)), SQL_INT(methods), SQL_INT(mfa),
		SQL_TEXT(address), SQL_TEXT(agent)),
	    err, NULL));
	TRY(session_lookup_hash(store, hash, caller->now_ms, err, ret_claim));
	*ret_token = token;
	return RESULT_OK;
}

static void main_role(struct session_claim *claim, const struct query *q)
{
	struct slice rest = slice_cstr(claim->roles);
	struct slice first = slice_cut(&rest, ' ');
	(void)snprintf(claim->role, sizeof claim->role, "%.*s", SLICE_ARG(first));
	bool member = sqlite3_column_int(q->st, 14) != 0;
	if (!member) {
		claim->tenant[0] = '\0'; /* left since */
	} else if (sqlite3_column_bytes(q->st, 6) > 0) {
		/* The tenant's role stands in for one's own: an admin elsewhere is a guest where a guest was
		 * let in. */
		column_copy(q, 6, claim->role, sizeof claim->role);
		column_copy(q, 6, claim->roles, sizeof claim->roles);
	}
}

static void read_claim(
    const struct query *q, const uint8_t hash[SESSION_HASH_BYTES], struct session_claim *ret)
{
	memset(ret, 0, sizeof *ret);
	memcpy(ret->hash, hash, SESSION_HASH_BYTES);
	ret->user_row = sqlite3_column_int64(q->st, 0);
	column_copy(q, 1, ret->user, sizeof ret->user);
	ret->realm = (enum user_realm)sqlite3_column_int(q->st, 2);
	column_copy(q, 3, ret->email, sizeof ret->email);
	column_copy(q, 4, ret->roles, sizeof ret->roles);
	column_copy(q, 5, ret->tenant, sizeof ret->tenant);
	main_role(ret, q);
	ret->methods = (uint32_t)sqlite3_column_int64(q->st, 7);
	ret->mfa = sqlite3_column_int(q->st, 8) != 0;
	ret->authenticated_ms = sqlite3_column_int64(q->st, 9);
	ret->created_ms = sqlite3_column_int64(q->st, 10);
}

static void touch(struct identity_store *store, const uint8_t hash[SESSION_HASH_BYTES], int64_t now_ms)
{
	for (size_t i = 0; i < store->touch_count; i++)
		if (memcmp(store->touches[i].hash, hash, SESSION_HASH_BYTES) == 0)
			return;
	if (store->touch_count == TOUCHES_MAX)
		ignore_result(
		    store_flush_touches(store, NULL)); /* a lost touch only shortens an idle limit */
	struct touch *t = &store->touches[store->touch_count++];
	memcpy(t->hash, hash, SESSION_HASH_BYTES);
	t->seen_ms = now_ms;
}

static result no_session(struct error *err, const char *why)
{
	return error_set(err, ERR_DENIED, "not signed in: %s", why);
}

/* Limits first: an ended session tells nothing about the account. */
static result claim_of_row(struct identity_store *store, const struct query *q,
    const uint8_t hash[SESSION_HASH_BYTES], int64_t now_ms, struct error *err, struct session_claim *ret,
    bool *ret_stale)
{
	int64_t seen_ms = sqlite3_column_int64(q->st, 11);
	int64_t last_ms = sqlite3_column_int64(q->st, 12);
	const int64_t idle = idle_ms(store, (enum user_realm)sqlite3_column_int(q->st, 2));
	if (now_ms >= last_ms)
		return no_session(err, "the session has reached its greatest age");
	if (now_ms >= seen_ms + idle)
		return no_session(err, "the session was idle for too long");
	if (sqlite3_column_int(q->st, 13) != USER_ACTIVE)
		return no_session(err, "the account is not active");
	read_claim(q, hash, ret);
	int64_t idle_ends_ms = (now_ms > seen_ms ? now_ms : seen_ms) + idle;
	ret->expires_ms = idle_ends_ms < last_ms ? idle_ends_ms : last_ms;
	*ret_stale = now_ms - seen_ms >= TOUCH_AFTER_MS;
	return RESULT_OK;
}

result session_lookup_hash(struct identity_store *store, const uint8_t hash[SESSION_HASH_BYTES],
    int64_t now_ms, struct error *err, struct session_claim *ret_claim)
{
	bool stale = false;
	const struct session_claim *cached = session_cache_find(store, hash, now_ms);
	if (cached) {
		*ret_claim = *cached;
		return RESULT_OK;
	}
	struct query q = {0};
	result r =
	    query_first(store, ST_SESSION_LOOKUP, SQL_ARGS(SQL_BLOB(hash, SESSION_HASH_BYTES)), err, &q);
	if (r.code == ERR_NOT_FOUND)
		return no_session(err, "the token is not known");
	TRY(r);
	r = claim_of_row(store, &q, hash, now_ms, err, ret_claim, &stale);
	query_done(&q);
	if (is_ok(r))
		session_cache_keep(store, ret_claim, now_ms);
	if (is_ok(r) && stale)
		touch(store, hash, now_ms);
	return r;
}

result session_lookup(struct identity_store *store, struct slice token, int64_t now_ms, struct error *err,
    struct session_claim *ret_claim)
{
	uint8_t hash[SESSION_HASH_BYTES];
	if (is_api_key(token))
		return api_key_lookup(store, token, now_ms, err, ret_claim);
	if (token.len != SESSION_TOKEN_CHARS)
		return no_session(err, "the token is not one of ward's");
	session_token_hash(token, hash);
	return session_lookup_hash(store, hash, now_ms, err, ret_claim);
}

static result rotate(struct identity_store *store, const struct session_claim *claim, uint32_t add_methods,
    bool mfa, struct slice tenant, int64_t now_ms, struct error *err, struct session_token *ret_token,
    struct session_claim *ret_claim)
{
	uint8_t hash[SESSION_HASH_BYTES];
	struct session_token token;
	int changed = 0;
	token_make(&token, hash);
	TRY(store_run(store, ST_SESSION_ROTATE,
	    SQL_ARGS(SQL_BLOB(claim->hash, SESSION_HASH_BYTES), SQL_BLOB(hash, sizeof hash),
		SQL_INT(add_methods), SQL_INT(mfa), SQL_INT(add_methods ? now_ms : 0), SQL_INT(now_ms),
		SQL_SLICE(tenant)),
	    err, &changed));
	if (changed == 0)
		return no_session(err, "the session has ended meanwhile");
	store_session_dropped(store, claim->hash);
	TRY(session_lookup_hash(store, hash, now_ms, err, ret_claim));
	*ret_token = token;
	return RESULT_OK;
}

result session_rotate(struct identity_store *store, const struct session_claim *claim, uint32_t add_methods,
    bool mfa, int64_t now_ms, struct error *err, struct session_token *ret_token,
    struct session_claim *ret_claim)
{
	return rotate(
	    store, claim, add_methods, mfa, slice_cstr(claim->tenant), now_ms, err, ret_token, ret_claim);
}

result sessions_lower(
    struct identity_store *store, int64_t user_row, uint32_t methods, uint32_t others, struct error *err)
{
	bool row = true;
	CLEANUP_QUERY struct query q = {0};
	TRY(query_start(store, ST_SESSION_LOWER,
	    SQL_ARGS(SQL_INT(user_row), SQL_INT(methods), SQL_INT(others)), err, &q));
	while (row) {
		uint8_t hash[SESSION_HASH_BYTES];
		TRY(query_next(store, &q, err, &row));
		if (row && column_blob(&q, 0, hash, sizeof hash))
			store_session_dropped(store, hash);
	}
	return RESULT_OK;
}

result session_choose_tenant(struct identity_store *store, const struct session_claim *claim,
    struct slice tenant, int64_t now_ms, struct error *err, struct session_token *ret_token,
    struct session_claim *ret_claim)
{
	if (tenant.len) {
		CLEANUP_QUERY struct query q = {0};
		result r = query_first(
		    store, ST_TENANT_ROLE, SQL_ARGS(SQL_INT(claim->user_row), SQL_SLICE(tenant)), err, &q);
		if (r.code == ERR_NOT_FOUND)
			return error_set(
			    err, ERR_DENIED, "not a member of the tenant %.*s", SLICE_ARG(tenant));
		TRY(r);
	}
	return rotate(store, claim, 0, false, tenant, now_ms, err, ret_token, ret_claim);
}

result session_end(struct identity_store *store, const uint8_t hash[SESSION_HASH_BYTES], struct error *err)
{
	TRY(store_run(store, ST_SESSION_DELETE, SQL_ARGS(SQL_BLOB(hash, SESSION_HASH_BYTES)), err, NULL));
	store_session_dropped(store, hash);
	return RESULT_OK;
}

/* The next session of the user after *hash that is not keep. Hashes are in the order of the index. */
static result next_session(struct query *q, struct identity_store *store, const uint8_t *keep,
    struct error *err, uint8_t hash[SESSION_HASH_BYTES], bool *ret_found)
{
	bool row = false;
	do {
		TRY(query_next(store, q, err, &row));
	} while (row && (!column_blob(q, 0, hash, SESSION_HASH_BYTES) ||
			    (keep && memcmp(hash, keep, SESSION_HASH_BYTES) == 0)));
	*ret_found = row;
	return RESULT_OK;
}

#define END_BATCH 64u

/* At most a batch, because rows are not removed under a running query. */
static result end_some(
    struct identity_store *store, int64_t user_row, const uint8_t *keep, struct error *err, size_t *ret_ended)
{
	uint8_t hashes[END_BATCH][SESSION_HASH_BYTES];
	size_t count = 0;
	bool found = true;
	struct query q = {0};
	TRY(query_start(store, ST_SESSION_HASHES, SQL_ARGS(SQL_INT(user_row)), err, &q));
	while (count < END_BATCH && found) {
		TRY(next_session(&q, store, keep, err, hashes[count], &found));
		count += found;
	}
	query_done(&q);
	for (size_t i = 0; i < count; i++)
		TRY(session_end(store, hashes[i], err));
	*ret_ended = count;
	return RESULT_OK;
}

result session_end_all(
    struct identity_store *store, int64_t user_row, const uint8_t *keep, struct error *err, size_t *ret_count)
{
	size_t total = 0;
	size_t ended = 0;
	result r = RESULT_OK;
	TRY(store_begin(store, err));
	do {
		r = end_some(store, user_row, keep, err, &ended);
		total += ended;
	} while (is_ok(r) && ended == END_BATCH);
	TRY(store_end(store, r, err));
	if (ret_count)
		*ret_count = total;
	return RESULT_OK;
}

result session_list(struct identity_store *store, int64_t user_row, int64_t now_ms, struct session_row *rows,
    size_t room, struct error *err, size_t *ret_count)
{
	size_t count = 0;
	bool row = true;
	CLEANUP_QUERY struct query q = {0};
	TRY(store_flush_touches(store, err));
	TRY(query_start(store, ST_SESSION_LIST,
	    SQL_ARGS(
		SQL_INT(user_row), SQL_INT(now_ms), SQL_INT(now_ms - store->session_idle_ms), SQL_INT(room)),
	    err, &q));
	while (count < room) {
		uint8_t hash[SESSION_HASH_BYTES] = {0};
		struct session_row *r = &rows[count];
		TRY(query_next(store, &q, err, &row));
		if (!row)
			break;
		(void)column_blob(&q, 0, hash, sizeof hash);
		(void)sodium_bin2hex(r->id, sizeof r->id, hash, SESSION_ID_CHARS / 2);
		r->created_ms = sqlite3_column_int64(q.st, 1);
		r->seen_ms = sqlite3_column_int64(q.st, 2);
		column_copy(&q, 3, r->address, sizeof r->address);
		column_copy(&q, 4, r->agent, sizeof r->agent);
		r->methods = (uint32_t)sqlite3_column_int64(q.st, 5);
		r->mfa = sqlite3_column_int(q.st, 6) != 0;
		count++;
	}
	*ret_count = count;
	return RESULT_OK;
}

result session_revoke(struct identity_store *store, int64_t user_row, struct slice id, struct error *err)
{
	uint8_t hash[SESSION_HASH_BYTES];
	char text[SESSION_ID_CHARS + 1];
	bool found = true;
	struct query q = {0};
	TRY(query_start(store, ST_SESSION_HASHES, SQL_ARGS(SQL_INT(user_row)), err, &q));
	while (found) {
		TRY(next_session(&q, store, NULL, err, hash, &found));
		(void)sodium_bin2hex(text, sizeof text, hash, SESSION_ID_CHARS / 2);
		if (found && slice_eq_cstr(id, text))
			break;
	}
	query_done(&q);
	return found ? session_end(store, hash, err)
		     : error_set(err, ERR_NOT_FOUND, "there is no such session");
}

bool session_is_fresh(const struct session_claim *claim, int64_t now_ms, int64_t age_ms)
{
	return now_ms - claim->authenticated_ms <= age_ms;
}

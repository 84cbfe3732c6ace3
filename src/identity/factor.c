/* Authenticator apps and recovery codes. Called by the store's thread; codes come from anyone. */
#include "identity/factor.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "identity/internal.h"

#define SEALED_BYTES (SEAL_OVERHEAD + TOTP_SECRET_BYTES)
#define SECOND_FACTOR_TRIES 5u

/* A secret is sealed to its user, so that rows cannot be exchanged. */
static struct slice seal_context(int64_t user_row, char text[40])
{
	int n = snprintf(text, 40, "totp of %lld", (long long)user_row);
	return slice_of(text, (size_t)n);
}

result totp_enrol_begin(struct identity_store *store, const struct session_claim *claim, int64_t now_ms,
    struct error *err, struct totp_offer *ret)
{
	uint8_t secret[TOTP_SECRET_BYTES], sealed[SEALED_BYTES];
	char context[40];
	randombytes_buf(secret, sizeof secret);
	seal(store->keys.seal, bytes_of(secret, sizeof secret), seal_context(claim->user_row, context),
	    sealed);
	TRY(challenge_make(store, CHALLENGE_TOTP_ENROL, claim->user_row, bytes_of(sealed, sizeof sealed),
	    now_ms, err, &ret->challenge));
	base32_encode(bytes_of(secret, sizeof secret), ret->secret);
	const struct slice issuer = store->app_name[0] ? slice_cstr(store->app_name) : SLICE("ward");
	const char *account = claim->email[0] ? claim->email : claim->user;
	result r = totp_uri(
	    bytes_of(secret, sizeof secret), issuer, slice_cstr(account), ret->uri, sizeof ret->uri, err);
	sodium_memzero(secret, sizeof secret);
	return r;
}

static result open_secret(struct identity_store *store, int64_t user_row, struct slice sealed,
    struct error *err, uint8_t ret[TOTP_SECRET_BYTES])
{
	char context[40];
	if (sealed.len != SEALED_BYTES)
		return error_set(err, ERR_INTERNAL, "a sealed secret has the wrong length");
	return unseal(store->keys.seal, sealed, seal_context(user_row, context), err, ret);
}

/*
 * 50 random bits behind a limit on tries. They are few enough to be searched through by who holds a hash, so
 * it is keyed: with a copy of the database alone there is nothing to compare a guess with. The user's number
 * keeps equal codes apart.
 */
static void recovery_hash(const struct identity_store *store, int64_t user_row,
    const char form[RECOVERY_CODE_CHARS], uint8_t ret[32])
{
	char text[64];
	int n = snprintf(text, sizeof text, "%lld %s", (long long)user_row, form);
	(void)crypto_generichash(
	    ret, 32, (const unsigned char *)text, (size_t)n, store->keys.codes, sizeof store->keys.codes);
}

result recovery_codes_renew(
    struct identity_store *store, int64_t user_row, struct error *err, struct recovery_codes *ret)
{
	struct recovery_codes made;
	TRY(store_begin(store, err));
	result r = store_run(store, ST_RECOVERY_DELETE, SQL_ARGS(SQL_INT(user_row)), err, NULL);
	for (size_t i = 0; is_ok(r) && i < RECOVERY_CODES; i++) {
		uint8_t hash[32];
		char form[RECOVERY_CODE_CHARS];
		recovery_code_make(made.codes[i]);
		ASSERT(recovery_code_normalise(slice_cstr(made.codes[i]), form));
		recovery_hash(store, user_row, form, hash);
		r = store_run(store, ST_RECOVERY_INSERT,
		    SQL_ARGS(SQL_INT(user_row), SQL_BLOB(hash, sizeof hash)), err, NULL);
	}
	TRY(store_end(store, r, err));
	*ret = made;
	return RESULT_OK;
}

result recovery_codes_left(
    struct identity_store *store, int64_t user_row, struct error *err, size_t *ret_count)
{
	CLEANUP_QUERY struct query q = {0};
	TRY(query_first(store, ST_RECOVERY_COUNT, SQL_ARGS(SQL_INT(user_row)), err, &q));
	*ret_count = (size_t)sqlite3_column_int64(q.st, 0);
	return RESULT_OK;
}

static result put_in_force(struct identity_store *store, const struct session_claim *claim,
    const struct challenge *c, int64_t step, int64_t now_ms, struct error *err,
    struct recovery_codes *ret_codes)
{
	TRY(store_run(store, ST_TOTP_SET,
	    SQL_ARGS(
		SQL_INT(claim->user_row), SQL_BLOB(c->data, c->data_len), SQL_INT(step), SQL_INT(now_ms)),
	    err, NULL));
	TRY(recovery_codes_renew(store, claim->user_row, err, ret_codes));
	return session_end_all(store, claim->user_row, claim->hash, err, NULL);
}

result totp_enrol_finish(struct identity_store *store, const struct session_claim *claim,
    struct slice challenge, struct slice code, int64_t now_ms, struct error *err,
    struct recovery_codes *ret_codes, struct session_token *ret_token, struct session_claim *ret_claim)
{
	uint8_t secret[TOTP_SECRET_BYTES];
	struct challenge c;
	int64_t step = 0;
	TRY(challenge_try(store, CHALLENGE_TOTP_ENROL, challenge, SECOND_FACTOR_TRIES, now_ms, err, &c));
	if (c.user_row != claim->user_row)
		return error_set(err, ERR_DENIED, "the challenge is another account's");
	TRY(open_secret(store, claim->user_row, slice_of(c.data, c.data_len), err, secret));
	result r = totp_verify(bytes_of(secret, sizeof secret), code, now_ms, -1, err, &step);
	sodium_memzero(secret, sizeof secret);
	TRY(r);
	TRY(challenge_take(store, CHALLENGE_TOTP_ENROL, challenge, now_ms, err, &c));
	TRY(store_begin(store, err));
	r = put_in_force(store, claim, &c, step, now_ms, err, ret_codes);
	if (is_ok(r))
		r = session_rotate(store, claim, METHOD_TOTP, true, now_ms, err, ret_token, ret_claim);
	TRY(store_end(store, r, err));
	store_event(store, IDENTITY_FACTOR_CHANGED, claim->user, NULL, "authenticator app added");
	return RESULT_OK;
}

result totp_remove(struct identity_store *store, const struct session_claim *claim, struct error *err)
{
	TRY(store_begin(store, err));
	result r = store_run(store, ST_TOTP_DELETE, SQL_ARGS(SQL_INT(claim->user_row)), err, NULL);
	if (is_ok(r))
		r = store_run(store, ST_RECOVERY_DELETE, SQL_ARGS(SQL_INT(claim->user_row)), err, NULL);
	if (is_ok(r))
		r = sessions_lower(store, claim->user_row, METHOD_TOTP | METHOD_RECOVERY, 0, err);
	TRY(store_end(store, r, err));
	store_event(store, IDENTITY_FACTOR_CHANGED, claim->user, NULL, "authenticator app removed");
	return RESULT_OK;
}

result factors_remove(struct identity_store *store, int64_t user_row, struct error *err)
{
	struct user u;
	TRY(user_by_row(store, user_row, err, &u));
	TRY(store_begin(store, err));
	result r = store_run(store, ST_TOTP_DELETE, SQL_ARGS(SQL_INT(user_row)), err, NULL);
	if (is_ok(r))
		r = store_run(store, ST_RECOVERY_DELETE, SQL_ARGS(SQL_INT(user_row)), err, NULL);
	if (is_ok(r))
		r = store_run(store, ST_PASSKEY_DELETE_ALL, SQL_ARGS(SQL_INT(user_row)), err, NULL);
	if (is_ok(r))
		r = session_end_all(store, user_row, NULL, err, NULL);
	TRY(store_end(store, r, err));
	store_event(store, IDENTITY_FACTOR_CHANGED, u.id, NULL, "all second factors removed");
	return RESULT_OK;
}

static result check_totp(
    struct identity_store *store, int64_t user_row, struct slice code, int64_t now_ms, struct error *err)
{
	uint8_t secret[TOTP_SECRET_BYTES];
	int64_t step = 0;
	int changed = 0;
	struct query q = {0};
	result r = query_first(store, ST_TOTP_GET, SQL_ARGS(SQL_INT(user_row)), err, &q);
	if (r.code == ERR_NOT_FOUND)
		return error_set(err, ERR_DENIED, "the account has no authenticator app");
	TRY(r);
	const int64_t last_step = sqlite3_column_int64(q.st, 1);
	r = open_secret(store, user_row,
	    slice_of(sqlite3_column_blob(q.st, 0), (size_t)sqlite3_column_bytes(q.st, 0)), err, secret);
	query_done(&q);
	if (is_ok(r))
		r = totp_verify(bytes_of(secret, sizeof secret), code, now_ms, last_step, err, &step);
	sodium_memzero(secret, sizeof secret);
	TRY(r);
	TRY(store_run(store, ST_TOTP_STEP, SQL_ARGS(SQL_INT(user_row), SQL_INT(step)), err, &changed));
	return changed ? RESULT_OK : error_set(err, ERR_DENIED, "the code was used already");
}

static result check_recovery(
    struct identity_store *store, int64_t user_row, struct slice code, struct error *err)
{
	uint8_t hash[32];
	int changed = 0;
	char form[RECOVERY_CODE_CHARS];
	if (!recovery_code_normalise(code, form))
		return error_set(err, ERR_DENIED, "the code is wrong");
	recovery_hash(store, user_row, form, hash);
	TRY(store_run(store, ST_RECOVERY_TAKE, SQL_ARGS(SQL_INT(user_row), SQL_BLOB(hash, sizeof hash)), err,
	    &changed));
	return changed ? RESULT_OK
		       : error_set(err, ERR_DENIED, "the recovery code is wrong or was used already");
}

result factor_check(struct identity_store *store, int64_t user_row, struct slice code,
    const struct identity_caller *caller, struct error *err, uint32_t *ret_method,
    uint32_t *ret_retry_after_s)
{
	char text[32];
	int n = snprintf(text, sizeof text, "%lld", (long long)user_row);
	const struct slice key = slice_of(text, (size_t)n);
	const int64_t wait_ms = throttle_wait_ms(store->throttle, THROTTLE_CODE, key, caller->now_ms);
	if (wait_ms > 0) {
		*ret_retry_after_s = (uint32_t)((wait_ms + 999) / 1000);
		store->delayed++;
		return error_set(err, ERR_LIMIT, "too many codes, wait %u seconds", *ret_retry_after_s);
	}
	throttle_count(store->throttle, THROTTLE_CODE, key, caller->now_ms);
	const bool short_code = code.len == TOTP_DIGITS;
	TRY(short_code ? check_totp(store, user_row, code, caller->now_ms, err)
		       : check_recovery(store, user_row, code, err));
	throttle_clear(store->throttle, THROTTLE_CODE, key);
	*ret_method = short_code ? METHOD_TOTP : METHOD_RECOVERY;
	return RESULT_OK;
}

/* Passkeys, wallets and challenges are found without a realm: here it is made sure that each opens its own
 * door only. */
static result may_enter(const struct user *u, const struct identity_caller *caller, struct error *err)
{
	if (u->realm != caller->realm)
		return error_set(err, ERR_DENIED, "the account is of another realm");
	if (u->status != USER_ACTIVE)
		return error_set(err, ERR_DENIED, "the account is not active");
	return RESULT_OK;
}

/* What a challenge of the second step remembers of the first: its method, and the place. */
static struct slice remember(uint32_t method, const char *block, char text[ADDRESS_KEY_MAX + 16])
{
	int n = snprintf(text, ADDRESS_KEY_MAX + 16, "%u %s", method, block);
	return slice_of(text, (size_t)n);
}

static result enter_now(struct identity_store *store, const struct user *u, uint32_t methods, bool mfa,
    const char *block, const struct identity_caller *caller, struct error *err,
    struct session_token *ret_token, struct session_claim *ret_claim)
{
	TRY(store_run(store, ST_PLACE_SEEN,
	    SQL_ARGS(SQL_INT(u->row), SQL_TEXT(block), SQL_INT(caller->now_ms)), err, NULL));
	TRY(session_start(store, u->row, methods, mfa, caller, err, ret_token, ret_claim));
	store_event(
	    store, IDENTITY_SIGNED_IN, u->id, caller, mfa ? "with a second factor" : "with one factor");
	return RESULT_OK;
}

result factor_enter(struct identity_store *store, int64_t user_row, uint32_t method, bool is_mfa,
    const struct identity_caller *caller, struct error *err, struct entry *ret)
{
	struct user u;
	struct entry e = {0};
	char address[ADDRESS_KEY_MAX], block[ADDRESS_KEY_MAX], text[ADDRESS_KEY_MAX + 16];
	address_keys(caller->address, address, block);
	TRY(user_by_row(store, user_row, err, &u));
	TRY(may_enter(&u, caller, err));
	e.second = u.has_totp && !is_mfa;
	if (e.second)
		TRY(challenge_make(store, CHALLENGE_SECOND_FACTOR, u.row, remember(method, block, text),
		    caller->now_ms, err, &e.token));
	else
		TRY(enter_now(store, &u, method, is_mfa, block, caller, err, &e.token, &e.claim));
	*ret = e;
	return RESULT_OK;
}

result second_factor_finish(struct identity_store *store, struct slice challenge, struct slice code,
    const struct identity_caller *caller, struct error *err, struct session_token *ret_token,
    struct session_claim *ret_claim, uint32_t *ret_retry_after_s)
{
	struct user u;
	struct challenge c;
	uint64_t first = 0;
	uint32_t method = 0;
	char block[ADDRESS_KEY_MAX];
	TRY(challenge_try(
	    store, CHALLENGE_SECOND_FACTOR, challenge, SECOND_FACTOR_TRIES, caller->now_ms, err, &c));
	TRY(user_by_row(store, c.user_row, err, &u));
	TRY(may_enter(&u, caller, err));
	TRY(factor_check(store, c.user_row, code, caller, err, &method, ret_retry_after_s));
	TRY(challenge_take(store, CHALLENGE_SECOND_FACTOR, challenge, caller->now_ms, err, &c));
	struct slice rest = slice_of(c.data, c.data_len);
	if (!slice_to_u64(slice_cut(&rest, ' '), &first))
		return error_set(err, ERR_INTERNAL, "a challenge does not say how it began");
	(void)snprintf(block, sizeof block, "%.*s", SLICE_ARG(rest));
	return enter_now(store, &u, (uint32_t)first | method, true, block, caller, err, ret_token, ret_claim);
}

/* One-time tokens. Called by the store's thread for what endpoints ask; tokens come from anyone. */
#include "identity/challenge.h"

#include <sodium.h>
#include <string.h>

#include "identity/internal.h"

#define MINUTE_MS (60ll * 1000)

static const int64_t lifetimes_ms[CHALLENGE_KIND_COUNT] = {
    [CHALLENGE_SECOND_FACTOR] = 5 * MINUTE_MS,
    [CHALLENGE_PASSKEY_REGISTER] = 5 * MINUTE_MS,
    [CHALLENGE_PASSKEY_SIGN_IN] = 5 * MINUTE_MS,
    [CHALLENGE_WALLET] = 10 * MINUTE_MS,
    [CHALLENGE_OIDC] = 10 * MINUTE_MS,
    [CHALLENGE_MAIL_VERIFY] = 24 * 60 * MINUTE_MS,
    [CHALLENGE_MAIL_LINK] = 10 * MINUTE_MS,
    [CHALLENGE_MAIL_RESET] = 30 * MINUTE_MS,
    [CHALLENGE_TOTP_ENROL] = 15 * MINUTE_MS,
};

void token_make(struct session_token *ret_token, uint8_t ret_hash[SESSION_HASH_BYTES])
{
	uint8_t bytes[32];
	randombytes_buf(bytes, sizeof bytes);
	(void)sodium_bin2base64(ret_token->text, sizeof ret_token->text, bytes, sizeof bytes,
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	session_token_hash(slice_cstr(ret_token->text), ret_hash);
	sodium_memzero(bytes, sizeof bytes);
}

/*
 * 43 letters and digits, so that a challenge can be a nonce of EIP-4361, and whole base64url, so that it can
 * be one of WebAuthn: the last of 43 characters carries four bits, and these sixteen are those with the other
 * two zero. 254 random bits.
 */
static void challenge_token(struct session_token *ret)
{
	static const char all[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	static const char last[] = "AEIMQUYcgkosw048";
	for (size_t i = 0; i < SESSION_TOKEN_CHARS - 1; i++)
		ret->text[i] = all[randombytes_uniform(sizeof all - 1)];
	ret->text[SESSION_TOKEN_CHARS - 1] = last[randombytes_uniform(sizeof last - 1)];
	ret->text[SESSION_TOKEN_CHARS] = '\0';
}

result challenge_make(struct identity_store *store, enum challenge_kind kind, int64_t user_row,
    struct slice data, int64_t now_ms, struct error *err, struct session_token *ret_token)
{
	uint8_t hash[SESSION_HASH_BYTES];
	struct session_token token;
	if (data.len > CHALLENGE_DATA_MAX)
		return error_set(err, ERR_LIMIT, "a challenge holds at most %u bytes", CHALLENGE_DATA_MAX);
	challenge_token(&token);
	session_token_hash(slice_cstr(token.text), hash);
	TRY(store_run(store, ST_CHALLENGE_INSERT,
	    SQL_ARGS(SQL_BLOB(hash, sizeof hash), SQL_INT(kind), user_row ? SQL_INT(user_row) : SQL_NULL,
		SQL_INT(now_ms + lifetimes_ms[kind]), SQL_BLOB(data.ptr, data.len)),
	    err, NULL));
	*ret_token = token;
	return RESULT_OK;
}

static result read_challenge(struct identity_store *store, enum challenge_kind kind,
    const uint8_t hash[SESSION_HASH_BYTES], int64_t now_ms, struct error *err, struct challenge *ret)
{
	CLEANUP_QUERY struct query q = {0};
	result r =
	    query_first(store, ST_CHALLENGE_GET, SQL_ARGS(SQL_BLOB(hash, SESSION_HASH_BYTES)), err, &q);
	if (r.code == ERR_NOT_FOUND)
		return error_set(err, ERR_DENIED, "the token is unknown or was used already");
	TRY(r);
	size_t len = (size_t)sqlite3_column_bytes(q.st, 4);
	if (sqlite3_column_int64(q.st, 0) != (int64_t)kind || len > CHALLENGE_DATA_MAX)
		return error_set(err, ERR_DENIED, "the token is for something else");
	if (sqlite3_column_int64(q.st, 2) <= now_ms)
		return error_set(err, ERR_DENIED, "the token is too old");
	ret->kind = kind;
	ret->user_row = sqlite3_column_int64(q.st, 1);
	ret->expires_ms = sqlite3_column_int64(q.st, 2);
	ret->tries = (uint32_t)sqlite3_column_int64(q.st, 3);
	ret->data_len = len;
	if (len)
		memcpy(ret->data, sqlite3_column_blob(q.st, 4), len);
	return RESULT_OK;
}

static result drop(struct identity_store *store, const uint8_t hash[SESSION_HASH_BYTES], struct error *err)
{
	return store_run(store, ST_CHALLENGE_DELETE, SQL_ARGS(SQL_BLOB(hash, SESSION_HASH_BYTES)), err, NULL);
}

result challenge_take(struct identity_store *store, enum challenge_kind kind, struct slice token,
    int64_t now_ms, struct error *err, struct challenge *ret)
{
	uint8_t hash[SESSION_HASH_BYTES];
	session_token_hash(token, hash);
	TRY(read_challenge(store, kind, hash, now_ms, err, ret));
	return drop(store, hash, err);
}

result challenge_try(struct identity_store *store, enum challenge_kind kind, struct slice token,
    uint32_t tries_max, int64_t now_ms, struct error *err, struct challenge *ret)
{
	uint8_t hash[SESSION_HASH_BYTES];
	struct challenge c;
	session_token_hash(token, hash);
	TRY(read_challenge(store, kind, hash, now_ms, err, &c));
	if (c.tries >= tries_max) {
		TRY(drop(store, hash, err));
		return error_set(err, ERR_DENIED, "too many wrong answers, start again");
	}
	TRY(store_run(store, ST_CHALLENGE_TRY, SQL_ARGS(SQL_BLOB(hash, sizeof hash)), err, NULL));
	*ret = c;
	return RESULT_OK;
}

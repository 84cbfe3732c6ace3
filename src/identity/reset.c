/* Resets. Called by the store's thread; tokens come from anyone. */
#include "identity/reset.h"

#include "identity/crypto.h"
#include "identity/internal.h"

#define RESET_TRIES 20u /* passwords that the policy refuses count too */

static result present_hash(
    struct identity_store *store, int64_t user_row, struct error *err, uint8_t ret[SESSION_HASH_BYTES])
{
	CLEANUP_QUERY struct query q = {0};
	TRY(query_first(store, ST_USER_HASH, SQL_ARGS(SQL_INT(user_row)), err, &q));
	const char *text = (const char *)sqlite3_column_text(q.st, 0);
	session_token_hash(slice_of(text, (size_t)sqlite3_column_bytes(q.st, 0)), ret);
	return RESULT_OK;
}

result reset_begin(struct identity_store *store, int64_t user_row, int64_t now_ms, struct error *err,
    struct session_token *ret_token)
{
	uint8_t hash[SESSION_HASH_BYTES];
	TRY(present_hash(store, user_row, err, hash));
	return challenge_make(
	    store, CHALLENGE_MAIL_RESET, user_row, bytes_of(hash, sizeof hash), now_ms, err, ret_token);
}

result reset_look(struct identity_store *store, struct slice token, int64_t now_ms, struct error *err,
    struct challenge *ret)
{
	return challenge_try(store, CHALLENGE_MAIL_RESET, token, RESET_TRIES, now_ms, err, ret);
}

result reset_take(struct identity_store *store, struct slice token, int64_t now_ms, struct error *err,
    struct challenge *ret)
{
	return challenge_take(store, CHALLENGE_MAIL_RESET, token, now_ms, err, ret);
}

result reset_finish(struct identity_store *store, const struct challenge *taken, const char *hash,
    int64_t now_ms, struct error *err, struct user *ret_user)
{
	struct user u;
	uint8_t present[SESSION_HASH_BYTES];
	TRY(user_by_row(store, taken->user_row, err, &u));
	TRY(present_hash(store, u.row, err, present));
	if (u.status != USER_ACTIVE ||
	    !bytes_equal(bytes_of(present, sizeof present), slice_of(taken->data, taken->data_len)))
		return error_set(err, ERR_DENIED, "the password was changed since the token was made");
	TRY(user_set_password(store, u.row, hash, NULL, now_ms, err));
	*ret_user = u;
	return RESULT_OK;
}

/* Passkeys of accounts. Called by the store's thread; answers come from anyone. */
#include "identity/passkeys.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "identity/internal.h"
#include "identity/jwt.h"

#define URLSAFE sodium_base64_VARIANT_URLSAFE_NO_PADDING

static struct webauthn_policy policy_of(const struct passkey_site *site)
{
	return (struct webauthn_policy){.rp_id = site->rp_id,
	    .origins = &site->origin,
	    .origin_count = 1,
	    .require_user_verification = site->verifies_user};
}

/* The challenge that the client data answers, used up here; the verifier then compares its bytes. */
static result take_challenge(struct identity_store *store, enum challenge_kind kind, struct slice client_data,
    int64_t now_ms, struct error *err, struct challenge *ret, uint8_t ret_bytes[32])
{
	char token[SESSION_TOKEN_CHARS + 1] = "";
	size_t length = 0;
	json_t *root = client_data.len <= CLIENT_DATA_MAX
			   ? json_loadb(client_data.ptr, client_data.len, JSON_REJECT_DUPLICATES, NULL)
			   : NULL;
	struct slice text = token_member_text(root, "challenge");
	if (text.len == SESSION_TOKEN_CHARS)
		memcpy(token, text.ptr, text.len);
	json_decref(root);
	TRY(challenge_take(store, kind, slice_cstr(token), now_ms, err, ret));
	if (sodium_base642bin(ret_bytes, 32, token, SESSION_TOKEN_CHARS, NULL, &length, NULL, URLSAFE) != 0 ||
	    length != 32)
		return error_set(err, ERR_INTERNAL, "a challenge is not base64url");
	return RESULT_OK;
}

static result count_passkeys(struct identity_store *store, int64_t user_row, struct error *err, size_t *ret)
{
	struct passkey_row rows[PASSKEYS_PER_USER];
	return passkey_list(store, user_row, rows, PASSKEYS_PER_USER, err, ret);
}

result passkey_register_begin(struct identity_store *store, const struct session_claim *claim, int64_t now_ms,
    struct error *err, struct session_token *ret_challenge)
{
	size_t count = 0;
	TRY(count_passkeys(store, claim->user_row, err, &count));
	if (count >= PASSKEYS_PER_USER)
		return error_set(err, ERR_LIMIT, "an account has at most %u passkeys", PASSKEYS_PER_USER);
	return challenge_make(
	    store, CHALLENGE_PASSKEY_REGISTER, claim->user_row, SLICE_NONE, now_ms, err, ret_challenge);
}

result passkey_register_finish(struct identity_store *store, const struct session_claim *claim,
    const struct passkey_site *site, struct slice name, struct slice client_data,
    struct slice attestation_object, int64_t now_ms, struct error *err, bool *ret_verified)
{
	struct challenge c;
	struct passkey p;
	uint8_t bytes[32];
	const struct webauthn_policy policy = policy_of(site);
	if (name.len == 0 || name.len > PASSKEY_NAME_MAX)
		return error_set(
		    err, ERR_INVALID, "a passkey needs a name of at most %u characters", PASSKEY_NAME_MAX);
	TRY(take_challenge(store, CHALLENGE_PASSKEY_REGISTER, client_data, now_ms, err, &c, bytes));
	if (c.user_row != claim->user_row)
		return error_set(err, ERR_DENIED, "the challenge is another account's");
	TRY(webauthn_register(
	    &policy, bytes_of(bytes, sizeof bytes), client_data, attestation_object, err, &p));
	result r = store_run(store, ST_PASSKEY_INSERT,
	    SQL_ARGS(SQL_BLOB(p.id, p.id_len), SQL_INT(claim->user_row), SQL_SLICE(name),
		SQL_INT(p.algorithm), SQL_BLOB(p.cose_key, p.cose_key_len), SQL_INT(p.sign_count),
		SQL_BLOB(p.aaguid, sizeof p.aaguid), SQL_INT(p.flags), SQL_INT(now_ms)),
	    err, NULL);
	if (r.code == ERR_CONFLICT)
		return error_set(err, ERR_CONFLICT, "this passkey is registered already");
	TRY(r);
	store_event(store, IDENTITY_FACTOR_CHANGED, claim->user, NULL, "passkey added");
	*ret_verified = (p.flags & PASSKEY_USER_VERIFIED) != 0;
	return RESULT_OK;
}

result passkey_sign_in_begin(
    struct identity_store *store, int64_t now_ms, struct error *err, struct session_token *ret_challenge)
{
	return challenge_make(store, CHALLENGE_PASSKEY_SIGN_IN, 0, SLICE_NONE, now_ms, err, ret_challenge);
}

static result load(struct identity_store *store, struct slice id, struct error *err, struct passkey *ret,
    int64_t *ret_user_row)
{
	CLEANUP_QUERY struct query q = {0};
	result r = query_first(store, ST_PASSKEY_GET, SQL_ARGS(SQL_BLOB(id.ptr, id.len)), err, &q);
	if (r.code == ERR_NOT_FOUND)
		return error_set(err, ERR_DENIED, "the passkey is not known");
	TRY(r);
	const size_t key_len = (size_t)sqlite3_column_bytes(q.st, 1);
	if (key_len == 0 || key_len > sizeof ret->cose_key)
		return error_set(err, ERR_INTERNAL, "a passkey's key has the wrong length");
	memset(ret, 0, sizeof *ret);
	memcpy(ret->cose_key, sqlite3_column_blob(q.st, 1), key_len);
	ret->cose_key_len = key_len;
	ret->sign_count = (uint32_t)sqlite3_column_int64(q.st, 2);
	ret->flags = (uint8_t)sqlite3_column_int(q.st, 3);
	*ret_user_row = sqlite3_column_int64(q.st, 0);
	return RESULT_OK;
}

static result check_owner(
    struct identity_store *store, int64_t user_row, struct slice handle, struct error *err, struct user *ret)
{
	TRY(user_by_row(store, user_row, err, ret));
	if (handle.len && !slice_eq_cstr(handle, ret->id))
		return error_set(err, ERR_DENIED, "the passkey says it is another user's");
	return RESULT_OK;
}

result passkey_sign_in_finish(struct identity_store *store, const struct passkey_site *site,
    const struct passkey_answer *answer, const struct identity_caller *caller, struct error *err,
    int64_t *ret_user_row, bool *ret_is_mfa)
{
	struct challenge c;
	struct passkey p;
	struct user u;
	struct passkey_proof proof;
	uint8_t bytes[32];
	int64_t user_row = 0;
	const struct webauthn_policy policy = policy_of(site);
	TRY(take_challenge(
	    store, CHALLENGE_PASSKEY_SIGN_IN, answer->client_data, caller->now_ms, err, &c, bytes));
	TRY(load(store, answer->credential_id, err, &p, &user_row));
	TRY(check_owner(store, user_row, answer->user_handle, err, &u));
	TRY(webauthn_sign_in(&policy, bytes_of(bytes, sizeof bytes), &p, answer->client_data,
	    answer->authenticator_data, answer->signature, err, &proof));
	if (proof.cloned) {
		store_event(store, IDENTITY_CLONED_PASSKEY, u.id, caller, "the sign counter went backwards");
		return error_set(err, ERR_DENIED, "the passkey may have been copied");
	}
	TRY(store_run(store, ST_PASSKEY_USED,
	    SQL_ARGS(SQL_BLOB(answer->credential_id.ptr, answer->credential_id.len),
		SQL_INT(proof.sign_count), SQL_INT(proof.flags), SQL_INT(caller->now_ms)),
	    err, NULL));
	*ret_user_row = user_row;
	*ret_is_mfa = (proof.flags & PASSKEY_USER_VERIFIED) != 0;
	return RESULT_OK;
}

static void list_id(struct slice credential, char ret[32])
{
	uint8_t hash[32];
	(void)crypto_generichash(
	    hash, sizeof hash, (const unsigned char *)credential.ptr, credential.len, NULL, 0);
	(void)sodium_bin2hex(ret, 32, hash, 15);
}

static struct slice column_bytes(const struct query *q, int column)
{
	return slice_of(sqlite3_column_blob(q->st, column), (size_t)sqlite3_column_bytes(q->st, column));
}

result passkey_list(struct identity_store *store, int64_t user_row, struct passkey_row *rows, size_t room,
    struct error *err, size_t *ret_count)
{
	size_t count = 0;
	CLEANUP_QUERY struct query q = {0};
	TRY(query_start(store, ST_PASSKEY_LIST, SQL_ARGS(SQL_INT(user_row)), err, &q));
	while (count < room) {
		bool row = false;
		struct passkey_row *p = &rows[count];
		TRY(query_next(store, &q, err, &row));
		if (!row)
			break;
		list_id(column_bytes(&q, 0), p->id);
		column_copy(&q, 1, p->name, sizeof p->name);
		p->created_ms = sqlite3_column_int64(q.st, 2);
		p->used_ms = sqlite3_column_int64(q.st, 3);
		p->backed_up = (sqlite3_column_int(q.st, 4) & PASSKEY_BACKED_UP) != 0;
		count++;
	}
	*ret_count = count;
	return RESULT_OK;
}

/* The credential that a list named so. */
static result find_listed(
    struct identity_store *store, int64_t user_row, struct slice id, struct error *err, struct passkey *ret)
{
	bool row = true;
	CLEANUP_QUERY struct query q = {0};
	TRY(query_start(store, ST_PASSKEY_LIST, SQL_ARGS(SQL_INT(user_row)), err, &q));
	while (row) {
		char text[32];
		TRY(query_next(store, &q, err, &row));
		struct slice credential = row ? column_bytes(&q, 0) : SLICE_NONE;
		if (!row || credential.len > sizeof ret->id)
			break;
		list_id(credential, text);
		if (!slice_eq_cstr(id, text))
			continue;
		memcpy(ret->id, credential.ptr, credential.len);
		ret->id_len = credential.len;
		return RESULT_OK;
	}
	return error_set(err, ERR_NOT_FOUND, "there is no such passkey");
}

result passkey_remove(
    struct identity_store *store, const struct session_claim *claim, struct slice id, struct error *err)
{
	struct passkey p;
	TRY(find_listed(store, claim->user_row, id, err, &p));
	TRY(store_begin(store, err));
	result r = store_run(store, ST_PASSKEY_DELETE,
	    SQL_ARGS(SQL_INT(claim->user_row), SQL_BLOB(p.id, p.id_len)), err, NULL);
	if (is_ok(r))
		r = sessions_lower(
		    store, claim->user_row, METHOD_PASSKEY, METHOD_TOTP | METHOD_RECOVERY, err);
	TRY(store_end(store, r, err));
	store_event(store, IDENTITY_FACTOR_CHANGED, claim->user, NULL, "passkey removed");
	return RESULT_OK;
}

result passkey_ids_json(struct identity_store *store, int64_t user_row, struct buf *out, struct error *err)
{
	bool row = true;
	const char *between = "";
	CLEANUP_QUERY struct query q = {0};
	TRY(query_start(store, ST_PASSKEY_LIST, SQL_ARGS(SQL_INT(user_row)), err, &q));
	buf_add_char(out, '[');
	for (;;) {
		char text[CREDENTIAL_ID_MAX * 4 / 3 + 4];
		TRY(query_next(store, &q, err, &row));
		if (!row)
			break;
		struct slice credential = column_bytes(&q, 0);
		(void)sodium_bin2base64(
		    text, sizeof text, (const unsigned char *)credential.ptr, credential.len, URLSAFE);
		buf_printf(out, "%s\"%s\"", between, text);
		between = ",";
	}
	buf_add_char(out, ']');
	return buf_ok(out) ? RESULT_OK : error_set(err, ERR_LIMIT, "the answer is too long");
}

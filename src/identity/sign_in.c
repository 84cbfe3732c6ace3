/* Sign-up, sign-in and password change. Called by the store's thread; everything the caller says comes from
 * anyone. */
#include "identity/sign_in.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "identity/factor.h"
#include "identity/internal.h"
#include "identity/sign_in_doors.h"

static const char *const state_names[SIGN_IN_STATE_COUNT] = {
    [SIGN_IN_IDLE] = "idle",
    [SIGN_IN_HASHING] = "hashing",
    [SIGN_IN_REFUSED] = "refused",
    [SIGN_IN_SECOND_FACTOR] = "second_factor",
    [SIGN_IN_WAITS_FOR_MAIL] = "waits_for_mail",
    [SIGN_IN_DONE] = "done",
};

const char *sign_in_state_name(enum sign_in_state state)
{
	return (unsigned)state < SIGN_IN_STATE_COUNT ? state_names[state] : "unknown";
}

static void set_state(struct sign_in *s, enum sign_in_state state)
{
	/* Ends are final, and nothing but a running job leads to them, except a refusal at the door. */
	ASSERT(s->state == SIGN_IN_IDLE || s->state == SIGN_IN_HASHING);
	ASSERT(state != SIGN_IN_IDLE);
	s->state = state;
}

static result wait_for(struct identity_store *store, struct sign_in *s, const struct identity_caller *caller,
    int64_t wait_ms, struct error *err)
{
	s->retry_after_s = (uint32_t)((wait_ms + 999) / 1000);
	store->delayed++;
	set_state(s, SIGN_IN_REFUSED);
	store_event(store, IDENTITY_DELAYED, NULL, caller, "too many tries");
	return error_set(err, ERR_LIMIT, "too many tries, wait %u seconds", s->retry_after_s);
}

static void start(struct identity_store *store, struct sign_in *s, enum sign_in_intent intent,
    enum user_realm realm, const struct identity_caller *caller)
{
	memset(s, 0, sizeof *s);
	s->intent = intent;
	s->realm = realm;
	s->job.cost = store->cost;
	address_keys(caller->address, s->address, s->block);
}

static void set_password(char to[PASSWORD_BYTES_MAX + 1], size_t *to_len, struct slice password)
{
	ASSERT(password.len <= PASSWORD_BYTES_MAX);
	if (password.len)
		memcpy(to, password.ptr, password.len);
	*to_len = password.len;
}

static result pass_doors(
    struct identity_store *store, struct sign_in *s, const struct identity_caller *caller, struct error *err)
{
	const int64_t wait_ms = sign_in_pass_doors(store, s, caller->now_ms);
	return wait_ms > 0 ? wait_for(store, s, caller, wait_ms, err) : RESULT_OK;
}

/* The stored hash of an account that may sign in, else the dummy: the same queries run for both. */
static result find_account(struct identity_store *store, struct sign_in *s, struct error *err)
{
	struct user u = {0};
	result r = user_by_email(store, s->realm, s->email, err, &u);
	if (!is_ok(r) && r.code != ERR_NOT_FOUND)
		return r;
	CLEANUP_QUERY struct query q = {0};
	r = query_first(store, ST_USER_HASH, SQL_ARGS(SQL_INT(u.row)), err, &q);
	if (!is_ok(r) && r.code != ERR_NOT_FOUND)
		return r;
	s->user_row = u.row;
	s->usable = u.row != 0 && u.status == USER_ACTIVE && u.has_password;
	(void)snprintf(s->job.stored, sizeof s->job.stored, "%s",
	    s->usable ? (const char *)sqlite3_column_text(q.st, 0) : store->dummy_hash);
	return RESULT_OK;
}

result identity_sign_in_begin(struct identity_store *store, enum user_realm realm, struct slice email,
    struct slice password, const struct identity_caller *caller, struct error *err, struct sign_in *s)
{
	start(store, s, INTENT_SIGN_IN, realm, caller);
	TRY(email_normalise(email, err, s->email));
	if (password.len == 0 || password.len > PASSWORD_BYTES_MAX)
		return error_set(err, ERR_INVALID, "a password has %u to %u characters", PASSWORD_CHARS_MIN,
		    PASSWORD_CHARS_MAX);
	(void)snprintf(s->pair, sizeof s->pair, "%d %s %s", (int)realm, s->email, s->address);
	TRY(find_account(store, s, err));
	TRY(sign_in_place_known(store, s->user_row, s->block, caller->now_ms, err, &s->known_place));
	TRY(pass_doors(store, s, caller, err));
	set_password(s->job.password, &s->job.password_len, password);
	set_state(s, SIGN_IN_HASHING);
	return RESULT_OK;
}

result identity_sign_up_begin(struct identity_store *store, enum user_realm realm, struct slice email,
    struct slice password, const struct identity_caller *caller, struct error *err, struct sign_in *s)
{
	start(store, s, INTENT_SIGN_UP, realm, caller);
	TRY(email_normalise(email, err, s->email));
	TRY(store_check_policy(store, password, s->email, err));
	int64_t wait_ms =
	    throttle_wait_ms(store->throttle, THROTTLE_SIGN_UP, slice_cstr(s->address), caller->now_ms);
	if (wait_ms > 0)
		return wait_for(store, s, caller, wait_ms, err);
	throttle_count(store->throttle, THROTTLE_SIGN_UP, slice_cstr(s->address), caller->now_ms);
	set_password(s->job.password, &s->job.password_len, password);
	set_state(s, SIGN_IN_HASHING);
	return RESULT_OK;
}

/* The same for all that a session asks about its own account. */
static result begin_own(struct identity_store *store, enum sign_in_intent intent,
    const struct session_claim *claim, struct slice password, const struct identity_caller *caller,
    struct error *err, struct sign_in *s)
{
	start(store, s, intent, claim->realm, caller);
	(void)snprintf(s->email, sizeof s->email, "%s", claim->email);
	(void)snprintf(s->pair, sizeof s->pair, "%d %s %s", (int)claim->realm, claim->user, s->address);
	if (password.len == 0 || password.len > PASSWORD_BYTES_MAX)
		return error_set(
		    err, ERR_INVALID, "a password has at most %u characters", PASSWORD_CHARS_MAX);
	TRY(find_account(store, s, err));
	if (s->user_row != claim->user_row)
		return error_set(err, ERR_DENIED, "the account has no password");
	s->known_place = true; /* they have a session */
	TRY(pass_doors(store, s, caller, err));
	memcpy(s->keep_session, claim->hash, SESSION_HASH_BYTES);
	set_password(s->job.password, &s->job.password_len, password);
	set_state(s, SIGN_IN_HASHING);
	return RESULT_OK;
}

result identity_change_password_begin(struct identity_store *store, const struct session_claim *claim,
    struct slice present, struct slice wanted, const struct identity_caller *caller, struct error *err,
    struct sign_in *s)
{
	start(store, s, INTENT_CHANGE_PASSWORD, claim->realm, caller);
	TRY(store_check_policy(store, wanted, claim->email, err));
	TRY(begin_own(store, INTENT_CHANGE_PASSWORD, claim, present, caller, err, s));
	set_password(s->job.fresh_password, &s->job.fresh_len, wanted);
	return RESULT_OK;
}

result identity_confirm_password_begin(struct identity_store *store, const struct session_claim *claim,
    struct slice password, const struct identity_caller *caller, struct error *err, struct sign_in *s)
{
	return begin_own(store, INTENT_CONFIRM, claim, password, caller, err, s);
}

static result refuse(
    struct identity_store *store, struct sign_in *s, const struct identity_caller *caller, struct error *err)
{
	const char *why = s->user_row == 0 ? "no such account"
			  : !s->usable	   ? "account not usable"
					   : "wrong password";
	set_state(s, SIGN_IN_REFUSED);
	store->refused++;
	if (stuffing_failed(&store->stuffing, slice_cstr(s->email), caller->now_ms) == STUFFING_BEGAN) {
		store->attacks++;
		store_event(store, IDENTITY_STUFFING, NULL, caller, "many accounts tried within a minute");
	}
	store_event(store, IDENTITY_SIGN_IN_REFUSED, NULL, caller, why);
	return error_set(err, ERR_DENIED, "the e-mail address or the password is wrong");
}

/* A session or, for an account with a second factor, its challenge. */
static result enter(struct identity_store *store, struct sign_in *s, const struct identity_caller *caller,
    struct error *err, struct sign_in_outcome *ret)
{
	struct entry e;
	TRY(factor_enter(store, s->user_row, METHOD_PASSWORD, false, caller, err, &e));
	if (e.second) {
		ret->challenge = e.token;
	} else {
		ret->token = e.token;
		ret->claim = e.claim;
	}
	set_state(s, e.second ? SIGN_IN_SECOND_FACTOR : SIGN_IN_DONE);
	return RESULT_OK;
}

/* A stored hash of an older cost or another system is replaced, unless somebody was faster. */
static result upgrade(struct identity_store *store, struct sign_in *s, struct error *err)
{
	if (!s->job.fresh[0])
		return RESULT_OK;
	return store_run(store, ST_USER_UPGRADE,
	    SQL_ARGS(SQL_INT(s->user_row), SQL_TEXT(s->job.fresh), SQL_TEXT(s->job.stored)), err, NULL);
}

/* The account may have changed while the thread was hashing: it is read again, and the hash must be the one
 * checked. */
static result still_holds(struct identity_store *store, struct sign_in *s, struct error *err,
    struct user *ret_user, bool *ret_holds)
{
	struct user u = {0};
	CLEANUP_QUERY struct query q = {0};
	*ret_holds = false;
	if (!s->usable || !s->job.matches)
		return RESULT_OK;
	result r = user_by_row(store, s->user_row, err, &u);
	if (is_ok(r))
		r = query_first(store, ST_USER_HASH, SQL_ARGS(SQL_INT(s->user_row)), err, &q);
	if (r.code == ERR_NOT_FOUND)
		return RESULT_OK;
	TRY(r);
	const char *hash = (const char *)sqlite3_column_text(q.st, 0);
	*ret_holds = u.status == USER_ACTIVE && hash && strcmp(hash, s->job.stored) == 0;
	*ret_user = u;
	return RESULT_OK;
}

static result finish_sign_in(struct identity_store *store, struct sign_in *s,
    const struct identity_caller *caller, struct error *err, struct sign_in_outcome *ret)
{
	struct user u;
	bool holds;
	TRY(still_holds(store, s, err, &u, &holds));
	if (!holds)
		return refuse(store, s, caller, err);
	sign_in_forgive(store, s);
	TRY(upgrade(store, s, err));
	return enter(store, s, caller, err, ret);
}

/*
 * No account is made yet, and none is touched: whoever typed the address may not own it. user_row says
 * whether the owner has an account already, which only the mail may tell.
 */
static result wait_for_mail(struct identity_store *store, struct sign_in *s, struct error *err)
{
	struct user u = {0};
	result r = user_by_email(store, s->realm, s->email, err, &u);
	if (!is_ok(r) && r.code != ERR_NOT_FOUND)
		return r;
	s->user_row = u.row;
	memcpy(s->pending_hash, s->job.fresh, sizeof s->pending_hash);
	set_state(s, SIGN_IN_WAITS_FOR_MAIL);
	return RESULT_OK;
}

static result finish_sign_up(struct identity_store *store, struct sign_in *s,
    const struct identity_caller *caller, struct error *err, struct sign_in_outcome *ret)
{
	struct user u;
	const struct new_user fields = {
	    .realm = s->realm, .email = s->email, .password_hash = s->job.fresh, .status = USER_ACTIVE};
	if (store->verify_email)
		return wait_for_mail(store, s, err);
	TRY(user_create(store, &fields, caller->now_ms, err, &u));
	s->user_row = u.row;
	store_event(store, IDENTITY_SIGNED_UP, u.id, caller, "password");
	return enter(store, s, caller, err, ret);
}

static result finish_change(struct identity_store *store, struct sign_in *s,
    const struct identity_caller *caller, struct error *err, struct sign_in_outcome *ret)
{
	struct user u;
	struct session_claim claim;
	bool holds;
	TRY(still_holds(store, s, err, &u, &holds));
	if (!holds)
		return refuse(store, s, caller, err);
	sign_in_forgive(store, s);
	TRY(user_set_password(store, s->user_row, s->job.fresh, s->keep_session, caller->now_ms, err));
	TRY(session_lookup_hash(store, s->keep_session, caller->now_ms, err, &claim));
	TRY(session_rotate(
	    store, &claim, METHOD_PASSWORD, false, caller->now_ms, err, &ret->token, &ret->claim));
	set_state(s, SIGN_IN_DONE);
	return RESULT_OK;
}

static result finish_confirm(struct identity_store *store, struct sign_in *s,
    const struct identity_caller *caller, struct error *err, struct sign_in_outcome *ret)
{
	struct user u;
	struct session_claim claim;
	bool holds;
	TRY(still_holds(store, s, err, &u, &holds));
	if (!holds)
		return refuse(store, s, caller, err);
	sign_in_forgive(store, s);
	TRY(upgrade(store, s, err));
	TRY(session_lookup_hash(store, s->keep_session, caller->now_ms, err, &claim));
	TRY(session_rotate(
	    store, &claim, METHOD_PASSWORD, false, caller->now_ms, err, &ret->token, &ret->claim));
	set_state(s, SIGN_IN_DONE);
	return RESULT_OK;
}

static result (*const finishers[])(struct identity_store *, struct sign_in *, const struct identity_caller *,
    struct error *, struct sign_in_outcome *) = {
    [INTENT_SIGN_UP] = finish_sign_up,
    [INTENT_SIGN_IN] = finish_sign_in,
    [INTENT_CHANGE_PASSWORD] = finish_change,
    [INTENT_CONFIRM] = finish_confirm,
};

result identity_sign_in_finish(struct identity_store *store, struct sign_in *s,
    const struct identity_caller *caller, struct error *err, struct sign_in_outcome *ret)
{
	struct sign_in_outcome outcome = {0};
	ASSERT(s->state == SIGN_IN_HASHING && s->job.ran);
	result r = s->job.error.code != ERR_NONE ? error_set(err, s->job.error.code, "%s", s->job.error.text)
						 : store_begin(store, err);
	if (is_ok(r)) {
		r = finishers[s->intent](store, s, caller, err, &outcome);
		r = store_end(store, r, err);
	}
	password_job_done(&s->job);
	if (is_ok(r))
		*ret = outcome;
	else
		s->state = SIGN_IN_REFUSED;
	return r;
}

void sign_in_done(struct sign_in *s)
{
	password_job_done(&s->job);
	s->state = SIGN_IN_REFUSED;
}

result identity_session_lookup(struct identity_store *store, struct slice token, int64_t now_ms,
    struct error *err, struct session_claim *ret_claim)
{
	return session_lookup(store, token, now_ms, err, ret_claim);
}

result identity_sign_out(
    struct identity_store *store, struct slice token, const struct identity_caller *caller, struct error *err)
{
	struct session_claim claim;
	TRY(session_lookup(store, token, caller->now_ms, err, &claim));
	TRY(session_end(store, claim.hash, err));
	store_event(store, IDENTITY_SIGNED_OUT, claim.user, caller, "");
	return RESULT_OK;
}

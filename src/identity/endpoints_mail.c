/* What goes over a mail: proving a new address, signing in by a link, choosing a new password. */
#include <stdio.h>
#include <string.h>

#include "identity/endpoints_internal.h"
#include "identity/reset.h"

static result find_user(
    struct identity_exchange *x, struct error *err, char email[EMAIL_BYTES_MAX + 1], struct user *ret)
{
	TRY(email_normalise(field(x, "email"), err, email));
	result r = user_by_email(x->service->store, x->caller.realm, email, err, ret);
	if (r.code == ERR_NOT_FOUND)
		ret->row = 0;
	else
		TRY(r);
	return RESULT_OK;
}

/* An account that is there and active; without one, and with sign-up open, the link makes it. */
result run_mail_link(struct identity_exchange *x, struct error *err)
{
	struct user u = {0};
	struct session_token token;
	char email[EMAIL_BYTES_MAX + 1];
	TRY(find_user(x, err, email, &u));
	answer_accepted(x);
	const bool makes = u.row == 0 && sign_up_open(x);
	if (!mail_allowed(x, email) || (!makes && (u.row == 0 || u.status != USER_ACTIVE)))
		return RESULT_OK;
	TRY(challenge_make(
	    x->service->store, CHALLENGE_MAIL_LINK, u.row, slice_cstr(email), x->caller.now_ms, err, &token));
	return mail_link(x, MAIL_LINK, email, "link", &token, err);
}

static result user_of_link(
    struct identity_exchange *x, const struct challenge *c, struct error *err, struct user *ret)
{
	char email[EMAIL_BYTES_MAX + 1];
	struct identity_store *store = x->service->store;
	if (c->user_row)
		return user_by_row(store, c->user_row, err, ret);
	(void)snprintf(email, sizeof email, "%.*s", (int)c->data_len, c->data);
	result r = user_by_email(store, x->caller.realm, email, err, ret);
	if (r.code != ERR_NOT_FOUND)
		return r;
	const struct new_user fields = {
	    .realm = x->caller.realm, .email = email, .status = USER_ACTIVE, .email_verified = true};
	TRY(user_create(store, &fields, x->caller.now_ms, err, ret));
	store_event(store, IDENTITY_SIGNED_UP, ret->id, &x->caller, "by a link in a mail");
	return RESULT_OK;
}

result run_mail_sign_in(struct identity_exchange *x, struct error *err)
{
	struct user u;
	struct entry entry;
	struct identity_store *store = x->service->store;
	TRY(challenge_take(
	    store, CHALLENGE_MAIL_LINK, field(x, "token"), x->caller.now_ms, err, &x->challenge));
	TRY(user_of_link(x, &x->challenge, err, &u));
	TRY(user_set_email_verified(store, u.row, x->caller.now_ms, err));
	TRY(factor_enter(store, u.row, METHOD_MAIL, false, &x->caller, err, &entry));
	return answer_entry(x, &entry, err);
}

/*
 * The new account's address is proved by the token and its owner by the password they chose: a stranger who
 * signed up with this address cannot have their password confirmed by a click of the owner's.
 */
result run_mail_verify(struct identity_exchange *x, struct error *err)
{
	struct sign_in *s = &x->sign_in;
	struct slice password = field(x, "password");
	TRY(challenge_try(x->service->store, CHALLENGE_MAIL_VERIFY, field(x, "token"), 5, x->caller.now_ms,
	    err, &x->challenge));
	struct slice hash = slice_of(x->challenge.data, x->challenge.data_len);
	struct slice email = slice_cut(&hash, ' ');
	if (!hash.ptr || password.len > PASSWORD_BYTES_MAX)
		return error_set(err, ERR_DENIED, "the password does not match");
	(void)snprintf(s->email, sizeof s->email, "%.*s", SLICE_ARG(email));
	(void)snprintf(s->job.stored, sizeof s->job.stored, "%.*s", SLICE_ARG(hash));
	memcpy(s->job.password, password.ptr, password.len);
	s->job.password_len = password.len;
	s->job.cost = identity_password_cost(x->service->store);
	x->step = IDENTITY_WORK;
	return RESULT_OK;
}

result resume_mail_verify(struct identity_exchange *x, struct error *err)
{
	struct user u;
	struct entry entry;
	struct challenge taken;
	const struct sign_in *s = &x->sign_in;
	struct identity_store *store = x->service->store;
	if (!s->job.matches)
		return error_set(err, ERR_DENIED, "the password does not match");
	TRY(challenge_take(store, CHALLENGE_MAIL_VERIFY, field(x, "token"), x->caller.now_ms, err, &taken));
	const struct new_user fields = {.realm = x->caller.realm,
	    .email = s->email,
	    .password_hash = s->job.fresh[0] ? s->job.fresh : s->job.stored,
	    .status = USER_ACTIVE,
	    .email_verified = true};
	TRY(user_create(store, &fields, x->caller.now_ms, err, &u));
	store_event(store, IDENTITY_SIGNED_UP, u.id, &x->caller, "password, address proved");
	TRY(factor_enter(store, u.row, METHOD_PASSWORD | METHOD_MAIL, false, &x->caller, err, &entry));
	return answer_entry(x, &entry, err);
}

result run_forgot(struct identity_exchange *x, struct error *err)
{
	struct user u = {0};
	struct session_token token;
	char email[EMAIL_BYTES_MAX + 1];
	TRY(find_user(x, err, email, &u));
	answer_accepted(x);
	if (!mail_allowed(x, email) || u.row == 0 || u.status != USER_ACTIVE)
		return RESULT_OK;
	TRY(reset_begin(x->service->store, u.row, x->caller.now_ms, err, &token));
	return mail_link(x, MAIL_RESET, email, "reset", &token, err);
}

/*
 * The token is used up before the hash is made, so that two requests cannot both have it; a password that the
 * policy refuses is refused before that.
 */
result run_reset(struct identity_exchange *x, struct error *err)
{
	struct user u;
	struct sign_in *s = &x->sign_in;
	struct slice password = field(x, "password");
	struct identity_store *store = x->service->store;
	TRY(reset_look(store, field(x, "token"), x->caller.now_ms, err, &x->challenge));
	TRY(user_by_row(store, x->challenge.user_row, err, &u));
	TRY(store_check_policy(store, password, u.email, err));
	TRY(reset_take(store, field(x, "token"), x->caller.now_ms, err, &x->challenge));
	memcpy(s->job.password, password.ptr, password.len);
	s->job.password_len = password.len;
	s->job.cost = identity_password_cost(store);
	x->step = IDENTITY_WORK;
	return RESULT_OK;
}

result resume_reset(struct identity_exchange *x, struct error *err)
{
	struct user u;
	struct identity_store *store = x->service->store;
	const struct password_job *job = &x->sign_in.job;
	if (job->error.code != ERR_NONE)
		return error_set(err, job->error.code, "%s", job->error.text);
	TRY(reset_finish(store, &x->challenge, job->fresh, x->caller.now_ms, err, &u));
	TRY(user_set_email_verified(store, u.row, x->caller.now_ms, err));
	x->response.status = 204;
	if (!x->service->mail || !u.email[0])
		return RESULT_OK;
	return mail_put(store, MAIL_CHANGED, u.email, SLICE_NONE, "your password, by a mail to you",
	    x->caller.now_ms, err);
}

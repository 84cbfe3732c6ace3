/* Sign-up, sign-in and what else takes a password. */
#include <stdio.h>
#include <string.h>

#include "identity/endpoints_internal.h"

static result started(struct identity_exchange *x, result r)
{
	x->response.retry_after_s = x->sign_in.retry_after_s;
	if (is_ok(r))
		x->step = IDENTITY_WORK;
	return r;
}

result run_sign_up(struct identity_exchange *x, struct error *err)
{
	if (!sign_up_open(x))
		return error_set(err, ERR_NOT_FOUND, "there is no sign-up here");
	return started(x, identity_sign_up_begin(x->service->store, x->caller.realm, field(x, "email"),
			      field(x, "password"), &x->caller, err, &x->sign_in));
}

result run_sign_in(struct identity_exchange *x, struct error *err)
{
	x->problem = "sign-in-refused";
	result r = identity_sign_in_begin(x->service->store, x->caller.realm, field(x, "email"),
	    field(x, "password"), &x->caller, err, &x->sign_in);
	if (r.code == ERR_LIMIT)
		x->problem = NULL;
	return started(x, r);
}

/* The mail to whoever typed the address, or to its owner who has an account. What the pending account will be
 * is kept with the token. */
static result mail_pending(struct identity_exchange *x, struct error *err)
{
	struct session_token token;
	char data[EMAIL_BYTES_MAX + PASSWORD_HASH_MAX + 2];
	const struct sign_in *s = &x->sign_in;
	answer_accepted(x);
	if (!mail_allowed(x, s->email))
		return RESULT_OK;
	if (s->user_row)
		return mail_link(x, MAIL_HAS_ACCOUNT, s->email, "", NULL, err);
	int n = snprintf(data, sizeof data, "%s %s", s->email, s->pending_hash);
	TRY(challenge_make(x->service->store, CHALLENGE_MAIL_VERIFY, 0, slice_of(data, (size_t)n),
	    x->caller.now_ms, err, &token));
	return mail_link(x, MAIL_VERIFY, s->email, "verify", &token, err);
}

result resume_sign_in(struct identity_exchange *x, struct error *err)
{
	struct sign_in_outcome out;
	TRY(identity_sign_in_finish(x->service->store, &x->sign_in, &x->caller, err, &out));
	if (x->sign_in.state == SIGN_IN_WAITS_FOR_MAIL)
		return mail_pending(x, err);
	const struct entry entry = {.second = x->sign_in.state == SIGN_IN_SECOND_FACTOR,
	    .token = x->sign_in.state == SIGN_IN_SECOND_FACTOR ? out.challenge : out.token,
	    .claim = out.claim};
	return answer_entry(x, &entry, err);
}

result run_change_password(struct identity_exchange *x, struct error *err)
{
	return started(x, identity_change_password_begin(x->service->store, &x->claim, field(x, "present"),
			      field(x, "wanted"), &x->caller, err, &x->sign_in));
}

/* The old token is dead already: rotation made it so. */
static result answer_rotated(struct identity_exchange *x, const struct session_token *token,
    const struct session_claim *claim, struct error *err)
{
	x->claim.user_row = 0;
	return answer_session(x, token, claim, err);
}

result resume_change_password(struct identity_exchange *x, struct error *err)
{
	struct sign_in_outcome out;
	TRY(identity_sign_in_finish(x->service->store, &x->sign_in, &x->caller, err, &out));
	TRY(notify(x, "your password", err));
	return answer_rotated(x, &out.token, &out.claim, err);
}

/* Step-up: the same account proves itself again, with the password or a code. */
result run_confirm(struct identity_exchange *x, struct error *err)
{
	uint32_t method = 0;
	struct session_token token;
	struct session_claim claim;
	struct identity_store *store = x->service->store;
	if (!field(x, "code").ptr)
		return started(x, identity_confirm_password_begin(
				      store, &x->claim, field(x, "password"), &x->caller, err, &x->sign_in));
	TRY(factor_check(store, x->claim.user_row, field(x, "code"), &x->caller, err, &method,
	    &x->response.retry_after_s));
	TRY(session_rotate(store, &x->claim, method, true, x->caller.now_ms, err, &token, &claim));
	return answer_rotated(x, &token, &claim, err);
}

result resume_confirm(struct identity_exchange *x, struct error *err)
{
	struct sign_in_outcome out;
	TRY(identity_sign_in_finish(x->service->store, &x->sign_in, &x->caller, err, &out));
	return answer_rotated(x, &out.token, &out.claim, err);
}

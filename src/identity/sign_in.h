/*
 * The way in with e-mail and password, as a state machine around a job that takes CPU time:
 *
 *	begin (store's thread) -> password_job_run (any thread) -> finish (store's thread)
 *
 * begin refuses at once with ERR_LIMIT and retry_after_s when a delay of throttle.h is running, before any
 *hashing. An account that does not exist takes the same path with a dummy hash and gets the same answer after
 *the same time. Every object that began must be finished or dropped with sign_in_done().
 */
#ifndef WARD_IDENTITY_SIGN_IN_H
#define WARD_IDENTITY_SIGN_IN_H

#include "identity/session.h"
#include "identity/throttle.h"

enum sign_in_state {
	SIGN_IN_IDLE,
	SIGN_IN_HASHING, /* the job waits or runs */
	SIGN_IN_REFUSED,
	SIGN_IN_SECOND_FACTOR,	/* the password was right; the challenge goes on */
	SIGN_IN_WAITS_FOR_MAIL, /* signed up; the account is made when the mail is answered (pending_hash,
				   user_row) */
	SIGN_IN_DONE,
	SIGN_IN_STATE_COUNT,
};

enum sign_in_intent { INTENT_SIGN_UP, INTENT_SIGN_IN, INTENT_CHANGE_PASSWORD, INTENT_CONFIRM };

struct sign_in {
	enum sign_in_state state;
	enum sign_in_intent intent;
	enum user_realm realm;
	struct password_job job;
	uint32_t retry_after_s; /* set with ERR_LIMIT */
	char email[EMAIL_BYTES_MAX + 1];
	int64_t user_row;			  /* 0: there is no such account */
	bool usable;				  /* active, and with a password */
	bool known_place;			  /* from where the owner has signed in before: served before strangers */
	uint8_t keep_session[SESSION_HASH_BYTES]; /* INTENT_CHANGE_PASSWORD, INTENT_CONFIRM */
	char pending_hash[PASSWORD_HASH_MAX];	  /* SIGN_IN_WAITS_FOR_MAIL */
	char address[ADDRESS_KEY_MAX];
	char block[ADDRESS_KEY_MAX];
	char pair[EMAIL_BYTES_MAX + ADDRESS_KEY_MAX + 16]; /* realm, account and address */
};

const char *sign_in_state_name(enum sign_in_state state);

/* What finish gives, by the state it leaves. */
struct sign_in_outcome {
	struct session_token token; /* SIGN_IN_DONE */
	struct session_claim claim; /* SIGN_IN_DONE */
	struct session_token
	    challenge; /* SIGN_IN_SECOND_FACTOR: goes back with the code (factor.h), good for 5 minutes */
};

/* ERR_INVALID (address or password policy), ERR_LIMIT. */
result identity_sign_up_begin(struct identity_store *store, enum user_realm realm, struct slice email,
    struct slice password, const struct identity_caller *caller, struct error *err, struct sign_in *s);
result identity_sign_in_begin(struct identity_store *store, enum user_realm realm, struct slice email,
    struct slice password, const struct identity_caller *caller, struct error *err, struct sign_in *s);
/* The account's own new password, with the present one as proof. Ends all other sessions, rotates this one.
 */
result identity_change_password_begin(struct identity_store *store, const struct session_claim *claim,
    struct slice present, struct slice wanted, const struct identity_caller *caller, struct error *err,
    struct sign_in *s);
/* The account's own password once more, for what needs a fresh proof. Rotates the session. */
result identity_confirm_password_begin(struct identity_store *store, const struct session_claim *claim,
    struct slice password, const struct identity_caller *caller, struct error *err, struct sign_in *s);

/*
 * ERR_DENIED: wrong, the same words for every reason. ERR_CONFLICT: the address has an account (only when
 * mails are not verified). Wipes the job.
 */
result identity_sign_in_finish(struct identity_store *store, struct sign_in *s,
    const struct identity_caller *caller, struct error *err, struct sign_in_outcome *ret);
void sign_in_done(struct sign_in *s);

/* Thin names for the two questions a gateway asks most. */
result identity_session_lookup(struct identity_store *store, struct slice token, int64_t now_ms,
    struct error *err, struct session_claim *ret_claim);
result identity_sign_out(struct identity_store *store, struct slice token,
    const struct identity_caller *caller, struct error *err);

#endif

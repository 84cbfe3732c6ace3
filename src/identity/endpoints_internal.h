/* Between the files of the endpoints. */
#ifndef WARD_IDENTITY_ENDPOINTS_INTERNAL_H
#define WARD_IDENTITY_ENDPOINTS_INTERNAL_H

#include "identity/endpoints.h"
#include "identity/mail.h"
#include "identity/internal.h"

struct identity_service {
	struct identity_store *store;
	struct arena arena; /* of the texts below */
	struct slice origin, host, rp_id, wallet_statement;
	bool sign_up_closed;
	bool local; /* the origin is this machine: nobody else can type a password here */
	bool mail, outbox;
	enum proof_mode proof;
	unsigned proof_bits;
	struct oidc_provider *providers[PROVIDERS_MAX];
	struct slice issuers[PROVIDERS_MAX];
	size_t provider_count;
	struct proof_spent spent;
};

enum endpoint_needs {
	NEEDS_NOTHING = 0,
	NEEDS_SESSION = 1, /* a session of a person, no API key */
	NEEDS_FRESH = 2,   /* and proved within FRESH_MS */
	NEEDS_PROOF = 4,   /* of work, when it is switched on */
	NEEDS_MAIL = 8,	   /* there is no such address without mails */
	HIDES_REASON = 16, /* what did not hold is for the log only */
	APP_ONLY = 32, /* operators are made by `ward user` and have no ways in but password and passkey */
	OPERATOR_ONLY = 64,
	NEEDS_OUTBOX = 256, /* there only where mails are shown */
	BEFORE_SECOND = 128, /* an operator may ask it before the second factor */
};

/*
 * A row: fields is the members of the body, each a text, "!" behind those that must be there. run answers by
 * filling x->out, or says IDENTITY_WORK or IDENTITY_FETCH and is gone on with by resume.
 */
struct identity_endpoint {
	bool post;
	const char *path;
	unsigned needs;
	const char *fields;
	result (*run)(struct identity_exchange *x, struct error *err);
	result (*resume)(struct identity_exchange *x, struct error *err);
};

/* A member of the body; ptr NULL when it is not there. */
struct slice field(const struct identity_exchange *x, const char *name);
/* A member in base64url as bytes in the exchange's arena. ERR_INVALID when it is none. */
result field_bytes(struct identity_exchange *x, const char *name, struct error *err, struct slice *ret);

/* Whether the caller may make an account here. */
bool sign_up_open(const struct identity_exchange *x);
/* Where the pages of the caller's realm are: "/_ward/account/". */
const char *pages_of(const struct identity_exchange *x);
/* Whether the session's account has what can be its second factor. */
result has_second_factor(struct identity_exchange *x, struct error *err, bool *ret);

/* Sets the session that the answer carries; the one the caller came with, if any, ends. */
result answer_session(struct identity_exchange *x, const struct session_token *token,
    const struct session_claim *claim, struct error *err);
/* Either that, or "next": "second-factor" and the challenge. */
result answer_entry(struct identity_exchange *x, const struct entry *entry, struct error *err);
void answer_user(struct identity_exchange *x, const struct session_claim *claim);
void answer_text(struct identity_exchange *x, const char *name, const char *value);
void answer_time(json_t *object, const char *name, int64_t ms);
/* 202 and nothing else: the same whether or not there is such an account. */
void answer_accepted(struct identity_exchange *x);

/* A mail to the caller's account about a change that protects it; nothing when there are no mails. */
result notify(struct identity_exchange *x, const char *what, struct error *err);
/* A mail with a link to a page of ours that carries the token. */
result mail_link(struct identity_exchange *x, enum mail_kind kind, const char *to, const char *page,
    const struct session_token *token, struct error *err);
/* Counts mails to an address; ERR_LIMIT never shows: a mail too many is silently not sent. */
bool mail_allowed(struct identity_exchange *x, const char *email);

/* endpoints_password.c */
result run_sign_up(struct identity_exchange *x, struct error *err);
result run_sign_in(struct identity_exchange *x, struct error *err);
result resume_sign_in(struct identity_exchange *x, struct error *err);
result run_change_password(struct identity_exchange *x, struct error *err);
result resume_change_password(struct identity_exchange *x, struct error *err);
result run_confirm(struct identity_exchange *x, struct error *err);
result resume_confirm(struct identity_exchange *x, struct error *err);

/* endpoints_mail.c */
result run_mail_link(struct identity_exchange *x, struct error *err);
result run_mail_sign_in(struct identity_exchange *x, struct error *err);
result run_mail_verify(struct identity_exchange *x, struct error *err);
result resume_mail_verify(struct identity_exchange *x, struct error *err);
result run_forgot(struct identity_exchange *x, struct error *err);
result run_reset(struct identity_exchange *x, struct error *err);
result resume_reset(struct identity_exchange *x, struct error *err);

/* endpoints_factor.c */
result run_second_factor(struct identity_exchange *x, struct error *err);
result run_totp_begin(struct identity_exchange *x, struct error *err);
result run_totp_finish(struct identity_exchange *x, struct error *err);
result run_totp_remove(struct identity_exchange *x, struct error *err);
result run_recovery_renew(struct identity_exchange *x, struct error *err);
result run_passkey_register_begin(struct identity_exchange *x, struct error *err);
result run_passkey_register_finish(struct identity_exchange *x, struct error *err);
result run_passkey_sign_in_begin(struct identity_exchange *x, struct error *err);
result run_passkey_sign_in_finish(struct identity_exchange *x, struct error *err);
result run_passkey_remove(struct identity_exchange *x, struct error *err);

/* endpoints_elsewhere.c */
result run_wallet_begin(struct identity_exchange *x, struct error *err);
result run_wallet_finish(struct identity_exchange *x, struct error *err);
result run_oidc_start(struct identity_exchange *x, struct error *err);
result resume_oidc_start(struct identity_exchange *x, struct error *err);
result run_oidc_finish(struct identity_exchange *x, struct error *err);
result resume_oidc_finish(struct identity_exchange *x, struct error *err);
result run_link_remove(struct identity_exchange *x, struct error *err);

/* endpoints_account.c */
result run_methods(struct identity_exchange *x, struct error *err);
result run_me(struct identity_exchange *x, struct error *err);
result run_account(struct identity_exchange *x, struct error *err);
result run_sign_out(struct identity_exchange *x, struct error *err);
result run_sessions_revoke(struct identity_exchange *x, struct error *err);
result run_sessions_revoke_others(struct identity_exchange *x, struct error *err);
result run_tenant(struct identity_exchange *x, struct error *err);
result run_key_create(struct identity_exchange *x, struct error *err);
result run_key_revoke(struct identity_exchange *x, struct error *err);
result run_outbox(struct identity_exchange *x, struct error *err);
result run_audit(struct identity_exchange *x, struct error *err);
result run_overview(struct identity_exchange *x, struct error *err);
result run_delete(struct identity_exchange *x, struct error *err);

#endif

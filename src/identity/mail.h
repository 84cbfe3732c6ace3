/*
 * Mails to users: written here, sent by whoever has the network (egress, by SMTP), or shown by `ward dev`.
 * The outbox is a table, so that a mail that was promised survives a restart. Texts are plain; the one thing
 * in them that a stranger chooses is the address.
 */
#ifndef WARD_IDENTITY_MAIL_H
#define WARD_IDENTITY_MAIL_H

#include "base/buf.h"
#include "identity/challenge.h"

#define MAIL_TRIES_MAX 8u
#define MAIL_WAITING_MAX 10000

enum mail_kind {
	MAIL_VERIFY,	  /* a new account's address */
	MAIL_LINK,	  /* sign in by a link */
	MAIL_RESET,	  /* choose a new password */
	MAIL_HAS_ACCOUNT, /* somebody signed up with the address of an account */
	MAIL_CHANGED,	  /* something that protects the account was changed; detail says what */
	MAIL_KIND_COUNT,
};

struct mail {
	int64_t id;
	char to[EMAIL_BYTES_MAX + 1];
	char subject[128];
	char body[4096]; /* UTF-8, lines end with \n */
};

/* Puts one into the outbox. ERR_LIMIT when MAIL_WAITING_MAX wait there. link: whole URL, or empty; detail:
 * words of ours, or NULL. */
result mail_put(struct identity_store *store, enum mail_kind kind, const char *to, struct slice link,
    const char *detail, int64_t now_ms, struct error *err);

/* The same with a text of the caller's; what is too long is cut, control characters but line ends go. */
result mail_put_text(struct identity_store *store, struct slice to, struct slice subject, struct slice body,
    int64_t now_ms, struct error *err);

/* The next that is due; ERR_NOT_FOUND when none is. It stays until one of the three is said. */
result mail_next(struct identity_store *store, int64_t now_ms, struct error *err, struct mail *ret);
/* The same, and it is not given out again for MAIL_TAKEN_MS, so that several may be under way. */
#define MAIL_TAKEN_MS (10ll * 60 * 1000)
result mail_take(struct identity_store *store, int64_t now_ms, struct error *err, struct mail *ret);
result mail_sent(struct identity_store *store, int64_t id, int64_t now_ms, struct error *err);
/* It was shown instead, and keeps its text. */
result mail_shown(struct identity_store *store, int64_t id, int64_t now_ms, struct error *err);
/* Tried again after 1, 2, 4 ... minutes; given up after MAIL_TRIES_MAX tries or a day. */
result mail_failed(struct identity_store *store, int64_t id, int64_t now_ms, struct error *err);
/* Its recipient is not one: never tried again. */
result mail_refused(struct identity_store *store, int64_t id, struct error *err);
/* {"mails":[{"to","subject","body","time_ms"}]}, newest first: with the secrets in them. */
result mail_outbox_json(struct identity_store *store, size_t limit, struct buf *out, struct error *err);
/* Removes what was sent or given up more than a day ago. */
result mail_sweep(struct identity_store *store, int64_t now_ms, struct error *err);

/* RFC 5322 text of the mail, ready for SMTP's DATA: CRLF, no dot-stuffing. from is "Name <address>" or an
 * address. */
result mail_message(
    const struct mail *mail, struct slice from, int64_t now_ms, struct buf *out, struct error *err);

#endif

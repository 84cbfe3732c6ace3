/*
 * Things that are true once and for a short time: the second step of a sign-in, a passkey challenge, a wallet
 * nonce, an OIDC state, a link in a mail. A challenge is a random token whose hash is stored with what it
 * stands for; taking it removes it, so that nothing can be replayed.
 */
#ifndef WARD_IDENTITY_CHALLENGE_H
#define WARD_IDENTITY_CHALLENGE_H

#include "identity/session.h"

enum challenge_kind {
	CHALLENGE_SECOND_FACTOR,
	CHALLENGE_PASSKEY_REGISTER,
	CHALLENGE_PASSKEY_SIGN_IN,
	CHALLENGE_WALLET,
	CHALLENGE_OIDC,
	CHALLENGE_MAIL_VERIFY,
	CHALLENGE_MAIL_LINK,
	CHALLENGE_MAIL_RESET,
	CHALLENGE_TOTP_ENROL,
	CHALLENGE_KIND_COUNT,
};

#define CHALLENGE_DATA_MAX 2048u

struct challenge {
	enum challenge_kind kind;
	int64_t user_row; /* 0: of nobody yet */
	int64_t expires_ms;
	uint32_t tries; /* wrong answers so far, where wrong answers are allowed */
	char data[CHALLENGE_DATA_MAX];
	size_t data_len;
};

/* Stores what the token stands for; kinds have their own lifetime (challenge.c). */
result challenge_make(struct identity_store *store, enum challenge_kind kind, int64_t user_row,
    struct slice data, int64_t now_ms, struct error *err, struct session_token *ret_token);
/* Removes and returns it. ERR_DENIED when unknown, of another kind, or too old. */
result challenge_take(struct identity_store *store, enum challenge_kind kind, struct slice token,
    int64_t now_ms, struct error *err, struct challenge *ret);
/*
 * Looks without removing, and counts a try: the token is gone after tries_max. For codes that people mistype.
 * The caller takes it after a right answer.
 */
result challenge_try(struct identity_store *store, enum challenge_kind kind, struct slice token,
    uint32_t tries_max, int64_t now_ms, struct error *err, struct challenge *ret);

#endif

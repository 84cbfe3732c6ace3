/*
 * Choosing a new password without the old one: a token that goes to the account's owner by mail or by an
 * operator's hand. It is bound to the password it replaces, so one that was used, or is older than another
 * change, is void.
 */
#ifndef WARD_IDENTITY_RESET_H
#define WARD_IDENTITY_RESET_H

#include "identity/challenge.h"

result reset_begin(struct identity_store *store, int64_t user_row, int64_t now_ms, struct error *err,
    struct session_token *ret_token);
/* Who the token is for; counts a try, uses nothing up. */
result reset_look(struct identity_store *store, struct slice token, int64_t now_ms, struct error *err,
    struct challenge *ret);
/* Uses the token up. */
result reset_take(struct identity_store *store, struct slice token, int64_t now_ms, struct error *err,
    struct challenge *ret);
/* Sets the hash, if the account is active and its password still the one of the token; ends every session. */
result reset_finish(struct identity_store *store, const struct challenge *taken, const char *hash,
    int64_t now_ms, struct error *err, struct user *ret_user);

#endif

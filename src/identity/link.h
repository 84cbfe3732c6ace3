/*
 * What ties an account to an identity elsewhere: the subject of an OIDC issuer, a wallet's address. An
 * identity belongs to one account at most.
 */
#ifndef WARD_IDENTITY_LINK_H
#define WARD_IDENTITY_LINK_H

#include "identity/session.h"

#define LINK_WALLET "wallet"
#define LINK_PROVIDER_MAX 255u
#define LINK_SUBJECT_MAX 255u

/* ERR_NOT_FOUND when nobody has it. */
result link_find(struct identity_store *store, struct slice provider, struct slice subject, struct error *err,
    int64_t *ret_user_row);
/* ERR_CONFLICT when it is another account's. Fine when it is this one's already. */
result link_add(struct identity_store *store, int64_t user_row, struct slice provider, struct slice subject,
    int64_t now_ms, struct error *err);
/* ERR_NOT_FOUND when it is not the user's. */
result link_remove(struct identity_store *store, int64_t user_row, struct slice provider,
    struct slice subject, struct error *err);

struct link_row {
	char provider[LINK_PROVIDER_MAX + 1];
	char subject[LINK_SUBJECT_MAX + 1];
	int64_t created_ms;
};
result link_list(struct identity_store *store, int64_t user_row, struct link_row *rows, size_t room,
    struct error *err, size_t *ret_count);

#endif

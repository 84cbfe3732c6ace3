/* What the commands about accounts share: the store of a state directory, opened beside a ward that may be
 * running. */
#ifndef WARD_CLI_ACCOUNTS_H
#define WARD_CLI_ACCOUNTS_H

#include "identity/user.h"

/* Opens STATE/identity.db; what is changed through it is in the audit log as by `by`. To be closed by
 * identity_close(). */
result accounts_open(const char *state, enum user_realm realm, const char *by, int64_t now_ms,
    struct error *err, struct identity_store **ret);

/* By id or by address. */
result accounts_find(struct identity_store *store, enum user_realm realm, struct slice who, struct error *err,
    struct user *ret);

/* "2026-11-24 16:30", UTC. */
void accounts_time(int64_t ms, char text[24]);

#endif

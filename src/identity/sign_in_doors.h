/* Where a try at a password counts: for the pair of account and address, and for each of the two. */
#ifndef WARD_IDENTITY_SIGN_IN_DOORS_H
#define WARD_IDENTITY_SIGN_IN_DOORS_H

#include "identity/sign_in.h"

/* Whether the account's owner has used this block of addresses within 60 days. */
result sign_in_place_known(struct identity_store *store, int64_t user_row, const char *block, int64_t now_ms,
    struct error *err, bool *ret_known);
/* How long the try must wait; 0: it is counted and goes on. */
int64_t sign_in_pass_doors(struct identity_store *store, const struct sign_in *s, int64_t now_ms);
/* The password was right. */
void sign_in_forgive(struct identity_store *store, const struct sign_in *s);

#endif

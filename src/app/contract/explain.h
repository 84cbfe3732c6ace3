/*
 * What a person asks of a contract: `ward explain FUNCTION` (what may it do), `ward who TABLE.COLUMN` (who
 * may touch this). Pure text from a resolved contract.
 */
#ifndef WARD_APP_EXPLAIN_H
#define WARD_APP_EXPLAIN_H

#include "app/app.h"

result explain_function(
    const struct app_contract *contract, const struct app_function *f, struct buf *out, struct error *err);

/*
 * target: "users" or "users.email". Writes a line for every function and query that touches it, and returns
 * how many. nearest: a table or column of a like name when no query names this one; ptr NULL otherwise.
 */
size_t explain_who(
    const struct app_contract *contract, struct slice target, struct buf *out, struct slice *ret_nearest);

#endif

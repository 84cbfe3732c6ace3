/* ":name" of a query as "$1" for PostgreSQL, and back from a place in the translated text. */
#ifndef WARD_DATA_PG_TEXT_H
#define WARD_DATA_PG_TEXT_H

#include "data/query.h"

/* Parameters are numbered as they stand in params; one that is not there is left as it is. */
void pg_text_translate(struct slice sql, const struct sql_param *params, size_t count, struct buf *out);

/* The token of sql at the 1-based character position of its translation, as the server gives it; empty: past
 * its end. */
struct slice pg_text_token_at(
    struct slice sql, const struct sql_param *params, size_t count, size_t position);

#endif

/* Values into PostgreSQL's parameters and out of its cells, as text (bytes: binary). */
#ifndef WARD_DATA_PG_VALUE_H
#define WARD_DATA_PG_VALUE_H

#include "data/internal.h"
#include "data/postgres/pg.h"
#include "data/derive/query_file.h"

struct pg_params {
	const char *values[QUERY_PARAMS_MAX];
	int lengths[QUERY_PARAMS_MAX];
	int formats[QUERY_PARAMS_MAX];
	size_t offsets[QUERY_PARAMS_MAX]; /* in text; SIZE_MAX: not there */
	struct buf text;
};

/* From session->bound. The texts live in params->text until the next call. */
result pg_bind(
    struct sql_session *session, const struct session_query *q, struct pg_params *params, struct error *err);

/* Row `row` of the result as one object. */
result pg_row_write(struct sql_session *session, const struct session_query *q, const PGresult *rows, int row,
    struct error *err);

#endif

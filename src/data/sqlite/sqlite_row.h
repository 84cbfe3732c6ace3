/* Values into SQLite's parameters and out of its rows, without a copy and without memory of their own. */
#ifndef WARD_DATA_SQLITE_ROW_H
#define WARD_DATA_SQLITE_ROW_H

#include <sqlite3.h>

#include "data/internal.h"

/* Binds session->bound; the values must live until the statement is reset. */
result sqlite_bind(
    struct sql_session *session, const struct session_query *q, sqlite3_stmt *statement, struct error *err);

/* The statement's current row as one object. */
result sqlite_row_write(
    struct sql_session *session, const struct session_query *q, sqlite3_stmt *statement, struct error *err);

#endif

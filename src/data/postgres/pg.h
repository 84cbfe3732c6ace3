/*
 * PostgreSQL from ward's side: connections with every setting pinned, statements with deadlines, errors by
 * SQLSTATE. Needs a server of 14 or later (bodies that are parsed when they are defined).
 */
#ifndef WARD_DATA_PG_H
#define WARD_DATA_PG_H

#include <libpq-fe.h>

#include "base/buf.h"
#include "base/result.h"

#define PG_NAME_MAX 64u

bool pg_is_url(const char *where);

/* As whom a connection is made; user NULL: as the URL says. */
struct pg_login {
	const char *user;
	const char *password;
	uint32_t lock_ms; /* 0: the server's default */
	uint32_t run_ms;  /* one statement; 0: the server's default */
};

#define PG_OPTIONS_MAX 640u
#define PG_WORDS_MAX 60u
/* What libpq is told, borrowed; ends with NULL. */
struct pg_words {
	const char *keys[PG_WORDS_MAX + 1];
	const char *values[PG_WORDS_MAX + 1];
	size_t count;
};
/* A value of NULL adds nothing. */
void pg_words_add(struct pg_words *words, const char *key, const char *value);
void pg_pin_settings(const struct pg_login *login, char out[PG_OPTIONS_MAX]);

result pg_connect(const char *url, const struct pg_login *login, struct error *err, PGconn **ret);

/* One or more statements for their effect. */
result pg_run(PGconn *c, const char *sql, struct error *err);
result pg_runf(PGconn *c, struct error *err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* A statement with text parameters ("$1"), and its rows; the caller clears *ret. */
result pg_query(
    PGconn *c, const char *sql, int count, const char *const *values, struct error *err, PGresult **ret);

/* Of a failed result, or of a connection that is gone: what a guest may know, by SQLSTATE. */
struct pg_failure {
	enum err_code kind;
	const char *guest;
};
struct pg_failure pg_failure_of(const char *sqlstate);
result pg_failed(PGconn *c, const PGresult *failed, struct error *err, const char *what);

/* A cell, borrowed from the result; NULL: ptr NULL. */
struct slice pg_cell(const PGresult *rows, int row, int column);
/* Of numbers; 0 for NULL. */
uint32_t pg_cell_oid(const PGresult *rows, int row, int column);

/* "name" as an identifier, quoted, appended. */
void pg_add_name(struct buf *out, struct slice name);

static inline void pg_result_cleanup(PGresult **rows)
{
	PQclear(*rows);
}
#define CLEANUP_PG __attribute__((cleanup(pg_result_cleanup)))

#endif

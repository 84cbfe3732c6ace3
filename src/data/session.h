/*
 * Running named queries under the authority of one function.
 *
 * A database has one file or server; a session is one connection that can do exactly what the grants of the
 * queries it was opened with say, enforced by the database (SQLite: an authorizer, PostgreSQL: a role),
 * whatever statement would reach it. Used by the broker, one thread per database. Arguments are hostile until
 * checked here against the query's parameter type.
 */
#ifndef WARD_DATA_SESSION_H
#define WARD_DATA_SESSION_H

#include "base/buf.h"
#include "contract/type.h"
#include "data/query.h"

struct sql_db;
struct sql_session;

struct sql_limits {
	uint32_t busy_ms;	 /* waiting for a lock that another process holds */
	uint32_t run_ms;	 /* one statement */
	uint32_t transaction_ms; /* the longest that one may be open; 0: no bound but the deadline given */
	uint32_t rows_max;
	size_t result_bytes_max;
};
#define SQL_LIMITS_DEFAULT                                                                                   \
	((struct sql_limits){.busy_ms = 250,                                                                 \
	    .run_ms = 5000,                                                                                  \
	    .transaction_ms = 10000,                                                                         \
	    .rows_max = 10000,                                                                               \
	    .result_bytes_max = 8u << 20})

/* What the host binds. ptr NULL: SQL NULL. */
struct sql_host_values {
	struct slice auth_user, auth_role, auth_tenant;
	int64_t now_ms;
};

/*
 * Opens where the app's data are: a SQLite file by path (made when absent: WAL, foreign keys, defensive), or
 * "postgres://..." by URL.
 */
result sql_db_open(const char *where, struct error *err, struct sql_db **ret);
/* After its sessions. NULL is fine. */
void sql_db_close(struct sql_db *db);

/* Rolls back every transaction that is past its deadline. Cheap when there is none; for a timer. */
void sql_db_expire(struct sql_db *db);

/*
 * queries and types are borrowed for the life of the session; types holds "query:NAME:params" and
 * "query:NAME:row" of each query. Statements are prepared at first use and kept.
 */
result sql_session_open(struct sql_db *db, const struct sql_query *const *queries, size_t count,
    const struct type_set *types, const struct sql_limits *limits, struct error *err,
    struct sql_session **ret);
/* Rolls back what is open. NULL is fine. */
void sql_session_free(struct sql_session *session);

/*
 * Runs query `index` and appends its result, one value. The error text is for the guest and never holds the
 * database's words; those are sql_session_log_text(). ERR_INVALID argument, ERR_CONFLICT constraint,
 * ERR_DENIED grant, ERR_TIMEOUT, ERR_LIMIT.
 */
result sql_session_run(struct sql_session *session, size_t index, struct slice argument,
    const struct sql_host_values *host, struct buf *out, struct error *err);
/* Of the last failure, for the log; "" when the database said nothing. */
const char *sql_session_log_text(const struct sql_session *session);

/*
 * Whether query `index` (SIZE_MAX: sql_session_begin()) would have to wait for another session of the same
 * database that has a transaction open. Running it all the same fails at once with ERR_TIMEOUT, because the
 * thread that would wait is the one that has to end that transaction: keep the call and try again when one
 * has ended. A transaction past its deadline is rolled back here and in whoever it is in the way of.
 */
bool sql_session_would_wait(struct sql_session *session, size_t index);

/* deadline_ms: CLOCK_MONOTONIC, 0: limits.transaction_ms from now; past it every call but rollback fails. */
result sql_session_begin(struct sql_session *session, uint64_t deadline_ms, struct error *err);
result sql_session_commit(struct sql_session *session, struct error *err);
result sql_session_rollback(struct sql_session *session, struct error *err);

#endif

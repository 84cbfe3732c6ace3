/*
 * Sessions from inside: what session.c keeps for every kind of database, and what a kind gives to it. Behind
 * it are session_sqlite.c and session_postgres.c; nothing outside data/ knows which one is there.
 */
#ifndef WARD_DATA_INTERNAL_H
#define WARD_DATA_INTERNAL_H

#include "data/remote.h"
#include "data/session.h"

#define SESSION_LOG_TEXT_MAX 512u

struct session_backend {
	void (*db_close)(struct sql_db *db);
	/* Allocates with the common part first, zeroed. */
	result (*session_new)(struct sql_db *db, struct error *err, struct sql_session **ret);
	/* The common part is filled by then. */
	result (*open)(struct sql_session *session, struct error *err);
	void (*free)(struct sql_session *session);
	/* Binds session->bound and writes the result with session->writer. */
	result (*run)(struct sql_session *session, size_t index, struct error *err);
	result (*step)(struct sql_session *session, enum sql_step step, struct error *err);
	/* Rolls back what is open, without waiting for anyone. */
	void (*abandon)(struct sql_session *session);
	/* Whether the query (SIZE_MAX: a transaction) takes a lock that one open transaction of another
	 * session may hold. */
	bool (*takes_lock)(const struct sql_session *session, size_t index);
	/* Of a database that is elsewhere; NULL otherwise. run() and step() without waiting: session_finish()
	 * ends them. */
	void (*begin_run)(struct sql_session *session, size_t index);
	void (*begin_step)(struct sql_session *session, enum sql_step step);
	void (*socket)(struct sql_db *db, int fd, const char *why);
	void (*tick)(struct sql_db *db);
};

struct sql_db {
	const struct session_backend *backend;
	struct sql_session *transactions; /* sessions with one open */
};

/* What is bound to one parameter. tag: VALUE_STR and the like, VALUE_NULL when it is absent. */
struct session_bound {
	struct value_item item;
	struct slice raw; /* the whole value, for JSON */
};

/* One query as this session's type set knows it. */
struct session_query {
	const struct sql_query *query;
	bool writes;
	const struct type *params;	 /* NULL: the guest passes nothing */
	const struct type **json_params; /* per parameter: the type of a SQL_JSON one, else NULL */
	int *param_names;		 /* per parameter: the name id of its member, or -1 for the host's */
	uint16_t *column_names;		 /* per column */
	const struct type **json_columns;
};

struct sql_session {
	const struct session_backend *backend;
	struct sql_db *db;
	struct sql_limits limits;
	const struct type_set *types;
	struct session_query *queries;
	size_t query_count;
	struct arena arena; /* for the above */
	const struct sql_host_values *host;
	struct session_bound bound[100]; /* QUERY_PARAMS_MAX */
	struct value_writer writer;
	struct problems problems;
	uint16_t changes_name, last_id_name;
	struct sql_session *next_transaction;
	uint64_t deadline_ms; /* of the open transaction; 0: none */
	bool holds_lock;      /* it may write */
	bool in_transaction;
	bool broken; /* the database rolled it back by itself */
	bool lost;   /* because the connection to it was lost */
	/* What is under way, for whoever began it. */
	bool busy;
	sql_done_fn *done;
	void *done_context;
	char log_text[SESSION_LOG_TEXT_MAX];
};

/* The database's words for the log, and an error without them for the guest. */
result session_fail(
    struct sql_session *session, struct error *err, enum err_code code, const char *guest, const char *log);

/* Whether what was written so far is within the limits; ERR_LIMIT. */
result session_check_size(struct sql_session *session, size_t rows, size_t start, struct error *err);

/* Writes JSON text from the database as a value. */
result session_write_json(
    struct sql_session *session, const struct type *type, struct slice json, struct error *err);

/* { changes, lastId } */
void session_write_exec(struct sql_session *session, int64_t changes, int64_t last_id);

/* A stored value does not fit the type that was derived; named in the log, not to the guest. */
result session_mismatch(
    struct sql_session *session, const struct sql_column *column, const char *found, struct error *err);

/* Everything that run() expects: what is bound, the writer. Refuses what may not run. */
result session_prepare(struct sql_session *session, size_t index, struct slice argument,
    const struct sql_host_values *host, struct buf *out, struct error *err);
/* Whether the transaction that is open may go on. */
result session_check_open(struct sql_session *session, struct error *err);
/* What a finished step means for the session. */
void session_stepped(struct sql_session *session, enum sql_step step, bool ok);
/* What begin_run() or begin_step() began has ended. */
void session_finish(struct sql_session *session, result r, const struct error *err);

/* Backends */
result sqlite_backend_open(const char *path, struct error *err, struct sql_db **ret);
result postgres_backend_open(const char *url, struct error *err, struct sql_db **ret);
result postgres_backend_remote(const struct sql_remote *remote, struct error *err, struct sql_db **ret);

#endif

/*
 * A database on a server, for a process that serves many callers and may not wait for one: statements are
 * begun here and finish by a call back from the process's loop. The process needs no network of its own; it
 * asks for a connected socket whenever one more connection is to be made, and is given one.
 *
 * Sessions, limits, transactions and error texts are those of session.h. What is begun on a session has
 * finished before the next is begun on it.
 */
#ifndef WARD_DATA_REMOTE_H
#define WARD_DATA_REMOTE_H

#include "data/session.h"
#include "os/loop.h"

#define SQL_SECRET_BYTES 32u

/* Where a PostgreSQL database is, read from its URL. No user and no password. */
struct sql_place {
	char host[256]; /* a name or address; a socket's path when it begins with '/' */
	char port[8];
	char database[64];
	char tls[16];	 /* libpq's sslmode, decided: never empty */
	char roots[256]; /* file of the certificates that are trusted; "": none is needed */
};

/*
 * ERR_INVALID: no URL of one host. A server on another machine is spoken to over TLS with its certificate
 * verified by name (sslmode=verify-full); ERR_DENIED when the URL says less, unless any_tls.
 */
result sql_place_read(const char *url, bool any_tls, struct error *err, struct sql_place *ret);

/* The queries of one function. */
struct sql_authority {
	const struct sql_query *const *queries;
	size_t count;
};

/*
 * As the owner of the database: makes the role of every function hold exactly what its queries' grants say.
 * *ret_secret is what the roles' passwords are worked out from.
 */
result sql_roles_prepare(const char *url, const struct sql_authority *functions, size_t count,
    struct error *err, unsigned char ret_secret[SQL_SECRET_BYTES]);

struct sql_remote {
	struct sql_place place; /* roots: a path that this process can read */
	unsigned char secret[SQL_SECRET_BYTES];
	uint32_t links_max; /* connections */
	struct loop *loop;
	/* One connected socket more is needed; sql_db_socket() gives it, or says that there is none. */
	void (*dial)(void *context);
	void *context;
};

/* Connects to nothing yet. */
result sql_db_open_remote(const struct sql_remote *remote, struct error *err, struct sql_db **ret);
/* A connected, non-blocking socket (taken), or -1 and why. */
void sql_db_socket(struct sql_db *db, int fd, const char *why);
/* Ends what is past its deadline: connections, statements, transactions. Every 50 ms while something is open.
 */
void sql_db_tick(struct sql_db *db);

/*
 * How what was begun has ended: as the result of the function of session.h. err lives as long as the call.
 * May come before the function that began it returns.
 */
typedef void sql_done_fn(void *context, result r, const struct error *err);

/* out is borrowed until the end. */
void sql_session_begin_run(struct sql_session *session, size_t index, struct slice argument,
    const struct sql_host_values *host, struct buf *out, sql_done_fn *done, void *context);

enum sql_step { SQL_BEGIN, SQL_COMMIT, SQL_ROLLBACK, SQL_STEP_COUNT };
/* Of a transaction; SQL_BEGIN gives it the deadline of limits.transaction_ms. */
void sql_session_begin_step(
    struct sql_session *session, enum sql_step step, sql_done_fn *done, void *context);

/* Whether something is under way. sql_session_free() is fine also then: the connection is closed, done not
 * called. */
bool sql_session_is_busy(const struct sql_session *session);

#endif

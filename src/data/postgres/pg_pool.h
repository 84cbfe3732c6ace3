/*
 * Connections of functions' roles, kept between statements: a login takes milliseconds. A connection belongs
 * to one role for its life, and to one session at a time.
 *
 * A pool either waits (url is set: connections are made on the spot), or does not: then connections are made
 * on sockets that are given to it, sessions that find none free wait in order, and while the server cannot be
 * reached they are told so at once, with a try every now and then.
 */
#ifndef WARD_DATA_PG_POOL_H
#define WARD_DATA_PG_POOL_H

#include "data/postgres/pg_role.h"
#include "data/remote.h"
#include "os/loop.h"

#define PG_PREPARED_MAX 512u
#define PG_STATEMENT_NAME_MAX 40u

enum pg_link_state {
	PG_LINK_DIALLING,   /* a socket is on its way */
	PG_LINK_CONNECTING, /* greeting, TLS, password */
	PG_LINK_IDLE,
	PG_LINK_HELD,
	PG_LINK_CLEANING, /* a transaction that was left open is being rolled back */
};

struct pg_pool;

struct pg_link {
	PGconn *c; /* in pipeline mode; NULL while dialling */
	struct pg_pool *pool;
	struct pg_link *next;
	enum pg_link_state state;
	struct watch watch;   /* fd -1: not watched */
	uint32_t watched;     /* EPOLLIN ... */
	uint64_t deadline_ms; /* of what it is doing; 0: none */
	struct pg_role role;
	char prepared[PG_PREPARED_MAX][PG_STATEMENT_NAME_MAX];
	size_t prepared_count;
	/* Of a held one: something came, or (late) its deadline passed. */
	void (*ready)(struct pg_link *link, bool late);
	void *holder;
};

/* Who waits for a connection. */
struct pg_claim {
	struct pg_claim *next;
	const struct pg_role *role;
	/* The link is held by the claim's owner; NULL: there is none, and why. */
	void (*given)(struct pg_claim *claim, struct pg_link *link, const char *why);
	uint64_t deadline_ms; /* it waits no longer */
	bool waits;
	bool late; /* it has waited so long */
};

struct pg_pool {
	const char *url; /* NULL: it does not wait */
	const struct sql_remote *remote;
	uint32_t lock_ms, run_ms; /* of new connections: as sql_limits */
	struct pg_link *links;
	size_t count;
	struct pg_claim *claims, **claims_end; /* in order of arrival */
	uint64_t retry_at_ms;		       /* the server was not reached: no try before */
	uint32_t backoff_ms;
	char down[200]; /* why */
};

void pg_pool_init(struct pg_pool *pool, const char *url, const struct sql_remote *remote);
void pg_pool_done(struct pg_pool *pool);

/* A pool that waits: an idle connection of the role, or a new one. */
result pg_pool_take(
    struct pg_pool *pool, const struct pg_role *role, struct error *err, struct pg_link **ret);
/* One that does not: given() is called, perhaps at once. */
void pg_pool_claim(struct pg_pool *pool, struct pg_claim *claim);
void pg_pool_unclaim(struct pg_pool *pool, struct pg_claim *claim);
/* Keeps it when it is whole and idle, rolls back what is open, closes it otherwise. NULL is fine. */
void pg_pool_give(struct pg_pool *pool, struct pg_link *link);

void pg_pool_socket(struct pg_pool *pool, int fd, const char *why);
void pg_pool_tick(struct pg_pool *pool, uint64_t now_ms);

/* After commands were sent: on their way, and the link watched for the answer. */
void pg_link_flush(struct pg_link *link);
/* Sends a statement without parameters and a sync. */
bool pg_link_send(struct pg_link *link, const char *sql);
/* Of a pool that waits: until something came or timeout_ms passed, then ready(). */
void pg_link_wait(struct pg_link *link, int timeout_ms);

bool pg_link_has(const struct pg_link *link, const char *statement);
/* At PG_PREPARED_MAX the link is not used again. */
void pg_link_add(struct pg_link *link, const char *statement);

#endif

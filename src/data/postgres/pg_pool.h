/*
 * Connections of functions' roles, kept between sessions: a transaction is one session, and a login takes
 * milliseconds. A connection belongs to one role for its life.
 */
#ifndef WARD_DATA_PG_POOL_H
#define WARD_DATA_PG_POOL_H

#include "data/postgres/pg_role.h"
#include "data/session.h"

#define PG_PREPARED_MAX 512u
#define PG_STATEMENT_NAME_MAX 40u

struct pg_link {
	PGconn *c;
	struct pg_role role;
	char prepared[PG_PREPARED_MAX][PG_STATEMENT_NAME_MAX];
	size_t prepared_count;
	struct pg_link *next;
};

struct pg_pool {
	const char *url;
	struct pg_link *idle;
	size_t idle_count;
};

/* An idle connection of the role, or a new one. */
result pg_pool_take(struct pg_pool *pool, const struct pg_role *role, const struct sql_limits *limits,
    struct error *err, struct pg_link **ret);
/* Keeps it when it is whole and idle, closes it otherwise. NULL is fine. */
void pg_pool_give(struct pg_pool *pool, struct pg_link *link);
void pg_pool_done(struct pg_pool *pool);

bool pg_link_has(const struct pg_link *link, const char *statement);
/* At PG_PREPARED_MAX all are forgotten, here and on the server. */
void pg_link_add(struct pg_link *link, const char *statement);

#endif

/* The life of one connection, for the pool: made, watched, closed. */
#ifndef WARD_DATA_PG_LINK_H
#define WARD_DATA_PG_LINK_H

#include "data/postgres/pg_pool.h"

/* In the pool's list from then on, and out of it when it is freed. */
result pg_link_new(struct pg_pool *pool, const struct pg_role *role, struct error *err, struct pg_link **ret);
void pg_link_free(struct pg_link *link);

/* For a pool that waits: connects on the spot. */
result pg_link_connect(struct pg_link *link, struct error *err);
/* For one that does not: begins to, on a connected socket (taken). False: it is of no use. */
bool pg_link_start(struct pg_link *link, int fd);

/* pg_pool.c: what a connection that is no session's has come to. */
void pg_pool_connected(struct pg_link *link);
void pg_pool_failed(struct pg_link *link, const char *why);
void pg_pool_cleaned(struct pg_link *link);

#endif

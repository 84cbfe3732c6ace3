/*
 * What a statement touches on PostgreSQL, as the server itself sees it: the statement is made the body of a
 * function (BEGIN ATOMIC), which the server parses and keeps as a tree; every relation in that tree carries
 * the rights that the executor will ask for, by column. Views, triggers, functions and foreign keys are
 * followed from there.
 *
 * The tree is text of the form that nodeToString() writes (src/backend/nodes/outfuncs.c). Of it only these
 * fields are read: relid, requiredPerms, selectedCols, insertedCols, updatedCols, funcid, opfuncid. They
 * stand in range table entries up to version 15 and in RTEPERMISSIONINFO from 16 on, in the same order.
 */
#ifndef WARD_DATA_PG_REACH_H
#define WARD_DATA_PG_REACH_H

#include "data/postgres/pg_catalog.h"
#include "data/derive/reach.h"

struct pg_reach {
	PGconn *c;
	const struct pg_catalog *catalog;
	struct reach reach; /* what was found */
	unsigned depth;
	char opaque[300];  /* the first thing whose reach cannot be seen, in words; "" when there is none */
	char refused[200]; /* what no query may call */
};

result pg_reach_init(struct pg_reach *r, PGconn *c, const struct pg_catalog *catalog, struct arena *scratch,
    struct error *err);

/* The statement ("$1" for parameters) with the types of its parameters, as text: "integer, text". */
result pg_reach_statement(struct pg_reach *r, struct slice sql, const char *types, struct error *err);

/* Whether a view stands on a table with a row key; its queries must then be bound by a note of its own. */
result pg_reach_own_views(PGconn *c, struct pg_catalog *catalog, struct arena *scratch, struct error *err);

#endif

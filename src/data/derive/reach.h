/*
 * What one statement touches, recorded from SQLite's authorizer while it prepares the statement: tables,
 * columns and operations, through views, triggers, common table expressions, RETURNING and foreign-key
 * actions. Used when an app is built. What enforces at run time is authority.c, which shares nothing with
 * this.
 */
#ifndef WARD_DATA_REACH_H
#define WARD_DATA_REACH_H

#include "data/derive/catalog.h"

#define REACH_GRANTS_MAX 4000u

struct reach {
	const struct catalog *catalog;
	struct arena *arena;	  /* scratch: the names and the array */
	struct sql_grant *grants; /* REACH_GRANTS_MAX */
	size_t count;
	bool full;	     /* more than fit, or no memory */
	const char *refused; /* what a query may not do, in words; NULL: nothing */
	char refused_name[128];
};

result reach_init(struct reach *reach, const struct catalog *catalog, struct arena *arena, struct error *err);
/* From now on statements prepared on db are recorded; anything but reading and changing rows is refused. */
void reach_start(struct reach *reach, sqlite3 *db);
void reach_stop(sqlite3 *db);
/* Adds what the authorizer does not show (deletes of REPLACE), once each. */
void reach_add(struct reach *reach, struct slice table, struct slice column, enum sql_operation operation,
    struct slice via);
/* Who reads a generated column learns of the columns it is computed from; the database does not ask about
 * those. */
void reach_add_sources(
    struct reach *reach, const struct catalog_table *table, const struct catalog_column *column);
/*
 * SQLite also gives the name of a WITH as what an access goes through. That is the statement itself, so the
 * right becomes a direct one: `is_own` says whether a name is one of the statement's own.
 */
void reach_make_direct(
    struct reach *reach, bool (*is_own)(const void *context, struct slice via), const void *context);
void reach_sort(struct reach *reach);
/* A copy that outlives the scratch arena. */
result reach_copy(const struct reach *reach, struct arena *arena, struct error *err, struct sql_grant **ret,
    size_t *ret_count);

#endif

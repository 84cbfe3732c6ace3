/*
 * The authorizer that is on every connection of a function: what its queries were granted is allowed,
 * everything else is denied, whatever statement asks. It decides on the grants in the contract alone and
 * shares no code with the derivation that wrote them there.
 */
#ifndef WARD_DATA_AUTHORITY_H
#define WARD_DATA_AUTHORITY_H

#include <sqlite3.h>

#include "data/query.h"

struct authority {
	struct sql_grant *grants; /* owned, sorted, of all queries; the names are borrowed from them */
	size_t count;
	bool writes;
	/* Tables behind the virtual tables that are granted (full-text indexes), which SQLite asks about as
	 * they are used. */
	struct authority_shadow {
		char name[128];
		bool reads, writes;
	} * shadows; /* owned */
	size_t shadow_count;
	bool own;	  /* the session runs BEGIN, COMMIT, ROLLBACK or a savepoint of its own */
	char denied[200]; /* the last refusal in words; "" when there was none */
};

result authority_init(
    struct authority *a, const struct sql_query *const *queries, size_t count, struct error *err);
void authority_done(struct authority *a);
/* Finds the shadow tables of what is granted, on a connection that is not under the authorizer yet. */
result authority_find_shadows(struct authority *a, sqlite3 *db, struct error *err);
/* From now on every statement that is prepared, or prepared again, on db passes it. a must stay where it is.
 */
void authority_install(struct authority *a, sqlite3 *db);
/* Whether one right is among the grants. */
bool authority_allows(const struct authority *a, struct slice table, struct slice column,
    enum sql_operation operation, struct slice via);

#endif

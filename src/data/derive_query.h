/* One query prepared against the migrated scratch database: columns, types, reach, rows. Called by derive.c.
 */
#ifndef WARD_DATA_DERIVE_QUERY_H
#define WARD_DATA_DERIVE_QUERY_H

#include "data/catalog.h"
#include "data/query_file.h"

struct derivation {
	sqlite3 *db;
	const struct catalog *catalog;
	struct finder *finder;
	struct arena *arena;  /* for what stays */
	struct arena scratch; /* emptied for every query */
};

/* What is wrong goes to the finder; the query is then incomplete. */
result derive_query(struct derivation *d, struct query_source *source, struct error *err);

#endif

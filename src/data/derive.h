/*
 * From migrations/ and queries/ to queries that are typed and whose reach is known: run by `ward build`, on a
 * throw-away database (SQLite: in memory; PostgreSQL: inside a transaction that is rolled back). Errors of
 * the author become findings at file:line:column through the callback, all of them, not just the first.
 */
#ifndef WARD_DATA_DERIVE_H
#define WARD_DATA_DERIVE_H

#include "data/query.h"

/* column from 1; length 0: to the end of the line. hint may be empty. Called any number of times. */
typedef void sql_finding_fn(void *context, struct slice file, uint32_t line, uint32_t column, uint32_t length,
    const char *code, const char *message, const char *hint);

/* What the migrated database holds: for reviews, pages, owners. */
struct sql_table {
	struct slice name;
	struct sql_column *columns;
	size_t column_count;
	struct slice
	    owner_column; /* `-- ward: owner COLUMN` in the migration before CREATE TABLE; empty: none */
	struct slice tenant_column; /* `-- ward: tenant COLUMN` */
	bool is_view;
};

struct sql_schema {
	struct sql_table *tables; /* sorted by name */
	size_t table_count;
	struct sql_query *queries; /* sorted by name */
	size_t query_count;
};

/*
 * Reads app_dir/migrations/NNNN_name.sql in order and app_dir/queries/ *.sql. All in the arena. RESULT_OK
 * also when there were findings: the caller looks at what it was told. Missing folders are empty ones.
 */
result sql_derive(const char *app_dir, sql_finding_fn *finding, void *context, struct arena *arena,
    struct error *err, struct sql_schema *ret);

/*
 * The same on PostgreSQL 14 or later, for an app whose database is at url: in a transaction that is rolled
 * back, with the migrations that the database has not seen yet. Without migrations the database is taken as
 * it is.
 */
result sql_derive_postgres(const char *app_dir, const char *url, sql_finding_fn *finding, void *context,
    struct arena *arena, struct error *err, struct sql_schema *ret);

#endif

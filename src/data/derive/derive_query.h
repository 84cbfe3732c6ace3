/*
 * One query against a migrated database: columns, types, reach, rows. What the database says about it
 * (`described`) comes from derive_sqlite.c or derive_postgres.c; what follows from that is the same for both.
 */
#ifndef WARD_DATA_DERIVE_QUERY_H
#define WARD_DATA_DERIVE_QUERY_H

#include "data/derive/query_file.h"
#include "data/derive/reach.h"

struct described_column {
	struct slice name;
	enum sql_type type; /* SQL_ANY: not told */
};

struct described {
	struct described_column *columns;
	size_t column_count;
	const enum sql_type *param_types; /* NULL: not told */
	bool typed;			  /* the columns' types are the server's word; else a last resort */
};

struct derivation {
	sqlite3 *db; /* derive_sqlite.c */
	const struct catalog *catalog;
	struct finder *finder;
	struct arena *arena;  /* for what stays */
	struct arena scratch; /* emptied for every query */
	/* Whether another text of the statement has the same columns. */
	bool (*same_columns)(struct derivation *d, const struct query_source *source, struct slice sql,
	    const struct described *told);
};

/* What is wrong goes to the finder; the query is then incomplete. */
result derive_described(struct derivation *d, struct query_source *source, const struct described *told,
    struct reach *reach, struct error *err);

/* derive_sqlite.c: prepares the query on d->db. */
result derive_query(struct derivation *d, struct query_source *source, struct error *err);
bool sqlite_same_columns(
    struct derivation *d, const struct query_source *source, struct slice sql, const struct described *told);

/* derive.c: the queries of an app in the order of their files, names checked. */
struct query_sources {
	struct query_source **items;
	size_t count;
	struct finder *finder;
};
result derive_gather(const char *app_dir, bool postgres, struct finder *finder, struct arena *arena,
    struct error *err, struct query_sources *ret);
/* derive.c: tables and queries as the caller gets them. catalog NULL: the migrations failed. */
result derive_finish(const struct catalog *catalog, const struct query_sources *sources, struct arena *arena,
    struct error *err, struct sql_schema *ret);

#endif

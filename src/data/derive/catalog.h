/*
 * What a migrated SQLite database holds, read back from it: tables and views with their columns, keys,
 * foreign keys, and what the comments of the migrations say about them. Made once a build by derive.c; lives
 * in its arena.
 */
#ifndef WARD_DATA_CATALOG_H
#define WARD_DATA_CATALOG_H

#include <sqlite3.h>

#include "data/derive/finding.h"
#include "data/migration.h"

/* Whose row it is: the caller's, or the caller's tenant's. */
enum row_key { ROW_OWNER, ROW_TENANT, ROW_KEY_COUNT };

struct catalog_column {
	struct slice name;
	struct slice declared; /* "VARCHAR(20)"; empty: none */
	enum sql_type type;
	bool nullable;
	bool has_default;
	bool is_key;	 /* of the primary key */
	bool hidden;	 /* SELECT * leaves it out, INSERT without a list too */
	bool generated;	 /* cannot be written */
	size_t *sources; /* of a generated column: indexes of the columns it is computed from, also through
			    others */
	size_t source_count;
	struct slice references_table; /* a foreign key of this one column; empty: none */
	struct slice references_column;
};

struct catalog_table {
	struct slice name;
	bool is_view;
	bool replaces;	      /* some ON CONFLICT REPLACE in its definition: an INSERT may delete */
	bool outer;	      /* a view with an outer join in it: its columns may be NULL */
	bool is_search;	      /* a full-text index */
	struct slice content; /* the table that a full-text index reads its columns from; empty: its own */
	struct slice sql;
	struct catalog_column *columns;
	size_t column_count;
	struct slice row_key[ROW_KEY_COUNT]; /* column; empty: none */
	/* A view over a table with a row key that does not show the key's column: no query can bind it. */
	bool row_key_hidden[ROW_KEY_COUNT];
};

struct catalog {
	struct catalog_table *tables; /* sorted by name */
	size_t table_count;
};

/* migrations: for `-- ward:` comments; what is wrong with them goes to the finder. */
result catalog_read(sqlite3 *db, const struct migrations *migrations, struct finder *finder,
    struct arena *arena, struct error *err, struct catalog *ret);

/* Names compare as SQL does: ASCII case does not matter. NULL when there is none. */
const struct catalog_table *catalog_find(const struct catalog *catalog, struct slice name);
/* The index, or -1. */
int catalog_column_index(const struct catalog_table *table, struct slice name);

/* generated.c: finds the sources of a table's generated columns; called by catalog_read(). */
result catalog_read_generated(
    sqlite3 *db, struct catalog_table *table, struct arena *arena, struct error *err);

/* The type that a column's declaration means for a function: "TIMESTAMP" is SQL_DATE; SQL_ANY when it says
 * nothing. */
enum sql_type catalog_type(struct slice declared);

#endif

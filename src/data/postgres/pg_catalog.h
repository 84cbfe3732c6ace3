/*
 * The catalog of a PostgreSQL database in the form that types and rows are inferred from, with what is needed
 * to find a table by its oid and a column by its number. Tables outside the schema public are called
 * "schema.table".
 */
#ifndef WARD_DATA_PG_CATALOG_H
#define WARD_DATA_PG_CATALOG_H

#include "data/derive/catalog.h"
#include "data/postgres/pg.h"

struct pg_table {
	uint32_t oid;
	char kind;	       /* pg_class.relkind */
	bool security_invoker; /* a view that runs with the rights of who asks */
	int *numbers;	       /* attnum of each column of the catalog's table */
	size_t key;	       /* a column of the primary key, or the first */
};

struct pg_catalog {
	struct catalog catalog;
	struct pg_table *tables; /* beside catalog.tables, same order */
};

result pg_catalog_read(PGconn *c, const struct migrations *migrations, struct finder *finder,
    struct arena *arena, struct error *err, struct pg_catalog *ret);

/* The index of a table, or -1; the index of a column, or -1. */
int pg_catalog_table(const struct pg_catalog *catalog, uint32_t oid);
int pg_catalog_column(const struct pg_catalog *catalog, size_t table, int number);

/* How a type appears in functions; false for arrays and rows, which a function cannot hold. */
bool pg_type_of(PGconn *c, uint32_t oid, enum sql_type *ret);

#endif

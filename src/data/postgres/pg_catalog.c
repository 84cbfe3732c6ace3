/* Reading pg_catalog. Called by derive_postgres.c inside its transaction. */
#include "data/postgres/pg_catalog.h"

#include <stdlib.h>

#include "data/derive/row_notes.h"

static const char tables_sql[] =
    "SELECT * FROM (SELECT c.oid, CASE WHEN n.nspname = 'public' THEN c.relname ELSE n.nspname || '.' || "
    "c.relname END AS name, c.relkind, "
    "CASE WHEN c.relkind IN ('v', 'm') THEN 'CREATE VIEW x AS ' || pg_get_viewdef(c.oid) END, "
    "coalesce(array_to_string(c.reloptions, ',') LIKE '%security_invoker=%', false) AND "
    "NOT coalesce(array_to_string(c.reloptions, ',') LIKE '%security_invoker=false%', false) "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', "
    "'f') "
    "AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'ward') AND n.nspname NOT LIKE 'pg\\_%') t "
    "ORDER BY name COLLATE \"C\"";

static const char columns_sql[] =
    "SELECT a.attname, a.attnum, a.atttypid, format_type(a.atttypid, a.atttypmod), a.attnotnull, "
    "a.atthasdef OR a.attidentity <> '', a.attgenerated <> '' OR a.attidentity = 'a', coalesce(a.attnum = "
    "ANY(i.indkey), false), "
    "fc.relname, fa.attname FROM pg_attribute a "
    "LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary "
    "LEFT JOIN pg_constraint k ON k.contype = 'f' AND k.conrelid = a.attrelid AND k.conkey = ARRAY[a.attnum] "
    "LEFT JOIN pg_class fc ON fc.oid = k.confrelid "
    "LEFT JOIN pg_attribute fa ON fa.attrelid = k.confrelid AND fa.attnum = k.confkey[1] "
    "WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum, k.oid";

/* The dependency is the column's up to version 14 and its default expression's from 15 on. */
static const char sources_sql[] = "SELECT a.attnum, d.refobjsubid FROM pg_attribute a LEFT JOIN pg_attrdef e "
				  "ON e.adrelid = a.attrelid AND e.adnum = a.attnum "
				  "JOIN pg_depend d ON (d.classid = 'pg_class'::regclass AND d.objid = "
				  "a.attrelid AND d.objsubid = a.attnum) "
				  "OR (d.classid = 'pg_attrdef'::regclass AND d.objid = e.oid) "
				  "WHERE a.attrelid = $1::oid AND a.attgenerated <> '' AND d.refclassid = "
				  "'pg_class'::regclass AND d.refobjid = a.attrelid "
				  "AND d.refobjsubid NOT IN (0, a.attnum) GROUP BY 1, 2 ORDER BY 1, 2";

/* https://www.postgresql.org/docs/15/catalog-pg-type.html: oids of the built-in types are fixed. */
static const struct {
	uint32_t oid;
	enum sql_type type;
} types[] = {
    {16, SQL_BOOLEAN},
    {17, SQL_BLOB},
    {20, SQL_BIGINT},
    {21, SQL_INTEGER},
    {23, SQL_INTEGER},
    {25, SQL_TEXT},
    {26, SQL_INTEGER},
    {114, SQL_JSON},
    {700, SQL_REAL},
    {701, SQL_REAL},
    {1082, SQL_DATE},
    {1114, SQL_DATE},
    {1184, SQL_DATE},
    {1700, SQL_NUMERIC},
    {3802, SQL_JSON},
    {1042, SQL_TEXT},
    {1043, SQL_TEXT},
    {2950, SQL_TEXT},
    {19, SQL_TEXT},
    {18, SQL_TEXT},
};

bool pg_type_of(PGconn *c, uint32_t oid, enum sql_type *ret)
{
	char text[16];
	CLEANUP_PG PGresult *rows = NULL;
	const char *value = text;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i].oid == oid) {
			*ret = types[i].type;
			return true;
		}
	(void)snprintf(text, sizeof text, "%u", oid);
	if (!is_ok(pg_query(c, "SELECT typtype, typbasetype, typcategory FROM pg_type WHERE oid = $1::oid", 1,
		&value, NULL, &rows)) ||
	    PQntuples(rows) != 1)
		return false;
	char kind = PQgetvalue(rows, 0, 0)[0];
	if (kind == 'd')
		return pg_type_of(c, pg_cell_oid(rows, 0, 1), ret);
	/* The rest have a text that is theirs (inet, interval, enums ...); arrays and rows have structure. */
	*ret = SQL_TEXT;
	return kind != 'c' && kind != 'p' && PQgetvalue(rows, 0, 2)[0] != 'A';
}

static struct slice keep(const PGresult *rows, int row, int column, struct arena *arena)
{
	struct slice cell = pg_cell(rows, row, column);
	return cell.ptr ? arena_copy(arena, cell) : SLICE_NONE;
}

static bool is_true(const PGresult *rows, int row, int column)
{
	return PQgetvalue(rows, row, column)[0] == 't';
}

static result read_sources(PGconn *c, const char *oid, struct catalog_table *table, const struct pg_table *pg,
    struct arena *arena, struct error *err)
{
	CLEANUP_PG PGresult *rows = NULL;
	TRY(pg_query(c, sources_sql, 1, &oid, err, &rows));
	for (int i = 0; i < PQntuples(rows); i++)
		for (size_t k = 0; k < table->column_count; k++) {
			struct catalog_column *column = &table->columns[k];
			if (pg->numbers[k] != (int)pg_cell_oid(rows, i, 0))
				continue;
			if (!column->sources)
				column->sources =
				    arena_array(arena, table->column_count, sizeof *column->sources);
			if (!column->sources)
				return error_set(err, ERR_MEMORY, "no memory for columns");
			for (size_t s = 0; s < table->column_count; s++)
				if (pg->numbers[s] == (int)pg_cell_oid(rows, i, 1))
					column->sources[column->source_count++] = s;
		}
	return RESULT_OK;
}

static result read_columns(
    PGconn *c, struct catalog_table *table, struct pg_table *pg, struct arena *arena, struct error *err)
{
	char text[16];
	const char *value = text;
	CLEANUP_PG PGresult *rows = NULL;
	(void)snprintf(text, sizeof text, "%u", pg->oid);
	TRY(pg_query(c, columns_sql, 1, &value, err, &rows));
	int count = PQntuples(rows);
	table->columns = arena_array(arena, (size_t)count + 1, sizeof *table->columns);
	pg->numbers = arena_array(arena, (size_t)count + 1, sizeof *pg->numbers);
	if (!table->columns || !pg->numbers)
		return error_set(err, ERR_MEMORY, "no memory for columns");
	for (int i = 0; i < count; i++) {
		int number = (int)pg_cell_oid(rows, i, 1);
		/* A column with several foreign keys comes several times. */
		if (table->column_count > 0 && pg->numbers[table->column_count - 1] == number)
			continue;
		struct catalog_column *column = &table->columns[table->column_count];
		*column = (struct catalog_column){.name = keep(rows, i, 0, arena),
		    .declared = keep(rows, i, 3, arena),
		    .nullable = !is_true(rows, i, 4),
		    .has_default = is_true(rows, i, 5),
		    .generated = is_true(rows, i, 6),
		    .references_table = keep(rows, i, 8, arena),
		    .references_column = keep(rows, i, 9, arena)};
		if (!pg_type_of(c, pg_cell_oid(rows, i, 2), &column->type))
			column->type = SQL_ANY;
		if (is_true(rows, i, 7) && pg->key == 0)
			pg->key = table->column_count;
		pg->numbers[table->column_count++] = number;
	}
	return read_sources(c, text, table, pg, arena, err);
}

result pg_catalog_read(PGconn *c, const struct migrations *migrations, struct finder *finder,
    struct arena *arena, struct error *err, struct pg_catalog *ret)
{
	CLEANUP_PG PGresult *rows = NULL;
	struct pg_catalog all = {0};
	TRY(pg_query(c, tables_sql, 0, NULL, err, &rows));
	size_t count = (size_t)PQntuples(rows);
	all.catalog.tables = arena_zalloc(arena, (count + 1) * sizeof *all.catalog.tables);
	all.tables = arena_zalloc(arena, (count + 1) * sizeof *all.tables);
	if (!all.catalog.tables || !all.tables)
		return error_set(err, ERR_MEMORY, "no memory for tables");
	for (size_t i = 0; i < count; i++) {
		struct pg_table *pg = &all.tables[i];
		*pg = (struct pg_table){.oid = pg_cell_oid(rows, (int)i, 0),
		    .kind = PQgetvalue(rows, (int)i, 2)[0],
		    .security_invoker = is_true(rows, (int)i, 4)};
		all.catalog.tables[i].name = keep(rows, (int)i, 1, arena);
		all.catalog.tables[i].sql = keep(rows, (int)i, 3, arena);
		all.catalog.tables[i].is_view = pg->kind == 'v' || pg->kind == 'm';
		/* What a view shows may be NULL for want of a row; the server does not tell. */
		all.catalog.tables[i].outer = all.catalog.tables[i].is_view;
		TRY(read_columns(c, &all.catalog.tables[i], pg, arena, err));
		all.catalog.table_count++;
	}
	row_notes_read(migrations, &all.catalog, finder);
	*ret = all;
	return RESULT_OK;
}

int pg_catalog_table(const struct pg_catalog *catalog, uint32_t oid)
{
	for (size_t i = 0; i < catalog->catalog.table_count; i++)
		if (catalog->tables[i].oid == oid)
			return (int)i;
	return -1;
}

int pg_catalog_column(const struct pg_catalog *catalog, size_t table, int number)
{
	for (size_t i = 0; i < catalog->catalog.tables[table].column_count; i++)
		if (catalog->tables[table].numbers[i] == number)
			return (int)i;
	return -1;
}

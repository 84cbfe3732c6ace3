/* Migrations on a scratch database, then every query against it. Called by `ward build` and `ward check`. */
#include "data/derive.h"

#include <stdlib.h>

#include "data/derive/derive_query.h"
#include "data/derive/infer.h"
#include "data/migration.h"
#include "data/sqlite/sqlite_open.h"

#define DERIVE_STEPS_PER_CHECK 100000
#define DERIVE_CHECKS_MAX 20000u /* about two thousand million steps: far past any real schema */
#define SCRATCH_BYTES (64u << 20)
#define QUERIES_MAX 10000u

static result gather_query(void *context, struct query_source *source, struct error *err)
{
	struct query_sources *g = context;
	for (size_t i = 0; i < g->count; i++)
		if (slice_eq(g->items[i]->query.name, source->query.name)) {
			finder_add(g->finder, source->in, source->name_at, "sql-query-name", "",
			    "%.*s is the name of a query at %.*s:%u already", SLICE_ARG(source->query.name),
			    SLICE_ARG(g->items[i]->query.file), g->items[i]->query.line);
			return RESULT_OK;
		}
	if (g->count == QUERIES_MAX)
		return error_set(err, ERR_LIMIT, "more than %u queries", QUERIES_MAX);
	g->items[g->count++] = source;
	return RESULT_OK;
}

result derive_gather(const char *app_dir, bool postgres, struct finder *finder, struct arena *arena,
    struct error *err, struct query_sources *ret)
{
	struct sql_text *files;
	size_t count;
	struct query_sources g = {
	    .items = arena_array(arena, QUERIES_MAX, sizeof(struct query_source *)), .finder = finder};
	if (!g.items)
		return error_set(err, ERR_MEMORY, "no memory for queries");
	TRY(sql_files_read(app_dir, "queries", arena, err, &files, &count));
	for (size_t i = 0; i < count; i++)
		TRY(query_file_parse(&files[i], postgres, finder, arena, gather_query, &g, err));
	*ret = g;
	return RESULT_OK;
}

/* A schema or a default value can loop; a build must not. */
static int on_progress(void *context)
{
	unsigned *checks = context;
	return ++*checks > DERIVE_CHECKS_MAX;
}

/* False: a migration does not run, and queries cannot be judged. */
static result migrate(sqlite3 *db, const struct migrations *all, struct finder *finder, struct arena *arena,
    struct error *err, bool *ret)
{
	for (size_t i = 0; i < all->count; i++) {
		struct migration_fault fault = {0};
		struct error why = {0};
		TRY(sqlite_run(db, "BEGIN", err));
		if (is_ok(migration_execute(db, &all->items[i], &fault, &why))) {
			TRY(sqlite_run(db, "COMMIT", err));
			continue;
		}
		ignore_result(sqlite_run(db, "ROLLBACK", NULL)); /* the database is thrown away */
		const struct sql_text text = {
		    slice_cstr(arena_printf(arena, "migrations/%.*s", SLICE_ARG(all->items[i].name))),
		    all->items[i].text};
		finder_add(finder, &text, fault.where, "sql-migration", "", "%s",
		    fault.migration ? fault.text : why.text);
		*ret = false;
		return RESULT_OK;
	}
	*ret = true;
	return RESULT_OK;
}

static result copy_tables(
    const struct catalog *catalog, struct arena *arena, struct error *err, struct sql_schema *ret)
{
	ret->tables = arena_array(arena, catalog->table_count + 1, sizeof *ret->tables);
	for (size_t i = 0; ret->tables && i < catalog->table_count; i++) {
		const struct catalog_table *from = &catalog->tables[i];
		struct sql_column *columns = arena_array(arena, from->column_count + 1, sizeof *columns);
		if (!columns)
			return error_set(err, ERR_MEMORY, "no memory for tables");
		for (size_t c = 0; c < from->column_count; c++)
			columns[c] = (struct sql_column){
			    from->columns[c].name, from->columns[c].type, from->columns[c].nullable};
		ret->tables[i] = (struct sql_table){.name = from->name,
		    .columns = columns,
		    .column_count = from->column_count,
		    .owner_column = from->row_key[ROW_OWNER],
		    .tenant_column = from->row_key[ROW_TENANT],
		    .is_view = from->is_view};
	}
	ret->table_count = catalog->table_count;
	return ret->tables ? RESULT_OK : error_set(err, ERR_MEMORY, "no memory for tables");
}

static int by_name(const void *a, const void *b)
{
	return slice_cmp(((const struct sql_query *)a)->name, ((const struct sql_query *)b)->name);
}

result derive_finish(const struct catalog *catalog, const struct query_sources *sources, struct arena *arena,
    struct error *err, struct sql_schema *ret)
{
	struct sql_schema schema = {0};
	if (catalog)
		TRY(copy_tables(catalog, arena, err, &schema));
	schema.queries = arena_array(arena, sources->count + 1, sizeof *schema.queries);
	if (!schema.queries)
		return error_set(err, ERR_MEMORY, "no memory for queries");
	for (size_t i = 0; i < sources->count; i++)
		schema.queries[schema.query_count++] = sources->items[i]->query;
	qsort(schema.queries, schema.query_count, sizeof *schema.queries, by_name);
	*ret = schema;
	return RESULT_OK;
}

static result derive_all(sqlite3 *db, struct catalog *catalog, const struct query_sources *queries,
    struct finder *finder, struct arena *arena, struct error *err)
{
	struct derivation d = {.db = db,
	    .catalog = catalog,
	    .finder = finder,
	    .arena = arena,
	    .same_columns = sqlite_same_columns};
	arena_init(&d.scratch, SCRATCH_BYTES);
	result r = infer_views(catalog, &d.scratch, err);
	for (size_t i = 0; is_ok(r) && i < queries->count; i++)
		r = derive_query(&d, queries->items[i], err);
	arena_done(&d.scratch);
	return r;
}

static result derive_on(sqlite3 *db, const char *app_dir, struct finder *finder, struct arena *arena,
    struct error *err, struct sql_schema *ret)
{
	struct migrations migrations;
	struct query_sources queries = {0};
	struct catalog catalog = {0};
	bool migrated = false;
	TRY(migrations_read(app_dir, arena, err, &migrations));
	TRY(derive_gather(app_dir, false, finder, arena, err, &queries));
	TRY(migrate(db, &migrations, finder, arena, err, &migrated));
	if (migrated) {
		TRY(catalog_read(db, &migrations, finder, arena, err, &catalog));
		TRY(derive_all(db, &catalog, &queries, finder, arena, err));
	}
	return derive_finish(migrated ? &catalog : NULL, &queries, arena, err, ret);
}

result sql_derive(const char *app_dir, sql_finding_fn *finding, void *context, struct arena *arena,
    struct error *err, struct sql_schema *ret)
{
	struct finder finder = {finding, context, 0};
	sqlite3 *db = NULL;
	unsigned checks = 0;
	TRY(sqlite_connect(NULL, SQLITE_USE_SCRATCH, DURABLE_AGAINST_KILL, 0, err, &db));
	sqlite3_progress_handler(db, DERIVE_STEPS_PER_CHECK, on_progress, &checks);
	result r = derive_on(db, app_dir, &finder, arena, err, ret);
	(void)sqlite3_close_v2(db);
	return r;
}

/*
 * The author's SQL files: query files cut into statements in both dialects, each statement prepared, read and typed
 * against a small schema, and the same text read for notes as if it were a migration.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/check.h"
#include "data/derive/derive_query.h"
#include "data/derive/row_notes.h"
#include "data/sqlite/sqlite_open.h"

static const char schema[] =
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT NOT NULL, total INTEGER, at TIMESTAMP, g INT AS (total * 2));"
    "CREATE TABLE items (order_id INTEGER REFERENCES orders(id) ON DELETE CASCADE, sku TEXT);"
    "CREATE VIEW totals AS SELECT o.id, count(*) AS n FROM orders o LEFT JOIN items i ON i.order_id = o.id GROUP BY o.id;";

static sqlite3 *db;
static struct arena schema_arena;
static struct catalog catalog;

static void prepare_once(void)
{
	struct error err = {0};
	const struct migrations none = {0};
	struct finder finder = {0};
	if (db)
		return;
	arena_init(&schema_arena, 16u << 20);
	ASSERT(is_ok(sqlite_connect(NULL, SQLITE_USE_SCRATCH, DURABLE_AGAINST_KILL, 0, &err, &db)));
	ASSERT(is_ok(sqlite_run(db, schema, &err)));
	ASSERT(is_ok(catalog_read(db, &none, &finder, &schema_arena, &err, &catalog)));
	((struct catalog_table *)(uintptr_t)catalog_find(&catalog, SLICE("orders")))->row_key[ROW_OWNER] = SLICE("customer");
}

static result on_query(void *context, struct query_source *source, struct error *err)
{
	return derive_query(context, source, err);
}

static result on_postgres_query(void *context, struct query_source *source, struct error *err)
{
	(void)context;
	(void)source;
	(void)err;
	return RESULT_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	struct finder finder = {0};
	struct arena arena = ARENA_INIT(64u << 20);
	struct derivation d = {
	    .catalog = &catalog, .finder = &finder, .arena = &arena, .same_columns = sqlite_same_columns};
	const struct sql_text file = {SLICE("queries/fuzz.sql"), slice_of((const char *)data, size)};
	struct migration migration = {.number = 1, .name = SLICE("0001_fuzz.sql"), .text = file.text};
	struct catalog noted;
	prepare_once();
	d.db = db;
	arena_init(&d.scratch, 64u << 20);
	ignore_result(query_file_parse(&file, false, &finder, &arena, on_query, &d, &err));
	ignore_result(query_file_parse(&file, true, &finder, &arena, on_postgres_query, &d, &err));
	ignore_result(catalog_read(db, &(const struct migrations){&migration, 1}, &finder, &arena, &err, &noted));
	arena_done(&d.scratch);
	arena_done(&arena);
	return 0;
}

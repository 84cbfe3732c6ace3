/* Reading a migrated SQLite database back. The database is our own scratch one; the names in it are the
 * author's. */
#include <stdlib.h>

#include "data/derive/catalog.h"
#include "data/derive/row_notes.h"
#include "data/derive/scan.h"
#include "data/sqlite/sqlite_open.h"

#define TABLES_MAX 2000u

static struct slice column_text(sqlite3_stmt *row, int i, struct arena *arena)
{
	const char *text = (const char *)sqlite3_column_text(row, i);
	return text ? arena_copy(arena, slice_cstr(text)) : SLICE_NONE;
}

static result prepare_for(
    sqlite3 *db, const char *sql, struct slice table, struct error *err, sqlite3_stmt **ret)
{
	if (sqlite3_prepare_v2(db, sql, -1, ret, NULL) != SQLITE_OK)
		return sqlite_failed(db, err, "cannot read the schema");
	(void)sqlite3_bind_text(*ret, 1, table.ptr, (int)table.len, SQLITE_STATIC);
	return RESULT_OK;
}

/* search: a column of a full-text index, which has no declared type and holds text; what it ranks by is a
 * number. */
static void read_column(
    sqlite3_stmt *row, struct catalog_column *c, bool search, int *ret_key, struct arena *arena)
{
	int hidden = sqlite3_column_int(row, 5);
	*c = (struct catalog_column){.name = column_text(row, 0, arena),
	    .declared = column_text(row, 1, arena),
	    .has_default = sqlite3_column_type(row, 3) != SQLITE_NULL,
	    .hidden = hidden == 1,
	    .generated = hidden == 2 || hidden == 3};
	*ret_key = sqlite3_column_int(row, 4);
	/*
	 * SQLite lets a primary key that is no INTEGER hold NULL unless it is declared NOT NULL, for
	 * compatibility with an old mistake. Nobody means it: a row with one would be refused when it is
	 * read.
	 */
	c->nullable = sqlite3_column_int(row, 2) == 0 && *ret_key == 0;
	c->type = catalog_type(c->declared);
	if (search && c->type == SQL_ANY)
		c->type = slice_eq_cstr(c->name, "rank") ? SQL_REAL : SQL_TEXT;
}

static result read_columns(sqlite3 *db, struct catalog_table *table, struct arena *arena, struct error *err)
{
	sqlite3_stmt *row = NULL;
	size_t max = (size_t)sqlite3_limit(db, SQLITE_LIMIT_COLUMN, -1);
	TRY(prepare_for(db,
	    "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1)", table->name,
	    err, &row));
	table->columns = arena_array(arena, max, sizeof *table->columns);
	while (table->columns && table->column_count < max && sqlite3_step(row) == SQLITE_ROW) {
		struct catalog_column *c = &table->columns[table->column_count++];
		int key;
		read_column(row, c, table->is_search, &key, arena);
		c->is_key = key > 0;
		if (key && slice_eq_nocase(c->declared, SLICE("INTEGER")))
			c->has_default = true; /* the row id numbers itself */
	}
	(void)sqlite3_finalize(row);
	return table->columns ? RESULT_OK : error_set(err, ERR_MEMORY, "no memory for columns");
}

static result read_foreign_keys(
    sqlite3 *db, struct catalog_table *table, struct arena *arena, struct error *err)
{
	sqlite3_stmt *row = NULL;
	TRY(prepare_for(db,
	    "SELECT \"from\", \"table\", coalesce(\"to\", (SELECT name FROM pragma_table_info(f.\"table\") "
	    "WHERE pk = 1)) "
	    "FROM pragma_foreign_key_list(?1) f WHERE (SELECT count(*) FROM pragma_foreign_key_list(?1) g "
	    "WHERE g.id = f.id) = 1",
	    table->name, err, &row));
	while (sqlite3_step(row) == SQLITE_ROW) {
		int i = catalog_column_index(table, slice_cstr((const char *)sqlite3_column_text(row, 0)));
		if (i < 0)
			continue;
		table->columns[i].references_table = column_text(row, 1, arena);
		table->columns[i].references_column = column_text(row, 2, arena);
	}
	(void)sqlite3_finalize(row);
	return RESULT_OK;
}

/* Words of a definition that change what a statement over it can do. */
static void read_definition(struct catalog_table *table)
{
	struct sql_scan scan = {.text = table->sql};
	struct sql_token before = {0};
	struct sql_token first = {0};
	for (;;) {
		struct sql_token token = sql_scan_code(&scan);
		if (token.kind == SQL_TOKEN_END)
			return;
		if (sql_token_is(before, "USING") && sql_token_is(token, "fts5"))
			table->is_search = true;
		if (table->is_search && sql_token_is(first, "content") && sql_token_is(before, "=") &&
		    token.text.len > 2)
			table->content = slice_of(token.text.ptr + 1, token.text.len - 2);
		first = before;
		if (sql_token_is(before, "CONFLICT") && sql_token_is(token, "REPLACE"))
			table->replaces = true;
		if (table->is_view && (sql_token_is(token, "LEFT") || sql_token_is(token, "RIGHT") ||
					  sql_token_is(token, "FULL")))
			table->outer = true;
		before = token;
	}
}

static result read_table(
    sqlite3 *db, sqlite3_stmt *row, struct catalog_table *table, struct arena *arena, struct error *err)
{
	*table = (struct catalog_table){.name = column_text(row, 0, arena),
	    .is_view = slice_eq_cstr(slice_cstr((const char *)sqlite3_column_text(row, 1)), "view"),
	    .sql = column_text(row, 2, arena)};
	read_definition(table);
	TRY(read_columns(db, table, arena, err));
	if (table->is_view)
		return RESULT_OK;
	TRY(read_foreign_keys(db, table, arena, err));
	return catalog_read_generated(db, table, arena, err);
}

/* A view's columns get the type and nullability of the columns they show. */
static result type_view(sqlite3 *db, const struct catalog *catalog, struct catalog_table *view,
    struct arena *arena, struct error *err)
{
	sqlite3_stmt *all = NULL;
	char *sql = arena_printf(arena, "SELECT * FROM \"%.*s\"", SLICE_ARG(view->name));
	if (!sql || sqlite3_prepare_v2(db, sql, -1, &all, NULL) != SQLITE_OK)
		return sqlite_failed(db, err, "cannot read a view");
	for (int i = 0; i < sqlite3_column_count(all) && (size_t)i < view->column_count; i++) {
		const struct catalog_table *from =
		    catalog_find(catalog, slice_cstr(sqlite3_column_table_name(all, i)));
		int c =
		    from ? catalog_column_index(from, slice_cstr(sqlite3_column_origin_name(all, i))) : -1;
		view->columns[i].nullable = c < 0 || view->outer || from->columns[c].nullable;
		if (c < 0)
			continue;
		view->columns[i].type = from->columns[c].type;
		for (int k = 0; k < ROW_KEY_COUNT; k++)
			if (!view->row_key[k].len && slice_eq_nocase(from->row_key[k], from->columns[c].name))
				view->row_key[k] = view->columns[i].name;
	}
	(void)sqlite3_finalize(all);
	return RESULT_OK;
}

struct view_reads {
	const struct catalog *catalog;
	bool reads[ROW_KEY_COUNT];
};

static int note_reads(
    void *context, int action, const char *a, const char *b, const char *db, const char *via)
{
	struct view_reads *v = context;
	(void)b;
	(void)db;
	(void)via;
	const struct catalog_table *t =
	    action == SQLITE_READ ? catalog_find(v->catalog, slice_cstr(a)) : NULL;
	for (int k = 0; t && k < ROW_KEY_COUNT; k++)
		v->reads[k] = v->reads[k] || (!t->is_view && t->row_key[k].len > 0);
	return SQLITE_OK;
}

static result own_view(sqlite3 *db, const struct catalog *catalog, struct catalog_table *view,
    struct arena *arena, struct error *err)
{
	struct view_reads v = {.catalog = catalog};
	(void)sqlite3_set_authorizer(db, note_reads, &v);
	result r = type_view(db, catalog, view, arena, err);
	(void)sqlite3_set_authorizer(db, NULL, NULL);
	for (int k = 0; k < ROW_KEY_COUNT; k++)
		view->row_key_hidden[k] = v.reads[k] && view->row_key[k].len == 0;
	return r;
}

result catalog_read(sqlite3 *db, const struct migrations *migrations, struct finder *finder,
    struct arena *arena, struct error *err, struct catalog *ret)
{
	sqlite3_stmt *row = NULL;
	struct catalog catalog = {.tables = arena_array(arena, TABLES_MAX, sizeof *catalog.tables)};
	result r = RESULT_OK;
	if (!catalog.tables)
		return error_set(err, ERR_MEMORY, "no memory for tables");
	if (sqlite3_prepare_v2(db,
		"SELECT s.name, s.type, s.sql FROM sqlite_schema s JOIN pragma_table_list l ON l.name = "
		"s.name AND l.schema = 'main' "
		"WHERE s.type IN ('table', 'view') AND l.type <> 'shadow' AND s.name NOT LIKE 'sqlite\\_%' "
		"ESCAPE '\\' "
		"AND s.name NOT LIKE 'ward\\_%' ESCAPE '\\' ORDER BY s.name",
		-1, &row, NULL) != SQLITE_OK)
		return sqlite_failed(db, err, "cannot read the schema");
	while (is_ok(r) && sqlite3_step(row) == SQLITE_ROW && catalog.table_count < TABLES_MAX)
		r = read_table(db, row, &catalog.tables[catalog.table_count++], arena, err);
	(void)sqlite3_finalize(row);
	TRY(r);
	row_notes_read(migrations, &catalog, finder);
	for (size_t i = 0; i < catalog.table_count; i++)
		if (catalog.tables[i].is_view)
			TRY(own_view(db, &catalog, &catalog.tables[i], arena, err));
	*ret = catalog;
	return RESULT_OK;
}

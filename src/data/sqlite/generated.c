/*
 * What generated columns are computed from. SQLite tells it nowhere, so the expression is cut out of the
 * table's definition and prepared as a query of its own, whose reads are the sources.
 */
#include <stdio.h>

#include "data/derive/catalog.h"
#include "data/derive/scan.h"
#include "data/sqlite/sqlite_open.h"

struct sources {
	const struct catalog_table *table;
	bool *reads; /* per column */
};

static int note_read(void *context, int action, const char *a, const char *b, const char *db, const char *via)
{
	struct sources *s = context;
	(void)a;
	(void)db;
	(void)via;
	int i = action == SQLITE_READ && b ? catalog_column_index(s->table, slice_cstr(b)) : -1;
	if (i >= 0)
		s->reads[i] = true;
	return SQLITE_OK;
}

/* After AS: the parenthesised expression, or nothing. */
static struct slice take_expression(struct sql_scan *scan)
{
	struct sql_token token = sql_scan_code(scan);
	const char *start = token.text.ptr;
	unsigned depth = 0;
	if (!sql_token_is(token, "("))
		return SLICE_NONE;
	for (;; token = sql_scan_code(scan)) {
		if (token.kind == SQL_TOKEN_END)
			return SLICE_NONE;
		depth += sql_token_is(token, "(");
		depth -= sql_token_is(token, ")");
		if (depth == 0)
			return slice_of(start, (size_t)(token.text.ptr + 1 - start));
	}
}

/* The expression of one column in CREATE TABLE t (a ..., b ... AS (expression), ...). */
static struct slice find_expression(const struct catalog_table *table, struct slice column)
{
	struct sql_scan scan = {.text = table->sql};
	unsigned depth = 0;
	bool starts = false; /* a column's name stands next */
	bool ours = false;
	for (;;) {
		struct sql_token token = sql_scan_code(&scan);
		if (token.kind == SQL_TOKEN_END)
			return SLICE_NONE;
		if (starts)
			ours = sql_token_is_name(token) && slice_eq_nocase(sql_token_name(token), column);
		else if (ours && depth == 1 && sql_token_is(token, "AS"))
			return take_expression(&scan);
		depth += sql_token_is(token, "(");
		depth -= sql_token_is(token, ")");
		starts = depth == 1 && (sql_token_is(token, ",") || (!starts && sql_token_is(token, "(")));
	}
}

static result read_sources(sqlite3 *db, const struct catalog_table *table, struct slice expression,
    struct arena *arena, bool *reads, struct error *err)
{
	struct sources s = {table, reads};
	sqlite3_stmt *statement = NULL;
	const char *sql =
	    arena_printf(arena, "SELECT %.*s FROM \"%.*s\"", SLICE_ARG(expression), SLICE_ARG(table->name));
	if (!sql)
		return error_set(err, ERR_MEMORY, "no memory for a generated column");
	(void)sqlite3_set_authorizer(db, note_read, &s);
	int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
	(void)sqlite3_set_authorizer(db, NULL, NULL);
	(void)sqlite3_finalize(statement);
	return rc == SQLITE_OK ? RESULT_OK : sqlite_failed(db, err, "cannot read a generated column");
}

/* A definition that this reader does not find the expression in counts as computed from every column. */
static result read_column(sqlite3 *db, const struct catalog_table *table, size_t at, bool *reads,
    struct arena *arena, struct error *err)
{
	struct slice expression = find_expression(table, table->columns[at].name);
	if (expression.len > 0)
		return read_sources(db, table, expression, arena, reads, err);
	for (size_t i = 0; i < table->column_count; i++)
		reads[i] = i != at;
	return RESULT_OK;
}

static result store(
    struct catalog_column *c, const bool *reads, size_t count, struct arena *arena, struct error *err)
{
	c->sources = arena_array(arena, count + 1, sizeof *c->sources);
	if (!c->sources)
		return error_set(err, ERR_MEMORY, "no memory for a generated column");
	for (size_t i = 0; i < count; i++)
		if (reads[i])
			c->sources[c->source_count++] = i;
	return RESULT_OK;
}

result catalog_read_generated(
    sqlite3 *db, struct catalog_table *table, struct arena *arena, struct error *err)
{
	size_t n = table->column_count;
	bool any = false;
	for (size_t i = 0; i < n; i++)
		any = any || table->columns[i].generated;
	if (!any)
		return RESULT_OK;
	bool *reads = arena_zalloc(arena, n * n);
	if (!reads)
		return error_set(err, ERR_MEMORY, "no memory for generated columns");
	for (size_t i = 0; i < n; i++)
		if (table->columns[i].generated)
			TRY(read_column(db, table, i, reads + i * n, arena, err));
	/* Through one another: SQLite allows no cycles, so n rounds reach everything. */
	for (size_t round = 0; round < n; round++)
		for (size_t i = 0; i < n; i++)
			for (size_t k = 0; k < n; k++)
				for (size_t j = 0; reads[i * n + k] && j < n; j++)
					reads[i * n + j] = reads[i * n + j] || reads[k * n + j];
	for (size_t i = 0; i < n; i++)
		if (table->columns[i].generated)
			TRY(store(&table->columns[i], reads + i * n, n, arena, err));
	return RESULT_OK;
}

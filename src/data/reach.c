/* The recording authorizer. It answers yes to rows and no to all else, and writes down what it was asked. */
#include "data/reach.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "data/sqlite_open.h"

result reach_init(struct reach *reach, const struct catalog *catalog, struct arena *arena, struct error *err)
{
	*reach = (struct reach){.catalog = catalog, .arena = arena};
	reach->grants = arena_array(arena, REACH_GRANTS_MAX, sizeof *reach->grants);
	return reach->grants ? RESULT_OK : error_set(err, ERR_MEMORY, "no memory for grants");
}

void reach_add(struct reach *reach, struct slice table, struct slice column, enum sql_operation operation,
    struct slice via)
{
	struct sql_grant grant = {table, column, operation, via};
	for (size_t i = 0; i < reach->count; i++)
		if (sql_grant_cmp(&reach->grants[i], &grant) == 0)
			return;
	if (reach->count == REACH_GRANTS_MAX) {
		reach->full = true;
		return;
	}
	/* The database's strings end with its callback. */
	grant.table = arena_copy(reach->arena, table);
	grant.column = arena_copy(reach->arena, column);
	grant.via = arena_copy(reach->arena, via);
	reach->full = reach->full || !grant.table.ptr || !grant.column.ptr || !grant.via.ptr;
	reach->grants[reach->count++] = grant;
}

static int refuse(struct reach *reach, const char *what, const char *name)
{
	if (!reach->refused) {
		reach->refused = what;
		(void)snprintf(reach->refused_name, sizeof reach->refused_name, "%s", name ? name : "");
	}
	return SQLITE_DENY;
}

/* Table-valued functions that hold no data of their own. */
static bool is_row_function(const char *table)
{
	return sqlite3_stricmp(table, "json_each") == 0 || sqlite3_stricmp(table, "json_tree") == 0;
}

static bool is_system_table(const char *table)
{
	static const char *const prefixes[] = {
	    "sqlite_", "pragma_", "ward_", "dbstat", "bytecode", "tables_used"};
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		if (sqlite3_strnicmp(table, prefixes[i], (int)strlen(prefixes[i])) == 0)
			return true;
	return false;
}

void reach_add_sources(struct reach *reach, const struct catalog_table *t, const struct catalog_column *c)
{
	char via[300];
	int n = snprintf(via, sizeof via, "%.*s.%.*s", SLICE_ARG(t->name), SLICE_ARG(c->name));
	size_t length = n < 0 ? 0 : (size_t)n < sizeof via ? (size_t)n : sizeof via - 1;
	for (size_t i = 0; i < c->source_count; i++)
		reach_add(reach, t->name, t->columns[c->sources[i]].name, SQL_READ, slice_of(via, length));
}

/* A full-text index with the content of another table reads it by statements of its own, as if the query did.
 */
static void add_content(struct reach *reach, const struct catalog_table *t, const struct catalog_column *c)
{
	const struct catalog_table *content =
	    t->content.len ? catalog_find(reach->catalog, t->content) : NULL;
	if (!content || c->hidden)
		return;
	/* It reads all of its columns and the key, whichever is asked for. */
	for (size_t i = 0; i < content->column_count; i++)
		if (catalog_column_index(t, content->columns[i].name) >= 0 || content->columns[i].is_key)
			reach_add(reach, content->name, content->columns[i].name, SQL_READ, SLICE_NONE);
}

/* Names as the catalog spells them, so that grants compare byte by byte. */
static int record(
    struct reach *reach, const char *table, const char *column, enum sql_operation operation, const char *via)
{
	if (operation == SQL_READ && is_row_function(table))
		return SQLITE_OK;
	const struct catalog_table *t = catalog_find(reach->catalog, slice_cstr(table));
	/* Of count(*) FROM x the authorizer tells x as it is written, also when it is a name of WITH. */
	if (!t && operation == SQL_READ && (!column || !*column) && !is_system_table(table)) {
		reach_add(reach, slice_cstr(table), SLICE_NONE, SQL_READ, SLICE(SQL_VIA_WITH));
		return SQLITE_OK;
	}
	if (!t)
		return refuse(reach, "touch the table", table);
	int c = column && *column ? catalog_column_index(t, slice_cstr(column)) : -1;
	/* The row id has no column of its own; it counts as the whole row's name. */
	reach_add(
	    reach, t->name, c >= 0 ? t->columns[c].name : slice_cstr(column), operation, slice_cstr(via));
	if (operation == SQL_READ && c >= 0) {
		reach_add_sources(reach, t, &t->columns[c]);
		add_content(reach, t, &t->columns[c]);
	}
	return SQLITE_OK;
}

static int on_action(void *context, int action, const char *a, const char *b, const char *db, const char *via)
{
	struct reach *reach = context;
	(void)db;
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_READ:
		return record(reach, a, b, SQL_READ, via);
	case SQLITE_INSERT:
		return record(reach, a, NULL, SQL_INSERT, via);
	case SQLITE_UPDATE:
		return record(reach, a, b, SQL_UPDATE, via);
	case SQLITE_DELETE:
		return record(reach, a, NULL, SQL_DELETE, via);
	case SQLITE_FUNCTION:
		return sqlite_function_allowed(slice_cstr(b)) ? SQLITE_OK
							      : refuse(reach, "call the function", b);
	default:
		return refuse(reach, "do anything but read and change rows", "");
	}
}

void reach_start(struct reach *reach, sqlite3 *db)
{
	(void)sqlite3_set_authorizer(db, on_action, reach);
}

void reach_stop(sqlite3 *db)
{
	(void)sqlite3_set_authorizer(db, NULL, NULL);
}

void reach_make_direct(
    struct reach *reach, bool (*is_own)(const void *context, struct slice via), const void *context)
{
	size_t count = reach->count;
	reach->count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct sql_grant g = reach->grants[i];
		bool own = g.via.len > 0 && !slice_eq_cstr(g.via, SQL_VIA_WITH) && is_own(context, g.via);
		reach_add(reach, g.table, g.column, g.operation, own ? SLICE_NONE : g.via);
	}
}

static bool reads_a_column(const struct sql_grant *grants, size_t count, struct slice table)
{
	for (size_t i = 0; i < count; i++)
		if (grants[i].operation == SQL_READ && grants[i].column.len > 0 && grants[i].via.len == 0 &&
		    slice_eq(grants[i].table, table))
			return true;
	return false;
}

/*
 * Rows that are read by a column need not be told of once more; SQLite asks for both where the key is the row
 * id.
 */
void reach_sort(struct reach *reach)
{
	size_t n = 0;
	qsort(reach->grants, reach->count, sizeof *reach->grants, sql_grant_cmp);
	for (size_t i = 0; i < reach->count; i++) {
		const struct sql_grant g = reach->grants[i];
		bool rows = g.operation == SQL_READ && g.column.len == 0;
		/* Sorted by table and column, so its columns come after it and have not moved. */
		if (!rows || !reads_a_column(reach->grants + i, reach->count - i, g.table))
			reach->grants[n++] = g;
	}
	reach->count = n;
}

result reach_copy(const struct reach *reach, struct arena *arena, struct error *err, struct sql_grant **ret,
    size_t *ret_count)
{
	struct sql_grant *copy = arena_array(arena, reach->count + 1, sizeof *copy);
	if (reach->full)
		return error_set(err, ERR_LIMIT, "a query touches more than %u columns", REACH_GRANTS_MAX);
	if (!copy)
		return error_set(err, ERR_MEMORY, "no memory for grants");
	for (size_t i = 0; i < reach->count; i++) {
		const struct sql_grant *g = &reach->grants[i];
		copy[i] = (struct sql_grant){arena_copy(arena, g->table), arena_copy(arena, g->column),
		    g->operation, arena_copy(arena, g->via)};
		if (!copy[i].table.ptr || !copy[i].column.ptr || !copy[i].via.ptr)
			return error_set(err, ERR_MEMORY, "no memory for grants");
	}
	*ret = copy;
	*ret_count = reach->count;
	return RESULT_OK;
}

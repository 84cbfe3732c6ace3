/* The recording authorizer. It answers yes to rows and no to all else, and writes down what it was asked. */
#include <stdio.h>

#include "base/check.h"
#include "data/derive/reach.h"
#include "data/sqlite/sqlite_open.h"

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

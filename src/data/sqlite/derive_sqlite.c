/* One query on the scratch database: prepared under the recording authorizer. */
#include "data/derive/derive_query.h"
#include "data/sqlite/sqlite_open.h"

/* The token at an offset, so that a caret has a length. */
static struct slice token_at(const struct query_source *source, int offset)
{
	const struct sql_query *q = &source->query;
	for (size_t i = 0; offset >= 0 && i < source->token_count; i++)
		if (source->tokens[i].text.ptr + source->tokens[i].text.len > q->sql.ptr + offset)
			return source->tokens[i].text;
	return source->tokens[0].text;
}

static void refuse(struct derivation *d, const struct query_source *source, const struct reach *reach)
{
	int offset = sqlite3_error_offset(d->db);
	struct slice at = token_at(source, offset);
	/* The authorizer's no has no place; the name that it was about has. */
	for (size_t i = 0; offset < 0 && i < source->token_count; i++)
		if (slice_eq_nocase(sql_token_name(source->tokens[i]), slice_cstr(reach->refused_name))) {
			at = source->tokens[i].text;
			break;
		}
	if (reach->refused)
		finder_add(d->finder, source->in, at, "sql-refused", "", "a query may not %s%s%s",
		    reach->refused, *reach->refused_name ? " " : "", reach->refused_name);
	else
		finder_add(d->finder, source->in, at, "sql-error", "", "%s", sqlite3_errmsg(d->db));
}

/* REPLACE deletes the row in its way without asking the authorizer. */
static void add_replaced(const struct derivation *d, const struct query_source *source, struct reach *reach)
{
	bool replaces = sql_token_is(source->tokens[0], "REPLACE");
	for (size_t i = 1; i < source->token_count; i++)
		replaces = replaces ||
			   (sql_token_is(source->tokens[i - 1], "OR") &&
			       sql_token_is(source->tokens[i], "REPLACE")) ||
			   (sql_token_is(source->tokens[i], "REPLACE") &&
			       sql_token_is(source->tokens[i + 1], "INTO"));
	size_t count = reach->count;
	for (size_t i = 0; i < count; i++) {
		struct sql_grant g = reach->grants[i];
		const struct catalog_table *t = catalog_find(d->catalog, g.table);
		bool writes = g.operation == SQL_INSERT || g.operation == SQL_UPDATE;
		/* Triggers take over the statement's way with conflicts. */
		if (writes && (replaces || (t && t->replaces)))
			reach_add(reach, g.table, SLICE_NONE, SQL_DELETE, g.via);
	}
}

/*
 * Whether the statement itself defines the name, as far as its words tell; taking a table in a FROM list for
 * one only makes a right direct that could have been narrower.
 */
static bool defines(const void *context, struct slice name)
{
	const struct query_source *source = context;
	for (size_t i = 1; i < source->token_count; i++) {
		const struct sql_token *t = &source->tokens[i];
		bool first = sql_token_is(t[-1], "WITH") || sql_token_is(t[-1], "RECURSIVE") ||
			     sql_token_is(t[-1], ",");
		bool body = sql_token_is(t[1], "AS") || sql_token_is(t[1], "(");
		if (first && body && sql_token_is_name(*t) && slice_eq_nocase(sql_token_name(*t), name))
			return true;
	}
	return false;
}

static void describe(sqlite3_stmt *statement, struct described *told, struct described_column *columns)
{
	told->columns = columns;
	told->column_count = (size_t)sqlite3_column_count(statement);
	for (size_t i = 0; i < told->column_count; i++)
		columns[i] = (struct described_column){slice_cstr(sqlite3_column_name(statement, (int)i)),
		    catalog_type(slice_cstr(sqlite3_column_decltype(statement, (int)i)))};
}

bool sqlite_same_columns(
    struct derivation *d, const struct query_source *source, struct slice sql, const struct described *told)
{
	sqlite3_stmt *edited = NULL;
	(void)source;
	bool same = sqlite3_prepare_v2(d->db, sql.ptr, (int)sql.len, &edited, NULL) == SQLITE_OK && edited &&
		    (size_t)sqlite3_column_count(edited) == told->column_count;
	for (size_t i = 0; same && i < told->column_count; i++)
		same = slice_eq_cstr(told->columns[i].name, sqlite3_column_name(edited, (int)i));
	(void)sqlite3_finalize(edited);
	return same;
}

static result derive_prepared(struct derivation *d, struct query_source *source, sqlite3_stmt *statement,
    struct reach *reach, struct error *err)
{
	struct described told = {0};
	struct described_column *columns =
	    arena_array(&d->scratch, (size_t)sqlite3_column_count(statement) + 1, sizeof *columns);
	if (!columns)
		return error_set(err, ERR_MEMORY, "no memory for columns");
	if (sqlite3_stmt_isexplain(statement)) {
		finder_add(d->finder, source->in, source->tokens[0].text, "sql-refused", "",
		    "a query may not be EXPLAIN");
		return RESULT_OK;
	}
	describe(statement, &told, columns);
	reach_make_direct(reach, defines, source);
	add_replaced(d, source, reach);
	return derive_described(d, source, &told, reach, err);
}

result derive_query(struct derivation *d, struct query_source *source, struct error *err)
{
	struct reach reach;
	sqlite3_stmt *statement = NULL;
	arena_clear(&d->scratch);
	TRY(reach_init(&reach, d->catalog, &d->scratch, err));
	reach_start(&reach, d->db);
	int rc =
	    sqlite3_prepare_v3(d->db, source->query.sql.ptr, (int)source->query.sql.len, 0, &statement, NULL);
	result r = RESULT_OK;
	if (rc != SQLITE_OK || !statement)
		refuse(d, source, &reach);
	reach_stop(d->db);
	if (statement)
		r = derive_prepared(d, source, statement, &reach, err);
	(void)sqlite3_finalize(statement);
	return r;
}

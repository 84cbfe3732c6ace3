/* The list of rights that a statement needs. Filled by sqlite/recorder.c and postgres/pg_reach.c. */
#include "data/derive/reach.h"

#include <stdio.h>
#include <stdlib.h>

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

void reach_add_sources(struct reach *reach, const struct catalog_table *t, const struct catalog_column *c)
{
	char via[300];
	int n = snprintf(via, sizeof via, "%.*s.%.*s", SLICE_ARG(t->name), SLICE_ARG(c->name));
	size_t length = n < 0 ? 0 : (size_t)n < sizeof via ? (size_t)n : sizeof via - 1;
	for (size_t i = 0; i < c->source_count; i++)
		reach_add(reach, t->name, t->columns[c->sources[i]].name, SQL_READ, slice_of(via, length));
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

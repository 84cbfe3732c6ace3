/* Enforcement on SQLite. Called by SQLite while a session prepares; trusts the contract, not the statement.
 */
#include "data/sqlite/authority.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "data/sqlite/sqlite_open.h"

#define SHADOWS_MAX 200u

result authority_init(
    struct authority *a, const struct sql_query *const *queries, size_t count, struct error *err)
{
	size_t total = 0;
	*a = (struct authority){0};
	for (size_t i = 0; i < count; i++)
		total += queries[i]->grant_count;
	a->grants = calloc(total + 1, sizeof *a->grants);
	if (!a->grants)
		return error_set(err, ERR_MEMORY, "no memory for grants");
	for (size_t i = 0; i < count; i++)
		for (size_t g = 0; g < queries[i]->grant_count; g++) {
			a->grants[a->count] = queries[i]->grants[g];
			a->writes = a->writes || a->grants[a->count].operation != SQL_READ;
			a->count++;
		}
	qsort(a->grants, a->count, sizeof *a->grants, sql_grant_cmp);
	return RESULT_OK;
}

void authority_done(struct authority *a)
{
	free(a->grants);
	free(a->shadows);
	*a = (struct authority){0};
}

static void note_shadow(struct authority *a, const char *shadow, struct slice owner)
{
	struct authority_shadow s = {.reads = false};
	for (size_t i = 0; i < a->count; i++) {
		bool ours = slice_eq_nocase(a->grants[i].table, owner);
		s.reads = s.reads || ours;
		s.writes = s.writes || (ours && a->grants[i].operation != SQL_READ);
	}
	if (s.reads && a->shadow_count < SHADOWS_MAX &&
	    snprintf(s.name, sizeof s.name, "%s", shadow) < (int)sizeof s.name)
		a->shadows[a->shadow_count++] = s;
}

result authority_find_shadows(struct authority *a, sqlite3 *db, struct error *err)
{
	sqlite3_stmt *row = NULL;
	a->shadows = calloc(SHADOWS_MAX, sizeof *a->shadows);
	if (!a->shadows)
		return error_set(err, ERR_MEMORY, "no memory for grants");
	if (sqlite3_prepare_v2(db,
		"SELECT s.name, v.name FROM pragma_table_list s JOIN pragma_table_list v ON v.type = "
		"'virtual' AND v.schema = 'main' "
		"AND substr(s.name, 1, length(v.name) + 1) = v.name || '_' WHERE s.type = 'shadow' AND "
		"s.schema = 'main'",
		-1, &row, NULL) != SQLITE_OK)
		return sqlite_failed(db, err, "cannot read the schema");
	while (sqlite3_step(row) == SQLITE_ROW)
		note_shadow(a, (const char *)sqlite3_column_text(row, 0),
		    slice_cstr((const char *)sqlite3_column_text(row, 1)));
	return sqlite3_finalize(row) == SQLITE_OK ? RESULT_OK
						  : sqlite_failed(db, err, "cannot read the schema");
}

static bool allows_shadow(const struct authority *a, const char *table, enum sql_operation operation)
{
	for (size_t i = 0; i < a->shadow_count; i++)
		if (strcmp(a->shadows[i].name, table) == 0)
			return operation == SQL_READ ? a->shadows[i].reads : a->shadows[i].writes;
	return false;
}

/* A right that is not bound to a view or trigger holds inside them too. */
bool authority_allows(const struct authority *a, struct slice table, struct slice column,
    enum sql_operation operation, struct slice via)
{
	const struct sql_grant narrow = {table, column, operation, via};
	const struct sql_grant direct = {table, column, operation, SLICE_NONE};
	if (bsearch(&direct, a->grants, a->count, sizeof *a->grants, sql_grant_cmp))
		return true;
	return via.len > 0 && bsearch(&narrow, a->grants, a->count, sizeof *a->grants, sql_grant_cmp);
}

/*
 * That rows are there, as in count(*): who reads any column of a table sees that too. SQLite hands on the
 * table as the statement spells it, and names of WITH as well.
 */
static bool allows_rows(const struct authority *a, struct slice table, struct slice via)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct sql_grant *g = &a->grants[i];
		if (g->operation == SQL_READ && slice_eq_nocase(g->table, table) &&
		    (g->via.len == 0 || slice_eq(g->via, via) || slice_eq_cstr(g->via, SQL_VIA_WITH)))
			return true;
	}
	return false;
}

static int deny(struct authority *a, const char *what, const char *table, const char *column, const char *via)
{
	(void)snprintf(a->denied, sizeof a->denied, "%s %s%s%s%s%s", what, table ? table : "",
	    column && *column ? "." : "", column ? column : "", via ? " via " : "", via ? via : "");
	return SQLITE_DENY;
}

static int row(
    struct authority *a, const char *table, const char *column, enum sql_operation operation, const char *via)
{
	/* These two read what the statement hands them and hold nothing of their own. */
	bool json =
	    operation == SQL_READ && (strcmp(table, "json_each") == 0 || strcmp(table, "json_tree") == 0);
	if (json || authority_allows(a, slice_cstr(table), slice_cstr(column), operation, slice_cstr(via)))
		return SQLITE_OK;
	if (allows_shadow(a, table, operation))
		return SQLITE_OK;
	return deny(a, sql_operation_name(operation), table, column, via);
}

static int authorize(
    void *context, int action, const char *one, const char *two, const char *db, const char *via)
{
	struct authority *a = context;
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_TRANSACTION:
	case SQLITE_SAVEPOINT:
		return a->own ? SQLITE_OK : deny(a, "transaction", one, NULL, via);
	case SQLITE_PRAGMA:
		/* Full-text indexes ask whether they have changed; it has no argument and changes nothing. */
		return a->shadow_count > 0 && one && !two && strcmp(one, "data_version") == 0
			   ? SQLITE_OK
			   : deny(a, "pragma", one, NULL, via);
	case SQLITE_FUNCTION:
		return sqlite_function_allowed(slice_cstr(two)) ? SQLITE_OK
								: deny(a, "function", two, NULL, via);
	case SQLITE_READ:
		if (one && (!two || !*two) && (!db || strcmp(db, "main") == 0) &&
		    allows_rows(a, slice_cstr(one), slice_cstr(via)))
			return SQLITE_OK;
		break;
	default:
		break;
	}
	if (!one || !db || strcmp(db, "main") != 0)
		return deny(a, "a statement that is not about rows", one, two, via);
	switch (action) {
	case SQLITE_READ:
		return row(a, one, two, SQL_READ, via);
	case SQLITE_INSERT:
		return row(a, one, NULL, SQL_INSERT, via);
	case SQLITE_UPDATE:
		return row(a, one, two, SQL_UPDATE, via);
	case SQLITE_DELETE:
		return row(a, one, NULL, SQL_DELETE, via);
	default:
		return deny(a, "a statement that is not about rows", one, two, via);
	}
}

void authority_install(struct authority *a, sqlite3 *db)
{
	(void)sqlite3_set_authorizer(db, authorize, a);
}

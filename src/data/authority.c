/* Enforcement on SQLite. Called by SQLite while a session prepares; trusts the contract, not the statement.
 */
#include "data/authority.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "data/sqlite_open.h"

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
	*a = (struct authority){0};
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

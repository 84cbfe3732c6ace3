/*
 * Whose rows a query reaches. A table may name the column that holds a row's owner or tenant; a query that a
 * user can reach must then bind it to the caller, or its author says beside the query why it need not.
 *
 * Roles and API scopes act for the app, not for the owner of a row: owners do not bind them, tenants do.
 */
#include "app/checks.h"

static const struct sql_table *table_of(const struct app *app, struct slice name)
{
	for (size_t i = 0; i < app->schema.table_count; i++)
		if (slice_eq(app->schema.tables[i].name, name))
			return &app->schema.tables[i];
	return NULL;
}

void check_rows(const struct app *app, const struct manifest_function *f, const struct sql_query *q,
    struct text_place place, struct diagnostics *diagnostics)
{
	if (q->unbound_table.len == 0 || q->unowned_reason.len)
		return;
	const struct sql_table *table = table_of(app, q->unbound_table);
	bool for_app = f->auth.kind == AUTH_ROLE || f->auth.kind == AUTH_SCOPE;
	if (!table || (for_app && table->tenant_column.len == 0))
		return;
	struct slice column =
	    table->owner_column.len && !for_app ? table->owner_column : table->tenant_column;
	const char *parameter = slice_eq(column, table->owner_column) ? "auth_user" : "auth_tenant";
	CLEANUP_BUF struct buf hint = BUF_INIT(512);
	buf_printf(&hint,
	    "constrain it in %.*s:%u with `%.*s = :%s`, or write below it `-- ward: unowned because REASON`",
	    SLICE_ARG(q->file), q->line, SLICE_ARG(column), parameter);
	refuse_place(diagnostics, place, DIAGNOSTIC_ERROR, "other-peoples-rows", buf_cstr(&hint),
	    "%.*s lets whoever calls %.*s reach rows of %.*s that belong to others (%.*s)",
	    SLICE_ARG(q->name), SLICE_ARG(f->name), SLICE_ARG(table->name), SLICE_ARG(column));
}

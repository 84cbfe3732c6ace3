/* From trees to rights. Called by derive_postgres.c inside its transaction, which is rolled back. */
#include "data/postgres/pg_reach.h"

#include <stdio.h>

#include "base/check.h"
#include "data/postgres/pg_tree.h"

#define FOLLOW_DEPTH_MAX 12u
#define FIRST_USER_OID 16384u /* FirstNormalObjectId */

result pg_reach_init(
    struct pg_reach *r, PGconn *c, const struct pg_catalog *catalog, struct arena *scratch, struct error *err)
{
	*r = (struct pg_reach){.c = c, .catalog = catalog};
	return reach_init(&r->reach, &catalog->catalog, scratch, err);
}

/* How far from the statement we are: whose rights count, and through what. */
struct path {
	struct slice via;
};

static result follow_tree(struct pg_reach *r, struct slice text, const struct path *path, struct error *err);
static result follow_changes(struct pg_reach *r, size_t table, enum sql_operation op, struct slice columns,
    const struct path *path, struct error *err);

static const struct catalog_table *table_of(const struct pg_reach *r, size_t i)
{
	return &r->catalog->catalog.tables[i];
}

static void add(
    struct pg_reach *r, size_t table, size_t column, enum sql_operation op, const struct path *path)
{
	const struct catalog_table *t = table_of(r, table);
	reach_add(&r->reach, t->name, t->columns[column].name, op, path->via);
	if (op == SQL_READ)
		reach_add_sources(&r->reach, t, &t->columns[column]);
}

/* A right on no column in particular, as for count(*) or FOR UPDATE: the server wants one on any, so it is
 * the key. */
static void add_key(struct pg_reach *r, size_t table, enum sql_operation op, const struct path *path)
{
	if (table_of(r, table)->column_count > 0)
		add(r, table, r->catalog->tables[table].key, op, path);
}

static void add_columns(
    struct pg_reach *r, size_t table, struct slice set, enum sql_operation op, const struct path *path)
{
	int number;
	bool any = false;
	while (pg_tree_column(&set, &number)) {
		any = true;
		int column = pg_catalog_column(r->catalog, table, number);
		if (column >= 0)
			add(r, table, (size_t)column, op, path);
		else if (number == 0)
			for (size_t i = 0; i < table_of(r, table)->column_count; i++)
				add(r, table, i, op, path);
		else
			add_key(r, table, op, path);
	}
	if (!any)
		add_key(r, table, op, path);
}

static void note_opaque(struct pg_reach *r, const char *what, struct slice name, struct slice on)
{
	if (!r->opaque[0])
		(void)snprintf(r->opaque, sizeof r->opaque, "%s %.*s%s%.*s", what, SLICE_ARG(name),
		    on.len ? " of " : "", SLICE_ARG(on));
}

/* A function with a body that the server has parsed is followed; one that runs as its owner is a door that is
 * named. */
static result follow_function(struct pg_reach *r, const char *kind, const PGresult *rows, int row,
    struct slice on, const struct path *path, struct error *err)
{
	struct slice name = pg_cell(rows, row, 0);
	bool definer = PQgetvalue(rows, row, 1)[0] == 't';
	struct slice body = pg_cell(rows, row, 2);
	struct path inside = *path;
	char label[PG_NAME_MAX * 2];
	if (definer) {
		(void)snprintf(label, sizeof label, "%.*s()", SLICE_ARG(name));
		inside.via = slice_cstr(label);
		reach_add(&r->reach, inside.via, SLICE_NONE, SQL_READ, inside.via);
	}
	if (body.ptr)
		return follow_tree(r, body, &inside, err);
	if (!definer && path->via.len == 0)
		note_opaque(r, kind, name, on);
	return RESULT_OK;
}

/* Built-in functions that run SQL of their own, change who one is, reach files or wait. */
static bool is_refused(struct slice name)
{
	static const char *const prefixes[] = {"pg_", "lo_", "dblink", "query_to_xml", "table_to_xml",
	    "schema_to_xml", "database_to_xml", "cursor_to_xml", "set_config", "currtid", "ts_stat", "has_",
	    "row_security"};
	static const char *const harmless[] = {"pg_column_size", "pg_size_pretty", "pg_typeof"};
	for (size_t i = 0; i < ARRAY_LEN(harmless); i++)
		if (slice_eq_cstr(name, harmless[i]))
			return false;
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
		if (slice_starts(name, slice_cstr(prefixes[i])))
			return true;
	return false;
}

static result take_function(struct pg_reach *r, uint32_t oid, const struct path *path, struct error *err)
{
	char text[16];
	const char *value = text;
	CLEANUP_PG PGresult *rows = NULL;
	(void)snprintf(text, sizeof text, "%u", oid);
	TRY(pg_query(r->c,
	    "SELECT proname, prosecdef, prosqlbody, prolang = 12 OR prolang = 13 FROM pg_proc WHERE oid = "
	    "$1::oid",
	    1, &value, err, &rows));
	if (PQntuples(rows) != 1)
		return RESULT_OK;
	if (oid < FIRST_USER_OID) {
		if (is_refused(pg_cell(rows, 0, 0)) && !r->refused[0])
			(void)snprintf(r->refused, sizeof r->refused, "%s", PQgetvalue(rows, 0, 0));
		return RESULT_OK;
	}
	/* C code of an extension, installed by a superuser. */
	if (PQgetvalue(rows, 0, 3)[0] == 't')
		return RESULT_OK;
	return follow_function(r, "the function", rows, 0, SLICE_NONE, path, err);
}

static result follow_triggers(
    struct pg_reach *r, size_t table, enum sql_operation op, const struct path *path, struct error *err)
{
	/* tgtype: TRIGGER_TYPE_INSERT 4, DELETE 8, UPDATE 16 (src/include/catalog/pg_trigger.h). */
	static const char *const bits[] = {[SQL_INSERT] = "4", [SQL_UPDATE] = "16", [SQL_DELETE] = "8"};
	char text[16];
	const char *values[] = {text, bits[op]};
	CLEANUP_PG PGresult *rows = NULL;
	(void)snprintf(text, sizeof text, "%u", r->catalog->tables[table].oid);
	TRY(pg_query(r->c,
	    "SELECT p.proname, p.prosecdef, p.prosqlbody FROM pg_trigger t JOIN pg_proc p ON p.oid = "
	    "t.tgfoid "
	    "WHERE t.tgrelid = $1::oid AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND t.tgtype & $2::int "
	    "<> 0 ORDER BY t.tgname",
	    2, values, err, &rows));
	for (int i = 0; i < PQntuples(rows); i++)
		TRY(follow_function(r, "the trigger function", rows, i, table_of(r, table)->name, path, err));
	return RESULT_OK;
}

static bool changes(const struct pg_reach *r, size_t table, struct slice set, int number)
{
	int n;
	(void)r;
	(void)table;
	while (pg_tree_column(&set, &n))
		if (n == number)
			return true;
	return false;
}

/* Actions and checks of foreign keys run as the table's owner: they need no right of the caller's, but they
 * happen. */
static result follow_children(
    struct pg_reach *r, size_t table, enum sql_operation op, struct slice set, struct error *err)
{
	char text[16];
	char via[PG_NAME_MAX * 3];
	const char *value = text;
	CLEANUP_PG PGresult *rows = NULL;
	(void)snprintf(text, sizeof text, "%u", r->catalog->tables[table].oid);
	TRY(pg_query(r->c,
	    "SELECT k.conrelid, unnest(k.conkey), unnest(k.confkey), k.confdeltype, k.confupdtype FROM "
	    "pg_constraint k "
	    "WHERE k.contype = 'f' AND k.confrelid = $1::oid ORDER BY k.oid",
	    1, &value, err, &rows));
	for (int i = 0; i < PQntuples(rows); i++) {
		int child = pg_catalog_table(r->catalog, pg_cell_oid(rows, i, 0));
		int column = child < 0
				 ? -1
				 : pg_catalog_column(r->catalog, (size_t)child, (int)pg_cell_oid(rows, i, 1));
		char action = PQgetvalue(rows, i, op == SQL_DELETE ? 3 : 4)[0];
		if (column < 0 || (op == SQL_UPDATE && !changes(r, table, set, (int)pg_cell_oid(rows, i, 2))))
			continue;
		const struct catalog_table *t = table_of(r, (size_t)child);
		(void)snprintf(
		    via, sizeof via, "%.*s.%.*s", SLICE_ARG(t->name), SLICE_ARG(t->columns[column].name));
		const struct path path = {slice_cstr(via)};
		add(r, (size_t)child, (size_t)column, SQL_READ, &path);
		if (action == 'a' || action == 'r')
			continue;
		bool deletes = op == SQL_DELETE && action == 'c';
		if (deletes)
			reach_add(&r->reach, t->name, SLICE_NONE, SQL_DELETE, path.via);
		else
			add(r, (size_t)child, (size_t)column, SQL_UPDATE, &path);
		TRY(follow_changes(
		    r, (size_t)child, deletes ? SQL_DELETE : SQL_UPDATE, SLICE_NONE, &path, err));
	}
	return RESULT_OK;
}

static result follow_parents(struct pg_reach *r, size_t table, struct slice set, bool all, struct error *err)
{
	const struct catalog_table *t = table_of(r, table);
	char via[PG_NAME_MAX * 3];
	for (size_t i = 0; i < t->column_count; i++) {
		const struct catalog_column *c = &t->columns[i];
		const struct catalog_table *parent = catalog_find(&r->catalog->catalog, c->references_table);
		int key = parent && c->references_table.len
			      ? catalog_column_index(parent, c->references_column)
			      : -1;
		if (key < 0 || (!all && !changes(r, table, set, r->catalog->tables[table].numbers[i])))
			continue;
		(void)snprintf(via, sizeof via, "%.*s.%.*s", SLICE_ARG(t->name), SLICE_ARG(c->name));
		reach_add(&r->reach, parent->name, parent->columns[key].name, SQL_READ, slice_cstr(via));
	}
	(void)err;
	return RESULT_OK;
}

static result follow_changes(struct pg_reach *r, size_t table, enum sql_operation op, struct slice columns,
    const struct path *path, struct error *err)
{
	if (r->depth >= FOLLOW_DEPTH_MAX) {
		note_opaque(
		    r, "a chain of foreign keys or triggers through", table_of(r, table)->name, SLICE_NONE);
		return RESULT_OK;
	}
	r->depth++;
	result done = follow_triggers(r, table, op, path, err);
	if (is_ok(done) && op != SQL_INSERT)
		done = follow_children(r, table, op, columns, err);
	if (is_ok(done) && op != SQL_DELETE)
		done = follow_parents(r, table, columns, op == SQL_INSERT, err);
	r->depth--;
	return done;
}

/* What a view reads is read with its owner's rights, so the caller has them inside the view only. */
static result follow_view(struct pg_reach *r, size_t view, const struct pg_tree_relation *rights,
    const struct path *path, struct error *err)
{
	char text[16];
	const char *value = text;
	CLEANUP_PG PGresult *rows = NULL;
	(void)snprintf(text, sizeof text, "%u", r->catalog->tables[view].oid);
	if (r->depth >= FOLLOW_DEPTH_MAX || r->catalog->tables[view].kind == 'm')
		return RESULT_OK;
	TRY(pg_query(r->c,
	    "SELECT ev_action FROM pg_rewrite WHERE ev_class = $1::oid AND rulename = '_RETURN'", 1, &value,
	    err, &rows));
	if (PQntuples(rows) != 1)
		return RESULT_OK;
	const struct path inside = {
	    r->catalog->tables[view].security_invoker ? path->via : table_of(r, view)->name};
	r->depth++;
	result done = follow_tree(r, pg_cell(rows, 0, 0), &inside, err);
	r->depth--;
	/* Changes through a view are changes of what it stands on; which columns they are, its definition
	 * tells. */
	if (is_ok(done) && (rights->rights & (PG_ACL_INSERT | PG_ACL_UPDATE | PG_ACL_DELETE)))
		note_opaque(r, "a change through the view", table_of(r, view)->name, SLICE_NONE);
	return done;
}

static result take_relation(
    struct pg_reach *r, const struct pg_tree_relation *relation, const struct path *path, struct error *err)
{
	static const struct {
		uint32_t bit;
		enum sql_operation op;
	} rights[] = {{PG_ACL_SELECT, SQL_READ}, {PG_ACL_INSERT, SQL_INSERT}, {PG_ACL_UPDATE, SQL_UPDATE},
	    {PG_ACL_DELETE, SQL_DELETE}};
	const struct slice columns[] = {[SQL_READ] = relation->selected,
	    [SQL_INSERT] = relation->inserted,
	    [SQL_UPDATE] = relation->updated,
	    [SQL_DELETE] = SLICE_NONE};
	int table = pg_catalog_table(r->catalog, relation->relation);
	if (table < 0) {
		(void)snprintf(r->refused, sizeof r->refused, "%s", "a table of the server's own");
		return RESULT_OK;
	}
	for (size_t i = 0; i < ARRAY_LEN(rights); i++) {
		enum sql_operation op = rights[i].op;
		if (!(relation->rights & rights[i].bit))
			continue;
		if (op == SQL_DELETE)
			reach_add(&r->reach, table_of(r, (size_t)table)->name, SLICE_NONE, op, path->via);
		else
			add_columns(r, (size_t)table, columns[op], op, path);
		if (op != SQL_READ)
			TRY(follow_changes(r, (size_t)table, op, columns[op], path, err));
	}
	return table_of(r, (size_t)table)->is_view ? follow_view(r, (size_t)table, relation, path, err)
						   : RESULT_OK;
}

static result follow_tree(struct pg_reach *r, struct slice text, const struct path *path, struct error *err)
{
	struct pg_tree tree = {.rest = text};
	struct pg_tree_relation relation;
	uint32_t function;
	while (pg_tree_next(&tree, &relation, &function)) {
		if (function)
			TRY(take_function(r, function, path, err));
		else
			TRY(take_relation(r, &relation, path, err));
	}
	return RESULT_OK;
}

result pg_reach_statement(struct pg_reach *r, struct slice sql, const char *types, struct error *err)
{
	const struct path direct = {SLICE_NONE};
	CLEANUP_PG PGresult *rows = NULL;
	TRY(pg_runf(r->c, err,
	    "CREATE OR REPLACE FUNCTION pg_temp.ward_probe(%s) RETURNS void LANGUAGE sql BEGIN ATOMIC %.*s; "
	    "END",
	    types, SLICE_ARG(sql)));
	TRY(pg_query(r->c,
	    "SELECT prosqlbody FROM pg_proc WHERE proname = 'ward_probe' AND pronamespace = "
	    "pg_my_temp_schema()",
	    0, NULL, err, &rows));
	result done = PQntuples(rows) == 1
			  ? follow_tree(r, pg_cell(rows, 0, 0), &direct, err)
			  : error_set(err, ERR_INTERNAL, "PostgreSQL kept no body of the statement");
	if (is_ok(done))
		done = pg_runf(r->c, err, "DROP FUNCTION pg_temp.ward_probe(%s)", types);
	return done;
}

static result own_view(
    PGconn *c, struct pg_catalog *catalog, size_t view, struct arena *scratch, struct error *err)
{
	struct pg_reach r;
	struct catalog_table *t = &catalog->catalog.tables[view];
	const struct pg_tree_relation none = {0};
	const struct path direct = {SLICE_NONE};
	arena_clear(scratch);
	TRY(pg_reach_init(&r, c, catalog, scratch, err));
	TRY(follow_view(&r, view, &none, &direct, err));
	for (size_t i = 0; i < r.reach.count; i++) {
		const struct catalog_table *from = catalog_find(&catalog->catalog, r.reach.grants[i].table);
		for (int k = 0; from && k < ROW_KEY_COUNT; k++)
			t->row_key_hidden[k] =
			    t->row_key_hidden[k] || (from->row_key[k].len > 0 && t->row_key[k].len == 0);
	}
	return RESULT_OK;
}

result pg_reach_own_views(PGconn *c, struct pg_catalog *catalog, struct arena *scratch, struct error *err)
{
	for (size_t i = 0; i < catalog->catalog.table_count; i++)
		if (catalog->catalog.tables[i].is_view)
			TRY(own_view(c, catalog, i, scratch, err));
	return RESULT_OK;
}

/* What the database says about one query, and what follows from it. */
#include "data/derive_query.h"

#include <stdlib.h>

#include "data/infer.h"
#include "data/reach.h"
#include "data/sqlite_open.h"

static bool is_plain_name(struct slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
		if (!letter && !(i > 0 && c >= '0' && c <= '9'))
			return false;
	}
	return name.len > 0 && name.len < SQL_MEMBER_MAX;
}

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

static bool check_kind(struct derivation *d, const struct query_source *source, sqlite3_stmt *statement)
{
	const struct sql_query *q = &source->query;
	bool rows = sqlite3_column_count(statement) > 0;
	if (sqlite3_stmt_isexplain(statement)) {
		finder_add(d->finder, source->in, source->tokens[0].text, "sql-refused", "",
		    "a query may not be EXPLAIN");
		return false;
	}
	if (rows == (q->kind != QUERY_EXEC))
		return true;
	finder_add(d->finder, source->in, source->name_at, "sql-query-kind",
	    rows ? "write :one or :many" : "write :exec, or add RETURNING",
	    rows ? "%.*s is :exec and returns rows" : "%.*s returns no rows", SLICE_ARG(q->name));
	return false;
}

static struct query_type_note *find_note(struct query_source *source, bool of_column, struct slice name)
{
	for (size_t i = 0; i < source->note_count; i++)
		if (source->notes[i].of_column == of_column && slice_eq_nocase(source->notes[i].name, name)) {
			source->notes[i].used = true;
			return &source->notes[i];
		}
	return NULL;
}

/* Two columns that would be one member of the row. */
static void check_double(struct derivation *d, const struct query_source *source, size_t i)
{
	char mine[SQL_MEMBER_MAX];
	char other[SQL_MEMBER_MAX];
	const struct sql_query *q = &source->query;
	struct slice member = sql_member_name(q->columns[i].name, mine);
	for (size_t k = 0; k < i; k++)
		if (slice_eq(member, sql_member_name(q->columns[k].name, other))) {
			finder_add(d->finder, source->in, source->name_at, "sql-column-name",
			    "give one of them another name with AS", "two columns of %.*s are called %.*s",
			    SLICE_ARG(q->name), SLICE_ARG(member));
			return;
		}
}

static void type_column(struct derivation *d, struct query_source *source, sqlite3_stmt *statement, int i,
    const struct infer *infer)
{
	struct sql_column *c = &source->query.columns[i];
	bool counted = !infer->lost && infer->result.count == (size_t)sqlite3_column_count(statement);
	const struct query_type_note *note = find_note(source, true, c->name);
	c->type = catalog_type(slice_cstr(sqlite3_column_decltype(statement, i)));
	c->nullable = true;
	if (counted) {
		const struct infer_value *v = &infer->result.items[i].value;
		c->nullable = v->nullable;
		if (v->known)
			c->type = v->type;
	}
	if (note) {
		c->type = note->type;
		c->nullable = note->nullable;
	} else if (c->type == SQL_ANY) {
		finder_add(d->finder, source->in, source->name_at, "sql-column-type",
		    "write CAST(... AS INTEGER), or a line `-- column: NAME TYPE` above the statement",
		    "the type of the column %.*s of %.*s cannot be told", SLICE_ARG(c->name),
		    SLICE_ARG(source->query.name));
	}
}

static result read_columns(struct derivation *d, struct query_source *source, sqlite3_stmt *statement,
    const struct infer *infer, struct error *err)
{
	struct sql_query *q = &source->query;
	int count = sqlite3_column_count(statement);
	q->columns = arena_array(d->arena, (size_t)count + 1, sizeof *q->columns);
	if (!q->columns)
		return error_set(err, ERR_MEMORY, "no memory for columns");
	for (int i = 0; i < count; i++) {
		q->columns[i] = (struct sql_column){
		    .name = arena_copy(d->arena, slice_cstr(sqlite3_column_name(statement, i)))};
		q->column_count = (size_t)i + 1;
		if (!is_plain_name(q->columns[i].name)) {
			finder_add(d->finder, source->in, source->name_at, "sql-column-name",
			    "write ... AS total", "column %d of %.*s needs a name", i + 1,
			    SLICE_ARG(q->name));
			continue;
		}
		type_column(d, source, statement, i, infer);
		check_double(d, source, (size_t)i);
	}
	return RESULT_OK;
}

static struct slice first_use(const struct query_source *source, struct slice name)
{
	for (size_t i = 0; i < source->token_count; i++) {
		struct slice text = source->tokens[i].text;
		if (source->tokens[i].kind == SQL_TOKEN_PARAM &&
		    slice_eq(slice_of(text.ptr + 1, text.len - 1), name))
			return text;
	}
	return source->name_at;
}

static void type_params(struct derivation *d, struct query_source *source, const struct infer *infer)
{
	struct sql_query *q = &source->query;
	char mine[SQL_MEMBER_MAX];
	char other[SQL_MEMBER_MAX];
	for (size_t i = 0; i < q->param_count; i++) {
		struct sql_param *p = &q->params[i];
		const struct query_type_note *note = find_note(source, false, p->name);
		if (note) {
			p->type = note->type;
			p->nullable = note->nullable;
		} else if (p->host != SQL_HOST_NONE && !infer->param_known[i]) {
			p->type = p->host == SQL_HOST_NOW ? SQL_INTEGER : SQL_TEXT;
		} else if (!infer->param_known[i]) {
			finder_add(d->finder, source->in, first_use(source, p->name), "sql-param-type",
			    "write a line `-- param: NAME TYPE` above the statement",
			    "the type of :%.*s cannot be told", SLICE_ARG(p->name));
		}
		for (size_t k = 0; k < i; k++)
			if (slice_eq(
				sql_member_name(p->name, mine), sql_member_name(q->params[k].name, other)))
				finder_add(d->finder, source->in, first_use(source, p->name), "sql-param",
				    "rename one of them", "two parameters are called %s", mine);
	}
	for (size_t i = 0; i < source->note_count; i++)
		if (!source->notes[i].used)
			finder_add(d->finder, source->in, source->notes[i].where, "sql-type-note", "",
			    "the query has no %s %.*s", source->notes[i].of_column ? "column" : "parameter",
			    SLICE_ARG(source->notes[i].name));
}

static bool seen(const struct infer *infer, const struct catalog_table *table)
{
	for (const struct infer_source *s = infer->all; s; s = s->all_next)
		if (s->table == table)
			return true;
	return false;
}

/*
 * A table that the database was asked for by the statement itself, and that the reader of the statement did
 * not see, is not bound, whatever the reader thinks.
 */
static void check_rows(
    struct derivation *d, struct query_source *source, struct infer *infer, const struct reach *reach)
{
	struct sql_query *q = &source->query;
	infer_rows(infer);
	for (size_t i = 0; i < reach->count; i++) {
		const struct catalog_table *t = catalog_find(d->catalog, reach->grants[i].table);
		bool keyed = t && (t->row_key[ROW_OWNER].len || t->row_key[ROW_TENANT].len);
		if (keyed && reach->grants[i].via.len == 0 && (infer->lost || !seen(infer, t))) {
			q->unbound_table = t->name;
			q->constrains_owner = false;
		}
	}
	if (q->unbound_table.len == 0 || q->unowned_reason.len > 0)
		return;
	const struct catalog_table *t = catalog_find(d->catalog, q->unbound_table);
	bool owner = t && (t->row_key[ROW_OWNER].len > 0 || t->row_key_hidden[ROW_OWNER]);
	finder_add(d->finder, source->in, source->name_at, "sql-unbound-rows",
	    owner ? "add `= :auth_user` on its owner column, or write `-- ward: unowned because REASON`"
		  : "add `= :auth_tenant` on its tenant column, or write `-- ward: unowned because REASON`",
	    "%.*s reaches rows of %.*s that are not the caller's", SLICE_ARG(q->name),
	    SLICE_ARG(q->unbound_table));
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
		if (writes && ((replaces && g.via.len == 0) || (t && t->replaces)))
			reach_add(reach, g.table, SLICE_NONE, SQL_DELETE, g.via);
	}
}

static result derive_prepared(struct derivation *d, struct query_source *source, sqlite3_stmt *statement,
    struct reach *reach, struct error *err)
{
	struct infer *infer = arena_zalloc(&d->scratch, sizeof *infer);
	if (!infer)
		return error_set(err, ERR_MEMORY, "no memory for types");
	if (!check_kind(d, source, statement))
		return RESULT_OK;
	infer->catalog = d->catalog;
	infer->query = source;
	infer->arena = &d->scratch;
	infer->lost = !infer_query(infer);
	type_params(d, source, infer);
	TRY(read_columns(d, source, statement, infer, err));
	check_rows(d, source, infer, reach);
	/* The catalog outlives the scratch arena, so the name that check_rows() found stays. */
	add_replaced(d, source, reach);
	reach_sort(reach);
	return reach_copy(reach, d->arena, err, &source->query.grants, &source->query.grant_count);
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

/* What follows from what the database says about one query. Called by derive_sqlite.c and derive_postgres.c.
 */
#include "data/derive/derive_query.h"

#include <stdlib.h>

#include "data/derive/infer.h"

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

static bool check_kind(struct derivation *d, const struct query_source *source, const struct described *told)
{
	const struct sql_query *q = &source->query;
	bool rows = told->column_count > 0;
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

static void type_column(struct derivation *d, struct query_source *source, const struct described *told,
    size_t i, const struct infer *infer)
{
	struct sql_column *c = &source->query.columns[i];
	bool counted = !infer->lost && infer->result.count == told->column_count;
	const struct query_type_note *note = find_note(source, true, c->name);
	c->type = told->columns[i].type;
	c->nullable = true;
	if (counted) {
		const struct infer_value *v = &infer->result.items[i].value;
		c->nullable = v->nullable;
		if (v->known && !told->typed)
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

static result read_columns(struct derivation *d, struct query_source *source, const struct described *told,
    const struct infer *infer, struct error *err)
{
	struct sql_query *q = &source->query;
	q->columns = arena_array(d->arena, told->column_count + 1, sizeof *q->columns);
	if (!q->columns)
		return error_set(err, ERR_MEMORY, "no memory for columns");
	for (size_t i = 0; i < told->column_count; i++) {
		q->columns[i] = (struct sql_column){.name = arena_copy(d->arena, told->columns[i].name)};
		q->column_count = i + 1;
		if (!is_plain_name(q->columns[i].name)) {
			finder_add(d->finder, source->in, source->name_at, "sql-column-name",
			    "write ... AS total", "column %zu of %.*s needs a name", i + 1,
			    SLICE_ARG(q->name));
			continue;
		}
		type_column(d, source, told, i, infer);
		check_double(d, source, i);
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

static void type_params(struct derivation *d, struct query_source *source, const struct described *told,
    const struct infer *infer)
{
	struct sql_query *q = &source->query;
	char mine[SQL_MEMBER_MAX];
	char other[SQL_MEMBER_MAX];
	for (size_t i = 0; i < q->param_count; i++) {
		struct sql_param *p = &q->params[i];
		const struct query_type_note *note = find_note(source, false, p->name);
		bool known = infer->param_known[i];
		/* The server's word, but for numbers that are large to it and small to everyone else, as in
		 * LIMIT. */
		if (told->param_types &&
		    !(known && p->type == SQL_INTEGER && told->param_types[i] == SQL_BIGINT)) {
			p->type = told->param_types[i];
			known = true;
		}
		if (note) {
			p->type = note->type;
			p->nullable = note->nullable;
		} else if (p->host != SQL_HOST_NONE && !known) {
			p->type = p->host == SQL_HOST_NOW ? SQL_INTEGER : SQL_TEXT;
		} else if (!known || (p->type == SQL_ANY && p->host == SQL_HOST_NONE)) {
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
}

/* A note about something that is not there is a slip of the pen. */
static void check_notes(struct derivation *d, const struct query_source *source)
{
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

/* A name with a quote in it is written with two, which this does not undo: it counts as there. */
static bool names(const struct query_source *source, struct slice table)
{
	for (size_t i = 0; i < table.len; i++)
		if (strchr("\"`]", table.ptr[i]))
			return true;
	for (size_t i = 0; i < source->token_count; i++)
		if (sql_token_is_name(source->tokens[i]) &&
		    slice_eq_nocase(sql_token_name(source->tokens[i]), table))
			return true;
	return false;
}

/*
 * A table that the database was asked for, that the statement names, and that the reader of the statement did
 * not see as a source is not bound, whatever the reader thinks. (What is not named is reached by foreign keys
 * and triggers, which the schema answers for.)
 */
static void check_rows(
    struct derivation *d, struct query_source *source, struct infer *infer, const struct reach *reach)
{
	struct sql_query *q = &source->query;
	infer_rows(infer);
	for (size_t i = 0; i < reach->count; i++) {
		const struct catalog_table *t = catalog_find(d->catalog, reach->grants[i].table);
		bool keyed = t && (t->row_key[ROW_OWNER].len || t->row_key[ROW_TENANT].len ||
				      t->row_key_hidden[ROW_OWNER] || t->row_key_hidden[ROW_TENANT]);
		if (keyed && reach->grants[i].via.len == 0 &&
		    (infer->lost || (names(source, t->name) && !seen(infer, t)))) {
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

/* Keeps the spelled-out statement when the database sees the same result in it. */
static void freeze_stars(struct derivation *d, struct query_source *source, const struct described *told,
    const struct infer *infer)
{
	struct slice sql = infer_edited(infer, d->arena);
	if (sql.ptr != source->query.sql.ptr && d->same_columns(d, source, sql, told))
		source->query.sql = sql;
}

result derive_described(struct derivation *d, struct query_source *source, const struct described *told,
    struct reach *reach, struct error *err)
{
	struct infer *infer = arena_zalloc(&d->scratch, sizeof *infer);
	if (!infer)
		return error_set(err, ERR_MEMORY, "no memory for types");
	if (!check_kind(d, source, told))
		return RESULT_OK;
	infer->catalog = d->catalog;
	infer->query = source;
	infer->arena = &d->scratch;
	infer->lost = !infer_query(infer);
	type_params(d, source, told, infer);
	TRY(read_columns(d, source, told, infer, err));
	check_notes(d, source);
	freeze_stars(d, source, told, infer);
	check_rows(d, source, infer, reach);
	reach_sort(reach);
	return reach_copy(reach, d->arena, err, &source->query.grants, &source->query.grant_count);
}

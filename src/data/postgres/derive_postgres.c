/* Queries described by a PostgreSQL server. Everything happens in one transaction that ends in a rollback. */
#include <stdio.h>
#include <stdlib.h>

#include "data/derive/derive_query.h"
#include "data/derive/infer.h"
#include "data/postgres/pg_migrate.h"
#include "data/postgres/pg_reach.h"
#include "data/postgres/pg_text.h"

#define SCRATCH_BYTES (64u << 20)
#define SQL_BYTES_MAX (1u << 20)

struct pg_derivation {
	struct derivation base;
	PGconn *c;
	const struct pg_catalog *catalog;
};

/* Types that the author gives are the server's to check, not to guess. 0: let it find out. */
static const struct {
	enum sql_type type;
	Oid oid;
} noted_types[] = {{SQL_INTEGER, 23}, {SQL_REAL, 701}, {SQL_TEXT, 25}, {SQL_BLOB, 17}, {SQL_BOOLEAN, 16},
    {SQL_DATE, 1184}, {SQL_BIGINT, 20}, {SQL_JSON, 3802}, {SQL_NUMERIC, 1700}};

static Oid noted_oid(const struct query_source *source, struct slice name)
{
	for (size_t i = 0; i < source->note_count; i++) {
		if (source->notes[i].of_column || !slice_eq(source->notes[i].name, name))
			continue;
		for (size_t k = 0; k < sizeof noted_types / sizeof *noted_types; k++)
			if (noted_types[k].type == source->notes[i].type)
				return noted_types[k].oid;
	}
	return 0;
}

static void tell_error(struct pg_derivation *d, const struct query_source *source, const PGresult *failed)
{
	const struct sql_query *q = &source->query;
	const char *position = PQresultErrorField(failed, PG_DIAG_STATEMENT_POSITION);
	const char *message = PQresultErrorField(failed, PG_DIAG_MESSAGE_PRIMARY);
	const char *hint = PQresultErrorField(failed, PG_DIAG_MESSAGE_HINT);
	struct slice at = SLICE_NONE;
	if (position)
		at = pg_text_token_at(q->sql, q->params, q->param_count, strtoul(position, NULL, 10));
	finder_add(d->base.finder, source->in, at.len ? at : source->tokens[0].text, "sql-error",
	    hint ? hint : "", "%s", message ? message : PQerrorMessage(d->c));
}

/* Prepares a text and returns what the server says about it, or NULL and *ret_failed. The caller clears both.
 */
static PGresult *describe_text(
    struct pg_derivation *d, const struct query_source *source, struct slice sql, PGresult **ret_failed)
{
	Oid types[QUERY_PARAMS_MAX];
	CLEANUP_BUF struct buf text = BUF_INIT(SQL_BYTES_MAX);
	const struct sql_query *q = &source->query;
	for (size_t i = 0; i < q->param_count; i++)
		types[i] = noted_oid(source, q->params[i].name);
	pg_text_translate(sql, q->params, q->param_count, &text);
	CLEANUP_PG PGresult *prepared = PQprepare(d->c, "", buf_cstr(&text), (int)q->param_count, types);
	if (PQresultStatus(prepared) != PGRES_COMMAND_OK) {
		*ret_failed = prepared;
		prepared = NULL;
		return NULL;
	}
	PGresult *described = PQdescribePrepared(d->c, "");
	if (PQresultStatus(described) == PGRES_COMMAND_OK)
		return described;
	*ret_failed = described;
	return NULL;
}

static bool same_columns(struct derivation *base, const struct query_source *source, struct slice sql,
    const struct described *told)
{
	struct pg_derivation *d = (struct pg_derivation *)base;
	CLEANUP_PG PGresult *failed = NULL;
	CLEANUP_PG PGresult *described = NULL;
	ignore_result(pg_run(d->c, "SAVEPOINT ward_star", NULL)); /* the next statement fails with it */
	described = describe_text(d, source, sql, &failed);
	bool same = described && (size_t)PQnfields(described) == told->column_count;
	for (size_t i = 0; same && i < told->column_count; i++)
		same = slice_eq_cstr(told->columns[i].name, PQfname(described, (int)i));
	ignore_result(pg_run(d->c, "ROLLBACK TO ward_star", NULL));
	return same;
}

static result tell_columns(
    struct pg_derivation *d, const PGresult *described, struct described *told, struct error *err)
{
	int count = PQnfields(described);
	told->columns = arena_array(&d->base.scratch, (size_t)count + 1, sizeof *told->columns);
	if (!told->columns)
		return error_set(err, ERR_MEMORY, "no memory for columns");
	for (int i = 0; i < count; i++) {
		struct described_column *c = &told->columns[i];
		c->name = slice_cstr(PQfname(described, i));
		if (!pg_type_of(d->c, PQftype(described, i), &c->type))
			c->type = SQL_ANY;
		/* count(*) and the like are bigint to the server; a column declared so is meant so. */
		if (c->type == SQL_BIGINT && PQftable(described, i) == 0)
			c->type = SQL_INTEGER;
	}
	told->column_count = (size_t)count;
	told->typed = true;
	return RESULT_OK;
}

/* The parameters' types for us, and as a list of names for CREATE FUNCTION. */
static result tell_params(struct pg_derivation *d, const struct query_source *source,
    const PGresult *described, struct described *told, struct buf *names, struct error *err)
{
	size_t count = (size_t)PQnparams(described);
	enum sql_type *types = arena_array(&d->base.scratch, count + 1, sizeof *types);
	if (!types)
		return error_set(err, ERR_MEMORY, "no memory for parameters");
	for (size_t i = 0; i < count && i < source->query.param_count; i++) {
		char oid[16];
		const char *value = oid;
		CLEANUP_PG PGresult *name = NULL;
		if (!pg_type_of(d->c, PQparamtype(described, (int)i), &types[i]))
			types[i] = SQL_ANY;
		(void)snprintf(oid, sizeof oid, "%u", PQparamtype(described, (int)i));
		TRY(pg_query(d->c, "SELECT format_type($1::oid, NULL)", 1, &value, err, &name));
		buf_printf(names, "%s%s", i ? ", " : "", PQgetvalue(name, 0, 0));
	}
	told->param_types = types;
	return RESULT_OK;
}

static bool tell_limits(
    struct pg_derivation *d, const struct query_source *source, const struct pg_reach *reach)
{
	if (reach->refused[0])
		finder_add(d->base.finder, source->in, source->tokens[0].text, "sql-refused", "",
		    "a query may not use %s", reach->refused);
	else if (reach->opaque[0])
		finder_add(d->base.finder, source->in, source->tokens[0].text, "sql-opaque",
		    "give the function a body of BEGIN ATOMIC, or make it SECURITY DEFINER; change tables, "
		    "not views",
		    "%.*s runs %s, whose reach cannot be seen", SLICE_ARG(source->query.name), reach->opaque);
	return !reach->refused[0] && !reach->opaque[0];
}

static result derive_one(struct pg_derivation *d, struct query_source *source, struct error *err)
{
	struct described told = {0};
	struct pg_reach reach;
	CLEANUP_BUF struct buf types = BUF_INIT(SQL_BYTES_MAX);
	CLEANUP_BUF struct buf text = BUF_INIT(SQL_BYTES_MAX);
	CLEANUP_PG PGresult *failed = NULL;
	CLEANUP_PG PGresult *described = describe_text(d, source, source->query.sql, &failed);
	if (!described) {
		tell_error(d, source, failed);
		return RESULT_OK;
	}
	TRY(tell_columns(d, described, &told, err));
	TRY(tell_params(d, source, described, &told, &types, err));
	TRY(pg_reach_init(&reach, d->c, d->catalog, &d->base.scratch, err));
	pg_text_translate(source->query.sql, source->query.params, source->query.param_count, &text);
	struct error why = {0};
	if (!is_ok(pg_reach_statement(&reach, buf_slice(&text), buf_cstr(&types), &why))) {
		finder_add(d->base.finder, source->in, source->tokens[0].text, "sql-refused", "",
		    "a query may only read and change rows: %s",
		    strncmp(why.text, "PostgreSQL: ", 12) == 0 ? why.text + 12 : why.text);
		return RESULT_OK;
	}
	if (!tell_limits(d, source, &reach))
		return RESULT_OK;
	return derive_described(&d->base, source, &told, &reach.reach, err);
}

static result derive_queries(struct pg_derivation *d, const struct query_sources *sources, struct error *err)
{
	for (size_t i = 0; i < sources->count; i++) {
		arena_clear(&d->base.scratch);
		TRY(pg_run(d->c, "SAVEPOINT ward_query", err));
		TRY(derive_one(d, sources->items[i], err));
		TRY(pg_run(d->c, "ROLLBACK TO ward_query", err));
	}
	return RESULT_OK;
}

/* *ret false: a migration does not run, and queries cannot be judged. */
static result migrate(PGconn *c, const struct migrations *all, struct finder *finder, struct arena *arena,
    struct error *err, bool *ret)
{
	struct migration_fault fault = {0};
	*ret = true;
	if (all->count == 0)
		return RESULT_OK;
	result r = pg_migrations_run(c, all, true, &fault, err, NULL);
	if (is_ok(r) || !fault.migration)
		return r;
	const struct sql_text text = {
	    slice_cstr(arena_printf(arena, "migrations/%.*s", SLICE_ARG(fault.migration->name))),
	    fault.migration->text};
	finder_add(finder, &text, fault.where, "sql-migration", "", "%s", fault.text);
	*ret = false;
	return RESULT_OK;
}

static result derive_in_transaction(PGconn *c, const char *app_dir, struct finder *finder,
    struct arena *arena, struct error *err, struct sql_schema *ret)
{
	struct migrations migrations;
	struct query_sources sources = {0};
	struct pg_catalog catalog = {0};
	bool migrated = false;
	TRY(migrations_read(app_dir, arena, err, &migrations));
	TRY(derive_gather(app_dir, true, finder, arena, err, &sources));
	TRY(migrate(c, &migrations, finder, arena, err, &migrated));
	if (migrated) {
		struct pg_derivation d = {.c = c, .catalog = &catalog};
		d.base = (struct derivation){.catalog = &catalog.catalog,
		    .finder = finder,
		    .arena = arena,
		    .same_columns = same_columns};
		arena_init(&d.base.scratch, SCRATCH_BYTES);
		result r = pg_catalog_read(c, &migrations, finder, arena, err, &catalog);
		if (is_ok(r))
			r = pg_reach_own_views(c, &catalog, &d.base.scratch, err);
		if (is_ok(r))
			r = infer_views(&catalog.catalog, &d.base.scratch, err);
		if (is_ok(r))
			r = derive_queries(&d, &sources, err);
		arena_done(&d.base.scratch);
		TRY(r);
	}
	return derive_finish(migrated ? &catalog.catalog : NULL, &sources, arena, err, ret);
}

result sql_derive_postgres(const char *app_dir, const char *url, sql_finding_fn *finding, void *context,
    struct arena *arena, struct error *err, struct sql_schema *ret)
{
	struct finder finder = {finding, context, 0};
	const struct pg_login login = {.lock_ms = 5000, .run_ms = 60000};
	PGconn *c = NULL;
	TRY(pg_connect(url, &login, err, &c));
	result r = pg_run(c, "BEGIN", err);
	if (is_ok(r))
		r = derive_in_transaction(c, app_dir, &finder, arena, err, ret);
	ignore_result(pg_run(c, "ROLLBACK", NULL)); /* closing the connection does the same */
	PQfinish(c);
	return r;
}

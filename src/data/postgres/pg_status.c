#include "data/postgres/pg_status.h"

#include <stdlib.h>
#include <string.h>

#include "data/migration.h"
#include "data/postgres/pg.h"
#include "data/remote.h"

#define ARENA_BYTES (64u << 20)

static const char server_sql[] =
    "SELECT current_database(), split_part(version(), ' ', 2), "
    "pg_size_pretty(pg_database_size(current_database())), "
    "CASE WHEN ssl THEN 'TLS' ELSE 'no TLS' END FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
/* What the planner believes; counting would read everything. */
static const char tables_sql[] =
    "SELECT c.oid::regclass::text, greatest(c.reltuples, 0)::bigint, "
    "pg_size_pretty(pg_total_relation_size(c.oid)) "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') "
    "AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'ward') ORDER BY 1";
static const char roles_sql[] =
    "SELECT count(*), (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename "
    "LIKE "
    "'ward\\_%') FROM pg_roles WHERE rolname LIKE 'ward\\_%' AND length(rolname) = 37";

static result recorded(PGconn *c, struct error *err, PGresult **ret)
{
	CLEANUP_PG PGresult *there = NULL;
	TRY(pg_query(c, "SELECT to_regclass('ward.migrations')::text", 0, NULL, err, &there));
	/* A database that ward has not touched has no such table, and gets none by being looked at. */
	const char *sql =
	    PQgetisnull(there, 0, 0)
		? "SELECT NULL, NULL, NULL, NULL WHERE false"
		: "SELECT number, name, checksum, applied_at FROM ward.migrations ORDER BY number";
	return pg_query(c, sql, 0, NULL, err, ret);
}

static int row_of(const PGresult *rows, uint32_t number)
{
	for (int i = 0; i < PQntuples(rows); i++)
		if (pg_cell_oid(rows, i, 0) == number)
			return i;
	return -1;
}

static result add_migrations(PGconn *c, const char *app_dir, struct buf *out, struct error *err)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT(ARENA_BYTES);
	CLEANUP_PG PGresult *rows = NULL;
	struct migrations all;
	TRY(migrations_read(app_dir, &arena, err, &all));
	TRY(recorded(c, err, &rows));
	for (size_t i = 0; i < all.count; i++) {
		int row = row_of(rows, all.items[i].number);
		bool same = row >= 0 && slice_eq_cstr(pg_cell(rows, row, 2), all.items[i].checksum);
		buf_printf(out, "%-40.*s %s %s\n", SLICE_ARG(all.items[i].name),
		    row < 0 ? "waiting"
		    : same  ? "applied"
			    : "CHANGED since it was applied",
		    row < 0 ? "" : PQgetvalue(rows, row, 3));
	}
	for (int row = 0; row < PQntuples(rows); row++) {
		bool known = false;
		for (size_t i = 0; i < all.count; i++)
			known = known || all.items[i].number == pg_cell_oid(rows, row, 0);
		if (!known)
			buf_printf(out, "%-40s MISSING, and applied\n", PQgetvalue(rows, row, 1));
	}
	return RESULT_OK;
}

static result add_server(PGconn *c, struct buf *out, struct error *err)
{
	CLEANUP_PG PGresult *server = NULL;
	CLEANUP_PG PGresult *tables = NULL;
	CLEANUP_PG PGresult *roles = NULL;
	TRY(pg_query(c, server_sql, 0, NULL, err, &server));
	TRY(pg_query(c, tables_sql, 0, NULL, err, &tables));
	TRY(pg_query(c, roles_sql, 0, NULL, err, &roles));
	if (PQntuples(server) == 1)
		buf_printf(out, "database %s on PostgreSQL %s, %s, %s\n", PQgetvalue(server, 0, 0),
		    PQgetvalue(server, 0, 1), PQgetvalue(server, 0, 2), PQgetvalue(server, 0, 3));
	for (int i = 0; i < PQntuples(tables); i++)
		buf_printf(out, "%-40s about %s rows, %s\n", PQgetvalue(tables, i, 0),
		    PQgetvalue(tables, i, 1), PQgetvalue(tables, i, 2));
	buf_printf(out, "%s roles of functions on this server, %s connections of theirs to this database\n",
	    PQgetvalue(roles, 0, 0), PQgetvalue(roles, 0, 1));
	return RESULT_OK;
}

result pg_status(const char *app_dir, const char *url, struct buf *out, struct error *err)
{
	const struct pg_login login = {.lock_ms = 5000, .run_ms = 60000};
	PGconn *c = NULL;
	TRY(pg_connect(url, &login, err, &c));
	result r = add_migrations(c, app_dir, out, err);
	if (is_ok(r))
		r = add_server(c, out, err);
	PQfinish(c);
	return r;
}

static const struct {
	const char *keyword, *variable;
} variables[] = {{"host", "PGHOST"}, {"hostaddr", "PGHOSTADDR"}, {"port", "PGPORT"}, {"dbname", "PGDATABASE"},
    {"user", "PGUSER"}, {"password", "PGPASSWORD"}};

result pg_environment(const char *url, struct error *err)
{
	struct sql_place place;
	TRY(sql_place_read(url, true, err, &place));
	PQconninfoOption *all = PQconninfoParse(url, NULL);
	bool set = all != NULL;
	for (const PQconninfoOption *o = all; set && o->keyword; o++)
		for (size_t i = 0; set && i < sizeof variables / sizeof *variables; i++)
			if (o->val && strcmp(o->keyword, variables[i].keyword) == 0)
				set = setenv(variables[i].variable, o->val, 1) == 0;
	PQconninfoFree(all);
	set = set && setenv("PGDATABASE", place.database, 1) == 0 && setenv("PGSSLMODE", place.tls, 1) == 0 &&
	      (!place.roots[0] || setenv("PGSSLROOTCERT", place.roots, 1) == 0);
	return set ? RESULT_OK : error_set(err, ERR_MEMORY, "no memory for the environment");
}

/* The matrix on PostgreSQL: a server of its own, a database a seed. Exits with 77 where PostgreSQL is not
 * installed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/postgres/pg.h"
#include "data/postgres/pg_migrate.h"
#include "matrix.h"
#include "postgres_server.h"

static struct postgres_server server;
static char url[300];

static result derive(const char *dir, sql_finding_fn *finding, void *context, struct arena *arena,
    struct error *err, struct sql_schema *ret)
{
	return sql_derive_postgres(dir, url, finding, context, arena, err, ret);
}

static result open_db(const char *dir, struct error *err, struct sql_db **ret)
{
	TRY(migrations_apply_to(dir, url, err, NULL));
	return sql_db_open(url, err, ret);
}

/*
 * The server asks for every right, but two: it wants one right of a kind on any column where no column is
 * named, and the right to read or change the key then stands for that.
 */
static bool is_needed(const struct sql_query *query, const struct sql_grant *grant)
{
	(void)query;
	return grant->via.len == 0;
}

static bool is_refusal(const char *log_text)
{
	return strncmp(log_text, "permission denied for ", 22) == 0;
}

static const struct matrix_backend postgres = {
    .name = "PostgreSQL",
    .queries = 150, /* a role is made for every set of grants that is tried, which takes its time */
    .insert_by_column = true,
    .schema = "CREATE FUNCTION log_order() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path "
	      "= public AS\n"
	      "$$BEGIN INSERT INTO audit (id, what, who) VALUES (NEW.id, NEW.status, NEW.user_id) ON "
	      "CONFLICT DO NOTHING; RETURN NEW; END$$;\n"
	      "CREATE TRIGGER log_orders AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION log_order();\n",
    .never = "false",
    .derive = derive,
    .open = open_db,
    .is_needed = is_needed,
    .is_refusal = is_refusal,
};

static unsigned run_seed(uint64_t seed)
{
	struct error err = {0};
	PGconn *owner = NULL;
	const struct pg_login login = {0};
	(void)snprintf(url, sizeof url, "%s", server.url);
	result r = pg_connect(url, &login, &err, &owner);
	if (is_ok(r))
		r = pg_runf(owner, &err, "CREATE DATABASE seed%llu", (unsigned long long)seed);
	PQfinish(owner);
	if (!is_ok(r)) {
		(void)printf("%s\n", err.text);
		return 1;
	}
	const char *rest = strstr(server.url, "/postgres?");
	(void)snprintf(url, sizeof url, "%.*s/seed%llu?%s", (int)(rest - server.url), server.url,
	    (unsigned long long)seed, rest + 10);
	return matrix_run(&postgres, seed);
}

int main(int argc, char **argv)
{
	unsigned disagreements = 0;
	if (!postgres_server_start(&server)) {
		(void)printf("skipped: PostgreSQL is not installed\n");
		return 77;
	}
	for (int i = 1; i < argc; i++)
		disagreements += run_seed(strtoull(argv[i], NULL, 10));
	if (argc == 1)
		disagreements = run_seed(1);
	postgres_server_stop(&server);
	return disagreements != 0;
}

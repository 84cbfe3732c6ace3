/* Roles from grants. Called when a session is opened, on the owner's connection. */
#include "data/postgres/pg_role.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

#define NAME_HASH_BYTES 16u

static const char *const rights[SQL_OPERATION_COUNT] = {
    [SQL_READ] = "SELECT", [SQL_INSERT] = "INSERT", [SQL_UPDATE] = "UPDATE", [SQL_DELETE] = "DELETE"};

result pg_secret_read(PGconn *owner, struct error *err, unsigned char ret_secret[PG_SECRET_BYTES])
{
	CLEANUP_PG PGresult *rows = NULL;
	unsigned char fresh[PG_SECRET_BYTES];
	char hex[PG_SECRET_BYTES * 2 + 1];
	const char *value = hex;
	size_t n = 0;
	if (sodium_init() < 0)
		return error_set(err, ERR_SYSTEM, "libsodium does not start");
	TRY(pg_run(owner,
	    "CREATE SCHEMA IF NOT EXISTS ward; REVOKE ALL ON SCHEMA ward FROM PUBLIC; CREATE TABLE IF NOT "
	    "EXISTS ward.secret "
	    "(one boolean PRIMARY KEY DEFAULT true CHECK (one), secret text NOT NULL)",
	    err));
	randombytes_buf(fresh, sizeof fresh);
	(void)sodium_bin2hex(hex, sizeof hex, fresh, sizeof fresh);
	TRY(pg_query(owner,
	    "WITH made AS (INSERT INTO ward.secret (secret) VALUES ($1) ON CONFLICT (one) DO UPDATE SET one "
	    "= true RETURNING secret) "
	    "SELECT secret FROM made",
	    1, &value, err, &rows));
	struct slice text = pg_cell(rows, 0, 0);
	if (sodium_hex2bin(ret_secret, PG_SECRET_BYTES, text.ptr, text.len, NULL, &n, NULL) != 0 ||
	    n != PG_SECRET_BYTES)
		return error_set(err, ERR_INVALID, "ward.secret is damaged");
	return RESULT_OK;
}

result pg_role_gather(const struct sql_query *const *queries, size_t count, struct arena *arena,
    struct error *err, struct sql_grant **ret_grants, size_t *ret_count)
{
	size_t total = 0;
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		total += queries[i]->grant_count;
	struct sql_grant *grants = arena_array(arena, total + 1, sizeof *grants);
	if (!grants)
		return error_set(err, ERR_MEMORY, "no memory for grants");
	total = 0;
	for (size_t i = 0; i < count; i++)
		for (size_t g = 0; g < queries[i]->grant_count; g++)
			grants[total++] = queries[i]->grants[g];
	qsort(grants, total, sizeof *grants, sql_grant_cmp);
	for (size_t i = 0; i < total; i++)
		if (i == 0 || sql_grant_cmp(&grants[i], &grants[kept - 1]) != 0)
			grants[kept++] = grants[i];
	*ret_grants = grants;
	*ret_count = kept;
	return RESULT_OK;
}

/* Rights inside views, triggers and foreign keys are their owners'. */
static bool is_direct(const struct sql_grant *g)
{
	return g->via.len == 0;
}

void pg_role_of(const char *database, const unsigned char secret[PG_SECRET_BYTES],
    const struct sql_grant *grants, size_t count, struct pg_role *ret)
{
	crypto_generichash_state state;
	unsigned char name[NAME_HASH_BYTES];
	unsigned char password[32];
	char hex[NAME_HASH_BYTES * 2 + 1];
	(void)crypto_generichash_init(&state, NULL, 0, sizeof name);
	(void)crypto_generichash_update(&state, (const unsigned char *)database, strlen(database) + 1);
	for (size_t i = 0; i < count; i++) {
		const struct sql_grant *g = &grants[i];
		const unsigned char op = (unsigned char)g->operation;
		if (!is_direct(g))
			continue;
		(void)crypto_generichash_update(&state, (const unsigned char *)g->table.ptr, g->table.len);
		(void)crypto_generichash_update(&state, (const unsigned char *)"\0", 1);
		(void)crypto_generichash_update(&state, (const unsigned char *)g->column.ptr, g->column.len);
		(void)crypto_generichash_update(&state, (const unsigned char *)"\0", 1);
		(void)crypto_generichash_update(&state, &op, 1);
	}
	(void)crypto_generichash_final(&state, name, sizeof name);
	(void)sodium_bin2hex(hex, sizeof hex, name, sizeof name);
	(void)snprintf(ret->name, sizeof ret->name, "ward_%s", hex);
	(void)crypto_generichash(password, sizeof password, (const unsigned char *)ret->name,
	    strlen(ret->name), secret, PG_SECRET_BYTES);
	(void)sodium_bin2hex(ret->password, sizeof ret->password, password, sizeof password);
}

/* "schema.table" of the catalog as two identifiers; plain names are in public. */
static void add_table(struct buf *out, struct slice table)
{
	struct slice rest = table;
	struct slice first = slice_cut(&rest, '.');
	pg_add_name(out, rest.ptr ? first : SLICE("public"));
	buf_add_char(out, '.');
	pg_add_name(out, rest.ptr ? rest : table);
}

static void add_grants(const struct sql_grant *grants, size_t count, const char *role, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct sql_grant *g = &grants[i];
		if (!is_direct(g))
			continue;
		buf_printf(out, "GRANT %s", rights[g->operation]);
		if (g->column.len) {
			buf_add_cstr(out, " (");
			pg_add_name(out, g->column);
			buf_add_char(out, ')');
		}
		buf_add_cstr(out, " ON ");
		add_table(out, g->table);
		buf_printf(out, " TO %s;", role);
	}
}

/* A serial column takes its number from a sequence, with the rights of who inserts. */
static result add_sequences(PGconn *owner, const struct sql_grant *grants, size_t count, const char *role,
    struct buf *out, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		CLEANUP_BUF struct buf table = BUF_INIT(1024);
		CLEANUP_PG PGresult *rows = NULL;
		if (!is_direct(&grants[i]) || grants[i].operation != SQL_INSERT ||
		    (i > 0 && grants[i - 1].operation == SQL_INSERT &&
			slice_eq(grants[i - 1].table, grants[i].table)))
			continue;
		add_table(&table, grants[i].table);
		const char *value = buf_cstr(&table);
		TRY(pg_query(owner,
		    "SELECT DISTINCT s.oid::regclass::text FROM pg_depend d JOIN pg_class s ON s.oid = "
		    "d.objid AND s.relkind = 'S' "
		    "WHERE d.classid = 'pg_class'::regclass AND d.refobjid = $1::regclass AND d.deptype = "
		    "'a'",
		    1, &value, err, &rows));
		for (int r = 0; r < PQntuples(rows); r++)
			buf_printf(out, "GRANT USAGE ON SEQUENCE %s TO %s;", PQgetvalue(rows, r, 0), role);
	}
	return RESULT_OK;
}

static const char schemas_sql[] =
    "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'";

/* Only a superuser may so much as take these attributes away; nobody but one can have given them. */
static const char known_sql[] = "SELECT rolsuper OR rolreplication OR rolbypassrls OR EXISTS (SELECT FROM "
				"pg_auth_members m WHERE m.member = r.oid) "
				"FROM pg_roles r WHERE rolname = $1";

static result make(PGconn *owner, const struct sql_grant *grants, size_t count, const struct pg_role *role,
    struct error *err)
{
	CLEANUP_BUF struct buf sql = BUF_INIT(4u << 20);
	CLEANUP_PG PGresult *schemas = NULL;
	CLEANUP_PG PGresult *known = NULL;
	const char *name = role->name;
	TRY(pg_query(owner, known_sql, 1, &name, err, &known));
	if (PQntuples(known) == 1 && PQgetvalue(known, 0, 0)[0] == 't')
		return error_set(err, ERR_DENIED,
		    "role %s has been given more than ward gave it: an attribute that goes past rights, or "
		    "membership in another role",
		    role->name);
	TRY(pg_query(owner, schemas_sql, 0, NULL, err, &schemas));
	if (PQntuples(known) == 0)
		buf_printf(&sql, "CREATE ROLE %s;", role->name);
	buf_printf(&sql, "ALTER ROLE %s LOGIN NOINHERIT NOCREATEDB NOCREATEROLE PASSWORD '%s';", role->name,
	    role->password);
	for (int i = 0; i < PQntuples(schemas); i++) {
		CLEANUP_BUF struct buf schema = BUF_INIT(256);
		pg_add_name(&schema, pg_cell(schemas, i, 0));
		buf_printf(&sql,
		    "REVOKE ALL ON ALL TABLES IN SCHEMA %s FROM %s; REVOKE ALL ON ALL SEQUENCES IN SCHEMA %s "
		    "FROM %s;",
		    buf_cstr(&schema), role->name, buf_cstr(&schema), role->name);
		if (!slice_eq_cstr(pg_cell(schemas, i, 0), "ward"))
			buf_printf(&sql, "GRANT USAGE ON SCHEMA %s TO %s;", buf_cstr(&schema), role->name);
	}
	add_grants(grants, count, role->name, &sql);
	TRY(add_sequences(owner, grants, count, role->name, &sql, err));
	if (!buf_ok(&sql))
		return error_set(err, ERR_LIMIT, "too many grants for one role");
	return pg_run(owner, buf_cstr(&sql), err);
}

/* Everything that the role can do to rows, from whatever it has it. */
static const char effective_sql[] =
    "SELECT CASE WHEN n.nspname = 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END, "
    "coalesce(a.attname, ''), p.op "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "CROSS JOIN (VALUES (0, 'SELECT'), (1, 'INSERT'), (2, 'UPDATE'), (3, 'DELETE'), (4, 'TRUNCATE'), (5, "
    "'TRIGGER')) p(op, word) "
    "LEFT JOIN pg_attribute a ON p.op < 3 AND a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
    "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> "
    "'information_schema' "
    "AND CASE WHEN p.op < 3 THEN has_column_privilege($1, c.oid, a.attnum, p.word) ELSE "
    "has_table_privilege($1, c.oid, p.word) END";

static bool is_granted(
    const struct sql_grant *grants, size_t count, struct slice table, struct slice column, uint32_t op)
{
	for (size_t i = 0; i < count; i++)
		if (is_direct(&grants[i]) && (uint32_t)grants[i].operation == op &&
		    slice_eq(grants[i].table, table) && slice_eq(grants[i].column, column))
			return true;
	return false;
}

static result check_effective(PGconn *owner, const struct sql_grant *grants, size_t count,
    const struct pg_role *role, struct error *err)
{
	CLEANUP_PG PGresult *rows = NULL;
	const char *name = role->name;
	size_t direct = 0;
	TRY(pg_query(owner, effective_sql, 1, &name, err, &rows));
	for (size_t i = 0; i < count; i++)
		direct += is_direct(&grants[i]) && (i == 0 || sql_grant_cmp(&grants[i - 1], &grants[i]) != 0);
	for (int i = 0; i < PQntuples(rows); i++) {
		uint32_t op = pg_cell_oid(rows, i, 2);
		if (op < SQL_OPERATION_COUNT &&
		    is_granted(grants, count, pg_cell(rows, i, 0), pg_cell(rows, i, 1), op))
			continue;
		return error_set(err, ERR_DENIED,
		    "%s.%s is open to every role of the database; REVOKE it FROM PUBLIC",
		    PQgetvalue(rows, i, 0), PQgetvalue(rows, i, 1));
	}
	if ((size_t)PQntuples(rows) != direct)
		return error_set(
		    err, ERR_INTERNAL, "PostgreSQL gave a role %d rights of %zu", PQntuples(rows), direct);
	return RESULT_OK;
}

result pg_role_ensure(PGconn *owner, const struct pg_role *role, const struct sql_grant *grants, size_t count,
    struct error *err)
{
	TRY(pg_run(owner, "BEGIN; SELECT pg_advisory_xact_lock(8463018)", err));
	result r = make(owner, grants, count, role, err);
	if (is_ok(r))
		r = check_effective(owner, grants, count, role, err);
	if (is_ok(r))
		return pg_run(owner, "COMMIT", err);
	ignore_result(pg_run(owner, "ROLLBACK", NULL)); /* the first failure is the one to tell */
	return r;
}

static result prepare_all(PGconn *owner, const unsigned char *secret, const struct sql_authority *functions,
    size_t count, struct error *err)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT(64u << 20);
	for (size_t i = 0; i < count; i++) {
		struct sql_grant *grants;
		size_t grant_count;
		struct pg_role role;
		arena_clear(&arena);
		if (functions[i].count == 0)
			continue;
		TRY(pg_role_gather(
		    functions[i].queries, functions[i].count, &arena, err, &grants, &grant_count));
		pg_role_of(PQdb(owner), secret, grants, grant_count, &role);
		TRY(pg_role_ensure(owner, &role, grants, grant_count, err));
	}
	return RESULT_OK;
}

result sql_roles_prepare(const char *url, const struct sql_authority *functions, size_t count,
    struct error *err, unsigned char ret_secret[SQL_SECRET_BYTES])
{
	const struct pg_login login = {.lock_ms = 5000, .run_ms = 60000};
	PGconn *owner = NULL;
	TRY(pg_connect(url, &login, err, &owner));
	result r = pg_secret_read(owner, err, ret_secret);
	if (is_ok(r))
		r = prepare_all(owner, ret_secret, functions, count, err);
	PQfinish(owner);
	return r;
}

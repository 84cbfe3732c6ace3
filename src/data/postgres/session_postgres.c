/*
 * Sessions on PostgreSQL: for each statement or transaction a pooled connection that is logged in as the role
 * of the function's grants. Statements are prepared under the hash of their text. What they do is a chain of
 * callbacks; where a caller waits, it turns the chain by hand.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/postgres/pg_link.h"
#include "data/postgres/pg_task.h"
#include "data/postgres/pg_text.h"
#include "os/clock.h"

#define ROLES_MAX 1024u
#define OWNER_RUN_MS 60000u

static result new_session(struct sql_db *db, struct error *err, struct sql_session **ret)
{
	struct postgres_session *s = calloc(1, sizeof *s);
	(void)db;
	if (!s)
		return error_set(err, ERR_MEMORY, "no memory for a session");
	*ret = &s->base;
	return RESULT_OK;
}

static result open_statement(struct sql_session *base, size_t index, struct statement *ret, struct error *err)
{
	const struct sql_query *q = base->queries[index].query;
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 20);
	unsigned char hash[16];
	pg_text_translate(q->sql, q->params, q->param_count, &text);
	ret->text = arena_cstr(&base->arena, buf_slice(&text));
	if (!buf_ok(&text) || !ret->text)
		return error_set(err, ERR_MEMORY, "no memory for a query");
	(void)crypto_generichash(hash, sizeof hash, (const unsigned char *)text.ptr, text.len, NULL, 0);
	(void)sodium_bin2hex(ret->name, sizeof ret->name, hash, sizeof hash);
	return RESULT_OK;
}

/* Once a process and role: another could have changed it, and a migration drops rights with the tables. */
static result ensure_role(struct postgres_db *db, const struct postgres_session *s, struct error *err)
{
	if (!db->owner)
		return RESULT_OK; /* whoever started this process has seen to it: sql_roles_prepare() */
	for (size_t i = 0; i < db->ensured_count; i++)
		if (strcmp(db->ensured[i], s->role.name) == 0)
			return RESULT_OK;
	if (PQstatus(db->owner) != CONNECTION_OK)
		PQreset(db->owner);
	TRY(pg_role_ensure(db->owner, &s->role, s->grants, s->grant_count, err));
	if (db->ensured_count < ROLES_MAX)
		(void)snprintf(db->ensured[db->ensured_count++], PG_NAME_MAX, "%s", s->role.name);
	return RESULT_OK;
}

static result open_session(struct sql_session *base, struct error *err)
{
	struct postgres_session *s = (struct postgres_session *)base;
	struct postgres_db *db = (struct postgres_db *)base->db;
	const char *database = db->owner ? PQdb(db->owner) : db->remote.place.database;
	const struct sql_query **queries = arena_array(&base->arena, base->query_count + 1, sizeof *queries);
	db->pool.lock_ms = base->limits.busy_ms;
	db->pool.run_ms = base->limits.run_ms;
	s->params.text = BUF_INIT(base->limits.result_bytes_max);
	s->statements = arena_zalloc(&base->arena, (base->query_count + 1) * sizeof *s->statements);
	if (!s->statements || !queries)
		return error_set(err, ERR_MEMORY, "no memory for a session");
	for (size_t i = 0; i < base->query_count; i++) {
		queries[i] = base->queries[i].query;
		TRY(open_statement(base, i, &s->statements[i], err));
	}
	TRY(pg_role_gather(queries, base->query_count, &base->arena, err, &s->grants, &s->grant_count));
	pg_role_of(database, db->secret, s->grants, s->grant_count, &s->role);
	return ensure_role(db, s, err);
}

static void begin_run(struct sql_session *base, size_t index)
{
	pg_task_begin((struct postgres_session *)base, index, SQL_STEP_COUNT);
}

static void begin_step(struct sql_session *base, enum sql_step step)
{
	pg_task_begin((struct postgres_session *)base, 0, step);
}

/* The same, and its end waited for. */
static result await(struct postgres_session *s, struct error *err)
{
	while (s->task.running && s->link) {
		uint64_t now = clock_mono_ms();
		if (now >= s->link->deadline_ms)
			s->link->ready(s->link, true);
		else
			pg_link_wait(s->link, (int)(s->link->deadline_ms - now));
	}
	if (s->task.err.code == ERR_NONE)
		return RESULT_OK;
	return error_set(err, s->task.err.code, "%s", s->task.err.text);
}

/* What claims do in a pool that waits. */
static result take_link(struct postgres_session *s, struct error *err)
{
	struct postgres_db *db = (struct postgres_db *)s->base.db;
	struct pg_link *link = NULL;
	struct error why = {0};
	if (s->link || s->base.in_transaction)
		return RESULT_OK;
	if (!is_ok(pg_pool_take(&db->pool, &s->role, &why, &link)))
		return session_fail(&s->base, err, ERR_CLOSED, "the database is not available", why.text);
	pg_task_hold(s, link);
	return RESULT_OK;
}

static result run(struct sql_session *base, size_t index, struct error *err)
{
	struct postgres_session *s = (struct postgres_session *)base;
	TRY(take_link(s, err));
	begin_run(base, index);
	return await(s, err);
}

static result step(struct sql_session *base, enum sql_step step, struct error *err)
{
	struct postgres_session *s = (struct postgres_session *)base;
	TRY(take_link(s, err));
	begin_step(base, step);
	return await(s, err);
}

/* The pool rolls back what it is given open. */
static void abandon(struct sql_session *base)
{
	struct postgres_session *s = (struct postgres_session *)base;
	struct postgres_db *db = (struct postgres_db *)base->db;
	struct pg_link *link = s->link;
	s->link = NULL;
	pg_pool_give(&db->pool, link);
}

static void free_session(struct sql_session *base)
{
	struct postgres_session *s = (struct postgres_session *)base;
	struct postgres_db *db = (struct postgres_db *)base->db;
	pg_pool_unclaim(&db->pool, &s->claim);
	/* A statement under way is not waited for: the connection is closed, and the server rolls back. */
	abandon(base);
	buf_done(&s->params.text);
	sodium_memzero(&s->role, sizeof s->role);
	free(s);
}

/* The server has locks by row and its own deadlock detection; lock_timeout bounds a wait. */
static bool takes_lock(const struct sql_session *base, size_t index)
{
	(void)base;
	(void)index;
	return false;
}

static void take_socket(struct sql_db *base, int fd, const char *why)
{
	pg_pool_socket(&((struct postgres_db *)base)->pool, fd, why);
}

static void tick(struct sql_db *base)
{
	sql_db_expire(base);
	pg_pool_tick(&((struct postgres_db *)base)->pool, clock_mono_ms());
}

static void close_db(struct sql_db *base)
{
	struct postgres_db *db = (struct postgres_db *)base;
	pg_pool_done(&db->pool);
	PQfinish(db->owner);
	sodium_memzero(db->secret, sizeof db->secret);
	sodium_memzero(&db->remote.secret, sizeof db->remote.secret);
	free(db->ensured);
	sodium_memzero(db->url, strlen(db->url));
	free(db);
}

static const struct session_backend backend = {
    .db_close = close_db,
    .session_new = new_session,
    .open = open_session,
    .free = free_session,
    .run = run,
    .step = step,
    .abandon = abandon,
    .takes_lock = takes_lock,
    .begin_run = begin_run,
    .begin_step = begin_step,
    .socket = take_socket,
    .tick = tick,
};

static result new_db(const char *url, struct error *err, struct postgres_db **ret)
{
	struct postgres_db *db = calloc(1, sizeof *db + strlen(url) + 1);
	if (!db)
		return error_set(err, ERR_MEMORY, "no memory for a database");
	db->base.backend = &backend;
	memcpy(db->url, url, strlen(url) + 1);
	*ret = db;
	return RESULT_OK;
}

result postgres_backend_open(const char *url, struct error *err, struct sql_db **ret)
{
	const struct pg_login login = {.lock_ms = 5000, .run_ms = OWNER_RUN_MS};
	struct postgres_db *db;
	TRY(new_db(url, err, &db));
	pg_pool_init(&db->pool, db->url, NULL);
	db->ensured = calloc(ROLES_MAX, sizeof *db->ensured);
	result r = db->ensured ? pg_connect(url, &login, err, &db->owner)
			       : error_set(err, ERR_MEMORY, "no memory for a database");
	if (is_ok(r))
		r = pg_secret_read(db->owner, err, db->secret);
	if (!is_ok(r)) {
		close_db(&db->base);
		return r;
	}
	*ret = &db->base;
	return RESULT_OK;
}

result postgres_backend_remote(const struct sql_remote *remote, struct error *err, struct sql_db **ret)
{
	struct postgres_db *db;
	if (sodium_init() < 0)
		return error_set(err, ERR_SYSTEM, "libsodium does not start");
	TRY(new_db("", err, &db));
	db->remote = *remote;
	memcpy(db->secret, remote->secret, sizeof db->secret);
	pg_pool_init(&db->pool, NULL, &db->remote);
	*ret = &db->base;
	return RESULT_OK;
}

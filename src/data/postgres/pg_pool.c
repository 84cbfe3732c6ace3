#include "data/postgres/pg_pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDLE_MAX 32u

static void link_free(struct pg_link *link)
{
	PQfinish(link->c);
	free(link);
}

result pg_pool_take(struct pg_pool *pool, const struct pg_role *role, const struct sql_limits *limits,
    struct error *err, struct pg_link **ret)
{
	for (struct pg_link **at = &pool->idle; *at; at = &(*at)->next) {
		struct pg_link *link = *at;
		if (strcmp(link->role.name, role->name) != 0)
			continue;
		*at = link->next;
		pool->idle_count--;
		*ret = link;
		return RESULT_OK;
	}
	const struct pg_login login = {.user = role->name,
	    .password = role->password,
	    .lock_ms = limits->busy_ms,
	    .run_ms = limits->run_ms};
	struct pg_link *link = calloc(1, sizeof *link);
	if (!link)
		return error_set(err, ERR_MEMORY, "no memory for a connection");
	link->role = *role;
	result r = pg_connect(pool->url, &login, err, &link->c);
	if (!is_ok(r)) {
		free(link);
		return error_wrap(err, r,
		    "role %s (pg_hba.conf must let roles ward_* log in with scram-sha-256)", role->name);
	}
	*ret = link;
	return RESULT_OK;
}

void pg_pool_give(struct pg_pool *pool, struct pg_link *link)
{
	if (!link)
		return;
	if (PQtransactionStatus(link->c) == PQTRANS_INTRANS ||
	    PQtransactionStatus(link->c) == PQTRANS_INERROR)
		ignore_result(pg_run(link->c, "ROLLBACK", NULL)); /* its status is looked at next */
	if (PQstatus(link->c) != CONNECTION_OK || PQtransactionStatus(link->c) != PQTRANS_IDLE ||
	    pool->idle_count >= IDLE_MAX) {
		link_free(link);
		return;
	}
	link->next = pool->idle;
	pool->idle = link;
	pool->idle_count++;
}

void pg_pool_done(struct pg_pool *pool)
{
	while (pool->idle) {
		struct pg_link *link = pool->idle;
		pool->idle = link->next;
		link_free(link);
	}
}

bool pg_link_has(const struct pg_link *link, const char *statement)
{
	for (size_t i = 0; i < link->prepared_count; i++)
		if (strcmp(link->prepared[i], statement) == 0)
			return true;
	return false;
}

void pg_link_add(struct pg_link *link, const char *statement)
{
	if (link->prepared_count == PG_PREPARED_MAX) {
		ignore_result(pg_run(link->c, "DEALLOCATE ALL",
		    NULL)); /* at worst a name is taken, which fails the next prepare */
		link->prepared_count = 0;
	}
	(void)snprintf(link->prepared[link->prepared_count++], PG_STATEMENT_NAME_MAX, "%s", statement);
}

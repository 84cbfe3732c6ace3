/* Migrations on PostgreSQL: recorded in ward.migrations, a schema that no function's role sees. */
#ifndef WARD_DATA_PG_MIGRATE_H
#define WARD_DATA_PG_MIGRATE_H

#include "data/migration.h"
#include "data/postgres/pg.h"

/*
 * Applies what is missing, each in its own transaction; with `trial` all in the transaction that is open, for
 * the caller to roll back. *fault says where a statement failed.
 */
result pg_migrations_run(PGconn *c, const struct migrations *all, bool trial, struct migration_fault *fault,
    struct error *err, size_t *ret_applied);

/* Refuses, before anything runs, statements that would end the transaction or change who runs it. */
result pg_migration_check(
    const struct migration *migration, struct migration_fault *fault, struct error *err);

#endif

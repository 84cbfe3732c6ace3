/*
 * Migrations: migrations/NNNN_name.sql, applied in order, each once and in its own transaction, recorded with
 * its BLAKE2b checksum in the table ward_migrations. A file that changed after it was applied, or one that is
 * missing, is an error that names it.
 */
#ifndef WARD_DATA_MIGRATION_H
#define WARD_DATA_MIGRATION_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/result.h"

struct migration {
	uint32_t number;
	struct slice name; /* the file's name */
	struct slice text;
	char checksum[65];
};

struct migrations {
	struct migration *items;
	size_t count;
};

/* What stopped a migration, for a caret under it. */
struct migration_fault {
	const struct migration *migration; /* NULL: nothing did */
	struct slice where;		   /* in migration->text */
	char text[512];			   /* the database's words */
};

/* Reads and orders app_dir/migrations; gaps are fine, doubles are not. */
result migrations_read(const char *app_dir, struct arena *arena, struct error *err, struct migrations *ret);

struct sqlite3;
/*
 * Runs one migration's statements on a connection of sqlite_connect(), in the transaction that is open there.
 * ATTACH, PRAGMA, transactions, temporary objects and tables named ward_... are refused. *fault (may be NULL)
 * says where.
 */
result migration_execute(
    struct sqlite3 *db, const struct migration *migration, struct migration_fault *fault, struct error *err);

/* Applies what is missing to state_dir/app.db. Prints nothing; *ret_applied (may be NULL) counts. */
result migrations_apply(const char *app_dir, const char *state_dir, struct error *err, size_t *ret_applied);

/* What would be applied, in words, into plan; nothing is changed. */
result migrations_plan(const char *app_dir, const char *state_dir, struct buf *plan, struct error *err);

#endif

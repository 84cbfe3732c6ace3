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

/*
 * Whether one that a database has recorded is what its file says: ERR_CONFLICT with a sentence when the file
 * is missing or has changed.
 */
result migration_check_recorded(
    const struct migrations *all, uint32_t number, const char *name, const char *checksum, struct error *err);
/* ERR_CONFLICT: a file that was added before the last one that is applied. */
result migration_late(const struct migration *migration, long long last, struct error *err);

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

/* The same on the database that sql_db_open() takes: the path of a SQLite file, or a PostgreSQL URL. */
result migrations_apply_to(const char *app_dir, const char *where, struct error *err, size_t *ret_applied);

/* One line a migration: applied and when, waiting, changed or missing. */
result migrations_status(const char *app_dir, const char *state_dir, struct buf *out, struct error *err);

/* The same on the database that sql_db_open() takes. */
result migrations_plan_to(const char *app_dir, const char *where, struct buf *plan, struct error *err);

/* What would be applied, in words, into plan; nothing is changed. */
result migrations_plan(const char *app_dir, const char *state_dir, struct buf *plan, struct error *err);

#endif

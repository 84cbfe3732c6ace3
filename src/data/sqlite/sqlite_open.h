/*
 * A SQLite connection with every setting that ward wants, in one place: defensive mode, no schema tricks, no
 * extensions, small limits, foreign keys. Everything in data/ that opens SQLite opens it here.
 */
#ifndef WARD_DATA_SQLITE_OPEN_H
#define WARD_DATA_SQLITE_OPEN_H

#include <sqlite3.h>

#include "base/result.h"
#include "base/slice.h"

enum sqlite_use {
	SQLITE_USE_SCRATCH,  /* in memory, thrown away: path is ignored */
	SQLITE_USE_MIGRATE,  /* file, made when absent; foreign keys off, as the rebuilding of tables needs */
	SQLITE_USE_SERVE,    /* file, must be there */
	SQLITE_USE_READONLY, /* file, must be there */
};

/*
 * Durability. In WAL mode NORMAL keeps every acknowledged commit when a process is killed, and the file whole
 * when power is lost, though the last commits before that may be missing; FULL syncs the log at each commit
 * and loses none.
 */
enum sqlite_durability { DURABLE_AGAINST_KILL, DURABLE_AGAINST_POWER };

result sqlite_connect(const char *path, enum sqlite_use use, enum sqlite_durability durability,
    uint32_t busy_ms, struct error *err, sqlite3 **ret);

/* One or more statements of ward's own, for their effect. */
result sqlite_run(sqlite3 *db, const char *sql, struct error *err);

/* The kind of failure that a SQLite result code is. */
enum err_code sqlite_err_code(int rc);
/* *err from the connection's last error, after "what: ". */
result sqlite_failed(sqlite3 *db, struct error *err, const char *what);

/* Whether a function may appear in queries and triggers: deterministic helpers, no files, no code, no
 * internals. */
bool sqlite_function_allowed(struct slice name);

#endif

/* Backup and restore through SQLite's own page copier (https://www.sqlite.org/backup.html). Called by `ward
 * db`. */
#include "data/sqlite/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "data/sqlite/sqlite_open.h"
#include "os/fd.h"

#define COPY_PAGES 1000 /* between which other processes get at the database */
#define COPY_TRIES_MAX 2000
#define COPY_WAIT_MS 10

static result make_path(char path[PATH_MAX], const char *state_dir, const char *name, struct error *err)
{
	int n = snprintf(path, PATH_MAX, "%s/%s", state_dir, name);
	return n < 0 || n >= PATH_MAX
		   ? error_set(err, ERR_LIMIT, "the path of the state directory is too long")
		   : RESULT_OK;
}

static result check_whole(sqlite3 *db, const char *path, struct error *err)
{
	sqlite3_stmt *row = NULL;
	if (sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &row, NULL) != SQLITE_OK)
		return sqlite_failed(db, err, path);
	const char *word = sqlite3_step(row) == SQLITE_ROW ? (const char *)sqlite3_column_text(row, 0) : NULL;
	result r = word && strcmp(word, "ok") == 0 ? RESULT_OK
						   : error_set(err, ERR_INVALID, "%s is damaged: %s", path,
							 word ? word : sqlite3_errmsg(db));
	(void)sqlite3_finalize(row);
	return r;
}

static result copy(sqlite3 *from, sqlite3 *to, int pages, struct error *err)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
	int rc = backup ? SQLITE_OK : SQLITE_ERROR;
	for (unsigned tries = 0; backup && tries < COPY_TRIES_MAX;) {
		rc = sqlite3_backup_step(backup, pages);
		if (rc == SQLITE_DONE)
			break;
		if (rc != SQLITE_OK && rc != SQLITE_BUSY && rc != SQLITE_LOCKED)
			break;
		tries += rc != SQLITE_OK;
		if (rc != SQLITE_OK)
			(void)sqlite3_sleep(COPY_WAIT_MS);
	}
	(void)sqlite3_backup_finish(backup);
	return rc == SQLITE_DONE ? RESULT_OK : sqlite_failed(to, err, "cannot copy the database");
}

static result sync_file(const char *path, struct error *err)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return error_errno(err, "cannot sync %s", path);
	return RESULT_OK;
}

static result backup_into(sqlite3 *from, const char *path, struct error *err)
{
	sqlite3 *to = NULL;
	TRY(sqlite_connect(path, SQLITE_USE_MIGRATE, DURABLE_AGAINST_POWER, 0, err, &to));
	result r = copy(from, to, COPY_PAGES, err);
	/* One file, without a log beside it. */
	if (is_ok(r))
		r = sqlite_run(to, "PRAGMA journal_mode = DELETE", err);
	if (is_ok(r))
		r = check_whole(to, path, err);
	(void)sqlite3_close_v2(to);
	return is_ok(r) ? sync_file(path, err) : r;
}

result database_backup(const char *state_dir, const char *to, struct error *err)
{
	char path[PATH_MAX];
	char part[PATH_MAX];
	sqlite3 *from = NULL;
	TRY(make_path(path, state_dir, "app.db", err));
	if (snprintf(part, sizeof part, "%s.part", to) >= (int)sizeof part)
		return error_set(err, ERR_LIMIT, "the path %s is too long", to);
	if (access(to, F_OK) == 0)
		return error_set(err, ERR_CONFLICT, "%s is there already", to);
	(void)unlink(part);
	TRY(sqlite_connect(path, SQLITE_USE_READONLY, DURABLE_AGAINST_KILL, 5000, err, &from));
	result r = backup_into(from, part, err);
	(void)sqlite3_close_v2(from);
	/* link(2) fails where rename(2) would put the copy in place of a file that appeared meanwhile. */
	if (is_ok(r) && link(part, to) < 0)
		r = error_errno(err, "cannot give %s its name", to);
	(void)unlink(part);
	return r;
}

static result check_is_ours(sqlite3 *db, const char *path, struct error *err)
{
	if (sqlite3_table_column_metadata(
		db, "main", "ward_migrations", NULL, NULL, NULL, NULL, NULL, NULL) != SQLITE_OK)
		return error_set(
		    err, ERR_INVALID, "%s is not a database of ward: it has no record of migrations", path);
	return check_whole(db, path, err);
}

static result keep_replaced(const char *state_dir, struct buf *replaced, struct error *err)
{
	char path[PATH_MAX];
	char stamp[32];
	time_t now = time(NULL);
	struct tm utc;
	TRY(make_path(path, state_dir, "app.db", err));
	if (access(path, F_OK) < 0)
		return RESULT_OK;
	(void)gmtime_r(&now, &utc);
	(void)strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
	buf_printf(replaced, "%s/app.db.%s", state_dir, stamp);
	return database_backup(state_dir, buf_cstr(replaced), err);
}

static result restore_from(
    sqlite3 *from, const char *from_path, const char *state_dir, struct buf *replaced, struct error *err)
{
	char path[PATH_MAX];
	sqlite3 *to = NULL;
	TRY(check_is_ours(from, from_path, err));
	TRY(keep_replaced(state_dir, replaced, err));
	TRY(make_path(path, state_dir, "app.db", err));
	TRY(sqlite_connect(path, SQLITE_USE_MIGRATE, DURABLE_AGAINST_POWER, 5000, err, &to));
	/* All pages in one step are one transaction. */
	result r = copy(from, to, -1, err);
	if (is_ok(r))
		r = sqlite_run(to, "PRAGMA journal_mode = WAL", err);
	(void)sqlite3_close_v2(to);
	return r;
}

result database_restore(const char *state_dir, const char *from, struct buf *replaced, struct error *err)
{
	sqlite3 *db = NULL;
	TRY(sqlite_connect(from, SQLITE_USE_READONLY, DURABLE_AGAINST_KILL, 0, err, &db));
	result r = restore_from(db, from, state_dir, replaced, err);
	(void)sqlite3_close_v2(db);
	return r;
}

static result count_rows(sqlite3 *db, const char *table, int64_t *ret, struct error *err)
{
	sqlite3_stmt *row = NULL;
	char *sql = sqlite3_mprintf("SELECT count(*) FROM \"%w\"", table);
	int rc = sql ? sqlite3_prepare_v2(db, sql, -1, &row, NULL) : SQLITE_NOMEM;
	sqlite3_free(sql);
	if (rc == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW)
		*ret = sqlite3_column_int64(row, 0);
	return sqlite3_finalize(row) == SQLITE_OK && rc == SQLITE_OK ? RESULT_OK
								     : sqlite_failed(db, err, table);
}

static result list_tables(sqlite3 *db, struct buf *out, struct error *err)
{
	sqlite3_stmt *row = NULL;
	result r = RESULT_OK;
	if (sqlite3_prepare_v2(db,
		"SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE "
		"'\\' ORDER BY name",
		-1, &row, NULL) != SQLITE_OK)
		return sqlite_failed(db, err, "cannot read the schema");
	while (is_ok(r) && sqlite3_step(row) == SQLITE_ROW) {
		const char *table = (const char *)sqlite3_column_text(row, 0);
		int64_t rows = 0;
		r = table ? count_rows(db, table, &rows, err)
			  : error_set(err, ERR_MEMORY, "no memory for a name");
		buf_printf(out, "%-40s %lld rows\n", table ? table : "", (long long)rows);
	}
	(void)sqlite3_finalize(row);
	return r;
}

result database_status(const char *state_dir, struct buf *out, struct error *err)
{
	char path[PATH_MAX];
	char log[PATH_MAX];
	struct stat st;
	sqlite3 *db = NULL;
	TRY(make_path(path, state_dir, "app.db", err));
	TRY(make_path(log, state_dir, "app.db-wal", err));
	if (stat(path, &st) < 0 && errno == ENOENT) {
		buf_printf(out, "%s is not there yet; it is made by the first migration\n", path);
		return RESULT_OK;
	}
	buf_printf(out, "%s: %.1f MiB", path, (double)st.st_size / 1048576.0);
	buf_printf(out, ", log %.1f MiB\n", stat(log, &st) == 0 ? (double)st.st_size / 1048576.0 : 0.0);
	TRY(sqlite_connect(path, SQLITE_USE_READONLY, DURABLE_AGAINST_KILL, 5000, err, &db));
	result r = check_whole(db, path, err);
	if (is_ok(r))
		r = list_tables(db, out, err);
	(void)sqlite3_close_v2(db);
	return r;
}

/* Opening SQLite. Callers: derive, migrations, sessions, backup. */
#include "data/sqlite/sqlite_open.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "os/fd.h"

/* Small enough that a hostile or careless statement fails fast, large enough for any hand-written one. */
static const struct {
	int id;
	int value;
} limits[] = {
    {SQLITE_LIMIT_LENGTH, 16 << 20},
    {SQLITE_LIMIT_SQL_LENGTH, 1 << 20},
    {SQLITE_LIMIT_COLUMN, 200},
    {SQLITE_LIMIT_EXPR_DEPTH, 200},
    {SQLITE_LIMIT_COMPOUND_SELECT, 50},
    {SQLITE_LIMIT_VDBE_OP, 100000},
    {SQLITE_LIMIT_FUNCTION_ARG, 32},
    {SQLITE_LIMIT_ATTACHED, 0},
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000},
    {SQLITE_LIMIT_VARIABLE_NUMBER, 100},
    {SQLITE_LIMIT_TRIGGER_DEPTH, 20},
    {SQLITE_LIMIT_WORKER_THREADS, 0},
};

/* On or off, each for a reason: see https://www.sqlite.org/c3ref/c_dbconfig_defensive.html. */
static const struct {
	int id;
	int on;
} switches[] = {
    {SQLITE_DBCONFIG_DEFENSIVE, 1}, /* no writes to the schema table or to shadow tables */
				    /*
				     * Views and triggers are the author's: migrations made them, under an authorizer, and what they do at run
				     * time asks the				 session's. Off, no trigger could keep a full-text index up to
				     * date.
				     */
    {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1},
    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0}, /* no code from files */
    {SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0},
    {SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0}, /* it takes pointers */
    {SQLITE_DBCONFIG_DQS_DML, 0},		/* "a misspelt column" is an error, not a string */
    {SQLITE_DBCONFIG_DQS_DDL, 0},
    {SQLITE_DBCONFIG_ENABLE_TRIGGER, 1},
    {SQLITE_DBCONFIG_ENABLE_VIEW, 1},
};

static const char *const functions[] = {"->", "->>", "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2",
    "atanh", "avg", "bm25", "ceil", "ceiling", "changes", "char", "coalesce", "concat", "concat_ws", "cos",
    "cosh", "count", "cume_dist", "current_date", "current_time", "current_timestamp", "date", "datetime",
    "degrees", "dense_rank", "exp", "first_value", "floor", "format", "glob", "group_concat", "hex",
    "highlight", "ifnull", "iif", "instr", "json", "json_array", "json_array_length", "json_each",
    "json_extract", "json_group_array", "json_group_object", "json_insert", "json_object", "json_patch",
    "json_quote", "json_remove", "json_replace", "json_set", "json_tree", "json_type", "json_valid",
    "julianday", "lag", "last_insert_rowid", "last_value", "lead", "length", "like", "likelihood", "likely",
    "ln", "log", "log10", "log2", "lower", "ltrim", "match", "max", "min", "mod", "nth_value", "ntile",
    "nullif", "percent_rank", "pi", "pow", "power", "printf", "quote", "radians", "random", "randomblob",
    "rank", "replace", "round", "row_number", "rtrim", "sign", "sin", "sinh", "snippet", "soundex", "sqrt",
    "strftime", "string_agg", "substr", "substring", "sum", "tan", "tanh", "time", "total", "total_changes",
    "trim", "trunc", "typeof", "unicode", "unixepoch", "unlikely", "upper", "zeroblob"};

bool sqlite_function_allowed(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(functions); i++)
		if (slice_eq_nocase(name, slice_cstr(functions[i])))
			return true;
	return false;
}

enum err_code sqlite_err_code(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return ERR_NONE;
	case SQLITE_CONSTRAINT:
		return ERR_CONFLICT;
	case SQLITE_AUTH:
	case SQLITE_PERM:
	case SQLITE_READONLY:
		return ERR_DENIED;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_INTERRUPT:
		return ERR_TIMEOUT;
	case SQLITE_TOOBIG:
	case SQLITE_FULL:
		return ERR_LIMIT;
	case SQLITE_NOMEM:
		return ERR_MEMORY;
	case SQLITE_ERROR:
	case SQLITE_MISMATCH:
	case SQLITE_RANGE:
		return ERR_INVALID;
	default:
		return ERR_SYSTEM;
	}
}

result sqlite_failed(sqlite3 *db, struct error *err, const char *what)
{
	enum err_code code = sqlite_err_code(sqlite3_errcode(db));
	return error_set(err, code ? code : ERR_INTERNAL, "%s: %s", what, sqlite3_errmsg(db));
}

result sqlite_run(sqlite3 *db, const char *sql, struct error *err)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return RESULT_OK;
	return sqlite_failed(db, err, sql);
}

static result configure(
    sqlite3 *db, enum sqlite_use use, enum sqlite_durability durability, uint32_t busy_ms, struct error *err)
{
	(void)sqlite3_extended_result_codes(db, 1);
	for (size_t i = 0; i < ARRAY_LEN(limits); i++)
		(void)sqlite3_limit(db, limits[i].id, limits[i].value);
	for (size_t i = 0; i < ARRAY_LEN(switches); i++)
		if (sqlite3_db_config(db, switches[i].id, switches[i].on, NULL) != SQLITE_OK)
			return sqlite_failed(db, err, "cannot configure SQLite");
	(void)sqlite3_busy_timeout(db, busy_ms > 60000 ? 60000 : (int)busy_ms);
	if (use == SQLITE_USE_MIGRATE || use == SQLITE_USE_SERVE)
		TRY(sqlite_run(db, "PRAGMA journal_mode = WAL", err));
	TRY(sqlite_run(db,
	    durability == DURABLE_AGAINST_POWER ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL",
	    err));
	/*
	 * SQLite makes the tables behind these functions at their first use, by a statement that writes the
	 * schema table in memory. No authorizer should have to allow that, so they are used once before there
	 * is one.
	 */
	TRY(sqlite_run(db, "SELECT 1 FROM json_each('[]'), json_tree('[]')", err));
	/* Sorts and temporary results never touch the disk: a locked process has no place for them. */
	TRY(sqlite_run(db, "PRAGMA temp_store = MEMORY", err));
	return sqlite_run(
	    db, use == SQLITE_USE_MIGRATE ? "PRAGMA foreign_keys = OFF" : "PRAGMA foreign_keys = ON", err);
}

/*
 * A new file belongs to whoever owns the directory, also when root runs a command there; SQLite gives the log
 * files the owner of the database. Nobody else may read it.
 */
static result make_file(const char *path, struct error *err)
{
	char dir[PATH_MAX];
	struct stat st;
	if (access(path, F_OK) == 0)
		return RESULT_OK;
	const char *slash = strrchr(path, '/');
	(void)snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
	CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == EEXIST ? RESULT_OK : error_errno(err, "cannot make %s", path);
	if (geteuid() == 0 && (stat(dir, &st) < 0 || fchown(fd, st.st_uid, st.st_gid) < 0))
		return error_errno(err, "cannot give %s to the owner of its directory", path);
	return RESULT_OK;
}

result sqlite_connect(const char *path, enum sqlite_use use, enum sqlite_durability durability,
    uint32_t busy_ms, struct error *err, sqlite3 **ret)
{
	static const int flags[] = {
	    [SQLITE_USE_SCRATCH] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY,
	    [SQLITE_USE_MIGRATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
	    [SQLITE_USE_SERVE] = SQLITE_OPEN_READWRITE,
	    [SQLITE_USE_READONLY] = SQLITE_OPEN_READONLY};
	sqlite3 *db = NULL;
	if (use == SQLITE_USE_MIGRATE)
		TRY(make_file(path, err));
	int rc = sqlite3_open_v2(use == SQLITE_USE_SCRATCH ? ":memory:" : path, &db,
	    flags[use] | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	result r = RESULT_OK;
	if (rc != SQLITE_OK)
		r = error_set(err, db ? sqlite_err_code(rc) : ERR_MEMORY, "cannot open %s: %s",
		    path ? path : "a database", db ? sqlite3_errmsg(db) : "no memory");
	else
		r = configure(db, use, durability, busy_ms, err);
	if (!is_ok(r)) {
		sqlite3_close_v2(db);
		return r;
	}
	*ret = db;
	return RESULT_OK;
}

#include "data/sqlite/settings.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {[DURABLE_AGAINST_KILL] = "kill", [DURABLE_AGAINST_POWER] = "power"};

const char *durability_name(enum sqlite_durability durability)
{
	return names[durability];
}

bool durability_from_name(const char *name, enum sqlite_durability *ret)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0) {
			*ret = (enum sqlite_durability)i;
			return true;
		}
	return false;
}

enum sqlite_durability settings_durability(sqlite3 *db)
{
	sqlite3_stmt *row = NULL;
	enum sqlite_durability found = DURABLE_AGAINST_KILL;
	/* No such table: nothing was decided. */
	if (sqlite3_prepare_v2(db, "SELECT value FROM ward_settings WHERE name = 'durability'", -1, &row,
		NULL) == SQLITE_OK &&
	    sqlite3_step(row) == SQLITE_ROW) {
		const char *value = (const char *)sqlite3_column_text(row, 0);
		(void)(value && durability_from_name(value, &found));
	}
	(void)sqlite3_finalize(row);
	return found;
}

static result open_app_db(const char *state_dir, enum sqlite_use use, struct error *err, sqlite3 **ret)
{
	char path[PATH_MAX];
	if (snprintf(path, sizeof path, "%s/app.db", state_dir) >= (int)sizeof path)
		return error_set(err, ERR_LIMIT, "the path of the state directory is too long");
	return sqlite_connect(path, use, DURABLE_AGAINST_POWER, 5000, err, ret);
}

result settings_read_durability(const char *state_dir, struct error *err, enum sqlite_durability *ret)
{
	sqlite3 *db = NULL;
	TRY(open_app_db(state_dir, SQLITE_USE_READONLY, err, &db));
	*ret = settings_durability(db);
	(void)sqlite3_close_v2(db);
	return RESULT_OK;
}

result settings_set_durability(const char *state_dir, enum sqlite_durability durability, struct error *err)
{
	sqlite3 *db = NULL;
	char sql[300];
	TRY(open_app_db(state_dir, SQLITE_USE_SERVE, err, &db));
	(void)snprintf(sql, sizeof sql,
	    "BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS ward_settings (name TEXT NOT NULL PRIMARY KEY, "
	    "value TEXT NOT NULL) STRICT; "
	    "REPLACE INTO ward_settings VALUES ('durability', '%s'); COMMIT",
	    durability_name(durability));
	result r = sqlite_run(db, sql, err);
	(void)sqlite3_close_v2(db);
	return r;
}

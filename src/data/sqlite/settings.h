/*
 * What an operator decides about a SQLite database, kept in it (ward_settings), so that whoever opens it goes
 * by it.
 */
#ifndef WARD_DATA_SETTINGS_H
#define WARD_DATA_SETTINGS_H

#include "data/sqlite/sqlite_open.h"

/* "kill" or "power". */
const char *durability_name(enum sqlite_durability durability);
bool durability_from_name(const char *name, enum sqlite_durability *ret);

/* DURABLE_AGAINST_KILL when nothing was decided. */
enum sqlite_durability settings_durability(sqlite3 *db);
/* Of state_dir/app.db. Holds for sessions that are opened from then on. */
result settings_read_durability(const char *state_dir, struct error *err, enum sqlite_durability *ret);
result settings_set_durability(const char *state_dir, enum sqlite_durability durability, struct error *err);

#endif

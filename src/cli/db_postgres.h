/* `ward db` for an app whose data are on a PostgreSQL server. What the server's own tools do well is left to
 * them. */
#ifndef WARD_CLI_DB_POSTGRES_H
#define WARD_CLI_DB_POSTGRES_H

#include "base/result.h"

/*
 * The URL of the app's database if its ward.yaml says that it is on a server; NULL when it does not, or there
 * is no ward.yaml. Owned: app_database_url_free().
 */
result db_postgres_url(const char *dir, const char *state, struct error *err, char **ret_url);

/* Each prints what it does and returns an exit code. statement: NULL for what is typed. */
int db_postgres_status(const char *dir, const char *url, struct error *err);
int db_postgres_shell(const char *url, bool write, const char *statement, struct error *err);
int db_postgres_backup(const char *url, const char *to, struct error *err);
int db_postgres_restore(const char *url, const char *from, struct error *err);

#endif

/* `ward db shell`: statements typed or given, rows as a table. Read-only unless told otherwise. */
#ifndef WARD_CLI_DB_SHELL_H
#define WARD_CLI_DB_SHELL_H

#include "base/result.h"

/* statement: one or more to run, or NULL to read them from standard input. Returns an exit code. */
int db_shell_run(const char *path, bool write, const char *statement, struct error *err);

#endif

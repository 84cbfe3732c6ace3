/* Copies of a SQLite database, taken and put back while it is in use. */
#ifndef WARD_DATA_BACKUP_H
#define WARD_DATA_BACKUP_H

#include "base/buf.h"
#include "base/result.h"

/*
 * A consistent copy of state_dir/app.db at `to`, checked and synced before it gets its name. Writers go on
 * meanwhile. ERR_CONFLICT when there is something at `to`.
 */
result database_backup(const char *state_dir, const char *to, struct error *err);

/*
 * The other way, in one transaction: readers see the old data or the new. What was there is kept beside it,
 * at the path written to *replaced. ERR_INVALID when `from` is not a whole database of ward.
 */
result database_restore(const char *state_dir, const char *from, struct buf *replaced, struct error *err);

/* Size, tables with their row counts, and whether SQLite finds the file whole. */
result database_status(const char *state_dir, struct buf *out, struct error *err);

#endif

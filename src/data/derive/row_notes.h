/*
 * `-- ward: owner COLUMN` and `-- ward: tenant COLUMN` in migrations: they belong to the CREATE TABLE, CREATE
 * VIEW or ALTER TABLE that follows. A note stays with its table's name, and moves when the table is renamed.
 * `-- ward: type COLUMN TYPE` says how a column appears in functions where its declaration cannot (STRICT
 * tables).
 */
#ifndef WARD_DATA_ROW_NOTES_H
#define WARD_DATA_ROW_NOTES_H

#include "data/derive/catalog.h"

void row_notes_read(const struct migrations *migrations, struct catalog *catalog, struct finder *finder);

#endif

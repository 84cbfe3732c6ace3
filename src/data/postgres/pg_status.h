/* A PostgreSQL database as `ward db` shows it, and what its own tools need to reach it. */
#ifndef WARD_DATA_PG_STATUS_H
#define WARD_DATA_PG_STATUS_H

#include "base/buf.h"
#include "base/result.h"

/* Migrations of the app, server, size, tables with about how many rows, roles of functions. Changes nothing.
 */
result pg_status(const char *app_dir, const char *url, struct buf *out, struct error *err);

/*
 * Sets PGHOST, PGUSER, PGPASSWORD, PGSSLMODE and the like for a child that is one of PostgreSQL's own tools:
 * other users of the machine see arguments, and not the environment.
 */
result pg_environment(const char *url, struct error *err);

#endif

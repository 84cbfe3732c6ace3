/* A small app in a temporary folder, and what deriving it said. */
#ifndef WARD_TESTS_DATA_HARNESS_H
#define WARD_TESTS_DATA_HARNESS_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "data/derive.h"

struct test_app {
	char dir[64]; /* also the state directory */
	struct arena arena;
	struct sql_schema schema;
	struct buf findings; /* "queries/a.sql:3:8 sql-error no such column: x" a line */
};

/* Writes migrations/0001_init.sql and queries/all.sql; either may be NULL. */
void test_app_init(struct test_app *app, const char *migration, const char *queries);
void test_app_write(const struct test_app *app, const char *path, const char *text);
void test_app_done(struct test_app *app);

/* Derives; fails the test when it cannot. */
void test_app_derive(struct test_app *app);
/* The same, and fails the test when there was any finding. */
void test_app_derive_clean(struct test_app *app);

const struct sql_query *test_query(const struct test_app *app, const char *name);
/* "orders.id read; orders.note update via t" of a query. Static storage. */
const char *test_grants(const struct sql_query *query);
/* "id integer, note text?" of a query's columns, and of its parameters. Static storage. */
const char *test_columns(const struct sql_query *query);
const char *test_params(const struct sql_query *query);

#endif

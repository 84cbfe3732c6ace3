/*
 * The matrix test: for every function of a 12-table app, every table, every column and each of read, insert,
 *update and delete, the database allows it under that function's session exactly where the derived grants say
 *so.
 *
 * The app is generated: queries of many shapes over columns drawn by a seeded generator, functions of one to
 *four of them. Three things are compared, and must agree everywhere:
 *
 *	derivation	the grants that sql_derive() found
 *	enforcement	what a session opened with these grants lets a statement of one table, column and
 *operation do the database	each query runs under its own grants, and with any one of them taken away the
 *database itself refuses it
 */
#ifndef WARD_TESTS_MATRIX_H
#define WARD_TESTS_MATRIX_H

#include "base/arena.h"
#include "data/derive.h"
#include "data/session.h"

#define MATRIX_QUERIES_MAX 400u
#define MATRIX_FUNCTIONS 60u
#define MATRIX_FUNCTION_QUERIES_MAX 4u

/* How a database differs from the other. */
struct matrix_backend {
	const char *name;
	unsigned queries;      /* at most MATRIX_QUERIES_MAX */
	bool insert_by_column; /* the database knows INSERT (column) */
	const char *schema;    /* after the common tables */
	const char *never;     /* a condition that is false: "0", "false" */
	/* Derives the app in dir. */
	result (*derive)(const char *dir, sql_finding_fn *finding, void *context, struct arena *arena,
	    struct error *err, struct sql_schema *ret);
	/* Migrates it and opens the database. */
	result (*open)(const char *dir, struct error *err, struct sql_db **ret);
	/* Whether the query cannot run without this one of its grants. */
	bool (*is_needed)(const struct sql_query *query, const struct sql_grant *grant);
	/* What the database says when it refuses, as it stands in sql_session_log_text(). */
	bool (*is_refusal)(const char *log_text);
};

/* Runs it all and prints what was compared. Returns how many disagreements there were. */
unsigned matrix_run(const struct matrix_backend *backend, uint64_t seed);

#endif

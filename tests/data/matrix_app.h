/* The generated app of the matrix test. */
#ifndef WARD_TESTS_MATRIX_APP_H
#define WARD_TESTS_MATRIX_APP_H

#include "base/buf.h"
#include "matrix.h"

#define MATRIX_TABLES 12u
#define MATRIX_COLUMNS_MAX 6u

struct matrix_table {
	const char *name;
	const char *columns[MATRIX_COLUMNS_MAX + 1]; /* ended by NULL; the first is the key */
	const char *parent;			     /* its second column refers to this one; NULL: none */
};

extern const struct matrix_table matrix_tables[MATRIX_TABLES];

/* A small deterministic generator (splitmix64), so that a seed names an app. */
uint64_t matrix_random(uint64_t *state, uint64_t below);

/* CREATE TABLE of all twelve and the views over them. */
void matrix_schema(struct buf *out);
/* `count` queries called Q000 and so on. */
void matrix_queries(uint64_t *state, unsigned count, struct buf *out);

#endif

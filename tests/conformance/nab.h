/*
 * The scoring of the Numenta Anomaly Benchmark, from its published description (Lavin and Ahmad, "Evaluating
 * Real-time Anomaly Detection Algorithms", 2015): a detection inside a labelled window earns more the earlier
 * it comes, by a scaled sigmoid; only the best in a window counts; a detection outside costs more the further
 * it is past the last window; a window without one costs the miss. Sums are scaled so that "never" is 0 and
 * "perfect" is 100.
 */
#ifndef WARD_TESTS_NAB_H
#define WARD_TESTS_NAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAB_WINDOWS_MAX 16

struct nab_series {
	char name[96]; /* FAMILY/FILE.csv */
	size_t count;
	double *values;			    /* owned */
	int64_t *times;			    /* Unix seconds, owned */
	size_t windows[NAB_WINDOWS_MAX][2]; /* first and last row, both inside */
	size_t window_count;
};

enum nab_profile { NAB_STANDARD, NAB_LOW_FP, NAB_LOW_FN, NAB_PROFILE_COUNT };

struct nab_sum {
	double raw[NAB_PROFILE_COUNT];
	size_t windows, hits, false_alarms;
};

/* Rows at the start whose detections do not count. */
size_t nab_probation(size_t rows);

/* Adds one series' result: detected[row] of each row. */
void nab_add(struct nab_sum *sum, const struct nab_series *s, const bool *detected);

/* 0 to 100. */
double nab_score(const struct nab_sum *sum, enum nab_profile profile);

/* Loads every series under DIR/data with its windows; returns how many, or 0 with a message on stderr. */
size_t nab_load(const char *dir, struct nab_series *ret, size_t max);
void nab_free(struct nab_series *s, size_t count);

#endif

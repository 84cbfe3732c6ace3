/* The nearest known word to a mistyped one, for "did you mean". */
#ifndef WARD_APP_NEAREST_H
#define WARD_APP_NEAREST_H

#include "base/slice.h"

#define NEAREST_WORD_MAX 64u

/*
 * Edit distance with neighbours swapped counted as one (optimal string alignment), letter case ignored. Words
 * longer than NEAREST_WORD_MAX are as far apart as can be.
 */
size_t edit_distance(struct slice a, struct slice b);

/* Keeps the nearest candidate seen. Zeroed but for word at the start. */
struct nearest {
	struct slice word;
	struct slice best; /* ptr NULL: none is near enough to be meant */
	size_t distance;
};
void nearest_try(struct nearest *n, struct slice candidate);

#endif

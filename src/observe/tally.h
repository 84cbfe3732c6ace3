/*
 * How many of something there are at the same time over several processes, in memory that they share: a row for each thing
 * that is counted, in it a number for each process, which only that process changes. The sum is what counts. A process that
 * ends leaves numbers behind that its successor, which has the same column, sets back when it starts.
 *
 * A limit is never passed: who enters adds himself first and looks at the sum then, so that of two at the same moment each sees
 * the other. At the last free place both may be turned away.
 */
#ifndef WARD_OBSERVE_TALLY_H
#define WARD_OBSERVE_TALLY_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/result.h"

#define TALLY_COLUMNS 8u

/* A cache line of its own: what is counted in one row costs those who count in others nothing. */
struct tally_row {
	_Alignas(64) _Atomic uint32_t here[TALLY_COLUMNS];
};

struct tally {
	struct tally_row *rows; /* mapped; NULL: nothing is counted, and everybody may enter */
	uint32_t count;
	uint32_t column;
};

/* The memory of so many rows, sealed in its size. Returns owned. */
result tally_memory(uint32_t rows, struct error *err, int *ret_fd);
/* Takes a column of it and sets that to nothing; the descriptor stays the caller's. */
result tally_map(struct tally *t, int fd, uint32_t column, struct error *err);
void tally_done(struct tally *t);

/* True: entered, to be left again. limit is the same for all who count in this row. */
bool tally_enter(struct tally *t, uint32_t row, uint64_t limit);
void tally_leave(struct tally *t, uint32_t row);

#endif

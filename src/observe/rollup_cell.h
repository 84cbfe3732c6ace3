/* What is kept of one function over one span of time: sums, counts and a histogram, all of which add up. */
#ifndef WARD_OBSERVE_ROLLUP_CELL_H
#define WARD_OBSERVE_ROLLUP_CELL_H

#include "observe/invocation.h"
#include "observe/sketch.h"

struct rollup_cell {
	uint64_t calls;
	uint64_t outcomes[OUTCOME_COUNT];
	uint64_t callers[CALLER_CLASS_COUNT];
	uint64_t host_calls[HOST_KIND_COUNT];
	uint64_t payloads[PAYLOAD_CLASS_COUNT];
	uint64_t denials;
	uint64_t wall_us, queue_us, cpu_us; /* sums */
	uint64_t memory_kib_max, cpu_us_max, bytes_out_max;
	uint64_t bytes_in, bytes_out; /* sums */
	struct sketch wall;	      /* microseconds of answered calls */
};

void rollup_cell_add(struct rollup_cell *c, const struct invocation *v);
void rollup_cell_merge(struct rollup_cell *into, const struct rollup_cell *from);

/* Calls in which the function was at fault. */
uint64_t rollup_cell_failures(const struct rollup_cell *c);
/* Calls that reached the function (not refused at the gate). */
uint64_t rollup_cell_ran(const struct rollup_cell *c);

/* A version byte, the counters as LEB128 with runs of zeros folded, then the histogram. 30 to 150 bytes in
 * practice. */
void rollup_cell_encode(const struct rollup_cell *c, struct buf *out);
result rollup_cell_decode(struct slice text, struct error *err, struct rollup_cell *ret);

#endif

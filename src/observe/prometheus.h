/*
 * The Prometheus text exposition format, version 0.0.4. Counters are sums since the monitor began; what a
 * label may say is bounded by the contract: functions that exist, outcomes, kinds of host calls, classes.
 * Never a caller, never a path.
 */
#ifndef WARD_OBSERVE_PROMETHEUS_H
#define WARD_OBSERVE_PROMETHEUS_H

#include "observe/rollup_cell.h"

struct exported_function {
	struct slice app, name;
	uint32_t version;
	const struct rollup_cell *sum; /* since the monitor began */
};

/* Of the monitor itself. */
struct exported_monitor {
	uint64_t records, records_dropped, records_refused;
	uint64_t incidents_live;
	int64_t started_s; /* Unix time */
};

void prometheus_write(const struct exported_function *functions, size_t count,
    const struct exported_monitor *monitor, struct buf *out);

/* The upper bounds of the duration histogram in microseconds, and how many of a sketch lie at or below each.
 */
#define DURATION_BOUNDS 14u
extern const uint64_t duration_bounds_us[DURATION_BOUNDS];
void duration_cumulate(const struct sketch *s, uint64_t ret_below[DURATION_BOUNDS]);

#endif

/*
 * The monitor without its process: rings in, sums, incidents and exports out. The process that owns it gives
 * it rings and the names of functions, calls monitor_poll() every few milliseconds and monitor_tick() every
 * second, and is told of incidents.
 *
 * Rings come from processes that may be hostile: their records are checked, a record of a function that
 * nobody named is counted and dropped, and no ring can keep the others waiting.
 */
#ifndef WARD_OBSERVE_MONITOR_H
#define WARD_OBSERVE_MONITOR_H

#include "observe/observer.h"
#include "observe/otlp.h"
#include "observe/record_ring.h"
#include "observe/rollup.h"

#define MONITOR_RINGS_MAX 64u
#define MONITOR_RECENT 4096u /* newest records kept for the requests page */

struct monitor_total;

struct monitor_function {
	uint32_t ref;	 /* generation << 16 | index in the contract */
	uint32_t rollup; /* its number in the store, the same in every generation */
};

struct monitor {
	struct rollup *rollup;
	struct observer observer;
	struct record_reader rings[MONITOR_RINGS_MAX];
	uint32_t ring_count;
	struct monitor_function *functions; /* owned, sorted by ref */
	uint32_t function_count, function_room;
	struct monitor_total *totals; /* owned, by rollup number: since the monitor began */
	uint32_t total_count;
	struct invocation *recent; /* owned, MONITOR_RECENT, a ring */
	uint64_t recent_count;
	uint64_t records, unnamed;
	int64_t started_s;
};

/* The store's path is borrowed for the call; heard as in incident.h. Returns owned. */
result monitor_open(const char *path, const struct observer_config *config, incident_heard heard,
    void *context, int64_t now_s, struct error *err, struct monitor **ret);
void monitor_close(struct monitor *m);

/* Maps the ring; fd is borrowed. ERR_LIMIT past MONITOR_RINGS_MAX. */
result monitor_add_ring(struct monitor *m, int fd, struct error *err);

/* Names a function of a generation; the same app and name go on in the sums of earlier generations. */
result monitor_name(struct monitor *m, uint32_t ref, struct slice app, struct slice name, struct error *err);
/* A generation is over: its references mean nothing any more. */
void monitor_forget_generation(struct monitor *m, uint32_t generation);

/* Reads up to `most` records of each ring; returns how many came. */
size_t monitor_poll(struct monitor *m, size_t most);
result monitor_tick(struct monitor *m, int64_t now_s, struct error *err);

/* The i-th newest record, or NULL. */
const struct invocation *monitor_recent(const struct monitor *m, uint64_t i);

/* /metrics. */
void monitor_metrics(const struct monitor *m, struct buf *out);

#endif

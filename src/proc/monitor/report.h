/*
 * The channel to the broker, through which everything leaves that is told outside, and what collectors get
 * over it: traces, metrics and logs in OTLP every ten seconds. The broker sends it to whom the contract
 * names; without one there nothing is made.
 */
#ifndef WARD_PROC_MONITOR_REPORT_H
#define WARD_PROC_MONITOR_REPORT_H

#include "ipc/watch_records.h"
#include "proc/monitor/monitor.h"

/* The channel to the broker. Takes over the descriptors that it keeps (they are set to -1). */
void report_here(struct monitor_process *p, int *fds, uint32_t count);
void report_gone(struct monitor_process *p);
/* What the broker answers; before sleep: sends what waits. */
void report_drain(struct monitor_process *p);
void report_flush(struct monitor_process *p);

struct report_outgoing {
	enum report_kind kind;
	uint32_t id;	  /* comes back with REPORT_DONE */
	uint64_t message; /* for the receiver */
	struct slice to, body;
};
bool report_ready(const struct monitor_process *p);
bool report_post(struct monitor_process *p, const struct report_outgoing *out);

/* Once a second. */
void report_tick(struct monitor_process *p, int64_t now_ms);

#endif

/*
 * What goes out: incidents for webhooks when they act and when they are over, one message each; traces and metrics in OTLP
 * every ten seconds. The broker sends it to whom the contract names; without one there nothing is made.
 */
#ifndef WARD_PROC_MONITOR_REPORT_H
#define WARD_PROC_MONITOR_REPORT_H

#include "proc/monitor/monitor.h"

/* The channel to the broker. Takes over the descriptors that it keeps (they are set to -1). */
void report_here(struct monitor_process *p, int *fds, uint32_t count);
void report_gone(struct monitor_process *p);
void report_flush(struct monitor_process *p);

/* After each turn: tells of incidents that began to act or are over since. */
void report_turn(struct monitor_process *p);
/* Once a second. */
void report_tick(struct monitor_process *p, int64_t now_ms);

#endif

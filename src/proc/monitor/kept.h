/*
 * Which records are kept past the newest, in STATE/monitor: of every invocation that failed ("failed", 32 768
 * of them), and of others a sample ("sampled", 8 192): one a second of each function, ten where the caller
 * asked for its trace to be kept.
 */
#ifndef WARD_PROC_MONITOR_KEPT_H
#define WARD_PROC_MONITOR_KEPT_H

#include "observe/record_store.h"
#include "proc/monitor/monitor.h"

#define KEPT_FAILED 32768u
#define KEPT_SAMPLED 8192u
#define KEPT_TRACE_MAX 1000u

struct kept;

result kept_open(struct monitor_process *p, struct error *err);
/* Every named record, joined with what is known of it. */
void kept_seen(struct monitor_process *p, uint32_t function, const struct invocation *v);

/* A record wherever it is kept, the newest first asked. */
struct found_record {
	const struct invocation *record;     /* NULL: none; borrowed until the next record comes */
	uint32_t function;		     /* of the rollup store */
	const struct app_function *contract; /* that its numbers stand for; NULL: it is not known any more */
};
struct found_record kept_recent(const struct monitor_process *p, uint64_t i);
struct found_record kept_find(const struct monitor_process *p, uint64_t request);
/* Oldest first; returns how many. */
size_t kept_trace(
    const struct monitor_process *p, const uint8_t trace_id[16], struct found_record ret[KEPT_TRACE_MAX]);

/* Failures that are no longer among the newest, newest first; owned, freed by the caller. NULL: no memory. */
const struct kept_record **kept_older_failures(const struct monitor_process *p, size_t *ret_count);
/* Failures that came after the one of this number, oldest first, and the number of the newest. */
size_t kept_failures_since(
    const struct monitor_process *p, uint64_t number, size_t most, const struct kept_record **ret);
uint64_t kept_newest_failure(const struct monitor_process *p);
struct found_record kept_of(const struct monitor_process *p, const struct kept_record *k);

#endif

/*
 * What was deployed when: an entry for each generation of the app in which a function is new, changed or
 * gone, the newest 64, in STATE/monitor/deployments. A restart that serves what served before is none.
 */
#ifndef WARD_PROC_MONITOR_DEPLOYMENTS_H
#define WARD_PROC_MONITOR_DEPLOYMENTS_H

#include "app/contract/json_write.h"
#include "proc/monitor/monitor.h"

struct deployments;

result deployments_open(struct monitor_process *p, struct error *err);
/* A generation has come: its functions, sorted by name, and the version of each. */
void deployments_take(struct monitor_process *p, const struct app_contract *contract,
    const uint32_t *versions, uint32_t generation);

/* {"deployments":[...]}, newest first. */
void deployments_write(const struct monitor_process *p, struct json_writer *w);
/* Marks of those within [from, to), for the chart of the app. */
void deployments_write_marks(
    const struct monitor_process *p, int64_t from_s, int64_t to_s, struct json_writer *w);

#endif

/* The channels to the gateways: requests of operators come in, answers and decisions go out. */
#ifndef WARD_PROC_MONITOR_GATEWAYS_H
#define WARD_PROC_MONITOR_GATEWAYS_H

#include "proc/monitor/monitor.h"

struct gateways;
struct api_answer;

result gateways_prepare(struct monitor_process *p, struct error *err);
/* Takes over the descriptors that it keeps (they are set to -1). */
void gateway_here(struct monitor_process *p, uint32_t index, int *fds, uint32_t count);
void gateway_gone(struct monitor_process *p, uint32_t index);
/* Posts; what a gateway that is gone or behind cannot take is lost: it is told everything when it comes back. */
void gateway_send(struct monitor_process *p, uint32_t index, enum record_type type, uint32_t id,
    const struct slice *parts, size_t count);
/* Takes what has come. */
void gateways_drain(struct monitor_process *p);
/* Before sleep: false when something came meanwhile. */
bool gateways_may_sleep(struct monitor_process *p);
void gateways_awake(struct monitor_process *p);

/* The supervisor has told of the processes: those who wait for it are answered. */
void gateways_processes(struct monitor_process *p, struct slice json);

/* stream.c: a listener, for whom there must be room. Called once a second; the end of one. */
void stream_add(struct monitor_process *p, uint32_t gateway, uint32_t id);
void stream_tick(struct monitor_process *p, int64_t now_ms);
void stream_end(struct monitor_process *p, uint32_t gateway, uint32_t id);
void stream_end_gateway(struct monitor_process *p, uint32_t gateway);
void stream_processes(struct monitor_process *p, struct slice json);
/* After each turn: incidents that have changed. */
void stream_turn(struct monitor_process *p);

#endif

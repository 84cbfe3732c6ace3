/*
 * One record for each request of a function, for the monitor (observe/invocation.h): copied into shared
 * memory without a system call, an allocation or a wait. A ring that is full drops it and counts.
 */
#include <string.h>

#include "base/log.h"
#include "base/size.h"
#include "os/clock.h"
#include "proc/gateway/gateway.h"

void observe_ring(struct gateway *g, int fd)
{
	struct error err = {0};
	struct record_writer opened;
	if (!is_ok(record_writer_init(&opened, fd, &err))) {
		LOG_ERROR("cannot_write_records", LOG_STR("why", err.text));
		return;
	}
	record_writer_done(&g->records);
	g->records = opened;
}

/* Who calls is known by a keyed hash alone: equality is all that is of use. */
static void set_caller(struct gateway *g, struct invocation *v, const struct identity_claim *who)
{
	v->caller_class = who ? CALLER_USER : CALLER_ANONYMOUS;
	v->caller = who ? rate_hash(g, who->user, strlen(who->user)) : 0;
}

void observe_refused(struct conn *c, const struct gw_function *f, const struct identity_claim *who,
    enum invocation_outcome outcome)
{
	struct gateway *g = c->gateway;
	if (!g->records.page)
		return;
	struct invocation v = {.time_us = (uint64_t)g->unix_ms * 1000,
	    .request = g->answered.id,
	    .address = c->place,
	    .function = f->ref,
	    .outcome = (uint8_t)outcome,
	    .status = g->answered.status,
	    .bytes_out = g->answered.bytes};
	set_caller(g, &v, who);
	record_write(&g->records, &v);
}

void observe_begin(struct gateway *g, struct call *call, const struct conn *c, size_t bytes_in,
    const struct identity_claim *who)
{
	call->seen = (struct invocation){.request = call->request,
	    .address = c->place,
	    .function = call->function->ref,
	    .bytes_in = (uint32_t)size_min(bytes_in, UINT32_MAX)};
	set_caller(g, &call->seen, who);
	call->began_ns = clock_mono_ns();
}

void observe_posted(struct call *call)
{
	if (call->parked)
		call->seen.queue_us =
		    (uint32_t)size_min((clock_mono_ns() - call->began_ns) / 1000, UINT32_MAX);
}

void observe_end(struct gateway *g, const struct call *call, enum invocation_outcome outcome, bool answered)
{
	if (!g->records.page)
		return;
	struct invocation v = call->seen;
	v.time_us = (uint64_t)g->unix_ms * 1000;
	v.wall_us = (uint32_t)size_min((clock_mono_ns() - call->began_ns) / 1000, UINT32_MAX);
	v.outcome = (uint8_t)outcome;
	v.status = answered ? g->answered.status : 0;
	v.bytes_out = answered ? g->answered.bytes : 0;
	record_write(&g->records, &v);
}

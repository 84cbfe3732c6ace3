/*
 * One record for each request of a function, for the monitor (observe/invocation.h): copied into shared
 * memory without a system call, an allocation or a wait. A ring that is full drops it and counts.
 */
#include <string.h>

#include "base/log.h"
#include "base/size.h"
#include "observe/sketch.h"
#include "os/clock.h"
#include "proc/gateway/budget.h"
#include "proc/gateway/gateway.h"
#include "proc/gateway/trace.h"

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
	    .refused_field = g->answered.field,
	    .bytes_out = g->answered.bytes};
	g->answered.field = 0;
	set_caller(g, &v, who);
	trace_fill(c, &v);
	record_write(&g->records, &v);
}

void observe_sign_in(struct conn *c)
{
	struct gateway *g = c->gateway;
	const unsigned status = g->answered.status;
	if (!g->records.page || !g->app)
		return;
	/* A try that has to wait, because others were wrong, is one that was refused. */
	const enum invocation_outcome outcome = status < 300				      ? OUTCOME_OK
						: status == 401 || status == 403 || status == 429 ? OUTCOME_UNAUTHENTICATED
						: status < 500			      ? OUTCOME_INPUT_REFUSED
										      : OUTCOME_UNAVAILABLE;
	const struct invocation v = {.time_us = (uint64_t)g->unix_ms * 1000,
	    .request = request_id_new(g),
	    .address = c->place,
	    .function = function_ref(g->app->generation, SIGN_IN_INDEX),
	    .outcome = (uint8_t)outcome,
	    .status = (uint16_t)status,
	    .bytes_out = g->answered.bytes};
	record_write(&g->records, &v);
}

void observe_begin(struct gateway *g, struct call *call, const struct conn *c, struct slice input,
    const struct identity_claim *who)
{
	call->seen = (struct invocation){.request = call->request,
	    .address = c->place,
	    .function = call->function->ref,
	    .bytes_in = (uint32_t)size_min(input.len, UINT32_MAX)};
	set_caller(g, &call->seen, who);
	trace_fill(c, &call->seen);
	if (g->records.page)
		sense_input(input, &call->seen);
	call->began_ns = clock_mono_ns();
}

void observe_posted(struct call *call)
{
	if (call->parked)
		call->seen.queue_us =
		    (uint32_t)size_min((clock_mono_ns() - call->began_ns) / 1000, UINT32_MAX);
}

/* Where a transaction begins and ends are steps of an order too: they are its grants 0, 1 and 2. */
static const struct {
	enum host_kind kind;
	uint16_t step;
	bool by_grant;
} host_calls[HOST_VERB_COUNT] = {
    [HOST_QUERY] = {KIND_QUERY, 0, true},
    [HOST_HTTP] = {KIND_HTTP, 0, true},
    [HOST_BEGIN] = {KIND_TRANSACTION, 0, false},
    [HOST_COMMIT] = {KIND_TRANSACTION, 1, false},
    [HOST_ROLLBACK] = {KIND_TRANSACTION, 2, false},
    [HOST_SECRET] = {KIND_SECRET, 0, true},
};
_Static_assert(RESULT_CALLS_MAX == INVOCATION_CALLS_MAX, "a record tells the order that a result tells");
_Static_assert(RESULT_TIMED_MAX == INVOCATION_TIMED_MAX, "and the times");
_Static_assert(
    RESULT_GRANT_NONE == CALL_INDEX_UNKNOWN, "both say the same of what the contract does not name");

void observe_used(struct call *call, const struct result_head *head)
{
	struct invocation *v = &call->seen;
	v->cpu_us = head->cpu_us;
	v->queue_us = (uint32_t)size_min((size_t)v->queue_us + head->queue_us, UINT32_MAX);
	v->memory_kib = head->memory_kib;
	for (unsigned verb = 0; verb < HOST_VERB_COUNT; verb++) {
		uint16_t *calls = &v->calls[host_calls[verb].kind];
		*calls = (uint16_t)size_min((size_t)*calls + head->host_calls[verb], UINT16_MAX);
	}
	for (unsigned i = 0; i < head->sequence_count && i < RESULT_CALLS_MAX; i++) {
		const unsigned verb = call_kind(head->sequence[i]);
		if (verb >= HOST_VERB_COUNT)
			return;
		if (i < RESULT_TIMED_MAX) {
			/* A worker's word: a byte that is no bucket would make the monitor drop the record. */
			v->call_began[i] = (uint8_t)size_min(head->began[i], SKETCH_BUCKETS - 1);
			v->call_took[i] = (uint8_t)size_min(head->took[i], SKETCH_BUCKETS - 1);
		}
		v->sequence[v->sequence_count++] = call_of(host_calls[verb].kind,
		    host_calls[verb].by_grant ? call_index(head->sequence[i]) : host_calls[verb].step);
	}
}

void observe_end(struct gateway *g, const struct call *call, enum invocation_outcome outcome, bool answered)
{
	if (call->budgeted)
		budget_leave(g, call, outcome, answered);
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

/*
 * How many calls of a function may be inside at this gateway, learned from how long they wait for their worker
 * (observe/admission.h). A worker says how long that was; it is believed about its own function alone. Anonymous callers
 * have no share of their own: a proxy in front makes all of them one address.
 */
#include <stdlib.h>

#include "observe/admission.h"
#include "os/clock.h"
#include "proc/gateway/gateway.h"

static const struct admission_config config = {
    .limit_min = 2,
    .limit_max = FUNCTION_IN_FLIGHT_MAX,
    .limit_start = 128,
    /* More than a busy machine's scheduler makes of an idle queue. */
    .target_us = 10000,
    .target_most_us = 20000,
    .interval_us = 100000,
    .share_percent = 25,
};

static uint64_t now_us(void)
{
	return clock_mono_ns() / 1000;
}

result admit_prepare(struct gw_function *f, struct arena *arena, struct error *err)
{
	f->admission = arena_array(arena, 1, sizeof *f->admission);
	if (!f->admission)
		return error_set(err, ERR_MEMORY, "no memory for a function");
	admission_init(f->admission, &config, now_us());
	return RESULT_OK;
}

bool admit_enter(struct call *call)
{
	struct gw_function *f = call->function;
	const uint64_t now = call->began_ns / 1000;
	call->admitted = admission_enter(f->admission, call->seen.caller, now) == ADMIT;
	return call->admitted;
}

void admit_leave(struct call *call, uint32_t queue_us, uint32_t cpu_us)
{
	if (!call->admitted)
		return;
	call->admitted = false;
	admission_leave(call->function->admission, call->seen.caller, queue_us, cpu_us, now_us());
}

/*
 * limits.concurrency: how many calls of a function there are at the same time, counted in memory that all gateways of the
 * machine share. The calls of an app that is being replaced are its own until they end.
 */
#include <unistd.h>

#include "proc/gateway/gateway.h"

result concurrency_prepare(struct gateway *g, struct error *err)
{
	result r = tally_map(&g->calls_now, g->child->counts_fd, g->child->index, err);
	close(g->child->counts_fd);
	return r;
}

static uint32_t row_of(const struct gw_function *f)
{
	return CONCURRENCY_ROW(ref_generation(f->ref), ref_index(f->ref));
}

bool concurrency_enter(struct gateway *g, const struct gw_function *f)
{
	const uint64_t limit = f->contract->contract.limits.concurrency;
	return f->in_flight < FUNCTION_IN_FLIGHT_MAX && (!limit || tally_enter(&g->calls_now, row_of(f), limit));
}

void concurrency_leave(struct gateway *g, const struct gw_function *f)
{
	if (f->contract->contract.limits.concurrency)
		tally_leave(&g->calls_now, row_of(f));
}

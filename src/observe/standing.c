/* The drop at a queue's head. Called by a worker's loop for each call that it takes from its ring. */
#include "observe/standing.h"

#define SERVICE_SHARE 8

static uint64_t wait_max_us(const struct standing *s, bool stands)
{
	const uint64_t least = stands ? STANDING_WAIT_LEAST_US : STANDING_WAIT_CALM_US;
	const uint64_t good = stands ? s->service_us : 2ull * s->service_us;
	return good > least ? good : least;
}

/* A row of eight is no standing queue yet, however long each of them takes. */
static uint64_t interval_us(const struct standing *s)
{
	const uint64_t eight = 8ull * s->service_us;
	return eight > STANDING_INTERVAL_US ? eight : STANDING_INTERVAL_US;
}

bool standing_late(struct standing *s, uint32_t wait_us, uint32_t behind, uint64_t now_us)
{
	const bool stands = now_us < s->stands_until_us;
	if (wait_us <= wait_max_us(s, stands)) {
		s->above_since_us = 0;
		return false;
	}
	if (s->above_since_us == 0)
		s->above_since_us = now_us;
	if (behind < (stands ? STANDING_BEHIND_KEPT : STANDING_BEHIND_LEAST) ||
	    (!stands && now_us - s->above_since_us < interval_us(s)))
		return false;
	s->stands_until_us = now_us + STANDING_MEMORY_US;
	return true;
}

void standing_served(struct standing *s, uint32_t service_us)
{
	if (s->service_us == 0)
		s->service_us = service_us;
	const int64_t off = (int64_t)service_us - s->service_us;
	s->service_us = (uint32_t)(s->service_us + off / SERVICE_SHARE);
}

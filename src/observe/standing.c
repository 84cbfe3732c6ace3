/* The drop at a queue's head. Called by a worker's loop for each call that it takes from its ring. */
#include "observe/standing.h"

#define SERVICE_SHARE 8

static uint64_t wait_max_us(const struct standing *s, bool stands)
{
	const uint64_t least = stands ? STANDING_WAIT_LEAST_US : STANDING_WAIT_CALM_US;
	const uint64_t twice = 2ull * s->service_us;
	return twice > least ? twice : least;
}

bool standing_late(struct standing *s, uint32_t wait_us, uint64_t now_us)
{
	const bool stands = now_us < s->stands_until_us;
	if (wait_us <= wait_max_us(s, stands)) {
		s->above_since_us = 0;
		return false;
	}
	if (s->above_since_us == 0)
		s->above_since_us = now_us;
	if (!stands && now_us - s->above_since_us < STANDING_INTERVAL_US)
		return false;
	s->stands_until_us = now_us + STANDING_MEMORY_US;
	return true;
}

void standing_served(struct standing *s, uint32_t service_us)
{
	s->service_us =
	    (uint32_t)((int64_t)s->service_us + ((int64_t)service_us - s->service_us) / SERVICE_SHARE);
}

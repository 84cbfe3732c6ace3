/*
 * Who called most, in fixed memory: the Space-Saving algorithm (Metwally, Agrawal and El Abbadi 2005). The
 * count of a key is never too low, and too high by at most `floor`, the smallest count in the table when it
 * came in.
 */
#ifndef WARD_OBSERVE_HEAVY_HITTERS_H
#define WARD_OBSERVE_HEAVY_HITTERS_H

#include <stdint.h>

#define HEAVY_HITTERS 16u

struct heavy_hitters {
	struct {
		uint64_t key; /* 0: empty */
		uint32_t count, floor;
	} of[HEAVY_HITTERS];
};

/* Counts a key (not 0) and returns what it has for certain: count - floor. */
uint32_t heavy_hitters_add(struct heavy_hitters *h, uint64_t key);

#endif

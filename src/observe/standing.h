/*
 * Whether a queue stands, and who in it is late: after the drop at the head of CoDel (RFC 8289). A long queue
 * whose every item waited longer than is good, for longer than 100 ms or eight items, is not a burst that
 * will pass, nor a machine that stood still. From then on, and for a second after the last that was late, an
 * item that waited too long is given back at once, so that those who are served are served in time. A few
 * callers who wait for their answers are no such queue, however slow the machine is.
 *
 * What is good is as long as an item takes; before a queue is known to stand, twice as long, and no less than a
 * busy machine's scheduler makes of an idle one.
 *
 * Single-threaded: each taker has its own. All memory is in the struct; zero is its beginning.
 */
#ifndef WARD_OBSERVE_STANDING_H
#define WARD_OBSERVE_STANDING_H

#include <stdbool.h>
#include <stdint.h>

#define STANDING_WAIT_CALM_US 20000u /* a wait that is good while no queue is known to stand */
#define STANDING_WAIT_LEAST_US 5000u /* and while one is */
#define STANDING_BEHIND_LEAST 32u    /* items behind one that may be found late, */
#define STANDING_BEHIND_KEPT 4u	     /* and in a queue that is known to stand */
#define STANDING_INTERVAL_US 100000u
#define STANDING_MEMORY_US 1000000u

struct standing {
	uint64_t above_since_us; /* when the first of an unbroken row was taken that had waited too long; 0:
				    none */
	uint64_t stands_until_us;
	uint32_t service_us; /* what an item takes: a moving mean over eight */
};

/*
 * An item is taken at now_us (of any clock that is never 0) after waiting wait_us, and `behind` wait still.
 * True: it is late.
 */
bool standing_late(struct standing *s, uint32_t wait_us, uint32_t behind, uint64_t now_us);
/* An item was done and took service_us of computing. */
void standing_served(struct standing *s, uint32_t service_us);

#endif

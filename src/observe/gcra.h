/*
 * Rate limits by the generic cell rate algorithm (ITU-T I.371 annex A, virtual scheduling form): per key one
 * time, the theoretical arrival time of the next conforming request. A request conforms unless it comes more
 * than the tolerance before it. No counters, no windows, no background work.
 *
 * Keys are 64-bit keyed hashes of (rule, subject): the caller mixes the rule in (gcra_key()). The table has a
 * fixed size, eight ways a set. An entry whose time has passed holds no information and is free. When all
 * eight ways are live, the one nearest to free makes room, and `evicted` counts it: that key gets at most its
 * burst once more.
 *
 * Several processes may take from one table in shared memory: times are moved by compare and swap, so that no
 * request is booked twice or lost. Two that take over the same entry at the same moment for different keys
 * may let one request too many pass.
 */
#ifndef WARD_OBSERVE_GCRA_H
#define WARD_OBSERVE_GCRA_H

#include <stdint.h>

#include "base/result.h"

struct gcra_entry {
	uint64_t key; /* 0: never used */
	uint64_t arrival_ns;
};

struct gcra {
	struct gcra_entry *entries; /* owned unless shared, 8 * sets */
	uint32_t sets;		    /* a power of two */
	uint64_t evicted;
	bool shared; /* entries are mapped memory of several processes, not owned */
};

struct gcra_rate {
	uint64_t interval_ns;  /* between requests at the sustained rate */
	uint64_t tolerance_ns; /* (burst - 1) * interval */
};

/* count requests in period_ns, of which burst may come at once (0 means count). ERR_INVALID for zero counts.
 */
result gcra_rate_of(
    uint64_t count, uint64_t period_ns, uint64_t burst, struct error *err, struct gcra_rate *ret);

/* Room for at least `keys` live keys (up to 2^28): 16 bytes each. */
result gcra_init(struct gcra *g, uint32_t keys, struct error *err);
/* The memory file of a table for several processes, sealed in its size: gcra_map() in each of them. Returns owned. */
result gcra_memory(uint32_t keys, struct error *err, int *ret_fd);
/* Takes from such a file; the descriptor stays the caller's. The map lives until gcra_done(). */
result gcra_map(struct gcra *g, int fd, struct error *err);
void gcra_done(struct gcra *g);

uint64_t gcra_key(uint32_t rule, uint64_t subject);

/*
 * True when `cost` requests conform now, which books them. False leaves the key as it was and says in
 * ret_wait_ns (may be NULL) when to come again; UINT64_MAX when cost can never conform. now_ns is any clock
 * that does not go back.
 */
bool gcra_take(struct gcra *g, uint64_t key, const struct gcra_rate *rate, uint32_t cost, uint64_t now_ns,
    uint64_t *ret_wait_ns);

#endif

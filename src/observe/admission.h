/*
 * Admission under overload: how many requests may be inside at once, learned from how long they wait.
 *
 * The limit follows the queue, not the load. Over each interval the smallest queueing delay is kept: if even
 * the luckiest request waited longer than the target, a queue is standing (Nichols and Jacobson, CoDel) and
 * the limit falls by a tenth, or up to a half when it stands far longer; if it did not and the limit was in use, the limit rises by its square root (at
 * least one). Falls are multiplicative and rises additive, so that it settles (Chiu and Jain 1989).
 *
 * What is still no queue depends on how long the work takes: half of a request's own computing, within bounds. With long
 * requests the limit comes down to one at work and one that waits, which is all that goodput needs. Until it has learned
 * that, a queue stands: see standing.h.
 *
 * While more than half of the limit is in use no single caller may hold more than its share of it, so that
 * one abusive caller is refused before the others wait.
 *
 * Single-threaded: each event loop has its own. All memory is in the struct.
 */
#ifndef WARD_OBSERVE_ADMISSION_H
#define WARD_OBSERVE_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>

#define ADMISSION_CALLERS 1024u

struct admission_config {
	uint32_t limit_min;
	uint32_t limit_max;
	uint32_t limit_start;
	uint32_t target_us;	 /* a queueing delay that is still no queue, */
	uint32_t target_most_us; /* and the most that it may be for long requests */
	uint32_t interval_us;	/* of judging */
	uint32_t share_percent; /* of the limit that one caller may hold under pressure; 0: no such limit */
};

extern const struct admission_config admission_default;

struct admission {
	struct admission_config config;
	double limit;
	uint32_t inside;
	uint32_t inside_max; /* in this interval */
	uint64_t interval_end_us;
	uint32_t delay_least_us; /* in this interval; UINT32_MAX: no request yet */
	double service_us;	 /* what a request computes: a moving mean over about eight of them */
	uint64_t admitted, shed, shed_share;
	uint16_t held[ADMISSION_CALLERS]; /* by hash of the caller: callers that collide share a share */
};

enum admission_verdict { ADMIT, SHED_LOAD, SHED_CALLER };

void admission_init(struct admission *a, const struct admission_config *config, uint64_t now_us);

/* A request wants in. On ADMIT the caller owes one admission_leave() with the same caller hash (0:
 * anonymous). */
enum admission_verdict admission_enter(struct admission *a, uint64_t caller, uint64_t now_us);

/* The request left; queue_us is how long it waited for a worker, service_us what it computed (0: that is not known). */
void admission_leave(struct admission *a, uint64_t caller, uint32_t queue_us, uint32_t service_us, uint64_t now_us);

#endif

/*
 * The behaviour profile of one function in one version: which host calls it makes, which follow which, how
 * many, for which callers, through which triggers and at which hours. It is learned for a stated time and
 * number of calls, then it is a claim: what departs from it is a signal, and its surprise is a number.
 *
 * Surprise of an invocation is the mean over its host calls of -log2 of the learned share of that call after
 * the one before it (an order-1 Markov chain with start and end, add-one smoothing): 0 means that nothing
 * else ever happened, 1 a toss of a coin. Deviation is the recent mean surprise less the learned one, in the
 * learned spreads.
 *
 * Fixed memory; what does not fit any more is counted in `overflow`, and then unseen orders are no signal.
 */
#ifndef WARD_OBSERVE_PROFILE_H
#define WARD_OBSERVE_PROFILE_H

#include "observe/signal.h"

#define PROFILE_EDGES 256u /* a power of two */
#define PROFILE_CALLS 64u
#define PROFILE_EDGE_START 0xffffu /* call before the first, and after the last */
#define PROFILE_SIGNALS_MAX 8u

struct profile_edge {
	uint16_t from, to;
	uint32_t count; /* 0: empty */
};

/* What follows a call, in all: the sum of its edges. */
struct profile_follow {
	uint16_t from;
	uint16_t kinds; /* of followers */
	uint32_t times; /* 0: empty */
};

struct profile_call {
	uint16_t call;
	uint16_t most;	      /* in one invocation */
	uint32_t invocations; /* that made it */
	uint64_t count;
};

struct profile {
	uint32_t version, before; /* the version before it, whose last requests may still come */
	int64_t learn_from_ms, learn_until_ms;
	uint32_t learn_calls_least;
	uint64_t invocations;
	bool learned;
	bool committed; /* begun from ward.profile */
	bool inherited; /* which calls are made is known from the version before, which orders is not yet */
	struct profile_edge edges[PROFILE_EDGES];
	struct profile_follow follows[PROFILE_EDGES];
	struct profile_call calls[PROFILE_CALLS];
	uint32_t call_count, edge_count, overflow;
	uint64_t callers[CALLER_CLASS_COUNT], triggers[TRIGGER_COUNT], hours[24];
	uint16_t calls_most; /* host calls in one invocation */
	double surprise_mean, surprise_spread, surprise_recent;
};

struct profile_config {
	int64_t learn_ms;
	uint32_t learn_calls_least; /* the later of the two ends learning */
};
extern const struct profile_config profile_default;

void profile_begin(struct profile *p, uint32_t version, int64_t now_ms, const struct profile_config *config);

/*
 * The profile of the next version of the same contract: what the old one used stays known, so that a release
 * that reaches for a grant never used before is told of at once; orders and numbers are learned anew.
 */
void profile_inherit(
    struct profile *p, uint32_t version, int64_t now_ms, const struct profile_config *config);

/* Begins with what the author committed as the behaviour of whatever version serves: nothing has to be learned first. */
void profile_adopt(struct profile *p, const struct profile *committed, uint32_t version, int64_t now_ms);
/* A request of the version before, that was under way when the new one came: it teaches nothing. */
#define PROFILE_DRAINS_MS 600000
bool profile_is_of_before(const struct profile *p, uint32_t version, int64_t now_ms);
/* What the contract alone makes a signal; as profile_observe(). */
unsigned profile_exact(const struct invocation *v, struct signal *ret_signals);

/*
 * Compares an invocation with the profile and learns from it. Returns how many signals were put into
 * ret_signals[PROFILE_SIGNALS_MAX]; while learning only those that need no profile (denial, trap, mismatch,
 * payload, refused input). An order that was signalled once is known from then on.
 */
unsigned profile_observe(struct profile *p, const struct invocation *v, struct signal *ret_signals);

/* In learned spreads above the learned mean; 0 while learning. */
double profile_deviation(const struct profile *p);

/* For those who read profiles: false when it is there already or there is no room. */
bool profile_put_call(struct profile *p, const struct profile_call *call);
bool profile_put_edge(struct profile *p, uint16_t from, uint16_t to, uint32_t times);
/* How often `to` came right after `from`; 0: never. And how often anything did. */
uint32_t profile_edge_times(const struct profile *p, uint16_t from, uint16_t to);
uint32_t profile_follow_times(const struct profile *p, uint16_t from);

/* In plain words, one statement a line. */
void profile_describe(const struct profile *p, call_namer namer, void *context, struct buf *out);

#endif

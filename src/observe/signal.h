/*
 * A signal: one observation that something is not as it was declared or learned to be, with its evidence.
 * Exact signals follow from the contract or from the learned profile and need no statistics; the others
 * compare a measure with its own past. What is done about a signal is for the rules (incident.h).
 */
#ifndef WARD_OBSERVE_SIGNAL_H
#define WARD_OBSERVE_SIGNAL_H

#include "base/buf.h"
#include "observe/invocation.h"

enum signal_kind {
	/* Exact. */
	SIGNAL_DENIAL,	      /* the broker refused a host call */
	SIGNAL_FIRST_USE,     /* a grant that was never used is used */
	SIGNAL_NEW_ORDER,     /* a host call follows one that it never followed */
	SIGNAL_TRAP,	      /* the guest trapped or broke its stack */
	SIGNAL_INPUT_REFUSED, /* a value of a typed field was refused */
	SIGNAL_MISMATCH,      /* a response did not fit its type */
	SIGNAL_PAYLOAD,	      /* a free-text field looks like an injection */
	/* Against the past. */
	SIGNAL_MANY_CALLS,  /* one invocation asks the host far more often than any before */
	SIGNAL_CALLER_RATE, /* one caller calls far more often than any caller did */
	SIGNAL_AUTH_FAILURES,
	SIGNAL_PROBING, /* refused or failing requests, many in a row, of one address */
	SIGNAL_FLOOD,
	SIGNAL_SILENCE,
	SIGNAL_CPU,
	SIGNAL_MEMORY,
	SIGNAL_RESPONSE_SIZE,
	SIGNAL_LATENCY,
	SIGNAL_FAILURES,
	SIGNAL_STATISTICS, /* the detector finds a series strange; alone it is only recorded */
	SIGNAL_BUDGET_LOW,   /* exact: a day's budget will soon be used up */
	SIGNAL_BUDGET_SPENT, /* exact: it is, and calls are refused */
	SIGNAL_KIND_COUNT,
};

struct signal {
	enum signal_kind kind;
	uint32_t function; /* of the rollup store */
	int64_t time_ms;
	uint64_t caller, address; /* whom it points at; 0: nobody in particular */
	uint64_t request;	  /* an example; 0: none */
	uint16_t call, previous;  /* call_of(): which host call, and after which */
	uint32_t span_s;	  /* over which it was counted; 0: it was not */
	double value, expected;	  /* in the unit of the kind */
};

struct signal_manifest {
	const char *name;
	bool exact;
	const char *unit;
	const char *words;  /* what happened, for a developer; "%v" value, "%e" expected, "%s" the span, "%c"
			       call, "%p" the call before */
	const char *advice; /* what to look at or do */
};
extern const struct signal_manifest signal_manifests[SIGNAL_KIND_COUNT];

/* The name of a host call in the contract ("GetOrder", "api.stripe.com"), borrowed; SLICE_NONE when unknown.
 */
typedef struct slice (*call_namer)(void *context, uint16_t call);

/* One sentence with the values filled in. */
void signal_explain(const struct signal *s, call_namer namer, void *context, struct buf *out);

#endif

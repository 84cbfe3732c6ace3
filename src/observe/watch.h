/*
 * The watch over one function: its measures in spans of ten seconds (or as configured), each against its own past, and its silence.
 *
 * The rule for a measure is one line: a signal when it passes `factor` times its record and an absolute
 * floor. The record is the largest value of the past, forgotten by half in two weeks. Ordinary growth raises
 * it, but by no more than `creep_a_day`, so that a slow leak does not teach what a leak is; a strange value
 * does not raise it at all, unless it stays for an hour: then it is the new order of things, and was told of
 * once.
 *
 * Silence is counted in calls that were due, by the mean rate of this hour of the week (of the day, until the
 * week is known): a signal when more were due than `silence_least` and three times more than in any lull
 * before. Where the author has said which pause is ordinary, a longer one is a signal and nothing need be learned.
 *
 * Beside the rules a detector (detector.h) follows rate, latency and failures in five-minute spans; its
 * signal is for the chart, not for the pager.
 */
#ifndef WARD_OBSERVE_WATCH_H
#define WARD_OBSERVE_WATCH_H

#include "observe/detector.h"
#include "observe/heavy_hitters.h"
#include "observe/signal.h"

enum measure {
	MEASURE_RATE,		 /* calls in a span */
	MEASURE_CALLER,		 /* calls of the busiest caller in a span */
	MEASURE_AUTH_FAILURES,	 /* refused sign-ins in a span */
	MEASURE_ADDRESS_REFUSED, /* refused or failed calls of one address in a span */
	MEASURE_CPU,		 /* mean of a group of calls, us; so are those that follow */
	MEASURE_MEMORY,		 /* KiB */
	MEASURE_RESPONSE,	 /* bytes */
	MEASURE_LATENCY,	 /* us */
	MEASURE_FAILURES,	 /* % */
	MEASURE_COUNT,
};

struct measure_manifest {
	enum signal_kind signal;
	double factor, floor;
	double creep_a_day; /* the record may grow by this factor in a day; 0: freely */
};
extern const struct measure_manifest measure_manifests[MEASURE_COUNT];

#define WATCH_SIGNALS_MAX 8u
#define WATCH_SERIES 3u /* that detectors follow: rate, latency, failures */

struct watch_record {
	double most;
	double ceiling; /* how far it may creep today */
	int64_t ceiling_day;
	uint32_t strange_spans;
	uint32_t seen; /* spans or groups it was learned from */
	bool told;     /* in this span */
};

struct watch_config {
	int64_t learn_s;
	uint32_t span_s;
	uint32_t spans_least; /* spans or groups, before a record is one */
};
extern const struct watch_config watch_default;

struct function_watch {
	uint32_t function;
	struct watch_config config;
	int64_t since_s, learn_until_s;
	int64_t quiet_s; /* the longest ordinary pause as the author says; 0: not said */
	int64_t last_call_s;
	int64_t span_begin_s;
	uint32_t calls, auth_failures, address_refused_most, caller_most; /* in the running span */
	/* Sums of which means are made; a slow function's go on over several spans until they are calls
	 * enough. */
	struct {
		uint32_t calls;
		double cpu_us, memory_kib, bytes_out, wall_us, failures;
	} group;
	struct heavy_hitters callers, addresses;
	struct watch_record records[MEASURE_COUNT];
	float week[168], day[24]; /* mean calls a span at that hour */
	uint8_t week_seen[168], day_seen[24];
	double hour_sum;
	uint32_t hour_spans;
	double due, lull_most; /* calls that were due since the last one, and the most in any lull before */
	int64_t due_s;	       /* up to when due is counted */
	bool silent;
	struct detector detectors[WATCH_SERIES];
	struct {
		double calls, ran, wall_us, failures;
		uint32_t spans;
	} coarse; /* the five minutes that detectors eat */
};

void watch_init(
    struct function_watch *w, uint32_t function, int64_t now_s, const struct watch_config *config);

/* Another configuration: how long it learns is counted from its beginning; with another span it learns anew. */
void watch_configure(struct function_watch *w, int64_t now_s, const struct watch_config *config);

/* After its bytes were copied from another process: points it to what is here. */
void watch_rebind(struct function_watch *w);

/* Each returns how many signals were put into ret_signals[WATCH_SIGNALS_MAX]. Time does not go back. */
unsigned watch_observe(struct function_watch *w, const struct invocation *v, struct signal *ret_signals);
/* Called every second or so, calls or not; closes the span when it is over and listens for silence. */
unsigned watch_tick(struct function_watch *w, int64_t now_s, struct signal *ret_signals);

#endif

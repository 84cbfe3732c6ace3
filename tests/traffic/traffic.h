/*
 * Simulated traffic with labels: functions of a small shop over weeks, with a daily and a weekly rhythm,
 * restless rates, releases and a day that goes viral; and the attacks that the drills run. Deterministic for
 * a seed.
 */
#ifndef WARD_TESTS_TRAFFIC_H
#define WARD_TESTS_TRAFFIC_H

#include "observe/invocation.h"

#define TRAFFIC_DAY_S 86400
#define TRAFFIC_START_S 1704067200ll /* Monday, 2024-01-01 00:00 UTC */

struct traffic_model {
	const char *name;
	double calls_a_second; /* mean of a weekday */
	double night_share;    /* of the mean, at the quietest hour */
	double weekend_factor;
	double restless;   /* spread of the slow random walk of the log of the rate */
	uint32_t accounts; /* that call; 0: anonymous */
	uint32_t addresses;
	double cpu_us, latency_us, bytes_out;
	uint32_t memory_kib;
	double refused_share, unauthenticated_share, error_share, exception_share;
	uint32_t queries; /* in its contract; it uses all but the last, which is granted and never used */
	bool calls_host;
	int viral_day;	     /* -1: none */
	int release_days[4]; /* ended by -1 */
};

extern const struct traffic_model traffic_models[];
extern const unsigned traffic_model_count;

struct traffic {
	const struct traffic_model *model;
	uint64_t random[2];
	double walk; /* of the log of the rate */
	uint32_t version;
	uint64_t next_request;
};

void traffic_init(struct traffic *t, const struct traffic_model *model, uint64_t seed);

/* Mean calls a second at this time, without chance. */
double traffic_rate(const struct traffic_model *model, int64_t now_s);

/* How many calls come in this second; each is then made by traffic_call(). */
unsigned traffic_second(struct traffic *t, int64_t now_s);
struct invocation traffic_call(struct traffic *t, int64_t now_s);

/* 0 to 1. */
double traffic_chance(struct traffic *t);

#endif

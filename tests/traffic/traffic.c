/* The generator of simulated traffic. */
#include "traffic.h"

#include <math.h>

#include "base/check.h"
#include "observe/mix.h"

#define VIRAL_FACTOR 6.0
#define VIRAL_BEGIN_S (9 * 3600)
#define VIRAL_RAMP_S 3600
#define NEVER                                                                                                \
	{                                                                                                    \
		-1                                                                                           \
	}

const struct traffic_model traffic_models[] = {
    {"list-products", 3.0, 0.15, 1.3, 0.25, 4000, 2500, 400, 3000, 9000, 2048, 0.002, 0, 0.01, 0.0005, 3,
	false, 9, {3, 8, -1}},
    {"search", 1.5, 0.10, 1.2, 0.35, 3000, 2000, 900, 8000, 6000, 4096, 0.01, 0, 0.02, 0.001, 3, false, 9,
	{5, 12, -1}},
    {"get-product", 4.0, 0.15, 1.3, 0.25, 5000, 3000, 250, 1500, 2500, 2048, 0.001, 0, 0.03, 0.0002, 2, false,
	-1, {3, -1}},
    {"sign-in", 0.3, 0.10, 0.8, 0.30, 0, 1500, 300, 90000, 300, 2048, 0.01, 0.08, 0, 0.0005, 2, false, -1,
	NEVER},
    {"pay", 0.15, 0.05, 0.9, 0.40, 800, 700, 700, 250000, 500, 2048, 0.004, 0.001, 0.05, 0.001, 4, true, -1,
	{6, 10, -1}},
    {"get-orders", 0.5, 0.10, 0.7, 0.30, 1500, 1200, 600, 5000, 12000, 3072, 0.001, 0.002, 0.001, 0.0005, 2,
	false, -1, {7, -1}},
    {"post-review", 0.02, 0.05, 1.1, 0.50, 500, 450, 500, 9000, 200, 2048, 0.03, 0.01, 0.01, 0.002, 3, false,
	-1, {4, -1}},
    {"thumbnail", 0.8, 0.20, 0.9, 0.50, 0, 900, 18000, 25000, 30000, 16384, 0.002, 0, 0.005, 0.002, 2, false,
	-1, {2, 9, -1}},
    {"webhook", 0.2, 0.60, 1.0, 0.20, 0, 4, 200, 4000, 50, 2048, 0.0005, 0, 0, 0.001, 3, false, -1, NEVER},
    {"heartbeat", 0.1, 1.00, 1.0, 0.02, 0, 1, 80, 700, 20, 1024, 0, 0, 0, 0.0001, 2, false, -1, NEVER},
    {"export", 0.003, 0.05, 0.1, 0.60, 20, 20, 60000, 900000, 900000, 24576, 0.01, 0.01, 0.02, 0.005, 4, true,
	-1, {11, -1}},
    {"admin-stats", 0.01, 0.02, 0.2, 0.50, 8, 8, 5000, 60000, 20000, 4096, 0.005, 0.01, 0, 0.002, 5, false,
	-1, {5, -1}},
};
const unsigned traffic_model_count = ARRAY_LEN(traffic_models);

/* xoroshiro128+ of Blackman and Vigna. */
static uint64_t next_random(struct traffic *t)
{
	uint64_t a = t->random[0], b = t->random[1], sum = a + b;
	b ^= a;
	t->random[0] = (a << 24 | a >> 40) ^ b ^ b << 16;
	t->random[1] = b << 37 | b >> 27;
	return sum;
}

double traffic_chance(struct traffic *t)
{
	return (double)(next_random(t) >> 11) * 0x1p-53;
}

static double normal(struct traffic *t)
{
	return sqrt(-2 * log(1 - traffic_chance(t))) * cos(2 * M_PI * traffic_chance(t));
}

static double lognormal(struct traffic *t, double median, double spread)
{
	return median * exp(spread * normal(t));
}

static unsigned poisson(struct traffic *t, double mean)
{
	double left = exp(-mean), product = traffic_chance(t);
	unsigned n = 0;
	while (product > left && n < 10000) {
		product *= traffic_chance(t);
		n++;
	}
	return n;
}

void traffic_init(struct traffic *t, const struct traffic_model *model, uint64_t seed)
{
	*t = (struct traffic){.model = model, .version = 1, .next_request = 1};
	t->random[0] = mix64(seed);
	t->random[1] = mix64(seed + 1) | 1;
}

static double viral(const struct traffic_model *m, int64_t since_s)
{
	if (m->viral_day < 0 || since_s / TRAFFIC_DAY_S != m->viral_day)
		return 1;
	double in_s = (double)(since_s % TRAFFIC_DAY_S) - VIRAL_BEGIN_S;
	if (in_s < 0)
		return 1;
	double rise = fmin(1, in_s / VIRAL_RAMP_S), fall = exp(-in_s / (6 * 3600));
	return 1 + (VIRAL_FACTOR - 1) * rise * fall;
}

double traffic_rate(const struct traffic_model *m, int64_t now_s)
{
	int64_t since_s = now_s - TRAFFIC_START_S;
	double hour = (double)(since_s % TRAFFIC_DAY_S) / 3600;
	/* Quietest at four, busiest at sixteen. */
	double day = 1 - (1 - m->night_share) * cos((hour - 4) / 12 * M_PI);
	day = fmax(day, m->night_share);
	bool weekend = since_s / TRAFFIC_DAY_S % 7 >= 5;
	return m->calls_a_second * day * (weekend ? m->weekend_factor : 1) * viral(m, since_s);
}

static void release(struct traffic *t, int64_t now_s)
{
	int64_t since_s = now_s - TRAFFIC_START_S;
	uint32_t version = 1;
	for (const int *d = t->model->release_days; *d >= 0; d++)
		version += since_s >= (int64_t)*d * TRAFFIC_DAY_S + 14 * 3600;
	t->version = version;
}

unsigned traffic_second(struct traffic *t, int64_t now_s)
{
	if (now_s % 60 == 0) {
		t->walk += -t->walk / 120 + t->model->restless * sqrt(2.0 / 120) * normal(t);
		release(t, now_s);
	}
	double restless = exp(t->walk - t->model->restless * t->model->restless / 2);
	return poisson(t, traffic_rate(t->model, now_s) * restless);
}

/* Some callers are keener than others: the square makes the first ones frequent. */
static uint64_t pick(struct traffic *t, uint32_t count, uint64_t salt)
{
	double share = traffic_chance(t);
	return count ? mix64(salt + (uint64_t)(share * share * count)) | 1 : 0;
}

static enum invocation_outcome outcome(struct traffic *t)
{
	const struct traffic_model *m = t->model;
	double x = traffic_chance(t);
	if ((x -= m->refused_share) < 0)
		return OUTCOME_INPUT_REFUSED;
	if ((x -= m->unauthenticated_share) < 0)
		return OUTCOME_UNAUTHENTICATED;
	if ((x -= m->error_share) < 0)
		return OUTCOME_DECLARED_ERROR;
	return x - m->exception_share < 0 ? OUTCOME_EXCEPTION : OUTCOME_OK;
}

/* Reads its queries in order, skips the tail now and then, may call its host last. The last query is never
 * used. */
static void host_calls(struct traffic *t, struct invocation *v)
{
	const struct traffic_model *m = t->model;
	for (uint32_t q = 0; q + 1 < m->queries; q++) {
		invocation_add_call(v, KIND_QUERY, q);
		if (traffic_chance(t) < 0.1)
			return;
		if (q == 1 && traffic_chance(t) < 0.3)
			invocation_add_call(v, KIND_QUERY, q);
	}
	if (m->calls_host)
		invocation_add_call(v, KIND_HTTP, 0);
}

struct invocation traffic_call(struct traffic *t, int64_t now_s)
{
	const struct traffic_model *m = t->model;
	struct invocation v = {.time_us = (uint64_t)now_s * 1000000 + (uint64_t)(traffic_chance(t) * 999999),
	    .request = t->next_request++,
	    .version = t->version,
	    .outcome = (uint8_t)outcome(t),
	    .status = 200};
	/* A release makes it a little slower or faster. */
	double changed = 1 + 0.15 * sin(t->version * 2.4);
	v.caller = pick(t, m->accounts, 1000);
	v.caller_class = v.caller ? CALLER_USER : CALLER_ANONYMOUS;
	v.address = pick(t, m->addresses, 900000);
	if (v.outcome == OUTCOME_INPUT_REFUSED || v.outcome == OUTCOME_UNAUTHENTICATED) {
		v.wall_us = 300;
		return v;
	}
	v.cpu_us = (uint32_t)lognormal(t, m->cpu_us * changed, 0.4);
	v.wall_us = v.cpu_us + (uint32_t)lognormal(t, m->latency_us * changed, 0.6);
	v.bytes_in = (uint32_t)lognormal(t, 200, 0.5);
	v.bytes_out = (uint32_t)lognormal(t, m->bytes_out, 0.5);
	v.memory_kib = (uint32_t)(m->memory_kib * (1 + 0.1 * traffic_chance(t)));
	host_calls(t, &v);
	return v;
}

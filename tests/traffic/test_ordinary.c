/*
 * Two weeks of ordinary traffic over twelve functions: what the watch alerts of is a false alarm, and there
 * may be one for each function and month. Prints them, and how many signals were only recorded.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "observe/observer.h"
#include "traffic.h"

#define DAYS 14

struct tally {
	unsigned alerts, recorded;
	const struct observer *observer;
};

static void hear(void *context, const struct incident *i, enum incident_state before)
{
	struct tally *tally = context;
	tally->recorded += before == INCIDENT_NONE;
	if (i->state != INCIDENT_ACTING || before != INCIDENT_OPEN)
		return;
	tally->alerts++;
	char text[1024] = "";
	CLEANUP_BUF struct buf out = BUF_INIT(sizeof text);
	incident_explain(
	    &tally->observer->book, i, slice_cstr(traffic_models[i->function].name), NULL, NULL, &out);
	(void)snprintf(text, sizeof text, "%s", buf_cstr(&out));
	printf("  false alarm, day %d: %s\n", (int)((i->opened_ms / 1000 - TRAFFIC_START_S) / TRAFFIC_DAY_S),
	    text);
}

static void run(struct observer *o, uint64_t seed)
{
	struct traffic traffic[32];
	for (unsigned f = 0; f < traffic_model_count; f++)
		traffic_init(&traffic[f], &traffic_models[f], seed * 100 + f);
	for (int64_t now = TRAFFIC_START_S; now < TRAFFIC_START_S + DAYS * TRAFFIC_DAY_S; now++) {
		for (unsigned f = 0; f < traffic_model_count; f++) {
			for (unsigned n = traffic_second(&traffic[f], now); n > 0; n--) {
				struct invocation v = traffic_call(&traffic[f], now);
				assert_true(is_ok(observer_record(o, f, &v, NULL)));
			}
		}
		if (now % 10 == 9)
			observer_tick(o, now + 1);
	}
}

static void ordinary_weeks_are_quiet(void **state)
{
	(void)state;
	static struct observer o;
	struct tally tally = {.observer = &o};
	double months = 0;
	/* More weeks, for whoever has the time: WARD_TRAFFIC_SEEDS. */
	const char *asked = getenv("WARD_TRAFFIC_SEEDS");
	uint64_t seeds = asked ? strtoull(asked, NULL, 10) : 1;
	for (uint64_t seed = 1; seed <= seeds; seed++) {
		observer_init(&o, &observer_default, hear, &tally);
		run(&o, seed);
		months += traffic_model_count * (DAYS / 30.0);
		observer_done(&o);
	}
	printf("%u false alarms in %.1f function months: %.2f a function and month; %u incidents recorded in "
	       "all\n",
	    tally.alerts, months, tally.alerts / months, tally.recorded);
	assert_true(tally.alerts <= months);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(ordinary_weeks_are_quiet)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

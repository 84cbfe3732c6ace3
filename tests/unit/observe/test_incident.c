/* Incidents: one for what belongs together, an end for each, room for those that matter. Profiles: what
 * departs from them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "observe/incident.h"
#include "observe/profile.h"

#define MINUTE 60000

static struct incident_book book;
static unsigned changes[INCIDENT_STATE_COUNT];

static void hear(void *context, const struct incident *i, enum incident_state before)
{
	(void)context;
	assert_int_not_equal(i->state, before);
	changes[i->state]++;
}

static int begin(void **state)
{
	(void)state;
	incident_book_init(&book, incident_rules_default, hear, NULL);
	memset(changes, 0, sizeof changes);
	return 0;
}

static struct signal signal_at(enum signal_kind kind, int64_t time_ms)
{
	return (struct signal){.kind = kind, .function = 3, .time_ms = time_ms, .value = 1};
}

static void signals_of_one_kind_are_one_incident(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		struct signal s = signal_at(SIGNAL_DENIAL, 1000 + i);
		s.value = i;
		assert_non_null(incident_report(&book, &s));
	}
	assert_int_equal(changes[INCIDENT_OPEN], 1);
	assert_int_equal(changes[INCIDENT_ACTING], 1);
	const struct incident *i = &book.incidents[0];
	assert_int_equal(i->signals, 100);
	assert_true(i->worst == 99);
	/* The first eight pieces of evidence stay, the others are the newest. */
	assert_true(i->evidence[0].value == 0 && i->evidence[7].value == 7);
	for (unsigned e = 8; e < INCIDENT_EVIDENCE; e++)
		assert_true(i->evidence[e].value >= 92);
	struct signal other = signal_at(SIGNAL_DENIAL, 2000);
	other.function = 4;
	assert_true(incident_report(&book, &other)->id != i->id);
}

static void they_end_by_themselves_and_begin_again(void **state)
{
	(void)state;
	struct signal s = signal_at(SIGNAL_FLOOD, 0);
	uint32_t id = incident_report(&book, &s)->id;
	incident_tick(&book, 4 * MINUTE);
	assert_int_equal(changes[INCIDENT_QUIET], 0);
	incident_tick(&book, 6 * MINUTE);
	assert_int_equal(changes[INCIDENT_QUIET], 1);
	s.time_ms = 7 * MINUTE;
	assert_int_equal(incident_report(&book, &s)->id, id);
	assert_int_equal(changes[INCIDENT_ACTING], 2);
	incident_tick(&book, 16 * MINUTE);
	assert_int_equal(changes[INCIDENT_CLOSED], 0);
	incident_tick(&book, 17 * MINUTE);
	assert_int_equal(changes[INCIDENT_CLOSED], 1);
	s.time_ms = 18 * MINUTE;
	assert_true(incident_report(&book, &s)->id != id);
}

static void actions_bind_their_subject_only(void **state)
{
	(void)state;
	struct signal s = signal_at(SIGNAL_CALLER_RATE, 0);
	s.caller = 77;
	uint32_t id = incident_report(&book, &s)->id;
	s = signal_at(SIGNAL_PROBING, 0);
	s.address = 88;
	(void)incident_report(&book, &s);
	assert_int_equal(incident_action_for(&book, 3, 77, 1), ACTION_THROTTLE);
	assert_int_equal(incident_action_for(&book, 3, 1, 88), ACTION_THROTTLE);
	assert_int_equal(incident_action_for(&book, 3, 88, 77), ACTION_RECORD);
	assert_int_equal(incident_action_for(&book, 4, 77, 88), ACTION_RECORD);
	assert_true(is_ok(incident_release(&book, id, 5, NULL)));
	assert_int_equal(incident_action_for(&book, 3, 77, 1), ACTION_RECORD);
	assert_int_equal(incident_release(&book, id, 5, NULL).code, ERR_NOT_FOUND);
}

static void a_rule_waits_for_its_number(void **state)
{
	(void)state;
	struct incident_rule rules[SIGNAL_KIND_COUNT];
	memcpy(rules, incident_rules_default, sizeof rules);
	rules[SIGNAL_TRAP] = (struct incident_rule){ACTION_QUARANTINE, 3, MINUTE, 10 * MINUTE};
	incident_book_init(&book, rules, NULL, NULL);
	for (int64_t i = 0; i < 4; i++) {
		struct signal s = signal_at(SIGNAL_TRAP, i * 40000); /* never three within a minute */
		(void)incident_report(&book, &s);
	}
	assert_int_equal(incident_action_for(&book, 3, 0, 0), ACTION_RECORD);
	for (int64_t i = 0; i < 3; i++) {
		struct signal s = signal_at(SIGNAL_TRAP, 300000 + i);
		(void)incident_report(&book, &s);
	}
	assert_int_equal(incident_action_for(&book, 3, 0, 0), ACTION_QUARANTINE);
	incident_tick(&book, 300002 + 10 * MINUTE);
	assert_int_equal(incident_action_for(&book, 3, 0, 0), ACTION_RECORD);
}

static void strangers_cannot_fill_the_book(void **state)
{
	(void)state;
	struct signal denial = signal_at(SIGNAL_DENIAL, 0);
	uint32_t id = incident_report(&book, &denial)->id;
	for (uint64_t caller = 1; caller <= 5000; caller++) {
		struct signal s = signal_at(SIGNAL_PAYLOAD, (int64_t)caller);
		s.caller = caller;
		assert_non_null(incident_report(&book, &s));
	}
	struct signal trap = signal_at(SIGNAL_TRAP, 6000);
	assert_non_null(incident_report(&book, &trap));
	denial.time_ms = 7000;
	assert_int_equal(incident_report(&book, &denial)->id, id);
	assert_int_equal(book.dropped, 0);
	assert_true(changes[INCIDENT_OPEN] == changes[INCIDENT_CLOSED] + INCIDENTS_MAX);
}

static struct invocation call(uint64_t n, int64_t time_ms, const char *queries)
{
	struct invocation v = {.time_us = (uint64_t)time_ms * 1000, .request = n, .version = 1};
	for (; *queries; queries++)
		invocation_add_call(&v, *queries == 'h' ? KIND_HTTP : KIND_QUERY,
		    *queries == 'h' ? 0 : (uint32_t)(*queries - 'a'));
	return v;
}

static unsigned observe(struct profile *p, const char *queries, struct signal *ret)
{
	struct invocation v = call(1, 100000000, queries);
	return profile_observe(p, &v, ret);
}

static void a_profile_knows_calls_and_orders(void **state)
{
	(void)state;
	static struct profile p;
	struct signal s[PROFILE_SIGNALS_MAX];
	profile_begin(&p, 1, 0, &profile_default);
	for (uint64_t n = 0; n < 1000; n++) {
		struct invocation v = call(n, (int64_t)n * 1000, n % 3 ? "ab" : "abb");
		assert_int_equal(profile_observe(&p, &v, s), 0);
	}
	assert_int_equal(observe(&p, "ab", s), 0);
	assert_int_equal(observe(&p, "ba", s), 1);
	assert_int_equal(s[0].kind, SIGNAL_NEW_ORDER);
	assert_int_equal(observe(&p, "ba", s), 0); /* told once */
	assert_int_equal(observe(&p, "abc", s), 1);
	assert_int_equal(s[0].kind, SIGNAL_FIRST_USE);
	assert_int_equal(s[0].call, call_of(KIND_QUERY, 2));
	assert_true(profile_deviation(&p) < 5);
	for (unsigned i = 0; i < 100; i++)
		(void)observe(&p, "bbaa", s);
	assert_true(profile_deviation(&p) > 5);
	/* The next version knows what is used, not yet in which order. */
	profile_inherit(&p, 2, 100000000, &profile_default);
	assert_int_equal(observe(&p, "cab", s), 0);
	assert_int_equal(observe(&p, "abh", s), 1);
	assert_int_equal(s[0].kind, SIGNAL_FIRST_USE);
}

static void a_profile_that_overflows_stays_silent(void **state)
{
	(void)state;
	static struct profile p;
	struct signal s[PROFILE_SIGNALS_MAX];
	uint32_t chaos = 1;
	profile_begin(&p, 1, 0, &profile_default);
	for (uint64_t n = 0; n < 5000; n++) {
		struct invocation v = {.time_us = n * 1000000, .version = 1};
		for (uint32_t i = 0; i < 8; i++)
			invocation_add_call(
			    &v, KIND_QUERY, (chaos = chaos * 1664525u + 1013904223u) / 65536u % 60u);
		(void)profile_observe(&p, &v, s);
	}
	assert_true(p.overflow > 0);
	assert_true(p.edge_count <= PROFILE_EDGES - PROFILE_EDGES / 8);
	assert_int_equal(observe(&p, "zyx", s), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(signals_of_one_kind_are_one_incident, begin),
	    cmocka_unit_test_setup(they_end_by_themselves_and_begin_again, begin),
	    cmocka_unit_test_setup(actions_bind_their_subject_only, begin),
	    cmocka_unit_test_setup(a_rule_waits_for_its_number, begin),
	    cmocka_unit_test_setup(strangers_cannot_fill_the_book, begin),
	    cmocka_unit_test(a_profile_knows_calls_and_orders),
	    cmocka_unit_test(a_profile_that_overflows_stays_silent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Attack drills: nine days of ordinary traffic to one function, then each attack from the same state; each
 * must become an incident of the right kind, with the right action, within ten seconds of simulated time, and
 * be explained in words.
 *
 * What "from" means: from the attack's first second; for the slow leak from when a call needs half as much
 * memory again as ever before, since a leak that nobody could yet tell from chance is no leak yet.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "observe/observer.h"
#include "traffic.h"

#define LEARN_DAYS 9
#define FUNCTION 0u
#define WITHIN_MS 10000

static const struct traffic_model shop = {"get-product", 4.0, 0.3, 1.1, 0.25, 3000, 2000, 400, 3000, 3000,
    2048, 0.005, 0.02, 0.02, 0.0005, 3, false, -1, {3, -1}};

struct heard {
	const struct observer *observer;
	int64_t first_ms[SIGNAL_KIND_COUNT]; /* when it was acted on; 0: never */
	enum incident_action action[SIGNAL_KIND_COUNT];
	char words[SIGNAL_KIND_COUNT][768];
};

/* The state after the ordinary days, from which each drill starts. */
static struct {
	struct observed observed;
	struct traffic traffic;
	int64_t now_s;
} learned;
static struct observer observer;
static struct heard heard;

static struct slice name_of(void *context, uint16_t call)
{
	static const char *const queries[] = {"GetProduct", "ListReviews", "GetUserEmails"};
	(void)context;
	if (call_kind(call) == KIND_QUERY && call_index(call) < 3)
		return slice_cstr(queries[call_index(call)]);
	return SLICE_NONE;
}

static void hear(void *context, const struct incident *i, enum incident_state before)
{
	struct heard *h = context;
	if (i->state != INCIDENT_ACTING || before != INCIDENT_OPEN || h->first_ms[i->kind])
		return;
	h->first_ms[i->kind] = i->last_ms;
	h->action[i->kind] = i->action;
	CLEANUP_BUF struct buf out = BUF_INIT(sizeof h->words[0]);
	incident_explain(&h->observer->book, i, slice_cstr(shop.name), name_of, NULL, &out);
	(void)snprintf(h->words[i->kind], sizeof h->words[0], "%s", buf_cstr(&out));
}

/* What an attack does in its second number s: adds calls of its own, or changes or drops the ordinary ones.
 */
struct drill {
	const char *name;
	enum signal_kind expected;
	enum incident_action action;
	unsigned (*more)(struct traffic *t, int64_t now_s, unsigned s, struct invocation *ret, unsigned room);
	bool (*change)(
	    struct traffic *t, unsigned s, struct invocation *v); /* false: the call does not come */
	unsigned begins_s;					  /* the second from which it must be seen */
	const char *says;					  /* must stand in the explanation */
};

#define MORE_MAX 2048u

static unsigned scraping(struct traffic *t, int64_t now_s, unsigned s, struct invocation *ret, unsigned room)
{
	unsigned n = 20;
	(void)s;
	for (unsigned i = 0; i < n && i < room; i++) {
		ret[i] = traffic_call(t, now_s);
		ret[i].caller = 0xbad;
		ret[i].outcome = OUTCOME_OK;
	}
	return n;
}

static unsigned stuffing(struct traffic *t, int64_t now_s, unsigned s, struct invocation *ret, unsigned room)
{
	unsigned n = 15;
	(void)s;
	for (unsigned i = 0; i < n && i < room; i++) {
		ret[i] = traffic_call(t, now_s);
		ret[i].outcome = OUTCOME_UNAUTHENTICATED;
		ret[i].address =
		    0xc0ffee00 + (uint64_t)(traffic_chance(t) * 5000); /* a botnet: few calls an address */
	}
	return n;
}

static unsigned flood(struct traffic *t, int64_t now_s, unsigned s, struct invocation *ret, unsigned room)
{
	unsigned n = 500;
	(void)s;
	for (unsigned i = 0; i < n && i < room; i++) {
		ret[i] = traffic_call(t, now_s);
		ret[i].address = 0xf100d000 + (uint64_t)(traffic_chance(t) * 4000);
	}
	return n;
}

static unsigned probing(struct traffic *t, int64_t now_s, unsigned s, struct invocation *ret, unsigned room)
{
	static const enum invocation_outcome outcomes[] = {
	    OUTCOME_INPUT_REFUSED, OUTCOME_FORBIDDEN, OUTCOME_DECLARED_ERROR};
	(void)s;
	for (unsigned i = 0; i < 6 && i < room; i++) {
		ret[i] = traffic_call(t, now_s);
		ret[i].outcome = (uint8_t)outcomes[i % 3];
		ret[i].address = 0x5ca9;
		ret[i].payload = i % 2 ? PAYLOAD_SQLI : PAYLOAD_NONE;
	}
	return 6;
}

static bool ran(const struct invocation *v)
{
	return outcome_is_answer((enum invocation_outcome)v->outcome);
}

static bool other_query(struct traffic *t, unsigned s, struct invocation *v)
{
	(void)t;
	(void)s;
	if (ran(v))
		invocation_add_call(v, KIND_QUERY, 2); /* granted, never used before */
	return true;
}

static bool new_host(struct traffic *t, unsigned s, struct invocation *v)
{
	(void)t;
	(void)s;
	if (ran(v)) {
		v->denials = 1;
		v->denied_call = call_of(KIND_HTTP, CALL_INDEX_UNKNOWN);
	}
	return true;
}

static bool wrong_order(struct traffic *t, unsigned s, struct invocation *v)
{
	(void)t;
	(void)s;
	if (ran(v)) {
		v->sequence_count = 0;
		invocation_add_call(v, KIND_QUERY, 1);
		invocation_add_call(v, KIND_QUERY, 0);
	}
	return true;
}

/* A twentieth of a percent more with every second: it takes a quarter of an hour to be half as much again. */
static bool leak(struct traffic *t, unsigned s, struct invocation *v)
{
	(void)t;
	v->memory_kib = (uint32_t)(v->memory_kib * (1 + 0.0005 * s));
	return true;
}

static bool mining(struct traffic *t, unsigned s, struct invocation *v)
{
	(void)t;
	(void)s;
	if (ran(v)) {
		v->cpu_us += 15000;
		v->wall_us += 15000;
	}
	return true;
}

static bool growing(struct traffic *t, unsigned s, struct invocation *v)
{
	(void)t;
	(void)s;
	v->bytes_out *= 20;
	return true;
}

static bool silent(struct traffic *t, unsigned s, struct invocation *v)
{
	(void)t;
	(void)s;
	(void)v;
	return false;
}

static bool trapping(struct traffic *t, unsigned s, struct invocation *v)
{
	(void)t;
	if (s == 3)
		v->outcome = OUTCOME_TRAPPED;
	return true;
}

static const struct drill drills[] = {
    {"scraping by one account", SIGNAL_CALLER_RATE, ACTION_THROTTLE, scraping, NULL, 0, "One caller made"},
    {"credential stuffing", SIGNAL_AUTH_FAILURES, ACTION_CHALLENGE, stuffing, NULL, 0,
	"sign-ins were refused"},
    {"poisoned dependency: another query", SIGNAL_FIRST_USE, ACTION_ALERT, NULL, other_query, 0,
	"query GetUserEmails for the first time"},
    {"poisoned dependency: a new host", SIGNAL_DENIAL, ACTION_ALERT, NULL, new_host, 0,
	"http that the contract does not name"},
    {"an order never seen", SIGNAL_NEW_ORDER, ACTION_ALERT, NULL, wrong_order, 0,
	"ListReviews right after its beginning"},
    {"slow leak", SIGNAL_MEMORY, ACTION_ALERT, NULL, leak, 1100, "KiB of memory"},
    {"mining loop", SIGNAL_CPU, ACTION_ALERT, NULL, mining, 0, "of CPU on average"},
    {"flood", SIGNAL_FLOOD, ACTION_ALERT, flood, NULL, 0, "times in ten seconds"},
    {"responses growing", SIGNAL_RESPONSE_SIZE, ACTION_ALERT, NULL, growing, 0, "bytes on average"},
    {"probing by errors", SIGNAL_PROBING, ACTION_THROTTLE, probing, NULL, 0, "requests refused"},
    {"silence", SIGNAL_SILENCE, ACTION_ALERT, NULL, silent, 0, "was not called"},
    {"trap", SIGNAL_TRAP, ACTION_ALERT, NULL, trapping, 3, "trapped"},
};

static void second(const struct drill *drill, int64_t now_s, unsigned s)
{
	static struct invocation more[MORE_MAX];
	struct traffic *t = &learned.traffic;
	for (unsigned n = traffic_second(t, now_s); n > 0; n--) {
		struct invocation v = traffic_call(t, now_s);
		if (!drill || !drill->change || drill->change(t, s, &v))
			assert_true(is_ok(observer_record(&observer, FUNCTION, &v, NULL)));
	}
	unsigned count = drill && drill->more ? drill->more(t, now_s, s, more, MORE_MAX) : 0;
	for (unsigned i = 0; i < count; i++)
		assert_true(is_ok(observer_record(&observer, FUNCTION, &more[i], NULL)));
	observer_tick(&observer, now_s + 1);
}

static int learn(void **state)
{
	(void)state;
	heard.observer = &observer;
	observer_init(&observer, &observer_default, hear, &heard);
	traffic_init(&learned.traffic, &shop, 7);
	int64_t now_s = TRAFFIC_START_S;
	/* Ends at four in the afternoon of a weekday, seven seconds into a span: nothing is aligned. */
	for (; now_s < TRAFFIC_START_S + LEARN_DAYS * TRAFFIC_DAY_S + 16 * 3600 + 7; now_s++)
		second(NULL, now_s, 0);
	learned.observed = *observer_function(&observer, FUNCTION);
	learned.now_s = now_s;
	return 0;
}

static int forget(void **state)
{
	(void)state;
	observer_done(&observer);
	return 0;
}

static void each_attack_is_seen_and_explained(void **state)
{
	(void)state;
	unsigned missed = 0;
	const struct traffic traffic = learned.traffic;
	for (size_t d = 0; d < sizeof drills / sizeof *drills; d++) {
		const struct drill *drill = &drills[d];
		*observer.functions[FUNCTION] = learned.observed;
		learned.traffic = traffic;
		incident_book_init(&observer.book, incident_rules_default, hear, &heard);
		heard = (struct heard){.observer = &observer};
		int64_t begin_ms = (learned.now_s + drill->begins_s) * 1000;
		for (unsigned s = 0; s <= drill->begins_s + WITHIN_MS / 1000 + 10; s++)
			second(drill, learned.now_s + s, s);
		int64_t seen_ms = heard.first_ms[drill->expected];
		int64_t took_ms = seen_ms - begin_ms;
		bool good = seen_ms && took_ms <= WITHIN_MS &&
			    heard.action[drill->expected] == drill->action &&
			    strstr(heard.words[drill->expected], drill->says);
		missed += !good;
		printf("%-36s %s %6.1f s  %s\n    %s\n", drill->name, good ? "seen  " : "MISSED",
		    (double)took_ms / 1000, signal_manifests[drill->expected].name,
		    heard.words[drill->expected]);
	}
	assert_int_equal(missed, 0);
}

static void actions_reach_the_caller_and_end(void **state)
{
	(void)state;
	*observer.functions[FUNCTION] = learned.observed;
	incident_book_init(&observer.book, incident_rules_default, hear, &heard);
	for (unsigned s = 0; s < 15; s++)
		second(&drills[0], learned.now_s + s, s);
	assert_int_equal(incident_action_for(&observer.book, FUNCTION, 0xbad, 0), ACTION_THROTTLE);
	assert_int_equal(incident_action_for(&observer.book, FUNCTION, 0x900d, 0), ACTION_RECORD);
	for (unsigned s = 15; s < 15 + 1200; s++)
		second(NULL, learned.now_s + s, s);
	assert_int_equal(incident_action_for(&observer.book, FUNCTION, 0xbad, 0), ACTION_RECORD);
}

static void a_profile_speaks(void **state)
{
	(void)state;
	CLEANUP_BUF struct buf out = BUF_INIT(16384);
	profile_describe(&learned.observed.profile, name_of, NULL, &out);
	printf("%s", buf_cstr(&out));
	assert_non_null(strstr(buf_cstr(&out), "GetProduct in every call"));
	assert_non_null(strstr(buf_cstr(&out), "After GetProduct comes ListReviews"));
	assert_null(strstr(buf_cstr(&out), "GetUserEmails"));
	assert_true(profile_deviation(&learned.observed.profile) < 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_attack_is_seen_and_explained),
	    cmocka_unit_test(actions_reach_the_caller_and_end),
	    cmocka_unit_test(a_profile_speaks),
	};
	return cmocka_run_group_tests(tests, learn, forget);
}

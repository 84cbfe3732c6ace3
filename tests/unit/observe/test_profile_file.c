/* Committed profiles: text that says what was learned, and that is believed from the first call on. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "observe/observer.h"
#include "observe/profile_file.h"

#define NOW 1790000000000ll
#define DAY 86400000ll

static const char *const queries[] = {"ListItems", "ReadPeople", "AddNote"};
#define QUERIES 3u

static struct slice name_of(void *context, uint16_t call)
{
	(void)context;
	if (call_kind(call) == KIND_HTTP && call_index(call) == 0)
		return SLICE("api.example.com");
	return call_kind(call) == KIND_QUERY && call_index(call) < QUERIES
		   ? slice_cstr(queries[call_index(call)])
		   : SLICE_NONE;
}

static bool number_of(
    void *context, struct slice function, enum host_kind kind, struct slice name, uint16_t *ret)
{
	(void)function;
	for (uint32_t i = 0; i < QUERIES + 1; i++) {
		*ret = call_of(kind, i);
		if (slice_eq(name_of(context, *ret), name))
			return true;
	}
	return false;
}

static struct profile got;
static char got_name[64];
static unsigned got_count;

static result take(void *context, struct slice function, const struct profile *p, struct error *err)
{
	(void)context;
	(void)err;
	got = *p;
	got_count++;
	memcpy(got_name, function.ptr, function.len < 63 ? function.len : 63);
	return RESULT_OK;
}
static const struct profile_file_reader reader = {number_of, take, NULL};

static result read_text(const char *text, struct error *err)
{
	got_count = 0;
	memset(got_name, 0, sizeof got_name);
	return profile_file_read(slice_cstr(text), &reader, err);
}

static struct invocation call_with(uint32_t version, int64_t now_ms, const uint16_t *calls, unsigned count)
{
	struct invocation v = {.version = version, .time_us = (uint64_t)now_ms * 1000, .request = 7};
	for (unsigned i = 0; i < count; i++)
		invocation_add_call(&v, call_kind(calls[i]), call_index(calls[i]));
	return v;
}

static const uint16_t list = KIND_QUERY << 12, people = KIND_QUERY << 12 | 1, http = KIND_HTTP << 12;

/* What an ordinary day taught: mostly a list, now and then a request after it. */
static void learn(struct profile *p)
{
	struct signal signals[PROFILE_SIGNALS_MAX];
	const uint16_t both[] = {list, http};
	profile_begin(p, 1, NOW, &profile_default);
	for (unsigned i = 0; i < 500; i++) {
		const struct invocation v = call_with(1, NOW + i * DAY / 400, both, i % 10 == 0 ? 2 : 1);
		(void)profile_observe(p, &v, signals);
	}
	assert_true(p->learned);
}

static void what_was_learned_comes_back(void **state)
{
	(void)state;
	struct profile p;
	struct error err = {0};
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 20);
	CLEANUP_BUF struct buf again = BUF_INIT(1u << 20);
	learn(&p);
	profile_file_begin(&text);
	profile_file_add(&p, SLICE("greet"), name_of, NULL, &text);
	assert_non_null(
	    strstr(buf_cstr(&text), "  learned from 500 calls, at most 2 host calls in one\n"
				    "  after http api.example.com it ends 50 times\n"
				    "  after query ListItems comes http api.example.com 50 times\n"
				    "  after query ListItems it ends 450 times\n"
				    "  begins with query ListItems 500 times\n"));
	if (!is_ok(read_text(buf_cstr(&text), &err)))
		fail_msg("%s", err.text);
	assert_int_equal(got_count, 1);
	assert_string_equal(got_name, "greet");
	assert_true(got.learned && got.invocations == 500 && got.calls_most == 2 && got.call_count == 2);
	assert_int_equal(profile_edge_times(&got, list, http), 50);
	assert_int_equal(profile_follow_times(&got, list), 500);
	profile_file_begin(&again);
	profile_file_add(&got, SLICE("greet"), name_of, NULL, &again);
	assert_string_equal(buf_cstr(&text), buf_cstr(&again));
	/* Cut anywhere, it is refused or says less; never what it did not say. */
	for (size_t n = 0; n < text.len; n++)
		(void)profile_file_read(slice_of(text.ptr, n), &reader, NULL);
}

static void what_is_not_as_it_is_written_is_refused_with_its_line(void **state)
{
	(void)state;
	static const struct {
		const char *text, *why;
	} cases[] = {
	    {"", "does not begin"},
	    {"profile 2\n", "ward.profile:1: "},
	    {"profile 1\nprofile 1\n", "ward.profile:2: "},
	    {"function a\n", "ward.profile:1: "},
	    {"profile 1\nfunction a\n", "does not say what it was learned from"},
	    {"profile 1\nfunction a\n  learned from 1 calls, at most 1 host calls in one\nfunction a\n",
		"sorted"},
	    {"profile 1\nfunction b\n  learned from 1 calls, at most 1 host calls in one\nfunction a\n",
		"sorted"},
	    {"profile 1\nfunction a\n  learned from 1 calls, at most 70000 host calls in one\n",
		"ward.profile:3: "},
	    {"profile 1\nfunction a\n  learned from -1 calls, at most 1 host calls in one\n",
		"ward.profile:3: "},
	    {"profile 1\nfunction a\n  begins with query ListItems 0 times\n", "ward.profile:3: "},
	    {"profile 1\nfunction a\n  begins with query ListItems 1 times\n  begins with query ListItems 1 "
	     "times\n",
		"ward.profile:4: "},
	    {"profile 1\nfunction a\n  begins with wish ListItems 1 times\n", "ward.profile:3: "},
	    {"profile 1\nfunction a\n  called by strangers 1\n", "ward.profile:3: "},
	    {"profile 1\nfunction a\n  called by anonymous 1 anonymous 2\n", "ward.profile:3: "},
	    {"profile 1\nfunction a\n  called at 24 1\n", "ward.profile:3: "},
	    {"profile 1\nfunction a\n  surprise nan spread 1\n", "ward.profile:3: "},
	    {"profile 1\nfunction a\n  surprise 1e999 spread 1\n", "ward.profile:3: "},
	    {"profile 1\nfunction a\n  is harmless\n", "ward.profile:3: "},
	    {"profile 1\n<<<<<<< HEAD\n", "ward.profile:2: "},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error err = {0};
		assert_int_equal(read_text(cases[i].text, &err).code, ERR_INVALID);
		if (!strstr(err.text, cases[i].why))
			fail_msg("%s: %s", cases[i].text, err.text);
	}
}

static void no_more_is_taken_than_there_is_room_for(void **state)
{
	(void)state;
	CLEANUP_BUF struct buf text = BUF_INIT(1u << 20);
	buf_add_cstr(&text, "profile 1\nfunction a\n  learned from 1 calls, at most 1 host calls in one\n");
	for (unsigned i = 0; i < PROFILE_EDGES + 10; i++)
		buf_printf(&text, "  after query Q%u it ends 1 times\n", i);
	/* Names that the contract does not have cost nothing. */
	assert_true(is_ok(read_text(buf_cstr(&text), NULL)));
	assert_int_equal(got.edge_count, 0);
	struct profile p = {0};
	unsigned put = 0;
	for (uint16_t i = 0; i < PROFILE_EDGES + 10; i++)
		put += profile_put_edge(&p, i, PROFILE_EDGE_START, 1);
	assert_true(put < PROFILE_EDGES);
	assert_int_equal(profile_edge_times(&p, 1000, 1), 0);
}

static struct observer observer;
static unsigned heard[SIGNAL_KIND_COUNT];

static void hear(void *context, const struct incident *i, enum incident_state before)
{
	(void)context;
	heard[i->kind] += before == INCIDENT_NONE;
}

static void record(uint32_t version, int64_t now_ms, const uint16_t *calls, unsigned count)
{
	const struct invocation v = call_with(version, now_ms, calls, count);
	assert_true(is_ok(observer_record(&observer, 3, &v, NULL)));
}

static void a_committed_profile_needs_no_learning(void **state)
{
	(void)state;
	struct profile committed;
	const uint16_t stolen[] = {list, people}, turned[] = {http, list};
	learn(&committed);
	memset(heard, 0, sizeof heard);
	observer_init(&observer, &observer_default, hear, NULL);
	assert_true(is_ok(observer_adopt(&observer, 3, 9, &committed, NOW / 1000, NULL)));
	record(9, NOW + 1000, stolen, 1);
	assert_int_equal(heard[SIGNAL_FIRST_USE] + heard[SIGNAL_NEW_ORDER], 0);
	record(9, NOW + 2000, stolen, 2);
	assert_int_equal(heard[SIGNAL_FIRST_USE], 1);
	record(9, NOW + 3000, turned, 2);
	assert_int_equal(heard[SIGNAL_NEW_ORDER], 1);
	/* The next release is held against it as well; what was under way of the last one changes nothing. */
	const struct profile *p = &observer_function(&observer, 3)->profile;
	assert_true(is_ok(observer_adopt(&observer, 3, 10, &committed, NOW / 1000 + 10, NULL)));
	record(9, NOW + 11000, stolen, 2);
	assert_true(p->version == 10 && p->learned);
	record(10, NOW + 12000, stolen, 1);
	assert_true(p->version == 10 && p->learned);
	/* Settings that come later do not make it learn again. */
	observer_configure(&observer, &observer_default, NOW / 1000 + 20);
	record(10, NOW + 21000, stolen, 1);
	assert_true(p->learned);
	/* A restart of the same version keeps what it learned itself. */
	const uint64_t invocations = p->invocations;
	assert_true(is_ok(observer_adopt(&observer, 3, 10, &committed, NOW / 1000 + 30, NULL)));
	assert_int_equal(p->invocations, invocations);
	observer_done(&observer);
}

static void deviation_is_scored_against_it(void **state)
{
	(void)state;
	struct profile committed, p = {0};
	struct signal signals[PROFILE_SIGNALS_MAX];
	const uint16_t odd[] = {http, http, list, http};
	learn(&committed);
	profile_adopt(&p, &committed, 2, NOW);
	assert_true(profile_deviation(&p) < 1);
	for (unsigned i = 0; i < 20; i++) {
		const struct invocation v = call_with(2, NOW + i, odd, 4);
		(void)profile_observe(&p, &v, signals);
	}
	assert_true(profile_deviation(&p) > 3);
}

static void differences_are_told_in_words(void **state)
{
	(void)state;
	struct profile before, now;
	CLEANUP_BUF struct buf out = BUF_INIT(65536);
	const uint16_t stolen[] = {list, people};
	struct signal signals[PROFILE_SIGNALS_MAX];
	learn(&before);
	now = before;
	assert_int_equal(profile_diff(&before, &now, SLICE("greet"), name_of, NULL, &out), 0);
	for (unsigned i = 0; i < 500; i++) {
		struct invocation v = call_with(1, NOW + 2 * DAY, stolen, 2);
		v.caller_class = CALLER_USER;
		(void)profile_observe(&now, &v, signals);
	}
	assert_int_equal(profile_diff(&before, &now, SLICE("greet"), name_of, NULL, &out), 3);
	assert_string_equal(buf_cstr(&out),
	    "greet now uses query ReadPeople, in 50 % of calls\n"
	    "greet: after query ListItems it ends in 45 % of cases, before in 90 %\n"
	    "greet is now called by those who are signed in\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_learned_comes_back),
	    cmocka_unit_test(what_is_not_as_it_is_written_is_refused_with_its_line),
	    cmocka_unit_test(no_more_is_taken_than_there_is_room_for),
	    cmocka_unit_test(a_committed_profile_needs_no_learning),
	    cmocka_unit_test(deviation_is_scored_against_it),
	    cmocka_unit_test(differences_are_told_in_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Kept records: past the newest, past the end of the process, and whatever one function does. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "observe/record_store.h"

#define ROOM 100u

static char path[64];
static struct record_store *store;

static int begin(void **state)
{
	(void)state;
	(void)snprintf(path, sizeof path, "/tmp/ward-kept-%d", getpid());
	(void)unlink(path);
	return is_ok(record_store_open(path, ROOM, NULL, &store)) ? 0 : -1;
}
static int end(void **state)
{
	(void)state;
	record_store_close(store);
	return unlink(path);
}

static void add(uint32_t function, uint64_t request)
{
	struct invocation v = {.request = request, .outcome = OUTCOME_EXCEPTION, .time_us = request};
	memcpy(v.trace_id, &request, sizeof request);
	assert_true(is_ok(record_store_add(store, function, 7, &v, NULL)));
}

static void what_is_kept_is_found_by_request_and_trace(void **state)
{
	(void)state;
	struct invocation v = {.request = 1, .outcome = OUTCOME_TRAPPED, .trace_id = {9}};
	for (uint64_t n = 1; n <= 3; n++) {
		v.request = n;
		assert_true(is_ok(record_store_add(store, 5, n, &v, NULL)));
	}
	add(6, 50);
	const struct kept_record *found = record_store_find(store, 2), *of[ROOM];
	assert_true(
	    found && found->function == 5 && found->names == 2 && found->record.outcome == OUTCOME_TRAPPED);
	assert_null(record_store_find(store, 4));
	assert_null(record_store_find(store, 0));
	assert_int_equal(record_store_trace(store, v.trace_id, ROOM, of), 3);
	assert_true(of[0]->record.request == 1 && of[2]->record.request == 3);
	assert_int_equal(record_store_trace(store, v.trace_id, 2, of), 2);
	assert_int_equal(record_store_list(store, of), 4);
	assert_true(of[0]->record.request == 50 && of[3]->record.request == 1);
	assert_int_equal(record_store_since(store, 0, 2, of), 2);
	assert_true(of[0]->number == 1 && of[1]->number == 2);
	assert_int_equal(record_store_since(store, 3, ROOM, of), 1);
	assert_true(of[0]->record.request == 50);
	assert_int_equal(record_store_newest(store), 4);
	assert_int_equal(record_store_since(store, 4, ROOM, of), 0);
	assert_int_equal(record_store_add(store, RECORD_STORE_FUNCTIONS_MAX, 0, &v, NULL).code, ERR_LIMIT);
}

static void a_function_that_fails_without_end_costs_the_others_nothing(void **state)
{
	(void)state;
	for (uint64_t n = 1; n <= 10; n++)
		add(1, n);
	for (uint64_t n = 1; n <= 3; n++)
		add(200, 100 + n);
	for (uint64_t n = 0; n < 10000; n++)
		add(2, 1000 + n);
	assert_int_equal(record_store_count(store, 1), 10);
	assert_int_equal(record_store_count(store, 200), 3);
	assert_int_equal(record_store_count(store, 2), ROOM - 13);
	for (uint64_t n = 1; n <= 10; n++)
		assert_non_null(record_store_find(store, n));
	/* Of its own the newest stay. */
	assert_non_null(record_store_find(store, 10999));
	assert_non_null(record_store_find(store, 11000 - (ROOM - 13)));
	assert_null(record_store_find(store, 10999 - (ROOM - 13)));
	/* Two that both fail share. */
	for (uint64_t n = 0; n < 10000; n++)
		add(3, 20000 + n);
	assert_true(record_store_count(store, 2) >= (ROOM - 13) / 2 &&
		    record_store_count(store, 3) >= (ROOM - 13) / 2);
	assert_int_equal(record_store_count(store, 1), 10);
}

static void an_end_of_the_process_costs_none(void **state)
{
	(void)state;
	for (uint64_t n = 1; n <= 150; n++)
		add((uint32_t)(n % 3), n);
	/* As a kill leaves it: nobody closed. */
	struct record_store *again;
	assert_true(is_ok(record_store_open(path, ROOM, NULL, &again)));
	for (uint64_t n = 1; n <= 150; n++)
		assert_int_equal(record_store_find(again, n) != NULL, record_store_find(store, n) != NULL);
	struct record_store *first = store;
	store = again;
	add(1, 151);
	store = first;
	const struct kept_record *of[ROOM];
	assert_int_equal(record_store_list(again, of), ROOM);
	assert_true(of[0]->record.request == 151);
	record_store_close(again);
}

static void what_is_not_its_own_is_begun_anew(void **state)
{
	(void)state;
	add(1, 1);
	struct record_store *other;
	assert_true(is_ok(record_store_open(path, ROOM / 2, NULL, &other)));
	assert_null(record_store_find(other, 1));
	record_store_close(other);
	record_store_close(store);
	assert_true(is_ok(record_store_open(path, ROOM, NULL, &store)));
	add(1, 1);
	add(1, 2);
	/* A record that cannot be one is left out, the others stay. */
	FILE *f = fopen(path, "r+b");
	assert_non_null(f);
	assert_int_equal(fseek(f, 4096 + offsetof(struct kept_record, record.outcome), SEEK_SET), 0);
	assert_int_equal(fputc(250, f), 250);
	assert_int_equal(fclose(f), 0);
	record_store_close(store);
	assert_true(is_ok(record_store_open(path, ROOM, NULL, &store)));
	assert_null(record_store_find(store, 1));
	assert_non_null(record_store_find(store, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(what_is_kept_is_found_by_request_and_trace, begin, end),
	    cmocka_unit_test_setup_teardown(
		a_function_that_fails_without_end_costs_the_others_nothing, begin, end),
	    cmocka_unit_test_setup_teardown(an_end_of_the_process_costs_none, begin, end),
	    cmocka_unit_test_setup_teardown(what_is_not_its_own_is_begun_anew, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Rate limits, admission, budgets and bans: what they let through, and what a crowd or a clock cannot do to
 * them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <unistd.h>

#include "observe/admission.h"
#include "observe/standing.h"
#include "observe/ban_list.h"
#include "observe/budget.h"
#include "observe/gcra.h"

#define SECOND_NS 1000000000ull

static void a_burst_passes_and_then_the_rate(void **state)
{
	(void)state;
	struct gcra g;
	struct gcra_rate rate;
	assert_true(is_ok(gcra_init(&g, 64, NULL)));
	assert_true(is_ok(gcra_rate_of(10, SECOND_NS, 5, NULL, &rate)));
	uint64_t now = 7 * SECOND_NS, key = gcra_key(1, 42), wait = 0;
	unsigned passed = 0;
	for (unsigned i = 0; i < 20; i++)
		passed += gcra_take(&g, key, &rate, 1, now, &wait);
	assert_int_equal(passed, 5);
	assert_int_equal(wait, SECOND_NS / 10);
	assert_false(gcra_take(&g, key, &rate, 1, now + wait - 1, NULL));
	assert_true(gcra_take(&g, key, &rate, 1, now + wait, NULL));
	/* Ten seconds at ten times the rate let a hundred and the burst through, not one more. */
	passed = 0;
	for (uint64_t t = 0; t < 1000; t++)
		passed += gcra_take(&g, gcra_key(1, 43), &rate, 1, now + t * SECOND_NS / 100, NULL);
	assert_in_range(passed, 100, 105);
	/* Another rule for the same caller is another key. */
	assert_true(gcra_take(&g, gcra_key(2, 43), &rate, 1, now, NULL));
	gcra_done(&g);
}

static void a_cost_past_the_burst_never_passes(void **state)
{
	(void)state;
	struct gcra g;
	struct gcra_rate rate;
	assert_true(is_ok(gcra_init(&g, 1, NULL)));
	assert_true(is_ok(gcra_rate_of(10, SECOND_NS, 5, NULL, &rate)));
	uint64_t wait = 0;
	assert_false(gcra_take(&g, 1, &rate, 6, SECOND_NS, &wait));
	assert_true(wait == UINT64_MAX);
	assert_true(gcra_take(&g, 1, &rate, 5, SECOND_NS, &wait));
	assert_int_equal(gcra_rate_of(0, SECOND_NS, 1, NULL, &rate).code, ERR_INVALID);
	assert_int_equal(gcra_rate_of(2, 1, 1, NULL, &rate).code, ERR_INVALID);
	assert_int_equal(gcra_rate_of(1, SECOND_NS, UINT64_MAX, NULL, &rate).code, ERR_INVALID);
	gcra_done(&g);
}

static void a_crowd_of_keys_does_not_free_the_busiest(void **state)
{
	(void)state;
	struct gcra g;
	struct gcra_rate rate;
	assert_true(is_ok(gcra_init(&g, 8, NULL)));
	assert_true(is_ok(gcra_rate_of(1, SECOND_NS, 50, NULL, &rate)));
	uint64_t now = SECOND_NS;
	for (unsigned i = 0; i < 50; i++)
		assert_true(gcra_take(&g, 7, &rate, 1, now, NULL));
	for (uint64_t key = 100; key < 10000; key++)
		(void)gcra_take(&g, key, &rate, 1, now, NULL);
	assert_false(gcra_take(&g, 7, &rate, 1, now, NULL));
	assert_true(g.evicted > 0);
	gcra_done(&g);
}

/*
 * A server of 16 places, 1 ms a request, first come first served, simulated in steps of 100 us for 20 s. Of
 * the last ten seconds: how many were served, and the longest wait of any that was admitted.
 */
#define PLACES 16u
#define QUEUE 8192u
static void serve(struct admission *a, unsigned offered_a_step, unsigned *ret_served, uint64_t *ret_wait_us)
{
	static uint64_t came[QUEUE];
	uint64_t head = 0, tail = 0, free_at[PLACES] = {0}, wait[PLACES] = {0};
	bool busy[PLACES] = {0};
	*ret_served = 0;
	*ret_wait_us = 0;
	for (uint64_t now = 0; now < 20000000; now += 100) {
		for (unsigned i = 0; i < PLACES; i++) {
			if (!busy[i] || free_at[i] > now)
				continue;
			busy[i] = false;
			admission_leave(a, 0, (uint32_t)wait[i], 1000, now);
			*ret_served += now >= 10000000;
		}
		for (unsigned i = 0; i < offered_a_step; i++) {
			if (admission_enter(a, 0, now) == ADMIT)
				came[tail++ % QUEUE] = now;
		}
		for (unsigned i = 0; i < PLACES && head < tail; i++) {
			if (busy[i])
				continue;
			busy[i] = true;
			free_at[i] = now + 1000;
			wait[i] = now - came[head++ % QUEUE];
			if (now >= 10000000 && wait[i] > *ret_wait_us)
				*ret_wait_us = wait[i];
		}
	}
}

static void ten_times_the_load_keeps_goodput_and_short_waits(void **state)
{
	(void)state;
	struct admission a;
	struct admission_config config = admission_default;
	unsigned served;
	uint64_t wait_us;
	config.limit_start = 4000;
	admission_init(&a, &config, 0);
	serve(&a, 16, &served, &wait_us); /* 160 000 a second at a server for 16 000 */
	assert_in_range(served, 144000, 160000);
	assert_in_range(wait_us, 0, 2 * config.target_us);
	assert_true(a.shed > 1000000);
}

static void a_standing_queue_lowers_and_an_empty_one_raises(void **state)
{
	(void)state;
	struct admission a;
	admission_init(&a, &admission_default, 0);
	uint64_t now = 0;
	for (unsigned i = 0; i < 40; i++, now += 60000) {
		assert_int_equal(admission_enter(&a, 0, now), ADMIT);
		admission_leave(&a, 0, 50000, 0, now);
	}
	assert_int_equal((int)a.limit, (int)admission_default.limit_min);
	/* Unused, it stays: an idle server has learned nothing. */
	for (unsigned i = 0; i < 40; i++, now += 60000) {
		assert_int_equal(admission_enter(&a, 0, now), ADMIT);
		admission_leave(&a, 0, 0, 0, now);
	}
	assert_int_equal((int)a.limit, (int)admission_default.limit_min);
	for (unsigned i = 0; i < 200; i++, now += 60000) {
		unsigned in = 0;
		while (admission_enter(&a, 0, now) == ADMIT)
			in++;
		while (in--)
			admission_leave(&a, 0, 0, 0, now);
	}
	assert_int_equal((int)a.limit, (int)admission_default.limit_max);
	assert_true(a.shed > 0);
}

/* One place, requests of 20 ms, ten times as many as it can serve: a queue that stands, told of at its head. */
static void long_requests_wait_for_one_and_late_ones_are_told(void **state)
{
	(void)state;
	struct admission a;
	struct standing line = {0};
	struct admission_config config = admission_default;
	config.limit_start = 128;
	admission_init(&a, &config, 0);
	uint64_t came[256] = {0}, ends = 0, waited = 0, served = 0, longest = 0;
	unsigned head = 0, tail = 0;
	bool busy = false;
	for (uint64_t now = 1; now < 10000000; now += 500) {
		if (busy && ends <= now) {
			busy = false;
			admission_leave(&a, 0, (uint32_t)waited, 20000, now);
			standing_served(&line, 20000);
			served += now >= 500000;
		}
		if (now % 2000 == 1 && admission_enter(&a, 0, now) == ADMIT)
			came[tail++ % 256] = now;
		while (!busy && head != tail) {
			waited = now - came[head++ % 256];
			if (standing_late(&line, (uint32_t)waited, now)) {
				admission_leave(&a, 0, (uint32_t)waited, 0, now);
				continue;
			}
			busy = true;
			ends = now + 20000;
			if (now >= 500000 && waited > longest)
				longest = waited;
		}
	}
	assert_in_range(served, 465, 475);
	assert_in_range(longest, 10000, 41000);
}

static void a_stall_makes_nobody_late(void **state)
{
	(void)state;
	struct standing line = {0};
	uint64_t now = 1000000;
	/* The machine stood still for two seconds; what waited meanwhile is served in 80 ms, and after that nothing waits. */
	for (unsigned i = 0; i < 80; i++, now += 1000)
		assert_false(standing_late(&line, 2000000 - 1000 * i, now));
	for (unsigned i = 0; i < 1000; i++, now += 1000)
		assert_false(standing_late(&line, 100, now));
	/* A row that was broken begins anew. */
	assert_false(standing_late(&line, 50000, now));
	assert_false(standing_late(&line, 50000, now + 99999));
	assert_false(standing_late(&line, 100, now + 100000));
	assert_false(standing_late(&line, 50000, now + 200000));
	assert_true(standing_late(&line, 50000, now + 300000));
	/* It is known to stand: until a second has passed without a late one there is no waiting for an interval. */
	assert_false(standing_late(&line, 100, now + 400000));
	assert_true(standing_late(&line, 50000, now + 1299999));
	assert_false(standing_late(&line, 100, now + 2299999));
	assert_false(standing_late(&line, 50000, now + 2300000));
	/* Of items that take longer, longer waits are good. */
	for (unsigned i = 0; i < 100; i++)
		standing_served(&line, 60000);
	assert_false(standing_late(&line, 100000, now + 2400001));
}

static void one_caller_cannot_hold_the_house(void **state)
{
	(void)state;
	struct admission a;
	struct admission_config config = admission_default;
	config.limit_start = 100;
	admission_init(&a, &config, 0);
	unsigned abuser = 0, others = 0;
	for (unsigned i = 0; i < 1000; i++)
		abuser += admission_enter(&a, 666, 1) == ADMIT;
	assert_in_range(abuser, 25, 51);
	for (uint64_t caller = 1; caller <= 40; caller++)
		others += admission_enter(&a, caller, 1) == ADMIT;
	assert_int_equal(others, 40);
	assert_true(a.shed_share > 900);
}

#define BUDGET_ROWS 4u

/* Two gateways and a reader over one memory. */
static int budgets_of(struct budgets *a, struct budgets *b)
{
	int fd = -1;
	assert_true(is_ok(budgets_memory(BUDGET_ROWS, NULL, &fd)));
	assert_true(is_ok(budgets_map(a, fd, 0, NULL)));
	assert_true(is_ok(budgets_map(b, fd, 1, NULL)));
	return fd;
}

static struct budget_row *budget_row_of(struct budgets *b, const char *name)
{
	struct budget_row *row = NULL;
	assert_true(is_ok(budgets_row(b, slice_cstr(name), NULL, &row)));
	return row;
}

static void a_budget_stops_hard_and_turns_with_the_day(void **state)
{
	(void)state;
	struct budgets a, b;
	const int fd = budgets_of(&a, &b);
	struct budget_row *mine = budget_row_of(&a, "pay"), *theirs = budget_row_of(&b, "pay");
	const struct budget_amount limit = {{10, 1000, 0, 0}}, most = {{1, 200, 0, 0}}, cost = {{1, 50, 4000, 0}};
	const int64_t now = BUDGET_DAY_MS * 100;
	enum budget_unit unit = BUDGET_CALLS;
	unsigned inside = 0;
	/* 5 * 200 us are all that may be running, on both together; that is no reason to come again tomorrow. */
	while (budget_reserve(inside % 2 ? &b : &a, inside % 2 ? theirs : mine, &limit, &most, now, &unit) == BUDGET_FITS)
		inside++;
	assert_int_equal(inside, 5);
	assert_int_equal(budget_reserve(&b, theirs, &limit, &most, now, &unit), BUDGET_BUSY);
	assert_int_equal(unit, BUDGET_CPU_US);
	for (unsigned i = 0; i < 5; i++)
		budget_settle(i % 2 ? &b : &a, i % 2 ? theirs : mine, &most, &cost, now);
	assert_int_equal(budget_spent(mine, BUDGET_CPU_US, now), 250);
	assert_int_equal(budget_spent(theirs, BUDGET_RESPONSE_BYTES, now), 20000);
	assert_true(budget_used(mine, &limit, now, &unit) == 0.5);
	assert_int_equal(unit, BUDGET_CALLS);
	for (inside = 0; budget_reserve(&a, mine, &limit, &most, now, &unit) == BUDGET_FITS; inside++)
		budget_settle(&a, mine, &most, &cost, now);
	assert_int_equal(inside, 5);
	assert_int_equal(budget_look(theirs, &limit, &most, now, &unit), BUDGET_SPENT);
	assert_int_equal(unit, BUDGET_CALLS);
	/* A clock that is set back refills nothing; the next day does. */
	assert_int_equal(budget_reserve(&a, mine, &limit, &most, now - BUDGET_DAY_MS, &unit), BUDGET_SPENT);
	assert_int_equal(budget_reserve(&a, mine, &limit, &most, now + BUDGET_DAY_MS, &unit), BUDGET_FITS);
	assert_int_equal(budget_spent(mine, BUDGET_CALLS, now + BUDGET_DAY_MS), 0);
	budget_settle(&a, mine, &most, &cost, now + BUDGET_DAY_MS);
	assert_int_equal(budget_spent(mine, BUDGET_CALLS, now + BUDGET_DAY_MS), 1);
	/* A call that began yesterday by a clock that is behind counts today, and takes nothing back. */
	budget_add(mine, &cost, now);
	assert_int_equal(budget_spent(mine, BUDGET_CALLS, now + BUDGET_DAY_MS), 2);
	budget_renew(mine, now + BUDGET_DAY_MS);
	assert_int_equal(budget_spent(mine, BUDGET_CALLS, now + BUDGET_DAY_MS), 0);
	assert_int_equal(budget_seconds_left(now), 86400);
	assert_int_equal(budget_seconds_left(now - 1), 1);
	budgets_done(&a);
	budgets_done(&b);
	close(fd);
}

static void a_budget_outlives_a_gateway_and_forgets_what_it_had_reserved(void **state)
{
	(void)state;
	struct budgets a, b;
	const int fd = budgets_of(&a, &b);
	const struct budget_amount limit = {{3, 0, 0, 0}}, most = {{1, 0, 0, 0}};
	enum budget_unit unit;
	struct budget_row *row = budget_row_of(&a, "pay");
	assert_int_equal(budget_reserve(&a, row, &limit, &most, 0, &unit), BUDGET_FITS);
	budget_settle(&a, row, &most, &most, 0);
	assert_int_equal(budget_reserve(&a, row, &limit, &most, 0, &unit), BUDGET_FITS);
	assert_int_equal(budget_reserve(&a, row, &limit, &most, 0, &unit), BUDGET_FITS);
	assert_int_equal(budget_reserve(&b, budget_row_of(&b, "pay"), &limit, &most, 0, &unit), BUDGET_BUSY);
	/* It is killed with two calls under way. */
	budgets_done(&a);
	assert_true(is_ok(budgets_map(&a, fd, 0, NULL)));
	row = budget_row_of(&a, "pay");
	assert_int_equal(budget_spent(row, BUDGET_CALLS, 0), 1);
	assert_int_equal(budget_reserve(&b, budget_row_of(&b, "pay"), &limit, &most, 0, &unit), BUDGET_FITS);
	budgets_done(&a);
	budgets_done(&b);
	close(fd);
}

static void budgets_are_found_by_name_and_refused_when_there_is_no_place(void **state)
{
	(void)state;
	struct budgets a, b;
	struct error err;
	struct budget_row *row = NULL;
	const int fd = budgets_of(&a, &b);
	const struct budget_amount cost = {{UINT64_MAX, 7, 0, 0}};
	(void)budget_row_of(&a, "one");
	(void)budget_row_of(&b, "two");
	budget_add(budget_row_of(&b, "three"), &cost, 0);
	assert_int_equal(budget_spent(budget_row_of(&a, "three"), BUDGET_CPU_US, 0), 7);
	/* The largest sum there can be does not run into the day, nor over. */
	budget_add(budget_row_of(&a, "three"), &cost, 0);
	assert_true(budget_spent(budget_row_of(&a, "three"), BUDGET_CALLS, 0) == BUDGET_AMOUNT_MAX);
	assert_int_equal(budget_spent(budget_row_of(&a, "three"), BUDGET_CALLS, BUDGET_DAY_MS), 0);
	assert_int_equal(budget_spent(budget_row_of(&a, "two"), BUDGET_CPU_US, 0), 0);
	(void)budget_row_of(&a, "four");
	assert_int_equal(budgets_row(&a, SLICE("five"), &err, &row).code, ERR_LIMIT);
	assert_false(is_ok(budgets_map(&b, fd, BUDGET_READER + 1, &err)));
	budgets_done(&a);
	budgets_done(&b);
	close(fd);
}

struct spender {
	int fd;
	uint32_t column;
	unsigned passed;
};

static void *spend_all(void *arg)
{
	struct spender *s = arg;
	struct budgets mine;
	struct budget_row *row = NULL;
	const struct budget_amount limit = {{5000, 0, 0, 0}}, most = {{1, 0, 0, 0}};
	enum budget_unit unit;
	if (!is_ok(budgets_map(&mine, s->fd, s->column, NULL)) || !is_ok(budgets_row(&mine, SLICE("pay"), NULL, &row)))
		return NULL;
	for (unsigned i = 0; i < 20000; i++)
		if (budget_reserve(&mine, row, &limit, &most, BUDGET_DAY_MS, &unit) == BUDGET_FITS) {
			budget_settle(&mine, row, &most, &most, BUDGET_DAY_MS);
			s->passed++;
		}
	budgets_done(&mine);
	return NULL;
}

static void many_at_once_spend_a_budget_to_the_last_call_and_no_further(void **state)
{
	(void)state;
	struct spender spenders[4];
	pthread_t threads[4];
	int fd = -1;
	unsigned passed = 0;
	assert_true(is_ok(budgets_memory(BUDGET_ROWS, NULL, &fd)));
	for (uint32_t i = 0; i < 4; i++) {
		spenders[i] = (struct spender){.fd = fd, .column = i};
		assert_int_equal(pthread_create(&threads[i], NULL, spend_all, &spenders[i]), 0);
	}
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		passed += spenders[i].passed;
	}
	assert_int_equal(passed, 5000);
	close(fd);
}

static struct ban_prefix prefix(const char *text)
{
	struct ban_prefix p;
	assert_true(is_ok(ban_prefix_parse(slice_cstr(text), NULL, &p)));
	return p;
}

static const struct ban *find(const struct ban_list *l, const char *address, int64_t now)
{
	struct ban_prefix p = prefix(address);
	return ban_list_find(l, p.address, now);
}

static void prefixes_are_strict(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "/", "1.2.3", "1.2.3.4/33", "1.2.3.4/24", "1.2.3.4/",
	    "1.2.3.4/+8", "::1/129", "2001:db8::1/48", "host", "1.2.3.4/8/8", " 1.2.3.4", "01.2.3.4"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct ban_prefix p;
		assert_int_equal(ban_prefix_parse(slice_cstr(bad[i]), NULL, &p).code, ERR_INVALID);
	}
	struct ban_prefix p;
	assert_int_equal(ban_prefix_parse(slice_of("1.2.3.4\0x", 9), NULL, &p).code, ERR_INVALID);
}

static void bans_cover_expire_and_lift(void **state)
{
	(void)state;
	struct ban_list l;
	assert_true(is_ok(ban_list_init(&l, 100, NULL)));
	struct ban_prefix wide = prefix("192.0.2.0/24"), narrow = prefix("192.0.2.7"),
			  six = prefix("2001:db8::/32");
	assert_true(is_ok(ban_list_add(&l, &wide, 1000, 1, 0, NULL)));
	assert_true(is_ok(ban_list_add(&l, &narrow, 500, 2, 0, NULL)));
	assert_true(is_ok(ban_list_add(&l, &six, INT64_MAX, 3, 0, NULL)));
	assert_int_equal(find(&l, "192.0.2.7", 10)->reason, 2);
	assert_int_equal(find(&l, "::ffff:192.0.2.7", 600)->reason, 1);
	assert_null(find(&l, "192.0.2.7", 1000));
	assert_null(find(&l, "192.0.3.7", 10));
	assert_int_equal(find(&l, "2001:db8:1::9", 1ll << 60)->reason, 3);
	assert_true(is_ok(ban_list_lift(&l, &six, NULL)));
	assert_null(find(&l, "2001:db8:1::9", 10));
	assert_int_equal(ban_list_lift(&l, &six, NULL).code, ERR_NOT_FOUND);
	ban_list_done(&l);
}

static void a_full_ban_list_sweeps_then_refuses(void **state)
{
	(void)state;
	struct ban_list l;
	assert_true(is_ok(ban_list_init(&l, 64, NULL)));
	struct ban_prefix p = prefix("10.0.0.0");
	for (unsigned i = 0; i < 64; i++) {
		p.address[15] = (uint8_t)i;
		assert_true(is_ok(ban_list_add(&l, &p, i % 2 ? 1000 : 100, i, 0, NULL)));
	}
	p.address[15] = 200;
	assert_int_equal(ban_list_add(&l, &p, 1000, 0, 50, NULL).code, ERR_LIMIT);
	assert_true(is_ok(ban_list_add(&l, &p, 1000, 0, 100, NULL)));
	assert_int_equal(l.count, 33);
	for (unsigned i = 0; i < 64; i++) {
		p.address[15] = (uint8_t)i;
		assert_int_equal(ban_list_find(&l, p.address, 200) != NULL, i % 2);
	}
	ban_list_done(&l);
}

/* Two maps of one file are what two gateways have. */
static void a_shared_table_counts_for_all_who_map_it(void **state)
{
	(void)state;
	struct gcra one, two;
	struct gcra_rate rate;
	int fd = -1;
	assert_true(is_ok(gcra_memory(64, NULL, &fd)));
	assert_true(is_ok(gcra_map(&one, fd, NULL)));
	assert_true(is_ok(gcra_map(&two, fd, NULL)));
	assert_true(is_ok(gcra_rate_of(10, SECOND_NS, 10, NULL, &rate)));
	unsigned passed = 0;
	for (unsigned i = 0; i < 40; i++)
		passed += gcra_take(i % 2 ? &one : &two, gcra_key(1, 42), &rate, 1, SECOND_NS, NULL);
	assert_int_equal(passed, 10);
	assert_true(gcra_take(&two, gcra_key(1, 43), &rate, 1, SECOND_NS, NULL));
	assert_int_equal(ftruncate(fd, 0), -1);
	gcra_done(&one);
	gcra_done(&two);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_shared_table_counts_for_all_who_map_it), cmocka_unit_test(a_burst_passes_and_then_the_rate),
	    cmocka_unit_test(a_cost_past_the_burst_never_passes),
	    cmocka_unit_test(a_crowd_of_keys_does_not_free_the_busiest),
	    cmocka_unit_test(ten_times_the_load_keeps_goodput_and_short_waits),
	    cmocka_unit_test(a_standing_queue_lowers_and_an_empty_one_raises),
	    cmocka_unit_test(long_requests_wait_for_one_and_late_ones_are_told),
	    cmocka_unit_test(a_stall_makes_nobody_late),
	    cmocka_unit_test(one_caller_cannot_hold_the_house),
	    cmocka_unit_test(a_budget_stops_hard_and_turns_with_the_day),
	    cmocka_unit_test(a_budget_outlives_a_gateway_and_forgets_what_it_had_reserved),
	    cmocka_unit_test(budgets_are_found_by_name_and_refused_when_there_is_no_place),
	    cmocka_unit_test(many_at_once_spend_a_budget_to_the_last_call_and_no_further),
	    cmocka_unit_test(prefixes_are_strict),
	    cmocka_unit_test(bans_cover_expire_and_lift),
	    cmocka_unit_test(a_full_ban_list_sweeps_then_refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

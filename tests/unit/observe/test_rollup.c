/* Rollups: sums survive every change of resolution, a crash, and a malformed row; quantiles keep their bound.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "observe/rollup.h"

static char path[64];

static int make_path(void **state)
{
	(void)state;
	(void)snprintf(path, sizeof path, "/tmp/ward-rollup-%d.db", getpid());
	return 0;
}

static int remove_path(void **state)
{
	char other[80];
	(void)state;
	unlink(path);
	(void)snprintf(other, sizeof other, "%s-wal", path);
	unlink(other);
	(void)snprintf(other, sizeof other, "%s-shm", path);
	unlink(other);
	return 0;
}

static void quantiles_keep_their_bound(void **state)
{
	(void)state;
	struct sketch s = {0};
	for (uint64_t v = 1; v <= 100000; v++)
		sketch_add(&s, v);
	for (double q = 0.01; q < 1; q += 0.01) {
		double got = (double)sketch_quantile(&s, q), want = q * 100000;
		assert_true(got > want * 0.93 - 1 && got < want * 1.07 + 1);
	}
	struct sketch far = {0};
	sketch_add(&far, UINT64_MAX);
	sketch_add(&far, 0);
	assert_int_equal(sketch_total(&far), 2);
	assert_int_equal(sketch_quantile(&far, 0.1), 0);
	for (uint32_t b = 1; b < SKETCH_BUCKETS; b++)
		assert_true(sketch_bucket_low(b) > sketch_bucket_low(b - 1));
}

static void cells_come_back_whole(void **state)
{
	(void)state;
	CLEANUP_BUF struct buf out = BUF_INIT(4096);
	struct rollup_cell c = {0}, back;
	rollup_cell_encode(&c, &out);
	assert_true(is_ok(rollup_cell_decode(buf_slice(&out), NULL, &back)));
	assert_memory_equal(&c, &back, sizeof c);
	for (uint32_t i = 0; i < 1000; i++) {
		struct invocation v = {.wall_us = i * i,
		    .outcome = (uint8_t)(i % OUTCOME_COUNT),
		    .bytes_out = i,
		    .memory_kib = i};
		invocation_add_call(&v, (enum host_kind)(i % HOST_KIND_COUNT), i);
		rollup_cell_add(&c, &v);
	}
	c.bytes_in = UINT64_MAX;
	buf_clear(&out);
	rollup_cell_encode(&c, &out);
	assert_true(is_ok(rollup_cell_decode(buf_slice(&out), NULL, &back)));
	assert_memory_equal(&c, &back, sizeof c);
	/* A row cut anywhere is refused, or is a shorter histogram: it is never read past its end. */
	for (size_t n = 0; n < out.len; n++)
		ignore_result(rollup_cell_decode(slice_of(out.ptr, n), NULL, &back));
	assert_int_equal(rollup_cell_decode(SLICE("\x02"), NULL, &back).code, ERR_INVALID);
	assert_int_equal(rollup_cell_decode(SLICE("\x01\x00\xff\x7f"), NULL, &back).code, ERR_INVALID);
	assert_int_equal(
	    rollup_cell_decode(SLICE("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), NULL, &back).code,
	    ERR_INVALID);
}

#define START 1700000000ll /* in the middle of every span */

static void add(struct rollup *r, uint32_t f, int64_t at_s)
{
	struct invocation v = {.time_us = (uint64_t)at_s * 1000000, .wall_us = 100, .cpu_us = 7};
	assert_true(is_ok(rollup_add(r, f, &v, NULL)));
}

static uint64_t calls(struct rollup *r, uint32_t f, enum rollup_tier tier)
{
	struct rollup_row *rows;
	size_t count;
	uint64_t sum = 0;
	assert_true(is_ok(rollup_read(r, f, tier, 0, INT64_MAX, 100000, NULL, &rows, &count)));
	for (size_t i = 0; i < count; i++) {
		sum += rows[i].cell.calls;
		if (i)
			assert_true(rows[i].begin_s > rows[i - 1].begin_s);
		assert_int_equal(rows[i].begin_s % rollup_tiers[tier].span_s, 0);
	}
	free(rows);
	return sum;
}

static void every_tier_has_the_same_sum(void **state)
{
	(void)state;
	struct rollup *r;
	uint32_t f, g;
	assert_true(is_ok(rollup_open(path, NULL, &r)));
	assert_true(is_ok(rollup_function(r, SLICE("shop/pay"), NULL, &f)));
	assert_true(is_ok(rollup_function(r, SLICE("shop/list"), NULL, &g)));
	uint64_t sent = 0;
	/* Fifty minutes: the first fine rows are still kept. Closed and opened again every so often, in
	 * mid-span. */
	for (int64_t now = START; now < START + 3000; now++) {
		if (now % 3 == 0) {
			add(r, f, now);
			sent++;
		}
		if (now % 10 == 0)
			assert_true(is_ok(rollup_tick(r, now, NULL, NULL, NULL)));
		if (now % 333 == 0) {
			rollup_close(r);
			assert_true(is_ok(rollup_open(path, NULL, &r)));
			assert_true(is_ok(rollup_function(r, SLICE("shop/pay"), NULL, &f)));
			assert_int_equal(f, 0);
		}
	}
	for (enum rollup_tier t = 0; t < TIER_COUNT; t++)
		assert_int_equal(calls(r, f, t), sent);
	assert_int_equal(calls(r, g, TIER_DAY), 0);
	rollup_close(r);
}

static void coarse_rows_outlive_fine_ones(void **state)
{
	(void)state;
	struct rollup *r;
	uint32_t f;
	assert_true(is_ok(rollup_open(path, NULL, &r)));
	assert_true(is_ok(rollup_function(r, SLICE("shop/rare"), NULL, &f)));
	uint64_t sent = 0;
	for (int64_t now = START; now < START + 3 * 86400; now += 10) {
		if (now % 7200 < 10) {
			add(r, f, now);
			sent++;
		}
		assert_true(is_ok(rollup_tick(r, now, NULL, NULL, NULL)));
		if (now % 40000 < 10) {
			rollup_close(r);
			assert_true(is_ok(rollup_open(path, NULL, &r)));
		}
	}
	assert_int_equal(calls(r, f, TIER_DAY), sent);
	assert_int_equal(calls(r, f, TIER_HOUR), sent);
	assert_in_range(calls(r, f, TIER_10S), 0, 1);
	assert_in_range(calls(r, f, TIER_MINUTE), 12, 13);
	rollup_close(r);
}

static void hear(void *context, uint32_t function, int64_t begin_s, const struct rollup_cell *cell)
{
	uint64_t *heard = context;
	(void)function;
	(void)begin_s;
	heard[0]++;
	heard[1] += cell->calls;
}

static void silence_is_heard_too(void **state)
{
	(void)state;
	struct rollup *r;
	uint32_t f;
	uint64_t heard[2] = {0};
	assert_true(is_ok(rollup_open(path, NULL, &r)));
	assert_true(is_ok(rollup_function(r, SLICE("shop/quiet"), NULL, &f)));
	add(r, f, START);
	for (int64_t now = START; now <= START + 100; now += 10)
		assert_true(is_ok(rollup_tick(r, now, hear, heard, NULL)));
	assert_in_range(heard[0], 10, 11);
	assert_int_equal(heard[1], 1);
	rollup_close(r);
}

static void a_chart_gets_the_finest_tier_that_fits(void **state)
{
	(void)state;
	assert_int_equal(rollup_tier_for(START - 1800, START, START, 400), TIER_10S);
	assert_int_equal(rollup_tier_for(START - 6 * 3600, START, START, 400), TIER_MINUTE);
	assert_int_equal(rollup_tier_for(START - 86400, START, START, 400), TIER_HOUR);
	assert_int_equal(rollup_tier_for(START - 300 * 86400ll, START, START, 400), TIER_DAY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(quantiles_keep_their_bound),
	    cmocka_unit_test(cells_come_back_whole),
	    cmocka_unit_test_setup_teardown(every_tier_has_the_same_sum, make_path, remove_path),
	    cmocka_unit_test_setup_teardown(coarse_rows_outlive_fine_ones, make_path, remove_path),
	    cmocka_unit_test_setup_teardown(silence_is_heard_too, make_path, remove_path),
	    cmocka_unit_test(a_chart_gets_the_finest_tier_that_fits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * What watching costs: a record into the ring and out again, the watch over it, the payload sensor; and the
 * rollup store with a thousand functions that were called in every span of thirty days: its size and its
 * slowest chart. The "peer" of a row is the bound that it must keep.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observe/budget.h"
#include "observe/observer.h"
#include "observe/payload_sensor.h"
#include "observe/record_ring.h"
#include "observe/record_store.h"
#include "observe/rollup.h"
#include "os/clock.h"

#define FUNCTIONS 1000u
#define ROUNDS 5
static int64_t now_s = 1700000000;
static const char *app = "shop";

static void row(const char *name, const char *unit, double ours, double bound)
{
	printf("{\"name\":\"%s\",\"unit\":\"%s\",\"ours\":%.6g,\"peer\":%.6g,\"peer_name\":\"bound\","
	       "\"ratio\":%.4g}\n",
	    name, unit, ours, bound, ours / bound);
	fflush(stdout);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof *values, by_value);
	return values[n / 2];
}

static struct invocation sample(uint64_t n)
{
	struct invocation v = {.time_us = (uint64_t)now_s * 1000000 + n * 100,
	    .request = n,
	    .wall_us = 500 + (uint32_t)(n * 2654435761u % 4000),
	    .cpu_us = 200 + (uint32_t)(n % 100),
	    .memory_kib = 2048,
	    .bytes_out = 900,
	    .caller = n % 977 + 1,
	    .address = n % 499 + 1,
	    .version = 1};
	invocation_add_call(&v, KIND_QUERY, 0);
	invocation_add_call(&v, KIND_QUERY, 1);
	return v;
}

static void bench_ring(void)
{
	struct record_writer w = {0};
	struct record_reader r = {0};
	struct invocation v = sample(1), out;
	double in_ns[ROUNDS];
	int fd;
	if (!is_ok(record_ring_create(1 << 16, NULL, &fd)) || !is_ok(record_writer_init(&w, fd, NULL)) ||
	    !is_ok(record_reader_init(&r, fd, NULL)))
		return;
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t begin = clock_mono_ns();
		for (int i = 0; i < 60000; i++)
			record_write(&w, &v);
		in_ns[round] = (double)(clock_mono_ns() - begin) / 60000;
		while (record_read(&r, &out))
			;
	}
	row("record-write", "ns", median(in_ns, ROUNDS), 200);
	close(fd);
}

static void bench_observer(void)
{
	static struct observer o;
	double ns[ROUNDS];
	observer_init(&o, &observer_default, NULL, NULL);
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t begin = clock_mono_ns();
		for (uint64_t i = 0; i < 200000; i++) {
			struct invocation v = sample((uint64_t)round * 200000 + i);
			ignore_result(observer_record(&o, (uint32_t)(i % 16), &v, NULL));
		}
		ns[round] = (double)(clock_mono_ns() - begin) / 200000;
	}
	row("observe-record", "ns", median(ns, ROUNDS), 2000);
	observer_done(&o);
}

/* What a call of a function with a budget pays for it: reserved before, settled after. */
static void bench_budget(void)
{
	struct budgets b = {0};
	struct budget_row *budget = NULL;
	const struct budget_amount limit = {{1ull << 40, 1ull << 40, 0, 0}}, most = {{1, 50000, 0, 0}}, cost = {{1, 300, 900, 1}};
	enum budget_unit unit;
	double ns[ROUNDS];
	int fd;
	if (!is_ok(budgets_memory(16, NULL, &fd)) || !is_ok(budgets_map(&b, fd, 0, NULL)) ||
	    !is_ok(budgets_row(&b, SLICE("pay"), NULL, &budget)))
		return;
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t begin = clock_mono_ns();
		for (uint64_t i = 0; i < 200000; i++)
			if (budget_reserve(&b, budget, &limit, &most, now_s * 1000, &unit) == BUDGET_FITS)
				budget_settle(&b, budget, &most, &cost, now_s * 1000);
		ns[round] = (double)(clock_mono_ns() - begin) / 200000;
	}
	row("budget-reserve-settle", "ns", median(ns, ROUNDS), 500);
	budgets_done(&b);
	close(fd);
}

static void bench_sensor(void)
{
	static const char text[] = "Hello, when I run SELECT * FROM orders WHERE name = 'O''Brien' I get an "
				   "error & it's weird; can you look?";
	double ns[ROUNDS];
	unsigned seen = 0;
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t begin = clock_mono_ns();
		for (int i = 0; i < 20000; i++)
			seen += payload_sense(slice_cstr(text)).class != PAYLOAD_NONE;
		ns[round] = (double)(clock_mono_ns() - begin) / 20000;
	}
	row("payload-sense-100-bytes", "ns", median(ns, ROUNDS) + seen, 20000);
}

/* Cells of a busy function: a hundred calls, a few of which fail, a spread of two octaves. */
static void cell_text(struct buf *out, unsigned n)
{
	struct rollup_cell c = {0};
	for (unsigned i = 0; i < 100; i++) {
		struct invocation v = sample(n * 131u + i * 7u);
		v.outcome = i % 40 ? OUTCOME_OK : OUTCOME_EXCEPTION;
		rollup_cell_add(&c, &v);
	}
	buf_clear(out);
	rollup_cell_encode(&c, out);
}

/* Every row that retention allows, written in the order of time, as the monitor would have over the month. */
static void fill(const char *path)
{
	struct rollup *r;
	sqlite3 *db;
	sqlite3_stmt *write;
	CLEANUP_BUF struct buf cell = BUF_INIT(4096);
	if (!is_ok(rollup_open(path, NULL, &r)))
		exit(2);
	for (uint32_t f = 0; f < FUNCTIONS; f++) {
		char name[32];
		uint32_t id;
		(void)snprintf(name, sizeof name, "%s/f%04u", app, f);
		ignore_result(rollup_function(r, slice_cstr(name), NULL, &id));
	}
	/* The last is the app as a whole. */
	char whole[32];
	uint32_t id;
	(void)snprintf(whole, sizeof whole, "%s/", app);
	ignore_result(rollup_function(r, slice_cstr(whole), NULL, &id));
	rollup_close(r);
	sqlite3_open(path, &db);
	sqlite3_exec(db, "PRAGMA synchronous = OFF; PRAGMA cache_size = -200000; BEGIN", NULL, NULL, NULL);
	sqlite3_prepare_v2(db, "INSERT INTO rollup VALUES (?1, ?2, ?3, ?4)", -1, &write, NULL);
	for (enum rollup_tier t = 0; t < TIER_COUNT; t++) {
		int64_t kept_s = rollup_tiers[t].kept_s < 30 * 86400 ? rollup_tiers[t].kept_s : 30 * 86400;
		for (int64_t at = now_s - kept_s; at < now_s; at += rollup_tiers[t].span_s) {
			for (uint32_t f = 0; f <= FUNCTIONS; f++) {
				if (f % 16 == 0)
					cell_text(&cell, f + (unsigned)(at & 0xffff));
				sqlite3_bind_int64(write, 1, f);
				sqlite3_bind_int(write, 2, (int)t);
				sqlite3_bind_int64(write, 3, at - at % rollup_tiers[t].span_s);
				sqlite3_bind_blob(write, 4, cell.ptr, (int)cell.len, SQLITE_STATIC);
				sqlite3_step(write);
				sqlite3_reset(write);
			}
		}
	}
	sqlite3_finalize(write);
	sqlite3_exec(db, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
	sqlite3_close(db);
}

static void bench_charts(const char *path)
{
	static const struct {
		enum rollup_tier tier;
		int64_t span_s;
	} charts[] = {
	    {TIER_10S, 3600}, {TIER_MINUTE, 86400}, {TIER_HOUR, 30 * 86400}, {TIER_DAY, 400ll * 86400}};
	struct rollup *r;
	double worst_ms = 0;
	if (!is_ok(rollup_open(path, NULL, &r)))
		exit(2);
	for (size_t c = 0; c < sizeof charts / sizeof *charts; c++) {
		for (uint32_t f = 0; f < FUNCTIONS; f += 37) {
			struct rollup_row *rows;
			size_t count;
			uint64_t begin = clock_mono_ns();
			if (!is_ok(rollup_read(r, f, charts[c].tier, now_s - charts[c].span_s, now_s, 5000,
				NULL, &rows, &count)))
				exit(2);
			double ms = (double)(clock_mono_ns() - begin) / 1e6;
			worst_ms = ms > worst_ms ? ms : worst_ms;
			free(rows);
		}
	}
	row("rollup-chart-worst", "ms", worst_ms, 200);
	uint64_t begin = clock_mono_ns();
	for (uint32_t f = 0; f < FUNCTIONS; f++) {
		struct invocation v = sample(f);
		ignore_result(rollup_add(r, f, &v, NULL));
	}
	ignore_result(rollup_tick(r, now_s + 10, NULL, NULL, NULL));
	row("rollup-tick-1000-functions", "ms", (double)(clock_mono_ns() - begin) / 1e6, 1000);
	rollup_close(r);
}

/* A failure kept past the newest, among a store that is full of those of a thousand functions. */
static void bench_store(const char *beside)
{
	struct record_store *store;
	struct invocation v = sample(1);
	double ns[ROUNDS];
	char path[512];
	(void)snprintf(path, sizeof path, "%s.kept", beside);
	if (!is_ok(record_store_open(path, 32768, NULL, &store)))
		exit(2);
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t begin = clock_mono_ns();
		for (uint32_t i = 0; i < 65536; i++)
			ignore_result(record_store_add(store, i % FUNCTIONS, 1, &v, NULL));
		ns[round] = (double)(clock_mono_ns() - begin) / 65536;
	}
	row("keep-failure", "ns", median(ns, ROUNDS), 5000);
	record_store_close(store);
	(void)unlink(path);
}

int main(int argc, char **argv)
{
	struct stat st;
	/* For bench/observe/charts.mjs: a store as a month of an app of the functions f0000 ... leaves it. */
	if (argc == 5 && strcmp(argv[1], "--fill") == 0) {
		now_s = strtoll(argv[3], NULL, 10);
		app = argv[4];
		fill(argv[2]);
		return 0;
	}
	if (argc != 2)
		return 2;
	bench_store(argv[1]);
	bench_ring();
	bench_observer();
	bench_budget();
	bench_sensor();
	fill(argv[1]);
	stat(argv[1], &st);
	row("rollup-1000-functions-30-days", "MB", (double)st.st_size / 1e6, 500);
	bench_charts(argv[1]);
	return 0;
}

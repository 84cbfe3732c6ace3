/* The monitor end to end: records of two gateways and a liar go in; sums, metrics and incidents come out. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "observe/monitor.h"

#define START 1700000000ll

static unsigned acted;

static void hear(void *context, const struct incident *i, enum incident_state before)
{
	(void)context;
	acted += i->state == INCIDENT_ACTING && before == INCIDENT_OPEN && i->kind == SIGNAL_DENIAL;
}

static struct invocation record_of(uint32_t function, int64_t now_s)
{
	return (struct invocation){.function = function,
	    .time_us = (uint64_t)now_s * 1000000,
	    .wall_us = 1500,
	    .version = 1,
	    .request = 9};
}

static void records_become_sums_metrics_and_incidents(void **state)
{
	(void)state;
	char path[64], side[80];
	struct monitor *m;
	struct record_writer writers[2] = {0};
	int fds[2];
	(void)snprintf(path, sizeof path, "/tmp/ward-monitor-%d.db", getpid());
	assert_true(is_ok(monitor_open(path, &observer_default, hear, NULL, START, NULL, &m)));
	for (unsigned i = 0; i < 2; i++) {
		assert_true(is_ok(record_ring_create(1024, NULL, &fds[i])));
		assert_true(is_ok(record_writer_init(&writers[i], fds[i], NULL)));
		assert_true(is_ok(monitor_add_ring(m, fds[i], NULL)));
	}
	/* Two generations of one function, which is one function in the sums, and another. */
	assert_true(is_ok(monitor_name(m, 1 << 16, SLICE("shop"), SLICE("pay"), 0, NULL)));
	assert_true(is_ok(monitor_name(m, 2 << 16 | 1, SLICE("shop"), SLICE("pay"), 0, NULL)));
	assert_true(is_ok(monitor_name(m, 1 << 16 | 1, SLICE("shop"), SLICE("list"), 0, NULL)));
	for (unsigned i = 0; i < 300; i++) {
		struct invocation v = record_of(i % 3 == 0   ? 1 << 16
						: i % 3 == 1 ? 2 << 16 | 1
							     : 1 << 16 | 1,
		    START);
		record_write(&writers[i % 2], &v);
	}
	struct invocation liar = record_of(77 << 16, START), bad = {.outcome = 200};
	record_write(&writers[0], &liar);
	record_write(&writers[0], &bad);
	struct invocation denied = record_of(1 << 16, START);
	denied.denials = 1;
	denied.denied_call = call_of(KIND_HTTP, CALL_INDEX_UNKNOWN);
	record_write(&writers[1], &denied);
	/* No more than asked for of each ring at once. */
	assert_int_equal(monitor_poll(m, 10), 20);
	while (monitor_poll(m, 100))
		;
	assert_int_equal(m->records, 301);
	assert_int_equal(m->unnamed, 1);
	assert_int_equal(acted, 1);
	assert_int_equal(monitor_recent(m, 0)->function >> 16 != 0, 1);
	assert_null(monitor_recent(m, 301));
	assert_true(is_ok(monitor_tick(m, START + 60, NULL)));
	struct rollup_row *rows;
	size_t count;
	uint32_t pay;
	assert_true(is_ok(rollup_function(m->rollup, SLICE("shop/pay"), NULL, &pay)));
	assert_true(
	    is_ok(rollup_read(m->rollup, pay, TIER_10S, START - 100, START + 100, 10, NULL, &rows, &count)));
	assert_int_equal(count, 1);
	assert_int_equal(rows[0].cell.calls, 201);
	free(rows);
	CLEANUP_BUF struct buf out = BUF_INIT(1 << 20);
	monitor_metrics(m, &out);
	assert_non_null(strstr(
	    buf_cstr(&out), "ward_invocations_total{app=\"shop\",function=\"pay\",outcome=\"ok\"} 201\n"));
	assert_non_null(strstr(buf_cstr(&out), "ward_monitor_records_refused_total 2\n"));
	assert_non_null(strstr(buf_cstr(&out), "ward_incidents_live 1\n"));
	monitor_forget_generation(m, 1);
	record_write(&writers[0], &denied);
	(void)monitor_poll(m, 10);
	assert_int_equal(m->unnamed, 2);
	monitor_close(m);
	for (unsigned i = 0; i < 2; i++) {
		record_writer_done(&writers[i]);
		close(fds[i]);
	}
	unlink(path);
	(void)snprintf(side, sizeof side, "%s-wal", path);
	unlink(side);
	(void)snprintf(side, sizeof side, "%s-shm", path);
	unlink(side);
}

static void remove_store(const char *path)
{
	char side[96];
	static const char *const ends[] = {"", "-wal", "-shm"};
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(side, sizeof side, "%s%s", path, ends[i]);
		unlink(side);
	}
}

static const struct incident *live_incident(const struct monitor *m, enum signal_kind kind)
{
	const struct incident *found = NULL;
	for (uint32_t i = 0; i < INCIDENTS_MAX; i++) {
		const struct incident *at = &m->observer.book.incidents[i];
		if (at->state == INCIDENT_NONE || at->state == INCIDENT_CLOSED || at->kind != kind)
			continue;
		assert_null(found);
		found = at;
	}
	return found;
}

/* The broker's word and the gateway's record of one request, in either order, or the word alone. */
static void denials_meet_their_records(void **state)
{
	(void)state;
	char path[64];
	struct monitor *m;
	struct record_writer writer = {0};
	int fd;
	const uint16_t call = call_of(KIND_QUERY, CALL_INDEX_UNKNOWN);
	(void)snprintf(path, sizeof path, "/tmp/ward-denials-%d.db", getpid());
	assert_true(is_ok(monitor_open(path, &observer_default, NULL, NULL, START, NULL, &m)));
	assert_true(is_ok(record_ring_create(64, NULL, &fd)));
	assert_true(is_ok(record_writer_init(&writer, fd, NULL)));
	assert_true(is_ok(monitor_add_ring(m, fd, NULL)));
	assert_true(is_ok(monitor_name(m, 1 << 16, SLICE("shop"), SLICE("pay"), 7, NULL)));

	/* Two denials of one request are one record with two, under the number that the broker knows. */
	struct invocation v = record_of(1 << 16, START);
	v.request = 0x1234567800000009;
	v.version = 0;
	monitor_denied(m, 1 << 16, 9, call, SLICE("the query Vault"), START);
	monitor_denied(m, 1 << 16, 9, call, SLICE("the query Vault"), START);
	assert_null(live_incident(m, SIGNAL_DENIAL));
	record_write(&writer, &v);
	(void)monitor_poll(m, 10);
	assert_int_equal(live_incident(m, SIGNAL_DENIAL)->signals, 1);
	assert_int_equal(live_incident(m, SIGNAL_DENIAL)->evidence[0].request, v.request);
	assert_int_equal(monitor_recent(m, 0)->denials, 2);
	assert_int_equal(monitor_recent(m, 0)->version, 7);
	assert_int_equal(m->totals[0].sum.denials, 2);
	assert_int_equal(m->denied_count, 0);

	/* The record of another request takes none; without a record the word counts after two seconds. */
	monitor_denied(m, 1 << 16, 10, call, SLICE("late"), START);
	record_write(&writer, &v);
	(void)monitor_poll(m, 10);
	assert_int_equal(monitor_recent(m, 0)->denials, 0);
	assert_true(is_ok(monitor_tick(m, START + 1, NULL)));
	assert_int_equal(live_incident(m, SIGNAL_DENIAL)->signals, 1);
	assert_true(is_ok(monitor_tick(m, START + 2, NULL)));
	assert_int_equal(live_incident(m, SIGNAL_DENIAL)->signals, 2);
	assert_int_equal(m->totals[0].sum.denials, 3);

	/* More than can wait: the oldest are told of at once, none is forgotten. */
	for (uint32_t i = 0; i < MONITOR_DENIED + 50; i++)
		monitor_denied(m, 1 << 16, 100 + i, call, SLICE("many"), START + 3);
	assert_int_equal(m->denied_count, MONITOR_DENIED);
	assert_true(is_ok(monitor_tick(m, START + 9, NULL)));
	assert_int_equal(m->denied_count, 0);
	assert_int_equal(m->totals[0].sum.denials, 3 + MONITOR_DENIED + 50);

	/* What nobody named is ignored; a refused system call is a trap. */
	monitor_denied(m, 5 << 16, 1, call, SLICE("x"), START);
	monitor_trapped(m, 5 << 16, SLICE("openat"), START);
	assert_int_equal(m->denied_count, 0);
	assert_null(live_incident(m, SIGNAL_TRAP));
	monitor_trapped(m, 1 << 16, SLICE("openat"), START);
	assert_int_equal(live_incident(m, SIGNAL_TRAP)->signals, 1);
	assert_string_equal(m->totals[0].evidence, "openat");
	monitor_close(m);
	record_writer_done(&writer);
	close(fd);
	remove_store(path);
}

/* A day and a hundred calls of one query, then a restart with a release that reaches for another. */
static void what_was_learned_outlives_the_process(void **state)
{
	(void)state;
	char path[64], learned[80];
	struct monitor *m;
	struct record_writer writer = {0};
	struct error err = {0};
	int fd;
	(void)snprintf(path, sizeof path, "/tmp/ward-memory-%d.db", getpid());
	(void)snprintf(learned, sizeof learned, "%s.learned", path);
	assert_true(is_ok(record_ring_create(1024, NULL, &fd)));
	assert_true(is_ok(record_writer_init(&writer, fd, NULL)));
	assert_true(is_ok(monitor_open(path, &observer_default, NULL, NULL, START, NULL, &m)));
	assert_true(is_ok(monitor_add_ring(m, fd, NULL)));
	assert_true(is_ok(monitor_name(m, 1 << 16, SLICE("shop"), SLICE("pay"), 7, NULL)));
	for (unsigned i = 0; i <= 300; i++) {
		struct invocation v = record_of(1 << 16, START + (int64_t)i * 300);
		invocation_add_call(&v, KIND_QUERY, 0);
		record_write(&writer, &v);
		(void)monitor_poll(m, 10);
	}
	monitor_denied(m, 1 << 16, 1, call_of(KIND_HTTP, CALL_INDEX_UNKNOWN), SLICE("x"), START);
	assert_true(is_ok(monitor_tick(m, START + 301 * 300, NULL)));
	assert_true(is_ok(monitor_remember(m, learned, &err)));
	monitor_close(m);

	assert_true(is_ok(monitor_open(path, &observer_default, NULL, NULL, START, NULL, &m)));
	assert_true(is_ok(monitor_add_ring(m, fd, NULL)));
	assert_true(is_ok(monitor_recall(m, learned, &err)));
	assert_int_equal(live_incident(m, SIGNAL_DENIAL)->id, 1);
	assert_true(is_ok(monitor_name(m, 1 << 16, SLICE("shop"), SLICE("pay"), 8, NULL)));
	struct invocation v = record_of(1 << 16, START + 302 * 300);
	invocation_add_call(&v, KIND_QUERY, 0);
	record_write(&writer, &v);
	(void)monitor_poll(m, 10);
	assert_null(live_incident(m, SIGNAL_FIRST_USE));
	invocation_add_call(&v, KIND_QUERY, 1);
	record_write(&writer, &v);
	(void)monitor_poll(m, 10);
	assert_int_equal(live_incident(m, SIGNAL_FIRST_USE)->evidence[0].call, call_of(KIND_QUERY, 1));
	assert_int_equal(live_incident(m, SIGNAL_FIRST_USE)->id, 2);
	/* The spans that detectors eat go on: a pointer of the first process would end this one. */
	assert_true(is_ok(monitor_tick(m, START + 310 * 300, NULL)));
	monitor_close(m);

	/* One bit that fell over, and the end missing: nothing is read. */
	for (unsigned cut = 0; cut < 2; cut++) {
		FILE *f = fopen(learned, "r+e");
		assert_non_null(f);
		assert_int_equal(fseek(f, 5000, SEEK_SET), 0);
		assert_int_equal(fputc(0x5a, f), 0x5a);
		assert_int_equal(fclose(f), 0);
		if (cut)
			assert_int_equal(truncate(learned, 6000), 0);
		assert_true(is_ok(monitor_open(path, &observer_default, NULL, NULL, START, NULL, &m)));
		assert_int_equal(monitor_recall(m, learned, &err).code, ERR_INVALID);
		assert_null(live_incident(m, SIGNAL_DENIAL));
		assert_null(observer_function(&m->observer, 0));
		monitor_close(m);
	}
	unlink(learned);
	record_writer_done(&writer);
	close(fd);
	remove_store(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(records_become_sums_metrics_and_incidents),
	    cmocka_unit_test(denials_meet_their_records), cmocka_unit_test(what_was_learned_outlives_the_process)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Records and their ring: order, drops, and what each side makes of a peer that lies. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "observe/record_ring.h"
#include "observe/sketch.h"
#include "os/fd.h"

#define COUNT 8u

struct pair {
	int fd;
	struct record_writer writer;
	struct record_reader reader;
	_Atomic uint64_t
	    *raw; /* as a hostile peer sees it: head, dropped, tail on the third line, records after */
};

static int pair_open(void **state)
{
	static struct pair p;
	struct error err;
	if (!is_ok(record_ring_create(COUNT, &err, &p.fd)) ||
	    !is_ok(record_writer_init(&p.writer, p.fd, &err)) ||
	    !is_ok(record_reader_init(&p.reader, p.fd, &err)))
		return -1;
	p.raw = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, p.fd, 0);
	*state = &p;
	return 0;
}

static int pair_close(void **state)
{
	struct pair *p = *state;
	munmap(p->raw, 4096);
	record_writer_done(&p->writer);
	record_reader_done(&p->reader);
	close(p->fd);
	return 0;
}

static struct invocation numbered(uint64_t n)
{
	return (struct invocation){.request = n, .wall_us = 10, .function = 1};
}

static void records_come_out_in_order_across_the_wrap(void **state)
{
	struct pair *p = *state;
	uint64_t next = 0;
	for (uint64_t n = 0; n < 5 * COUNT; n++) {
		struct invocation v = numbered(n);
		record_write(&p->writer, &v);
		if (n % 3 == 2) {
			while (record_read(&p->reader, &v))
				assert_int_equal(v.request, next++);
		}
	}
	assert_int_equal(p->writer.dropped, 0);
}

static void a_full_ring_drops_and_counts(void **state)
{
	struct pair *p = *state;
	struct invocation v;
	for (uint64_t n = 0; n < COUNT + 3; n++) {
		v = numbered(n);
		record_write(&p->writer, &v);
	}
	assert_int_equal(record_reader_dropped(&p->reader), 3);
	for (uint64_t n = 0; n < COUNT; n++) {
		assert_true(record_read(&p->reader, &v));
		assert_int_equal(v.request, n);
	}
	assert_false(record_read(&p->reader, &v));
	v = numbered(99);
	record_write(&p->writer, &v);
	assert_true(record_read(&p->reader, &v));
	assert_int_equal(v.request, 99);
}

static void a_restarted_writer_keeps_what_was_not_read(void **state)
{
	struct pair *p = *state;
	struct record_writer again = {0};
	struct invocation v;
	for (uint64_t n = 0; n < COUNT; n++) {
		v = numbered(n);
		record_write(&p->writer, &v);
	}
	assert_true(record_read(&p->reader, &v));
	assert_true(is_ok(record_writer_init(&again, p->fd, NULL)));
	for (uint64_t n = COUNT; n < COUNT + 4; n++) {
		v = numbered(n);
		record_write(&again, &v);
	}
	assert_int_equal(again.dropped, 3);
	for (uint64_t n = 1; n <= COUNT; n++) {
		assert_true(record_read(&p->reader, &v));
		assert_int_equal(v.request, n);
	}
	assert_false(record_read(&p->reader, &v));
	record_writer_done(&again);
}

static void the_reader_survives_a_lying_head(void **state)
{
	struct pair *p = *state;
	struct invocation v;
	for (uint64_t lie = 1; lie != 0; lie <<= 7) {
		atomic_store(&p->raw[0], p->reader.tail + COUNT + lie);
		unsigned taken = 0;
		while (record_read(&p->reader, &v) && taken <= COUNT)
			taken++;
		assert_true(taken <= COUNT);
	}
	assert_true(p->reader.lost > 0);
}

static void the_reader_refuses_records_out_of_range(void **state)
{
	struct pair *p = *state;
	const struct invocation bad[] = {
	    {.outcome = OUTCOME_COUNT},
	    {.trigger = TRIGGER_COUNT},
	    {.caller_class = 255},
	    {.payload = PAYLOAD_CLASS_COUNT},
	    {.flags = 0x80},
	    {.sequence_count = INVOCATION_CALLS_MAX + 1},
	    {.sequence_count = 1, .sequence = {0xf000}},
	    {.queue_us = 2, .wall_us = 1},
	};
	struct invocation v = numbered(7);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		record_write(&p->writer, &bad[i]);
		assert_false(record_read(&p->reader, &v));
		assert_int_equal(v.request, 7);
	}
	assert_int_equal(p->reader.refused, sizeof bad / sizeof *bad);
	v = numbered(8);
	record_write(&p->writer, &v);
	assert_true(record_read(&p->reader, &v));
}

static void the_writer_survives_a_lying_tail(void **state)
{
	struct pair *p = *state;
	const uint64_t lies[] = {UINT64_MAX, 1ull << 40, 12345, (uint64_t)-9};
	struct invocation v;
	for (uint64_t n = 0; n < COUNT; n++) {
		v = numbered(n);
		record_write(&p->writer, &v);
	}
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		atomic_store(&p->raw[16], lies[i]);
		v = numbered(100);
		record_write(&p->writer, &v);
	}
	assert_int_equal(p->writer.dropped, sizeof lies / sizeof *lies);
	assert_int_equal(p->writer.head, COUNT);
}

static void a_file_that_can_shrink_is_refused(void **state)
{
	(void)state;
	struct error err;
	struct record_reader r = {0};
	int fd = memfd_create("open", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(fd, 192 + 8 * 256), 0);
	assert_int_equal(record_reader_init(&r, fd, &err).code, ERR_DENIED);
	assert_int_equal(ftruncate(fd, 100), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), 0);
	assert_int_equal(record_reader_init(&r, fd, &err).code, ERR_INVALID);
	close(fd);
	assert_int_equal(record_ring_create(3, &err, &fd).code, ERR_INVALID);
}

/* Every word of a record says the same, so that a record mixed of two would show. */
static void *write_many(void *arg)
{
	struct record_writer *w = arg;
	for (uint64_t n = 1; n <= 200000; n++) {
		struct invocation v = {.request = n, .time_us = n, .caller = n, .stack = n};
		v.sequence_count = 1;
		memcpy(v.reserved, &n, sizeof n);
		record_write(w, &v);
	}
	return NULL;
}

static void no_record_is_torn_between_threads(void **state)
{
	struct pair *p = *state;
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, write_many, &p->writer), 0);
	uint64_t last = 0, taken = 0;
	struct invocation v;
	while (last + p->writer.dropped < 200000 && taken < 200000) {
		if (!record_read(&p->reader, &v)) {
			if (pthread_tryjoin_np(thread, NULL) == 0 && !record_read(&p->reader, &v))
				goto joined;
			continue;
		}
		uint64_t tail;
		memcpy(&tail, v.reserved, sizeof tail);
		assert_true(v.request > last);
		assert_true(v.time_us == v.request && v.caller == v.request && v.stack == v.request &&
			    tail == v.request);
		last = v.request;
		taken++;
	}
	pthread_join(thread, NULL);
joined:
	while (record_read(&p->reader, &v))
		taken++;
	assert_true(taken > 0);
}

static void calls_saturate_and_sequences_stop(void **state)
{
	(void)state;
	struct invocation v = {0};
	for (unsigned i = 0; i < 70000; i++)
		invocation_add_call(&v, KIND_QUERY, i);
	assert_int_equal(v.calls[KIND_QUERY], UINT16_MAX);
	assert_int_equal(v.sequence_count, INVOCATION_CALLS_MAX);
	assert_int_equal(call_index(v.sequence[31]), 31);
	assert_true(is_ok(invocation_check(&v, NULL)));
}

/* A worker writes the times; what indexes no bucket is refused as a whole record. */
static void a_time_that_is_no_bucket_is_refused(void **state)
{
	(void)state;
	struct invocation v = {0};
	v.call_began[0] = v.call_took[INVOCATION_TIMED_MAX - 1] = SKETCH_BUCKETS - 1;
	assert_true(is_ok(invocation_check(&v, NULL)));
	v.call_began[0] = SKETCH_BUCKETS;
	assert_false(is_ok(invocation_check(&v, NULL)));
	v.call_began[0] = 0;
	v.call_took[INVOCATION_TIMED_MAX - 1] = UINT8_MAX;
	assert_false(is_ok(invocation_check(&v, NULL)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(records_come_out_in_order_across_the_wrap, pair_open, pair_close),
	    cmocka_unit_test_setup_teardown(a_full_ring_drops_and_counts, pair_open, pair_close),
	    cmocka_unit_test_setup_teardown(
		a_restarted_writer_keeps_what_was_not_read, pair_open, pair_close),
	    cmocka_unit_test_setup_teardown(the_reader_survives_a_lying_head, pair_open, pair_close),
	    cmocka_unit_test_setup_teardown(the_reader_refuses_records_out_of_range, pair_open, pair_close),
	    cmocka_unit_test_setup_teardown(the_writer_survives_a_lying_tail, pair_open, pair_close),
	    cmocka_unit_test(a_file_that_can_shrink_is_refused),
	    cmocka_unit_test_setup_teardown(no_record_is_torn_between_threads, pair_open, pair_close),
	    cmocka_unit_test(calls_saturate_and_sequences_stop),
	    cmocka_unit_test(a_time_that_is_no_bucket_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Channels between two ends that do not trust each other. The peer's side of the memory is written by hand where it lies. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipc/channel.h"

struct pair {
	struct channel a, b;
	int memory, bell_a, bell_b;
};

static void open_pair(struct pair *p)
{
	struct error err;
	assert_true(is_ok(channel_memory(&err, &p->memory)));
	assert_true(is_ok(doorbell_new(&err, &p->bell_a)));
	assert_true(is_ok(doorbell_new(&err, &p->bell_b)));
	assert_true(is_ok(channel_open(&p->a, p->memory, 0, dup(p->bell_b), &err)));
	assert_true(is_ok(channel_open(&p->b, p->memory, 1, dup(p->bell_a), &err)));
}

static void close_pair(struct pair *p)
{
	channel_done(&p->a);
	channel_done(&p->b);
	close(p->memory);
	close(p->bell_a);
	close(p->bell_b);
}

static void records_arrive_whole_and_in_order(void **state)
{
	(void)state;
	struct pair p;
	struct error err;
	struct record r;
	open_pair(&p);
	for (uint32_t i = 0; i < 5000; i++) {
		char text[600];
		memset(text, (int)('a' + i % 26), sizeof text);
		const struct slice parts[] = {slice_of(text, i % 300), SLICE("|"), slice_of(text, i % 600)};
		assert_true(is_ok(channel_send(&p.a, RECORD_HOST_CALL, i, parts, 3, &err)));
		channel_flush(&p.a);
		assert_true(is_ok(channel_next(&p.b, &err, &r)));
		assert_int_equal(r.id, i);
		assert_int_equal(r.type, RECORD_HOST_CALL);
		assert_int_equal(r.payload.len, i % 300 + 1 + i % 600);
		assert_int_equal(r.payload.ptr[i % 300], '|');
	}
	assert_int_equal(channel_next(&p.b, &err, &r).code, ERR_NOT_FOUND);
	close_pair(&p);
}

static void a_record_larger_than_the_ring_travels_in_fragments(void **state)
{
	(void)state;
	struct pair p;
	struct error err;
	struct record r;
	const size_t n = 5u << 20;
	char *bytes = malloc(n);
	open_pair(&p);
	assert_non_null(bytes);
	for (size_t i = 0; i < n; i++)
		bytes[i] = (char)(i * 7 + i / 4096);
	const struct slice part = slice_of(bytes, n);
	assert_true(is_ok(channel_send(&p.a, RECORD_CALL, 9, &part, 1, &err)));
	result got;
	while ((got = channel_next(&p.b, &err, &r)).code == ERR_NOT_FOUND)
		channel_flush(&p.a);
	assert_true(is_ok(got));
	assert_int_equal(r.payload.len, n);
	assert_memory_equal(r.payload.ptr, bytes, n);
	free(bytes);
	close_pair(&p);
}

static void the_bell_rings_only_for_a_sleeper(void **state)
{
	(void)state;
	struct pair p;
	struct error err;
	uint64_t count;
	open_pair(&p);
	const struct slice part = SLICE("x");
	assert_true(is_ok(channel_send(&p.a, RECORD_HOST_CALL, 1, &part, 1, &err)));
	channel_flush(&p.a);
	assert_int_equal(read(p.bell_b, &count, sizeof count), -1);
	assert_false(channel_may_sleep(&p.b));
	struct record r;
	assert_true(is_ok(channel_next(&p.b, &err, &r)));
	assert_true(channel_may_sleep(&p.b));
	assert_true(is_ok(channel_send(&p.a, RECORD_HOST_CALL, 2, &part, 1, &err)));
	channel_flush(&p.a);
	assert_int_equal(read(p.bell_b, &count, sizeof count), sizeof count);
	close_pair(&p);
}

static void what_is_larger_than_its_table_allows_is_not_sent(void **state)
{
	(void)state;
	struct pair p;
	struct error err;
	char *bytes = calloc(1, 64);
	open_pair(&p);
	const struct slice part = slice_of(bytes, 64);
	assert_int_equal(channel_send(&p.a, RECORD_SESSION_DROPPED, 1, &part, 1, &err).code, ERR_LIMIT);
	assert_int_equal(channel_send(&p.a, RECORD_CANCEL, 1, &part, 1, &err).code, ERR_LIMIT);
	free(bytes);
	close_pair(&p);
}

struct forged {
	uint32_t here, total, type, id;
};

/* Writes a record head as a hostile peer would and moves the position by `advance`. */
static void forge(struct pair *p, struct forged head, uint32_t advance)
{
	memcpy(p->a.out.data + (p->a.out.at & (CHANNEL_RING_BYTES - 1)), &head, sizeof head);
	p->a.out.at += advance;
	atomic_store(&p->a.out.head->written, p->a.out.at);
}

static void forged_heads_break_the_channel_for_good(void **state)
{
	(void)state;
	static const struct {
		struct forged head;
		uint32_t advance;
	} attacks[] = {
	    {{4, 4, RECORD_TYPE_COUNT, 1}, 32},			 /* no such type */
	    {{4, 0xffffffff, RECORD_CALL, 1}, 32},		 /* longer than the table allows */
	    {{0xffffffff, 0xffffffff, RECORD_CALL, 1}, 32},	 /* a fragment beyond the ring */
	    {{8, 4, RECORD_HOST_CALL, 1}, 32},			 /* more here than in all */
	    {{0, 64, RECORD_HOST_CALL, 1}, 16},			 /* an empty fragment, which could go on for ever */
	    {{4, 4, RECORD_HOST_CALL, 1}, 16},			 /* claims more than was posted */
	    {{4, 4, RECORD_HOST_CALL, 1}, 8},			 /* less than a head */
	    {{4, 4, RECORD_HOST_CALL, 1}, CHANNEL_RING_BYTES * 2}, /* a position beyond the ring */
	};
	for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
		struct pair p;
		struct error err;
		struct record r;
		open_pair(&p);
		forge(&p, attacks[i].head, attacks[i].advance);
		assert_int_equal(channel_next(&p.b, &err, &r).code, ERR_INVALID);
		assert_int_equal(channel_next(&p.b, &err, &r).code, ERR_CLOSED);
		close_pair(&p);
	}
}

static void a_fragment_of_another_record_breaks_the_channel(void **state)
{
	(void)state;
	struct pair p;
	struct error err;
	struct record r;
	const uint32_t fragment = CHANNEL_RING_BYTES / 4;
	open_pair(&p);
	forge(&p, (struct forged){fragment, fragment + 32, RECORD_HOST_CALL, 1}, fragment + 16);
	assert_int_equal(channel_next(&p.b, &err, &r).code, ERR_NOT_FOUND);
	forge(&p, (struct forged){32, fragment + 32, RECORD_HOST_CALL, 2}, 48);
	assert_int_equal(channel_next(&p.b, &err, &r).code, ERR_INVALID);
	close_pair(&p);
}

static void a_reader_that_lies_about_its_position_breaks_the_channel(void **state)
{
	(void)state;
	struct pair p;
	struct error err;
	open_pair(&p);
	atomic_store(&p.a.out.head->read, p.a.out.at + 77);
	const struct slice part = SLICE("x");
	assert_int_equal(channel_send(&p.a, RECORD_HOST_CALL, 1, &part, 1, &err).code, ERR_INVALID);
	close_pair(&p);
}

static bool lies_in(const void *bytes, size_t n, struct slice needle)
{
	return bytes && memmem(bytes, n, needle.ptr, needle.len);
}

/* Through the ring, in fragments, and through the backlog of a reader that is behind. */
static void nothing_of_a_secret_stays_behind(void **state)
{
	(void)state;
	const struct slice needle = SLICE("8d4e0c8f-needle-in-the-ring-8d4e0c8f");
	const size_t filling = 300u << 10;
	char *filler = malloc(filling);
	struct pair p;
	struct error err;
	struct record r;
	assert_non_null(filler);
	memset(filler, 'x', filling);
	open_pair(&p);
	for (uint32_t round = 0; round < 40; round++) {
		const size_t before = round % 4 == 0 ? filling : (size_t)round * 3001;
		const struct slice parts[] = {slice_of(filler, before), needle, slice_of(filler, 4000)};
		for (uint32_t i = 0; i < 3; i++)
			assert_true(is_ok(channel_send_secret(&p.a, RECORD_FETCH, i, parts, 3, &err)));
		assert_true(is_ok(channel_send(&p.a, RECORD_FETCH, 3, (const struct slice[]){SLICE("plain")}, 1, &err)));
		uint32_t next = 0;
		while (next < 4) {
			channel_flush(&p.a);
			while (is_ok(channel_next(&p.b, &err, &r))) {
				assert_int_equal(r.type, RECORD_FETCH);
				assert_int_equal(r.id, next++);
				assert_true(r.id == 3 ? slice_eq(r.payload, SLICE("plain"))
						      : slice_eq(slice_of(r.payload.ptr + before, needle.len), needle));
			}
		}
		assert_false(lies_in(p.a.map, p.a.map_bytes, needle));
		assert_false(lies_in(p.a.backlog.ptr, p.a.backlog.size, needle));
		assert_false(lies_in(p.b.partial.ptr, p.b.partial.size, needle));
	}
	free(filler);
	close_pair(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(records_arrive_whole_and_in_order),
	    cmocka_unit_test(a_record_larger_than_the_ring_travels_in_fragments),
	    cmocka_unit_test(the_bell_rings_only_for_a_sleeper),
	    cmocka_unit_test(what_is_larger_than_its_table_allows_is_not_sent),
	    cmocka_unit_test(forged_heads_break_the_channel_for_good),
	    cmocka_unit_test(a_fragment_of_another_record_breaks_the_channel),
	    cmocka_unit_test(nothing_of_a_secret_stays_behind),
	    cmocka_unit_test(a_reader_that_lies_about_its_position_breaks_the_channel),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

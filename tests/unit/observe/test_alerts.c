/* Who is told: messages that are tried until they are taken, and mails that stay few. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "observe/alert_mail.h"
#include "observe/delivery.h"

#define NOW 1790000000000ll
#define MINUTE 60000ll
#define HOUR (60 * MINUTE)

static struct deliveries queue;

static int begin(void **state)
{
	(void)state;
	deliveries_init(&queue, 42);
	return 0;
}
static int end(void **state)
{
	(void)state;
	deliveries_done(&queue);
	return 0;
}

static void add(const char *to, uint32_t incident, const char *event, int64_t now_ms)
{
	assert_true(is_ok(delivery_add(&queue, slice_cstr(to), incident, event, SLICE("{}"), now_ms, NULL)));
}

/* A copy; of one that is not kept, zeros. */
static struct delivery of(uint32_t id)
{
	for (unsigned i = 0; i < DELIVERIES_MAX; i++)
		if (queue.of[i].id == id)
			return queue.of[i];
	return (struct delivery){0};
}
static struct delivery next(int64_t now_ms)
{
	const struct delivery *one = delivery_next(&queue, now_ms);
	return one ? *one : (struct delivery){0};
}

static void a_message_is_tried_until_it_is_taken(void **state)
{
	(void)state;
	add("a:443/x", 1, "acting", NOW);
	static const int64_t waits_ms[] = {0, 5000, 10000, 20000, 40000};
	int64_t now_ms = NOW;
	for (unsigned n = 0; n < 5; n++) {
		if (n > 0)
			assert_null(delivery_next(&queue, now_ms + waits_ms[n] - 1));
		now_ms += waits_ms[n];
		const struct delivery *one = delivery_next(&queue, now_ms);
		assert_true(one && one->tries == n + 1);
		assert_null(delivery_next(&queue, now_ms));
		delivery_answered(&queue, 1, n < 4 ? 503 : 204, false, SLICE("busy"), now_ms);
	}
	assert_int_equal(of(1).state, DELIVERY_TAKEN);
	assert_null(of(1).body);
	assert_null(delivery_next(&queue, now_ms + 24 * HOUR));
}

static void after_twelve_tries_it_is_dead_until_somebody_says_so(void **state)
{
	(void)state;
	add("a:443/x", 1, "acting", NOW);
	int64_t now_ms = NOW;
	const struct delivery *one;
	unsigned tries = 0;
	for (; now_ms < NOW + 24 * HOUR; now_ms += 1000)
		if ((one = delivery_next(&queue, now_ms))) {
			tries++;
			delivery_answered(&queue, one->id, 0, false, SLICE("nobody listens"), now_ms);
		}
	assert_int_equal(tries, DELIVERY_TRIES_MAX);
	assert_int_equal(of(1).state, DELIVERY_DEAD);
	assert_true(of(1).ended_ms - NOW > 2 * HOUR && of(1).ended_ms - NOW < 4 * HOUR);
	assert_string_equal(of(1).why, "nobody listens");
	assert_false(delivery_retry(&queue, 2, now_ms));
	assert_true(delivery_retry(&queue, 1, now_ms));
	assert_false(delivery_retry(&queue, 1, now_ms));
	assert_memory_equal(next(now_ms).body, "{}", 2);
}

static void gone_is_dead_at_once(void **state)
{
	(void)state;
	add("a:443/x", 1, "acting", NOW);
	add("b:443/x", 1, "acting", NOW);
	delivery_answered(&queue, next(NOW).id, 410, false, SLICE(""), NOW);
	delivery_answered(&queue, next(NOW).id, 0, true, SLICE(""), NOW);
	assert_int_equal(of(1).state, DELIVERY_DEAD);
	assert_int_equal(of(2).state, DELIVERY_DEAD);
}

static void an_end_does_not_overtake_its_beginning_nor_wait_for_others(void **state)
{
	(void)state;
	add("a:443/x", 1, "acting", NOW);
	add("a:443/x", 1, "over", NOW);
	add("a:443/x", 2, "acting", NOW);
	add("b:443/x", 1, "over", NOW);
	assert_int_equal(next(NOW).id, 1);
	/* One at a time to a host, and the other host does not wait. */
	assert_int_equal(next(NOW).id, 4);
	assert_null(delivery_next(&queue, NOW));
	delivery_answered(&queue, 1, 500, false, SLICE(""), NOW);
	assert_int_equal(next(NOW).id, 3);
	delivery_answered(&queue, 3, 200, false, SLICE(""), NOW);
	assert_null(delivery_next(&queue, NOW));
	delivery_answered(&queue, next(NOW + 5000).id, 200, false, SLICE(""), NOW + 5000);
	assert_int_equal(next(NOW + 5000).id, 2);
}

static void what_waits_is_bounded_and_newer_ones_are_kept(void **state)
{
	(void)state;
	for (uint32_t n = 1; n <= DELIVERIES_MAX + 10; n++)
		add("a:443/x", n, "acting", NOW);
	assert_int_equal(queue.lost, 10);
	assert_int_equal(of(10).id, 0);
	assert_int_equal(of(11).id, 11);
	assert_int_equal(of(DELIVERIES_MAX + 10).id, DELIVERIES_MAX + 10);
	char long_to[DELIVERY_TO_BYTES + 1];
	memset(long_to, 'a', sizeof long_to);
	assert_int_equal(
	    delivery_add(&queue, slice_of(long_to, sizeof long_to), 1, "acting", SLICE("{}"), NOW, NULL).code,
	    ERR_LIMIT);
}

static void a_restart_loses_nothing(void **state)
{
	(void)state;
	struct deliveries again;
	CLEANUP_BUF struct buf kept = BUF_INIT(16u << 20);
	add("a:443/x", 1, "acting", NOW);
	add("b:443/y", 2, "acting", NOW);
	add("c:443/z", 3, "acting", NOW);
	delivery_answered(&queue, next(NOW).id, 200, false, SLICE(""), NOW);
	const uint64_t message = next(NOW).message; /* under way when it ends */
	deliveries_write(&queue, &kept);
	assert_true(buf_ok(&kept) && !queue.changed);
	deliveries_init(&again, 1);
	assert_true(is_ok(deliveries_read(&again, buf_slice(&kept), NOW + 1000, NULL)));
	assert_int_equal(again.of[0].state, DELIVERY_TAKEN);
	const struct delivery *third = delivery_next(&again, NOW + 1000),
			      *second = delivery_next(&again, NOW + 6000);
	assert_true(third && strcmp(third->to, "c:443/z") == 0);
	assert_true(second && strcmp(second->to, "b:443/y") == 0 && second->message == message);
	assert_true(is_ok(delivery_add(&again, SLICE("d"), 4, "acting", SLICE("{}"), NOW, NULL)));
	assert_int_equal(again.next_id, 5);
	/* Not one byte less is taken for the whole. */
	for (size_t n = 0; n < kept.len; n++) {
		struct deliveries other;
		deliveries_init(&other, 1);
		assert_int_equal(deliveries_read(&other, slice_of(kept.ptr, n), NOW, NULL).code, ERR_INVALID);
		assert_int_equal(other.next_id, 1);
		deliveries_done(&other);
	}
	deliveries_done(&again);
}

static struct incident_book book;
static struct alert_mailer mailer;
static struct alert_line lines[INCIDENTS_MAX];

static int open_book(void **state)
{
	(void)state;
	incident_book_init(&book, incident_rules_default, NULL, NULL);
	memset(&mailer, 0, sizeof mailer);
	return 0;
}

static void signal_now(uint32_t function, unsigned count, int64_t now_ms)
{
	for (unsigned i = 0; i < count; i++) {
		struct signal s = {
		    .kind = SIGNAL_DENIAL, .function = function, .time_ms = now_ms, .value = 1, .request = 7};
		(void)incident_report(&book, &s);
	}
}

static struct slice name_of(void *context, uint32_t function)
{
	(void)context;
	(void)function;
	return SLICE("pay");
}
static void *no_context(void *context, uint32_t function)
{
	(void)context;
	(void)function;
	return NULL;
}
static const struct alert_names names = {SLICE("shop"), name_of, NULL, no_context, NULL};

static void one_mail_when_it_begins_one_when_it_grows_one_when_it_is_over(void **state)
{
	(void)state;
	unsigned mails[3] = {0};
	static const uint8_t events[3] = {ALERT_BEGAN, ALERT_GREW, ALERT_OVER};
	for (int64_t t = 0; t < 3 * HOUR; t += 1000) {
		if (t < 10 * MINUTE)
			signal_now(3, 1, NOW + t);
		incident_tick(&book, NOW + t);
		const size_t n = alert_mail_due(&mailer, &book, NOW + t, lines);
		assert_true(n <= 1);
		for (unsigned e = 0; n && e < 3; e++)
			mails[e] += lines[0].events == events[e];
	}
	/* 600 signals: the second at a hundred, and no other before a thousand. */
	assert_int_equal(mails[0], 1);
	assert_int_equal(mails[1], 1);
	assert_int_equal(mails[2], 1);
	assert_int_equal(mailer.sent_count, 3);
}

static void what_is_only_recorded_is_mailed_to_nobody(void **state)
{
	(void)state;
	struct signal s = {.kind = SIGNAL_PAYLOAD, .function = 1, .time_ms = NOW, .caller = 9};
	(void)incident_report(&book, &s);
	for (int64_t t = 0; t < HOUR; t += 1000) {
		incident_tick(&book, NOW + t);
		assert_int_equal(alert_mail_due(&mailer, &book, NOW + t, lines), 0);
	}
}

static void a_flood_of_incidents_is_a_few_mails_that_tell_of_all(void **state)
{
	(void)state;
	unsigned mails = 0, began = 0, pending = 0;
	int64_t sent[64];
	for (int64_t t = 0; t < 2 * HOUR; t += 1000) {
		if (t % 20000 == 0)
			signal_now((uint32_t)(t / 20000), 1, NOW + t);
		const size_t n = alert_mail_due(&mailer, &book, NOW + t, lines);
		for (size_t i = 0; i < n; i++)
			began += lines[i].events == ALERT_BEGAN;
		if (n)
			sent[mails++] = t;
	}
	for (unsigned i = 0; i < INCIDENTS_MAX; i++)
		pending += mailer.of[i].pending == ALERT_BEGAN;
	/* All but those of the last ten minutes, for whom the next mail is. */
	assert_int_equal(began + pending, 360);
	assert_true(pending <= 30);
	for (unsigned i = 0; i < mails; i++) {
		unsigned within = 0;
		for (unsigned k = i; k < mails; k++)
			within += sent[k] - sent[i] < HOUR;
		assert_true(within <= ALERT_AN_HOUR);
	}
	assert_true(mails >= 12);
}

static void many_at_once_are_one_mail(void **state)
{
	(void)state;
	CLEANUP_BUF struct buf subject = BUF_INIT(256);
	CLEANUP_BUF struct buf body = BUF_INIT(65536);
	for (uint32_t f = 0; f < 30; f++)
		signal_now(f, 1, NOW);
	assert_int_equal(alert_mail_due(&mailer, &book, NOW, lines), 0);
	assert_int_equal(alert_mail_due(&mailer, &book, NOW + ALERT_GATHER_MS, lines), 30);
	alert_mail_write(&book, lines, 30, &names, &subject, &body);
	assert_string_equal(buf_cstr(&subject), "[shop] 30 incidents: 30 began, 0 are over");
	assert_non_null(strstr(buf_cstr(&body), "and 10 more."));
	assert_non_null(strstr(buf_cstr(&body), "does not grant; the broker refused"));
}

static void one_is_told_in_words(void **state)
{
	(void)state;
	CLEANUP_BUF struct buf subject = BUF_INIT(256);
	CLEANUP_BUF struct buf body = BUF_INIT(65536);
	signal_now(3, 1, NOW);
	(void)alert_mail_due(&mailer, &book, NOW, lines);
	assert_int_equal(alert_mail_due(&mailer, &book, NOW + ALERT_GATHER_MS, lines), 1);
	alert_mail_write(&book, lines, 1, &names, &subject, &body);
	assert_string_equal(buf_cstr(&subject), "[shop] denial in pay began");
	assert_non_null(strstr(buf_cstr(&body), "Function pay, "));
	assert_non_null(strstr(buf_cstr(&body), "ward trace 0000000000000007"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_message_is_tried_until_it_is_taken, begin, end),
	    cmocka_unit_test_setup_teardown(after_twelve_tries_it_is_dead_until_somebody_says_so, begin, end),
	    cmocka_unit_test_setup_teardown(gone_is_dead_at_once, begin, end),
	    cmocka_unit_test_setup_teardown(
		an_end_does_not_overtake_its_beginning_nor_wait_for_others, begin, end),
	    cmocka_unit_test_setup_teardown(what_waits_is_bounded_and_newer_ones_are_kept, begin, end),
	    cmocka_unit_test_setup_teardown(a_restart_loses_nothing, begin, end),
	    cmocka_unit_test_setup(one_mail_when_it_begins_one_when_it_grows_one_when_it_is_over, open_book),
	    cmocka_unit_test_setup(what_is_only_recorded_is_mailed_to_nobody, open_book),
	    cmocka_unit_test_setup(a_flood_of_incidents_is_a_few_mails_that_tell_of_all, open_book),
	    cmocka_unit_test_setup(many_at_once_are_one_mail, open_book),
	    cmocka_unit_test_setup(one_is_told_in_words, open_book),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

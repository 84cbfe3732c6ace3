/* What the monitor decided, in force; proofs of work and what would like to be one; what the sensor makes of
 * hostile encodings. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "gateway_harness.h"
#include "ipc/watch_records.h"
#include "proc/gateway/guard.h"
#include "proc/gateway/proof.h"

#define SLOT_MS 300000

static struct gateway_harness h;

static int begin(void **state)
{
	(void)state;
	harness_init(&h);
	return 0;
}

static int end(void **state)
{
	(void)state;
	harness_done(&h);
	return 0;
}

/* ---- proofs ---- */

static unsigned zero_bits(const char *text)
{
	uint8_t hash[32];
	(void)crypto_hash_sha256(hash, (const unsigned char *)text, strlen(text));
	unsigned bits = 0;
	while (bits < 256 && !(hash[bits / 8] & 0x80 >> bits % 8))
		bits++;
	return bits;
}

/* Asks for a challenge and meets it, from a number on. */
static void solve(uint64_t from, char proof[64])
{
	unsigned bits = 0;
	char nonce[32] = "";
	proof_ask(&h.conn);
	assert_int_equal(harness_answer(&h), 429);
	const char *line = strstr(h.answer, "Ward-Challenge: sha256 ");
	assert_non_null(line);
	assert_int_equal(sscanf(line, "Ward-Challenge: sha256 %u %16[0-9a-f]\r", &bits, nonce), 2);
	assert_int_equal(bits, 18);
	assert_int_equal(strlen(nonce), 16);
	for (uint64_t n = from;; n++) {
		(void)snprintf(proof, 64, "%s:%llu", nonce, (unsigned long long)n);
		if (zero_bits(proof) >= bits)
			return;
	}
}

static bool opens(const char *proof)
{
	harness_proof(&h, slice_cstr(proof));
	return proof_given(&h.conn);
}

static void a_proof_is_good_for_twenty_requests(void **state)
{
	(void)state;
	char proof[64];
	unsigned passed = 0;
	solve(0, proof);
	for (unsigned i = 0; i < 50; i++)
		passed += opens(proof);
	assert_int_equal(passed, 20);
	/* Another number for the same challenge is another proof; the work has been done anew. */
	char other[64];
	solve(1u << 31, other);
	assert_string_not_equal(proof, other);
	assert_true(opens(other));
}

static void a_proof_is_of_one_address_and_of_its_time(void **state)
{
	(void)state;
	char proof[64];
	solve(0, proof);
	harness_from(&h, "198.51.100.8");
	assert_false(opens(proof));
	harness_from(&h, "2001:db8::1");
	assert_false(opens(proof));
	harness_from(&h, "198.51.100.7");
	assert_true(opens(proof));
	h.gateway.unix_ms += 2 * SLOT_MS - 1;
	assert_true(opens(proof));
	h.gateway.unix_ms += 1;
	assert_false(opens(proof));
	/* Not before its time either, by a clock that is set back. */
	h.gateway.unix_ms = HARNESS_NOW_MS - 1;
	assert_false(opens(proof));
	/* Another run has another key. */
	h.gateway.unix_ms = HARNESS_NOW_MS;
	h.gateway.rate_key[0] ^= 1;
	assert_false(opens(proof));
}

static void a_neighbour_in_the_same_64_is_the_same_caller(void **state)
{
	(void)state;
	char proof[64];
	harness_from(&h, "2001:db8:1:2::1");
	solve(0, proof);
	harness_from(&h, "2001:db8:1:2:ffff::9");
	assert_true(opens(proof));
	harness_from(&h, "2001:db8:1:3::1");
	assert_false(opens(proof));
}

static void what_is_no_proof_opens_nothing(void **state)
{
	(void)state;
	char proof[64], text[4200];
	solve(0, proof);
	assert_false(opens(""));
	harness_proof(&h, SLICE_NONE);
	assert_false(proof_given(&h.conn));
	/* Cut short anywhere. */
	for (size_t n = 0; n < strlen(proof); n++) {
		(void)snprintf(text, sizeof text, "%.*s", (int)n, proof);
		if (zero_bits(text) < 18)
			assert_false(opens(text));
	}
	/* One bit of one byte wrong. */
	for (size_t i = 0; i < strlen(proof); i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			(void)snprintf(text, sizeof text, "%s", proof);
			text[i] = (char)(text[i] ^ 1 << bit);
			if (zero_bits(text) < 18)
				assert_false(opens(text));
		}
	static const char *const counters[] = {"", "-1", "+1", "0x10", "1e3", " 1", "1 ", "1:1",
	    "99999999999999999999", "18446744073709551616", "000000000000000000001", "\xd9\xa1", "1\n",
	    "1;q=1"};
	for (size_t i = 0; i < ARRAY_LEN(counters); i++) {
		(void)snprintf(text, sizeof text, "%.16s:%s", proof, counters[i]);
		assert_false(opens(text));
	}
	/* Huge: taken for none, and nothing of the one before is left over. */
	assert_true(opens(proof));
	memset(text, '9', sizeof text);
	memcpy(text, proof, strlen(proof));
	harness_proof(&h, slice_of(text, sizeof text));
	assert_false(proof_given(&h.conn));
	assert_int_equal(h.conn.proof[0], '\0');
	/* With a NUL inside what fits. */
	memcpy(text, proof, sizeof proof);
	text[16] = '\0';
	harness_proof(&h, slice_of(text, strlen(proof)));
	assert_false(proof_given(&h.conn));
}

/* Whoever would work through the counters of a nonce that is not ours is refused before anything is hashed
 * for him. */
static void a_made_up_nonce_is_no_nonce(void **state)
{
	(void)state;
	char text[64];
	for (unsigned n = 0;; n++) {
		(void)snprintf(text, sizeof text, "0000000000000000:%u", n);
		if (zero_bits(text) >= 18)
			break;
	}
	assert_false(opens(text));
}

/* ---- guards ---- */

static void take(const struct guard_head *head, const char *function, size_t cut)
{
	char bytes[sizeof *head + 300];
	struct guard_head copy = *head;
	copy.function_bytes = (uint32_t)strlen(function);
	memcpy(bytes, &copy, sizeof copy);
	memcpy(bytes + sizeof copy, function, strlen(function));
	const struct record record = {.payload = slice_of(bytes, sizeof copy + strlen(function) - cut)};
	guard_take(&h.gateway, &record);
}

static struct guard_head guard(uint32_t id, enum guard_action action)
{
	return (struct guard_head){.id = id, .action = (uint8_t)action, .until_ms = HARNESS_NOW_MS + 90000};
}

static enum invocation_outcome early(const char *from)
{
	harness_from(&h, from);
	return guard_refuses_early(&h.conn, &h.function);
}

static void without_one_nothing_is_refused(void **state)
{
	(void)state;
	const struct guard_head over = guard(1, GUARD_END), anew = guard(0, GUARD_ANEW);
	assert_int_equal(early("192.0.2.1"), OUTCOME_OK);
	take(&over, "", 0);
	take(&anew, "", 0);
	assert_int_equal(early("192.0.2.1"), OUTCOME_OK);
	assert_int_equal(harness_answer(&h), 0);
}

static void a_quarantine_is_of_its_function_and_ends_by_itself(void **state)
{
	(void)state;
	const struct guard_head q = guard(1, GUARD_QUARANTINE);
	take(&q, "pay", 0);
	assert_int_equal(early("192.0.2.1"), OUTCOME_QUARANTINED);
	assert_int_equal(harness_answer(&h), 503);
	assert_non_null(strstr(h.answer, "Retry-After: 90\r\n"));
	assert_int_equal(guard_refuses_early(&h.conn, NULL), OUTCOME_OK);
	h.contract.contract.name = SLICE("pa");
	assert_int_equal(early("192.0.2.1"), OUTCOME_OK);
	h.contract.contract.name = SLICE("pays");
	assert_int_equal(early("192.0.2.1"), OUTCOME_OK);
	h.contract.contract.name = SLICE("pay");
	h.gateway.unix_ms += 90000;
	assert_int_equal(early("192.0.2.1"), OUTCOME_OK);
}

static void a_ban_of_a_range_covers_it_and_no_more(void **state)
{
	(void)state;
	struct guard_head b = guard(1, GUARD_BAN);
	b.by_prefix = 1;
	b.prefix_bits = 96 + 23;
	memcpy(b.prefix, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\0", 16); /* 192.0.2.0/23 */
	take(&b, "", 0);
	static const struct {
		const char *from;
		enum invocation_outcome outcome;
	} cases[] = {{"192.0.2.0", OUTCOME_FORBIDDEN}, {"192.0.3.255", OUTCOME_FORBIDDEN},
	    {"192.0.4.0", OUTCOME_OK}, {"192.0.1.255", OUTCOME_OK}, {"::ffff:192.0.2.9", OUTCOME_FORBIDDEN},
	    {"2001:db8::c000:200", OUTCOME_OK}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(early(cases[i].from), cases[i].outcome);
		assert_int_equal(harness_answer(&h), cases[i].outcome == OUTCOME_OK ? 0 : 403);
		assert_int_equal(guard_refuses_place(&h.conn), cases[i].outcome != OUTCOME_OK);
		(void)harness_answer(&h);
	}
	/* The same number takes the place of the one before. */
	b.prefix_bits = 128;
	take(&b, "", 0);
	assert_int_equal(early("192.0.2.1"), OUTCOME_OK);
	struct guard_head over = guard(1, GUARD_END);
	take(&over, "", 0);
	assert_int_equal(early("192.0.2.0"), OUTCOME_OK);
}

static void a_caller_is_judged_when_he_is_known(void **state)
{
	(void)state;
	const struct identity_claim ada = {.user = "usr_ada"}, ben = {.user = "usr_ben"};
	struct guard_head b = guard(1, GUARD_BAN);
	b.caller = rate_hash(&h.gateway, ada.user, strlen(ada.user));
	take(&b, "", 0);
	assert_int_equal(early("192.0.2.1"), OUTCOME_OK);
	assert_int_equal(guard_refuses_caller(&h.conn, &h.function, &ben), OUTCOME_OK);
	assert_int_equal(guard_refuses_caller(&h.conn, &h.function, NULL), OUTCOME_OK);
	assert_int_equal(guard_refuses_caller(&h.conn, &h.function, &ada), OUTCOME_FORBIDDEN);
	assert_false(guard_refuses_place(&h.conn));
}

static void a_challenge_lets_a_proof_pass_and_leaves_sign_in_to_its_own(void **state)
{
	(void)state;
	char proof[64];
	const struct guard_head c = guard(1, GUARD_CHALLENGE);
	take(&c, "", 0);
	assert_int_equal(early("198.51.100.7"), OUTCOME_LIMITED);
	assert_int_equal(harness_answer(&h), 429);
	solve(0, proof);
	harness_proof(&h, slice_cstr(proof));
	assert_int_equal(early("198.51.100.7"), OUTCOME_OK);
	assert_int_equal(early("198.51.100.8"), OUTCOME_LIMITED);
	assert_int_equal(harness_answer(&h), 429);
	assert_int_equal(guard_refuses_early(&h.conn, NULL), OUTCOME_OK);
	assert_true(guard_challenges_sign_in(&h.conn));
}

static void a_throttle_lets_its_share_pass(void **state)
{
	(void)state;
	struct guard_head t = guard(1, GUARD_THROTTLE);
	t.per_minute = 6;
	take(&t, "pay", 0);
	unsigned passed = 0;
	for (unsigned i = 0; i < 40; i++) {
		passed += early("192.0.2.1") == OUTCOME_OK;
		(void)harness_answer(&h);
	}
	assert_int_equal(passed, 6);
}

/* A monitor that has gone mad may refuse too much; it may not make the gateway read or write where it should
 * not. */
static void a_broken_record_changes_nothing(void **state)
{
	(void)state;
	struct guard_head q = guard(1, GUARD_QUARANTINE);
	for (size_t cut = 1; cut <= sizeof q + 3; cut++)
		take(&q, "pay", cut);
	q.action = GUARD_ACTIONS;
	take(&q, "pay", 0);
	q = guard(2, GUARD_BAN);
	q.by_prefix = 1;
	q.prefix_bits = 129;
	take(&q, "", 0);
	q = guard(3, GUARD_QUARANTINE);
	char name[256];
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	take(&q, name, 0);
	assert_int_equal(early("192.0.2.1"), OUTCOME_OK);
	assert_int_equal(harness_answer(&h), 0);
}

static void a_full_list_takes_no_more_and_keeps_what_it_has(void **state)
{
	(void)state;
	for (uint32_t id = 1; id <= GUARDS_MAX; id++) {
		const struct guard_head q = guard(id, GUARD_QUARANTINE);
		take(&q, "other", 0);
	}
	const struct guard_head late = guard(GUARDS_MAX + 1, GUARD_QUARANTINE);
	take(&late, "pay", 0);
	assert_int_equal(early("192.0.2.1"), OUTCOME_OK);
	const struct guard_head over = guard(7, GUARD_END);
	take(&over, "", 0);
	take(&late, "pay", 0);
	assert_int_equal(early("192.0.2.1"), OUTCOME_QUARANTINED);
}

/* ---- the sensor ---- */

static enum payload_class sensed(const struct buf *value, uint16_t *field)
{
	struct invocation v = {0};
	sense_input(slice_of(value->ptr, value->len), &v);
	*field = v.payload_field;
	return (enum payload_class)v.payload;
}

static void the_sensor_names_the_field_and_survives_what_is_cut_or_deep(void **state)
{
	(void)state;
	CLEANUP_BUF struct buf out = BUF_INIT(1u << 20);
	struct value_writer w;
	uint16_t field = 0;
	value_writer_init(&w, &out);
	value_write_object_begin(&w);
	value_write_key(&w, 3);
	value_write_string(&w, SLICE("plain words, and a semicolon; no more"));
	value_write_key(&w, 7);
	value_write_string(&w, SLICE("' OR 1=1 UNION SELECT password FROM users --"));
	value_write_object_end(&w);
	assert_int_equal(sensed(&out, &field), PAYLOAD_SQLI);
	assert_int_equal(field, 8);
	for (size_t n = 0; n < out.len; n++) {
		struct invocation v = {0};
		/* A copy of just that length, so that a look past it is seen. */
		CLEANUP_BUF struct buf part = BUF_INIT(1u << 16);
		buf_add(&part, out.ptr, n);
		sense_input(slice_of(part.ptr, part.len), &v);
	}
	CLEANUP_BUF struct buf deep = BUF_INIT(1u << 20);
	struct invocation v = {0};
	for (unsigned i = 0; i < 5000; i++)
		buf_add(&deep, out.ptr, 1);
	sense_input(buf_slice(&deep), &v);
}

int main(void)
{
#define ONE(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
	    ONE(a_proof_is_good_for_twenty_requests),
	    ONE(a_proof_is_of_one_address_and_of_its_time),
	    ONE(a_neighbour_in_the_same_64_is_the_same_caller),
	    ONE(what_is_no_proof_opens_nothing),
	    ONE(a_made_up_nonce_is_no_nonce),
	    ONE(without_one_nothing_is_refused),
	    ONE(a_quarantine_is_of_its_function_and_ends_by_itself),
	    ONE(a_ban_of_a_range_covers_it_and_no_more),
	    ONE(a_caller_is_judged_when_he_is_known),
	    ONE(a_challenge_lets_a_proof_pass_and_leaves_sign_in_to_its_own),
	    ONE(a_throttle_lets_its_share_pass),
	    ONE(a_broken_record_changes_nothing),
	    ONE(a_full_list_takes_no_more_and_keeps_what_it_has),
	    ONE(the_sensor_names_the_field_and_survives_what_is_cut_or_deep),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

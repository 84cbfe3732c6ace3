/* Tickets: who a request is for, carried by a worker that would like to change it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "ipc/records.h"

static const uint8_t key[TICKET_KEY_BYTES] = "0123456789abcde";
static const uint8_t other_key[TICKET_KEY_BYTES] = "0123456789abcdX";
static const struct ticket_claims claims = {
    .request = 42, .expires_ms = 1000, .function = 7, .user = {"ada", 3}, .role = {"admin", 5},
    .trace_id = (const uint8_t *)"0123456789abcdef", .span_id = (const uint8_t *)"01234567"};

static size_t seal(char *bytes)
{
	size_t n = 0;
	assert_true(is_ok(ticket_seal(&claims, key, bytes, NULL, &n)));
	return n;
}

static void a_ticket_says_what_was_sealed(void **state)
{
	(void)state;
	char bytes[TICKET_BYTES_MAX];
	struct ticket_claims got;
	size_t n = seal(bytes);
	assert_true(is_ok(ticket_open(slice_of(bytes, n), key, 7, 999, NULL, &got)));
	assert_int_equal(got.request, 42);
	assert_true(slice_eq_cstr(got.user, "ada"));
	assert_true(slice_eq_cstr(got.role, "admin"));
	assert_null(got.tenant.ptr);
	assert_memory_equal(got.trace_id, "0123456789abcdef", 16);
	assert_memory_equal(got.span_id, "01234567", 8);
}

static void every_changed_byte_is_noticed(void **state)
{
	(void)state;
	char bytes[TICKET_BYTES_MAX];
	struct ticket_claims got;
	size_t n = seal(bytes);
	for (size_t i = 0; i < n; i++)
		for (int bit = 0; bit < 8; bit++) {
			bytes[i] = (char)(bytes[i] ^ 1 << bit);
			assert_false(is_ok(ticket_open(slice_of(bytes, n), key, 7, 999, NULL, &got)));
			bytes[i] = (char)(bytes[i] ^ 1 << bit);
		}
}

static void every_other_length_is_refused(void **state)
{
	(void)state;
	char bytes[TICKET_BYTES_MAX + 8] = {0};
	struct ticket_claims got;
	size_t n = seal(bytes);
	for (size_t i = 0; i < n + 8; i++)
		if (i != n)
			assert_false(is_ok(ticket_open(slice_of(bytes, i), key, 7, 999, NULL, &got)));
}

static void a_ticket_is_for_one_function_one_key_and_a_while(void **state)
{
	(void)state;
	char bytes[TICKET_BYTES_MAX];
	struct ticket_claims got;
	struct error err;
	const size_t n = seal(bytes);
	assert_int_equal(ticket_open(slice_of(bytes, n), key, 8, 999, &err, &got).code, ERR_DENIED);
	assert_int_equal(ticket_open(slice_of(bytes, n), other_key, 7, 999, &err, &got).code, ERR_DENIED);
	assert_int_equal(ticket_open(slice_of(bytes, n), key, 7, 1001, &err, &got).code, ERR_TIMEOUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_ticket_says_what_was_sealed),
	    cmocka_unit_test(every_changed_byte_is_noticed),
	    cmocka_unit_test(every_other_length_is_refused),
	    cmocka_unit_test(a_ticket_is_for_one_function_one_key_and_a_while),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

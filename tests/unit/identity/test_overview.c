/* Accounts in numbers: what the store holds, what happened minute by minute, and nobody's name. */
#include "harness.h"

#include <stdio.h>
#include <string.h>

#include "identity/overview.h"

#define EMAIL "ada@example.org"
#define PASSWORD "a quiet harbour"

static const char *overview(struct harness *h, int64_t now_ms, struct buf *out)
{
	buf_clear(out);
	assert_ok(identity_overview_json(h->store, now_ms, NULL, out));
	return buf_cstr(out);
}

static void nobody_is_zero_everywhere(void **state)
{
	CLEANUP_BUF struct buf out = BUF_INIT(8192);
	const char *said = overview(*state, T0, &out);
	assert_non_null(strstr(said,
	    "{\"users\":0,\"disabled\":0,\"sessions\":0,\"with_second_factor\":0,\"passkeys\":0,"
	    "\"api_keys\":0,\"since_ms\":1800000000000,\"signed_in\":0,\"refused\":0,\"delayed\":0,"
	    "\"signed_up\":0,\"stuffing\":false,\"minutes\":{\"time_s\":[1799996460,"));
	assert_non_null(strstr(said, ",1800000000],\"signed_in\":[0,0,"));
}

static void accounts_and_sessions_are_counted_and_not_named(void **state)
{
	struct harness *h = *state;
	CLEANUP_BUF struct buf out = BUF_INIT(8192);
	assert_int_equal(sign_up_from(h, EMAIL, PASSWORD, "192.0.2.1", T0, NULL), ERR_NONE);
	assert_int_equal(sign_up_from(h, "grace@example.org", PASSWORD, "192.0.2.1", T0, NULL), ERR_NONE);
	assert_int_equal(sign_in_from(h, EMAIL, PASSWORD, "192.0.2.1", T0, NULL), ERR_NONE);
	const char *said = overview(h, T0, &out);
	assert_non_null(strstr(said, "{\"users\":2,\"disabled\":0,\"sessions\":3,"));
	assert_non_null(strstr(said, "\"signed_up\":2,"));
	assert_null(strstr(said, "ada"));
	/* Sessions that have run out are not open any more. */
	said = overview(h, T0 + 400 * DAY, &out);
	assert_non_null(strstr(said, "{\"users\":2,\"disabled\":0,\"sessions\":0,"));
}

static void the_hour_moves_on_minute_by_minute(void **state)
{
	struct harness *h = *state;
	CLEANUP_BUF struct buf out = BUF_INIT(8192);
	assert_int_equal(sign_up_from(h, EMAIL, PASSWORD, "192.0.2.1", T0 - HOUR, NULL), ERR_NONE);
	assert_int_equal(sign_in_from(h, EMAIL, PASSWORD, "192.0.2.1", T0, NULL), ERR_NONE);
	assert_int_equal(sign_in_from(h, EMAIL, PASSWORD, "192.0.2.1", T0 + 59 * SECOND, NULL), ERR_NONE);
	assert_int_equal(sign_in_from(h, EMAIL, "wrong guess", "192.0.2.1", T0 + MINUTE, NULL), ERR_DENIED);
	const char *said = overview(h, T0 + MINUTE, &out);
	assert_non_null(strstr(said, ",2,0],\"refused\":["));
	assert_non_null(strstr(said, ",0,1],\"delayed\":["));
	assert_non_null(strstr(said, "\"refused\":1,\"delayed\":0,"));
	/* An hour later the place of those minutes is another's, before anything happens in it. */
	said = overview(h, T0 + 62 * MINUTE, &out);
	assert_null(strstr(said, ",2,"));
	assert_null(strstr(said, ",1]"));
	assert_non_null(strstr(said, "\"refused\":1,"));
}

static void an_attack_is_told_of_until_it_ends(void **state)
{
	struct harness *h = *state;
	char email[32], address[32];
	CLEANUP_BUF struct buf out = BUF_INIT(8192);
	assert_non_null(strstr(overview(h, T0, &out), "\"stuffing\":false"));
	for (int i = 0; i < 400 && !h->heard.events[IDENTITY_STUFFING]; i++) {
		(void)snprintf(email, sizeof email, "u%d@example.org", i);
		(void)snprintf(address, sizeof address, "10.1.%d.%d", i / 250, i % 250);
		(void)sign_in_from(h, email, "wrong guess", address, T0 + i * 10, NULL);
	}
	assert_int_equal(h->heard.events[IDENTITY_STUFFING], 1);
	assert_non_null(strstr(overview(h, T0 + MINUTE, &out), "\"stuffing\":true"));
	for (int64_t at = T0; at < T0 + HOUR; at += SECOND)
		assert_ok(identity_tick(h->store, at, NULL));
	assert_non_null(strstr(overview(h, T0 + HOUR, &out), "\"stuffing\":false"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(nobody_is_zero_everywhere, harness_up, harness_down),
	    cmocka_unit_test_setup_teardown(
		accounts_and_sessions_are_counted_and_not_named, harness_up, harness_down),
	    cmocka_unit_test_setup_teardown(the_hour_moves_on_minute_by_minute, harness_up, harness_down),
	    cmocka_unit_test_setup_teardown(an_attack_is_told_of_until_it_ends, harness_up, harness_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

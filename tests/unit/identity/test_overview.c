/* Accounts in numbers: what the store holds, what happened minute by minute, and nobody's name. */
#include "harness.h"

#include <string.h>

#include "identity/overview.h"

static const char *overview(
    struct harness *h, const struct identity_tally *t, int64_t now_ms, struct buf *out)
{
	buf_clear(out);
	assert_ok(identity_overview_json(h->store, t, now_ms, NULL, out));
	return buf_cstr(out);
}

static void nobody_is_zero_everywhere(void **state)
{
	struct identity_tally t = {0};
	CLEANUP_BUF struct buf out = BUF_INIT(8192);
	tally_begin(&t, T0);
	const char *said = overview(*state, &t, T0, &out);
	assert_non_null(strstr(said,
	    "{\"users\":0,\"disabled\":0,\"sessions\":0,\"with_second_factor\":0,\"passkeys\":0,"
	    "\"api_keys\":0,\"since_ms\":1800000000000,\"signed_in\":0,\"refused\":0,\"delayed\":0,"
	    "\"signed_up\":0,\"stuffing\":false,\"minutes\":{\"time_s\":[1799996460,"));
	assert_non_null(strstr(said, ",1800000000],\"signed_in\":[0,0,"));
}

static void accounts_and_sessions_are_counted_and_not_named(void **state)
{
	struct harness *h = *state;
	struct identity_tally t = {0};
	CLEANUP_BUF struct buf out = BUF_INIT(8192);
	assert_int_equal(
	    sign_up_from(h, "ada@example.org", "a quiet harbour", "192.0.2.1", T0, NULL), ERR_NONE);
	assert_int_equal(
	    sign_up_from(h, "grace@example.org", "a quiet harbour", "192.0.2.1", T0, NULL), ERR_NONE);
	assert_int_equal(
	    sign_in_from(h, "ada@example.org", "a quiet harbour", "192.0.2.1", T0, NULL), ERR_NONE);
	const char *said = overview(h, &t, T0, &out);
	assert_non_null(strstr(said, "{\"users\":2,\"disabled\":0,\"sessions\":3,"));
	assert_null(strstr(said, "ada"));
	/* Sessions that have run out are not open any more. */
	assert_non_null(
	    strstr(overview(h, &t, T0 + 400 * DAY, &out), "{\"users\":2,\"disabled\":0,\"sessions\":0,"));
}

static void the_hour_moves_on_minute_by_minute(void **state)
{
	struct identity_tally t = {0};
	CLEANUP_BUF struct buf out = BUF_INIT(8192);
	tally_begin(&t, T0);
	tally_add(&t, IDENTITY_SIGNED_IN, T0);
	tally_add(&t, IDENTITY_SIGNED_IN, T0 + 59 * SECOND);
	tally_add(&t, IDENTITY_SIGN_IN_REFUSED, T0 + MINUTE);
	tally_add(&t, IDENTITY_DELAYED, T0 + MINUTE);
	const char *said = overview(*state, &t, T0 + MINUTE, &out);
	assert_non_null(strstr(said, ",2,0],\"refused\":["));
	assert_non_null(strstr(said, ",0,1],\"delayed\":["));
	assert_non_null(strstr(said, ",0,1]}}"));
	assert_non_null(strstr(said, "\"signed_in\":2,\"refused\":1,\"delayed\":1,"));
	/* An hour later the place of that minute is another's, before anything happens in it. */
	said = overview(*state, &t, T0 + 61 * MINUTE, &out);
	assert_null(strstr(said, ",2,"));
	assert_non_null(strstr(said, "\"signed_in\":2,"));
}

static void an_attack_is_told_of_until_it_ends(void **state)
{
	struct identity_tally t = {0};
	CLEANUP_BUF struct buf out = BUF_INIT(8192);
	tally_add(&t, IDENTITY_STUFFING, T0);
	assert_non_null(strstr(overview(*state, &t, T0, &out), "\"stuffing\":true"));
	tally_add(&t, IDENTITY_STUFFING_ENDED, T0 + HOUR);
	assert_non_null(strstr(overview(*state, &t, T0 + HOUR, &out), "\"stuffing\":false"));
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

/* Guessing: delays grow and fade, the owner is not shut out, nobody learns which accounts exist, stuffing is
 * seen once. */
#include "harness.h"

#include <stdio.h>
#include <string.h>

#define EMAIL "rosalind@example.org"
#define PASSWORD "a quiet harbour"

static void guesses_wait_longer_each_time(void **state)
{
	struct harness *h = *state;
	const struct identity_caller caller = caller_at("203.0.113.5", T0);
	struct sign_in s;
	uint32_t last = 0;
	int64_t now = T0;
	assert_int_equal(sign_up_from(h, EMAIL, PASSWORD, "192.0.2.1", T0, NULL), ERR_NONE);
	for (int i = 0; i < 5; i++)
		assert_int_equal(sign_in_from(h, EMAIL, "wrong guess", "203.0.113.5", now, NULL), ERR_DENIED);
	for (int i = 0; i < 6; i++) {
		struct identity_caller at = caller;
		at.now_ms = now;
		assert_code(
		    identity_sign_in_begin(h->store, REALM_APP, SLICE(EMAIL), SLICE(PASSWORD), &at, NULL, &s),
		    ERR_LIMIT);
		assert_true(s.retry_after_s > last);
		last = s.retry_after_s;
		now += last * SECOND;
		assert_int_equal(sign_in_from(h, EMAIL, "wrong guess", "203.0.113.5", now, NULL), ERR_DENIED);
	}
	assert_int_equal(last, 32);
	assert_int_equal(sign_in_from(h, EMAIL, PASSWORD, "203.0.113.5", now + 64 * SECOND, NULL), ERR_NONE);
	/* The right password wiped the slate. */
	assert_int_equal(
	    sign_in_from(h, EMAIL, "wrong guess", "203.0.113.5", now + 64 * SECOND, NULL), ERR_DENIED);
}

static void tries_at_the_same_time_share_the_allowance(void **state)
{
	struct harness *h = *state;
	struct sign_in s[8];
	int begun = 0;
	const struct identity_caller caller = caller_at("203.0.113.5", T0);
	for (int i = 0; i < 8; i++)
		begun += is_ok(identity_sign_in_begin(
		    h->store, REALM_APP, SLICE(EMAIL), SLICE("a guess or so"), &caller, NULL, &s[i]));
	assert_int_equal(begun, 5);
	for (int i = 0; i < 8; i++)
		sign_in_done(&s[i]);
}

static void the_owner_is_not_shut_out_by_others(void **state)
{
	struct harness *h = *state;
	char address[32];
	assert_int_equal(sign_up_from(h, EMAIL, PASSWORD, "192.0.2.1", T0, NULL), ERR_NONE);
	for (int i = 0; i < 400; i++) {
		(void)snprintf(address, sizeof address, "10.%d.%d.7", i / 200, i % 200);
		(void)sign_in_from(h, EMAIL, "wrong guess", address, T0 + i, NULL);
	}
	/* A stranger's address waits now even with the right password; the owner's place does not. */
	assert_int_equal(sign_in_from(h, EMAIL, PASSWORD, "10.9.9.9", T0 + 500, NULL), ERR_LIMIT);
	assert_int_equal(sign_in_from(h, EMAIL, PASSWORD, "192.0.2.77", T0 + 500, NULL), ERR_NONE);
}

static void one_address_against_many_accounts_waits(void **state)
{
	struct harness *h = *state;
	char email[64];
	int let_in = 0;
	for (int i = 0; i < 300; i++) {
		(void)snprintf(email, sizeof email, "user%d@example.org", i);
		let_in += sign_in_from(h, email, "Summer of 1969", "2001:db8:1:2::5", T0, NULL) == ERR_DENIED;
	}
	assert_int_equal(let_in, 30);
	/* The same /64 is the same party. */
	assert_int_equal(
	    sign_in_from(h, "x@example.org", "Summer of 1969", "2001:db8:1:2:ffff::1", T0, NULL), ERR_LIMIT);
	assert_int_equal(
	    sign_in_from(h, "x@example.org", "Summer of 1969", "2001:db8:1:3::1", T0, NULL), ERR_DENIED);
}

static void nobody_learns_which_accounts_exist(void **state)
{
	struct harness *h = *state;
	struct error known = {0}, unknown = {0};
	struct sign_in s;
	struct sign_in_outcome out;
	const struct identity_caller caller = caller_at("203.0.113.5", T0);
	assert_int_equal(sign_up_from(h, EMAIL, PASSWORD, "192.0.2.1", T0, NULL), ERR_NONE);
	static const char *const who[] = {EMAIL, "nobody@example.org"};
	struct error *errors[] = {&known, &unknown};
	for (int i = 0; i < 2; i++) {
		assert_ok(identity_sign_in_begin(
		    h->store, REALM_APP, slice_cstr(who[i]), SLICE("wrong guess"), &caller, NULL, &s));
		/* Both hash, at the same cost. */
		assert_non_null(strstr(s.job.stored, "$argon2id$v=19$m=64,t=1,p=1$"));
		password_job_run(&s.job);
		assert_code(identity_sign_in_finish(h->store, &s, &caller, errors[i], &out), ERR_DENIED);
	}
	assert_string_equal(known.text, unknown.text);
	/* Nor by how long one has to wait. */
	for (int i = 0; i < 4; i++)
		for (int k = 0; k < 2; k++)
			assert_int_equal(
			    sign_in_from(h, who[k], "wrong guess", "203.0.113.5", T0, NULL), ERR_DENIED);
	for (int k = 0; k < 2; k++)
		assert_int_equal(sign_in_from(h, who[k], "wrong guess", "203.0.113.5", T0, NULL), ERR_LIMIT);
}

static void sign_up_answers_the_same_when_mail_is_verified(void **state)
{
	struct harness *h = *state;
	struct sign_in s;
	struct sign_in_outcome out;
	const struct identity_caller caller = caller_at("203.0.113.5", T0);
	h->options.verify_email = true;
	harness_reopen(h);
	for (int i = 0; i < 2; i++) {
		assert_ok(identity_sign_up_begin(
		    h->store, REALM_APP, SLICE(EMAIL), SLICE(PASSWORD), &caller, NULL, &s));
		password_job_run(&s.job);
		assert_ok(identity_sign_in_finish(h->store, &s, &caller, NULL, &out));
		assert_int_equal(s.state, SIGN_IN_WAITS_FOR_MAIL);
		assert_int_equal(out.token.text[0], '\0');
	}
	/* Nothing was made or changed before the mail is answered. */
	struct user u;
	assert_code(user_by_email(h->store, REALM_APP, EMAIL, NULL, &u), ERR_NOT_FOUND);
	assert_int_equal(sign_in_from(h, EMAIL, PASSWORD, "203.0.113.5", T0, NULL), ERR_DENIED);
}

static void sign_ups_of_an_address_wait(void **state)
{
	struct harness *h = *state;
	char email[64];
	int made = 0;
	for (int i = 0; i < 50; i++) {
		(void)snprintf(email, sizeof email, "user%d@example.org", i);
		made += sign_up_from(h, email, PASSWORD, "203.0.113.5", T0, NULL) == ERR_NONE;
	}
	assert_int_equal(made, 10);
	assert_int_equal(sign_up_from(h, EMAIL, PASSWORD, "203.0.114.5", T0, NULL), ERR_NONE);
	assert_int_equal(sign_up_from(h, EMAIL, PASSWORD, "203.0.115.5", T0, NULL), ERR_CONFLICT);
}

/* Ten for each of 10 000 accounts, from 2 000 addresses, in ten minutes. */
static void a_hundred_thousand_stuffed_passwords_are_reported_once(void **state)
{
	struct harness *h = *state;
	char email[64], address[32];
	uint64_t hashed = 0;
	assert_int_equal(sign_up_from(h, EMAIL, PASSWORD, "192.0.2.1", T0, NULL), ERR_NONE);
	for (int i = 0; i < 100000; i++) {
		(void)snprintf(email, sizeof email, "user%d@example.org", i % 10000);
		(void)snprintf(address, sizeof address, "10.%d.%d.9", i % 2000 / 250, i % 250);
		struct sign_in s;
		const struct identity_caller caller = caller_at(address, T0 + i * 6);
		if (!is_ok(identity_sign_in_begin(h->store, REALM_APP, slice_cstr(email),
			SLICE("leaked elsewhere"), &caller, NULL, &s)))
			continue;
		struct sign_in_outcome out;
		hashed++;
		s.job.ran = true; /* not hashed here: the dummy never matches, and 100 000 hashes prove
				     nothing more */
		s.job.matches = false;
		assert_code(identity_sign_in_finish(h->store, &s, &caller, NULL, &out), ERR_DENIED);
		if (i % 1000 == 0) {
			assert_ok(identity_tick(h->store, T0 + i * 6, NULL));
			assert_int_equal(
			    sign_in_from(h, EMAIL, PASSWORD, "192.0.2.1", T0 + i * 6, NULL), ERR_NONE);
		}
	}
	assert_int_equal(h->heard.events[IDENTITY_STUFFING], 1);
	assert_int_equal(h->heard.events[IDENTITY_STUFFING_ENDED], 0);
	assert_ok(identity_tick(h->store, T0 + 600 * SECOND + 11 * MINUTE, NULL));
	assert_int_equal(h->heard.events[IDENTITY_STUFFING_ENDED], 1);
	/* Most tries never reached the hash. */
	assert_true(hashed < 75000);
}

static void one_forgetful_user_is_no_attack(void **state)
{
	struct harness *h = *state;
	for (int i = 0; i < 2000; i++)
		(void)sign_in_from(h, EMAIL, "what was it again", "192.0.2.1", T0 + i * 20, NULL);
	assert_int_equal(h->heard.events[IDENTITY_STUFFING], 0);
}

static void delays_fade(void **state)
{
	struct harness *h = *state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(sign_in_from(h, EMAIL, "wrong guess", "203.0.113.5", T0, NULL), ERR_DENIED);
	assert_int_equal(sign_in_from(h, EMAIL, "wrong guess", "203.0.113.5", T0, NULL), ERR_LIMIT);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    sign_in_from(h, EMAIL, "wrong guess", "203.0.113.5", T0 + HOUR, NULL), ERR_DENIED);
}

static void addresses_are_cut_to_parties(void **state)
{
	(void)state;
	char address[ADDRESS_KEY_MAX], block[ADDRESS_KEY_MAX], other[ADDRESS_KEY_MAX];
	address_keys(SLICE("192.0.2.17"), address, block);
	assert_string_equal(address, "c0000211");
	assert_string_equal(block, "c00002/24");
	address_keys(SLICE("::ffff:192.0.2.17"), other, block);
	assert_string_equal(address, other);
	address_keys(SLICE("2001:db8:1:2:3:4:5:6"), address, block);
	assert_string_equal(address, "20010db800010002");
	assert_string_equal(block, "20010db80001");
	address_keys(
	    SLICE("not an address, and one that is much longer than any address could ever be in text"),
	    address, block);
	assert_int_equal(address[0], '?');
}

static void an_address_that_is_none_is_refused(void **state)
{
	(void)state;
	char out[EMAIL_BYTES_MAX + 1];
	static const char *const wrong[] = {"", "a", "a@", "@b", "a@b@c", "a b@c", "a@b..c", "a@-b", "a@b-",
	    ".a@b", "a.@b", "a..b@c", "a@b\r\nBcc: c@d", "a\0@b", "\xc3\xa4@b", "\"a b\"@c", "a@[127.0.0.1]",
	    "<a@b>", "a,b@c", "a@b,c"};
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_code(email_normalise(slice_cstr(wrong[i]), NULL, out), ERR_INVALID);
	assert_ok(email_normalise(SLICE("  Rosalind+News@Example.ORG "), NULL, out));
	assert_string_equal(out, "rosalind+news@example.org");
}

int main(void)
{
#define WITH_STORE(f) cmocka_unit_test_setup_teardown(f, harness_up, harness_down)
	const struct CMUnitTest tests[] = {
	    WITH_STORE(guesses_wait_longer_each_time),
	    WITH_STORE(tries_at_the_same_time_share_the_allowance),
	    WITH_STORE(the_owner_is_not_shut_out_by_others),
	    WITH_STORE(one_address_against_many_accounts_waits),
	    WITH_STORE(nobody_learns_which_accounts_exist),
	    WITH_STORE(sign_up_answers_the_same_when_mail_is_verified),
	    WITH_STORE(sign_ups_of_an_address_wait),
	    WITH_STORE(a_hundred_thousand_stuffed_passwords_are_reported_once),
	    WITH_STORE(one_forgetful_user_is_no_attack),
	    WITH_STORE(delays_fade),
	    cmocka_unit_test(addresses_are_cut_to_parties),
	    cmocka_unit_test(an_address_that_is_none_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

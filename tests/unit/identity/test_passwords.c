/* Passwords: the policy, the list, hashes that carry their parameters, and the job that runs in a thread. */
#include "harness.h"

#include <stdio.h>
#include <string.h>

#include "identity/common_passwords.h"
#include "identity/password_import.h"

static const struct password_cost cheap = {.passes = 1, .memory_kib = 64};

static enum err_code policy(const char *password)
{
	const struct slice context[] = {SLICE("orchard"), SLICE("rosalind@example.org"), SLICE("rosalind")};
	return password_check_policy(slice_cstr(password), context, 3, NULL).code;
}

static void length_counts_characters_not_bytes(void **state)
{
	(void)state;
	char long_enough[PASSWORD_CHARS_MAX * 4 + 2] = {0};
	for (size_t i = 0; i < PASSWORD_CHARS_MAX; i++)
		(void)snprintf(long_enough + i, 2, "%c", "kfj2 vmzq-x"[i * 7 % 11]);
	assert_int_equal(policy(long_enough), ERR_NONE);
	strcat(long_enough, "x");
	assert_int_equal(policy(long_enough), ERR_INVALID);
	assert_int_equal(policy("7 chars"), ERR_INVALID);
	assert_int_equal(policy("\xc3\xa4\xc3\xb6\xc3\xbc"
				"ab"),
	    ERR_INVALID); /* eight bytes, five characters */
	assert_int_equal(policy("\xc3\xa4\xc3\xb6\xc3\xbc zwei B\xc3\xa4ume"), ERR_NONE);
}

static void what_is_not_text_is_refused(void **state)
{
	(void)state;
	assert_int_equal(policy("abcdefgh\xff"), ERR_INVALID);
	assert_int_equal(policy("abcdefgh\xed\xa0\x80"), ERR_INVALID); /* a surrogate */
	assert_int_equal(policy("abcdefgh\xc0\xaf"), ERR_INVALID);     /* overlong */
	assert_int_equal(
	    password_check_policy(slice_of("quiet\0harbour", 13), NULL, 0, NULL).code, ERR_INVALID);
}

static void nobody_is_made_to_use_a_digit(void **state)
{
	(void)state;
	static const char *const fine[] = {"correct horse battery staple", "zugvogelnest", "MARZIPANTURM",
	    "7302946158261", "lq8#Vt2!zR", "    a b    ", "two words"};
	for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
		assert_int_equal(policy(fine[i]), ERR_NONE);
}

static void common_ones_are_refused_in_every_dress(void **state)
{
	(void)state;
	static const char *const common[] = {"password", "Password1", "P@ssw0rd", "P@ssw0rd2024!",
	    "passw0rd!", "12345678", "87654321", "qwertyuiop", "1q2w3e4r", "1qaz2wsx", "zaq12wsx", "iloveyou",
	    "ILoveYou123", "sunshine1", "football99", "Dr4g0n2023", "!!monkey!!", "letmein2", "abcdefgh",
	    "aaaaaaaa", "abababab", "abcabcabc", "11112222", "19841231", "31121984", "welcome123",
	    "michael1985", "ilovejessica", "trustno1!", "adminadmin", "dragondragon", "qwert123"};
	for (size_t i = 0; i < sizeof common / sizeof *common; i++)
		if (policy(common[i]) != ERR_INVALID)
			fail_msg("%s was taken", common[i]);
	assert_true(common_password_count() > 5000);
}

static void words_of_the_account_are_refused(void **state)
{
	(void)state;
	assert_int_equal(policy("orchard2025"), ERR_INVALID);
	assert_int_equal(policy("Rosalind!!"), ERR_INVALID);
	assert_int_equal(policy("rosalind@example.org"), ERR_INVALID);
	assert_int_equal(policy("orchard of rosalind"), ERR_NONE);
}

static void a_hash_carries_its_own_parameters(void **state)
{
	(void)state;
	char a[PASSWORD_HASH_MAX], b[PASSWORD_HASH_MAX];
	const struct password_cost dearer = {.passes = 2, .memory_kib = 128};
	assert_ok(password_hash(SLICE("a quiet harbour"), &cheap, NULL, a));
	assert_ok(password_hash(SLICE("a quiet harbour"), &cheap, NULL, b));
	assert_string_not_equal(a, b);
	assert_non_null(strstr(a, "$argon2id$v=19$m=64,t=1,p=1$"));
	assert_ok(password_verify(SLICE("a quiet harbour"), a, NULL));
	assert_code(password_verify(SLICE("a quiet harbouR"), a, NULL), ERR_DENIED);
	assert_code(password_verify(SLICE(""), a, NULL), ERR_DENIED);
	assert_true(password_is_current(a, &cheap));
	assert_false(password_is_current(a, &dearer));
	assert_code(password_verify(SLICE("x"), "plain text", NULL), ERR_INVALID);
}

static void long_passwords_are_not_cut(void **state)
{
	(void)state;
	char hash[PASSWORD_HASH_MAX], text[PASSWORD_BYTES_MAX];
	memset(text, 'k', sizeof text);
	assert_ok(password_hash(slice_of(text, sizeof text), &cheap, NULL, hash));
	assert_ok(password_verify(slice_of(text, sizeof text), hash, NULL));
	assert_code(password_verify(slice_of(text, sizeof text - 1), hash, NULL), ERR_DENIED);
	text[sizeof text - 1] = 'l';
	assert_code(password_verify(slice_of(text, sizeof text), hash, NULL), ERR_DENIED);
}

static void the_floor_is_owasps(void **state)
{
	(void)state;
	assert_true(password_cost_is_enough(&(struct password_cost){2, 19456}));
	assert_true(password_cost_is_enough(&(struct password_cost){1, 47104}));
	assert_true(password_cost_is_enough(&(struct password_cost){5, 7168}));
	assert_false(password_cost_is_enough(&(struct password_cost){1, 19456}));
	assert_false(password_cost_is_enough(&(struct password_cost){2, 19455}));
	assert_false(password_cost_is_enough(&(struct password_cost){100, 1024}));
}

/* Made by Python's hashlib and libxcrypt's crypt, not by the code that reads them. */
static const char *const imported[] = {
    "$pbkdf2-sha256$29000$AAECAwQFBgcICQoLDA0ODw$4f/5ctuXkDmKujLF9yoBnh4ayBico75tjMmoBTxr1Hw",
    ("$pbkdf2-sha512$25000$AAECAwQFBgcICQoLDA0ODw$"
     "s2dS66wzbwXdH0BQVsaAqP0ErBaPFc9LAuPRabqdIl1IZo2PLKJ394teSW0wako.xF0X8RRuHxZAXswqp9q4yQ"),
    "pbkdf2_sha256$30000$seasalt$1Vmh8TYXh61X96/E4CkPwQMfvvXpcxCfa7MomK4Of+0=",
    "$scrypt$ln=12,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$6q4lYlkWVdFjJGX+Tmo+jtyxQpYCqjkSovWQeBQKe68",
    "$2b$06$abcdefghijklmnopqrstuuwIbyt2gf0rifRsaTFiUYxIYIrytOvI6",
};

static void hashes_of_other_systems_are_checked_and_renewed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof imported / sizeof *imported; i++) {
		struct password_job job = {.cost = cheap, .password = "a quiet harbour", .password_len = 15};
		assert_ok(password_import_check(imported[i], NULL));
		assert_ok(password_verify(SLICE("a quiet harbour"), imported[i], NULL));
		assert_code(password_verify(SLICE("a quiet harbouR"), imported[i], NULL), ERR_DENIED);
		assert_code(password_verify(SLICE(""), imported[i], NULL), ERR_DENIED);
		(void)snprintf(job.stored, sizeof job.stored, "%s", imported[i]);
		password_job_run(&job);
		assert_true(job.matches);
		assert_true(password_is_current(job.fresh, &cheap));
	}
}

static void malformed_and_ruinous_hashes_are_not_imported(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "secret", "$1$abc$def",
	    "$2b$31$abcdefghijklmnopqrstuuwIbyt2gf0rifRsaTFiUYxIYIrytOvI6", "$2b$06$abc",
	    "$pbkdf2-sha256$0$AAECAwQFBgcICQoLDA0ODw$4f/5ctuXkDmKujLF9yoBnh4ayBico75tjMmoBTxr1Hw",
	    "$pbkdf2-sha256$99999999999$AAECAwQFBgcICQoLDA0ODw$4f/5ctuXkDmKujLF9yoBnh4ayBico75tjMmoBTxr1Hw",
	    "$pbkdf2-sha256$29000$AAEC", "$pbkdf2-sha256$29000$$",
	    "$pbkdf2-sha256$29000$AAECAwQFBgcICQoLDA0ODw$AAEC",
	    "$scrypt$ln=30,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$6q4lYlkWVdFjJGX+Tmo+jtyxQpYCqjkSovWQeBQKe68",
	    "$scrypt$ln=12,r=8$AAECAwQFBgcICQoLDA0ODw$6q4lYlkWVdFjJGX+Tmo+jtyxQpYCqjkSovWQeBQKe68",
	    "$scrypt$ln=20,r=64,p=16$AAECAwQFBgcICQoLDA0ODw$6q4lYlkWVdFjJGX+Tmo+jtyxQpYCqjkSovWQeBQKe68"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_code(password_import_check(bad[i], NULL), ERR_INVALID);
		assert_code(password_verify(SLICE("a quiet harbour"), bad[i], NULL), ERR_INVALID);
	}
}

static void tuning_stays_above_the_floor(void **state)
{
	(void)state;
	struct password_cost cost = {0};
	assert_ok(password_cost_tune(1, NULL, &cost));
	assert_true(password_cost_is_enough(&cost));
	assert_int_equal(cost.passes, 2);
}

static void a_job_renews_a_hash_of_another_cost(void **state)
{
	(void)state;
	struct password_job job = {.cost = {.passes = 2, .memory_kib = 64}};
	assert_ok(password_hash(SLICE("a quiet harbour"), &cheap, NULL, job.stored));
	memcpy(job.password, "a quiet harbour", 15);
	job.password_len = 15;
	password_job_run(&job);
	assert_true(job.ran && job.matches);
	assert_true(password_is_current(job.fresh, &job.cost));
	job.password_len = 14;
	job.fresh[0] = '\0';
	password_job_run(&job);
	assert_false(job.matches);
	assert_int_equal(job.fresh[0], '\0');
	password_job_done(&job);
	assert_int_equal(job.password[0], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(length_counts_characters_not_bytes),
	    cmocka_unit_test(what_is_not_text_is_refused),
	    cmocka_unit_test(nobody_is_made_to_use_a_digit),
	    cmocka_unit_test(common_ones_are_refused_in_every_dress),
	    cmocka_unit_test(words_of_the_account_are_refused),
	    cmocka_unit_test(a_hash_carries_its_own_parameters),
	    cmocka_unit_test(long_passwords_are_not_cut),
	    cmocka_unit_test(the_floor_is_owasps),
	    cmocka_unit_test(hashes_of_other_systems_are_checked_and_renewed),
	    cmocka_unit_test(malformed_and_ruinous_hashes_are_not_imported),
	    cmocka_unit_test(tuning_stays_above_the_floor),
	    cmocka_unit_test(a_job_renews_a_hash_of_another_cost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

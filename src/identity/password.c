/* Argon2id by libsodium, and the policy. Called from the store's thread and from password threads; trusts
 * nothing. */
#include "identity/password.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "identity/common_passwords.h"
#include "identity/password_import.h"
#include "os/clock.h"

#define TUNE_MEMORY_KIB 65536u
#define TUNE_PASSES_MAX 16u

_Static_assert(PASSWORD_HASH_MAX >= crypto_pwhash_STRBYTES, "a hash fits");

bool password_cost_is_enough(const struct password_cost *cost)
{
	/* OWASP's equivalents: 46 MiB x 1, 19 MiB x 2, 12 MiB x 3, 9 MiB x 4, 7 MiB x 5. */
	static const struct password_cost floors[] = {
	    {1, 47104}, {2, 19456}, {3, 12288}, {4, 9216}, {5, 7168}};
	for (size_t i = 0; i < ARRAY_LEN(floors); i++)
		if (cost->passes >= floors[i].passes && cost->memory_kib >= floors[i].memory_kib)
			return true;
	return false;
}

static result time_hash(const struct password_cost *cost, struct error *err, uint64_t *ret_us)
{
	char hash[PASSWORD_HASH_MAX];
	uint64_t start = clock_mono_ns();
	TRY(password_hash(SLICE("how long does this take"), cost, err, hash));
	*ret_us = (clock_mono_ns() - start) / 1000;
	return RESULT_OK;
}

result password_cost_tune(uint32_t target_ms, struct error *err, struct password_cost *ret_cost)
{
	struct password_cost cost = {.passes = 2, .memory_kib = TUNE_MEMORY_KIB};
	uint64_t us;
	TRY(time_hash(&cost, err, &us)); /* the first run pays for fresh pages */
	TRY(time_hash(&cost, err, &us));
	/* A machine that cannot do two passes over 64 MiB in time gets less memory, down to the floor. */
	while (us > target_ms * 1000ull && cost.memory_kib / 2 >= PASSWORD_COST_FLOOR.memory_kib) {
		cost.memory_kib /= 2;
		TRY(time_hash(&cost, err, &us));
	}
	uint64_t pass_us = us / cost.passes + 1;
	uint64_t passes = (target_ms * 1000ull + pass_us / 2) / pass_us;
	cost.passes = passes < 2 ? 2 : passes > TUNE_PASSES_MAX ? TUNE_PASSES_MAX : (uint32_t)passes;
	*ret_cost = cost;
	return RESULT_OK;
}

/* Characters of well-formed UTF-8 (RFC 3629), or false. */
static bool utf8_length(struct slice text, size_t *ret_chars)
{
	size_t chars = 0;
	for (size_t i = 0; i < text.len; chars++) {
		unsigned char c = (unsigned char)text.ptr[i++];
		size_t more = c < 0x80		      ? 0
			      : c >= 0xc2 && c < 0xe0 ? 1
			      : c >= 0xe0 && c < 0xf0 ? 2
			      : c >= 0xf0 && c < 0xf5 ? 3
						      : 9;
		if (more == 9 || more > text.len - i)
			return false;
		unsigned char second = more ? (unsigned char)text.ptr[i] : 0;
		if ((c == 0xe0 && second < 0xa0) || (c == 0xed && second > 0x9f) ||
		    (c == 0xf0 && second < 0x90) || (c == 0xf4 && second > 0x8f))
			return false;
		for (; more > 0; more--)
			if (((unsigned char)text.ptr[i++] & 0xc0) != 0x80)
				return false;
	}
	*ret_chars = chars;
	return true;
}

result password_check_policy(
    struct slice password, const struct slice *context, size_t context_count, struct error *err)
{
	size_t chars = 0;
	if (password.len > PASSWORD_BYTES_MAX)
		return error_set(
		    err, ERR_INVALID, "a password has at most %u characters", PASSWORD_CHARS_MAX);
	if (!utf8_length(password, &chars) || memchr(password.ptr ? password.ptr : "", '\0', password.len))
		return error_set(err, ERR_INVALID, "the password is not text");
	if (chars < PASSWORD_CHARS_MIN)
		return error_set(
		    err, ERR_INVALID, "a password has at least %u characters", PASSWORD_CHARS_MIN);
	if (chars > PASSWORD_CHARS_MAX)
		return error_set(
		    err, ERR_INVALID, "a password has at most %u characters", PASSWORD_CHARS_MAX);
	if (password_is_common(password, context, context_count))
		return error_set(err, ERR_INVALID, "this password is among the first that anyone would try");
	return RESULT_OK;
}

result password_hash(struct slice password, const struct password_cost *cost, struct error *err,
    char ret_hash[PASSWORD_HASH_MAX])
{
	char hash[crypto_pwhash_STRBYTES];
	if (crypto_pwhash_str_alg(hash, password.ptr ? password.ptr : "", password.len, cost->passes,
		(size_t)cost->memory_kib * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0)
		return error_set(err, ERR_MEMORY, "no memory to hash a password (%u KiB)", cost->memory_kib);
	memset(ret_hash, 0, PASSWORD_HASH_MAX);
	memcpy(ret_hash, hash, sizeof hash);
	return RESULT_OK;
}

bool password_is_argon2id(const char *stored)
{
	return strncmp(stored, crypto_pwhash_STRPREFIX, strlen(crypto_pwhash_STRPREFIX)) == 0 &&
	       strlen(stored) < crypto_pwhash_STRBYTES;
}

result password_verify(struct slice password, const char *stored, struct error *err)
{
	if (password.len > PASSWORD_BYTES_MAX)
		return error_set(err, ERR_DENIED, "the password does not match");
	if (!password_is_argon2id(stored))
		return password_import_verify(password, stored, err);
	char hash[crypto_pwhash_STRBYTES] = {0};
	(void)snprintf(hash, sizeof hash, "%s", stored);
	if (crypto_pwhash_str_verify(hash, password.ptr ? password.ptr : "", password.len) != 0)
		return error_set(err, ERR_DENIED, "the password does not match");
	return RESULT_OK;
}

bool password_is_current(const char *stored, const struct password_cost *cost)
{
	char hash[crypto_pwhash_STRBYTES] = {0};
	if (!password_is_argon2id(stored))
		return false;
	(void)snprintf(hash, sizeof hash, "%s", stored);
	return crypto_pwhash_str_needs_rehash(hash, cost->passes, (size_t)cost->memory_kib * 1024) == 0;
}

static void make_fresh(struct password_job *job)
{
	struct slice wanted = job->fresh_len ? slice_of(job->fresh_password, job->fresh_len)
					     : slice_of(job->password, job->password_len);
	ignore_result(password_hash(wanted, &job->cost, &job->error, job->fresh)); /* job->error carries it */
}

void password_job_run(struct password_job *job)
{
	struct error why = {0};
	job->matches = true;
	if (job->stored[0]) {
		job->matches =
		    is_ok(password_verify(slice_of(job->password, job->password_len), job->stored, &why));
		if (!job->matches && why.code != ERR_DENIED)
			job->error = why;
	}
	if (job->matches &&
	    (!job->stored[0] || job->fresh_len || !password_is_current(job->stored, &job->cost)))
		make_fresh(job);
	job->ran = true;
}

void password_job_done(struct password_job *job)
{
	sodium_memzero(job, sizeof *job);
}

result password_dummy(const struct password_cost *cost, struct error *err, char ret_hash[PASSWORD_HASH_MAX])
{
	char secret[32];
	randombytes_buf(secret, sizeof secret);
	result r = password_hash(slice_of(secret, sizeof secret), cost, err, ret_hash);
	sodium_memzero(secret, sizeof secret);
	return r;
}

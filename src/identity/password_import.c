/* Hashes of other systems: one row for each form, each with its own reader. Called by password.c in password
 * threads. */
#include "identity/password_import.h"

#include <crypt.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "identity/crypto.h"
#include "identity/password.h"

/* Bounds on what a stored text may make us compute: an import is trusted to be hashes, not to be kind. */
#define BCRYPT_COST_MAX 15u
#define SCRYPT_LOG_N_MAX 20u
#define SCRYPT_MEMORY_MAX (256ul << 20)
#define PBKDF2_ROUNDS_MAX 10000000u
#define SALT_MAX 128u
#define KEY_MAX 128u

/* A stored text taken apart. */
struct import_parts {
	uint8_t salt[SALT_MAX];
	size_t salt_len;
	uint8_t key[KEY_MAX];
	size_t key_len;
	uint64_t rounds;      /* PBKDF2 */
	uint64_t log_n, r, p; /* scrypt */
	enum digest digest;
};

struct import_form {
	const char *prefix;
	result (*read)(struct slice rest, const char *stored, struct import_parts *ret, struct error *err);
	result (*verify)(
	    struct slice password, const char *stored, const struct import_parts *parts, struct error *err);
	enum digest digest;
};

static result bad(struct error *err, const char *what)
{
	return error_set(err, ERR_INVALID, "the stored password hash is malformed: %s", what);
}

static result matches(bool same, struct error *err)
{
	return same ? RESULT_OK : error_set(err, ERR_DENIED, "the password does not match");
}

/* passlib writes base64 with "." for "+" and without padding; others the usual alphabet, padded or not. */
static bool base64(struct slice text, uint8_t *bytes, size_t size, size_t *ret_len)
{
	char plain[2 * SALT_MAX];
	size_t n = 0;
	const char *end = NULL;
	for (; n < text.len && text.ptr[n] != '='; n++) {
		if (n == sizeof plain)
			return false;
		plain[n] = text.ptr[n];
		if (plain[n] == '.')
			plain[n] = '+';
	}
	return n > 0 &&
	       sodium_base642bin(bytes, size, plain, n, NULL, ret_len, &end,
		   sodium_base64_VARIANT_ORIGINAL_NO_PADDING) == 0 &&
	       end == plain + n;
}

static result read_salt_and_key(
    struct slice salt, struct slice key, struct import_parts *parts, struct error *err)
{
	if (!base64(salt, parts->salt, sizeof parts->salt, &parts->salt_len) ||
	    !base64(key, parts->key, sizeof parts->key, &parts->key_len) || parts->key_len < 16)
		return bad(err, "the salt or the key");
	return RESULT_OK;
}

/* $2b$CC$ and 53 characters. */
static result read_bcrypt(struct slice rest, const char *stored, struct import_parts *ret, struct error *err)
{
	uint64_t cost = 0;
	(void)ret;
	if (strlen(stored) != 60 || rest.len < 3 || rest.ptr[2] != '$' ||
	    !slice_to_u64(slice_of(rest.ptr, 2), &cost) || cost < 4)
		return bad(err, "not bcrypt");
	return cost <= BCRYPT_COST_MAX ? RESULT_OK : bad(err, "the cost is too high");
}

static result verify_bcrypt(
    struct slice password, const char *stored, const struct import_parts *parts, struct error *err)
{
	char phrase[PASSWORD_BYTES_MAX + 1];
	struct crypt_data data = {0};
	(void)parts;
	if (password.len > PASSWORD_BYTES_MAX || memchr(password.ptr ? password.ptr : "", '\0', password.len))
		return matches(false, err);
	(void)snprintf(phrase, sizeof phrase, "%.*s", SLICE_ARG(password));
	const char *made = crypt_rn(phrase, stored, &data, sizeof data);
	const bool same = made && bytes_equal(slice_cstr(made), slice_cstr(stored));
	sodium_memzero(phrase, sizeof phrase);
	sodium_memzero(&data, sizeof data);
	return matches(same, err);
}

/* rounds$salt$key */
static result read_pbkdf2(struct slice rest, const char *stored, struct import_parts *ret, struct error *err)
{
	struct slice rounds = slice_cut(&rest, '$');
	struct slice salt = rest.ptr ? slice_cut(&rest, '$') : SLICE_NONE;
	(void)stored;
	if (!slice_to_u64(rounds, &ret->rounds) || ret->rounds == 0 || ret->rounds > PBKDF2_ROUNDS_MAX)
		return bad(err, "the number of rounds");
	return read_salt_and_key(salt, rest, ret, err);
}

/* Django keeps the salt as text, not as base64. */
static result read_django(struct slice rest, const char *stored, struct import_parts *ret, struct error *err)
{
	struct slice rounds = slice_cut(&rest, '$');
	struct slice salt = rest.ptr ? slice_cut(&rest, '$') : SLICE_NONE;
	(void)stored;
	if (!slice_to_u64(rounds, &ret->rounds) || ret->rounds == 0 || ret->rounds > PBKDF2_ROUNDS_MAX)
		return bad(err, "the number of rounds");
	if (salt.len == 0 || salt.len > sizeof ret->salt ||
	    !base64(rest, ret->key, sizeof ret->key, &ret->key_len) || ret->key_len < 16)
		return bad(err, "the salt or the key");
	memcpy(ret->salt, salt.ptr, salt.len);
	ret->salt_len = salt.len;
	return RESULT_OK;
}

static result verify_pbkdf2(
    struct slice password, const char *stored, const struct import_parts *parts, struct error *err)
{
	uint8_t key[KEY_MAX];
	(void)stored;
	TRY(pbkdf2(parts->digest, password, bytes_of(parts->salt, parts->salt_len), (uint32_t)parts->rounds,
	    key, parts->key_len, err));
	return matches(bytes_equal(bytes_of(key, parts->key_len), bytes_of(parts->key, parts->key_len)), err);
}

/* "ln=16,r=8,p=1": the number after the name. */
static bool named_number(struct slice *rest, const char *name, uint64_t *ret)
{
	struct slice one = rest->ptr ? slice_cut(rest, ',') : SLICE_NONE;
	const struct slice want = slice_cstr(name);
	return slice_starts(one, want) && slice_to_u64(slice_of(one.ptr + want.len, one.len - want.len), ret);
}

static result read_scrypt(struct slice rest, const char *stored, struct import_parts *ret, struct error *err)
{
	struct slice cost = slice_cut(&rest, '$');
	struct slice salt = rest.ptr ? slice_cut(&rest, '$') : SLICE_NONE;
	(void)stored;
	if (!named_number(&cost, "ln=", &ret->log_n) || !named_number(&cost, "r=", &ret->r) ||
	    !named_number(&cost, "p=", &ret->p))
		return bad(err, "the cost of scrypt");
	if (ret->log_n < 1 || ret->log_n > SCRYPT_LOG_N_MAX || ret->r < 1 || ret->r > 64 || ret->p < 1 ||
	    ret->p > 16 || (128ul << ret->log_n) * ret->r > SCRYPT_MEMORY_MAX)
		return bad(err, "the cost of scrypt is out of range");
	return read_salt_and_key(salt, rest, ret, err);
}

static result verify_scrypt(
    struct slice password, const char *stored, const struct import_parts *parts, struct error *err)
{
	uint8_t key[KEY_MAX];
	(void)stored;
	if (crypto_pwhash_scryptsalsa208sha256_ll((const uint8_t *)password.ptr, password.len, parts->salt,
		parts->salt_len, 1ull << parts->log_n, (uint32_t)parts->r, (uint32_t)parts->p, key,
		parts->key_len) != 0)
		return error_set(err, ERR_MEMORY, "no memory to check a scrypt hash");
	return matches(bytes_equal(bytes_of(key, parts->key_len), bytes_of(parts->key, parts->key_len)), err);
}

static const struct import_form forms[] = {
    {"$2a$", read_bcrypt, verify_bcrypt, DIGEST_SHA256},
    {"$2b$", read_bcrypt, verify_bcrypt, DIGEST_SHA256},
    {"$2y$", read_bcrypt, verify_bcrypt, DIGEST_SHA256},
    {"$scrypt$", read_scrypt, verify_scrypt, DIGEST_SHA256},
    {"$pbkdf2-sha256$", read_pbkdf2, verify_pbkdf2, DIGEST_SHA256},
    {"$pbkdf2-sha512$", read_pbkdf2, verify_pbkdf2, DIGEST_SHA512},
    {"pbkdf2_sha256$", read_django, verify_pbkdf2, DIGEST_SHA256},
};

static result read_parts(
    const char *stored, struct error *err, const struct import_form **ret_form, struct import_parts *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		const size_t n = strlen(forms[i].prefix);
		if (strncmp(stored, forms[i].prefix, n) != 0)
			continue;
		ret->digest = forms[i].digest;
		*ret_form = &forms[i];
		return forms[i].read(slice_cstr(stored + n), stored, ret, err);
	}
	return bad(err, "its form is not known");
}

result password_import_verify(struct slice password, const char *stored, struct error *err)
{
	struct import_parts parts = {0};
	const struct import_form *form = NULL;
	TRY(read_parts(stored, err, &form, &parts));
	return form->verify(password, stored, &parts, err);
}

result password_import_check(const char *stored, struct error *err)
{
	struct import_parts parts = {0};
	const struct import_form *form = NULL;
	if (strlen(stored) >= PASSWORD_HASH_MAX)
		return bad(err, "its length");
	if (password_is_argon2id(stored))
		return RESULT_OK;
	return read_parts(stored, err, &form, &parts);
}

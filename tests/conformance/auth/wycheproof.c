/* Wycheproof: the signatures, MACs, key derivations and the seal that this layer builds on. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "score.h"

/* What a file is for: one row each. */
struct family {
	const char *name;
	result (*check)(const struct family *f, const json_t *group, const json_t *test, struct error *err);
	enum signature_algorithm algorithm;
	enum signature_form form;
	enum digest digest;
};

static result check_signature(
    const struct family *f, const json_t *group, const json_t *test, struct error *err)
{
	CLEANUP_KEY struct public_key *key = NULL;
	TRY(public_key_spki(score_hex(group, "publicKeyDer"), err, &key));
	return signature_verify(
	    key, f->algorithm, f->form, score_hex(test, "msg"), score_hex(test, "sig"), err);
}

static result same(struct slice expected, const uint8_t *got, struct error *err)
{
	return bytes_equal(expected, bytes_of(got, expected.len))
		   ? RESULT_OK
		   : error_set(err, ERR_DENIED, "the result differs");
}

/* Tags may be cut to a part of the MAC. */
static result check_hmac(const struct family *f, const json_t *group, const json_t *test, struct error *err)
{
	uint8_t mac[DIGEST_BYTES_MAX];
	struct slice tag = score_hex(test, "tag");
	const size_t bytes = (size_t)json_integer_value(json_object_get(group, "tagSize")) / 8;
	TRY(hmac_bytes(f->digest, score_hex(test, "key"), score_hex(test, "msg"), err, mac));
	if (tag.len != bytes || bytes > digest_size(f->digest))
		return error_set(err, ERR_INVALID, "a tag of the wrong length");
	return same(tag, mac, err);
}

static result check_hkdf(const struct family *f, const json_t *group, const json_t *test, struct error *err)
{
	(void)f;
	(void)group;
	const size_t size = (size_t)json_integer_value(json_object_get(test, "size"));
	uint8_t *okm = calloc(1, size + 1);
	if (!okm)
		return error_set(err, ERR_MEMORY, "no memory");
	result r = hkdf_sha256(
	    score_hex(test, "ikm"), score_hex(test, "salt"), score_hex(test, "info"), okm, size, err);
	if (is_ok(r))
		r = same(score_hex(test, "okm"), okm, err);
	free(okm);
	return r;
}

static result check_pbkdf2(const struct family *f, const json_t *group, const json_t *test, struct error *err)
{
	(void)group;
	uint8_t dk[256];
	const size_t size = (size_t)json_integer_value(json_object_get(test, "dkLen"));
	if (size > sizeof dk)
		return error_set(err, ERR_LIMIT, "a longer key than any here");
	TRY(pbkdf2(f->digest, score_hex(test, "password"), score_hex(test, "salt"),
	    (uint32_t)json_integer_value(json_object_get(test, "iterationCount")), dk, size, err));
	return same(score_hex(test, "dk"), dk, err);
}

static result check_siphash(
    const struct family *f, const json_t *group, const json_t *test, struct error *err)
{
	(void)f;
	(void)group;
	uint8_t mac[crypto_shorthash_BYTES];
	struct slice key = score_hex(test, "key"), msg = score_hex(test, "msg"), tag = score_hex(test, "tag");
	if (key.len != crypto_shorthash_KEYBYTES || tag.len != sizeof mac)
		return error_set(err, ERR_INVALID, "a key or tag of the wrong length");
	(void)crypto_shorthash(mac, (const unsigned char *)msg.ptr, msg.len, (const unsigned char *)key.ptr);
	return same(tag, mac, err);
}

static result check_unseal(const struct family *f, const json_t *group, const json_t *test, struct error *err)
{
	(void)f;
	(void)group;
	uint8_t plain[2048], sealed[2048];
	size_t n = 0;
	const struct slice parts[] = {score_hex(test, "iv"), score_hex(test, "ct"), score_hex(test, "tag")};
	struct slice key = score_hex(test, "key");
	if (key.len != 32 || parts[0].len != 24 || parts[2].len != 16)
		return error_set(err, ERR_INVALID, "a key, nonce or tag of the wrong length");
	for (size_t i = 0; i < 3; i++) {
		memcpy(sealed + n, parts[i].ptr, parts[i].len);
		n += parts[i].len;
	}
	TRY(unseal((const uint8_t *)key.ptr, bytes_of(sealed, n), score_hex(test, "aad"), err, plain));
	return same(score_hex(test, "msg"), plain, err);
}

static const struct family families[] = {
    {"ecdsa_secp256r1_sha256_test", check_signature, SIG_ES256, SIGNATURE_DER, 0},
    {"ecdsa_secp256r1_sha256_p1363_test", check_signature, SIG_ES256, SIGNATURE_FIXED, 0},
    {"ecdsa_secp256k1_sha256_bitcoin_test", check_signature, SIG_ES256K, SIGNATURE_DER, 0},
    {"ed25519_test", check_signature, SIG_ED25519, SIGNATURE_DER, 0},
    {"rsa_signature_2048_sha256_test", check_signature, SIG_RS256, SIGNATURE_DER, 0},
    {"rsa_signature_4096_sha256_test", check_signature, SIG_RS256, SIGNATURE_DER, 0},
    {"rsa_pss_2048_sha256_mgf1_32_test", check_signature, SIG_PS256, SIGNATURE_DER, 0},
    {"hmac_sha1_test", check_hmac, 0, 0, DIGEST_SHA1},
    {"hmac_sha256_test", check_hmac, 0, 0, DIGEST_SHA256},
    {"hkdf_sha256_test", check_hkdf, 0, 0, DIGEST_SHA256},
    {"pbkdf2_hmacsha256_test", check_pbkdf2, 0, 0, DIGEST_SHA256},
    {"siphash_2_4_test", check_siphash, 0, 0, 0},
    {"xchacha20_poly1305_test", check_unseal, 0, 0, 0},
};

static void run(const char *dir, const struct family *f)
{
	char file[128], group_name[128];
	size_t i, k;
	json_t *group, *test;
	(void)snprintf(file, sizeof file, "wycheproof/%s.json", f->name);
	(void)snprintf(group_name, sizeof group_name, "wycheproof/%s", f->name);
	json_t *root = score_load(dir, file);
	json_array_foreach(json_object_get(root, "testGroups"), i, group)
	{
		json_array_foreach(json_object_get(group, "tests"), k, test)
		{
			char id[32];
			struct error err = {0};
			struct slice verdict = score_text(test, "result");
			const result r = f->check(f, group, test, &err);
			(void)snprintf(id, sizeof id, "tcId %lld",
			    (long long)json_integer_value(json_object_get(test, "tcId")));
			/* "acceptable" leaves the choice: ward is strict, and either answer is right. */
			const bool free_choice = slice_eq(verdict, SLICE("acceptable"));
			score(group_name, id, free_choice ? is_ok(r) : slice_eq(verdict, SLICE("valid")), r,
			    &err);
		}
	}
	json_decref(root);
}

void score_wycheproof(const char *dir)
{
	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		run(dir, &families[i]);
}

/*
 * TPM attestation (Web Authentication, section 8.3). The structures are those of "TPM 2.0 Library, Part 2:
 * Structures": TPMS_ATTEST (10.12.8) and TPMT_PUBLIC (12.2.4). Bytes come from anyone.
 */
#include <openssl/x509v3.h>
#include <string.h>

#include "identity/webauthn_internal.h"

#define TPM_GENERATED_VALUE 0xff544347u /* "\xffTCG" */

enum {
	TPM_ST_ATTEST_CERTIFY = 0x8017,
	TPM_ALG_RSA = 0x0001,
	TPM_ALG_ECC = 0x0023,
	TPM_ALG_NULL = 0x0010,
	TPM_ALG_SHA1 = 0x0004,
	TPM_ALG_SHA256 = 0x000b,
	TPM_ALG_SHA384 = 0x000c,
	TPM_ALG_SHA512 = 0x000d,
};

struct cursor {
	struct slice rest;
	bool failed;
};

static uint64_t number(struct cursor *c, size_t bytes)
{
	uint64_t value = 0;
	if (c->failed || c->rest.len < bytes) {
		c->failed = true;
		return 0;
	}
	for (size_t i = 0; i < bytes; i++)
		value = value << 8 | (uint8_t)c->rest.ptr[i];
	c->rest = slice_of(c->rest.ptr + bytes, c->rest.len - bytes);
	return value;
}

/* TPM2B: two bytes of length, then as many. */
static struct slice sized(struct cursor *c)
{
	const size_t n = (size_t)number(c, 2);
	if (c->failed || c->rest.len < n) {
		c->failed = true;
		return SLICE_NONE;
	}
	struct slice part = slice_of(c->rest.ptr, n);
	c->rest = slice_of(c->rest.ptr + n, c->rest.len - n);
	return part;
}

static result bad(struct error *err, const char *what)
{
	return error_set(err, ERR_INVALID, "the TPM attestation is malformed: %s", what);
}

static result denied(struct error *err, const char *what)
{
	return error_set(err, ERR_DENIED, "the TPM attestation does not hold: %s", what);
}

static bool digest_of(uint64_t algorithm, enum digest *ret)
{
	static const struct {
		uint64_t id;
		enum digest digest;
	} rows[] = {{TPM_ALG_SHA1, DIGEST_SHA1}, {TPM_ALG_SHA256, DIGEST_SHA256},
	    {TPM_ALG_SHA384, DIGEST_SHA384}, {TPM_ALG_SHA512, DIGEST_SHA512}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].id != algorithm)
			continue;
		*ret = rows[i].digest;
		return true;
	}
	return false;
}

/* TPMT_SYM_DEF_OBJECT and a scheme: both may be null, or an algorithm with a detail of two bytes. */
static void skip_scheme(struct cursor *c)
{
	if (number(c, 2) != TPM_ALG_NULL)
		(void)number(c, 2);
}

static result ecc_key(struct cursor *c, struct error *err, struct public_key **ret)
{
	static const enum curve curves[] = {[3] = CURVE_P256, [4] = CURVE_P384, [5] = CURVE_P521};
	skip_scheme(c); /* symmetric: null for a signing key */
	skip_scheme(c);
	const uint64_t curve = number(c, 2);
	skip_scheme(c); /* kdf */
	struct slice x = sized(c);
	struct slice y = sized(c);
	if (c->failed || c->rest.len || curve < 3 || curve > 5)
		return bad(err, "the elliptic-curve key");
	return public_key_ec(curves[curve], x, y, err, ret);
}

static result rsa_key(struct cursor *c, struct error *err, struct public_key **ret)
{
	static const char usual[] = {1, 0, 1};
	skip_scheme(c);
	skip_scheme(c);
	(void)number(c, 2); /* bits */
	char exponent[4];
	const uint64_t e = number(c, 4);
	for (size_t i = 0; i < 4; i++)
		exponent[i] = (char)(e >> (24 - 8 * i));
	struct slice n = sized(c);
	if (c->failed || c->rest.len)
		return bad(err, "the RSA key");
	return public_key_rsa(n, e ? slice_of(exponent, 4) : slice_of(usual, 3), err, ret);
}

/* The public area describes the passkey's key. */
static result check_pub_area(
    const struct attestation *a, struct slice pub_area, struct error *err, enum digest *ret_name_digest)
{
	struct cursor c = {.rest = pub_area};
	CLEANUP_KEY struct public_key *key = NULL;
	const uint64_t type = number(&c, 2);
	const uint64_t name_algorithm = number(&c, 2);
	(void)number(&c, 4); /* attributes */
	(void)sized(&c);     /* policy */
	if (c.failed || !digest_of(name_algorithm, ret_name_digest))
		return bad(err, "the public area");
	if (type == TPM_ALG_ECC)
		TRY(ecc_key(&c, err, &key));
	else if (type == TPM_ALG_RSA)
		TRY(rsa_key(&c, err, &key));
	else
		return bad(err, "the type of key");
	return public_key_equal(key, a->key) ? RESULT_OK : denied(err, "it is about another key");
}

/* certInfo says: this TPM holds the object with that name, and was asked with this hash. */
static result check_cert_info(
    const struct attestation *a, const struct statement *s, enum digest name_digest, struct error *err)
{
	char bytes[ATTESTATION_OBJECT_MAX + 32];
	uint8_t asked[DIGEST_BYTES_MAX], name[DIGEST_BYTES_MAX];
	static const enum digest by_algorithm[] = {DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512};
	const int64_t alg = s->algorithm;
	const enum digest digest = alg == -65535			     ? DIGEST_SHA1
				   : alg == -36 || alg == -259 || alg == -39 ? by_algorithm[2]
				   : alg == -35 || alg == -258 || alg == -38 ? by_algorithm[1]
									     : by_algorithm[0];
	struct cursor c = {.rest = s->cert_info};
	if (number(&c, 4) != TPM_GENERATED_VALUE || number(&c, 2) != TPM_ST_ATTEST_CERTIFY)
		return denied(err, "it was not made by a TPM to certify a key");
	(void)sized(&c); /* who signed */
	struct slice extra = sized(&c);
	(void)number(&c, 8); /* clock */
	(void)number(&c, 8); /* resets and restarts */
	(void)number(&c, 1);
	(void)number(&c, 8); /* firmware */
	struct slice attested = sized(&c);
	(void)sized(&c); /* qualified name */
	if (c.failed || c.rest.len || attested.len < 2)
		return bad(err, "certInfo");
	TRY(digest_bytes(digest, signed_bytes(a, bytes), err, asked));
	if (!bytes_equal(extra, bytes_of(asked, digest_size(digest))))
		return denied(err, "it is for another ceremony");
	TRY(digest_bytes(name_digest, s->pub_area, err, name));
	if (!slice_eq(slice_of(attested.ptr, 2), slice_of(s->pub_area.ptr + 2, 2)) ||
	    !bytes_equal(
		slice_of(attested.ptr + 2, attested.len - 2), bytes_of(name, digest_size(name_digest))))
		return denied(err, "it names another key");
	return RESULT_OK;
}

/* Section 8.3.1: version 3, empty subject with an alternative name, usage tcg-kp-AIKCertificate, no CA. */
static result check_aik(X509 *leaf, struct slice aaguid, struct error *err)
{
	bool usage_ok = false;
	EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(leaf, NID_ext_key_usage, NULL, NULL);
	for (int i = 0; usage && i < sk_ASN1_OBJECT_num(usage); i++) {
		char oid[64];
		(void)OBJ_obj2txt(oid, sizeof oid, sk_ASN1_OBJECT_value(usage, i), 1);
		usage_ok = usage_ok || strcmp(oid, "2.23.133.8.3") == 0;
	}
	sk_ASN1_OBJECT_pop_free(usage, ASN1_OBJECT_free);
	if (X509_get_version(leaf) != X509_VERSION_3 ||
	    X509_NAME_entry_count(X509_get_subject_name(leaf)) != 0 ||
	    X509_get_ext_by_NID(leaf, NID_subject_alt_name, -1) < 0 || !usage_ok || X509_check_ca(leaf) != 0)
		return denied(err, "the certificate is not one for a TPM");
	struct slice extension = leaf_extension(leaf, "1.3.6.1.4.1.45724.1.1.4");
	if (extension.ptr && !(extension.len == 18 && extension.ptr[0] == 4 && extension.ptr[1] == 16 &&
				 slice_eq(slice_of(extension.ptr + 2, 16), aaguid)))
		return denied(err, "the certificate is for another model");
	return RESULT_OK;
}

result attestation_tpm(const struct attestation *a, const struct statement *s, X509 *leaf, struct error *err)
{
	enum digest name_digest = DIGEST_SHA256;
	if (!leaf || !slice_eq(s->version, SLICE("2.0")) || !s->has_algorithm || !s->signature.ptr ||
	    !s->cert_info.ptr || s->pub_area.len < 4 || s->field_count != 6)
		return bad(err, "its fields");
	TRY(check_pub_area(a, s->pub_area, err, &name_digest));
	TRY(check_cert_info(a, s, name_digest, err));
	TRY(leaf_signature(leaf, s->algorithm, s->cert_info, s->signature, err));
	return check_aik(leaf, a->auth_data.aaguid, err);
}

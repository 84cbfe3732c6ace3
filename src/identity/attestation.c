/* Attestation statements (Web Authentication, section 8): one row for each format. Bytes come from anyone. */
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "identity/webauthn_internal.h"

#define AAGUID_EXTENSION "1.3.6.1.4.1.45724.1.1.4"
#define APPLE_NONCE_EXTENSION "1.2.840.113635.100.8.2"

static const char *const kind_names[ATTESTATION_KIND_COUNT] = {
    "none", "self", "packed", "tpm", "android-key", "apple", "fido-u2f"};

const char *attestation_kind_name(enum attestation_kind kind)
{
	return (unsigned)kind < ATTESTATION_KIND_COUNT ? kind_names[kind] : "unknown";
}

static result bad(struct error *err, const char *what)
{
	return error_set(err, ERR_INVALID, "the attestation statement is malformed: %s", what);
}

static result denied(struct error *err, const char *what)
{
	return error_set(err, ERR_DENIED, "the attestation does not hold: %s", what);
}

static result read_certs(struct cbor *c, struct statement *s, struct error *err)
{
	struct cbor_item list, cert;
	TRY(cbor_expect(c, CBOR_ARRAY, err, &list));
	if (list.num == 0 || list.num > ATTESTATION_CERTS_MAX || s->cert_count)
		return bad(err, "the number of certificates");
	for (int64_t i = 0; i < list.num; i++) {
		TRY(cbor_expect(c, CBOR_BYTES, err, &cert));
		s->certs[s->cert_count++] = cert.bytes;
	}
	return RESULT_OK;
}

static result read_field(struct cbor *c, struct slice name, struct statement *s, struct error *err)
{
	const struct {
		struct slice name;
		enum cbor_kind kind;
		struct slice *place;
	} fields[] = {{SLICE("sig"), CBOR_BYTES, &s->signature}, {SLICE("ver"), CBOR_TEXT, &s->version},
	    {SLICE("certInfo"), CBOR_BYTES, &s->cert_info}, {SLICE("pubArea"), CBOR_BYTES, &s->pub_area}};
	struct cbor_item item;
	if (slice_eq(name, SLICE("x5c")))
		return read_certs(c, s, err);
	if (slice_eq(name, SLICE("alg"))) {
		TRY(cbor_expect(c, CBOR_INT, err, &item));
		s->algorithm = item.num;
		s->has_algorithm = true;
		return RESULT_OK;
	}
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		if (!slice_eq(name, fields[i].name))
			continue;
		TRY(cbor_expect(c, fields[i].kind, err, &item));
		if (fields[i].place->ptr)
			return bad(err, "a field that stands there twice");
		*fields[i].place = item.bytes;
		return RESULT_OK;
	}
	return bad(err, "a field that does not belong there");
}

result statement_parse(struct slice bytes, struct error *err, struct statement *ret)
{
	struct cbor c = {.rest = bytes};
	struct cbor_item map, name;
	struct statement s = {0};
	TRY(cbor_expect(&c, CBOR_MAP, err, &map));
	s.field_count = (size_t)map.num;
	for (int64_t i = 0; i < map.num; i++) {
		TRY(cbor_expect(&c, CBOR_TEXT, err, &name));
		TRY(read_field(&c, name.bytes, &s, err));
	}
	TRY(cbor_end(&c, err));
	*ret = s;
	return RESULT_OK;
}

struct slice signed_bytes(const struct attestation *a, char *out)
{
	memcpy(out, a->auth_data_bytes.ptr, a->auth_data_bytes.len);
	memcpy(out + a->auth_data_bytes.len, a->client_data_hash, 32);
	return slice_of(out, a->auth_data_bytes.len + 32);
}

result leaf_key(X509 *leaf, struct error *err, struct public_key **ret)
{
	unsigned char *der = NULL;
	int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &der);
	if (length <= 0)
		return bad(err, "a certificate without a key");
	result r = public_key_spki(slice_of((const char *)der, (size_t)length), err, ret);
	OPENSSL_free(der);
	return r;
}

result leaf_signature(
    X509 *leaf, int64_t cose_algorithm, struct slice message, struct slice signature, struct error *err)
{
	CLEANUP_KEY struct public_key *key = NULL;
	enum signature_algorithm algorithm;
	TRY(leaf_key(leaf, err, &key));
	if (!algorithm_from_cose(cose_algorithm, public_key_curve(key), &algorithm))
		return bad(err, "its algorithm");
	return error_wrap(
	    err, signature_verify(key, algorithm, SIGNATURE_DER, message, signature, err), "attestation");
}

struct slice leaf_extension(X509 *leaf, const char *oid)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	int at = object ? X509_get_ext_by_OBJ(leaf, object, -1) : -1;
	ASN1_OBJECT_free(object);
	if (at < 0)
		return SLICE_NONE;
	const ASN1_OCTET_STRING *data = X509_EXTENSION_get_data(X509_get_ext(leaf, at));
	return slice_of((const char *)ASN1_STRING_get0_data(data), (size_t)ASN1_STRING_length(data));
}

/* Section 8.2.1: version 3, subject C, O, OU "Authenticator Attestation" and CN, no CA. */
static result check_packed_leaf(X509 *leaf, struct slice aaguid, struct error *err)
{
	char unit[64] = "";
	X509_NAME *subject = X509_get_subject_name(leaf);
	(void)X509_NAME_get_text_by_NID(subject, NID_organizationalUnitName, unit, sizeof unit);
	if (X509_get_version(leaf) != X509_VERSION_3 || strcmp(unit, "Authenticator Attestation") != 0 ||
	    X509_NAME_get_index_by_NID(subject, NID_countryName, -1) < 0 ||
	    X509_NAME_get_index_by_NID(subject, NID_organizationName, -1) < 0 ||
	    X509_NAME_get_index_by_NID(subject, NID_commonName, -1) < 0 || X509_check_ca(leaf) != 0)
		return denied(err, "the certificate is not one for attestation");
	struct slice extension = leaf_extension(leaf, AAGUID_EXTENSION);
	if (extension.ptr && !(extension.len == 18 && extension.ptr[0] == 4 && extension.ptr[1] == 16 &&
				 slice_eq(slice_of(extension.ptr + 2, 16), aaguid)))
		return denied(err, "the certificate is for another model");
	return RESULT_OK;
}

static result check_packed(
    const struct attestation *a, const struct statement *s, X509 *leaf, struct error *err)
{
	char bytes[ATTESTATION_OBJECT_MAX + 32];
	enum signature_algorithm algorithm;
	const struct slice message = signed_bytes(a, bytes);
	if (!s->has_algorithm || !s->signature.ptr || s->field_count != (leaf ? 3u : 2u))
		return bad(err, "the fields of packed");
	if (leaf) {
		TRY(leaf_signature(leaf, s->algorithm, message, s->signature, err));
		return check_packed_leaf(leaf, a->auth_data.aaguid, err);
	}
	if (!algorithm_from_cose(s->algorithm, public_key_curve(a->key), &algorithm) ||
	    algorithm != a->algorithm)
		return denied(err, "its algorithm is not the key's");
	return error_wrap(err, signature_verify(a->key, algorithm, SIGNATURE_DER, message, s->signature, err),
	    "self attestation");
}

/* Section 8.6: the signature is over the U2F form of the same facts, by a P-256 key. */
static result check_fido_u2f(
    const struct attestation *a, const struct statement *s, X509 *leaf, struct error *err)
{
	char bytes[1 + 32 + 32 + CREDENTIAL_ID_MAX + 65] = {0};
	size_t n = 1;
	struct slice x, y;
	if (!leaf || s->cert_count != 1 || !s->signature.ptr || s->field_count != 2)
		return bad(err, "the fields of fido-u2f");
	TRY(cose_key_point(a->auth_data.cose_key, err, &x, &y));
	if (x.len != 32 || y.len != 32)
		return bad(err, "a U2F key is on P-256");
	const struct slice parts[] = {a->auth_data.rp_id_hash, bytes_of(a->client_data_hash, 32),
	    a->auth_data.credential_id, SLICE("\x04"), x, y};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		memcpy(bytes + n, parts[i].ptr, parts[i].len);
		n += parts[i].len;
	}
	CLEANUP_KEY struct public_key *key = NULL;
	TRY(leaf_key(leaf, err, &key));
	return error_wrap(err,
	    signature_verify(key, SIG_ES256, SIGNATURE_DER, slice_of(bytes, n), s->signature, err),
	    "attestation");
}

/* Section 8.8: the nonce in the certificate binds it; SEQUENCE { [1] { OCTET STRING nonce } }. */
static result check_apple(
    const struct attestation *a, const struct statement *s, X509 *leaf, struct error *err)
{
	static const char frame[] = {0x30, 0x24, (char)0xa1, 0x22, 0x04, 0x20};
	char bytes[ATTESTATION_OBJECT_MAX + 32];
	uint8_t nonce[32];
	CLEANUP_KEY struct public_key *key = NULL;
	if (!leaf || s->field_count != 1)
		return bad(err, "the fields of apple");
	TRY(digest_bytes(DIGEST_SHA256, signed_bytes(a, bytes), err, nonce));
	struct slice extension = leaf_extension(leaf, APPLE_NONCE_EXTENSION);
	if (extension.len != sizeof frame + 32 || memcmp(extension.ptr, frame, sizeof frame) != 0 ||
	    memcmp(extension.ptr + sizeof frame, nonce, 32) != 0)
		return denied(err, "the certificate is for another ceremony");
	TRY(leaf_key(leaf, err, &key));
	return public_key_equal(key, a->key) ? RESULT_OK : denied(err, "the certificate is for another key");
}

static result check_none(
    const struct attestation *a, const struct statement *s, X509 *leaf, struct error *err)
{
	(void)a;
	(void)leaf;
	return s->field_count == 0 ? RESULT_OK : bad(err, "format none with a statement");
}

static const struct format {
	struct slice name;
	enum attestation_kind kind;
	result (*check)(
	    const struct attestation *a, const struct statement *s, X509 *leaf, struct error *err);
} formats[] = {
    {SLICE("none"), ATTESTATION_NONE, check_none},
    {SLICE("packed"), ATTESTATION_PACKED, check_packed},
    {SLICE("tpm"), ATTESTATION_TPM, attestation_tpm},
    {SLICE("android-key"), ATTESTATION_ANDROID_KEY, attestation_android_key},
    {SLICE("apple"), ATTESTATION_APPLE, check_apple},
    {SLICE("fido-u2f"), ATTESTATION_FIDO_U2F, check_fido_u2f},
};

static X509 *read_cert(struct slice der)
{
	const unsigned char *at = (const unsigned char *)der.ptr;
	X509 *cert = der.len && der.len <= ATTESTATION_OBJECT_MAX ? d2i_X509(NULL, &at, (long)der.len) : NULL;
	if (cert && at == (const unsigned char *)der.ptr + der.len)
		return cert;
	X509_free(cert);
	ERR_clear_error();
	return NULL;
}

static bool add_roots(const struct webauthn_policy *policy, X509_STORE *store)
{
	for (size_t i = 0; i < policy->attestation_root_count; i++) {
		X509 *root = read_cert(policy->attestation_roots[i]);
		bool added = root && X509_STORE_add_cert(store, root) == 1;
		X509_free(root);
		if (!added)
			return false;
	}
	return true;
}

/* From the leaf over the statement's other certificates to one of the policy's roots. */
static result check_chain(
    const struct webauthn_policy *policy, const struct statement *s, X509 *leaf, struct error *err)
{
	bool ok = true;
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *between = sk_X509_new_null();
	for (size_t i = 1; ok && i < s->cert_count; i++) {
		X509 *cert = read_cert(s->certs[i]);
		ok = cert && between && sk_X509_push(between, cert) > 0;
		if (!ok)
			X509_free(cert);
	}
	ok = ok && store && ctx && between && add_roots(policy, store) &&
	     X509_STORE_CTX_init(ctx, store, leaf, between) == 1;
	if (ok)
		X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_PARTIAL_CHAIN);
	ok = ok && X509_verify_cert(ctx) == 1;
	sk_X509_pop_free(between, X509_free);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ERR_clear_error();
	return ok ? RESULT_OK : denied(err, "its certificate leads to no root that is trusted");
}

static result check_with_leaf(const struct webauthn_policy *policy, const struct format *format,
    const struct attestation *a, const struct statement *s, X509 *leaf, struct error *err)
{
	TRY(format->check(a, s, leaf, err));
	if (policy->attestation_root_count == 0)
		return RESULT_OK;
	return leaf ? check_chain(policy, s, leaf, err)
		    : denied(err, "only attested authenticators are accepted here");
}

result attestation_check(const struct webauthn_policy *policy, const struct attestation *a, struct error *err,
    enum attestation_kind *ret_kind)
{
	struct statement s;
	const struct format *format = NULL;
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (slice_eq(a->format, formats[i].name))
			format = &formats[i];
	if (!format)
		return bad(err, "its format is not known");
	TRY(statement_parse(a->statement, err, &s));
	X509 *leaf = s.cert_count ? read_cert(s.certs[0]) : NULL;
	if (s.cert_count && !leaf)
		return bad(err, "its certificate");
	result r = check_with_leaf(policy, format, a, &s, leaf, err);
	X509_free(leaf);
	TRY(r);
	*ret_kind = format->kind == ATTESTATION_PACKED && s.cert_count == 0 ? ATTESTATION_SELF : format->kind;
	return RESULT_OK;
}

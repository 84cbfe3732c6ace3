/*
 * Android key attestation (Web Authentication, section 8.4): the certificate of the key itself, with the
 * ceremony's hash in an extension whose content is the KeyDescription of Android's key attestation schema.
 * Bytes come from anyone.
 */
#include <openssl/asn1.h>

#include "identity/webauthn_internal.h"

#define KEY_DESCRIPTION "1.3.6.1.4.1.11129.2.1.17"

enum {
	TAG_PURPOSE = 1,
	TAG_ALL_APPLICATIONS = 600,
	TAG_ORIGIN = 702,
	PURPOSE_SIGN = 2,
	ORIGIN_GENERATED = 0
};

struct der {
	struct slice rest;
};

struct der_item {
	int tag;
	int class;
	struct slice content;
};

static bool der_next(struct der *d, struct der_item *ret)
{
	long length = 0;
	const unsigned char *at = (const unsigned char *)d->rest.ptr;
	if (d->rest.len == 0 || d->rest.len > ATTESTATION_OBJECT_MAX)
		return false;
	const int kind = ASN1_get_object(&at, &length, &ret->tag, &ret->class, (long)d->rest.len);
	if (kind & 0x81) /* an error, or an indefinite length */
		return false;
	ret->content = slice_of((const char *)at, (size_t)length);
	const char *end = ret->content.ptr + length;
	d->rest = slice_of(end, (size_t)(d->rest.ptr + d->rest.len - end));
	return true;
}

static bool expect(struct der *d, int tag, struct slice *ret)
{
	struct der_item item;
	if (!der_next(d, &item) || item.tag != tag || item.class != V_ASN1_UNIVERSAL)
		return false;
	*ret = item.content;
	return true;
}

/* What the two authorization lists say, together. A list may leave a field out, and then says nothing against
 * the key. */
struct authorizations {
	bool all_applications;
	bool has_purpose, may_sign;
	bool has_origin, generated;
};

static bool is_small(struct slice integer, uint8_t value)
{
	return integer.len == 1 && (uint8_t)integer.ptr[0] == value;
}

static bool read_purposes(struct slice content, struct authorizations *a)
{
	struct slice set, purpose;
	struct der d = {.rest = content};
	if (!expect(&d, V_ASN1_SET, &set) || d.rest.len)
		return false;
	struct der in = {.rest = set};
	a->has_purpose = true;
	while (in.rest.len) {
		if (!expect(&in, V_ASN1_INTEGER, &purpose))
			return false;
		a->may_sign = a->may_sign || is_small(purpose, PURPOSE_SIGN);
	}
	return true;
}

static bool read_list(struct slice list, struct authorizations *a)
{
	struct der d = {.rest = list};
	while (d.rest.len) {
		struct slice value;
		struct der_item item;
		if (!der_next(&d, &item) || item.class != V_ASN1_CONTEXT_SPECIFIC)
			return false;
		struct der in = {.rest = item.content};
		if (item.tag == TAG_ALL_APPLICATIONS)
			a->all_applications = true;
		if (item.tag == TAG_PURPOSE && !read_purposes(item.content, a))
			return false;
		if (item.tag == TAG_ORIGIN) {
			if (!expect(&in, V_ASN1_INTEGER, &value))
				return false;
			a->has_origin = true;
			a->generated = is_small(value, ORIGIN_GENERATED);
		}
	}
	return true;
}

/* SEQUENCE { version, level, version, level, challenge, unique id, software list, hardware list } */
static bool read_description(struct slice extension, struct slice *ret_challenge, struct authorizations *ret)
{
	struct slice sequence, skipped, software, hardware;
	struct der outer = {.rest = extension};
	if (!expect(&outer, V_ASN1_SEQUENCE, &sequence) || outer.rest.len)
		return false;
	struct der d = {.rest = sequence};
	return expect(&d, V_ASN1_INTEGER, &skipped) && expect(&d, V_ASN1_ENUMERATED, &skipped) &&
	       expect(&d, V_ASN1_INTEGER, &skipped) && expect(&d, V_ASN1_ENUMERATED, &skipped) &&
	       expect(&d, V_ASN1_OCTET_STRING, ret_challenge) && expect(&d, V_ASN1_OCTET_STRING, &skipped) &&
	       expect(&d, V_ASN1_SEQUENCE, &software) && expect(&d, V_ASN1_SEQUENCE, &hardware) &&
	       read_list(software, ret) && read_list(hardware, ret);
}

static result denied(struct error *err, const char *what)
{
	return error_set(err, ERR_DENIED, "the Android attestation does not hold: %s", what);
}

result attestation_android_key(
    const struct attestation *a, const struct statement *s, X509 *leaf, struct error *err)
{
	char bytes[ATTESTATION_OBJECT_MAX + 32];
	struct slice challenge = SLICE_NONE;
	struct authorizations may = {0};
	CLEANUP_KEY struct public_key *key = NULL;
	if (!leaf || !s->has_algorithm || !s->signature.ptr || s->field_count != 3)
		return error_set(err, ERR_INVALID, "the Android attestation is malformed: its fields");
	TRY(leaf_signature(leaf, s->algorithm, signed_bytes(a, bytes), s->signature, err));
	TRY(leaf_key(leaf, err, &key));
	if (!public_key_equal(key, a->key))
		return denied(err, "the certificate is for another key");
	struct slice extension = leaf_extension(leaf, KEY_DESCRIPTION);
	if (!extension.ptr || !read_description(extension, &challenge, &may))
		return denied(err, "the certificate has no key description");
	if (!bytes_equal(challenge, bytes_of(a->client_data_hash, 32)))
		return denied(err, "the certificate is for another ceremony");
	if (may.all_applications || (may.has_origin && !may.generated) || (may.has_purpose && !may.may_sign))
		return denied(err, "the key was not made to sign for one app only");
	return RESULT_OK;
}

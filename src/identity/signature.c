/* Public keys and signatures. Called by webauthn, jwt and attestation code with keys and signatures from
 * anyone. */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <secp256k1.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "identity/crypto.h"

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192
#define EC_POINT_MAX (1 + 2 * 66)

static const struct curve_row {
	enum key_type type;
	size_t bytes; /* of one coordinate, or of the key */
	const char *openssl;
	int nid;
} curves[CURVE_COUNT] = {
    [CURVE_P256] = {KEY_EC, 32, "P-256", NID_X9_62_prime256v1},
    [CURVE_P384] = {KEY_EC, 48, "P-384", NID_secp384r1},
    [CURVE_P521] = {KEY_EC, 66, "P-521", NID_secp521r1},
    [CURVE_SECP256K1] = {KEY_EC, 32, "secp256k1", NID_secp256k1},
    [CURVE_ED25519] = {KEY_OKP, 32, "ED25519", NID_ED25519},
    [CURVE_ED448] = {KEY_OKP, 57, "ED448", NID_ED448},
};

static const struct algorithm_row {
	const char *jose;
	int64_t cose;
	int64_t cose_full; /* the newer fully specified id (RFC 9864), or 0 */
	enum key_type type;
	enum curve curve;
	const char *digest; /* NULL: the algorithm hashes itself */
	bool pss;
} algorithms[SIG_ALGORITHM_COUNT] = {
    [SIG_ES256] = {"ES256", -7, -9, KEY_EC, CURVE_P256, "SHA256", false},
    [SIG_ES384] = {"ES384", -35, -51, KEY_EC, CURVE_P384, "SHA384", false},
    [SIG_ES512] = {"ES512", -36, -52, KEY_EC, CURVE_P521, "SHA512", false},
    [SIG_ES256K] = {"ES256K", -47, 0, KEY_EC, CURVE_SECP256K1, "SHA256", false},
    [SIG_RS256] = {"RS256", -257, 0, KEY_RSA, CURVE_COUNT, "SHA256", false},
    [SIG_RS384] = {"RS384", -258, 0, KEY_RSA, CURVE_COUNT, "SHA384", false},
    [SIG_RS512] = {"RS512", -259, 0, KEY_RSA, CURVE_COUNT, "SHA512", false},
    [SIG_PS256] = {"PS256", -37, 0, KEY_RSA, CURVE_COUNT, "SHA256", true},
    [SIG_PS384] = {"PS384", -38, 0, KEY_RSA, CURVE_COUNT, "SHA384", true},
    [SIG_PS512] = {"PS512", -39, 0, KEY_RSA, CURVE_COUNT, "SHA512", true},
    [SIG_ED25519] = {"EdDSA", -8, -19, KEY_OKP, CURVE_ED25519, NULL, false},
    [SIG_ED448] = {"Ed448", -8, -53, KEY_OKP, CURVE_ED448, NULL, false},
};

struct public_key {
	enum key_type type;
	enum curve curve;
	EVP_PKEY *pkey;
	uint8_t point[EC_POINT_MAX]; /* EC: uncompressed */
	size_t point_len;
};

bool algorithm_from_jose(struct slice name, enum signature_algorithm *ret)
{
	for (size_t i = 0; i < SIG_ALGORITHM_COUNT; i++) {
		if (!slice_eq_cstr(name, algorithms[i].jose))
			continue;
		*ret = (enum signature_algorithm)i;
		return true;
	}
	if (!slice_eq(name, SLICE("Ed25519")))
		return false;
	*ret = SIG_ED25519;
	return true;
}

bool algorithm_from_cose(int64_t id, enum curve okp_curve, enum signature_algorithm *ret)
{
	for (size_t i = 0; i < SIG_ALGORITHM_COUNT; i++) {
		const struct algorithm_row *a = &algorithms[i];
		bool same = a->cose_full == id && id != 0;
		if (a->cose == id)
			same = a->type != KEY_OKP || a->curve == okp_curve;
		if (!same)
			continue;
		*ret = (enum signature_algorithm)i;
		return true;
	}
	return false;
}

const char *algorithm_name(enum signature_algorithm algorithm)
{
	return (unsigned)algorithm < SIG_ALGORITHM_COUNT ? algorithms[algorithm].jose : "unknown";
}

void public_key_free(struct public_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

void public_key_cleanup(struct public_key **key)
{
	public_key_free(*key);
}

static result bad_key(struct error *err, const char *what)
{
	ERR_clear_error();
	return error_set(err, ERR_INVALID, "the public key is not usable: %s", what);
}

static result take_key(
    EVP_PKEY *pkey, enum key_type type, enum curve curve, struct error *err, struct public_key **ret)
{
	struct public_key *key = calloc(1, sizeof *key);
	if (!key) {
		EVP_PKEY_free(pkey);
		return error_set(err, ERR_MEMORY, "no memory for a key");
	}
	key->type = type;
	key->curve = curve;
	key->pkey = pkey;
	*ret = key;
	return RESULT_OK;
}

static EVP_PKEY *from_params(const char *name, OSSL_PARAM *params)
{
	EVP_PKEY *pkey = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, name, NULL);
	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

result public_key_ec(
    enum curve curve, struct slice x, struct slice y, struct error *err, struct public_key **ret)
{
	uint8_t point[EC_POINT_MAX] = {4};
	char group[16];
	const struct curve_row *c = &curves[curve];
	if (c->type != KEY_EC || x.len != c->bytes || y.len != c->bytes)
		return bad_key(err, "coordinates of the wrong length");
	memcpy(point + 1, x.ptr, x.len);
	memcpy(point + 1 + x.len, y.ptr, y.len);
	(void)strcpy(group, c->openssl);
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
	    OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * c->bytes),
	    OSSL_PARAM_construct_end(),
	};
	EVP_PKEY *pkey = from_params("EC", params);
	if (!pkey)
		return bad_key(err, "a point that is not on its curve");
	TRY(take_key(pkey, KEY_EC, curve, err, ret));
	memcpy((*ret)->point, point, sizeof point);
	(*ret)->point_len = 1 + 2 * c->bytes;
	return RESULT_OK;
}

result public_key_okp(enum curve curve, struct slice x, struct error *err, struct public_key **ret)
{
	const struct curve_row *c = &curves[curve];
	if (c->type != KEY_OKP || x.len != c->bytes)
		return bad_key(err, "a key of the wrong length");
	EVP_PKEY *pkey =
	    EVP_PKEY_new_raw_public_key_ex(NULL, c->openssl, NULL, (const unsigned char *)x.ptr, x.len);
	if (!pkey)
		return bad_key(err, "no such point");
	return take_key(pkey, KEY_OKP, curve, err, ret);
}

static result check_rsa(EVP_PKEY *pkey, struct error *err)
{
	BIGNUM *e = NULL;
	int bits = EVP_PKEY_get_bits(pkey);
	bool exponent_ok = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_odd(e) &&
			   BN_num_bits(e) >= 2 && BN_num_bits(e) <= 64;
	BN_free(e);
	if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
		return bad_key(err, "an RSA key has 2048 to 8192 bits");
	return exponent_ok ? RESULT_OK : bad_key(err, "the RSA exponent");
}

result public_key_rsa(struct slice n, struct slice e, struct error *err, struct public_key **ret)
{
	if (n.len == 0 || e.len == 0 || n.len > RSA_BITS_MAX / 8 + 1 || e.len > 8)
		return bad_key(err, "RSA numbers of the wrong length");
	BIGNUM *modulus = BN_bin2bn((const unsigned char *)n.ptr, (int)n.len, NULL);
	BIGNUM *exponent = BN_bin2bn((const unsigned char *)e.ptr, (int)e.len, NULL);
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	if (builder && modulus && exponent &&
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) &&
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent))
		params = OSSL_PARAM_BLD_to_param(builder);
	EVP_PKEY *pkey = params ? from_params("RSA", params) : NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	BN_free(modulus);
	BN_free(exponent);
	if (!pkey)
		return bad_key(err, "RSA numbers");
	result r = check_rsa(pkey, err);
	if (is_ok(r))
		return take_key(pkey, KEY_RSA, CURVE_COUNT, err, ret);
	EVP_PKEY_free(pkey);
	return r;
}

/* An EC key from DER is read again as coordinates, so that both ways end in the same checks. */
static result ec_from_pkey(EVP_PKEY *pkey, struct error *err, struct public_key **ret)
{
	char group[64];
	uint8_t point[EC_POINT_MAX];
	size_t length = 0;
	if (EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, NULL) !=
		1 ||
	    EVP_PKEY_set_utf8_string_param(
		pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed") != 1 ||
	    EVP_PKEY_get_octet_string_param(
		pkey, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point, sizeof point, &length) != 1)
		return bad_key(err, "an EC key without a named curve");
	for (size_t i = 0; i < CURVE_COUNT; i++) {
		const size_t bytes = curves[i].bytes;
		if (curves[i].type == KEY_EC && OBJ_txt2nid(group) == curves[i].nid &&
		    length == 1 + 2 * bytes)
			return public_key_ec((enum curve)i, bytes_of(point + 1, bytes),
			    bytes_of(point + 1 + bytes, bytes), err, ret);
	}
	return bad_key(err, "a curve that is not accepted");
}

static result from_pkey(EVP_PKEY *pkey, struct error *err, struct public_key **ret)
{
	const int kind = EVP_PKEY_get_base_id(pkey);
	if (kind == EVP_PKEY_EC)
		return ec_from_pkey(pkey, err, ret);
	if (kind == EVP_PKEY_RSA)
		TRY(check_rsa(pkey, err));
	else if (kind != EVP_PKEY_ED25519 && kind != EVP_PKEY_ED448)
		return bad_key(err, "a kind that is not accepted");
	if (!EVP_PKEY_up_ref(pkey))
		return bad_key(err, "reference");
	return take_key(pkey, kind == EVP_PKEY_RSA ? KEY_RSA : KEY_OKP,
	    kind == EVP_PKEY_RSA       ? CURVE_COUNT
	    : kind == EVP_PKEY_ED25519 ? CURVE_ED25519
				       : CURVE_ED448,
	    err, ret);
}

result public_key_spki(struct slice der, struct error *err, struct public_key **ret)
{
	const unsigned char *at = (const unsigned char *)der.ptr;
	EVP_PKEY *pkey = der.len && der.len < 4096 ? d2i_PUBKEY(NULL, &at, (long)der.len) : NULL;
	if (!pkey || at != (const unsigned char *)der.ptr + der.len) {
		EVP_PKEY_free(pkey);
		return bad_key(err, "no SubjectPublicKeyInfo");
	}
	result r = from_pkey(pkey, err, ret);
	EVP_PKEY_free(pkey);
	return r;
}

bool public_key_equal(const struct public_key *a, const struct public_key *b)
{
	return a->type == b->type && a->curve == b->curve && EVP_PKEY_eq(a->pkey, b->pkey) == 1;
}

static result bad_signature(struct error *err)
{
	ERR_clear_error();
	return error_set(err, ERR_DENIED, "the signature does not match");
}

/* r || s as DER, which is what OpenSSL takes. */
static result der_of_fixed(const struct public_key *key, struct slice fixed, struct error *err,
    unsigned char **ret_der, size_t *ret_len)
{
	const size_t half = curves[key->curve].bytes;
	const unsigned char *bytes = (const unsigned char *)fixed.ptr;
	if (fixed.len != 2 * half)
		return bad_signature(err);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(bytes, (int)half, NULL);
	BIGNUM *s = BN_bin2bn(bytes + half, (int)half, NULL);
	if (!sig || !r || !s || ECDSA_SIG_set0(sig, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		ECDSA_SIG_free(sig);
		return error_set(err, ERR_MEMORY, "no memory for a signature");
	}
	int length = i2d_ECDSA_SIG(sig, ret_der);
	ECDSA_SIG_free(sig);
	if (length <= 0)
		return bad_signature(err);
	*ret_len = (size_t)length;
	return RESULT_OK;
}

static bool openssl_verify(const struct public_key *key, const struct algorithm_row *a, struct slice message,
    const unsigned char *sig, size_t sig_len)
{
	EVP_PKEY_CTX *pctx = NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestVerifyInit_ex(ctx, &pctx, a->digest, NULL, NULL, key->pkey, NULL) == 1;
	/* RFC 8017 section 9.1: the salt is as long as the hash, as JOSE and COSE both demand. */
	if (ok && a->pss)
		ok = EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1 &&
		     EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) == 1;
	ok = ok && EVP_DigestVerify(ctx, sig, sig_len, (const unsigned char *)message.ptr, message.len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

/* libsecp256k1 takes only what Bitcoin and Ethereum call canonical: strict DER and the lower of the two s. */
static bool secp256k1_check(
    const struct public_key *key, enum signature_form form, struct slice message, struct slice signature)
{
	uint8_t hash[32];
	secp256k1_pubkey point;
	secp256k1_ecdsa_signature sig;
	const unsigned char *bytes = (const unsigned char *)signature.ptr;
	const secp256k1_context *ctx = secp256k1_context_static;
	bool parsed =
	    form == SIGNATURE_DER
		? secp256k1_ecdsa_signature_parse_der(ctx, &sig, bytes, signature.len) == 1
		: signature.len == 64 && secp256k1_ecdsa_signature_parse_compact(ctx, &sig, bytes) == 1;
	return parsed && is_ok(digest_bytes(DIGEST_SHA256, message, NULL, hash)) &&
	       secp256k1_ec_pubkey_parse(ctx, &point, key->point, key->point_len) == 1 &&
	       secp256k1_ecdsa_verify(ctx, &sig, hash, &point) == 1;
}

result signature_verify(const struct public_key *key, enum signature_algorithm algorithm,
    enum signature_form form, struct slice message, struct slice signature, struct error *err)
{
	const struct algorithm_row *a = &algorithms[algorithm];
	unsigned char *der = NULL;
	const unsigned char *bytes = (const unsigned char *)signature.ptr;
	size_t length = signature.len;
	if (key->type != a->type || key->curve != a->curve)
		return error_set(err, ERR_DENIED, "the key is not one for %s", a->jose);
	if (length == 0)
		return bad_signature(err);
	if (key->curve == CURVE_SECP256K1)
		return secp256k1_check(key, form, message, signature) ? RESULT_OK : bad_signature(err);
	if (key->type == KEY_EC && form == SIGNATURE_FIXED) {
		TRY(der_of_fixed(key, signature, err, &der, &length));
		bytes = der;
	}
	bool ok = openssl_verify(key, a, message, bytes, length);
	OPENSSL_free(der);
	return ok ? RESULT_OK : bad_signature(err);
}

enum curve public_key_curve(const struct public_key *key)
{
	return key->curve;
}

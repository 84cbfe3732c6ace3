/*
 * The cryptographic checks of this layer behind one small face: OpenSSL, libsodium and libsecp256k1 do the
 * arithmetic. Pure and thread-safe. Every refusal is ERR_DENIED (a check failed) or ERR_INVALID (no such key
 * or form), and its text is for the log only.
 */
#ifndef WARD_IDENTITY_CRYPTO_H
#define WARD_IDENTITY_CRYPTO_H

#include "base/result.h"
#include "base/slice.h"

static inline struct slice bytes_of(const uint8_t *bytes, size_t len)
{
	return (struct slice){(const char *)bytes, len};
}

enum signature_algorithm {
	SIG_ES256,
	SIG_ES384,
	SIG_ES512,
	SIG_ES256K,
	SIG_RS256,
	SIG_RS384,
	SIG_RS512,
	SIG_PS256,
	SIG_PS384,
	SIG_PS512,
	SIG_ED25519,
	SIG_ED448,
	SIG_ALGORITHM_COUNT,
};

enum key_type { KEY_EC, KEY_OKP, KEY_RSA };
enum curve { CURVE_P256, CURVE_P384, CURVE_P521, CURVE_SECP256K1, CURVE_ED25519, CURVE_ED448, CURVE_COUNT };

/* Two ways to write an ECDSA signature: ASN.1 DER (WebAuthn, X.509) and r || s of fixed length (JOSE, IEEE
 * P1363). */
enum signature_form { SIGNATURE_DER, SIGNATURE_FIXED };

struct public_key;

result public_key_ec(
    enum curve curve, struct slice x, struct slice y, struct error *err, struct public_key **ret);
result public_key_okp(enum curve curve, struct slice x, struct error *err, struct public_key **ret);
/* Big-endian; 2048 to 8192 bits, odd exponent above 2. */
result public_key_rsa(struct slice n, struct slice e, struct error *err, struct public_key **ret);
/* SubjectPublicKeyInfo in DER (RFC 5280 section 4.1.2.7). */
result public_key_spki(struct slice der, struct error *err, struct public_key **ret);
void public_key_free(struct public_key *key);
void public_key_cleanup(struct public_key **key);
#define CLEANUP_KEY __attribute__((cleanup(public_key_cleanup)))

enum curve public_key_curve(const struct public_key *key); /* CURVE_COUNT for RSA */
/* Both are the same key of the same kind. */
bool public_key_equal(const struct public_key *a, const struct public_key *b);

/* The key must be of the algorithm's kind and curve: a key for one algorithm never checks another's
 * signature. */
result signature_verify(const struct public_key *key, enum signature_algorithm algorithm,
    enum signature_form form, struct slice message, struct slice signature, struct error *err);

/* Names: JOSE "ES256", COSE -7. False when unknown; "none" and the HMAC family are unknown here on purpose.
 */
bool algorithm_from_jose(struct slice name, enum signature_algorithm *ret);
/* EdDSA (-8) leaves the curve to the key: okp_curve. */
bool algorithm_from_cose(int64_t id, enum curve okp_curve, enum signature_algorithm *ret);
const char *algorithm_name(enum signature_algorithm algorithm);

enum digest { DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512, DIGEST_COUNT };
#define DIGEST_BYTES_MAX 64u
size_t digest_size(enum digest digest);
result digest_bytes(enum digest digest, struct slice data, struct error *err, uint8_t *ret);
result hmac_bytes(enum digest digest, struct slice key, struct slice data, struct error *err, uint8_t *ret);
/* RFC 5869 with SHA-256. */
result hkdf_sha256(struct slice secret, struct slice salt, struct slice info, uint8_t *ret, size_t length,
    struct error *err);
result pbkdf2(enum digest digest, struct slice password, struct slice salt, uint32_t rounds, uint8_t *ret,
    size_t length, struct error *err);

/* XChaCha20-Poly1305. sealed is nonce (24) || ciphertext || tag (16). */
#define SEAL_OVERHEAD 40u
void seal(const uint8_t key[32], struct slice plain, struct slice context, uint8_t *ret_sealed);
/* ret_plain holds sealed.len - SEAL_OVERHEAD bytes. */
result unseal(
    const uint8_t key[32], struct slice sealed, struct slice context, struct error *err, uint8_t *ret_plain);

/* Constant time in the content; lengths are not secret. */
bool bytes_equal(struct slice a, struct slice b);

/* Keccak-256 as Ethereum uses it: the sponge of FIPS 202 with the padding of the original submission (0x01).
 */
void keccak_256(struct slice data, uint8_t ret[32]);
/* The same sponge with the padding byte given; 0x06 makes it SHA3-256, which is how the tests check it. */
void keccak_sponge_256(struct slice data, uint8_t padding, uint8_t ret[32]);

#endif

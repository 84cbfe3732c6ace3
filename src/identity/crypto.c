/* Digests, MACs, key derivation and sealing. Called all over this layer; inputs come from anyone. */
#include "identity/crypto.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <string.h>

#include "base/check.h"

static const struct digest_row {
	size_t size;
	const EVP_MD *(*make)(void);
} digests[DIGEST_COUNT] = {
    [DIGEST_SHA1] = {20, EVP_sha1},
    [DIGEST_SHA256] = {32, EVP_sha256},
    [DIGEST_SHA384] = {48, EVP_sha384},
    [DIGEST_SHA512] = {64, EVP_sha512},
};

size_t digest_size(enum digest digest)
{
	return digests[digest].size;
}

result digest_bytes(enum digest digest, struct slice data, struct error *err, uint8_t *ret)
{
	if (EVP_Digest(data.ptr, data.len, ret, NULL, digests[digest].make(), NULL) != 1)
		return error_set(err, ERR_MEMORY, "cannot hash");
	return RESULT_OK;
}

result hmac_bytes(enum digest digest, struct slice key, struct slice data, struct error *err, uint8_t *ret)
{
	/* OpenSSL takes a NULL key for "the same as before". */
	const char *secret = key.ptr ? key.ptr : "";
	if (key.len > INT32_MAX || !HMAC(digests[digest].make(), secret, (int)key.len,
				       (const unsigned char *)data.ptr, data.len, ret, NULL))
		return error_set(err, ERR_MEMORY, "cannot make a message code");
	return RESULT_OK;
}

result hkdf_sha256(
    struct slice secret, struct slice salt, struct slice info, uint8_t *ret, size_t length, struct error *err)
{
	static const uint8_t zeros[32];
	uint8_t key[32], block[32];
	char text[32 + 256 + 1];
	size_t before = 0;
	if (length > 255 * sizeof block || info.len > 256)
		return error_set(err, ERR_LIMIT, "HKDF cannot make %zu bytes", length);
	TRY(hmac_bytes(DIGEST_SHA256, salt.len ? salt : bytes_of(zeros, sizeof zeros), secret, err, key));
	for (uint8_t round = 1; length > 0; round++) {
		memcpy(text, block, before);
		if (info.len)
			memcpy(text + before, info.ptr, info.len);
		text[before + info.len] = (char)round;
		TRY(hmac_bytes(DIGEST_SHA256, bytes_of(key, sizeof key),
		    slice_of(text, before + info.len + 1), err, block));
		before = sizeof block;
		const size_t part = length < sizeof block ? length : sizeof block;
		memcpy(ret, block, part);
		ret += part;
		length -= part;
	}
	sodium_memzero(key, sizeof key);
	sodium_memzero(block, sizeof block);
	return RESULT_OK;
}

result pbkdf2(enum digest digest, struct slice password, struct slice salt, uint32_t rounds, uint8_t *ret,
    size_t length, struct error *err)
{
	const char *secret = password.ptr ? password.ptr : "";
	if (password.len > INT32_MAX || salt.len > INT32_MAX || length > INT32_MAX || rounds == 0 ||
	    rounds > INT32_MAX)
		return error_set(err, ERR_INVALID, "PBKDF2 with %u rounds is not possible", rounds);
	if (PKCS5_PBKDF2_HMAC(secret, (int)password.len, (const unsigned char *)salt.ptr, (int)salt.len,
		(int)rounds, digests[digest].make(), (int)length, ret) != 1)
		return error_set(err, ERR_MEMORY, "cannot derive a key");
	return RESULT_OK;
}

#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG crypto_aead_xchacha20poly1305_ietf_ABYTES
_Static_assert(SEAL_OVERHEAD == NONCE + TAG, "nonce and tag");

void seal(const uint8_t key[32], struct slice plain, struct slice context, uint8_t *ret_sealed)
{
	randombytes_buf(ret_sealed, NONCE);
	int failed = crypto_aead_xchacha20poly1305_ietf_encrypt(ret_sealed + NONCE, NULL,
	    (const unsigned char *)plain.ptr, plain.len, (const unsigned char *)context.ptr, context.len,
	    NULL, ret_sealed, key);
	ASSERT(failed == 0);
}

result unseal(
    const uint8_t key[32], struct slice sealed, struct slice context, struct error *err, uint8_t *ret_plain)
{
	const unsigned char *bytes = (const unsigned char *)sealed.ptr;
	if (sealed.len < SEAL_OVERHEAD ||
	    crypto_aead_xchacha20poly1305_ietf_decrypt(ret_plain, NULL, NULL, bytes + NONCE,
		sealed.len - NONCE, (const unsigned char *)context.ptr, context.len, bytes, key) != 0)
		return error_set(err, ERR_DENIED, "what was sealed has been changed, or the key is another");
	return RESULT_OK;
}

bool bytes_equal(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || sodium_memcmp(a.ptr, b.ptr, a.len) == 0);
}

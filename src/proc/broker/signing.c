/*
 * Signatures of webhooks as Standard Webhooks 1.0 has them: HMAC-SHA-256 over "ID.TIMESTAMP.BODY" in base64,
 * after "v1,". The number stays the same when a message is tried again, the time is that of the try, so that
 * a receiver can refuse what is old and what it has had. A secret that begins with "whsec_" is the key in
 * base64; any other is the key as it is.
 */
#include <sodium.h>
#include <stdio.h>

#include "base/log.h"
#include "proc/broker/broker.h"

#define PREFIX "whsec_"
#define KEY_BYTES_MAX 512u

static bool key_of(struct slice secret, unsigned char key[KEY_BYTES_MAX], size_t *ret_bytes)
{
	const struct slice prefix = SLICE(PREFIX);
	if (slice_starts(secret, prefix))
		return sodium_base642bin(key, KEY_BYTES_MAX, secret.ptr + prefix.len, secret.len - prefix.len,
			   NULL, ret_bytes, NULL, sodium_base64_VARIANT_ORIGINAL) == 0;
	if (secret.len == 0 || secret.len > KEY_BYTES_MAX)
		return false;
	memcpy(key, secret.ptr, secret.len);
	*ret_bytes = secret.len;
	return true;
}

static void add_lines(const unsigned char *key, size_t key_bytes, uint64_t message, struct slice body,
    int64_t now_ms, struct buf *lines)
{
	char head[80],
	    text[sodium_base64_ENCODED_LEN(crypto_auth_hmacsha256_BYTES, sodium_base64_VARIANT_ORIGINAL)];
	unsigned char code[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;
	const int n = snprintf(
	    head, sizeof head, "msg_%016llx.%lld.", (unsigned long long)message, (long long)(now_ms / 1000));
	(void)crypto_auth_hmacsha256_init(&state, key, key_bytes);
	(void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)head, (size_t)n);
	(void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)body.ptr, body.len);
	(void)crypto_auth_hmacsha256_final(&state, code);
	explicit_bzero(&state, sizeof state);
	(void)sodium_bin2base64(text, sizeof text, code, sizeof code, sodium_base64_VARIANT_ORIGINAL);
	buf_printf(lines, "webhook-signature: v1,%s\r\n", text);
}

bool webhook_sign(
    struct slice secret_name, uint64_t message, struct slice body, int64_t now_ms, struct buf *lines)
{
	struct secret_value secret;
	unsigned char key[KEY_BYTES_MAX];
	size_t key_bytes = 0;
	buf_printf(lines, "webhook-id: msg_%016llx\r\nwebhook-timestamp: %lld\r\n",
	    (unsigned long long)message, (long long)(now_ms / 1000));
	if (!secret_name.len)
		return true;
	if (!secret_find(secret_name, &secret))
		return false;
	const bool good = key_of(secret.bytes, key, &key_bytes);
	secret_value_done(&secret);
	if (good)
		add_lines(key, key_bytes, message, body, now_ms, lines);
	else
		LOG_ERROR("secret_is_no_key", LOG_SLICE("name", secret_name));
	explicit_bzero(key, sizeof key);
	return good;
}

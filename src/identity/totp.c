/* One-time codes. Called by factor.c with codes from anyone. */
#include "identity/totp.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

result totp_code(enum digest digest, struct slice secret, uint64_t step, unsigned digits, struct error *err,
    char ret_code[9])
{
	uint8_t counter[8], mac[DIGEST_BYTES_MAX];
	uint32_t modulus = 1;
	if (digits < 6 || digits > 8)
		return error_set(err, ERR_INVALID, "a code has 6 to 8 digits");
	for (size_t i = 0; i < 8; i++)
		counter[i] = (uint8_t)(step >> (56 - 8 * i));
	TRY(hmac_bytes(digest, secret, bytes_of(counter, sizeof counter), err, mac));
	/* RFC 4226 section 5.3: the last nibble says which four bytes are used. */
	const uint8_t *at = mac + (mac[digest_size(digest) - 1] & 15);
	const uint32_t number = (at[0] & 0x7fu) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
	for (unsigned i = 0; i < digits; i++)
		modulus *= 10;
	uint32_t rest = number % modulus;
	ret_code[digits] = '\0';
	for (unsigned i = digits; i > 0; i--, rest /= 10)
		ret_code[i - 1] = (char)('0' + rest % 10);
	return RESULT_OK;
}

result totp_verify(struct slice secret, struct slice code, int64_t now_ms, int64_t last_step,
    struct error *err, int64_t *ret_step)
{
	const int64_t now_step = now_ms / 1000 / TOTP_STEP_SECONDS;
	int64_t found = -1;
	for (int64_t step = now_step - TOTP_WINDOW; step <= now_step + TOTP_WINDOW; step++) {
		char right[9];
		TRY(totp_code(DIGEST_SHA1, secret, (uint64_t)step, TOTP_DIGITS, err, right));
		const bool same = bytes_equal(code, slice_of(right, TOTP_DIGITS));
		if (same && step > last_step && found < 0)
			found = step;
	}
	if (found < 0)
		return error_set(err, ERR_DENIED, "the code is wrong, too old or was used already");
	*ret_step = found;
	return RESULT_OK;
}

void base32_encode(struct slice bytes, char *ret)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	uint32_t held = 0;
	unsigned bits = 0;
	for (size_t i = 0; i < bytes.len; i++) {
		held = held << 8 | (uint8_t)bytes.ptr[i];
		for (bits += 8; bits >= 5; bits -= 5)
			*ret++ = letters[held >> (bits - 5) & 31];
	}
	if (bits)
		*ret++ = letters[held << (5 - bits) & 31];
	*ret = '\0';
}

static void percent_encode(struct slice text, char *ret, size_t size)
{
	size_t n = 0;
	for (size_t i = 0; i < text.len && n + 4 < size; i++) {
		const unsigned char c = (unsigned char)text.ptr[i];
		if (c < 0x80 && (isalnum(c) || (c != '\0' && strchr("-._~@", c))))
			ret[n++] = (char)c;
		else
			n += (size_t)snprintf(ret + n, 4, "%%%02X", c);
	}
	ret[n] = '\0';
}

result totp_uri(
    struct slice secret, struct slice issuer, struct slice account, char *ret, size_t size, struct error *err)
{
	char key[BASE32_CHARS(64) + 1], who[800], where[200];
	if (secret.len > 64)
		return error_set(err, ERR_LIMIT, "the secret is too long");
	base32_encode(secret, key);
	percent_encode(account, who, sizeof who);
	percent_encode(issuer, where, sizeof where);
	int n =
	    snprintf(ret, size, "otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1&digits=%u&period=%d",
		where, who, key, where, TOTP_DIGITS, TOTP_STEP_SECONDS);
	if (n < 0 || (size_t)n >= size)
		return error_set(err, ERR_LIMIT, "the address for the authenticator app is too long");
	return RESULT_OK;
}

void recovery_code_make(char ret[RECOVERY_CODE_CHARS + 1])
{
	/* 32 letters and digits without 0, o, 1 and l. */
	static const char letters[] = "23456789abcdefghijkmnpqrstuvwxyz";
	uint8_t bytes[10];
	randombytes_buf(bytes, sizeof bytes);
	for (size_t i = 0, n = 0; i < sizeof bytes; i++) {
		if (i == 5)
			ret[n++] = '-';
		ret[n++] = letters[bytes[i] & 31];
	}
	ret[RECOVERY_CODE_CHARS] = '\0';
}

bool recovery_code_normalise(struct slice text, char ret[RECOVERY_CODE_CHARS])
{
	size_t n = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == ' ' || text.ptr[i] == '-')
			continue;
		if (n == RECOVERY_CODE_CHARS - 1)
			return false;
		ret[n++] = (char)tolower((unsigned char)text.ptr[i]);
	}
	ret[n] = '\0';
	return n == RECOVERY_CODE_CHARS - 1;
}

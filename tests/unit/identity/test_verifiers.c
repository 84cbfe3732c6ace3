/* Pure verifiers: hashes by other means, one-time codes by their RFC, wallets with a key made here, CBOR
 * attacks. */
#include "harness.h"

#include <openssl/evp.h>
#include <secp256k1_recovery.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "identity/cbor.h"
#include "identity/totp.h"
#include "identity/wallet.h"
#include "identity/webauthn.h"

static void keccak_agrees_with_published_hashes(void **state)
{
	(void)state;
	uint8_t hash[32];
	char hex[65];
	keccak_256(SLICE(""), hash);
	assert_string_equal(sodium_bin2hex(hex, sizeof hex, hash, 32),
	    "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
	keccak_256(SLICE("abc"), hash);
	assert_string_equal(sodium_bin2hex(hex, sizeof hex, hash, 32),
	    "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
}

/* The sponge and the permutation are SHA3-256's: OpenSSL has that, at every length around the block's edge.
 */
static void the_sponge_is_that_of_sha3(void **state)
{
	(void)state;
	char text[600];
	uint8_t ours[32], theirs[32];
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)(i * 131 + 7);
	for (size_t n = 0; n <= sizeof text; n++) {
		keccak_sponge_256(slice_of(text, n), 0x06, ours);
		assert_int_equal(EVP_Digest(text, n, theirs, NULL, EVP_sha3_256(), NULL), 1);
		assert_memory_equal(ours, theirs, 32);
	}
}

static void totp_gives_the_codes_of_rfc_6238(void **state)
{
	(void)state;
	/* Appendix B: the secrets are the ASCII digits repeated to the length of the hash. */
	static const char digits[] = "1234567890123456789012345678901234567890123456789012345678901234";
	static const struct {
		uint64_t time;
		const char *codes[3];
	} rows[] = {{59, {"94287082", "46119246", "90693936"}},
	    {1111111109, {"07081804", "68084774", "25091201"}},
	    {1111111111, {"14050471", "67062674", "99943326"}},
	    {1234567890, {"89005924", "91819424", "93441116"}},
	    {2000000000, {"69279037", "90698825", "38618901"}},
	    {20000000000, {"65353130", "77737706", "47863826"}}};
	static const enum digest algorithms[] = {DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA512};
	static const size_t lengths[] = {20, 32, 64};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t k = 0; k < 3; k++) {
			char code[9];
			assert_ok(totp_code(
			    algorithms[k], slice_of(digits, lengths[k]), rows[i].time / 30, 8, NULL, code));
			assert_string_equal(code, rows[i].codes[k]);
		}
}

static void a_code_is_good_once_and_for_a_minute_and_a_half(void **state)
{
	(void)state;
	const struct slice secret = SLICE("12345678901234567890");
	char code[9];
	int64_t step = 0, again = 0;
	assert_ok(totp_code(DIGEST_SHA1, secret, T0 / 30000, 6, NULL, code));
	assert_ok(totp_verify(secret, slice_of(code, 6), T0, -1, NULL, &step));
	assert_int_equal(step, T0 / 30000);
	assert_code(totp_verify(secret, slice_of(code, 6), T0, step, NULL, &again), ERR_DENIED);
	assert_ok(totp_verify(secret, slice_of(code, 6), T0 + 30 * SECOND, -1, NULL, &step));
	assert_ok(totp_verify(secret, slice_of(code, 6), T0 - 30 * SECOND, -1, NULL, &step));
	assert_code(totp_verify(secret, slice_of(code, 6), T0 + 60 * SECOND, -1, NULL, &step), ERR_DENIED);
	assert_code(totp_verify(secret, slice_of(code, 6), T0 - 60 * SECOND, -1, NULL, &step), ERR_DENIED);
	static const char *const wrong[] = {"", "00000", "0000000", "abcdef", "      "};
	for (size_t i = 0; i < 5; i++)
		assert_code(totp_verify(secret, slice_cstr(wrong[i]), T0, -1, NULL, &step), ERR_DENIED);
}

static void apps_get_the_secret_in_base32(void **state)
{
	(void)state;
	static const char *const rows[][2] = {{"", ""}, {"f", "MY"}, {"fo", "MZXQ"}, {"foo", "MZXW6"},
	    {"foob", "MZXW6YQ"}, {"fooba", "MZXW6YTB"}, {"foobar", "MZXW6YTBOI"}};
	char text[64], uri[512];
	for (size_t i = 0; i < 7; i++) {
		base32_encode(slice_cstr(rows[i][0]), text);
		assert_string_equal(text, rows[i][1]);
	}
	assert_ok(totp_uri(SLICE("foobar"), SLICE("Or&chard"), SLICE("a?b@c.org"), uri, sizeof uri, NULL));
	assert_string_equal(uri,
	    "otpauth://totp/"
	    "Or%26chard:a%3Fb@c.org?secret=MZXW6YTBOI&issuer=Or%26chard&algorithm=SHA1&digits=6&period=30");
}

static void recovery_codes_forgive_how_they_are_typed(void **state)
{
	(void)state;
	char code[RECOVERY_CODE_CHARS + 1], form[RECOVERY_CODE_CHARS], other[RECOVERY_CODE_CHARS], typed[32];
	recovery_code_make(code);
	assert_int_equal(strlen(code), RECOVERY_CODE_CHARS);
	assert_true(recovery_code_normalise(slice_cstr(code), form));
	(void)snprintf(typed, sizeof typed, " %.3s %s ", code, code + 3);
	assert_true(recovery_code_normalise(slice_cstr(typed), other));
	assert_string_equal(form, other);
	assert_false(recovery_code_normalise(SLICE("abcde"), form));
	assert_false(recovery_code_normalise(SLICE("abcde-fghijk"), form));
}

/* A wallet: a key, its address, its signature over a message. */
struct wallet {
	uint8_t key[32];
	char address[WALLET_ADDRESS_CHARS + 1];
};

static const secp256k1_context *signing_context(void)
{
	static secp256k1_context *ctx;
	if (!ctx)
		ctx = secp256k1_context_create(SECP256K1_CONTEXT_SIGN);
	return ctx;
}

static void wallet_new(struct wallet *w)
{
	uint8_t point[65], hash[32];
	size_t n = sizeof point;
	secp256k1_pubkey pub;
	do
		randombytes_buf(w->key, sizeof w->key);
	while (!secp256k1_ec_pubkey_create(signing_context(), &pub, w->key));
	(void)secp256k1_ec_pubkey_serialize(signing_context(), point, &n, &pub, SECP256K1_EC_UNCOMPRESSED);
	keccak_256(bytes_of(point + 1, 64), hash);
	wallet_address(hash + 12, w->address);
}

static void wallet_sign(const struct wallet *w, struct slice text, bool high_s, char ret[133])
{
	char framed[2048];
	uint8_t hash[32], sig[65];
	int recovery = 0;
	secp256k1_ecdsa_recoverable_signature signature;
	int n = snprintf(framed, sizeof framed,
	    "\x19"
	    "Ethereum Signed Message:\n%zu%.*s",
	    text.len, SLICE_ARG(text));
	keccak_256(slice_of(framed, (size_t)n), hash);
	assert_int_equal(
	    secp256k1_ecdsa_sign_recoverable(signing_context(), &signature, hash, w->key, NULL, NULL), 1);
	(void)secp256k1_ecdsa_recoverable_signature_serialize_compact(
	    signing_context(), sig, &recovery, &signature);
	if (high_s) { /* n - s, with the other recovery id: the same signature in its other form */
		uint8_t s[32];
		memcpy(s, sig + 32, 32);
		assert_int_equal(secp256k1_ec_seckey_negate(signing_context(), s), 1);
		memcpy(sig + 32, s, 32);
		recovery ^= 1;
	}
	sig[64] = (uint8_t)(27 + recovery);
	ret[0] = '0';
	ret[1] = 'x';
	(void)sodium_bin2hex(ret + 2, 131, sig, sizeof sig);
}

static void compose(const struct wallet *w, struct buf *text)
{
	const struct wallet_request r = {.domain = SLICE("example.org"),
	    .address = slice_cstr(w->address),
	    .statement = SLICE("Sign in to the orchard."),
	    .uri = SLICE("https://example.org/"),
	    .version = SLICE("1"),
	    .chain_id = SLICE("1"),
	    .nonce = SLICE("k3jd93kfJSK2"),
	    .issued_at = SLICE("2027-01-15T08:00:00Z"),
	    .expiration_time = SLICE("2027-01-15T08:10:00Z")};
	assert_ok(wallet_message_compose(&r, text, NULL));
}

static enum err_code check(struct slice text, const char *signature, const struct wallet_expectation *e)
{
	struct wallet_message m;
	if (!is_ok(wallet_message_parse(text, NULL, &m)))
		return ERR_INVALID;
	return wallet_verify(&m, text, slice_cstr(signature), e, NULL).code;
}

static void a_wallet_signs_in(void **state)
{
	(void)state;
	struct wallet mine, other;
	char signature[133], forged[133], high[133];
	CLEANUP_BUF struct buf text = BUF_INIT(WALLET_MESSAGE_MAX);
	struct wallet_expectation e = {
	    .domain = SLICE("example.org"), .nonce = SLICE("k3jd93kfJSK2"), .now_ms = T0};
	wallet_new(&mine);
	wallet_new(&other);
	compose(&mine, &text);
	wallet_sign(&mine, buf_slice(&text), false, signature);
	assert_int_equal(check(buf_slice(&text), signature, &e), ERR_NONE);
	/* Signed by another key, and the same signature in its other form. */
	wallet_sign(&other, buf_slice(&text), false, forged);
	assert_int_equal(check(buf_slice(&text), forged, &e), ERR_DENIED);
	wallet_sign(&mine, buf_slice(&text), true, high);
	assert_int_equal(check(buf_slice(&text), high, &e), ERR_DENIED);
	/* One letter of the statement changed after signing. */
	char *at = memmem(text.ptr, text.len, "orchard", 7);
	at[0] = 'O';
	assert_int_equal(check(buf_slice(&text), signature, &e), ERR_DENIED);
	at[0] = 'o';
	e.now_ms = T0 + 10 * MINUTE;
	assert_int_equal(check(buf_slice(&text), signature, &e), ERR_DENIED);
	e.now_ms = T0;
	e.nonce = SLICE("k3jd93kfJSK3");
	assert_int_equal(check(buf_slice(&text), signature, &e), ERR_DENIED);
	e.nonce = SLICE("k3jd93kfJSK2");
	e.domain = SLICE("example.com");
	assert_int_equal(check(buf_slice(&text), signature, &e), ERR_DENIED);
}

static void signatures_of_odd_forms_are_refused(void **state)
{
	(void)state;
	struct wallet w;
	char signature[133];
	CLEANUP_BUF struct buf text = BUF_INIT(WALLET_MESSAGE_MAX);
	const struct wallet_expectation e = {.now_ms = T0};
	wallet_new(&w);
	compose(&w, &text);
	wallet_sign(&w, buf_slice(&text), false, signature);
	char zeros[133];
	(void)snprintf(zeros, sizeof zeros, "0x%0128d1b", 0);
	const char *const odd[] = {"", "0x", "0x00", zeros, signature + 2};
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(check(buf_slice(&text), odd[i], &e), ERR_DENIED);
	signature[130] = 'f'; /* a recovery byte of 0xf. */
	assert_int_equal(check(buf_slice(&text), signature, &e), ERR_DENIED);
}

static void times_are_days_that_exist(void **state)
{
	(void)state;
	int64_t ms;
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {{"1970-01-01T00:00:00Z", 0}, {"2027-01-15T08:00:00Z", T0},
	    {"2027-01-15T10:00:00.25+02:00", T0 + 250}, {"2000-02-29t23:59:60z", 951868800000},
	    {"1969-12-31T23:59:59Z", -1000}, {"0001-01-01T00:00:00Z", -62135596800000}};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_true(timestamp_parse(slice_cstr(good[i].text), &ms));
		assert_int_equal(ms, good[i].ms);
	}
	static const char *const bad[] = {"", "2027-01-15", "2027-02-29T00:00:00Z", "2027-13-01T00:00:00Z",
	    "2027-01-00T00:00:00Z", "2027-01-15T24:00:00Z", "2027-01-15T08:00:00", "2027-01-15 08:00:00Z",
	    "2027-01-15T08:00:00.Z", "2027-01-15T08:00:00Zx", "2027-01-15T08:00:00+24:00",
	    "+027-01-15T08:00:00Z", "2027-01-15T08:00Z"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(timestamp_parse(slice_cstr(bad[i]), &ms));
}

static void uris_are_those_of_rfc_3986(void **state)
{
	(void)state;
	static const char *const good[] = {"https://example.org", "https://[::1]:8080/a/b?c=d#e",
	    "urn:isbn:0451450523", "mailto:a@b.c", "file:///etc/hosts", "ipfs://Qme7ss",
	    "a+b-c.1:", "http://u:p@h:1/;x=%20"};
	static const char *const bad[] = {"", "example.org", ":x", "1a:x", "http://[::1", "http://[::g]",
	    "http://h:80a", "http://a b", "http://h/%2", "http://h/%zz", "http://h/#a#b", "http://h/<x>",
	    "http://h/\xc3\xa4", "http://h\n/"};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(uri_is_valid(slice_cstr(good[i])));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(uri_is_valid(slice_cstr(bad[i])));
	assert_false(authority_is_valid(SLICE("")));
	assert_false(authority_is_valid(SLICE("a@b@c")));
	assert_false(authority_is_valid(slice_of("exa\0mple.org", 12)));
}

static void cbor_that_lies_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t n;
	} lies[] = {{"", 0}, {"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", 9} /* an array of 2^64 - 1 */,
	    {"\x5a\xff\xff\xff\xff", 5}, {"\xbf\xff", 2} /* indefinite */, {"\x5f\x41\x00\xff", 4},
	    {"\xc0\x00", 2} /* a tag */, {"\xfb\0\0\0\0\0\0\0\0", 9},
	    {"\x81\x81\x81\x81\x81\x00", 6} /* too deep */, {"\xa1\x00", 2}, {"\x18", 1}, {"\x1c", 1},
	    {"\xf8\x15", 2}};
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		struct cbor c = {.rest = slice_of(lies[i].bytes, lies[i].n)};
		assert_code(cbor_skip(&c, NULL, NULL), ERR_INVALID);
	}
	struct cbor c = {.rest = slice_of("\xa2\x01\x82\x20\x18\x64\x61"
					  "a\xf5\x00",
			     10)};
	struct slice whole;
	assert_ok(cbor_skip(&c, NULL, &whole));
	assert_int_equal(whole.len, 9);
	assert_code(cbor_end(&c, NULL), ERR_INVALID);
}

static void keys_are_of_one_algorithm(void **state)
{
	(void)state;
	uint8_t secret[64], raw[32], signature[64];
	CLEANUP_KEY struct public_key *key = NULL;
	enum signature_algorithm algorithm;
	assert_int_equal(crypto_sign_keypair(raw, secret), 0);
	assert_int_equal(crypto_sign_detached(signature, NULL, (const uint8_t *)"hello", 5, secret), 0);
	assert_ok(public_key_okp(CURVE_ED25519, bytes_of(raw, 32), NULL, &key));
	assert_ok(signature_verify(
	    key, SIG_ED25519, SIGNATURE_FIXED, SLICE("hello"), bytes_of(signature, 64), NULL));
	assert_code(signature_verify(
			key, SIG_ED25519, SIGNATURE_FIXED, SLICE("hellO"), bytes_of(signature, 64), NULL),
	    ERR_DENIED);
	assert_code(
	    signature_verify(key, SIG_ES256, SIGNATURE_FIXED, SLICE("hello"), bytes_of(signature, 64), NULL),
	    ERR_DENIED);
	assert_code(
	    signature_verify(key, SIG_RS256, SIGNATURE_FIXED, SLICE("hello"), bytes_of(signature, 64), NULL),
	    ERR_DENIED);
	assert_false(algorithm_from_jose(SLICE("none"), &algorithm));
	assert_false(algorithm_from_jose(SLICE("HS256"), &algorithm));
	assert_false(algorithm_from_jose(SLICE("es256"), &algorithm));
	/* A short RSA key, and one whose exponent is 1. */
	char n[256];
	struct public_key *bad = NULL;
	memset(n, 0xff, sizeof n);
	assert_code(public_key_rsa(slice_of(n, 128), SLICE("\x01\x00\x01"), NULL, &bad), ERR_INVALID);
	assert_code(public_key_rsa(slice_of(n, 256), SLICE("\x01"), NULL, &bad), ERR_INVALID);
	assert_ok(public_key_rsa(slice_of(n, 256), slice_of("\x01\x00\x01", 3), NULL, &bad));
	public_key_free(bad);
}

static void what_is_sealed_opens_with_its_key_and_context_only(void **state)
{
	(void)state;
	uint8_t key[32] = {1}, other[32] = {2}, sealed[SEAL_OVERHEAD + 5], plain[5];
	seal(key, SLICE("apple"), SLICE("user 1"), sealed);
	assert_ok(unseal(key, bytes_of(sealed, sizeof sealed), SLICE("user 1"), NULL, plain));
	assert_memory_equal(plain, "apple", 5);
	assert_code(unseal(other, bytes_of(sealed, sizeof sealed), SLICE("user 1"), NULL, plain), ERR_DENIED);
	assert_code(unseal(key, bytes_of(sealed, sizeof sealed), SLICE("user 2"), NULL, plain), ERR_DENIED);
	assert_code(
	    unseal(key, bytes_of(sealed, SEAL_OVERHEAD - 1), SLICE("user 1"), NULL, plain), ERR_DENIED);
	sealed[30] ^= 1;
	assert_code(unseal(key, bytes_of(sealed, sizeof sealed), SLICE("user 1"), NULL, plain), ERR_DENIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keccak_agrees_with_published_hashes),
	    cmocka_unit_test(the_sponge_is_that_of_sha3),
	    cmocka_unit_test(totp_gives_the_codes_of_rfc_6238),
	    cmocka_unit_test(a_code_is_good_once_and_for_a_minute_and_a_half),
	    cmocka_unit_test(apps_get_the_secret_in_base32),
	    cmocka_unit_test(recovery_codes_forgive_how_they_are_typed),
	    cmocka_unit_test(a_wallet_signs_in),
	    cmocka_unit_test(signatures_of_odd_forms_are_refused),
	    cmocka_unit_test(times_are_days_that_exist),
	    cmocka_unit_test(uris_are_those_of_rfc_3986),
	    cmocka_unit_test(cbor_that_lies_is_refused),
	    cmocka_unit_test(keys_are_of_one_algorithm),
	    cmocka_unit_test(what_is_sealed_opens_with_its_key_and_context_only),
	};
	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}

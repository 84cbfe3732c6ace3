/* EIP-4361: the grammar line by line, then the signature. Called in a worker thread; everything comes from
 * anyone. */
#include "identity/wallet.h"

#include <ctype.h>
#include <secp256k1_recovery.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "identity/crypto.h"

#define NONCE_CHARS_MIN 8u
#define PROMPT " wants you to sign in with your Ethereum account:"

static result wrong(struct error *err, const char *what)
{
	return error_set(err, ERR_INVALID, "the message is not EIP-4361: %s", what);
}

/* EIP-55: letters are upper case where the hash of the lower-case address has a high nibble of 8 or more. */
void wallet_address(const uint8_t address[20], char ret[WALLET_ADDRESS_CHARS + 1])
{
	char hex[41];
	uint8_t hash[32];
	(void)sodium_bin2hex(hex, sizeof hex, address, 20);
	keccak_256(slice_of(hex, 40), hash);
	ret[0] = '0';
	ret[1] = 'x';
	for (size_t i = 0; i < 40; i++) {
		unsigned nibble = i % 2 ? hash[i / 2] & 15u : hash[i / 2] >> 4;
		ret[2 + i] = nibble >= 8 ? (char)toupper((unsigned char)hex[i]) : hex[i];
	}
	ret[WALLET_ADDRESS_CHARS] = '\0';
}

static bool hex_bytes(struct slice text, uint8_t *bytes, size_t size)
{
	size_t got = 0;
	if (text.len != 2 + 2 * size || !slice_starts(text, SLICE("0x")))
		return false;
	return sodium_hex2bin(bytes, size, text.ptr + 2, text.len - 2, NULL, &got, NULL) == 0 && got == size;
}

static bool address_ok(struct slice text)
{
	uint8_t bytes[20];
	char right[WALLET_ADDRESS_CHARS + 1];
	if (!hex_bytes(text, bytes, sizeof bytes))
		return false;
	wallet_address(bytes, right);
	return slice_eq_cstr(text, right);
}

/* One line of the message. Lines end with LF; the last has none. */
struct lines {
	struct slice rest; /* ptr NULL after the last */
};

static struct slice next_line(struct lines *l)
{
	return slice_cut(&l->rest, '\n');
}

/* The line's value when it begins with the label, and the line is used up; else ptr NULL. */
static struct slice labelled(struct lines *l, const char *label)
{
	struct lines ahead = *l;
	struct slice line = ahead.rest.ptr ? next_line(&ahead) : SLICE_NONE;
	const struct slice want = slice_cstr(label);
	if (!line.ptr || !slice_starts(line, want))
		return SLICE_NONE;
	*l = ahead;
	return slice_of(line.ptr + want.len, line.len - want.len);
}

static bool statement_ok(struct slice s)
{
	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		const unsigned char c = (unsigned char)s.ptr[i];
		if (c >= 0x80 || (!isalnum(c) && (c == '\0' || !strchr("-._~:/?#[]@!$&'()*+,;= ", c))))
			return false;
	}
	return true;
}

static bool alphanumeric(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] >= 0x80 || !isalnum((unsigned char)s.ptr[i]))
			return false;
	return true;
}

/* *pchar: what may stand in one segment of a path. */
static bool request_id_ok(struct slice s)
{
	char uri[512];
	int n = snprintf(uri, sizeof uri, "x:%.*s", SLICE_ARG(s));
	return n > 0 && (size_t)n < sizeof uri && strlen(uri) == s.len + 2 && !memchr(uri, '/', (size_t)n) &&
	       !memchr(uri, '?', (size_t)n) && !memchr(uri, '#', (size_t)n) &&
	       uri_is_valid(slice_of(uri, (size_t)n));
}

static result parse_head(struct lines *l, struct wallet_message *m, struct error *err)
{
	struct slice line = next_line(l);
	const struct slice prompt = SLICE(PROMPT);
	if (!slice_ends(line, prompt))
		return wrong(err, "the first line");
	m->domain = slice_of(line.ptr, line.len - prompt.len);
	const char *colon = m->domain.len ? memmem(m->domain.ptr, m->domain.len, "://", 3) : NULL;
	if (colon) {
		const size_t n = (size_t)(colon - m->domain.ptr);
		m->scheme = slice_of(m->domain.ptr, n);
		m->domain = slice_of(colon + 3, m->domain.len - n - 3);
		if (!scheme_is_valid(m->scheme))
			return wrong(err, "the scheme");
	}
	if (!authority_is_valid(m->domain))
		return wrong(err, "the domain");
	if (!l->rest.ptr)
		return wrong(err, "it ends early");
	m->address = next_line(l);
	if (!address_ok(m->address))
		return wrong(err, "the address, or its EIP-55 checksum");
	return RESULT_OK;
}

/* LF [statement LF] LF: an empty line, the statement or nothing, an empty line. */
static result parse_statement(struct lines *l, struct wallet_message *m, struct error *err)
{
	if (!l->rest.ptr || next_line(l).len != 0 || !l->rest.ptr)
		return wrong(err, "an empty line follows the address");
	struct slice line = next_line(l);
	if (line.len == 0)
		return RESULT_OK;
	if (!statement_ok(line))
		return wrong(err, "the statement");
	m->statement = line;
	if (!l->rest.ptr || next_line(l).len != 0)
		return wrong(err, "an empty line follows the statement");
	return RESULT_OK;
}

static result parse_required(struct lines *l, struct wallet_message *m, struct error *err)
{
	m->uri = labelled(l, "URI: ");
	if (!m->uri.ptr || !uri_is_valid(m->uri))
		return wrong(err, "the URI");
	struct slice version = labelled(l, "Version: ");
	if (!slice_eq(version, SLICE("1")))
		return wrong(err, "the version");
	m->chain = labelled(l, "Chain ID: ");
	if (m->chain.len == 0 || !slice_to_u64(m->chain, &m->chain_id))
		return wrong(err, "the chain id");
	m->nonce = labelled(l, "Nonce: ");
	if (m->nonce.len < NONCE_CHARS_MIN || !alphanumeric(m->nonce))
		return wrong(err, "the nonce");
	m->issued_at = labelled(l, "Issued At: ");
	if (!m->issued_at.ptr || !timestamp_parse(m->issued_at, &m->issued_ms))
		return wrong(err, "the time of issue");
	return RESULT_OK;
}

static result parse_optional(struct lines *l, struct wallet_message *m, struct error *err)
{
	m->expires_ms = INT64_MAX;
	m->not_before_ms = INT64_MIN;
	m->expiration_time = labelled(l, "Expiration Time: ");
	if (m->expiration_time.ptr && !timestamp_parse(m->expiration_time, &m->expires_ms))
		return wrong(err, "the expiration time");
	m->not_before = labelled(l, "Not Before: ");
	if (m->not_before.ptr && !timestamp_parse(m->not_before, &m->not_before_ms))
		return wrong(err, "the not-before time");
	m->request_id = labelled(l, "Request ID: ");
	if (m->request_id.ptr && !request_id_ok(m->request_id))
		return wrong(err, "the request id");
	return RESULT_OK;
}

static result parse_resources(struct lines *l, struct wallet_message *m, struct error *err)
{
	struct slice title = labelled(l, "Resources:");
	if (title.ptr && title.len != 0)
		return wrong(err, "the list of resources");
	while (title.ptr && l->rest.ptr) {
		struct slice resource = labelled(l, "- ");
		if (!resource.ptr || !uri_is_valid(resource))
			return wrong(err, "a resource");
		if (m->resource_count == WALLET_RESOURCES_MAX)
			return wrong(err, "too many resources");
		m->resources[m->resource_count++] = resource;
	}
	return l->rest.ptr ? wrong(err, "a line that does not belong there") : RESULT_OK;
}

result wallet_message_parse(struct slice text, struct error *err, struct wallet_message *ret)
{
	struct wallet_message m = {0};
	struct lines l = {.rest = text};
	if (text.len == 0 || text.len > WALLET_MESSAGE_MAX)
		return wrong(err, "its length");
	TRY(parse_head(&l, &m, err));
	TRY(parse_statement(&l, &m, err));
	TRY(parse_required(&l, &m, err));
	TRY(parse_optional(&l, &m, err));
	TRY(parse_resources(&l, &m, err));
	*ret = m;
	return RESULT_OK;
}

static void add_line(struct buf *out, const char *label, struct slice value)
{
	buf_add_char(out, '\n');
	buf_add_cstr(out, label);
	buf_add_slice(out, value);
}

result wallet_message_compose(const struct wallet_request *request, struct buf *out, struct error *err)
{
	struct wallet_message parsed;
	const struct wallet_request *r = request;
	const struct {
		const char *label;
		struct slice value;
		bool required;
	} lines[] = {{"URI: ", r->uri, true}, {"Version: ", r->version, true},
	    {"Chain ID: ", r->chain_id, true}, {"Nonce: ", r->nonce, true},
	    {"Issued At: ", r->issued_at, true}, {"Expiration Time: ", r->expiration_time, false},
	    {"Not Before: ", r->not_before, false}, {"Request ID: ", r->request_id, false}};
	const size_t start = out->len;
	if (r->scheme.ptr) {
		buf_add_slice(out, r->scheme);
		buf_add_cstr(out, "://");
	}
	buf_add_slice(out, r->domain);
	buf_add_cstr(out, PROMPT);
	add_line(out, "", r->address);
	buf_add_char(out, '\n');
	if (r->statement.ptr)
		add_line(out, "", r->statement);
	buf_add_char(out, '\n');
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (lines[i].required || lines[i].value.ptr)
			add_line(out, lines[i].label, lines[i].value);
	if (r->resource_count)
		add_line(out, "Resources:", SLICE_NONE);
	for (size_t i = 0; i < r->resource_count; i++)
		add_line(out, "- ", r->resources[i]);
	if (!buf_ok(out))
		return error_set(err, ERR_LIMIT, "the message is too long");
	return wallet_message_parse(slice_of(out->ptr + start, out->len - start), err, &parsed);
}

/* EIP-191, version 0x45. */
static result hash_personal_message(struct slice text, struct error *err, uint8_t ret[32])
{
	char framed[WALLET_MESSAGE_MAX + 64];
	int n = snprintf(framed, 64,
	    "\x19"
	    "Ethereum Signed Message:\n%zu",
	    text.len);
	if (n < 0 || text.len > WALLET_MESSAGE_MAX)
		return wrong(err, "its length");
	memcpy(framed + n, text.ptr, text.len);
	keccak_256(slice_of(framed, (size_t)n + text.len), ret);
	return RESULT_OK;
}

/* The address whose key made the signature: the last 20 bytes of the hash of the public key. */
static result recover_address(const uint8_t hash[32], const uint8_t signature[65], struct error *err,
    char ret[WALLET_ADDRESS_CHARS + 1])
{
	uint8_t point[65], digest[32];
	size_t length = sizeof point;
	secp256k1_pubkey key;
	secp256k1_ecdsa_signature plain;
	secp256k1_ecdsa_recoverable_signature sig;
	const secp256k1_context *ctx = secp256k1_context_static;
	const int v = signature[64] >= 27 ? signature[64] - 27 : signature[64];
	if (v > 1 || secp256k1_ecdsa_recoverable_signature_parse_compact(ctx, &sig, signature, v) != 1)
		return error_set(err, ERR_DENIED, "the wallet's signature is malformed");
	/* Only the lower s (EIP-2): one signature has one form. */
	(void)secp256k1_ecdsa_recoverable_signature_convert(ctx, &plain, &sig);
	if (secp256k1_ecdsa_signature_normalize(ctx, NULL, &plain) == 1 ||
	    secp256k1_ecdsa_recover(ctx, &key, &sig, hash) != 1)
		return error_set(err, ERR_DENIED, "the wallet's signature is malformed");
	(void)secp256k1_ec_pubkey_serialize(ctx, point, &length, &key, SECP256K1_EC_UNCOMPRESSED);
	keccak_256(bytes_of(point + 1, 64), digest);
	wallet_address(digest + 12, ret);
	return RESULT_OK;
}

static result check_expectation(
    const struct wallet_message *m, const struct wallet_expectation *e, struct error *err)
{
	if (e->domain.len && !slice_eq_nocase(m->domain, e->domain))
		return error_set(
		    err, ERR_DENIED, "the message is for %.*s, not for this site", SLICE_ARG(m->domain));
	if (e->scheme.len && m->scheme.ptr && !slice_eq_nocase(m->scheme, e->scheme))
		return error_set(err, ERR_DENIED, "the message is for another scheme");
	if (e->nonce.len && !bytes_equal(m->nonce, e->nonce))
		return error_set(err, ERR_DENIED, "the nonce is not the one that was given");
	if (e->now_ms >= m->expires_ms)
		return error_set(err, ERR_DENIED, "the message has expired");
	if (e->now_ms < m->not_before_ms)
		return error_set(err, ERR_DENIED, "the message is not valid yet");
	return RESULT_OK;
}

result wallet_verify(const struct wallet_message *message, struct slice text, struct slice signature,
    const struct wallet_expectation *expected, struct error *err)
{
	uint8_t bytes[65], hash[32];
	char signer[WALLET_ADDRESS_CHARS + 1];
	TRY(check_expectation(message, expected, err));
	if (!hex_bytes(signature, bytes, sizeof bytes))
		return error_set(err, ERR_DENIED, "the wallet's signature is not 65 bytes in hexadecimal");
	TRY(hash_personal_message(text, err, hash));
	TRY(recover_address(hash, bytes, err, signer));
	if (!slice_eq_cstr(message->address, signer))
		return error_set(err, ERR_DENIED, "the message was not signed by the key of its address");
	return RESULT_OK;
}

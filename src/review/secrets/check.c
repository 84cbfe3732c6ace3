/* The table of checks of check.h. Called with matched text of any origin; each check reads only what
 * it is handed. */
#include "review/secrets/check.h"

#include <sodium.h>

#include "base/check.h"
#include "review/secrets/value.h"
#include "review/secrets/shape.h"

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* A match begins a token: nothing word-like stands before it, save an escape such as \n, %22 or a terminal
 * colour code. */
static bool check_boundary(const struct check_input *in)
{
	const char *p = in->text.ptr;
	size_t at = in->match_at;
	if (at == 0 || !(is_alnum(p[at - 1]) || p[at - 1] == '_'))
		return true;
	if (at >= 2 && p[at - 2] == '\\' && strchr("nrtbfv", p[at - 1]))
		return true;
	if (at >= 3 && p[at - 3] == '%' && is_hex(p[at - 2]) && is_hex(p[at - 1]))
		return true;
	if (p[at - 1] != 'm')
		return false;
	size_t i = at - 1;
	while (i > 0 && at - i < 12 && ((p[i - 1] >= '0' && p[i - 1] <= '9') || p[i - 1] == ';'))
		i--;
	return i > 1 && p[i - 1] == '[' && p[i - 2] == '\x1b';
}

static bool check_boundary_dash(const struct check_input *in)
{
	return check_boundary(in) && (in->match_at == 0 || in->text.ptr[in->match_at - 1] != '-');
}

static bool check_boundary_token(const struct check_input *in)
{
	char before = in->match_at ? in->text.ptr[in->match_at - 1] : ' ';
	return check_boundary(in) && before != '.' && before != '-' && before != '+' && before != '/';
}

static bool check_has_digit(const struct check_input *in)
{
	for (size_t i = 0; i < in->value.len; i++)
		if (in->value.ptr[i] >= '0' && in->value.ptr[i] <= '9')
			return true;
	return false;
}

static bool has_between(struct slice s, char low, char high)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] >= low && s.ptr[i] <= high)
			return true;
	return false;
}

static bool check_mixed(const struct check_input *in)
{
	return has_between(in->value, 'a', 'z') && has_between(in->value, 'A', 'Z') && check_has_digit(in);
}

static bool check_mixed_digit(const struct check_input *in)
{
	size_t digits = 0;
	for (size_t i = 0; i < in->value.len; i++)
		digits += in->value.ptr[i] >= '0' && in->value.ptr[i] <= '9';
	return digits >= 2 && digits < in->value.len;
}

static bool check_not_word(const struct check_input *in)
{
	return secret_value_holds(in->values, JUDGE_TOKEN, 16, VALUE_BARE, in->value);
}

/* GitHub and npm: the last six characters are the CRC-32 of those after the prefix, in base 62. */
static bool check_crc32_base62(const struct check_input *in)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	struct slice s = in->value;
	const char *mark = memchr(s.ptr, '_', s.len);
	if (!mark || s.len < 20)
		return false;
	struct slice body = slice_of(mark + 1, s.len - (size_t)(mark + 1 - s.ptr) - 6);
	uint32_t crc = crc32_of(body);
	char want[6];
	for (int i = 5; i >= 0; i--, crc /= 62)
		want[i] = digits[crc % 62];
	return memcmp(want, s.ptr + s.len - 6, 6) == 0;
}

static bool hex32_equals(struct slice hex, uint32_t number)
{
	char text[9];
	static const char digits[] = "0123456789abcdef";
	for (int i = 7; i >= 0; i--, number >>= 4)
		text[i] = digits[number & 15];
	return slice_eq_nocase(hex, slice_of(text, 8));
}

/* Grafana: PREFIX_RANDOM_CRC, the CRC-32 of RANDOM in hex. */
static bool check_crc32_hex(const struct check_input *in)
{
	struct slice s = in->value;
	const char *mark = memchr(s.ptr, '_', s.len);
	if (!mark || s.len < 20 || s.ptr[s.len - 9] != '_')
		return false;
	struct slice body = slice_of(mark + 1, s.len - (size_t)(mark + 1 - s.ptr) - 9);
	return hex32_equals(slice_of(s.ptr + s.len - 8, 8), crc32_of(body));
}

/* Atlassian: eight hex digits behind '=' are the CRC-32 of all before them, '=' included; it may stand
 * escaped. */
static bool check_atlassian(const struct check_input *in)
{
	struct slice s = in->value;
	char body[512];
	size_t n = 0;
	if (!slice_starts(s, SLICE("ATATT3")) && !slice_starts(s, SLICE("ATCTT3")) &&
	    !slice_starts(s, SLICE("ATSTT3")))
		return true;
	while (
	    n < s.len && n + 1 < sizeof(body) && (is_alnum(s.ptr[n]) || s.ptr[n] == '-' || s.ptr[n] == '_')) {
		body[n] = s.ptr[n];
		n++;
	}
	if (n + 1 >= sizeof(body) || s.len < n + 9)
		return false;
	body[n++] = '=';
	return hex32_equals(slice_of(s.ptr + s.len - 8, 8), crc32_of(slice_of(body, n)));
}

/* Real ids are base-32 noise: words and runs are examples. */
static bool check_aws_id(const struct check_input *in)
{
	return check_has_digit(in) && !slice_ends(in->value, SLICE("EXAMPLE"));
}

static bool check_discord(const struct check_input *in)
{
	uint8_t id[64];
	struct slice s = in->value;
	const char *dot = memchr(s.ptr, '.', s.len);
	if (!dot || dot - s.ptr > 40)
		return false;
	long n = base64_lenient_decode(slice_of(s.ptr, (size_t)(dot - s.ptr)), id);
	for (long i = 0; i < n; i++)
		if (id[i] < '0' || id[i] > '9')
			return false;
	return n >= 17;
}

/* Decodes at most the first 3 000 characters, which is enough to see what a text is. */
static struct slice decode_head(struct slice s, uint8_t *out)
{
	s.len = s.len > 3000 ? 3000 : s.len - (s.len % 4 == 1);
	long n = base64_lenient_decode(s, out);
	return n < 0 ? SLICE_NONE : slice_of((const char *)out, (size_t)n);
}

static bool holds_text(struct slice s, const char *text)
{
	return s.ptr && memmem(s.ptr, s.len, text, strlen(text)) != NULL;
}

/* RFC 7515 section 4: the header is a JSON object that names its algorithm. */
static bool check_jwt(const struct check_input *in)
{
	uint8_t out[2304];
	const char *dot = memchr(in->value.ptr, '.', in->value.len);
	if (!dot)
		return false;
	struct slice header = decode_head(slice_of(in->value.ptr, (size_t)(dot - in->value.ptr)), out);
	return header.len > 8 && header.ptr[0] == '{' &&
	       (holds_text(header, "\"alg\"") || holds_text(header, "\"typ\""));
}

static bool check_json(const struct check_input *in)
{
	uint8_t out[2304];
	struct slice head = decode_head(in->value, out);
	return head.len > 8 && head.ptr[0] == '{' && head.ptr[1] == '"';
}

static bool check_pem_base64(const struct check_input *in)
{
	uint8_t out[2304];
	struct slice head = decode_head(in->value, out);
	return holds_text(head, "PRIVATE KEY-----") && !holds_text(head, "ENCRYPTED");
}

static bool check_base64(const struct check_input *in)
{
	uint8_t out[2304];
	return decode_head(in->value, out).len >= 6;
}

/* RFC 7617: base64 of user, colon, password, all of it text, and the password no placeholder. */
static bool check_basic_auth(const struct check_input *in)
{
	uint8_t out[2304];
	struct slice text = decode_head(in->value, out);
	const char *colon = text.len ? memchr(text.ptr, ':', text.len) : NULL;
	if (!colon || colon == text.ptr + text.len - 1)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if ((uint8_t)text.ptr[i] < 0x20 || (uint8_t)text.ptr[i] > 0x7e)
			return false;
	struct slice password = slice_of(colon + 1, text.len - (size_t)(colon + 1 - text.ptr));
	return !secret_value_is_placeholder(in->values, password);
}

static bool base58_decode(struct slice s, uint8_t *out, size_t out_len)
{
	static const char digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
	memset(out, 0, out_len);
	for (size_t i = 0; i < s.len; i++) {
		const char *digit = memchr(digits, s.ptr[i], 58);
		if (!digit)
			return false;
		uint32_t carry = (uint32_t)(digit - digits);
		for (size_t k = out_len; k-- > 0;) {
			carry += out[k] * 58u;
			out[k] = (uint8_t)carry;
			carry >>= 8;
		}
		if (carry)
			return false;
	}
	return true;
}

/* BIP 32 serialisation: 78 bytes and the first four of their double SHA-256. */
static bool check_base58check(const struct check_input *in)
{
	uint8_t bytes[82], once[32], twice[32];
	if (!base58_decode(in->value, bytes, sizeof(bytes)))
		return false;
	crypto_hash_sha256(once, bytes, 78);
	crypto_hash_sha256(twice, once, sizeof(once));
	return memcmp(twice, bytes + 78, 4) == 0;
}

static uint32_t bech32_step(uint32_t sum, uint32_t value)
{
	static const uint32_t generator[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
	uint32_t top = sum >> 25;
	sum = (sum & 0x1ffffff) << 5 ^ value;
	for (int i = 0; i < 5; i++)
		sum ^= (top >> i & 1) ? generator[i] : 0;
	return sum;
}

/* BIP 173: human part, '1', data, six characters of checksum. */
static bool check_bech32(const struct check_input *in)
{
	static const char digits[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
	struct slice s = in->value;
	const char *one = memrchr(s.ptr, '1', s.len);
	uint32_t sum = 1;
	if (!one)
		return false;
	size_t human = (size_t)(one - s.ptr);
	for (size_t i = 0; i < human; i++)
		sum = bech32_step(sum, (uint32_t)((s.ptr[i] | 0x20) >> 5));
	sum = bech32_step(sum, 0);
	for (size_t i = 0; i < human; i++)
		sum = bech32_step(sum, (uint32_t)(s.ptr[i] >= 'A' ? (s.ptr[i] | 0x20) & 31 : s.ptr[i] & 31));
	for (size_t i = human + 1; i < s.len; i++) {
		const char *digit = memchr(digits, s.ptr[i] | 0x20, 32);
		if (!digit)
			digit = memchr(digits, s.ptr[i], 32);
		if (!digit)
			return false;
		sum = bech32_step(sum, (uint32_t)(digit - digits));
	}
	return sum == 1;
}

static bool check_placeholder_password(const struct check_input *in)
{
	return secret_value_holds(in->values, JUDGE_PASSWORD, 4, VALUE_BARE, in->value);
}

/* In a URL the place itself tells; only what is plainly no password is left out. */
static bool check_placeholder_url(const struct check_input *in)
{
	struct slice v = in->value;
	static const struct slice hosts[] = {
	    SLICE("localhost"), SLICE("127.0.0.1"), SLICE("example."), SLICE("host")};
	struct slice host =
	    slice_of(v.ptr + v.len + 1, in->text.len - (size_t)(v.ptr + v.len + 1 - in->text.ptr));
	if (secret_value_is_placeholder(in->values, v) || memchr(v.ptr, '/', v.len))
		return false;
	/* A weak word before a host of the machine itself or of an example opens nothing. */
	bool weak = !check_has_digit(in) && secret_value_reads_like_words(in->values, v);
	for (size_t i = 0; weak && i < ARRAY_LEN(hosts); i++)
		if (slice_starts(host, hosts[i]))
			return false;
	return v.len >= 4 || check_has_digit(in);
}

static const struct {
	const char *name;
	bool (*holds)(const struct check_input *in);
	bool checksum; /* the issuer's own: a match by chance is out of the question */
} checks[] = {
    {"boundary", check_boundary, false},
    {"boundary-dash", check_boundary_dash, false},
    {"boundary-token", check_boundary_token, false},
    {"has-digit", check_has_digit, false},
    {"mixed", check_mixed, false},
    {"mixed-digit", check_mixed_digit, false},
    {"not-word", check_not_word, false},
    {"crc32-base62", check_crc32_base62, true},
    {"crc32-hex", check_crc32_hex, true},
    {"atlassian", check_atlassian, true},
    {"aws-id", check_aws_id, false},
    {"discord", check_discord, false},
    {"jwt", check_jwt, false},
    {"json", check_json, false},
    {"base64", check_base64, false},
    {"pem-base64", check_pem_base64, false},
    {"basic-auth", check_basic_auth, false},
    {"base58check", check_base58check, true},
    {"bech32", check_bech32, true},
    {"placeholder-password", check_placeholder_password, false},
    {"placeholder-url", check_placeholder_url, false},
};

uint32_t secret_check_bit(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		if (slice_eq_cstr(name, checks[i].name))
			return 1u << i;
	return 0;
}

bool secret_checks_hold(uint32_t mask, const struct check_input *in, bool *ret_verified)
{
	bool verified = false;
	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		if (!(mask & 1u << i))
			continue;
		if (!checks[i].holds(in))
			return false;
		verified |= checks[i].checksum;
	}
	*ret_verified = verified;
	return true;
}

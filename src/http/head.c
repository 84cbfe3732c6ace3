#include "http/head.h"

#include "base/check.h"

/* tchar of RFC 9110 section 5.6.2. */
static const bool token_char[256] = {
    ['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1, ['&'] = 1, ['\''] = 1, ['*'] = 1, ['+'] = 1, ['-'] = 1,
    ['.'] = 1, ['^'] = 1, ['_'] = 1, ['`'] = 1, ['|'] = 1, ['~'] = 1,
    ['0' ... '9'] = 1, ['a' ... 'z'] = 1, ['A' ... 'Z'] = 1,
};

/* field-vchar, obs-text, space and tab of RFC 9110 section 5.5. */
static const bool value_char[256] = {['\t'] = 1, [' ' ... '~'] = 1, [0x80 ... 0xff] = 1};

/* What a request target may hold: visible ASCII without '#', which ends one (RFC 9112 section 3.2), and '\\', which some read as '/'. */
static const bool target_char[256] = {['!' ... '"'] = 1, ['$' ... '['] = 1, [']' ... '~'] = 1};

static const struct {
	const char *name;
	uint8_t len;
	bool repeats;
} known_headers[HTTP_H_COUNT] = {
#define KNOWN(id, text, may_repeat) [id] = {text, sizeof(text) - 1, may_repeat}
    KNOWN(HTTP_H_HOST, "host", false),
    KNOWN(HTTP_H_CONTENT_LENGTH, "content-length", false),
    KNOWN(HTTP_H_TRANSFER_ENCODING, "transfer-encoding", false),
    KNOWN(HTTP_H_CONTENT_TYPE, "content-type", false),
    KNOWN(HTTP_H_CONTENT_ENCODING, "content-encoding", false),
    KNOWN(HTTP_H_CONNECTION, "connection", false),
    KNOWN(HTTP_H_EXPECT, "expect", false),
    KNOWN(HTTP_H_UPGRADE, "upgrade", false),
    KNOWN(HTTP_H_COOKIE, "cookie", false),
    KNOWN(HTTP_H_AUTHORIZATION, "authorization", false),
    KNOWN(HTTP_H_ORIGIN, "origin", false),
    KNOWN(HTTP_H_SEC_FETCH_SITE, "sec-fetch-site", false),
    KNOWN(HTTP_H_SEC_FETCH_MODE, "sec-fetch-mode", false),
    KNOWN(HTTP_H_IF_NONE_MATCH, "if-none-match", false),
    KNOWN(HTTP_H_TRACEPARENT, "traceparent", false),
    KNOWN(HTTP_H_USER_AGENT, "user-agent", false),
    KNOWN(HTTP_H_ACCEPT, "accept", true),
    KNOWN(HTTP_H_X_FORWARDED_FOR, "x-forwarded-for", true),
    KNOWN(HTTP_H_X_FORWARDED_PROTO, "x-forwarded-proto", true),
    KNOWN(HTTP_H_X_API_KEY, "x-api-key", false),
    KNOWN(HTTP_H_WARD_PROOF, "ward-proof", false),
#undef KNOWN
};

static const char *const method_names[HTTP_METHOD_COUNT] = {
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

const char *http_method_name(enum http_method method)
{
	ASSERT(method < HTTP_METHOD_COUNT);
	return method_names[method];
}

static int refuse(int status, const char *why, const char **ret_why)
{
	*ret_why = why;
	return status;
}

static int parse_method(struct slice name, enum http_method *ret)
{
	for (int i = 0; i < HTTP_METHOD_COUNT; i++)
		if (slice_eq_cstr(name, method_names[i])) {
			*ret = (enum http_method)i;
			return HTTP_OK;
		}
	return 501;
}

/* method SP target SP HTTP/1.x, the line without its CRLF. */
static int parse_request_line(struct slice line, struct http_head *h, const char **ret_why)
{
	struct slice rest = line;
	struct slice method = slice_cut(&rest, ' ');
	struct slice target = slice_cut(&rest, ' ');
	if (method.len == 0 || method.len > 16 || !rest.ptr)
		return refuse(400, "the request line is malformed", ret_why);
	for (size_t i = 0; i < method.len; i++)
		if (!token_char[(unsigned char)method.ptr[i]])
			return refuse(400, "the method is malformed", ret_why);
	if (target.len > HTTP_TARGET_BYTES_MAX)
		return refuse(414, "the address is too long", ret_why);
	if (target.len == 0 || target.ptr[0] != '/')
		return refuse(400, "the request target must begin with /", ret_why);
	for (size_t i = 0; i < target.len; i++)
		if (!target_char[(unsigned char)target.ptr[i]])
			return refuse(400, "the request target holds a byte that must be percent-encoded", ret_why);
	if (slice_eq(rest, SLICE("HTTP/1.1")))
		h->keep_alive = true;
	else if (!slice_eq(rest, SLICE("HTTP/1.0")))
		return slice_starts(rest, SLICE("HTTP/")) ? refuse(505, "only HTTP/1.1 is spoken here", ret_why)
							   : refuse(400, "the request line is malformed", ret_why);
	if (parse_method(method, &h->method) != HTTP_OK)
		return refuse(501, "this method is not known here", ret_why);
	h->target = target;
	h->query = target;
	h->path = slice_cut(&h->query, '?');
	return HTTP_OK;
}

static bool name_is_known(struct slice name, size_t id)
{
	if (name.len != known_headers[id].len)
		return false;
	const char *want = known_headers[id].name;
	for (size_t i = 0; i < name.len; i++)
		/* Names are letters and '-' only: setting bit 5 lowers letters and keeps '-'. */
		if ((name.ptr[i] | 0x20) != want[i])
			return false;
	return true;
}

static int keep_known(struct slice name, struct slice value, struct http_head *h, const char **ret_why)
{
	for (size_t id = 0; id < HTTP_H_COUNT; id++) {
		if (!name_is_known(name, id))
			continue;
		if (h->known[id].ptr && !known_headers[id].repeats)
			return refuse(400, "a header that must be single is repeated", ret_why);
		h->known[id] = value;
		break;
	}
	return HTTP_OK;
}

static int parse_header_line(struct slice line, struct http_head *h, const char **ret_why)
{
	const char *colon = memchr(line.ptr, ':', line.len);
	if (!colon || colon == line.ptr)
		return refuse(400, "a header line is malformed", ret_why);
	struct slice name = slice_of(line.ptr, (size_t)(colon - line.ptr));
	for (size_t i = 0; i < name.len; i++)
		if (!token_char[(unsigned char)name.ptr[i]])
			return refuse(400, "a header name is malformed", ret_why);
	struct slice value = slice_of(colon + 1, line.len - name.len - 1);
	for (size_t i = 0; i < value.len; i++)
		if (!value_char[(unsigned char)value.ptr[i]])
			return refuse(400, "a header value holds a control byte", ret_why);
	return keep_known(name, slice_trim(value), h, ret_why);
}

static int decide_body(struct http_head *h, const char **ret_why)
{
	struct slice length = h->known[HTTP_H_CONTENT_LENGTH];
	struct slice coding = h->known[HTTP_H_TRANSFER_ENCODING];
	if (coding.ptr) {
		if (length.ptr)
			return refuse(400, "Content-Length and Transfer-Encoding exclude each other", ret_why);
		if (!h->keep_alive)
			return refuse(400, "Transfer-Encoding needs HTTP/1.1", ret_why);
		if (!slice_eq_nocase(coding, SLICE("chunked")))
			return refuse(501, "the only transfer coding is chunked", ret_why);
		h->chunked = true;
	}
	uint64_t bytes = 0;
	if (length.ptr && (!slice_to_u64(length, &bytes) || bytes > INT64_MAX))
		return refuse(400, "Content-Length is not a number", ret_why);
	h->content_length = (int64_t)bytes;
	return HTTP_OK;
}

/* A host and an optional port: RFC 3986 section 3.2.2 without user info, percent-encoding or odd delimiters. */
static bool host_plain(struct slice host)
{
	for (size_t i = 0; i < host.len; i++) {
		unsigned char c = (unsigned char)host.ptr[i];
		bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
			  c == '_' || c == ':' || c == '[' || c == ']';
		if (!ok)
			return false;
	}
	return host.len > 0 && host.len <= 255;
}

static int decide_connection(struct http_head *h, const char **ret_why)
{
	if (h->known[HTTP_H_HOST].ptr ? !host_plain(h->known[HTTP_H_HOST]) : h->keep_alive)
		return refuse(400, "exactly one Host header is needed", ret_why);
	struct slice connection = h->known[HTTP_H_CONNECTION];
	if (connection.ptr && http_list_has(connection, SLICE("close")))
		h->keep_alive = false;
	struct slice expect = h->known[HTTP_H_EXPECT];
	if (expect.ptr) {
		if (!slice_eq_nocase(expect, SLICE("100-continue")))
			return refuse(417, "the only expectation is 100-continue", ret_why);
		h->expect_continue = true;
	}
	return HTTP_OK;
}

int http_head_parse(struct slice bytes, struct http_head *ret, const char **ret_why)
{
	struct http_head h = {0};
	size_t at = 0;
	size_t count = 0;
	const size_t most = bytes.len < HTTP_HEAD_BYTES_MAX ? bytes.len : HTTP_HEAD_BYTES_MAX;
	/* RFC 9112 section 2.2: a client may send an empty line before the request line. */
	if (most >= 2 && bytes.ptr[0] == '\r' && bytes.ptr[1] == '\n')
		at = 2;
	for (size_t line_no = 0;; line_no++) {
		const char *cr = at < most ? memchr(bytes.ptr + at, '\r', most - at) : NULL;
		if (!cr || (size_t)(cr - bytes.ptr) + 1 >= most) {
			if (bytes.len >= HTTP_HEAD_BYTES_MAX)
				return line_no == 0 ? refuse(414, "the address is too long", ret_why)
						    : refuse(431, "the headers are too large", ret_why);
			/* A line that can no longer become right is refused now, not when its end arrives. */
			if (line_no == 0 && at < most && !token_char[(unsigned char)bytes.ptr[at]])
				return refuse(400, "the request line is malformed", ret_why);
			if (at < most && memchr(bytes.ptr + at, '\n', most - at))
				return refuse(400, "a line ends in LF without CR", ret_why);
			return HTTP_MORE;
		}
		if (cr[1] != '\n')
			return refuse(400, "a line ends in CR without LF", ret_why);
		struct slice line = slice_of(bytes.ptr + at, (size_t)(cr - bytes.ptr) - at);
		at += line.len + 2;
		int verdict = HTTP_OK;
		if (line_no == 0) {
			verdict = parse_request_line(line, &h, ret_why);
			h.lines = slice_of(bytes.ptr + at, 0);
		} else if (line.len == 0)
			break;
		else if (++count > HTTP_HEADERS_MAX)
			return refuse(431, "there are too many headers", ret_why);
		else
			verdict = parse_header_line(line, &h, ret_why);
		if (verdict != HTTP_OK)
			return verdict;
	}
	int verdict = decide_body(&h, ret_why);
	if (verdict == HTTP_OK)
		verdict = decide_connection(&h, ret_why);
	if (verdict != HTTP_OK)
		return verdict;
	h.bytes = at;
	h.lines.len = (size_t)(bytes.ptr + at - 2 - h.lines.ptr);
	*ret = h;
	return HTTP_OK;
}

bool http_list_has(struct slice list, struct slice token)
{
	while (list.ptr)
		if (slice_eq_nocase(slice_trim(slice_cut(&list, ',')), token))
			return true;
	return false;
}

struct slice http_cookie(struct slice header, struct slice name)
{
	struct slice found = SLICE_NONE;
	while (header.ptr) {
		struct slice pair = slice_trim(slice_cut(&header, ';'));
		struct slice value = pair;
		struct slice key = slice_cut(&value, '=');
		if (!value.ptr || !slice_eq(key, name))
			continue;
		if (found.ptr)
			return SLICE_NONE;
		found = value;
	}
	return found;
}

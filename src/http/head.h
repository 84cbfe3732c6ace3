/*
 * HTTP/1.1 request heads, read strictly (RFC 9110, RFC 9112).
 *
 * Written by us rather than taken from a library for one reason: it is the first thing hostile bytes meet and the
 * whole of it is what is accepted here, a subset small enough to reason about. Whatever two readers of HTTP might
 * understand differently is refused: both Content-Length and Transfer-Encoding, any coding but `chunked`, repeated
 * Host or Content-Length, white space before a colon, folded lines, bare CR or LF, control bytes, any target that
 * does not begin with '/'. docs/http.md lists each refusal with its status; tests/unit/http holds the attacks.
 */
#ifndef WARD_HTTP_HEAD_H
#define WARD_HTTP_HEAD_H

#include "base/slice.h"

#define HTTP_HEAD_BYTES_MAX 16384u
#define HTTP_HEADERS_MAX 64u
#define HTTP_TARGET_BYTES_MAX 8192u

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_METHOD_COUNT,
};

/* Headers that ward itself reads; a repeated one of these is refused, but for COOKIE and X_FORWARDED_FOR. */
enum http_known {
	HTTP_H_HOST,
	HTTP_H_CONTENT_LENGTH,
	HTTP_H_TRANSFER_ENCODING,
	HTTP_H_CONTENT_TYPE,
	HTTP_H_CONTENT_ENCODING,
	HTTP_H_CONNECTION,
	HTTP_H_EXPECT,
	HTTP_H_UPGRADE,
	HTTP_H_COOKIE,
	HTTP_H_AUTHORIZATION,
	HTTP_H_ORIGIN,
	HTTP_H_SEC_FETCH_SITE,
	HTTP_H_SEC_FETCH_MODE,
	HTTP_H_IF_NONE_MATCH,
	HTTP_H_TRACEPARENT,
	HTTP_H_USER_AGENT,
	HTTP_H_ACCEPT,
	HTTP_H_X_FORWARDED_FOR,
	HTTP_H_X_FORWARDED_PROTO,
	HTTP_H_X_API_KEY,
	HTTP_H_WARD_PROOF,
	HTTP_H_COUNT,
};

struct http_head {
	enum http_method method;
	struct slice target; /* as sent */
	struct slice path;   /* before '?', not decoded */
	struct slice query;  /* after '?', not decoded; ptr NULL without one */
	struct slice known[HTTP_H_COUNT]; /* trimmed values; ptr NULL when absent */
	int64_t content_length; /* 0 when there is no body; meaningless when chunked */
	bool chunked;
	bool keep_alive;
	bool expect_continue;
	struct slice lines; /* the header lines, each with its CRLF */
	size_t bytes; /* of the head with its empty line: the body starts here */
};

enum http_verdict {
	HTTP_OK = 0,
	HTTP_MORE = 1, /* not whole yet */
	/* Otherwise the status to answer with before closing: 400, 413, 414, 417, 431, 501, 505. */
};

/*
 * Reads a head from the start of bytes. Slices of *ret point into bytes. Returns HTTP_OK, HTTP_MORE or a status;
 * *ret_why then is a static sentence for the answer.
 */
int http_head_parse(struct slice bytes, struct http_head *ret, const char **ret_why);

const char *http_method_name(enum http_method method);

/* True when the token list of a header (Connection, Accept ...) holds this token, without case. */
bool http_list_has(struct slice list, struct slice token);

/*
 * One cookie's value from a Cookie header; ptr NULL when absent. A name that appears twice gives nothing: a cookie
 * tossed in from a sibling domain must not win over the real one.
 */
struct slice http_cookie(struct slice header, struct slice name);

#endif

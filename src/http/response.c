#include "http/response.h"

#include <time.h>

/*
 * Sent with every answer. nosniff: a JSON answer is never guessed to be a page. The rest are the headers of the
 * OWASP Secure Headers Project that hold for any answer.
 */
static const char common_headers[] = "X-Content-Type-Options: nosniff\r\n"
				     "Referrer-Policy: strict-origin-when-cross-origin\r\n"
				     "Cross-Origin-Resource-Policy: same-origin\r\n";

static const char page_headers[] = "X-Frame-Options: DENY\r\n"
				   "Cross-Origin-Opener-Policy: same-origin\r\n"
				   "Permissions-Policy: camera=(), geolocation=(), microphone=(), payment=()\r\n";

/* An app's page talks to its own origin and runs its own files; nothing inline, no frames, no plugins. */
static const char default_csp[] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
				  "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
				  "form-action 'self'; frame-ancestors 'none'";

const char *http_reason(int status)
{
	switch (status) {
	case 100: return "Continue";
	case 200: return "OK";
	case 201: return "Created";
	case 204: return "No Content";
	case 301: return "Moved Permanently";
	case 302: return "Found";
	case 303: return "See Other";
	case 304: return "Not Modified";
	case 307: return "Temporary Redirect";
	case 308: return "Permanent Redirect";
	case 400: return "Bad Request";
	case 401: return "Unauthorized";
	case 402: return "Payment Required";
	case 403: return "Forbidden";
	case 404: return "Not Found";
	case 405: return "Method Not Allowed";
	case 406: return "Not Acceptable";
	case 408: return "Request Timeout";
	case 409: return "Conflict";
	case 410: return "Gone";
	case 413: return "Content Too Large";
	case 414: return "URI Too Long";
	case 415: return "Unsupported Media Type";
	case 417: return "Expectation Failed";
	case 422: return "Unprocessable Content";
	case 423: return "Locked";
	case 429: return "Too Many Requests";
	case 431: return "Request Header Fields Too Large";
	case 500: return "Internal Server Error";
	case 501: return "Not Implemented";
	case 502: return "Bad Gateway";
	case 503: return "Service Unavailable";
	case 504: return "Gateway Timeout";
	case 505: return "HTTP Version Not Supported";
	case 507: return "Insufficient Storage";
	default: return status < 500 ? "Refused" : "Failed";
	}
}

/* "Date: ...\r\n", formatted once a second. */
static struct slice date_line(int64_t unix_seconds)
{
	static _Thread_local int64_t made_for = -1;
	static _Thread_local char line[48];
	if (made_for != unix_seconds) {
		struct tm tm;
		time_t t = (time_t)unix_seconds;
		gmtime_r(&t, &tm);
		strftime(line, sizeof line, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
		made_for = unix_seconds;
	}
	return slice_of(line, 37);
}

static void add_number(struct buf *out, size_t n)
{
	char digits[24];
	size_t at = sizeof digits;
	do
		digits[--at] = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	buf_add(out, digits + at, sizeof digits - at);
}

static void add_status_line(struct buf *out, int status)
{
	if (status == 200) {
		buf_add_slice(out, SLICE("HTTP/1.1 200 OK\r\n"));
		return;
	}
	buf_add_slice(out, SLICE("HTTP/1.1 "));
	add_number(out, (size_t)status);
	buf_add_char(out, ' ');
	buf_add_cstr(out, http_reason(status));
	buf_add_slice(out, SLICE("\r\n"));
}

void http_response_head(struct buf *out, const struct http_response *r, int64_t unix_seconds)
{
	add_status_line(out, r->status);
	buf_add_slice(out, date_line(unix_seconds));
	if (r->content_type.len) {
		buf_add_slice(out, SLICE("Content-Type: "));
		buf_add_slice(out, r->content_type);
		buf_add_slice(out, SLICE("\r\n"));
	}
	/* RFC 9110 section 8.6: no length with 204 and 304. */
	if (r->status != 204 && r->status != 304 && !r->endless) {
		buf_add_slice(out, SLICE("Content-Length: "));
		add_number(out, r->content_length);
		buf_add_slice(out, SLICE("\r\n"));
	}
	buf_add(out, common_headers, sizeof common_headers - 1);
	if (r->page) {
		buf_add(out, page_headers, sizeof page_headers - 1);
		buf_add_slice(out, SLICE("Content-Security-Policy: "));
		buf_add_slice(out, r->csp.len ? r->csp : slice_of(default_csp, sizeof default_csp - 1));
		buf_add_slice(out, SLICE("\r\n"));
	} else if (!slice_starts(r->extra, SLICE("Cache-Control:"))) {
		buf_add_slice(out, SLICE("Cache-Control: no-store\r\n"));
	}
	if (!r->keep_alive)
		buf_add_slice(out, SLICE("Connection: close\r\n"));
	buf_add_slice(out, r->extra);
	buf_add_slice(out, r->trace);
	buf_add_slice(out, SLICE("\r\n"));
}

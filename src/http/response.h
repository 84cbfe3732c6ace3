/* Response heads. Headers that every answer carries live here, so that no route can forget one. */
#ifndef WARD_HTTP_RESPONSE_H
#define WARD_HTTP_RESPONSE_H

#include "base/buf.h"

struct http_response {
	int status;
	struct slice content_type; /* empty: none */
	size_t content_length;
	bool endless; /* a stream: it has no length and ends with the connection */
	bool keep_alive;
	struct slice extra; /* whole header lines with CRLF, made by ward itself, never from a guest */
	struct slice trace; /* one more such line, or empty */
	bool page;	    /* a page of the app: gets the content security policy */
	struct slice csp;   /* empty: the strict default */
};

/* Appends the status line and headers with the closing empty line. */
void http_response_head(struct buf *out, const struct http_response *r, int64_t unix_seconds);

const char *http_reason(int status);

#endif

/* Absolute URLs (RFC 3986), as far as ward itself follows any: scheme, host, port, path. */
#ifndef WARD_HTTP_URL_H
#define WARD_HTTP_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

struct http_url {
	struct slice scheme; /* "https" */
	struct slice host;   /* as written; an IPv6 address without its brackets */
	uint16_t port;	     /* 0: none was written */
	struct slice path;   /* with the query, "/" where there was none */
};

/*
 * All slices point into text. False for whatever two readers could understand differently: user information,
 * a scheme in capitals, a host with escapes, a fragment, blanks, backslashes, anything that is not ASCII.
 */
bool http_url_split(struct slice text, struct http_url *ret);

#endif

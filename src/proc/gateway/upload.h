/* Bodies that are no JSON: forms with files, and files alone. docs/uploads.md says what is refused and how.
 */
#ifndef WARD_PROC_GATEWAY_UPLOAD_H
#define WARD_PROC_GATEWAY_UPLOAD_H

#include "contract/file.h"
#include "http/multipart.h"
#include "proc/gateway/gateway.h"

/* The parts of an input; there is room for those of a form behind the count that the caller has put in. */
struct upload {
	struct value_part parts[ROUTE_PARAMS_MAX + 64 + MULTIPART_PARTS_MAX];
	size_t count;
	bool whole; /* the one part is the input itself */
};

/* Whether a body of the type that the head says may come to the function, which takes files. */
bool upload_taken(const struct gw_function *f, const struct http_head *h);
/* Adds the parts of the body. False when it has been refused and answered. */
bool upload_read(
    struct conn *c, struct gw_function *f, const struct http_head *h, struct slice body, struct upload *u);

#endif

/*
 * Bodies of type multipart/form-data (RFC 7578 within RFC 2046), read strictly: what one reader would take
 * for a part and another for bytes is refused. No preamble and no epilogue, CRLF line ends, every part named,
 * no other header than Content-Disposition and Content-Type, no filename* and no transfer encodings. Names
 * are as browsers write them (WHATWG HTML 4.10.21.8): UTF-8 with %22, %0D and %0A for what cannot stand
 * between quotes. docs/uploads.md lists the refusals.
 */
#ifndef WARD_HTTP_MULTIPART_H
#define WARD_HTTP_MULTIPART_H

#include "base/slice.h"

#define MULTIPART_PARTS_MAX 64u
#define MULTIPART_NAME_BYTES_MAX 128u
#define MULTIPART_FILE_NAME_BYTES_MAX 255u
#define MULTIPART_HEAD_BYTES_MAX 1024u

struct multipart {
	struct slice rest;     /* after the boundary that was read last */
	struct slice boundary; /* without dashes */
	unsigned count;	       /* parts so far */
	bool ended;
};

struct multipart_part {
	struct slice name;	/* not empty */
	struct slice file_name; /* ptr NULL: it is no file; else a bare name, or empty: no path, no control
				   character */
	struct slice type;	/* Content-Type, trimmed; ptr NULL: not said */
	struct slice body;
};

/* Whether a Content-Type is multipart/form-data, whatever its parameters. */
bool multipart_is(struct slice content_type);
/* Slices of what comes out point into both. False, and a static sentence, when there is nothing to read. */
bool multipart_begin(
    struct slice content_type, struct slice body, struct multipart *ret, const char **ret_why);
enum multipart_step { MULTIPART_PART, MULTIPART_END, MULTIPART_BAD };
enum multipart_step multipart_next(struct multipart *m, struct multipart_part *ret, const char **ret_why);

#endif

/* Forms from arbitrary bytes: the first line is the content type, what follows it the body. Files are sniffed
 * as every kind. */
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "contract/sniff.h"
#include "http/multipart.h"
#include "http/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void sniff(struct slice bytes)
{
	static const char *const types[] = {"image/png", "image/jpeg", "image/gif", "image/webp",
	    "image/avif", "video/mp4", "video/webm", "audio/mpeg", "font/woff2", "application/pdf",
	    "application/zip", "application/gzip", "application/json", "text/csv", "text/plain"};
	unsigned fine = 0;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		const struct file_kind *kind = file_kind_find(slice_cstr(types[i]));
		ASSERT(kind);
		fine += !file_kind_refusal(kind, bytes);
	}
	/* One kind alone, but for text, which JSON and CSV are, too. */
	ASSERT(fine <= 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_of((const char *)data, size), type = slice_cut(&rest, '\n');
	struct multipart m;
	struct multipart_part part;
	const char *why = NULL;
	sniff(rest);
	if (!multipart_begin(type, rest, &m, &why)) {
		ASSERT(why);
		return 0;
	}
	enum multipart_step step;
	while ((step = multipart_next(&m, &part, &why)) == MULTIPART_PART) {
		ASSERT(part.name.len > 0 && utf8_valid(part.name) && m.count <= MULTIPART_PARTS_MAX);
		ASSERT(!part.file_name.ptr || !memchr(part.file_name.ptr, '/', part.file_name.len));
		ASSERT(part.body.len == 0 ||
		       (part.body.ptr >= rest.ptr && part.body.ptr + part.body.len <= rest.ptr + rest.len));
		sniff(part.body);
	}
	ASSERT(step == MULTIPART_END || why);
	return 0;
}

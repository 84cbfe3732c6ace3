/* Request heads, targets, cookies and chunked bodies from arbitrary bytes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "http/chunked.h"
#include "http/head.h"
#include "http/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_target(const struct http_head *h)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT(1u << 20);
	struct slice query = h->query;
	struct slice name, value, text;
	if (is_ok(http_decode(h->path, false, &arena, &text)))
		ASSERT(utf8_valid(text));
	while (http_query_next(&query, &name, &value))
		if (is_ok(http_decode(value, true, &arena, &text)))
			ASSERT(utf8_valid(text) && text.len <= value.len);
}

static void read_chunks(const uint8_t *data, size_t size)
{
	struct http_chunked c = {0};
	char *bytes = malloc(size + 1);
	if (!bytes)
		return;
	memcpy(bytes, data, size);
	size_t used = 0, kept = 0;
	(void)http_chunked_decode(&c, bytes, size, &used, &kept);
	ASSERT(used <= size && kept <= used);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_head h;
	const char *why = NULL;
	int verdict = http_head_parse(slice_of((const char *)data, size), &h, &why);
	if (verdict == HTTP_OK) {
		ASSERT(h.bytes <= size && h.path.len > 0 && h.path.ptr[0] == '/');
		read_target(&h);
		(void)http_cookie(h.known[HTTP_H_COOKIE], SLICE("__Host-ward_session"));
	} else if (verdict != HTTP_MORE) {
		ASSERT(verdict >= 400 && verdict < 600 && why);
	}
	read_chunks(data, size);
	return 0;
}

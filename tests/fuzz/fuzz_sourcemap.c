/* A source map of arbitrary bytes, and stacks mapped through it. */
#include <stdint.h>

#include "app/sourcemap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err;
	struct sourcemap *map = NULL;
	CLEANUP_BUF struct buf out = BUF_INIT(1u << 20);
	struct slice text = slice_of((const char *)data, size);
	if (!is_ok(sourcemap_parse(text, &err, &map)))
		return 0;
	sourcemap_apply(map, SLICE("bundle.js"), SLICE("    at f (bundle.js:1:1)\n    at g (bundle.js:3:700)\n"), &out);
	sourcemap_apply(map, SLICE("bundle.js"), text, &out);
	sourcemap_free(map);
	return 0;
}

/*
 * A language server's stream: framing over any bytes, and every whole message through the methods. The server
 * has no rules, so that a review ends before it reads a file; whatever comes out must itself be well-framed.
 */
#include "base/check.h"
#include "review/lsp/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_output(const struct buf *out)
{
	struct error err;
	for (size_t at = 0; at < out->len;) {
		struct slice body;
		size_t used;
		ASSERT(is_ok(lsp_frame_next(slice_of(out->ptr + at, out->len - at), &err, &body, &used)) &&
		       used > 0);
		at += used;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct lsp_options options = {.rules_dir = "/nonexistent", .version = "0", .threads = 1};
	struct error err;
	struct lsp *lsp = lsp_new(&options);
	CLEANUP_BUF struct buf out = BUF_INIT(64u << 20);
	struct slice in = slice_of((const char *)data, size);
	struct slice body;
	size_t used = 0;
	bool goes_on = lsp != NULL;
	while (goes_on && is_ok(lsp_frame_next(in, &err, &body, &used)) && used > 0) {
		ASSERT(used <= in.len && body.ptr >= in.ptr && body.ptr + body.len == in.ptr + used);
		goes_on = lsp_take(lsp, body, &out);
		in = slice_of(in.ptr + used, in.len - used);
	}
	if (lsp && lsp_due_ms(lsp) >= 0)
		lsp_refresh(lsp, &out);
	check_output(&out);
	lsp_free(lsp);
	return 0;
}

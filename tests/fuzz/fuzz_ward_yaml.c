/* ward.yaml is written by whoever writes the app; reading it must end, within memory, with findings and
 * nothing else. */
#include "app/manifest/manifest.h"

#include <stdlib.h>

static bool give(void *context, struct slice file, struct slice *ret_text)
{
	(void)file;
	*ret_text = *(const struct slice *)context;
	return true;
}

/* libfyaml 0.7.12 keeps a few tokens of a text that it refuses; ward reads one file in a run, so that is let be. */
const char *__lsan_default_suppressions(void); // NOLINT
const char *__lsan_default_suppressions(void) // NOLINT
{
	return "leak:libfyaml\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_ARENA struct arena arena = ARENA_INIT(32u << 20);
	CLEANUP_BUF struct buf shown = BUF_INIT(8u << 20);
	struct slice text = slice_of((const char *)data, size);
	struct diagnostics d;
	struct manifest m = {0};
	struct error err = {0};
	diagnostics_init(&d);
	result r = manifest_parse(text, &arena, &d, &err, &m);
	/* A file without errors is one that names its app. */
	if (is_ok(r) && d.errors == 0 && !m.app.len)
		abort();
	const struct source_reader reader = {give, &text};
	diagnostics_sort(&d);
	diagnostics_print(&d, &reader, true, &shown);
	diagnostics_print_json(&d, &shown);
	diagnostics_done(&d);
	return 0;
}

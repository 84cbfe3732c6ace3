/* The secret scanner over any text: no crash, and every hit lies inside the text, in order, on lines that
 * exist. */
#include <stdint.h>
#include <stdlib.h>

#include "base/check.h"
#include "review/secrets/secrets.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct secret_rules *rules;
	struct error err;
	struct secret_hits hits;
	if (!rules && !is_ok(secret_rules_builtin(&err, &rules)))
		abort();
	if (!is_ok(secrets_scan_text(rules, slice_of((const char *)data, size), &err, &hits)))
		return 0;
	size_t end = 0;
	for (size_t i = 0; i < hits.count; i++) {
		const struct secret_hit *h = &hits.items[i];
		ASSERT(h->at >= end && h->len > 0 && h->len <= size - h->at);
		ASSERT(h->line >= 1 && h->line <= h->end_line && h->col >= 1);
		end = h->at + h->len;
	}
	secret_hits_done(&hits);
	return 0;
}

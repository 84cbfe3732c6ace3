/* Reading, comparing and, when asked to, writing kept texts. */
#include "golden.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#define GOLDEN_BYTES_MAX (4u << 20)

char *golden_read(const char *stem, const char *suffix)
{
	char path[1024];
	(void)snprintf(path, sizeof path, "%s%s", stem, suffix);
	FILE *f = fopen(path, "re");
	char *text = calloc(1, GOLDEN_BYTES_MAX);
	if (!f)
		fail_msg("there is no %s", path);
	assert_non_null(text);
	size_t n = fread(text, 1, GOLDEN_BYTES_MAX - 1, f);
	assert_true(n < GOLDEN_BYTES_MAX - 1);
	(void)fclose(f);
	return text;
}

void golden_compare(const char *stem, const char *suffix, struct buf *text)
{
	char path[1024];
	(void)snprintf(path, sizeof path, "%s%s", stem, suffix);
	assert_true(buf_ok(text));
	if (getenv("WARD_GOLDEN_WRITE")) {
		FILE *f = fopen(path, "we");
		assert_non_null(f);
		(void)fwrite(buf_cstr(text), 1, text->len, f);
		assert_int_equal(fclose(f), 0);
		return;
	}
	char *kept = golden_read(stem, suffix);
	if (strcmp(kept, buf_cstr(text)) != 0)
		fail_msg("%s\nkept:\n%s\nis:\n%s", path, kept, buf_cstr(text));
	free(kept);
}

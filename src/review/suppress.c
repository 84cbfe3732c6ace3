/* Comments and baselines. Both are read from the project, so a wrong line is passed over, never an error. */
#include "review/suppress.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "review/ignore.h"

struct slice text_line(struct slice bytes, uint32_t line)
{
	const char *at = bytes.ptr;
	const char *end = bytes.ptr + bytes.len;
	for (uint32_t i = 1; i < line && at; i++) {
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
	if (!at || line == 0)
		return SLICE_NONE;
	const char *stop = memchr(at, '\n', (size_t)(end - at));
	struct slice text = slice_of(at, (size_t)((stop ? stop : end) - at));
	if (text.len && text.ptr[text.len - 1] == '\r')
		text.len--;
	return text;
}

/* "ward-ignore RULE: reason" in a line: the reason when it is about this rule. */
static struct slice reason_in(struct slice line, const char *rule)
{
	static const struct slice marker = {"ward-ignore ", 12};
	const char *at = line.len ? memmem(line.ptr, line.len, marker.ptr, marker.len) : NULL;
	if (!at)
		return SLICE_NONE;
	struct slice rest = slice_of(at + marker.len, (size_t)(line.ptr + line.len - at) - marker.len);
	struct slice name = slice_trim(slice_cut(&rest, ':'));
	struct slice reason = rest.ptr ? slice_trim(rest) : SLICE_NONE;
	while (slice_ends(reason, SLICE("*/")) || slice_ends(reason, SLICE("-->")))
		reason =
		    slice_trim(slice_of(reason.ptr, reason.len - (slice_ends(reason, SLICE("*/")) ? 2 : 3)));
	return glob_match(name, slice_cstr(rule)) ? reason : SLICE_NONE;
}

void suppress_by_comment(struct finding *f, struct slice bytes, struct arena *arena)
{
	struct slice reason = reason_in(text_line(bytes, f->line), f->rule->id);
	if (reason.len == 0 && f->line > 1)
		reason = reason_in(text_line(bytes, f->line - 1), f->rule->id);
	if (reason.len == 0)
		return;
	f->suppressed = true;
	f->suppressed_why = arena_copy(arena, reason);
}

static bool has_marker(struct slice bytes)
{
	return bytes.len && memmem(bytes.ptr, bytes.len, "ward-ignore ", 12) != NULL;
}

/* Offsets at which lines start, with one more at the end; NULL when memory is gone. */
static size_t *line_index(struct slice bytes, size_t *ret_lines)
{
	size_t lines = 1;
	for (size_t i = 0; i < bytes.len; i++)
		lines += bytes.ptr[i] == '\n';
	size_t *starts = reallocarray(NULL, lines + 1, sizeof *starts);
	if (!starts)
		return NULL;
	size_t n = 0;
	starts[n++] = 0;
	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.ptr[i] == '\n')
			starts[n++] = i + 1;
	starts[n] = bytes.len;
	*ret_lines = n;
	return starts;
}

void suppress_all(struct findings *findings, size_t from, struct slice file, struct slice bytes)
{
	size_t lines = 0;
	size_t *starts = has_marker(bytes) ? line_index(bytes, &lines) : NULL;
	for (size_t i = from; starts && i < findings->count; i++) {
		struct finding *f = &findings->items[i];
		if (f->line == 0 || f->line > lines || !slice_eq(f->file, file))
			continue;
		size_t first = f->line > 1 ? f->line - 2 : 0;
		struct slice two = slice_of(bytes.ptr + starts[first], starts[f->line] - starts[first]);
		struct finding near = *f;
		near.line = f->line > 1 ? 2 : 1;
		suppress_by_comment(&near, two, &findings->arena);
		f->suppressed = near.suppressed;
		f->suppressed_why = near.suppressed_why;
	}
	free(starts);
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

#define BASELINE_MAX 1000000u

result baseline_apply(const char *path, struct findings *findings, struct error *err)
{
	FILE *file = fopen(path, "re");
	if (!file && errno == ENOENT)
		return error_set(err, ERR_NOT_FOUND, "there is no baseline %s", path);
	if (!file)
		return error_errno(err, "cannot read the baseline %s", path);
	uint64_t *known = NULL;
	size_t count = 0;
	size_t size = 0;
	char line[1024];
	while (count < BASELINE_MAX && fgets(line, sizeof line, file)) {
		char *end;
		uint64_t value = strtoull(line, &end, 16);
		if (end != line + 16)
			continue;
		if (count == size) {
			size = size ? size * 2 : 256;
			uint64_t *grown = reallocarray(known, size, sizeof *grown);
			if (!grown)
				break;
			known = grown;
		}
		known[count++] = value;
	}
	(void)fclose(file);
	if (count)
		qsort(known, count, sizeof *known, by_number);
	for (size_t i = 0; i < findings->count && count; i++) {
		struct finding *f = &findings->items[i];
		if (f->suppressed || !bsearch(&f->fingerprint, known, count, sizeof *known, by_number))
			continue;
		f->suppressed = true;
		f->suppressed_why = SLICE("in the baseline");
	}
	free(known);
	return RESULT_OK;
}

result baseline_write(const char *path, const struct findings *findings, struct error *err)
{
	FILE *file = fopen(path, "we");
	if (!file)
		return error_errno(err, "cannot write the baseline %s", path);
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *f = &findings->items[i];
		if (!f->suppressed)
			(void)fprintf(file, "%016" PRIx64 " %s %.*s\n", f->fingerprint, f->rule->id,
			    SLICE_ARG(f->file));
	}
	bool failed = ferror(file) != 0;
	failed = fclose(file) != 0 || failed;
	return failed ? error_errno(err, "cannot write the baseline %s", path) : RESULT_OK;
}

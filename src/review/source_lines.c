/* One file at a time, read again for its lines. Called by the outputs; the files may have changed or gone
 * since the review, which costs a code frame and nothing else. */
#include "review/source_lines.h"

#include "review/suppress.h"

void source_lines_done(struct source_lines *s)
{
	file_bytes_free(s->bytes);
	*s = (struct source_lines){.review = s->review};
}

static void open_file(struct source_lines *s, struct slice file)
{
	source_lines_done(s);
	s->file = file;
	const struct file_entry *entry = file_set_find(&s->review->files, file);
	if (!entry || !is_ok(file_set_read(&s->review->files, entry, NULL, &s->bytes)))
		s->bytes = SLICE_NONE;
	secrets_hide(&s->review->findings, file, s->bytes);
}

struct slice source_text(struct source_lines *s, struct slice file)
{
	if (!s->file.ptr || !slice_eq(file, s->file))
		open_file(s, file);
	return s->bytes;
}

struct slice source_line(struct source_lines *s, struct slice file, uint32_t line)
{
	(void)source_text(s, file);
	if (line < s->line || s->line == 0) {
		s->at = 0;
		s->line = 1;
	}
	if (line == 0)
		return SLICE_NONE;
	while (s->line < line) {
		const char *end =
		    s->at < s->bytes.len ? memchr(s->bytes.ptr + s->at, '\n', s->bytes.len - s->at) : NULL;
		if (!end)
			return SLICE_NONE;
		s->at = (size_t)(end - s->bytes.ptr) + 1;
		s->line++;
	}
	return s->at < s->bytes.len ? text_line(slice_of(s->bytes.ptr + s->at, s->bytes.len - s->at), 1)
				    : SLICE_NONE;
}

uint32_t utf16_length(struct slice text)
{
	uint32_t units = 0;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		bool goes_on = (c & 0xc0) == 0x80;
		units += goes_on ? 0 : c >= 0xf0 ? 2 : 1;
	}
	return units;
}

uint32_t utf16_column(struct slice line, uint32_t byte_col)
{
	if (byte_col == 0 || line.len == 0 || byte_col - 1 > line.len)
		return byte_col;
	return utf16_length(slice_of(line.ptr, byte_col - 1)) + 1;
}

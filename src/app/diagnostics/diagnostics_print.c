/*
 * Showing findings. A file's text goes to a terminal here, so whatever could move the cursor or change the
 * terminal is replaced first.
 */
#include "app/diagnostics/diagnostics.h"
#include "app/diagnostics/terminal.h"

#include "base/size.h"

#define FRAME_COLUMNS 100u /* of a source line; longer ones are shown around the caret */

struct style {
	const char *error, *warning, *place, *dim, *hint, *off;
};

static const struct style plain = {"", "", "", "", "", ""};
static const struct style coloured = {
    "\033[1;31m", "\033[1;33m", "\033[1m", "\033[2m", "\033[36m", "\033[0m"};

static struct slice line_of(struct slice text, uint32_t line)
{
	for (uint32_t i = 1; i < line && text.ptr; i++)
		(void)slice_cut(&text, '\n');
	struct slice found = slice_cut(&text, '\n');
	if (found.len && found.ptr[found.len - 1] == '\r')
		found.len--;
	return found;
}

/* The part of a line that is shown: whole, or a window that holds the caret and starts at a character. */
static struct slice window(struct slice line, size_t caret)
{
	size_t start = 0;
	if (line.len <= FRAME_COLUMNS)
		return line;
	if (caret > FRAME_COLUMNS / 2)
		start = size_min(caret - FRAME_COLUMNS / 2, line.len - FRAME_COLUMNS);
	while (start > 0 && ((unsigned char)line.ptr[start] & 0xc0) == 0x80)
		start--;
	size_t end = size_min(start + FRAME_COLUMNS, line.len);
	while (end < line.len && ((unsigned char)line.ptr[end] & 0xc0) == 0x80)
		end++;
	return slice_of(line.ptr + start, end - start);
}

static void add_repeat(struct buf *out, char c, size_t n)
{
	while (n-- > 0)
		buf_add_char(out, c);
}

static void add_caret(struct buf *out, const struct diagnostic *item, struct slice line, struct slice shown,
    const struct style *style)
{
	size_t from = item->column ? size_min(item->column - 1, line.len) : 0;
	size_t to = item->length ? size_min(from + item->length, line.len) : line.len;
	size_t start = (size_t)(shown.ptr - line.ptr);
	from = size_max(from, start) - start;
	to = size_min(size_max(to, start) - start, shown.len);
	size_t carets = to > from ? terminal_columns(slice_of(shown.ptr + from, to - from)) : 1;
	add_repeat(out, ' ', terminal_columns(slice_of(shown.ptr, from)));
	buf_add_cstr(out, item->severity == DIAGNOSTIC_ERROR ? style->error : style->warning);
	add_repeat(out, '^', carets);
	buf_add_cstr(out, style->off);
}

/* The byte at which so many UTF-16 units of the line end: characters past the basic plane are two units and
 * four bytes. */
static uint32_t bytes_of(struct slice line, uint32_t units)
{
	size_t i = 0;
	while (i < line.len && units > 0) {
		unsigned char c = (unsigned char)line.ptr[i++];
		while (i < line.len && ((unsigned char)line.ptr[i] & 0xc0) == 0x80)
			i++;
		units -= c >= 0xf0 && units > 1 ? 2 : 1;
	}
	return (uint32_t)i + units;
}

static struct diagnostic in_bytes(const struct diagnostic *item, struct slice line)
{
	struct diagnostic d = *item;
	if (!item->utf16 || item->column == 0)
		return d;
	uint32_t start = bytes_of(line, item->column - 1);
	d.column = start + 1;
	if (item->length)
		d.length = bytes_of(line, item->column - 1 + item->length) - start;
	return d;
}

static bool add_frame(struct buf *out, const struct diagnostic *item, const struct source_reader *reader,
    const struct style *style)
{
	struct slice text;
	if (!reader || item->line == 0 || item->file.len == 0 ||
	    !reader->read(reader->context, item->file, &text))
		return false;
	struct slice line = line_of(text, item->line);
	if (!line.ptr)
		return false;
	const struct diagnostic here = in_bytes(item, line);
	struct slice shown = window(line, here.column);
	buf_printf(out, "%s%5u |%s ", style->dim, item->line, style->off);
	terminal_add(out, shown);
	buf_printf(out, "\n%s      |%s ", style->dim, style->off);
	if (line.len)
		add_caret(out, &here, line, shown, style);
	return true;
}

static void print_one(struct buf *out, const struct diagnostic *item, const struct source_reader *reader,
    const struct style *style)
{
	bool error = item->severity == DIAGNOSTIC_ERROR;
	buf_add_cstr(out, style->place);
	if (item->file.len) {
		terminal_add(out, item->file);
		if (item->line)
			buf_printf(out, ":%u:%u", item->line, item->column ? item->column : 1);
		buf_add_cstr(out, ": ");
	}
	buf_printf(
	    out, "%s%s%s: ", error ? style->error : style->warning, error ? "error" : "warning", style->off);
	terminal_add(out, item->message);
	if (item->code.len) {
		buf_printf(out, " %s[", style->dim);
		terminal_add(out, item->code);
		buf_printf(out, "]%s", style->off);
	}
	buf_add_char(out, '\n');
	bool framed = add_frame(out, item, reader, style);
	if (item->hint.len) {
		buf_printf(out, "%s%s", framed ? " " : "      = ", style->hint);
		terminal_add(out, item->hint);
		buf_add_cstr(out, style->off);
	}
	if (framed || item->hint.len)
		buf_add_char(out, '\n');
}

static void print_count(struct buf *out, size_t n, const char *what)
{
	buf_printf(out, "%zu %s%s", n, what, n == 1 ? "" : "s");
}

void diagnostics_print(
    const struct diagnostics *d, const struct source_reader *reader, bool colour, struct buf *out)
{
	for (size_t i = 0; i < d->count; i++)
		print_one(out, &d->items[i], reader, colour ? &coloured : &plain);
	if (d->dropped)
		buf_printf(out, "... and %zu more\n", d->dropped);
	if (d->errors)
		print_count(out, d->errors, "error");
	if (d->errors && d->warnings)
		buf_add_cstr(out, ", ");
	if (d->warnings)
		print_count(out, d->warnings, "warning");
	if (d->errors || d->warnings)
		buf_add_char(out, '\n');
}

static void add_member(struct buf *out, const char *name, struct slice text)
{
	buf_printf(out, ",\"%s\":\"", name);
	buf_add_json_escaped(out, text);
	buf_add_char(out, '"');
}

static void add_json(const struct diagnostic *item, struct buf *out)
{
	buf_printf(out, "{\"severity\":\"%s\"", item->severity == DIAGNOSTIC_ERROR ? "error" : "warning");
	add_member(out, "file", item->file);
	buf_printf(out, ",\"line\":%u,\"column\":%u,\"length\":%u", item->line, item->column, item->length);
	add_member(out, "code", item->code);
	add_member(out, "message", item->message);
	add_member(out, "hint", item->hint);
	buf_add_char(out, '}');
}

void diagnostics_print_json(const struct diagnostics *d, struct buf *out)
{
	for (size_t i = 0; i < d->count; i++) {
		add_json(&d->items[i], out);
		buf_add_char(out, '\n');
	}
}

void diagnostics_json_array(const struct diagnostics *d, struct buf *out)
{
	buf_add_char(out, '[');
	for (size_t i = 0; i < d->count; i++) {
		buf_add_cstr(out, i ? ",\n" : "");
		add_json(&d->items[i], out);
	}
	buf_add_cstr(out, "]\n");
}

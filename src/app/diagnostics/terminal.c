/* Foreign text for a terminal. */
#include "app/diagnostics/terminal.h"

/* Bytes of the sequence that starts here as one printable thing; 0: show U+FFFD for one byte. */
static size_t printable(const char *s, size_t left)
{
	unsigned char c = (unsigned char)s[0];
	size_t n = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 0;
	if (n == 0 || n > left || (n == 1 && (c < 0x20 || c == 0x7f)))
		return 0;
	for (size_t i = 1; i < n; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 0;
	/* C1 controls, marks that turn the direction of text (CVE-2021-42574), separators. */
	if (n == 2 && c == 0xc2 && (unsigned char)s[1] < 0xa0)
		return 0;
	if (n == 3 && c == 0xe2 && (unsigned char)s[1] == 0x80 && (unsigned char)s[2] >= 0xa8)
		return 0;
	if (n == 3 && c == 0xe2 && (unsigned char)s[1] == 0x81 && (unsigned char)s[2] >= 0xa6)
		return 0;
	return n;
}

void terminal_add(struct buf *out, struct slice text)
{
	for (size_t i = 0; i < text.len;) {
		size_t n = printable(text.ptr + i, text.len - i);
		if (n)
			buf_add(out, text.ptr + i, n);
		else
			buf_add_cstr(out, text.ptr[i] == '\t' || text.ptr[i] == '\n' ? " " : "\xef\xbf\xbd");
		i += n ? n : 1;
	}
}

size_t terminal_columns(struct slice text)
{
	size_t columns = 0;
	for (size_t i = 0; i < text.len; columns++) {
		size_t n = printable(text.ptr + i, text.len - i);
		i += n ? n : 1;
	}
	return columns;
}

/* Problems as text. What was found comes from outside: it is cut, and shown as JSON shows it. */
#include "contract/problems.h"

#include <stdio.h>
#include <string.h>

#define FOUND_BYTES_MAX 60u

/* What the sender wrote must not break the lines of a log. */
static void tame(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

/* Cut at a character, with "..." when something is missing. */
static void copy_cut(char *to, size_t size, struct slice text)
{
	size_t n = text.len;
	if (n >= size) {
		n = size - 4;
		while (n > 0 && ((unsigned char)text.ptr[n] & 0xc0) == 0x80)
			n--;
		memcpy(to, text.ptr, n);
		memcpy(to + n, "...", 4);
		tame(to);
		return;
	}
	if (n > 0)
		memcpy(to, text.ptr, n);
	to[n] = '\0';
	tame(to);
}

result problems_add(struct problems *problems, struct slice path, const char *what, struct slice found)
{
	if (problems->count++ >= PROBLEMS_MAX)
		return (result){ERR_INVALID};
	struct problem_line *line = &problems->lines[problems->count - 1];
	copy_cut(line->path, sizeof line->path, path);
	char room[FOUND_BYTES_MAX + 4];
	char text[PROBLEM_TEXT_MAX + 64];
	copy_cut(room, sizeof room, found);
	int n = found.ptr ? snprintf(text, sizeof text, "%s, found %s", what, room)
			  : snprintf(text, sizeof text, "%s", what);
	copy_cut(line->text, sizeof line->text,
	    slice_of(text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1));
	return (result){ERR_INVALID};
}

static size_t shown(const struct problems *problems)
{
	return problems->count < PROBLEMS_MAX ? problems->count : PROBLEMS_MAX;
}

void problems_json(const struct problems *problems, struct buf *out)
{
	buf_add_char(out, '[');
	for (size_t i = 0; i < shown(problems); i++) {
		buf_add_cstr(out, i > 0 ? ",{\"path\":\"" : "{\"path\":\"");
		buf_add_json_escaped(out, slice_cstr(problems->lines[i].path));
		buf_add_cstr(out, "\",\"message\":\"");
		buf_add_json_escaped(out, slice_cstr(problems->lines[i].text));
		buf_add_cstr(out, "\"}");
	}
	buf_add_char(out, ']');
}

void problems_text(const struct problems *problems, struct buf *out)
{
	for (size_t i = 0; i < shown(problems); i++)
		buf_printf(out, "%s%s: %s", i > 0 ? "\n" : "",
		    problems->lines[i].path[0] ? problems->lines[i].path : "(the value)",
		    problems->lines[i].text);
	if (problems->count > PROBLEMS_MAX)
		buf_printf(out, "\nand %zu more", problems->count - PROBLEMS_MAX);
}

/* Called by the gateway for uploads: all of it is the sender's. */
#include "http/multipart.h"

#include <string.h>

#include "http/target.h"

#define BOUNDARY_BYTES_MAX 70u /* RFC 2046 section 5.1.1 */

static bool bad(const char **ret_why, const char *why)
{
	*ret_why = why;
	return false;
}

/* RFC 2046 section 5.1.1, without the space. */
static bool boundary_char(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
	       (c != '\0' && strchr("'()+_,-./:=?", c));
}

bool multipart_is(struct slice content_type)
{
	return slice_eq_nocase(slice_trim(slice_cut(&content_type, ';')), SLICE("multipart/form-data"));
}

static bool read_boundary(struct slice content_type, struct slice *ret)
{
	(void)slice_cut(&content_type, ';');
	struct slice name = slice_trim(slice_cut(&content_type, '='));
	struct slice value = slice_trim(content_type);
	if (value.len > 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
		value = slice_of(value.ptr + 1, value.len - 2);
	if (!slice_eq_nocase(name, SLICE("boundary")) || value.len == 0 || value.len > BOUNDARY_BYTES_MAX)
		return false;
	for (size_t i = 0; i < value.len; i++)
		if (!boundary_char(value.ptr[i]))
			return false;
	*ret = value;
	return true;
}

static bool take(struct slice *rest, struct slice text)
{
	if (!slice_starts(*rest, text))
		return false;
	*rest = slice_of(rest->ptr + text.len, rest->len - text.len);
	return true;
}

/* What stands behind a boundary: a line end, or two dashes and the end of the body. */
static bool after_boundary(struct multipart *m, const char **ret_why)
{
	if (take(&m->rest, SLICE("\r\n")))
		return true;
	if (!take(&m->rest, SLICE("--")))
		return bad(ret_why, "a boundary is followed by something else");
	m->ended = true;
	(void)take(&m->rest, SLICE("\r\n"));
	return m->rest.len == 0 || bad(ret_why, "something stands after the last boundary");
}

bool multipart_begin(
    struct slice content_type, struct slice body, struct multipart *ret, const char **ret_why)
{
	struct multipart m = {.rest = body};
	if (!read_boundary(content_type, &m.boundary))
		return bad(ret_why, "the content type has no usable boundary");
	if (!take(&m.rest, SLICE("--")) || !take(&m.rest, m.boundary))
		return bad(ret_why, "the body does not begin with its boundary");
	if (!after_boundary(&m, ret_why))
		return false;
	*ret = m;
	return true;
}

static bool value_char(char c)
{
	return (unsigned char)c >= 0x20 && c != '"' && c != '\\' && (unsigned char)c != 0x7f;
}

/* ; name="value" */
static bool parameter(struct slice *rest, struct slice *ret_name, struct slice *ret_value)
{
	*rest = slice_trim(*rest);
	if (!take(rest, SLICE(";")))
		return false;
	*ret_name = slice_trim(slice_cut(rest, '='));
	if (!take(rest, SLICE("\"")))
		return false;
	size_t n = 0;
	while (n < rest->len && value_char(rest->ptr[n]))
		n++;
	if (n == rest->len || rest->ptr[n] != '"')
		return false;
	*ret_value = slice_of(rest->ptr, n);
	*rest = slice_of(rest->ptr + n + 1, rest->len - n - 1);
	return true;
}

/* A quote or a line end in a name is sent percent-encoded; nothing of ours is called so, and files need not
 * be. */
static bool has_escape(struct slice text)
{
	for (size_t i = 0; i + 2 < text.len; i++)
		if (text.ptr[i] == '%' &&
		    (memcmp(text.ptr + i, "%22", 3) == 0 || memcmp(text.ptr + i, "%0", 2) == 0))
			return true;
	return false;
}

/* U+202A to U+202E and U+2066 to U+2069: they make photo\u202Egpj.exe look like photoexe.jpg. */
static bool turns_around(struct slice text)
{
	for (size_t i = 0; i + 2 < text.len; i++) {
		const unsigned char *p = (const unsigned char *)text.ptr + i;
		if (p[0] == 0xe2 && ((p[1] == 0x80 && p[2] >= 0xaa && p[2] <= 0xae) ||
					(p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9)))
			return true;
	}
	return false;
}

/* Empty where no file was chosen. */
static bool file_name_fine(struct slice name)
{
	if (name.len == 0)
		return true;
	return name.len <= MULTIPART_FILE_NAME_BYTES_MAX && utf8_valid(name) && !has_escape(name) &&
	       !turns_around(name) && !memchr(name.ptr, '/', name.len) && !slice_eq(name, SLICE(".")) &&
	       !slice_eq(name, SLICE("..")) && name.ptr[name.len - 1] != '.' && name.ptr[name.len - 1] != ' ';
}

static bool read_disposition(struct slice value, struct multipart_part *part, const char **ret_why)
{
	struct slice kind = value, key, text;
	size_t n = 0;
	while (n < kind.len && kind.ptr[n] != ';')
		n++;
	value = slice_of(value.ptr + n, value.len - n);
	if (part->name.ptr || !slice_eq_nocase(slice_trim(slice_of(kind.ptr, n)), SLICE("form-data")))
		return bad(ret_why, "a part is not form-data, or says so twice");
	while (value.len > 0) {
		if (!parameter(&value, &key, &text))
			return bad(ret_why, "a Content-Disposition is malformed");
		bool is_name = slice_eq_nocase(key, SLICE("name"));
		struct slice *to = is_name ? &part->name : &part->file_name;
		if ((!is_name && !slice_eq_nocase(key, SLICE("filename"))) || to->ptr)
			return bad(ret_why, "a Content-Disposition has an unknown parameter, or one twice");
		*to = text;
	}
	if (!part->name.ptr || part->name.len == 0 || part->name.len > MULTIPART_NAME_BYTES_MAX ||
	    !utf8_valid(part->name) || has_escape(part->name))
		return bad(ret_why, "a part has no usable name");
	return !part->file_name.ptr || file_name_fine(part->file_name) ||
	       bad(ret_why, "a file has a name that is a path, or that no file should have");
}

static bool printable(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] < 0x20 || (unsigned char)text.ptr[i] > 0x7e)
			return false;
	return true;
}

static bool read_header(struct slice line, struct multipart_part *part, const char **ret_why)
{
	if (!memchr(line.ptr, ':', line.len))
		return bad(ret_why, "a part has a header line without a colon");
	struct slice name = slice_cut(&line, ':');
	struct slice value = slice_trim(line);
	if (slice_eq_nocase(name, SLICE("content-disposition")))
		return read_disposition(value, part, ret_why);
	if (!slice_eq_nocase(name, SLICE("content-type")))
		return bad(ret_why, "a part has a header other than Content-Disposition and Content-Type");
	if (part->type.ptr || value.len == 0 || !printable(value))
		return bad(ret_why, "a part has an unusable Content-Type, or two");
	part->type = value;
	return true;
}

/* Up to and with the empty line. */
static bool read_head(struct multipart *m, struct multipart_part *part, const char **ret_why)
{
	size_t left = m->rest.len < MULTIPART_HEAD_BYTES_MAX ? m->rest.len : MULTIPART_HEAD_BYTES_MAX;
	for (;;) {
		const char *end = left > 0 ? memchr(m->rest.ptr, '\r', left) : NULL;
		size_t n = end ? (size_t)(end - m->rest.ptr) : 0;
		if (!end || n + 1 >= left || end[1] != '\n')
			return bad(ret_why, "the head of a part is malformed or too long");
		struct slice line = slice_of(m->rest.ptr, n);
		m->rest = slice_of(m->rest.ptr + n + 2, m->rest.len - n - 2);
		left -= n + 2;
		if (line.len == 0)
			return part->name.ptr || bad(ret_why, "a part has no Content-Disposition");
		if (!read_header(line, part, ret_why))
			return false;
	}
}

/* The bytes up to the line end and boundary that close them. */
static bool read_body(struct multipart *m, struct slice *ret, const char **ret_why)
{
	char mark[BOUNDARY_BYTES_MAX + 4] = "\r\n--";
	memcpy(mark + 4, m->boundary.ptr, m->boundary.len);
	const char *end = memmem(m->rest.ptr, m->rest.len, mark, m->boundary.len + 4);
	if (!end)
		return bad(ret_why, "a part is not closed by the boundary");
	size_t n = (size_t)(end - m->rest.ptr);
	*ret = slice_of(m->rest.ptr, n);
	n += m->boundary.len + 4;
	m->rest = slice_of(m->rest.ptr + n, m->rest.len - n);
	return after_boundary(m, ret_why);
}

enum multipart_step multipart_next(struct multipart *m, struct multipart_part *ret, const char **ret_why)
{
	struct multipart_part part = {0};
	if (m->ended)
		return MULTIPART_END;
	if (m->count++ == MULTIPART_PARTS_MAX) {
		*ret_why = "the body has too many parts";
		return MULTIPART_BAD;
	}
	if (!read_head(m, &part, ret_why) || !read_body(m, &part.body, ret_why))
		return MULTIPART_BAD;
	*ret = part;
	return MULTIPART_PART;
}

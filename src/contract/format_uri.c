/* URIs, IRIs and URI templates: one recogniser for the grammar of RFC 3986, with the wider characters of RFC
 * 3987. */
#include <string.h>

#include "contract/compiled.h"
#include "contract/format.h"
#include "contract/uri.h"

/* Which characters a component takes besides unreserved ones, percent-encodings and sub-delims. */
enum { EXTRA_COLON = 1, EXTRA_AT = 2, EXTRA_SLASH = 4, EXTRA_QUESTION = 8, EXTRA_PRIVATE = 16 };

#define PCHAR (EXTRA_COLON | EXTRA_AT)

/* ucschar and iprivate (RFC 3987 section 2.2). */
static bool wide_character(uint32_t c, bool private)
{
	if ((c >= 0xa0 && c <= 0xd7ff) || (c >= 0xf900 && c <= 0xfdcf) || (c >= 0xfdf0 && c <= 0xffef))
		return true;
	if (c >= 0x10000 && c <= 0xdffff)
		return (c & 0xffff) <= 0xfffd;
	if (c >= 0xe1000 && c <= 0xefffd)
		return true;
	return private && ((c >= 0xe000 && c <= 0xf8ff) || (c >= 0xf0000 && c <= 0xffffd) ||
			      (c >= 0x100000 && c <= 0x10fffd));
}

static uint32_t decode(const unsigned char *s, size_t n)
{
	uint32_t c = s[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++)
		c = c << 6 | (s[i] & 63);
	return c;
}

/* Length of the character at s if the component takes it, else 0. */
static size_t character(struct slice s, unsigned extra, bool wide)
{
	char c = s.ptr[0];
	if (format_digit(c) || format_letter(c) || (c && strchr("-._~!$&'()*+,;=", c)))
		return 1;
	if (c == '%')
		return s.len >= 3 && format_hex(s.ptr[1]) && format_hex(s.ptr[2]) ? 3 : 0;
	if ((c == ':' && extra & EXTRA_COLON) || (c == '@' && extra & EXTRA_AT) ||
	    (c == '/' && extra & EXTRA_SLASH) || (c == '?' && extra & EXTRA_QUESTION))
		return 1;
	if ((unsigned char)c < 0x80 || !wide)
		return 0;
	size_t n = utf8_length((const unsigned char *)s.ptr, s.len);
	return n > 0 && wide_character(decode((const unsigned char *)s.ptr, n), extra & EXTRA_PRIVATE) ? n
												       : 0;
}

static bool component(struct slice text, unsigned extra, bool wide)
{
	while (text.len > 0) {
		size_t n = character(text, extra, wide);
		if (n == 0)
			return false;
		text.ptr += n;
		text.len -= n;
	}
	return true;
}

/* IP-literal: an IPv6 address, or IPvFuture (section 3.2.2). */
static bool ip_literal(struct slice inner)
{
	if (inner.len == 0 || (inner.ptr[0] | 0x20) != 'v')
		return format_ipv6(inner);
	size_t n = 1;
	while (n < inner.len && format_hex(inner.ptr[n]))
		n++;
	return n > 1 && n + 1 < inner.len && inner.ptr[n] == '.' &&
	       !memchr(inner.ptr + n, '%', inner.len - n) &&
	       component(slice_of(inner.ptr + n + 1, inner.len - n - 1), EXTRA_COLON, false);
}

static bool authority(struct slice text, bool wide)
{
	struct slice host = text;
	const char *at = memrchr(text.ptr, '@', text.len);
	if (at) {
		if (!component(slice_of(text.ptr, (size_t)(at - text.ptr)), EXTRA_COLON, wide))
			return false;
		host = slice_of(at + 1, text.len - (size_t)(at - text.ptr) - 1);
	}
	struct slice port = SLICE("");
	if (host.len > 0 && host.ptr[0] == '[') {
		const char *close = memchr(host.ptr, ']', host.len);
		if (!close || !ip_literal(slice_of(host.ptr + 1, (size_t)(close - host.ptr) - 1)))
			return false;
		port = slice_of(close + 1, host.len - (size_t)(close - host.ptr) - 1);
		if (port.len > 0 && port.ptr[0] != ':')
			return false;
	} else {
		const char *colon = memchr(host.ptr, ':', host.len);
		if (colon) {
			port = slice_of(colon, host.len - (size_t)(colon - host.ptr));
			host.len = (size_t)(colon - host.ptr);
		}
		if (!component(host, 0, wide))
			return false;
	}
	for (size_t i = 1; i < port.len; i++)
		if (!format_digit(port.ptr[i]))
			return false;
	return true;
}

static bool scheme(struct slice text)
{
	if (text.len == 0 || !format_letter(text.ptr[0]))
		return false;
	for (size_t i = 1; i < text.len; i++)
		if (!format_digit(text.ptr[i]) && !format_letter(text.ptr[i]) &&
		    (text.ptr[i] == '\0' || !strchr("+-.", text.ptr[i])))
			return false;
	return true;
}

static bool reference(struct slice text, bool relative, bool wide)
{
	struct uri uri = uri_split(text);
	if (uri.scheme.ptr ? !scheme(uri.scheme) : !relative)
		return false;
	if (uri.authority.ptr && !authority(uri.authority, wide))
		return false;
	/* After an authority a path is empty or begins with a slash: the split sees to it. */
	return component(uri.path, PCHAR | EXTRA_SLASH, wide) &&
	       (!uri.query.ptr ||
		   component(uri.query, PCHAR | EXTRA_SLASH | EXTRA_QUESTION | EXTRA_PRIVATE, wide)) &&
	       (!uri.fragment.ptr || component(uri.fragment, PCHAR | EXTRA_SLASH | EXTRA_QUESTION, wide));
}

bool format_uri(struct slice text)
{
	return reference(text, false, false);
}

bool format_uri_reference(struct slice text)
{
	return reference(text, true, false);
}

bool format_iri(struct slice text)
{
	return reference(text, false, true);
}

bool format_iri_reference(struct slice text)
{
	return reference(text, true, true);
}

/* varname (RFC 6570 section 2.3): letters, digits, _, percent-encodings, with single dots inside. */
static size_t variable_name(struct slice text)
{
	size_t n = 0;
	bool dot = true;
	while (n < text.len) {
		char c = text.ptr[n];
		if (c == '.') {
			if (dot)
				return 0;
			dot = true;
			n++;
			continue;
		}
		if (c == '%' && n + 2 < text.len && format_hex(text.ptr[n + 1]) &&
		    format_hex(text.ptr[n + 2]))
			n += 3;
		else if (format_digit(c) || format_letter(c) || c == '_')
			n++;
		else
			break;
		dot = false;
	}
	return dot ? 0 : n;
}

/* varspec: a name, then :LENGTH below 10 000 or *. */
static bool variable(struct slice spec)
{
	size_t n = variable_name(spec);
	if (n == 0)
		return false;
	struct slice rest = slice_of(spec.ptr + n, spec.len - n);
	if (rest.len == 0 || slice_eq(rest, SLICE("*")))
		return true;
	if (rest.ptr[0] != ':' || rest.len < 2 || rest.len > 5 || rest.ptr[1] == '0')
		return false;
	for (size_t i = 1; i < rest.len; i++)
		if (!format_digit(rest.ptr[i]))
			return false;
	return true;
}

static bool expression(struct slice inner)
{
	if (inner.len > 0 && inner.ptr[0] && strchr("+#./;?&=,!@|", inner.ptr[0])) {
		inner.ptr++;
		inner.len--;
	}
	if (inner.len == 0)
		return false;
	while (inner.ptr)
		if (!variable(slice_cut(&inner, ',')))
			return false;
	return true;
}

/* Characters outside expressions (section 2.1). */
static size_t literal(struct slice s)
{
	unsigned char c = (unsigned char)s.ptr[0];
	if (c == '%')
		return s.len >= 3 && format_hex(s.ptr[1]) && format_hex(s.ptr[2]) ? 3 : 0;
	if (c < 0x80)
		return c > 0x20 && c != 0x7f && !strchr("\"'<>\\^`{|}", (char)c);
	size_t n = utf8_length((const unsigned char *)s.ptr, s.len);
	return n > 0 && wide_character(decode((const unsigned char *)s.ptr, n), true) ? n : 0;
}

bool format_uri_template(struct slice text)
{
	while (text.len > 0) {
		size_t n;
		if (text.ptr[0] == '{') {
			const char *close = memchr(text.ptr, '}', text.len);
			if (!close || !expression(slice_of(text.ptr + 1, (size_t)(close - text.ptr) - 1)))
				return false;
			n = (size_t)(close - text.ptr) + 1;
		} else {
			n = literal(text);
		}
		if (n == 0)
			return false;
		text.ptr += n;
		text.len -= n;
	}
	return true;
}

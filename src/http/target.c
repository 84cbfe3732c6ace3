#include "http/target.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool utf8_valid(struct slice text)
{
	const unsigned char *s = (const unsigned char *)text.ptr;
	size_t i = 0;
	while (i < text.len) {
		unsigned char c = s[i];
		size_t more = c < 0x80 ? 0 : c >= 0xc2 && c < 0xe0 ? 1 : c >= 0xe0 && c < 0xf0 ? 2 : c >= 0xf0 && c < 0xf5 ? 3 : 4;
		if (more == 4 || i + more >= text.len)
			return false;
		/* RFC 3629 section 4: no overlong forms, no surrogates, nothing past U+10FFFF. */
		if ((c == 0xe0 && s[i + 1] < 0xa0) || (c == 0xed && s[i + 1] > 0x9f) || (c == 0xf0 && s[i + 1] < 0x90) ||
		    (c == 0xf4 && s[i + 1] > 0x8f))
			return false;
		for (size_t k = 1; k <= more; k++)
			if ((s[i + k] & 0xc0) != 0x80)
				return false;
		i += more + 1;
	}
	return true;
}

result http_decode(struct slice text, bool plus_is_space, struct arena *arena, struct slice *ret)
{
	bool plain = memchr(text.ptr ? text.ptr : "", '%', text.len) == NULL &&
		     (!plus_is_space || memchr(text.ptr ? text.ptr : "", '+', text.len) == NULL);
	if (plain) {
		if (!utf8_valid(text))
			return (result){ERR_INVALID};
		*ret = text;
		return RESULT_OK;
	}
	char *out = arena_alloc(arena, text.len + 1);
	if (!out)
		return (result){ERR_LIMIT};
	size_t n = 0;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (c == '%') {
			bool whole = text.len - i > 2;
			int high = whole ? hex_value(text.ptr[i + 1]) : -1;
			int low = whole ? hex_value(text.ptr[i + 2]) : -1;
			if (high < 0 || low < 0)
				return (result){ERR_INVALID};
			c = (char)(high * 16 + low);
			if (c == '\0')
				return (result){ERR_INVALID};
			i += 2;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		out[n++] = c;
	}
	out[n] = '\0';
	struct slice decoded = slice_of(out, n);
	if (!utf8_valid(decoded))
		return (result){ERR_INVALID};
	*ret = decoded;
	return RESULT_OK;
}

bool http_query_next(struct slice *query, struct slice *ret_name, struct slice *ret_value)
{
	while (query->ptr) {
		struct slice value = slice_cut(query, '&');
		if (value.len == 0)
			continue;
		*ret_name = slice_cut(&value, '=');
		*ret_value = value.ptr ? value : SLICE("");
		return true;
	}
	return false;
}

bool http_location_add(struct buf *out, struct slice path)
{
	static const char hex[] = "0123456789ABCDEF";
	if (path.len == 0 || path.ptr[0] != '/' || (path.len > 1 && (path.ptr[1] == '/' || path.ptr[1] == '\\')))
		return false;
	for (size_t i = 0; i < path.len; i++)
		if ((unsigned char)path.ptr[i] < 0x20 || path.ptr[i] == 0x7f)
			return false;
	for (size_t i = 0; i < path.len; i++) {
		const unsigned char c = (unsigned char)path.ptr[i];
		/* RFC 3986 appendix A has no place for these outside of an encoding. */
		if (c > 0x20 && c < 0x7f && !strchr("\"<>\\^`{|}", c)) {
			buf_add_char(out, (char)c);
			continue;
		}
		buf_add_char(out, '%');
		buf_add_char(out, hex[c >> 4]);
		buf_add_char(out, hex[c & 15]);
	}
	return true;
}

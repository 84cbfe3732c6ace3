/* Called for every byte of every body: the sender's. Trusts nothing. */
#include "contract/json.h"

#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

void json_init(struct json *j, struct slice text, struct buf *out)
{
	const char *ptr = text.ptr ? text.ptr : "";
	*j = (struct json){.at = ptr, .start = ptr, .end = ptr + text.len, .out = out};
	/* Two bytes out for one in covers most documents; more is asked for as needed. */
	size_t want = text.len * 2 + 64;
	if (out->len <= out->cap && want > out->cap - out->len)
		want = out->cap - out->len;
	if (buf_reserve(out, want)) {
		j->w = out->ptr + out->len;
		j->w_end = out->ptr + out->size;
	}
}

void json_flush(struct json *j)
{
	if (j->w)
		j->out->len = json_offset(j);
}

bool json_grow(struct json *j, size_t n)
{
	json_flush(j);
	if (!buf_reserve(j->out, n)) {
		j->full = true;
		return false;
	}
	j->w = j->out->ptr + j->out->len;
	j->w_end = j->out->ptr + j->out->size;
	return true;
}

bool json_fail(struct json *j, const char *error)
{
	if (!j->error)
		j->error = error;
	return false;
}

static int hex_of(const char *p)
{
	int value = 0;
	for (int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)p[i];
		int digit = c >= '0' && c <= '9'		     ? c - '0'
			    : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
								     : -1;
		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

static size_t put_utf8(char *w, uint32_t c)
{
	if (c < 0x80) {
		w[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		w[0] = (char)(0xc0 | c >> 6);
		w[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		w[0] = (char)(0xe0 | c >> 12);
		w[1] = (char)(0x80 | (c >> 6 & 63));
		w[2] = (char)(0x80 | (c & 63));
		return 3;
	}
	w[0] = (char)(0xf0 | c >> 18);
	w[1] = (char)(0x80 | (c >> 12 & 63));
	w[2] = (char)(0x80 | (c >> 6 & 63));
	w[3] = (char)(0x80 | (c & 63));
	return 4;
}

static uint8_t controls_of(uint32_t c)
{
	if (c == '\n' || c == '\t' || c == '\r')
		return TEXT_HAS_LINE;
	return c < 0x20 || (c >= 0x7f && c < 0xa0) ? TEXT_HAS_CONTROL : 0;
}

/* At "u": one character, of two escapes when it is past U+FFFF (RFC 8259 section 7). */
static bool unicode_escape(struct json *j, uint32_t *ret)
{
	if (j->end - j->at < 5)
		return json_fail(j, "ends inside a string");
	int high = hex_of(j->at + 1);
	if (high < 0)
		return json_fail(j, "has an escape \\u without four hexadecimal digits");
	j->at += 5;
	*ret = (uint32_t)high;
	if (high < 0xd800 || high > 0xdfff)
		return true;
	int low = high < 0xdc00 && j->end - j->at >= 6 && j->at[0] == '\\' && j->at[1] == 'u'
		      ? hex_of(j->at + 2)
		      : -1;
	if (low < 0xdc00 || low > 0xdfff)
		return json_fail(j, "has half of a surrogate pair");
	j->at += 6;
	*ret = 0x10000 + (((uint32_t)high - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
	return true;
}

static bool escape(struct json *j, struct json_text *text)
{
	static const char plain[256] = {['"'] = '"',
	    ['\\'] = '\\',
	    ['/'] = '/',
	    ['b'] = '\b',
	    ['f'] = '\f',
	    ['n'] = '\n',
	    ['r'] = '\r',
	    ['t'] = '\t'};
	uint32_t c;
	if (++j->at >= j->end)
		return json_fail(j, "ends inside a string");
	if (*j->at == 'u') {
		if (!unicode_escape(j, &c))
			return false;
	} else {
		c = (unsigned char)plain[(unsigned char)*j->at++];
		if (c == 0)
			return json_fail(j, "has an escape that JSON does not know");
	}
	text->controls |= controls_of(c);
	if (!json_room(j, 4))
		return false;
	size_t n = put_utf8(j->w, c);
	j->w += n;
	text->chars -= (uint32_t)n - 1; /* chars counts continuation bytes down, see json_scan_string() */
	return true;
}

/* A run of characters past U+007F. */
static bool wide(struct json *j, struct json_text *text)
{
	if (!json_room(j, (size_t)(j->end - j->at) < 64 ? (size_t)(j->end - j->at) : 64))
		return false;
	while (j->at < j->end && (unsigned char)*j->at >= 0x80) {
		size_t n = utf8_length((const unsigned char *)j->at, (size_t)(j->end - j->at));
		if (n == 0)
			return json_fail(j, "is not valid UTF-8");
		if (n == 2 && (unsigned char)j->at[0] == 0xc2 && (unsigned char)j->at[1] < 0xa0)
			text->controls |= TEXT_HAS_CONTROL;
		if (!json_room(j, 4))
			return false;
		memcpy(j->w, j->at, n);
		j->w += n;
		j->at += n;
		text->chars -= (uint32_t)n - 1;
	}
	return true;
}

/* Copies bytes that stand for themselves; stops at a quote, a backslash, a control character or a byte past
 * 0x7e. */
static bool plain_run(struct json *j)
{
	const char *p = j->at, *end = j->end;
	char *w = j->w, *w_end = j->w_end;
#if defined(__SSE2__)
	const __m128i quote = _mm_set1_epi8('"'), back = _mm_set1_epi8('\\'), space = _mm_set1_epi8(0x20),
		      del = _mm_set1_epi8(0x7f);
	while (end - p >= 16 && w_end - w >= 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		_mm_storeu_si128((__m128i *)(void *)w, v);
		/* Signed: bytes past 0x7f are below 0x20 too. */
		__m128i stop = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, back)),
		    _mm_or_si128(_mm_cmplt_epi8(v, space), _mm_cmpeq_epi8(v, del)));
		unsigned mask = (unsigned)_mm_movemask_epi8(stop);
		if (mask) {
			unsigned n = (unsigned)__builtin_ctz(mask);
			j->at = p + n;
			j->w = w + n;
			return true;
		}
		p += 16;
		w += 16;
	}
#endif
	while (p < end) {
		unsigned char c = (unsigned char)*p;
		if (c < 0x20 || c == '"' || c == '\\' || c >= 0x7f)
			break;
		if (w == w_end) {
			j->at = p;
			j->w = w;
			if (!json_room(j, 1))
				return false;
			w = j->w;
			w_end = j->w_end;
		}
		*w++ = (char)c;
		p++;
	}
	j->at = p;
	j->w = w;
	return true;
}

/* What stops a plain run, until the closing quote. text->chars counts down from 0: continuation bytes, modulo
 * 2^32. */
__attribute__((noinline)) static bool string_rest(struct json *j, struct json_text *text)
{
	while (*j->at != '"') {
		unsigned char c = (unsigned char)*j->at;
		if (c == '\\') {
			if (!escape(j, text))
				return false;
		} else if (c >= 0x80) {
			if (!wide(j, text))
				return false;
		} else if (c == 0x7f) {
			text->controls |= TEXT_HAS_CONTROL;
			if (!json_room(j, 1))
				return false;
			*j->w++ = *j->at++;
		} else {
			return json_fail(j, "has a raw control character in a string");
		}
		if (!plain_run(j))
			return false;
		if (j->at >= j->end)
			return json_fail(j, "ends inside a string");
	}
	return true;
}

bool json_scan_string(struct json *j, struct json_text *ret)
{
	ret->at = json_offset(j);
	ret->chars = 0;
	ret->controls = 0;
	if (!plain_run(j))
		return false;
	if (j->at >= j->end)
		return json_fail(j, "ends inside a string");
	if (*j->at != '"' && !string_rest(j, ret))
		return false;
	j->at++;
	size_t bytes = json_offset(j) - ret->at;
	if (bytes > UINT32_MAX)
		return json_fail(j, "has a string of more than 4 GiB");
	ret->bytes = (uint32_t)bytes;
	ret->chars += ret->bytes;
	return true;
}

bool json_word(struct json *j, enum value_tag *ret)
{
	static const struct {
		struct slice text;
		enum value_tag tag;
	} words[] = {{{"null", 4}, VALUE_NULL}, {{"true", 4}, VALUE_TRUE}, {{"false", 5}, VALUE_FALSE}};
	struct slice rest = slice_of(j->at, (size_t)(j->end - j->at));
	for (size_t i = 0; i < 3; i++) {
		if (slice_starts(rest, words[i].text)) {
			j->at += words[i].text.len;
			*ret = words[i].tag;
			return true;
		}
	}
	return json_fail(j, "is not JSON here");
}

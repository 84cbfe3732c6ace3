/* Text that is in memory already: what it is made of, and how JSON writes it. Called for what workers return.
 */
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "contract/json.h"

/* How many bytes from p on are printable ASCII; may stop early at the last few. */
static size_t printable_run(const char *p, size_t len)
{
	size_t i = 0;
#if defined(__SSE2__)
	const __m128i space = _mm_set1_epi8(0x20), del = _mm_set1_epi8(0x7f);
	for (; len - i >= 16; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
		/* Signed: bytes past 0x7f are below 0x20 too. */
		unsigned mask = (unsigned)_mm_movemask_epi8(
		    _mm_or_si128(_mm_cmplt_epi8(v, space), _mm_cmpeq_epi8(v, del)));
		if (mask)
			return i + (unsigned)__builtin_ctz(mask);
	}
#endif
	while (i < len && (unsigned char)p[i] >= 0x20 && (unsigned char)p[i] < 0x7f)
		i++;
	return i;
}

bool text_facts(struct slice text, struct text_facts *ret)
{
	const unsigned char *p = (const unsigned char *)text.ptr;
	uint64_t chars = 0;
	uint8_t controls = 0;
	for (size_t i = 0; i < text.len; chars++) {
		size_t run = printable_run(text.ptr + i, text.len - i);
		i += run;
		chars += run;
		if (i >= text.len)
			break;
		unsigned char c = p[i];
		if (c < 0x80) {
			if (c < 0x20 || c == 0x7f)
				controls |=
				    c == '\n' || c == '\t' || c == '\r' ? TEXT_HAS_LINE : TEXT_HAS_CONTROL;
			i++;
			continue;
		}
		size_t n = utf8_length(p + i, text.len - i);
		if (n == 0)
			return false;
		if (c == 0xc2 && p[i + 1] < 0xa0)
			controls |= TEXT_HAS_CONTROL;
		i += n;
	}
	*ret = (struct text_facts){chars, controls};
	return true;
}

static void escape(struct buf *out, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char names[32] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
	if (c == '"' || c == '\\')
		buf_add(out, (char[]){'\\', (char)c}, 2);
	else if (c < 0x20 && names[c])
		buf_add(out, (char[]){'\\', names[c]}, 2);
	else
		buf_add(out, (char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
}

/* Copies what needs no escape while it looks for what does. */
static size_t copy_run(char *w, const char *p, size_t left)
{
	size_t i = 0;
#if defined(__SSE2__)
	const __m128i quote = _mm_set1_epi8('"'), back = _mm_set1_epi8('\\'), low = _mm_set1_epi8(0x1f),
		      del = _mm_set1_epi8(0x7f);
	for (; left - i >= 16; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
		_mm_storeu_si128((__m128i *)(void *)(w + i), v);
		unsigned mask = (unsigned)_mm_movemask_epi8(
		    _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, back)),
			_mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(v, low), v), _mm_cmpeq_epi8(v, del))));
		if (mask)
			return i + (unsigned)__builtin_ctz(mask);
	}
#endif
	for (; i < left; i++) {
		unsigned char c = (unsigned char)p[i];
		if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f)
			break;
		w[i] = (char)c;
	}
	return i;
}

void json_put_string(struct buf *out, struct slice text)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < text.len;) {
		char *w = buf_reserve(out, text.len - i + 1);
		if (!w)
			return;
		size_t n = copy_run(w, text.ptr + i, text.len - i);
		out->len += n;
		i += n;
		if (i < text.len)
			escape(out, (unsigned char)text.ptr[i++]);
	}
	buf_add_char(out, '"');
}

/*
 * Looking ahead for the tag of a union: the value of one member of the object that begins here. Nothing is
 * checked on the way, since the pass that follows checks all of it; what matters is speed, because a tag that
 * comes last is looked for through the whole object.
 */
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "contract/json.h"

/* At a quote or a backslash, or at the end. */
static const char *find_quote(const char *p, const char *end)
{
#if defined(__SSE2__)
	const __m128i quote = _mm_set1_epi8('"'), back = _mm_set1_epi8('\\');
	for (; end - p >= 16; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		unsigned mask = (unsigned)_mm_movemask_epi8(
		    _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, back)));
		if (mask)
			return p + __builtin_ctz(mask);
	}
#endif
	while (p < end && *p != '"' && *p != '\\')
		p++;
	return p;
}

/* At a quote or a bracket, or at the end. The letter case bit makes [ of { and ] of }. */
static const char *find_structure(const char *p, const char *end)
{
#if defined(__SSE2__)
	const __m128i quote = _mm_set1_epi8('"'), open = _mm_set1_epi8('{'), close = _mm_set1_epi8('}'),
		      fold = _mm_set1_epi8(0x20);
	for (; end - p >= 16; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p), folded = _mm_or_si128(v, fold);
		unsigned mask = (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, quote),
		    _mm_or_si128(_mm_cmpeq_epi8(folded, open), _mm_cmpeq_epi8(folded, close))));
		if (mask)
			return p + __builtin_ctz(mask);
	}
#endif
	while (p < end && *p != '"' && (*p | 0x20) != '{' && (*p | 0x20) != '}')
		p++;
	return p;
}

/* From an opening quote to past the closing one, or to the end. */
static const char *skip_string(const char *p, const char *end)
{
	for (p = find_quote(p + 1, end); p < end && *p == '\\'; p = find_quote(p, end))
		p = end - p > 2 ? p + 2 : end;
	return p < end ? p + 1 : end;
}

/* From an opening bracket to past its closing one, or to the end. */
static const char *skip_container(const char *p, const char *end)
{
	size_t depth = 0;
	do {
		if (p == end)
			return end;
		if (*p == '"') {
			p = skip_string(p, end);
		} else {
			depth += (*p | 0x20) == '{' ? 1 : (size_t)-1;
			p++;
		}
		if (depth > 0)
			p = find_structure(p, end);
	} while (depth > 0);
	return p;
}

static const char *skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	return p;
}

static const char *skip_value(const char *p, const char *end)
{
	if (p < end && *p == '"')
		return skip_string(p, end);
	if (p < end && (*p == '{' || *p == '['))
		return skip_container(p, end);
	while (p < end && *p != ',' && *p != '}' && *p != ']' && *p != '"' && (unsigned char)*p > 0x20)
		p++;
	return p;
}

/* What is not a member with a colon ends the search: the pass that follows says what is wrong with it. */
struct slice json_find_tag(const struct json *j, struct slice name, const char **ret_end)
{
	const char *p = j->at + 1, *end = j->end;
	struct slice found = SLICE_NONE;
	while ((p = skip_space(p, end)) < end && *p == '"') {
		const char *key = p + 1;
		p = skip_string(p, end);
		bool wanted = slice_eq(slice_of(key, (size_t)(p - key) - (p > key)), name);
		p = skip_space(p, end);
		if (p == end || *p != ':')
			break;
		const char *value = skip_space(p + 1, end);
		p = skip_value(value, end);
		if (wanted) {
			found = slice_of(value, (size_t)(p - value));
			break;
		}
		p = skip_space(p, end);
		if (p == end || *p != ',')
			break;
		p++;
	}
	*ret_end = p;
	return found;
}

/*
 * Looking ahead for the tag of a union: the value of one member of the object that begins here. Nothing is
 * checked on the way, since the pass that follows checks all of it. A tag that comes last is behind
 * everything below, so the objects in an object are looked through along with it: unions in unions are looked
 * through once.
 */
#include <stdlib.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/check.h"
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
struct slice json_first_tag(const struct json *j, struct slice name)
{
	const char *end = j->end, *key, *p;
	/* Most others are told by their first letter. */
	if (end - j->at > 2 && j->at[1] == '"' && name.len > 0 && j->at[2] != name.ptr[0])
		return SLICE_NONE;
	p = key = skip_space(j->at + 1, end);
	if (p == end || *p != '"')
		return SLICE_NONE;
	p = skip_string(p, end);
	if (p - key < 2 || !slice_eq(slice_of(key + 1, (size_t)(p - key) - 2), name))
		return SLICE_NONE;
	p = skip_space(p, end);
	if (p == end || *p != ':')
		return SLICE_NONE;
	const char *value = skip_space(p + 1, end);
	return slice_of(value, (size_t)(skip_value(value, end) - value));
}

/* A record for an object that begins here; false: no memory. */
static bool begin_object(struct tag_index *t, const char *at)
{
	if (t->count == t->size) {
		uint32_t size = t->size ? t->size * 2 : 64;
		struct tag_place *places = reallocarray(t->places, size, sizeof *places);
		if (!places)
			return false;
		t->places = places;
		t->size = size;
	}
	t->places[t->count++] = (struct tag_place){.object = at};
	return true;
}

/* After a string that may be a key of the object. */
static const char *note_tag(
    struct tag_index *t, struct tag_place *object, struct slice key, const char *p, const char *end)
{
	if (object->tag.ptr || !slice_eq(key, t->name))
		return p;
	const char *colon = skip_space(p, end);
	if (colon == end || *colon != ':')
		return p;
	const char *value = skip_space(colon + 1, end);
	const bool scalar = value < end && (*value | 0x20) != '{';
	p = scalar ? skip_value(value, end) : value;
	object->tag = slice_of(value, scalar ? (size_t)(p - value) : 1);
	return p;
}

#define NO_OBJECT UINT32_MAX

/* Every object from here to the end of the one that begins here, each with its tag. */
static void index_object(struct tag_index *t, const char *p, const char *end)
{
	UNINITIALISED uint32_t open[VALUE_DEPTH_MAX + 1];
	unsigned depth = 0;
	t->count = t->cursor = 0;
	t->from = p;
	do {
		p = find_structure(p, end);
		if (p == end)
			break;
		if (*p == '"') {
			const char *after = skip_string(p, end);
			const bool in_object = open[depth - 1] != NO_OBJECT && after - p >= 2;
			struct slice key = slice_of(p + 1, (size_t)(after - p) - 2);
			p = in_object ? note_tag(t, &t->places[open[depth - 1]], key, after, end) : after;
			continue;
		}
		if ((*p | 0x20) == '}')
			depth--;
		else if (depth > VALUE_DEPTH_MAX || (*p == '{' && !begin_object(t, p)))
			break;
		else
			open[depth++] = *p == '{' ? t->count - 1 : NO_OBJECT;
		p++;
	} while (depth > 0);
	t->to = p;
}

struct slice json_find_tag(const struct json *j, struct slice name, struct tag_index *t)
{
	if (j->at < t->from || j->at >= t->to || !slice_eq(t->name, name)) {
		t->name = name;
		index_object(t, j->at, j->end);
	}
	while (t->cursor > 0 && (t->cursor == t->count || t->places[t->cursor].object > j->at))
		t->cursor--;
	while (t->cursor < t->count && t->places[t->cursor].object < j->at)
		t->cursor++;
	return t->cursor < t->count && t->places[t->cursor].object == j->at ? t->places[t->cursor].tag
									    : SLICE_NONE;
}

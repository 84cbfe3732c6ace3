/*
 * The payload sensor's front: shows a value to each language, as it is and with one more layer of encoding
 * undone. Called by the gateway for free-text fields; everything it reads is a stranger's.
 */
#include "observe/payload_internal.h"

#include "base/check.h"
#include "base/size.h"

typedef bool (*sense)(struct slice value, struct payload_finding *ret);

/* In the order of how much a structure proves. */
static const sense senses[] = {payload_sql, payload_html, payload_path, payload_shell};

bool payload_found(struct payload_finding *ret, enum payload_class class, const char *why, struct slice token)
{
	size_t n = token.len < PAYLOAD_TOKEN_MAX - 1 ? token.len : PAYLOAD_TOKEN_MAX - 1;
	*ret = (struct payload_finding){.class = class, .why = why};
	if (n)
		memcpy(ret->token, token.ptr, n);
	return true;
}

int payload_word_find(const struct payload_word *words, size_t count, struct slice word)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t mid = (low + high) / 2;
		const char *text = words[mid].text;
		size_t i = 0;
		while (i < word.len && text[i] && lower(word.ptr[i]) == text[i])
			i++;
		if (i == word.len && !text[i])
			return words[mid].meaning;
		char have = i < word.len ? lower(word.ptr[i]) : 0;
		if ((unsigned char)have < (unsigned char)text[i])
			high = mid;
		else
			low = mid + 1;
	}
	return -1;
}

bool payload_begins(struct slice text, size_t at, const char *with)
{
	for (; *with; with++, at++) {
		if (at >= text.len || lower(text.ptr[at]) != *with)
			return false;
	}
	return true;
}

size_t payload_find(struct slice text, size_t from, const char *what)
{
	for (size_t i = from; i < text.len; i++) {
		if (payload_begins(text, i, what))
			return i;
	}
	return text.len;
}

size_t payload_prose_from(struct slice text, unsigned words)
{
	for (size_t i = 0; i < text.len && words > 0;) {
		size_t begin = i;
		while (i < text.len && (is_alpha(text.ptr[i]) || (unsigned char)text.ptr[i] >= 0x80))
			i++;
		bool alone = (begin == 0 || is_space(text.ptr[begin - 1])) &&
			     (i == text.len || is_space(text.ptr[i]) || strchr(".,:;!?", text.ptr[i]));
		if (alone && i - begin >= 2 && --words == 0)
			return i;
		i = i == begin ? i + 1 : i;
	}
	return text.len + 1;
}

static int hex_value(char c)
{
	return is_digit(c) ? c - '0' : lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
}

/* The character that an escape at `at` stands for, and its length; 0 when there is none. Overlong dots
 * included. */
static size_t escape_at(struct slice s, size_t at, char *ret_c)
{
	static const struct {
		const char *text;
		char c;
	} named[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&amp;", '&'},
	    {"&colon;", ':'}, {"&tab;", '\t'}, {"&newline;", '\n'}, {"&lpar;", '('}, {"&rpar;", ')'},
	    {"%c0%ae", '.'}, {"%c0%af", '/'}, {"%c1%9c", '\\'}, {"%u2215", '/'}, {"%u2216", '\\'}};
	for (size_t i = 0; i < ARRAY_LEN(named); i++) {
		if (payload_begins(s, at, named[i].text)) {
			*ret_c = named[i].c;
			return strlen(named[i].text);
		}
	}
	if (s.ptr[at] == '%' && at + 2 < s.len && hex_value(s.ptr[at + 1]) >= 0 &&
	    hex_value(s.ptr[at + 2]) >= 0) {
		*ret_c = (char)(hex_value(s.ptr[at + 1]) * 16 + hex_value(s.ptr[at + 2]));
		return 3;
	}
	if (!payload_begins(s, at, "&#"))
		return 0;
	bool hex = payload_begins(s, at, "&#x");
	size_t i = at + (hex ? 3 : 2), begin = i;
	unsigned value = 0;
	while (i < s.len && i - begin < 8 && (hex ? hex_value(s.ptr[i]) >= 0 : is_digit(s.ptr[i])))
		value = value * (hex ? 16 : 10) + (unsigned)hex_value(s.ptr[i++]);
	if (i == begin || value == 0 || value > 127)
		return 0;
	*ret_c = (char)value;
	return i - at + (i < s.len && s.ptr[i] == ';');
}

/* Undoes escapes into out[PAYLOAD_DECODE_MAX]; double encoding ("%2527") comes undone in the same pass. */
static bool decode(struct slice value, char *out, size_t *ret_len)
{
	bool changed = false;
	size_t n = 0;
	for (size_t i = 0; i < value.len && n < PAYLOAD_DECODE_MAX;) {
		char c;
		size_t length = value.ptr[i] == '%' || value.ptr[i] == '&' ? escape_at(value, i, &c) : 0;
		if (!length) {
			out[n++] = value.ptr[i++];
			continue;
		}
		changed = true;
		i += length;
		if (c == '%' && i + 1 < value.len && hex_value(value.ptr[i]) >= 0 &&
		    hex_value(value.ptr[i + 1]) >= 0) {
			c = (char)(hex_value(value.ptr[i]) * 16 + hex_value(value.ptr[i + 1]));
			i += 2;
		}
		out[n++] = c;
	}
	*ret_len = n;
	return changed;
}

/* A form's plus signs, where nothing but they could be the spaces. */
static bool plus_to_space(struct slice value, char *out)
{
	size_t n = value.len < PAYLOAD_DECODE_MAX ? value.len : PAYLOAD_DECODE_MAX;
	if (!n || memchr(value.ptr, ' ', n) || !memchr(value.ptr, '+', n))
		return false;
	for (size_t i = 0; i < n; i++)
		out[i] = value.ptr[i] == '+' ? ' ' : value.ptr[i];
	return true;
}

static bool sense_all(struct slice value, struct payload_finding *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(senses); i++) {
		if (senses[i](value, ret))
			return true;
	}
	return false;
}

struct payload_finding payload_sense(struct slice value)
{
	struct payload_finding found = {.class = PAYLOAD_NONE, .why = ""};
	char decoded[PAYLOAD_DECODE_MAX];
	size_t n;
	if (!value.len || sense_all(value, &found))
		return found;
	if (decode(value, decoded, &n)) {
		value = slice_of(decoded, n);
		if (sense_all(value, &found))
			return found;
	}
	char spaced[PAYLOAD_DECODE_MAX];
	if (plus_to_space(value, spaced))
		(void)sense_all(slice_of(spaced, size_min(value.len, sizeof spaced)), &found);
	return found;
}

/* Judges values that stand beside telling names (value.h). The value is anyone's text; every loop is
 * bounded by it. */
#include "review/secrets/value.h"

#include <ctype.h>

#include "base/size.h"
#include "review/secrets/check.h"
#include "review/secrets/shape.h"

#define VALUE_MAX 8192u
#define HEAD_MAX 512u

struct shape {
	size_t lower, upper, digit, space, other, high, distinct;
	bool hex;
	double entropy; /* bits a byte */
};

static struct shape shape_of(struct slice v)
{
	struct shape s = {.hex = true};
	bool seen[256] = {false};
	for (size_t i = 0; i < v.len; i++) {
		uint8_t c = (uint8_t)v.ptr[i];
		s.distinct += !seen[c];
		seen[c] = true;
		s.lower += c >= 'a' && c <= 'z';
		s.upper += c >= 'A' && c <= 'Z';
		s.digit += c >= '0' && c <= '9';
		s.space += c == ' ' || c == '\t' || c == '\n';
		s.high += c >= 0x80;
		s.hex = s.hex && isxdigit(c);
	}
	s.other = v.len - s.lower - s.upper - s.digit - s.space - s.high;
	s.entropy = slice_entropy(v);
	return s;
}

static bool holds_nocase(struct slice s, struct slice part)
{
	for (size_t i = 0; i + part.len <= s.len; i++)
		if (tolower((uint8_t)s.ptr[i]) == tolower((uint8_t)part.ptr[0]) &&
		    slice_eq_nocase(slice_of(s.ptr + i, part.len), part))
			return true;
	return false;
}

static bool set_has(const struct strmap *set, struct slice value)
{
	char lower[64];
	if (value.len > sizeof(lower))
		return false;
	for (size_t i = 0; i < value.len; i++)
		lower[i] = (char)tolower((uint8_t)value.ptr[i]);
	return strmap_get(set, slice_of(lower, value.len)) != NULL;
}

static bool is_template(const struct secret_values *v, struct slice value)
{
	for (size_t i = 0; i < v->template_count; i++) {
		const struct template_form *t = &v->templates[i];
		if (value.len > t->start.len + t->end.len && slice_starts(value, t->start) &&
		    slice_ends(value, t->end) &&
		    (t->end.len > 0 || t->start.len > 1 || isalpha((uint8_t)value.ptr[1]) ||
			value.ptr[1] == '_'))
			return true;
	}
	/* A longer value than this is no template for a person to fill in. */
	size_t head = size_min(value.len, HEAD_MAX);
	for (size_t i = 0; i < v->template_parts.count; i++)
		if (memmem(value.ptr, head, v->template_parts.items[i].ptr, v->template_parts.items[i].len))
			return true;
	return false;
}

/* A word of the kind "secret" with nothing but digits and punctuation around it. */
static bool is_numbered_stem(const struct secret_values *v, struct slice value)
{
	while (value.len > 0 && !isalpha((uint8_t)value.ptr[value.len - 1]))
		value.len--;
	while (value.len > 0 && !isalpha((uint8_t)value.ptr[0]))
		value = slice_of(value.ptr + 1, value.len - 1);
	return value.len > 0 && set_has(&v->stems, value);
}

bool secret_value_is_placeholder(const struct secret_values *v, struct slice value)
{
	struct shape s = shape_of(value);
	if (s.digit <= 4 && s.other <= 3 && is_numbered_stem(v, value))
		return true;
	if (value.len == 0 || s.distinct <= 2 || set_has(&v->placeholders, value) || is_template(v, value))
		return true;
	for (size_t i = 0; i < v->sealed.count; i++)
		if (slice_starts(value, v->sealed.items[i]))
			return true;
	struct slice head = slice_of(value.ptr, size_min(value.len, HEAD_MAX));
	for (size_t i = 0; i < v->parts.count; i++)
		if (holds_nocase(head, v->parts.items[i]))
			return true;
	return false;
}

/* Pairs of letters within runs of letters, and how many of them are common. A change from lower to upper case
 * begins a new word. */
static void count_pairs(const struct secret_values *v, struct slice s, size_t *ret_pairs, size_t *ret_common)
{
	size_t pairs = 0, common = 0;
	for (size_t i = 1; i < s.len; i++) {
		int a = (uint8_t)s.ptr[i - 1], b = (uint8_t)s.ptr[i];
		if (!isalpha(a) || !isalpha(b) || a >= 0x80 || b >= 0x80)
			continue;
		if (islower(a) && isupper(b) && i + 1 < s.len && islower((uint8_t)s.ptr[i + 1]))
			continue;
		pairs++;
		common += v->bigrams[tolower(a) - 'a'] >> (tolower(b) - 'a') & 1;
	}
	*ret_pairs = pairs;
	*ret_common = common;
}

bool secret_value_reads_like_words(const struct secret_values *v, struct slice value)
{
	size_t pairs, common;
	count_pairs(v, value, &pairs, &common);
	return pairs >= 2 && common * 4 >= pairs * 3;
}

/* Words, short numbers and single letters joined by - _ . / : or spaces: an identifier, a path, a sentence.
 */
static bool is_worded(const struct secret_values *v, struct slice value)
{
	size_t start = 0, words = 0, letters = 0;
	for (size_t i = 0; i <= value.len; i++) {
		if (i < value.len && !strchr("-_./: @", value.ptr[i]))
			continue;
		struct slice part = slice_of(value.ptr + start, i - start);
		struct shape s = shape_of(part);
		start = i + 1;
		if (part.len == 0)
			continue;
		bool plain = s.other == 0 && s.high == 0;
		bool word =
		    plain && s.digit <= 2 && (part.len <= 3 || secret_value_reads_like_words(v, part));
		bool number = plain && s.digit == part.len && part.len <= 4;
		if (!word && !number)
			return false;
		words++;
		letters += s.lower + s.upper;
	}
	return words > 0 && letters * 2 >= value.len;
}

static bool looks_like_path(const struct secret_values *v, struct slice value, enum value_form form)
{
	struct shape s = shape_of(value);
	size_t slashes = 0;
	for (size_t i = 0; i < value.len; i++)
		slashes += value.ptr[i] == '/' || value.ptr[i] == '\\';
	if (memmem(value.ptr, value.len, "://", 3) || slice_starts(value, SLICE("./")) ||
	    slice_starts(value, SLICE("../")) || slice_starts(value, SLICE("~/")))
		return true;
	if (slashes == 0)
		return false;
	/* base64 has slashes as well: it is long, mixed and not made of words. */
	bool random = value.len >= 20 && s.digit >= 2 && s.upper >= 2 && s.lower >= 2 && s.entropy > 3.5;
	return !random && (form != VALUE_QUOTED || is_worded(v, value) || value.ptr[0] == '/');
}

/* a.b, a->b(), Foo::bar, x[1]: an expression where a bare value stands. */
static bool looks_like_code(const struct secret_values *v, struct slice value)
{
	struct shape s = shape_of(value);
	bool reference = value.ptr[0] == '*' || value.ptr[0] == '&';
	bool brackets = false,
	     names = isalpha((uint8_t)value.ptr[0]) || value.ptr[0] == '_' || value.ptr[0] == '$';
	for (size_t i = 0; i < value.len; i++) {
		brackets |= strchr("([{", value.ptr[i]) != NULL && value.ptr[i] != '\0';
		names = names && (isalnum((uint8_t)value.ptr[i]) || strchr("_.$:->?!*&", value.ptr[i]));
	}
	if (value.ptr[0] == '(' || value.ptr[0] == '{' ||
	    (brackets && (isalpha((uint8_t)value.ptr[0]) || value.ptr[0] == '_')))
		return true;
	if (reference && value.len > 2 && secret_value_reads_like_words(v, value))
		return true;
	if (!names)
		return false;
	bool dotted = memchr(value.ptr, '.', value.len) || memmem(value.ptr, value.len, "->", 2) ||
		      memmem(value.ptr, value.len, "::", 2);
	if (dotted && secret_value_reads_like_words(v, value))
		return true;
	/* A name that itself speaks of secrets: password = userPassword2 */
	static const struct slice telling[] = {SLICE("pass"), SLICE("pwd"), SLICE("secret"), SLICE("token"),
	    SLICE("key"), SLICE("auth"), SLICE("cred")};
	for (size_t i = 0; i < sizeof(telling) / sizeof(telling[0]); i++)
		if (holds_nocase(value, telling[i]) && s.digit <= 2 && s.other <= 3)
			return true;
	return false;
}

static bool is_uuid(struct slice v)
{
	if (v.len != 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash ? v.ptr[i] != '-' : !isxdigit((uint8_t)v.ptr[i]))
			return false;
	}
	return true;
}

/* An address of IP version 4 or 6, a version, a time: digits and what parts them. */
static bool is_numbers(struct slice v)
{
	size_t dots = 0, colons = 0, digits = 0, hex = 0;
	for (size_t i = 0; i < v.len; i++) {
		dots += v.ptr[i] == '.';
		colons += v.ptr[i] == ':';
		digits += isdigit((uint8_t)v.ptr[i]) != 0;
		hex += isxdigit((uint8_t)v.ptr[i]) != 0;
	}
	return (dots + colons >= 2 && digits + dots + colons == v.len) ||
	       (colons >= 2 && hex + colons == v.len);
}

/* Patterns, markup, formats, options and addresses speak about secrets. */
static bool is_notation(struct slice v, struct shape s)
{
	size_t escapes = 0;
	for (size_t i = 0; i + 2 < v.len; i++)
		escapes +=
		    v.ptr[i] == '%' && isxdigit((uint8_t)v.ptr[i + 1]) && isxdigit((uint8_t)v.ptr[i + 2]);
	if (escapes * 6 >= v.len || slice_starts(v, SLICE("--")) || memmem(v.ptr, v.len, "(?", 2))
		return true;
	if (v.ptr[0] == '^' || memmem(v.ptr, v.len, "\\d", 2) || memmem(v.ptr, v.len, "[a-z", 4) ||
	    memmem(v.ptr, v.len, "[A-Z", 4) || memmem(v.ptr, v.len, "[0-9", 4) ||
	    memmem(v.ptr, v.len, "</", 2) || memmem(v.ptr, v.len, "=>", 2))
		return true;
	if (is_numbers(v) || (s.digit == 0 && memmem(v.ptr, v.len, "::", 2)))
		return true;
	if (slice_starts(v, SLICE("0x")) && s.other == 0 && s.space == 0 && v.len < 24)
		return true;
	const char *at = memchr(v.ptr, '@', v.len);
	return at && s.digit == 0 && memchr(at, '.', v.len - (size_t)(at - v.ptr)) != NULL;
}

static bool weigh_password(
    const struct secret_values *v, enum value_form form, struct slice value, struct shape s)
{
	size_t kinds = (s.lower > 0) + (s.upper > 0) + (s.digit > 0) + (s.other > 0);
	bool worded = is_worded(v, value);
	if (s.space > 1 || (s.space == 1 && (worded || form != VALUE_QUOTED)) || s.high * 3 > value.len)
		return false;
	if (s.digit == value.len)
		return form == VALUE_QUOTED
			   ? value.len >= 6 && !slice_looks_made_up(value)
			   : value.len >= 8 && value.len <= 20 && !slice_looks_made_up(value);
	if (form == VALUE_PROSE && (kinds < 3 || value.len < 8 || s.digit == 0))
		return false;
	if (s.digit == 0 && s.other == 0)
		return value.len >= 8 && !secret_value_reads_like_words(v, value) && s.distinct >= 5;
	/* Words with a number among them ("level-3-admin") are a name; one word with digits behind it is a
	 * weak password. */
	if (worded && (s.digit == 0 || (s.other > 0 && s.digit <= 2)))
		return false;
	if (form == VALUE_BARE && (value.len < 5 || (s.lower + s.upper + s.digit) < 3))
		return false;
	if (worded && memchr(value.ptr, '.', value.len))
		return false;
	return s.lower + s.upper + s.digit >= 3 && s.distinct >= 4;
}

static bool weigh_token(
    const struct secret_values *v, enum value_form form, struct slice value, struct shape s, bool strict)
{
	if (s.space > 0 || s.high > 0 || s.digit == value.len || is_worded(v, value) ||
	    slice_looks_made_up(value))
		return false;
	if (is_uuid(value))
		return !slice_looks_made_up(value);
	if (s.entropy < (value.len >= 16 ? 2.9 : 2.5) || (form == VALUE_PROSE && value.len < 8))
		return false;
	size_t kinds = (s.lower > 0) + (s.upper > 0) + (s.digit > 0);
	if (s.digit == 0)
		return value.len >= 16 && !secret_value_reads_like_words(v, value) &&
		       (kinds >= 2 || value.len >= 24);
	/* Mostly a word with a number: user-token-v2, sha256, utf8mb4. */
	if (s.digit * 8 < value.len && secret_value_reads_like_words(v, value))
		return false;
	if (s.other * 3 > value.len || s.lower + s.upper == 0)
		return false;
	if (value.len >= 16)
		return true;
	if (s.hex)
		return value.len >= 12 && !strict;
	return kinds >= 3 || (!strict && kinds >= 2 && s.digit >= 2 && value.len >= 8 &&
				 form == VALUE_QUOTED && !secret_value_reads_like_words(v, value));
}

bool secret_value_holds(const struct secret_values *v, enum secret_judge judge, size_t min,
    enum value_form form, struct slice value)
{
	if (value.len < min || value.len > VALUE_MAX)
		return false;
	if (form == VALUE_LIST)
		return true;
	struct shape s = shape_of(value);
	if (s.distinct < 4 || secret_value_is_placeholder(v, value) || looks_like_path(v, value, form) ||
	    is_notation(value, s))
		return false;
	if (form != VALUE_QUOTED && looks_like_code(v, value))
		return false;
	switch (judge) {
	case JUDGE_PASSWORD:
		return weigh_password(v, form, value, s);
	case JUDGE_TOKEN:
		return weigh_token(v, form, value, s, false);
	case JUDGE_KEY:
		return weigh_token(v, form, value, s, true);
	case JUDGE_SALT:
		return form == VALUE_QUOTED && s.digit > 0 && !is_worded(v, value) && (s.entropy > 2.7);
	}
	return false;
}

/* Characters, escapes and classes of patterns: each becomes a set of code points. */
#include <stdlib.h>

#include "contract/regex_parser.h"

#define CODE_MAX 0x10ffffu
#define RANGES_MAX 4096u

static result set_add(struct parser *p, struct set *set, uint32_t low, uint32_t high)
{
	if (set->count == set->size) {
		uint32_t size = set->size ? set->size * 2 : 16;
		struct regex_range *ranges =
		    size <= RANGES_MAX ? arena_array(p->arena, size, sizeof *ranges) : NULL;
		if (!ranges)
			return regex_too_large(p);
		if (set->count > 0)
			memcpy(ranges, set->ranges, set->count * sizeof *ranges);
		set->ranges = ranges;
		set->size = size;
	}
	set->ranges[set->count++] = (struct regex_range){low, high};
	return RESULT_OK;
}

static int by_low(const void *a, const void *b)
{
	const struct regex_range *x = a, *y = b;
	return x->low < y->low ? -1 : x->low > y->low;
}

static void set_normalise(struct set *set)
{
	uint32_t kept = 0;
	if (set->count > 1)
		qsort(set->ranges, set->count, sizeof *set->ranges, by_low);
	for (uint32_t i = 0; i < set->count; i++) {
		struct regex_range r = set->ranges[i];
		if (kept > 0 && r.low <= set->ranges[kept - 1].high + 1) {
			if (r.high > set->ranges[kept - 1].high)
				set->ranges[kept - 1].high = r.high;
		} else {
			set->ranges[kept++] = r;
		}
	}
	set->count = kept;
}

static result set_complement(struct parser *p, struct set *set)
{
	struct set other = {0};
	uint32_t from = 0;
	set_normalise(set);
	for (uint32_t i = 0; i < set->count; i++) {
		if (set->ranges[i].low > from)
			TRY(set_add(p, &other, from, set->ranges[i].low - 1));
		from = set->ranges[i].high + 1;
	}
	if (from <= CODE_MAX)
		TRY(set_add(p, &other, from, CODE_MAX));
	*set = other;
	return RESULT_OK;
}

/* ECMA-262 22.2.2.9: what \d, \w and \s stand for; WhiteSpace and LineTerminator are sections 12.2 and 12.3.
 */
static const struct regex_range digit_ranges[] = {{'0', '9'}};
static const struct regex_range word_ranges[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
static const struct regex_range space_ranges[] = {{9, 13}, {32, 32}, {0xa0, 0xa0}, {0x1680, 0x1680},
    {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000},
    {0xfeff, 0xfeff}};
static const struct regex_range line_ranges[] = {{10, 10}, {13, 13}, {0x2028, 0x2029}};

static result set_add_list(
    struct parser *p, struct set *set, const struct regex_range *list, size_t count, bool negated)
{
	struct set part = {0};
	for (size_t i = 0; i < count; i++)
		TRY(set_add(p, &part, list[i].low, list[i].high));
	if (negated)
		TRY(set_complement(p, &part));
	for (uint32_t i = 0; i < part.count; i++)
		TRY(set_add(p, set, part.ranges[i].low, part.ranges[i].high));
	return RESULT_OK;
}

static result set_node(struct parser *p, struct set *set, bool negated, const struct regex_node **ret)
{
	if (set->properties.len > 0)
		p->regular = false;
	else if (negated)
		TRY(set_complement(p, set));
	set_normalise(set);
	return regex_node_new(p,
	    (struct regex_node){.kind = REGEX_SET,
		.ranges = set->ranges,
		.range_count = set->count,
		.properties = set->properties,
		.negated = negated && set->properties.len > 0},
	    ret);
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'			? c - '0'
	       : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
							: -1;
}

static bool read_hex(struct parser *p, size_t digits, uint32_t *ret)
{
	uint32_t value = 0;
	if (p->source.len - p->at < digits)
		return false;
	for (size_t i = 0; i < digits; i++) {
		int digit = hex_digit(p->source.ptr[p->at + i]);
		if (digit < 0)
			return false;
		value = value << 4 | (uint32_t)digit;
	}
	p->at += digits;
	*ret = value;
	return true;
}

/* After "\u". Two escapes may make one character (RegExpUnicodeEscapeSequence). */
static result unicode_escape(struct parser *p, uint32_t *ret)
{
	uint32_t code = 0, low;
	if (skip(p, "{")) {
		size_t start = p->at;
		while (hex_digit(peek(p)) >= 0 && code <= CODE_MAX)
			code = code << 4 | (uint32_t)hex_digit(p->source.ptr[p->at++]);
		if (p->at == start || code > CODE_MAX || !skip(p, "}"))
			return regex_bad(p, "\\u{...} must hold a code point in hexadecimal");
	} else if (!read_hex(p, 4, &code)) {
		return regex_bad(p, "\\u must be followed by four hexadecimal digits");
	}
	if (code >= 0xd800 && code < 0xdc00 && skip(p, "\\u") && read_hex(p, 4, &low) && low >= 0xdc00 &&
	    low < 0xe000)
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	if (code >= 0xd800 && code < 0xe000)
		return regex_bad(p, "half of a surrogate pair matches nothing");
	*ret = code;
	return RESULT_OK;
}

/* CharacterEscape, after the backslash. */
static result character_escape(struct parser *p, bool in_class, uint32_t *ret)
{
	static const char letters[] = "fnrtv", values[] = "\f\n\r\t\v";
	char c = peek(p);
	const char *letter = c ? strchr(letters, c) : NULL;
	p->at++;
	if (letter) {
		*ret = (unsigned char)values[letter - letters];
		return RESULT_OK;
	}
	if (c == 'u')
		return unicode_escape(p, ret);
	if (c == 'x')
		return read_hex(p, 2, ret) ? RESULT_OK
					   : regex_bad(p, "\\x must be followed by two hexadecimal digits");
	if (c == '0' && !(peek(p) >= '0' && peek(p) <= '9')) {
		*ret = 0;
		return RESULT_OK;
	}
	if (c == 'c' && (peek(p) | 0x20) >= 'a' && (peek(p) | 0x20) <= 'z') {
		*ret = (uint32_t)p->source.ptr[p->at++] & 31;
		return RESULT_OK;
	}
	if (c && (strchr("^$\\.*+?()[]{}|/", c) || (in_class && c == '-'))) {
		*ret = (unsigned char)c;
		return RESULT_OK;
	}
	p->at--;
	return regex_bad(p, "an escape that ECMA-262 does not have");
}

/* A property in the words of ECMA-262, in those of PCRE2. Long general categories are all that differs. */
static const char *const categories[][2] = {{"Letter", "L"}, {"Cased_Letter", "L&"}, {"LC", "L&"},
    {"Uppercase_Letter", "Lu"}, {"Lowercase_Letter", "Ll"}, {"Titlecase_Letter", "Lt"},
    {"Modifier_Letter", "Lm"}, {"Other_Letter", "Lo"}, {"Mark", "M"}, {"Combining_Mark", "M"},
    {"Nonspacing_Mark", "Mn"}, {"Spacing_Mark", "Mc"}, {"Enclosing_Mark", "Me"}, {"Number", "N"},
    {"Decimal_Number", "Nd"}, {"digit", "Nd"}, {"Letter_Number", "Nl"}, {"Other_Number", "No"},
    {"Punctuation", "P"}, {"punct", "P"}, {"Connector_Punctuation", "Pc"}, {"Dash_Punctuation", "Pd"},
    {"Open_Punctuation", "Ps"}, {"Close_Punctuation", "Pe"}, {"Initial_Punctuation", "Pi"},
    {"Final_Punctuation", "Pf"}, {"Other_Punctuation", "Po"}, {"Symbol", "S"}, {"Math_Symbol", "Sm"},
    {"Currency_Symbol", "Sc"}, {"Modifier_Symbol", "Sk"}, {"Other_Symbol", "So"}, {"Separator", "Z"},
    {"Space_Separator", "Zs"}, {"Line_Separator", "Zl"}, {"Paragraph_Separator", "Zp"}, {"Other", "C"},
    {"Control", "Cc"}, {"cntrl", "Cc"}, {"Format", "Cf"}, {"Surrogate", "Cs"}, {"Private_Use", "Co"},
    {"Unassigned", "Cn"}};

/* After "\p" or "\P": PCRE2 judges the name. */
static result property_escape(struct parser *p, bool negated, struct set *set)
{
	if (!skip(p, "{"))
		return regex_bad(p, "\\p must be followed by {PROPERTY}");
	size_t start = p->at;
	while (more(p) && (peek(p) == '_' || peek(p) == '=' || (peek(p) >= '0' && peek(p) <= '9') ||
			      ((peek(p) | 0x20) >= 'a' && (peek(p) | 0x20) <= 'z')))
		p->at++;
	struct slice value = slice_of(p->source.ptr + start, p->at - start), kind = SLICE_NONE;
	if (value.len == 0 || !skip(p, "}"))
		return regex_bad(p, "\\p must be followed by {PROPERTY}");
	if (memchr(value.ptr, '=', value.len))
		kind = slice_cut(&value, '=');
	bool general = !kind.ptr || slice_eq(kind, SLICE("General_Category")) || slice_eq(kind, SLICE("gc"));
	bool extended = slice_eq(kind, SLICE("Script_Extensions")) || slice_eq(kind, SLICE("scx"));
	bool script = slice_eq(kind, SLICE("Script")) || slice_eq(kind, SLICE("sc"));
	if (!general && !extended && !script)
		return regex_bad(p, "an unknown property");
	const char *prefix = extended ? "scx:" : script ? "sc:" : "";
	for (size_t i = 0; general && i < sizeof categories / sizeof *categories; i++)
		if (slice_eq_cstr(value, categories[i][0]))
			value = slice_cstr(categories[i][1]);
	char *text = arena_printf(p->arena, "%.*s\\%c{%s%.*s}", SLICE_ARG(set->properties),
	    negated ? 'P' : 'p', prefix, SLICE_ARG(value));
	if (!text)
		return regex_too_large(p);
	set->properties = slice_cstr(text);
	return RESULT_OK;
}

/* \d \D \s \S \w \W \p \P, after the backslash; false when it is none. */
static result class_escape(struct parser *p, struct set *set, bool *ret_is)
{
	char c = peek(p);
	*ret_is = c && strchr("dDsSwWpP", c);
	if (!*ret_is)
		return RESULT_OK;
	p->at++;
	bool negated = c < 'a';
	switch (c | 0x20) {
	case 'd':
		return set_add_list(p, set, digit_ranges, 1, negated);
	case 'w':
		return set_add_list(p, set, word_ranges, 4, negated);
	case 's':
		return set_add_list(
		    p, set, space_ranges, sizeof space_ranges / sizeof *space_ranges, negated);
	default:
		return property_escape(p, negated, set);
	}
}

static result source_character(struct parser *p, uint32_t *ret)
{
	const unsigned char *s = (const unsigned char *)p->source.ptr + p->at;
	size_t n = s[0] < 0x80 ? 1 : utf8_length(s, p->source.len - p->at);
	if (n == 0)
		return regex_bad(p, "not valid UTF-8");
	uint32_t code = n == 1 ? s[0] : s[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++)
		code = code << 6 | (s[i] & 63);
	p->at += n;
	*ret = code;
	return RESULT_OK;
}

/* ClassAtom; *ret_single is false when it was a class of its own, already added. */
static result class_atom(struct parser *p, struct set *set, bool *ret_single, uint32_t *ret)
{
	bool is_class = false;
	if (!more(p))
		return regex_bad(p, "a [ is not closed");
	*ret_single = true;
	if (!skip(p, "\\"))
		return source_character(p, ret);
	TRY(class_escape(p, set, &is_class));
	*ret_single = !is_class;
	if (is_class)
		return RESULT_OK;
	if (skip(p, "b")) {
		*ret = 8;
		return RESULT_OK;
	}
	return character_escape(p, true, ret);
}

/* After "[". */
result regex_class(struct parser *p, const struct regex_node **ret)
{
	struct set set = {0};
	bool negated = skip(p, "^"), single, last_single;
	uint32_t low, high;
	while (!skip(p, "]")) {
		TRY(class_atom(p, &set, &single, &low));
		high = low;
		if (looking_at(p, "-") && !looking_at(p, "-]")) {
			p->at++;
			TRY(class_atom(p, &set, &last_single, &high));
			if (!single || !last_single || high < low)
				return regex_bad(p, "a range out of order");
		}
		if (single)
			TRY(set_add(p, &set, low, high));
	}
	return set_node(p, &set, negated, ret);
}

result regex_class_or_character(struct parser *p, const struct regex_node **ret)
{
	struct set set = {0};
	bool is_class;
	uint32_t code;
	TRY(class_escape(p, &set, &is_class));
	if (!is_class) {
		TRY(character_escape(p, false, &code));
		TRY(set_add(p, &set, code, code));
	}
	return set_node(p, &set, false, ret);
}

result regex_literal(struct parser *p, const struct regex_node **ret)
{
	struct set set = {0};
	uint32_t code;
	TRY(source_character(p, &code));
	TRY(set_add(p, &set, code, code));
	return set_node(p, &set, false, ret);
}

result regex_dot(struct parser *p, const struct regex_node **ret)
{
	struct set set = {0};
	TRY(set_add_list(p, &set, line_ranges, 3, true));
	return set_node(p, &set, false, ret);
}

/*
 * Reads what a name is given (assign.h). The text is anyone's: every step looks at a bounded number
 * of bytes ahead.
 */
#include "review/secrets/assign.h"

#include <ctype.h>

#include "base/check.h"

#define BLANKS_MAX 64u
#define QUOTED_MAX 8192u
#define BARE_MAX 8000u
#define GAP_MAX 28u
#define NUMBERS_MIN 8u

/* A place in the text; reading past the end gives NUL, which no rule below accepts. */
struct cursor {
	struct slice text;
	size_t at;
};

static char peek(const struct cursor *c, size_t ahead)
{
	return c->at + ahead < c->text.len ? c->text.ptr[c->at + ahead] : '\0';
}

static bool looking_at(const struct cursor *c, struct slice word)
{
	return word.len <= c->text.len - c->at && memcmp(c->text.ptr + c->at, word.ptr, word.len) == 0;
}

static bool looking_at_nocase(const struct cursor *c, struct slice word)
{
	return word.len <= c->text.len - c->at &&
	       slice_eq_nocase(slice_of(c->text.ptr + c->at, word.len), word);
}

static bool name_char(char c)
{
	return isalnum((uint8_t)c) || c == '_';
}

static size_t skip_blanks(struct cursor *c, bool lines)
{
	size_t n = 0;
	while (n < BLANKS_MAX && (peek(c, 0) == ' ' || peek(c, 0) == '\t' ||
				     (lines && (peek(c, 0) == '\n' || peek(c, 0) == '\r')))) {
		c->at++;
		n++;
	}
	return n;
}

/* The quotes of many notations; the one that opens a value closes it. */
static const struct slice quotes[] = {SLICE("\"\"\""), SLICE("'''"), SLICE("\""), SLICE("'"), SLICE("`"),
    SLICE("&quot;"), SLICE("&#34;"), SLICE("&#39;"), SLICE("&apos;"), SLICE("%22"), SLICE("%27"),
    SLICE("\\u0022")};

/* Length of the quote here, backslashes before it included (text within text), or 0. */
static size_t quote_here(const struct cursor *c)
{
	size_t slashes = 0;
	while (slashes < 8 && peek(c, slashes) == '\\')
		slashes++;
	struct cursor after = {c->text, c->at + slashes};
	for (size_t i = 0; i < ARRAY_LEN(quotes) && after.at <= c->text.len; i++)
		if (looking_at(&after, quotes[i]) && (slashes == 0 || quotes[i].len == 1))
			return slashes + quotes[i].len;
	return 0;
}

/* From behind an opening quote to the same one again. A line's end stops short quotes, save behind a
 * backslash. */
static bool read_quoted(struct cursor *c, size_t quote_len, struct slice *ret)
{
	struct slice quote = slice_of(c->text.ptr + c->at, quote_len);
	bool across = quote_len >= 3 && quote.ptr[0] == quote.ptr[1] && quote.ptr[0] != '\\';
	size_t start = c->at + quote_len;
	c->at = start;
	for (size_t n = 0; n < QUOTED_MAX && c->at < c->text.len; n++, c->at++) {
		char ch = c->text.ptr[c->at];
		if (looking_at(c, quote)) {
			*ret = slice_of(c->text.ptr + start, c->at - start);
			c->at += quote_len;
			return ret->len > 0;
		}
		bool ends =
		    ch == '\n' ||
		    (ch == '\\' && (peek(c, 1) == '\n' || (peek(c, 1) == '\r' && peek(c, 2) == '\n')));
		if (ends && (across || ch == '\\' || quote.ptr[0] == '`')) {
			/* The first line of a longer value stands for it. */
			*ret = slice_of(c->text.ptr + start, c->at - start);
			if (ret->len > 0)
				return true;
			start = c->at + 1;
			continue;
		}
		if (ends)
			return false;
		if (ch == '\\' && quote_len == 1) {
			c->at++;
			n++;
		}
	}
	return false;
}

/* `&name=` or `&quot;` ends a value in a query or in markup. */
static bool ampersand_ends(const struct cursor *c)
{
	size_t n = 1;
	while (n < 24 && (name_char(peek(c, n)) || peek(c, n) == '#' || peek(c, n) == '-'))
		n++;
	return peek(c, n) == '=' || looking_at(c, SLICE("&quot;")) || looking_at(c, SLICE("&#3")) ||
	       looking_at(c, SLICE("&apos;")) || looking_at(c, SLICE("&gt;")) ||
	       looking_at(c, SLICE("&lt;/"));
}

static bool bare_ends(const struct cursor *c)
{
	char ch = peek(c, 0);
	if (ch == '\0' || isspace((uint8_t)ch) || strchr("\"'`,;<>", ch))
		return true;
	if (ch == '\\' && strchr("nrt\"'\n", peek(c, 1)))
		return true;
	return ch == '&' && ampersand_ends(c);
}

static bool read_bare(struct cursor *c, struct slice *ret)
{
	size_t start = c->at, n = 0;
	int round = 0;
	for (; n < BARE_MAX && !bare_ends(c); n++, c->at++) {
		char ch = peek(c, 0);
		round += (ch == '(') - (ch == ')');
		if (round < 0)
			break;
	}
	struct slice v = slice_of(c->text.ptr + start, c->at - start);
	while (v.len > 0 && strchr(".:|]}", v.ptr[v.len - 1]))
		v.len--;
	*ret = v;
	return v.len > 0;
}

/* {0x76, 0x51, ...}: at least NUMBERS_MIN numbers of which most are two digits or more. The list itself is
 * the value. */
static bool read_numbers(struct cursor *c, struct slice *ret)
{
	size_t start = c->at, count = 0, end = start, wide = 0;
	for (size_t n = 0; n < 4096 && c->at < c->text.len;) {
		n += skip_blanks(c, true);
		size_t digits = c->at;
		if (peek(c, 0) == '-')
			c->at++;
		if (peek(c, 0) == '0' && (peek(c, 1) == 'x' || peek(c, 1) == 'X'))
			c->at += 2;
		while (isxdigit((uint8_t)peek(c, 0)) && c->at - digits < 6)
			c->at++;
		if (c->at == digits)
			break;
		count++;
		wide += c->at - digits >= 2;
		end = c->at;
		n += c->at - digits;
		skip_blanks(c, true);
		if (peek(c, 0) != ',')
			break;
		c->at++;
	}
	*ret = slice_of(c->text.ptr + start, end - start);
	return count >= NUMBERS_MIN && wide * 2 > count;
}

/* Skips to the string behind the first comma of a call: the default of a variable that is read. */
static bool to_second_argument(struct cursor *c)
{
	for (size_t n = 0; n < 200 && c->at < c->text.len; n++, c->at++) {
		if (peek(c, 0) == ')' || peek(c, 0) == ';')
			return false;
		if (peek(c, 0) == ',') {
			c->at++;
			return true;
		}
	}
	return false;
}

/* A call before the value: of a getter the default counts, of a wrapper the first argument, of anything else
 * nothing. */
static bool enter_call(const struct secret_names *names, struct cursor *c, bool *ret_numbers)
{
	size_t n = 0;
	while (n < 48 && (name_char(peek(c, n)) || strchr(".:[] ", peek(c, n))) && peek(c, n) != '\0')
		n++;
	struct slice callee = slice_trim(slice_of(c->text.ptr + c->at, n));
	char open = peek(c, n);
	if (n == 0 || !open || !strchr("({[", open))
		return false;
	if (strmap_get(&names->getters, callee)) {
		c->at += n + 1;
		return to_second_argument(c);
	}
	if (open == '(' && !strmap_get(&names->wrappers, callee))
		return false;
	if (open != '(' && !strchr("]te8", callee.ptr[callee.len - 1]))
		return false;
	c->at += n + 1;
	if (peek(c, 0) == '[' || peek(c, 0) == '{')
		c->at++;
	*ret_numbers = true;
	return true;
}

/* Where the value of `=` or `:` begins: past blanks, a continued line, an opening bracket. */
static void to_value(struct cursor *c, char separator)
{
	skip_blanks(c, false);
	if (peek(c, 0) == '\\' && (peek(c, 1) == '\n' || peek(c, 1) == '\r')) {
		c->at++;
		skip_blanks(c, true);
	}
	if (peek(c, 0) == '(' ||
	    (peek(c, 0) == '[' && (peek(c, 1) == '"' || peek(c, 1) == '\'' || peek(c, 1) == '\n'))) {
		struct cursor in = {c->text, c->at + 1};
		skip_blanks(&in, true);
		if (quote_here(&in))
			c->at = in.at;
	}
	if ((peek(c, 0) == '\n' || peek(c, 0) == '\r') && separator == '=') {
		struct cursor next = {c->text, c->at};
		skip_blanks(&next, true);
		if (quote_here(&next))
			c->at = next.at;
	}
	/* A YAML block scalar begins on the next line. */
	if (separator == ':' && (peek(c, 0) == '|' || peek(c, 0) == '>') &&
	    (peek(c, 1) == '\n' || peek(c, 2) == '\n')) {
		c->at += peek(c, 1) == '\n' ? 2 : 3;
		skip_blanks(c, false);
	}
	if (looking_at(c, SLICE("!!str ")))
		c->at += 6;
}

static bool read_value(
    const struct secret_names *names, struct cursor *c, char separator, struct assignment *ret)
{
	bool numbers = false;
	to_value(c, separator);
	/* Basic and Bearer are judged by patterns of their own; a string of only the scheme has its value
	 * behind it. */
	bool entered = enter_call(names, c, &numbers);
	if (entered)
		skip_blanks(c, true);
	struct cursor list = {c->text, c->at + (peek(c, 0) == '{' || peek(c, 0) == '[')};
	struct slice value;
	if ((numbers || list.at != c->at) && read_numbers(&list, &value)) {
		*ret = (struct assignment){value, VALUE_LIST};
		return true;
	}
	size_t prefix = 0;
	while (prefix < 3 && strchr("bBrRuUfFL@$#", peek(c, prefix)) && peek(c, prefix) != '\0')
		prefix++;
	struct cursor quoted = {c->text, c->at + prefix};
	size_t quote = quote_here(&quoted);
	if (quote == 0 && prefix > 0) {
		quoted.at = c->at;
		quote = quote_here(&quoted);
	}
	if (quote > 0) {
		if (!read_quoted(&quoted, quote, &value))
			return false;
		c->at = quoted.at;
		*ret = (struct assignment){value, VALUE_QUOTED};
		return true;
	}
	if (entered || separator == '(' || separator == ',' || !read_bare(c, &value))
		return false;
	if (peek(c, 0) == '(')
		return false;
	*ret = (struct assignment){value, VALUE_BARE};
	return true;
}

/* `name: Type = value`: moves behind the '=' when a type stands between. */
static void skip_type(struct cursor *c)
{
	struct cursor t = *c;
	skip_blanks(&t, false);
	size_t n = 0;
	while (n < 48 &&
	       (name_char(peek(&t, 0)) || strchr("&<>[]?|.*'", peek(&t, 0)) || peek(&t, 0) == ' ') &&
	       peek(&t, 0) != '\0') {
		t.at++;
		n++;
	}
	if (n > 0 && peek(&t, 0) == '=' && peek(&t, 1) != '=' && peek(&t, 1) != '>' &&
	    c->text.ptr[t.at - 1] == ' ')
		c->at = t.at + 1;
}

static const struct {
	struct slice text;
	char kind; /* what to_value() is told */
} separators[] = {
    {SLICE("==="), '='},
    {SLICE("||="), '='},
    {SLICE("?\?="), '='},
    {SLICE(":="), '='},
    {SLICE("::="), '='},
    {SLICE("=>"), '='},
    {SLICE("->"), '='},
    {SLICE("=="), '='},
    {SLICE("?="), '='},
    {SLICE("+="), '='},
    {SLICE("<-"), '='},
    {SLICE("="), '='},
    {SLICE(":"), ':'},
    {SLICE("%3D"), '='},
};

/* In markup and lists of settings the value stands in a neighbour: value="v", "value": "v",
 * <string>v</string>. */
static bool neighbour_value(struct cursor *c, bool quoted, bool element)
{
	struct cursor n = *c;
	static const struct slice keys[] = {
	    SLICE("value"), SLICE("defaultValue"), SLICE("\"value\""), SLICE("'value'"), SLICE("content")};
	if (looking_at(&n, SLICE("</key>"))) {
		n.at += 6;
		skip_blanks(&n, true);
		if (!looking_at(&n, SLICE("<string>")))
			return false;
		c->at = n.at + 8;
		return true;
	}
	if (peek(&n, 0) == '>' && (quoted || element)) {
		c->at = n.at + 1;
		return true;
	}
	if (looking_at(&n, SLICE("/>")) || peek(&n, 0) == ':' || peek(&n, 0) == '=')
		return false;
	if (peek(&n, 0) == ',')
		n.at++;
	if (skip_blanks(&n, true) == 0 && n.at == c->at)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (!looking_at_nocase(&n, keys[i]))
			continue;
		n.at += keys[i].len;
		skip_blanks(&n, false);
		if (peek(&n, 0) != ':' && peek(&n, 0) != '=')
			return false;
		c->at = n.at + 1;
		return true;
	}
	return false;
}

/* Dashes before the name: an option on a command line. */
static bool is_option(struct slice text, size_t at)
{
	return at > 0 && (text.ptr[at - 1] == '-' || text.ptr[at - 1] == '/') &&
	       (at < 2 || !name_char(text.ptr[at - 2])) &&
	       (text.ptr[at - 1] == '-' || (at >= 2 && text.ptr[at - 2] == ' '));
}

/* ENV NAME value, ARG, SET: a statement whose name and value a blank parts. */
static bool follows_statement(struct slice text, size_t at)
{
	static const struct slice words[] = {
	    SLICE("ENV "), SLICE("ARG "), SLICE("setenv "), SLICE("SetEnv "), SLICE("define(")};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (at >= words[i].len &&
		    memcmp(text.ptr + at - words[i].len, words[i].ptr, words[i].len) == 0)
			return true;
	return false;
}

/* "password for bob: v", "the password is v": words of prose between, on the same line. */
static bool prose_gap(struct cursor *c)
{
	struct cursor g = *c;
	size_t n = 0;
	for (; n < GAP_MAX; n++, g.at++) {
		char ch = peek(&g, 0);
		if (ch == ':' || ch == '=') {
			c->at = g.at + 1;
			return n > 0;
		}
		if (looking_at(&g, SLICE(" is ")) || looking_at(&g, SLICE(" are "))) {
			c->at = g.at + 4;
			skip_blanks(c, false);
			return true;
		}
		if (!isalnum((uint8_t)ch) && !strchr(" ,()_/-[]", ch))
			return false;
		if (ch == '\0')
			return false;
	}
	return false;
}

/* [32], []: an array's size between its name and its '='. */
static void skip_brackets(struct cursor *c)
{
	size_t n = 1;
	if (peek(c, 0) != '[')
		return;
	while (n < 12 && name_char(peek(c, n)))
		n++;
	if (peek(c, n) == ']')
		c->at += n + 1;
}

bool assignment_read(
    const struct secret_names *names, struct slice text, size_t at, size_t len, struct assignment *ret)
{
	struct cursor c = {text, at + len};
	bool element = at > 0 && (text.ptr[at - 1] == '<' ||
				     (at > 1 && text.ptr[at - 1] == ':' && name_char(text.ptr[at - 2])));
	bool constant = isupper((uint8_t)text.ptr[at]);
	size_t quote = quote_here(&c);
	skip_brackets(&c);
	c.at += quote;
	struct cursor neighbour = c;
	if (neighbour_value(&neighbour, quote > 0, element) && read_value(names, &neighbour, ':', ret))
		return true;
	if (peek(&c, 0) == ']' || (peek(&c, 0) == ')' && quote == 0))
		c.at++;
	struct cursor direct = c;
	size_t blanks = skip_blanks(&c, false);
	for (size_t i = 0; i < ARRAY_LEN(separators); i++) {
		if (!looking_at(&c, separators[i].text))
			continue;
		c.at += separators[i].text.len;
		if (separators[i].kind == ':')
			skip_type(&c);
		return read_value(names, &c, separators[i].kind, ret);
	}
	char next = peek(&c, 0);
	/* In a call the name is the first argument; in a list of words the next one is just the next. */
	bool first_argument = quote > 0 && at > quote && text.ptr[at - quote - 1] == '(';
	if ((next == ',' && (first_argument || (constant && quote == 0))) ||
	    (next == '(' && quote == 0 && blanks == 0)) {
		c.at++;
		skip_blanks(&c, true);
		if (read_value(names, &c, next, ret))
			return true;
		return false;
	}
	bool statement = is_option(text, at) || follows_statement(text, at);
	if (blanks > 0 && (statement || quote_here(&c)) && next != '-' && quote == 0) {
		if (!read_value(names, &c, ' ', ret))
			return false;
		/* A quoted word behind "password" may be SQL or a sentence, so it must show more. */
		ret->form = statement ? ret->form : VALUE_PROSE;
		return true;
	}
	if (quote == 0 && prose_gap(&direct) && read_value(names, &direct, ':', ret)) {
		ret->form = VALUE_PROSE;
		return true;
	}
	return false;
}

/* Reads values (take.h) in text of any origin; each step looks at a bounded number of bytes ahead. */
#include "review/secrets/take.h"

#include "base/check.h"

#define QUOTED_MAX 8192u
#define BARE_MAX 8000u
#define LIST_BYTES_MAX 4096u
#define CALLEE_MAX 48u
#define NUMBERS_MIN 8u

/* The quotes of many notations; the one that opens a value closes it. */
static const struct slice quotes[] = {SLICE("\"\"\""), SLICE("'''"), SLICE("\""), SLICE("'"), SLICE("`"),
    SLICE("&quot;"), SLICE("&#34;"), SLICE("&#39;"), SLICE("&apos;"), SLICE("%22"), SLICE("%27"),
    SLICE("\\u0022")};

size_t quote_here(const struct cursor *c)
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

/* A line ends here, also one that a backslash continues. */
static bool line_ends(const struct cursor *c)
{
	return peek(c, 0) == '\n' || looking_at(c, SLICE("\\\n")) || looking_at(c, SLICE("\\\r\n"));
}

/* From behind an opening quote to the same one again. A line's end stops short quotes, save behind a
 * backslash. */
static bool read_quoted(struct cursor *c, size_t quote_len, struct slice *ret)
{
	struct slice quote = slice_of(c->text.ptr + c->at, quote_len);
	bool across =
	    quote.ptr[0] == '`' || (quote_len >= 3 && quote.ptr[0] == quote.ptr[1] && quote.ptr[0] != '\\');
	size_t start = c->at + quote_len;
	c->at = start;
	for (size_t n = 0; n < QUOTED_MAX && c->at < c->text.len; n++, c->at++) {
		bool ends = line_ends(c), closes = looking_at(c, quote);
		if (ends && !across && peek(c, 0) != '\\')
			return false;
		if ((closes || ends) && (closes || c->at > start)) {
			/* The first line of a longer value stands for it. */
			*ret = slice_of(c->text.ptr + start, c->at - start);
			c->at += closes ? quote_len : 0;
			return ret->len > 0;
		}
		if (ends)
			start = c->at + 1;
		else if (peek(c, 0) == '\\' && quote_len == 1)
			c->at++;
	}
	return false;
}

/* `&name=` or `&quot;` ends a value in a query or in markup. */
static bool ampersand_ends(const struct cursor *c)
{
	static const struct slice entities[] = {
	    SLICE("&quot;"), SLICE("&#3"), SLICE("&apos;"), SLICE("&gt;"), SLICE("&lt;/")};
	size_t n = 1;
	while (n < 24 && (name_char(peek(c, n)) || looking_at_any(c, n, "#-")))
		n++;
	for (size_t i = 0; i < ARRAY_LEN(entities); i++)
		if (looking_at(c, entities[i]))
			return true;
	return peek(c, n) == '=';
}

static bool bare_ends(const struct cursor *c)
{
	char ch = peek(c, 0);
	if (ch == '\0' || isspace((uint8_t)ch) || strchr("\"'`,;<>", ch))
		return true;
	if (ch == '\\' && looking_at_any(c, 1, "nrt\"'\n"))
		return true;
	return ch == '&' && ampersand_ends(c);
}

static bool read_bare(struct cursor *c, struct slice *ret)
{
	size_t start = c->at;
	int round = 0;
	for (size_t n = 0; n < BARE_MAX && !bare_ends(c); n++, c->at++) {
		round += (peek(c, 0) == '(') - (peek(c, 0) == ')');
		if (round < 0)
			break;
	}
	struct slice v = slice_of(c->text.ptr + start, c->at - start);
	while (v.len > 0 && strchr(".:|]}", v.ptr[v.len - 1]))
		v.len--;
	*ret = v;
	return v.len > 0;
}

/* -7, 223, 0x5f: how many characters, 0 when there is no number. */
static size_t number_here(const struct cursor *c)
{
	size_t n = peek(c, 0) == '-';
	if (peek(c, n) == '0' && looking_at_any(c, n + 1, "xX"))
		n += 2;
	size_t digits = n;
	while (n < 6 && isxdigit((uint8_t)peek(c, n)))
		n++;
	return n > digits ? n : 0;
}

/* {0x76, 0x51, ...}: at least NUMBERS_MIN numbers of which most are two digits or more. The list itself is
 * the value. */
static bool read_numbers(struct cursor *c, struct slice *ret)
{
	size_t count = 0, wide = 0, start, end;
	skip_blanks(c, true);
	start = end = c->at;
	for (size_t n; end - start < LIST_BYTES_MAX && (n = number_here(c)) > 0;) {
		count++;
		wide += n >= 2;
		c->at += n;
		end = c->at;
		skip_blanks(c, true);
		if (peek(c, 0) != ',')
			break;
		c->at++;
		skip_blanks(c, true);
	}
	*ret = slice_of(c->text.ptr + start, end - start);
	return count >= NUMBERS_MIN && wide * 2 > count;
}

/* Moves behind the first comma of a call: to the default of a variable that is read. */
static bool to_second_argument(struct cursor *c)
{
	for (size_t n = 0; n < 200 && c->at < c->text.len; n++, c->at++) {
		if (looking_at_any(c, 0, ");"))
			return false;
		if (peek(c, 0) == ',') {
			c->at++;
			return true;
		}
	}
	return false;
}

/*
 * A call before the value: of a getter the default counts, of a wrapper the first argument, of anything else
 * nothing. Types of arrays open with a brace or bracket: []byte{, new byte[] {, bytes([.
 */
static bool enter_call(const struct secret_names *names, struct cursor *c)
{
	size_t n = 0;
	while (n < CALLEE_MAX && (name_char(peek(c, n)) || looking_at_any(c, n, ".:[] ")))
		n++;
	struct slice callee = slice_trim(slice_of(c->text.ptr + c->at, n));
	if (callee.len == 0 || !looking_at_any(c, n, "({["))
		return false;
	bool getter = strmap_get(&names->getters, callee) != NULL,
	     array = strchr("]te8", callee.ptr[callee.len - 1]) != NULL;
	if (!getter && (peek(c, n) == '(' ? !strmap_get(&names->wrappers, callee) : !array))
		return false;
	c->at += n + 1;
	if (getter)
		return to_second_argument(c);
	c->at += looking_at_any(c, 0, "[{");
	return true;
}

/* Moves over line ends when a quote follows them. */
static void to_quote_below(struct cursor *c, size_t skip)
{
	struct cursor below = {c->text, c->at + skip};
	skip_blanks(&below, true);
	if (quote_here(&below))
		c->at = below.at;
}

/* Where the value of `=` or `:` begins: past blanks, a continued line, an opening bracket, the mark of a
 * block. */
static void to_value(struct cursor *c, char separator)
{
	skip_blanks(c, false);
	if (line_ends(c) && peek(c, 0) == '\\') {
		c->at++;
		skip_blanks(c, true);
	}
	if (peek(c, 0) == '(' || (peek(c, 0) == '[' && looking_at_any(c, 1, "\"'\n")))
		to_quote_below(c, 1);
	else if (looking_at_any(c, 0, "\r\n") && separator == '=')
		to_quote_below(c, 0);
	/* A YAML block scalar begins on the next line. */
	if (separator == ':' && looking_at_any(c, 0, "|>") && (peek(c, 1) == '\n' || peek(c, 2) == '\n')) {
		c->at += peek(c, 1) == '\n' ? 2 : 3;
		skip_blanks(c, false);
	}
	if (looking_at(c, SLICE("!!str ")))
		c->at += 6;
}

/* A quote here, perhaps behind the letters and signs that mark kinds of strings: b"", f'', @"". */
static size_t quote_behind_prefix(struct cursor *c)
{
	struct cursor after = *c;
	while (after.at - c->at < 3 && looking_at_any(&after, 0, "bBrRuUfFL@$#"))
		after.at++;
	size_t quote = quote_here(&after);
	if (quote == 0)
		return quote_here(c);
	c->at = after.at;
	return quote;
}

bool value_take(const struct secret_names *names, struct cursor *c, char separator, struct assignment *ret)
{
	struct slice value;
	to_value(c, separator);
	bool entered = enter_call(names, c);
	if (entered)
		skip_blanks(c, true);
	bool opens = looking_at_any(c, 0, "{[");
	struct cursor list = {c->text, c->at + opens};
	if ((entered || opens) && read_numbers(&list, &value)) {
		*ret = (struct assignment){value, VALUE_LIST};
		return true;
	}
	size_t quote = quote_behind_prefix(c);
	if (quote > 0) {
		if (!read_quoted(c, quote, &value))
			return false;
		*ret = (struct assignment){value, VALUE_QUOTED};
		return true;
	}
	/* Arguments that are not in quotes are expressions, and so is what is called. */
	if (entered || separator == '(' || separator == ',' || !read_bare(c, &value) || peek(c, 0) == '(')
		return false;
	*ret = (struct assignment){value, VALUE_BARE};
	return true;
}

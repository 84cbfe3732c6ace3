/*
 * Reads what a name is given (assign.h): each way of giving it is one reader of a table, asked in order. The
 * text is anyone's: every step looks at a bounded number of bytes ahead.
 */
#include "review/secrets/assign.h"

#include "base/check.h"
#include "review/secrets/take.h"

#define GAP_MAX 28u
#define BLOCK_MAX 400u

/* The name and what stands around it. */
struct place {
	struct slice text;
	size_t at;    /* of the name */
	size_t quote; /* length of the quote that closes the name, or 0 */
};

/* Where a reader found that the value begins. */
struct found {
	char separator; /* what value_take() is told */
	bool prose;	/* the value must show more */
};

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

/* A key of this kind here, in quotes or not, then ':' or '='; moves behind it. */
static bool take_key(struct cursor *c, const struct slice *keys, size_t count)
{
	struct cursor k = *c;
	k.at += quote_here(&k);
	for (size_t i = 0; i < count; i++) {
		struct cursor end = {k.text, k.at + keys[i].len};
		if (!looking_at_nocase(&k, keys[i]))
			continue;
		end.at += quote_here(&end);
		skip_blanks(&end, false);
		if (!looking_at_any(&end, 0, ":="))
			continue;
		c->at = end.at + 1;
		return true;
	}
	return false;
}

/* <key>name</key> <string>v</string>, <name>v</name>, <property name="name">v: the value is an element's
 * text. */
static bool element_text(const struct place *p, struct cursor *c, struct found *ret)
{
	bool opened = p->at > 0 &&
		      (p->text.ptr[p->at - 1] == '<' ||
			  (p->at > 1 && p->text.ptr[p->at - 1] == ':' && name_char(p->text.ptr[p->at - 2])));
	*ret = (struct found){':', false};
	if (peek(c, 0) == '>' && (p->quote > 0 || opened)) {
		c->at++;
		return true;
	}
	if (!looking_at(c, SLICE("</key>")))
		return false;
	c->at += 6;
	skip_blanks(c, true);
	if (!looking_at(c, SLICE("<string>")))
		return false;
	c->at += 8;
	return true;
}

/* name="n" value="v", {"name": "n", "value": "v"}, - name: n and value: v below it. */
static bool neighbour_key(const struct place *p, struct cursor *c, struct found *ret)
{
	static const struct slice keys[] = {SLICE("value"), SLICE("defaultValue"), SLICE("content")};
	size_t start = c->at;
	(void)p;
	if (looking_at_any(c, 0, ":=") || looking_at(c, SLICE("/>")))
		return false;
	c->at += peek(c, 0) == ',';
	skip_blanks(c, true);
	*ret = (struct found){':', false};
	return c->at > start && take_key(c, keys, ARRAY_LEN(keys));
}

static size_t indent_of(struct slice text, size_t line_start)
{
	size_t n = 0;
	while (line_start + n < text.len && n < 200 && text.ptr[line_start + n] == ' ')
		n++;
	return n;
}

/* variable "name" { default = v }, name: {type: String, default: v}, and the same in YAML by indentation. */
static bool block_default(const struct place *p, struct cursor *c, struct found *ret)
{
	static const struct slice keys[] = {SLICE("default")};
	size_t line = p->at, stop;
	while (line > 0 && p->at - line < 200 && p->text.ptr[line - 1] != '\n')
		line--;
	size_t outer = indent_of(p->text, line);
	skip_blanks(c, false);
	c->at += looking_at_any(c, 0, ":=");
	skip_blanks(c, false);
	bool braces = peek(c, 0) == '{';
	if (!braces && !looking_at_any(c, 0, "\r\n"))
		return false;
	*ret = (struct found){':', false};
	for (stop = c->at + BLOCK_MAX, c->at++; c->at < stop && c->at < c->text.len && peek(c, 0) != '}';
	     c->at++) {
		char before = c->text.ptr[c->at - 1];
		bool key = looking_at_any(c, 0, "dD\"'\\");
		if (!braces && before == '\n' && !looking_at_any(c, 0, "\r\n") &&
		    indent_of(c->text, c->at) <= outer)
			return false;
		if (key && !name_char(before) && take_key(c, keys, ARRAY_LEN(keys)))
			return true;
	}
	return false;
}

/* `name: Type = value`: moves behind the '=' when a type stands between. */
static void skip_type(struct cursor *c)
{
	struct cursor t = *c;
	skip_blanks(&t, false);
	size_t n = 0;
	for (; n < 48 && (name_char(peek(&t, 0)) || looking_at_any(&t, 0, "&<>[]?|.*' ")); n++)
		t.at++;
	if (n > 0 && peek(&t, 0) == '=' && !looking_at_any(&t, 1, "=>") && c->text.ptr[t.at - 1] == ' ')
		c->at = t.at + 1;
}

static const struct {
	struct slice text;
	char kind;
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

/* name = v, name: v, "name" => v, ['name'] = v, name (bob): v. */
static bool separator(const struct place *p, struct cursor *c, struct found *ret)
{
	c->at += peek(c, 0) == ']' || (peek(c, 0) == ')' && p->quote == 0);
	skip_blanks(c, false);
	for (size_t i = 0; i < ARRAY_LEN(separators); i++) {
		if (!looking_at(c, separators[i].text))
			continue;
		c->at += separators[i].text.len;
		if (separators[i].kind == ':')
			skip_type(c);
		*ret = (struct found){separators[i].kind, false};
		return true;
	}
	return false;
}

/* setName("v"), set("name", "v"), setopt(NAME, "v"); in a list of words the next one is just the next. */
static bool argument(const struct place *p, struct cursor *c, struct found *ret)
{
	bool first = p->quote > 0 && p->at > p->quote && p->text.ptr[p->at - p->quote - 1] == '(';
	bool constant = p->quote == 0 && isupper((uint8_t)p->text.ptr[p->at]);
	char next = peek(c, 0);
	if (next == '(' ? p->quote > 0 : next != ',' || !(first || constant))
		return false;
	c->at++;
	skip_blanks(c, true);
	*ret = (struct found){next, false};
	return true;
}

/* Dashes before the name: an option on a command line. */
static bool is_option(const struct place *p)
{
	struct slice t = p->text;
	if (p->at == 0 || (t.ptr[p->at - 1] != '-' && t.ptr[p->at - 1] != '/') ||
	    (p->at >= 2 && name_char(t.ptr[p->at - 2])))
		return false;
	return t.ptr[p->at - 1] == '-' || (p->at >= 2 && t.ptr[p->at - 2] == ' ');
}

static bool follows_statement(const struct place *p)
{
	static const struct slice words[] = {
	    SLICE("ENV "), SLICE("ARG "), SLICE("setenv "), SLICE("SetEnv "), SLICE("define(")};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (p->at >= words[i].len &&
		    memcmp(p->text.ptr + p->at - words[i].len, words[i].ptr, words[i].len) == 0)
			return true;
	return false;
}

/* --name v, ENV NAME v, PASSWORD 'v': a blank parts them. A quoted word behind a name may be a sentence, so
 * it must show more. */
static bool behind_blank(const struct place *p, struct cursor *c, struct found *ret)
{
	bool statement = is_option(p) || follows_statement(p);
	if (p->quote > 0 || skip_blanks(c, false) == 0 || peek(c, 0) == '-')
		return false;
	*ret = (struct found){' ', !statement};
	return statement || quote_here(c) > 0;
}

/* "password for bob: v", "the password is v": words of prose between, on the same line. */
static bool prose(const struct place *p, struct cursor *c, struct found *ret)
{
	*ret = (struct found){':', true};
	c->at += peek(c, 0) == ')' || peek(c, 0) == ']';
	for (size_t n = 0; n < GAP_MAX && p->quote == 0; n++, c->at++) {
		if (looking_at_any(c, 0, ":=")) {
			c->at++;
			return n > 0;
		}
		if (looking_at(c, SLICE(" is ")) || looking_at(c, SLICE(" are "))) {
			c->at += 4;
			skip_blanks(c, false);
			return true;
		}
		if (!isalnum((uint8_t)peek(c, 0)) && !looking_at_any(c, 0, " ,()_/-[]"))
			return false;
	}
	return false;
}

static const struct {
	bool (*find)(const struct place *p, struct cursor *c, struct found *ret);
	bool last; /* when it finds a place that holds no value, no other way is asked */
} forms[] = {
    {element_text, false},
    {neighbour_key, false},
    {block_default, false},
    {separator, true},
    {argument, true},
    {behind_blank, true},
    {prose, true},
};

bool assignment_read(
    const struct secret_names *names, struct slice text, size_t at, size_t len, struct assignment *ret)
{
	struct cursor start = {text, at + len};
	struct place p = {text, at, quote_here(&start)};
	skip_brackets(&start);
	start.at += p.quote;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct cursor c = start;
		struct found found;
		if (!forms[i].find(&p, &c, &found))
			continue;
		if (value_take(names, &c, found.separator, ret)) {
			ret->form = found.prose ? VALUE_PROSE : ret->form;
			return true;
		}
		if (forms[i].last)
			return false;
	}
	return false;
}

/* The SQL tokenizer. Called while an app is built; trusts nothing about the text and reads no byte past it.
 */
#include "data/derive/scan.h"

#include "base/check.h"

static bool is_word_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return is_word_start(c) || is_digit(c);
}

static char peek(const struct sql_scan *s, size_t ahead)
{
	return ahead < s->text.len - s->at ? s->text.ptr[s->at + ahead] : '\0';
}

static bool rest_is(const struct sql_scan *s, const char *text)
{
	return slice_starts(slice_of(s->text.ptr + s->at, s->text.len - s->at), slice_cstr(text));
}

static size_t run_words(const struct sql_scan *s, size_t from)
{
	size_t n = from;
	while (n < s->text.len - s->at && is_word(peek(s, n)))
		n++;
	return n;
}

/* The length up to and with the closing quote, which stands for itself when doubled; 0: it does not end. */
static size_t quoted_length(const struct sql_scan *s, size_t from, char quote, bool backslash)
{
	size_t left = s->text.len - s->at;
	for (size_t n = from; n < left; n++) {
		char c = peek(s, n);
		if (backslash && c == '\\') {
			n++;
			continue;
		}
		if (c != quote)
			continue;
		if (quote == ']' || peek(s, n + 1) != quote)
			return n + 1;
		n++;
	}
	return 0;
}

static size_t line_comment_length(const struct sql_scan *s)
{
	size_t n = 0;
	while (n < s->text.len - s->at && peek(s, n) != '\n')
		n++;
	return n;
}

/* SQLite lets a block comment end with the file; a file that does so was cut, so it counts as broken here. */
static size_t block_comment_length(const struct sql_scan *s)
{
	size_t depth = 0;
	for (size_t n = 0; n + 1 < s->text.len - s->at; n++) {
		char c = peek(s, n);
		char next = peek(s, n + 1);
		if (c == '/' && next == '*' && (s->postgres || depth == 0)) {
			depth++;
			n++;
		} else if (c == '*' && next == '/') {
			n++;
			if (--depth == 0)
				return n + 1;
		}
	}
	return 0;
}

/* $$text$$ or $tag$text$tag$; 0 when the dollar starts none. *ret_broken: it starts one that does not end. */
static size_t dollar_length(const struct sql_scan *s, bool *ret_broken)
{
	size_t tag = is_digit(peek(s, 1)) ? 1 : run_words(s, 1);
	if (peek(s, tag) != '$')
		return 0;
	struct slice mark = slice_of(s->text.ptr + s->at, tag + 1);
	for (size_t n = mark.len; n + mark.len <= s->text.len - s->at; n++)
		if (slice_eq(slice_of(s->text.ptr + s->at + n, mark.len), mark))
			return n + mark.len;
	*ret_broken = true;
	return s->text.len - s->at;
}

static size_t number_length(const struct sql_scan *s)
{
	size_t n = 0;
	bool hex = peek(s, 0) == '0' && (peek(s, 1) == 'x' || peek(s, 1) == 'X');
	for (; n < s->text.len - s->at; n++) {
		char c = peek(s, n);
		bool exponent_sign = !hex && (c == '+' || c == '-') && n > 0 &&
				     (peek(s, n - 1) == 'e' || peek(s, n - 1) == 'E');
		if (!is_word(c) && c != '.' && !exponent_sign)
			break;
	}
	return n;
}

static size_t mark_length(const struct sql_scan *s)
{
	/* Longest first. */
	static const char *const marks[] = {"->>", "#>>", "||", "->", "#>", "::", "==", "<>",
	    "!=", "<=", ">=", "<<", ">>", "@>", "<@", "~*", "!~"};
	static const char singles[] = "()[],;.+-*/%<>=~&|^:#!";
	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (rest_is(s, marks[i]))
			return strlen(marks[i]);
	return peek(s, 0) && strchr(singles, peek(s, 0)) ? 1 : 0;
}

static struct sql_token take(struct sql_scan *s, enum sql_token_kind kind, size_t n)
{
	bool whole = n > 0;
	if (!whole)
		n = s->text.len - s->at;
	struct sql_token token = {whole ? kind : SQL_TOKEN_BROKEN, slice_of(s->text.ptr + s->at, n)};
	s->at += n;
	return token;
}

static struct sql_token take_quoted(struct sql_scan *s, char c)
{
	switch (c) {
	case '\'':
		return take(s, SQL_TOKEN_STRING, quoted_length(s, 1, '\'', false));
	case '[':
		return take(s, SQL_TOKEN_QUOTED, quoted_length(s, 1, ']', false));
	default:
		return take(s, SQL_TOKEN_QUOTED, quoted_length(s, 1, c, false));
	}
}

static struct sql_token take_dollar(struct sql_scan *s)
{
	bool broken = false;
	size_t n = dollar_length(s, &broken);
	if (n > 0)
		return take(s, broken ? SQL_TOKEN_BROKEN : SQL_TOKEN_STRING, n);
	return take(s, SQL_TOKEN_BAD_PARAM, run_words(s, 1));
}

struct sql_token sql_scan_next(struct sql_scan *s)
{
	while (s->at < s->text.len && strchr(" \t\r\n\f\v", peek(s, 0)) && peek(s, 0))
		s->at++;
	if (s->at >= s->text.len)
		return (struct sql_token){SQL_TOKEN_END, slice_of(s->text.ptr + s->text.len, 0)};
	char c = peek(s, 0);
	if (rest_is(s, "--"))
		return take(s, SQL_TOKEN_COMMENT, line_comment_length(s));
	if (rest_is(s, "/*"))
		return take(s, SQL_TOKEN_COMMENT, block_comment_length(s));
	if (c == '\'' || c == '"' || c == '`' || (c == '[' && !s->postgres))
		return take_quoted(s, c);
	if ((c == 'x' || c == 'X') && peek(s, 1) == '\'')
		return take(s, SQL_TOKEN_STRING, quoted_length(s, 2, '\'', false));
	if (s->postgres && (c == 'e' || c == 'E') && peek(s, 1) == '\'')
		return take(s, SQL_TOKEN_STRING, quoted_length(s, 2, '\'', true));
	if (is_word_start(c))
		return take(s, SQL_TOKEN_WORD, run_words(s, 0));
	if (is_digit(c) || (c == '.' && is_digit(peek(s, 1))))
		return take(s, SQL_TOKEN_NUMBER, number_length(s));
	if (c == ':' && is_word_start(peek(s, 1)))
		return take(s, SQL_TOKEN_PARAM, run_words(s, 1));
	if (c == '?' || (c == '@' && is_word_start(peek(s, 1))))
		return take(s, SQL_TOKEN_BAD_PARAM, run_words(s, 1));
	if (c == '$')
		return take_dollar(s);
	size_t mark = mark_length(s);
	return take(s, mark ? SQL_TOKEN_MARK : SQL_TOKEN_BROKEN, mark ? mark : 1);
}

struct sql_token sql_scan_code(struct sql_scan *s)
{
	struct sql_token token;
	do
		token = sql_scan_next(s);
	while (token.kind == SQL_TOKEN_COMMENT);
	return token;
}

struct slice sql_token_name(struct sql_token token)
{
	if (token.kind != SQL_TOKEN_QUOTED || token.text.len < 2)
		return token.text;
	return slice_of(token.text.ptr + 1, token.text.len - 2);
}

void sql_position(struct slice text, const char *at, uint32_t *ret_line, uint32_t *ret_column)
{
	uint32_t line = 1;
	uint32_t column = 1;
	for (const char *p = text.ptr; p < at && p < text.ptr + text.len; p++) {
		if (*p == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)*p & 0xc0u) != 0x80) {
			column++;
		}
	}
	*ret_line = line;
	*ret_column = column;
}

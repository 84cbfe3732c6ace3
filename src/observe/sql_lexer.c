/* The lexer of the payload sensor's SQL. Reads strangers' text; bounds are the slice's. */
#include "observe/sql_lexer.h"

#include "base/check.h"
#include "observe/payload_internal.h"

static const struct payload_word keywords[] = {
    {"all", SQL_ALL},
    {"alter", SQL_STATEMENT},
    {"and", SQL_LOGIC},
    {"any", SQL_QUANTIFIER},
    {"as", SQL_AS},
    {"asc", SQL_DIRECTION},
    {"backup", SQL_STATEMENT},
    {"begin", SQL_STATEMENT},
    {"between", SQL_COMPARE},
    {"binary", SQL_QUANTIFIER},
    {"by", SQL_BY},
    {"call", SQL_STATEMENT},
    {"case", SQL_CASE},
    {"collate", SQL_COLLATE},
    {"copy", SQL_STATEMENT},
    {"create", SQL_STATEMENT},
    {"declare", SQL_STATEMENT},
    {"delete", SQL_STATEMENT},
    {"desc", SQL_DIRECTION},
    {"distinct", SQL_ALL},
    {"div", SQL_ARITH},
    {"drop", SQL_STATEMENT},
    {"else", SQL_THEN},
    {"end", SQL_CASE_END},
    {"escape", SQL_COLLATE},
    {"except", SQL_UNION},
    {"exec", SQL_STATEMENT},
    {"execute", SQL_STATEMENT},
    {"exists", SQL_QUANTIFIER},
    {"false", SQL_NULL},
    {"from", SQL_FROM},
    {"glob", SQL_COMPARE},
    {"grant", SQL_STATEMENT},
    {"group", SQL_ORDER},
    {"having", SQL_WHERE},
    {"ilike", SQL_COMPARE},
    {"in", SQL_COMPARE},
    {"insert", SQL_STATEMENT},
    {"intersect", SQL_UNION},
    {"into", SQL_INTO},
    {"is", SQL_COMPARE},
    {"join", SQL_FROM},
    {"like", SQL_COMPARE},
    {"limit", SQL_LIMIT},
    {"load", SQL_STATEMENT},
    {"merge", SQL_STATEMENT},
    {"minus", SQL_UNION},
    {"mod", SQL_ARITH},
    {"not", SQL_NOT},
    {"null", SQL_NULL},
    {"offset", SQL_LIMIT},
    {"on", SQL_WHERE},
    {"or", SQL_LOGIC},
    {"order", SQL_ORDER},
    {"procedure", SQL_PROCEDURE},
    {"regexp", SQL_COMPARE},
    {"replace", SQL_STATEMENT},
    {"restore", SQL_STATEMENT},
    {"rlike", SQL_COMPARE},
    {"select", SQL_SELECT},
    {"set", SQL_STATEMENT},
    {"shutdown", SQL_STATEMENT},
    {"similar", SQL_COMPARE},
    {"some", SQL_QUANTIFIER},
    {"sounds", SQL_COMPARE},
    {"then", SQL_THEN},
    {"top", SQL_ALL},
    {"true", SQL_NULL},
    {"truncate", SQL_STATEMENT},
    {"union", SQL_UNION},
    {"update", SQL_STATEMENT},
    {"waitfor", SQL_WAITFOR},
    {"when", SQL_WHEN},
    {"where", SQL_WHERE},
    {"xor", SQL_LOGIC},
};

void sql_lexer_init(struct sql_lexer *l, struct slice text, size_t at)
{
	*l = (struct sql_lexer){.text = text, .at = at};
	sql_next(l);
}

static char peek(const struct sql_lexer *l, size_t ahead)
{
	return l->at + ahead < l->text.len ? l->text.ptr[l->at + ahead] : 0;
}

static void take(struct sql_lexer *l, enum sql_token token, size_t n)
{
	l->token = token;
	l->lexeme = slice_of(l->text.ptr + l->at, n);
	l->at += n;
}

/* White space, and comments that a server skips; the body of a conditional comment is not skipped. */
static void skip_blanks(struct sql_lexer *l)
{
	size_t begin = l->at;
	for (;;) {
		if (is_space(peek(l, 0))) {
			l->at++;
		} else if (peek(l, 0) == '\xc2' && peek(l, 1) == '\xa0') {
			l->at += 2;
		} else if (peek(l, 0) == '/' && peek(l, 1) == '*' && peek(l, 2) == '!') {
			l->at += 3;
			while (is_digit(peek(l, 0)))
				l->at++;
			l->in_condition = true;
		} else if (l->in_condition && peek(l, 0) == '*' && peek(l, 1) == '/') {
			l->at += 2;
			l->in_condition = false;
		} else if (peek(l, 0) == '/' && peek(l, 1) == '*' && !l->open_comment) {
			size_t end = payload_find(l->text, l->at + 2, "*/");
			l->open_comment = end == l->text.len;
			l->at = l->open_comment ? l->at : end + 2;
		} else {
			break;
		}
	}
	l->spaced = l->at > begin;
}

static void take_string(struct sql_lexer *l, char quote)
{
	size_t n = 1;
	while (l->at + n < l->text.len) {
		char c = peek(l, n);
		if (c == '\\' && l->at + n + 1 < l->text.len) {
			n += 2;
		} else if (c == quote && peek(l, n + 1) == quote) {
			n += 2;
		} else if (c == quote) {
			take(l, SQL_STRING, n + 1);
			return;
		} else {
			n++;
		}
	}
	take(l, SQL_STRING_OPEN, l->text.len - l->at);
}

static void take_number(struct sql_lexer *l)
{
	size_t n = 0;
	if (peek(l, 0) == '0' && lower(peek(l, 1)) == 'x') {
		for (n = 2; is_digit(peek(l, n)) || (lower(peek(l, n)) >= 'a' && lower(peek(l, n)) <= 'f');)
			n++;
	} else {
		while (is_digit(peek(l, n)) || peek(l, n) == '.')
			n++;
		if (lower(peek(l, n)) == 'e' && is_digit(peek(l, n + 1))) {
			for (n++; is_digit(peek(l, n));)
				n++;
		}
	}
	/* "9and" is two tokens to MySQL, "7a" or "2nd" is a word to people: only a keyword may touch a
	 * number. */
	size_t end = n;
	while (is_word(peek(l, end)))
		end++;
	if (end > n &&
	    payload_word_find(keywords, ARRAY_LEN(keywords), slice_of(l->text.ptr + l->at + n, end - n)) < 0)
		take(l, SQL_NAME, end);
	else
		take(l, SQL_NUMBER, n);
}

static bool in_name(char c)
{
	return is_word(c) || c == '.' || c == '$';
}

static void take_word(struct sql_lexer *l)
{
	size_t n = 0;
	while (in_name(peek(l, n)))
		n++;
	struct slice word = slice_of(l->text.ptr + l->at, n);
	int meaning = payload_word_find(keywords, ARRAY_LEN(keywords), word);
	take(l, meaning < 0 ? SQL_NAME : (enum sql_token)meaning, n);
}

/* `name` and [name]; an unclosed one is nothing. */
static void take_quoted_name(struct sql_lexer *l, char close)
{
	size_t n = 1;
	while (in_name(peek(l, n)))
		n++;
	bool whole = n > 1 && peek(l, n) == close;
	take(l, whole ? SQL_NAME : SQL_OTHER, whole ? n + 1 : 1);
}

static bool take_comment(struct sql_lexer *l)
{
	if (l->open_comment && peek(l, 0) == '/') {
		take(l, SQL_COMMENT, l->text.len - l->at);
		return true;
	}
	if (!(peek(l, 0) == '-' && peek(l, 1) == '-') && peek(l, 0) != '#')
		return false;
	const char *from = l->text.ptr + l->at;
	size_t left = l->text.len - l->at;
	const char *end = memchr(from, '\n', left);
	take(l, SQL_COMMENT, end ? (size_t)(end - from) : left);
	return true;
}

static const struct {
	const char *text;
	enum sql_token token;
} operators[] = {
    {"<=>", SQL_COMPARE},
    {"<>", SQL_COMPARE},
    {"<=", SQL_COMPARE},
    {">=", SQL_COMPARE},
    {"!=", SQL_COMPARE},
    {"==", SQL_COMPARE},
    {"&&", SQL_LOGIC},
    {"||", SQL_CONCAT},
    {"::", SQL_CAST},
    {":=", SQL_COMPARE},
    {"!~", SQL_COMPARE},
    {"=", SQL_COMPARE},
    {"<", SQL_COMPARE},
    {">", SQL_COMPARE},
    {"+", SQL_SIGN},
    {"-", SQL_SIGN},
    {"~", SQL_SIGN},
    {"!", SQL_SIGN},
    {"*", SQL_ARITH},
    {"/", SQL_ARITH},
    {"%", SQL_ARITH},
    {"^", SQL_ARITH},
    {"|", SQL_ARITH},
    {"&", SQL_ARITH},
    {"(", SQL_OPEN},
    {")", SQL_CLOSE},
    {"{", SQL_OPEN},
    {"}", SQL_CLOSE},
    {",", SQL_COMMA},
    {";", SQL_SEMICOLON},
    {"?", SQL_VARIABLE},
};

static void take_operator(struct sql_lexer *l)
{
	for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
		if (payload_begins(l->text, l->at, operators[i].text)) {
			take(l, operators[i].token, strlen(operators[i].text));
			return;
		}
	}
	take(l, SQL_OTHER, 1);
}

static void take_variable(struct sql_lexer *l)
{
	size_t n = 1;
	while (peek(l, n) == '@')
		n++;
	size_t begin = n;
	while (in_name(peek(l, n)))
		n++;
	take(l, n > begin ? SQL_VARIABLE : SQL_OTHER, n);
}

void sql_next(struct sql_lexer *l)
{
	skip_blanks(l);
	char c = peek(l, 0);
	if (l->at >= l->text.len) {
		take(l, SQL_END, 0);
	} else if (take_comment(l)) {
		return;
	} else if (c == '\'' || c == '"') {
		take_string(l, c);
	} else if (is_digit(c) || (c == '.' && is_digit(peek(l, 1)))) {
		take_number(l);
	} else if (is_word(c)) {
		take_word(l);
	} else if (c == '@' || (c == ':' && is_alpha(peek(l, 1))) || (c == '$' && is_digit(peek(l, 1)))) {
		take_variable(l);
	} else if (c == '`' || c == '[') {
		take_quoted_name(l, c == '`' ? '`' : ']');
	} else {
		take_operator(l);
	}
}

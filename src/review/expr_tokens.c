/* Text of a rule condition to tokens, macros read in place. */
#include "review/expr_tokens.h"

result expr_fail(struct parser *p, const char *what)
{
	return error_set(
	    p->err, ERR_INVALID, "%s at \"%.*s\" (byte %zu)", what, SLICE_ARG(p->token.text), p->token.at);
}

bool expr_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '-' || c == '%' || c == '$' || c == '@' || c == '/';
}

/* True when the reader moved into a macro's text or back out of one. */
static bool leave_text(struct parser *p)
{
	if (p->outer_count == 0)
		return false;
	p->outer_count--;
	p->text = p->outer[p->outer_count].text;
	p->at = p->outer[p->outer_count].at;
	return true;
}

static result enter_macro(struct parser *p, struct slice name)
{
	const struct slice *body = p->c->macros ? strmap_get(p->c->macros, name) : NULL;
	if (!body)
		return expr_fail(p, "no such macro");
	if (p->outer_count == sizeof p->outer / sizeof *p->outer)
		return expr_fail(p, "macros are nested too deeply");
	p->outer[p->outer_count].text = p->text;
	p->outer[p->outer_count++].at = p->at;
	p->text = *body;
	p->at = 0;
	return RESULT_OK;
}

static result read_text(struct parser *p)
{
	char quote = p->text.ptr[p->at];
	size_t start = ++p->at;
	while (p->at < p->text.len && p->text.ptr[p->at] != quote)
		p->at++;
	p->token.kind = TOKEN_TEXT;
	p->token.text = slice_of(p->text.ptr + start, p->at - start);
	if (p->at >= p->text.len)
		return expr_fail(p, "a text is not closed");
	p->at++;
	return RESULT_OK;
}

static void read_sign(struct parser *p)
{
	static const char *const pairs[] = {"==", "!=", "<=", ">=", "=~", "!~", "**", NULL};
	size_t n = 1;
	for (const char *const *s = pairs; *s; s++)
		if (slice_starts(slice_of(p->text.ptr + p->at, p->text.len - p->at), slice_cstr(*s)))
			n = 2;
	p->token.kind = TOKEN_SIGN;
	p->token.text = slice_of(p->text.ptr + p->at, n);
	p->at += n;
}

result expr_advance(struct parser *p)
{
	for (;;) {
		while (p->at < p->text.len && memchr(" \t\r\n", p->text.ptr[p->at], 4))
			p->at++;
		p->token.at = p->at;
		if (p->at >= p->text.len) {
			if (leave_text(p))
				continue;
			p->token = (struct token){.kind = TOKEN_END, .text = SLICE("the end"), .at = p->at};
			return RESULT_OK;
		}
		char c = p->text.ptr[p->at];
		if (c == '"' || c == '\'')
			return read_text(p);
		size_t start = p->at;
		while (p->at < p->text.len && expr_word_char(p->text.ptr[p->at]))
			p->at++;
		if (p->at == start) {
			read_sign(p);
			return RESULT_OK;
		}
		p->token.kind = TOKEN_WORD;
		p->token.text = slice_of(p->text.ptr + start, p->at - start);
		if (c != '@')
			return RESULT_OK;
		TRY(enter_macro(p, slice_of(p->token.text.ptr + 1, p->token.text.len - 1)));
	}
}

bool expr_is_sign(const struct parser *p, const char *s)
{
	return p->token.kind == TOKEN_SIGN && slice_eq_cstr(p->token.text, s);
}

bool expr_is_word(const struct parser *p, const char *s)
{
	return p->token.kind == TOKEN_WORD && slice_eq_cstr(p->token.text, s);
}

result expr_expect(struct parser *p, const char *sign)
{
	if (!expr_is_sign(p, sign))
		return error_set(p->err, ERR_INVALID, "'%s' was expected at \"%.*s\" (byte %zu)", sign,
		    SLICE_ARG(p->token.text), p->token.at);
	return expr_advance(p);
}

void *expr_make(struct parser *p, size_t size)
{
	return arena_zalloc(p->c->arena, size);
}

result expr_no_memory(struct parser *p)
{
	return error_set(p->err, ERR_MEMORY, "no memory for rules");
}

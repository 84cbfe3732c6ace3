/* Paths, literals, lists and calls of a rule condition. */
#include "review/expr_tokens.h"

static result parse_alternatives(struct parser *p, const struct path **ret)
{
	const struct path *first = NULL;
	struct path *last = NULL;
	do {
		TRY(expr_advance(p));
		const struct path *parsed;
		TRY(expr_parse_path(p, &parsed));
		struct path *one = expr_make(p, sizeof *one);
		if (!one)
			return expr_no_memory(p);
		*one = *parsed;
		if (last)
			last->next_alternative = one;
		else
			first = one;
		last = one;
	} while (expr_is_sign(p, "|"));
	*ret = first;
	return expr_expect(p, "}");
}

static result parse_step(struct parser *p, struct step *s)
{
	if (expr_is_sign(p, "{")) {
		s->kind = STEP_ALTERNATIVES;
		return parse_alternatives(p, &s->alternatives);
	}
	if (expr_is_sign(p, "*"))
		s->kind = STEP_ANY;
	else if (expr_is_sign(p, "**"))
		s->kind = STEP_DEEP;
	else if (expr_is_sign(p, "^"))
		s->kind = STEP_PARENT;
	else if (p->token.kind == TOKEN_WORD || p->token.kind == TOKEN_TEXT)
		s->key = p->token.text;
	else
		return expr_fail(p, "a path was expected");
	return expr_advance(p);
}

static result parse_filter(struct parser *p, struct step *s)
{
	if (!expr_is_sign(p, "["))
		return RESULT_OK;
	TRY(expr_advance(p));
	TRY(expr_parse_or(p, &s->filter));
	return expr_expect(p, "]");
}

/* "$", "$name" or nothing; true in *ret_alone when no step follows. */
static result parse_start(struct parser *p, struct path *path, bool *ret_alone)
{
	*ret_alone = false;
	if (expr_is_sign(p, ".")) {
		/* A "." with something right behind it begins a path; alone it is the element itself. */
		char next = p->at < p->text.len ? p->text.ptr[p->at] : ' ';
		*ret_alone = !expr_word_char(next) && !strchr("\"'*{", next);
		return expr_advance(p);
	}
	if (p->token.kind != TOKEN_WORD || p->token.text.ptr[0] != '$')
		return RESULT_OK;
	path->start = p->token.text.len > 1 ? START_VARIABLE : START_RESOURCE;
	path->variable = p->token.text;
	TRY(expr_advance(p));
	*ret_alone = !expr_is_sign(p, ".");
	return *ret_alone ? RESULT_OK : expr_advance(p);
}

result expr_parse_path(struct parser *p, const struct path **ret)
{
	if (++p->depth > EXPR_DEPTH_MAX)
		return expr_fail(p, "nested too deeply");
	struct path *path = expr_make(p, sizeof *path);
	if (!path)
		return expr_no_memory(p);
	bool alone;
	TRY(parse_start(p, path, &alone));
	struct step *last = NULL;
	while (!alone) {
		struct step *s = expr_make(p, sizeof *s);
		if (!s)
			return expr_no_memory(p);
		TRY(parse_step(p, s));
		TRY(parse_filter(p, s));
		if (last)
			last->next = s;
		else
			path->steps = s;
		last = s;
		if (!expr_is_sign(p, "."))
			break;
		TRY(expr_advance(p));
	}
	p->depth--;
	*ret = path;
	return RESULT_OK;
}

static const struct {
	const char *name;
	enum function function;
} functions[] = {
    {"count", FUNCTION_COUNT},
    {"last", FUNCTION_LAST},
    {"length", FUNCTION_LENGTH},
    {"lower", FUNCTION_LOWER},
    {"name", FUNCTION_NAME},
    {"type", FUNCTION_TYPE},
    {"key", FUNCTION_KEY},
    {"decoded", FUNCTION_DECODED},
    {"prefix", FUNCTION_PREFIX},
    {"file", FUNCTION_FILE},
    {NULL, FUNCTION_COUNT},
};

static bool text_is_number(struct slice s)
{
	size_t i = s.len > 1 && s.ptr[0] == '-';
	for (; i < s.len; i++)
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
	return s.len > 0;
}

static result expr_parse_list(struct parser *p, struct operand *o)
{
	struct operand *last = NULL;
	o->kind = OPERAND_LIST;
	do {
		TRY(expr_advance(p));
		if (expr_is_sign(p, "]"))
			break;
		struct operand *item;
		TRY(expr_parse_operand(p, &item));
		if (last)
			last->next = item;
		else
			o->items = item;
		last = item;
	} while (expr_is_sign(p, ","));
	return expr_expect(p, "]");
}

bool expr_called(const struct parser *p)
{
	return p->at < p->text.len && p->text.ptr[p->at] == '(';
}

static result expr_parse_call(struct parser *p, struct operand *o)
{
	o->kind = OPERAND_CALL;
	size_t i = 0;
	while (functions[i].name && !expr_is_word(p, functions[i].name))
		i++;
	if (!functions[i].name)
		return expr_fail(p, "no such function");
	o->function = functions[i].function;
	TRY(expr_advance(p));
	TRY(expr_expect(p, "("));
	TRY(expr_parse_path(p, &o->path));
	return expr_expect(p, ")");
}

result expr_parse_operand(struct parser *p, struct operand **ret)
{
	struct operand *o = expr_make(p, sizeof *o);
	if (!o)
		return expr_no_memory(p);
	*ret = o;
	if (expr_is_sign(p, "["))
		return expr_parse_list(p, o);
	bool literal = expr_is_word(p, "true") || expr_is_word(p, "false") || expr_is_word(p, "null") ||
		       (p->token.kind == TOKEN_WORD && text_is_number(p->token.text));
	/* A quoted text is a value, unless a step follows it: then it is a key with odd characters. */
	bool key = p->token.kind == TOKEN_TEXT && p->at < p->text.len &&
		   (p->text.ptr[p->at] == '.' || p->text.ptr[p->at] == '[');
	if (literal || (p->token.kind == TOKEN_TEXT && !key)) {
		o->kind = OPERAND_TEXT;
		o->text = p->token.text;
		return expr_advance(p);
	}
	if (p->token.kind == TOKEN_WORD && expr_called(p))
		return expr_parse_call(p, o);
	o->kind = OPERAND_PATH;
	return expr_parse_path(p, &o->path);
}

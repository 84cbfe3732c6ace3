/*
 * Rule conditions from text to trees. Called once a rule when rules are loaded. Rules are ours or the
 * project's own, but a wrong one must end in a message, so nesting is bounded and every error has its place.
 */
#include "review/expr_tokens.h"

static result compile_regex(struct parser *p, struct operand *o)
{
	int code;
	PCRE2_SIZE offset;
	struct regex_list *entry = expr_make(p, sizeof *entry);
	if (!entry)
		return expr_no_memory(p);
	entry->code = pcre2_compile(
	    (PCRE2_SPTR)o->text.ptr, o->text.len, PCRE2_DOTALL | PCRE2_NO_AUTO_CAPTURE, &code, &offset, NULL);
	if (!entry->code)
		return error_set(p->err, ERR_INVALID, "the pattern \"%.*s\" does not compile (byte %zu)",
		    SLICE_ARG(o->text), (size_t)offset);
	(void)pcre2_jit_compile(entry->code, PCRE2_JIT_COMPLETE);
	entry->next = p->c->regexes;
	p->c->regexes = entry;
	o->regex = entry->code;
	return RESULT_OK;
}

static const struct {
	const char *name;
	enum compare_op op;
} operators[] = {
    {"==", OP_EQ},
    {"!=", OP_NE},
    {"<", OP_LT},
    {"<=", OP_LE},
    {">", OP_GT},
    {">=", OP_GE},
    {"=~", OP_MATCH},
    {"!~", OP_NO_MATCH},
    {"in", OP_IN},
    {"refs", OP_REFS},
    {NULL, OP_EQ},
};

static result parse_compare(struct parser *p, struct expr *e)
{
	struct operand *left;
	struct operand *right;
	e->kind = EXPR_COMPARE;
	TRY(expr_parse_operand(p, &left));
	bool negated = expr_is_word(p, "not");
	if (negated)
		TRY(expr_advance(p));
	size_t i = 0;
	while (operators[i].name && !slice_eq_cstr(p->token.text, operators[i].name))
		i++;
	if (!operators[i].name || p->token.kind == TOKEN_TEXT || (negated && operators[i].op != OP_IN))
		return expr_fail(p, "an operator was expected");
	e->op = negated ? OP_NOT_IN : operators[i].op;
	TRY(expr_advance(p));
	TRY(expr_parse_operand(p, &right));
	if (e->op == OP_MATCH || e->op == OP_NO_MATCH)
		TRY(compile_regex(p, right));
	e->left = left;
	e->right = right;
	return RESULT_OK;
}

/* [name:] path ( expr )  or  [name:] resource("type", ...) ( expr ) */
static result parse_quantifier(struct parser *p, struct expr *e)
{
	TRY(expr_advance(p));
	if (p->token.kind == TOKEN_WORD && p->at < p->text.len && p->text.ptr[p->at] == ':') {
		e->variable = p->token.text;
		TRY(expr_advance(p));
		TRY(expr_advance(p));
	}
	if (expr_is_word(p, "resource") && expr_called(p)) {
		struct operand *last = NULL;
		TRY(expr_advance(p));
		do {
			TRY(expr_advance(p));
			struct operand *type;
			TRY(expr_parse_operand(p, &type));
			if (last)
				last->next = type;
			else
				e->types = type;
			last = type;
		} while (expr_is_sign(p, ","));
		TRY(expr_expect(p, ")"));
	} else {
		TRY(expr_parse_path(p, &e->path));
	}
	if (!expr_is_sign(p, "(")) {
		struct expr *constant = expr_make(p, sizeof *constant);
		if (!constant)
			return expr_no_memory(p);
		constant->kind = EXPR_CONSTANT;
		constant->constant = true;
		e->a = constant;
		return RESULT_OK;
	}
	TRY(expr_advance(p));
	TRY(expr_parse_or(p, &e->a));
	return expr_expect(p, ")");
}

static const struct {
	const char *word;
	enum expr_kind kind;
} prefixes[] = {
    {"exists", EXPR_EXISTS},
    {"missing", EXPR_MISSING},
    {"empty", EXPR_EMPTY},
    {"literal", EXPR_LITERAL},
    {"any", EXPR_ANY},
    {"all", EXPR_ALL},
    {"none", EXPR_NONE},
};

static result parse_unary(struct parser *p, const struct expr **ret)
{
	if (++p->depth > EXPR_DEPTH_MAX)
		return expr_fail(p, "nested too deeply");
	struct expr *e = expr_make(p, sizeof *e);
	if (!e)
		return expr_no_memory(p);
	*ret = e;
	result r = RESULT_OK;
	if (expr_is_word(p, "not") || expr_is_word(p, "surely")) {
		e->kind = expr_is_word(p, "not") ? EXPR_NOT : EXPR_SURELY;
		TRY(expr_advance(p));
		r = parse_unary(p, &e->a);
		p->depth--;
		return r;
	}
	if (expr_is_sign(p, "(")) {
		TRY(expr_advance(p));
		TRY(expr_parse_or(p, ret));
		p->depth--;
		return expr_expect(p, ")");
	}
	if (expr_is_word(p, "always")) {
		e->kind = EXPR_CONSTANT;
		e->constant = true;
		p->depth--;
		return expr_advance(p);
	}
	size_t i = 0;
	while (i < sizeof prefixes / sizeof *prefixes && !expr_is_word(p, prefixes[i].word))
		i++;
	if (i == sizeof prefixes / sizeof *prefixes) {
		r = parse_compare(p, e);
	} else {
		e->kind = prefixes[i].kind;
		if (e->kind == EXPR_ANY || e->kind == EXPR_ALL || e->kind == EXPR_NONE) {
			r = parse_quantifier(p, e);
		} else {
			TRY(expr_advance(p));
			r = expr_parse_path(p, &e->path);
		}
	}
	p->depth--;
	return r;
}

static result parse_chain(struct parser *p, const char *word, enum expr_kind kind,
    result (*part)(struct parser *, const struct expr **), const struct expr **ret)
{
	TRY(part(p, ret));
	while (expr_is_word(p, word)) {
		struct expr *e = expr_make(p, sizeof *e);
		if (!e)
			return expr_no_memory(p);
		*e = (struct expr){.kind = kind, .a = *ret};
		TRY(expr_advance(p));
		TRY(part(p, &e->b));
		*ret = e;
	}
	return RESULT_OK;
}

static result parse_and(struct parser *p, const struct expr **ret)
{
	return parse_chain(p, "and", EXPR_AND, parse_unary, ret);
}

result expr_parse_or(struct parser *p, const struct expr **ret)
{
	return parse_chain(p, "or", EXPR_OR, parse_and, ret);
}

result expr_compile(
    struct expr_compiler *c, struct slice text, struct error *err, const struct expr **ret_expr)
{
	struct parser p = {.c = c, .text = text, .err = err};
	const struct expr *e;
	TRY(expr_advance(&p));
	TRY(expr_parse_or(&p, &e));
	if (p.token.kind != TOKEN_END)
		return expr_fail(&p, "the condition should end");
	*ret_expr = e;
	return RESULT_OK;
}

result path_compile(
    struct expr_compiler *c, struct slice text, struct error *err, const struct path **ret_path)
{
	struct parser p = {.c = c, .text = text, .err = err};
	const struct path *path;
	TRY(expr_advance(&p));
	TRY(expr_parse_path(&p, &path));
	if (p.token.kind != TOKEN_END)
		return expr_fail(&p, "the path should end");
	*ret_path = path;
	return RESULT_OK;
}

void expr_regexes_free(struct regex_list *list)
{
	for (; list; list = list->next)
		pcre2_code_free(list->code);
}

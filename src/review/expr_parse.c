/*
 * Rule conditions from text to trees. Called once a rule when rules are loaded. Rules are ours or the
 * project's own, but a wrong one must end in a message, so nesting is bounded and every error has its place.
 */
#include "review/expr.h"

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_TEXT, TOKEN_SIGN };

struct token {
	enum token_kind kind;
	struct slice text;
	size_t at;
};

struct parser {
	struct expr_compiler *c;
	struct slice text;
	size_t at;
	struct token token; /* the one ahead */
	unsigned depth;
	struct error *err;
	/* Macro texts being read, innermost last: the reader returns to the outer text at the end of the
	 * inner. */
	struct {
		struct slice text;
		size_t at;
	} outer[8];
	unsigned outer_count;
};

static result fail(struct parser *p, const char *what)
{
	return error_set(
	    p->err, ERR_INVALID, "%s at \"%.*s\" (byte %zu)", what, SLICE_ARG(p->token.text), p->token.at);
}

static bool word_char(char c)
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
		return fail(p, "no such macro");
	if (p->outer_count == sizeof p->outer / sizeof *p->outer)
		return fail(p, "macros are nested too deeply");
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
		return fail(p, "a text is not closed");
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

static result advance(struct parser *p)
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
		while (p->at < p->text.len && word_char(p->text.ptr[p->at]))
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

static bool is_sign(const struct parser *p, const char *s)
{
	return p->token.kind == TOKEN_SIGN && slice_eq_cstr(p->token.text, s);
}

static bool is_word(const struct parser *p, const char *s)
{
	return p->token.kind == TOKEN_WORD && slice_eq_cstr(p->token.text, s);
}

static result expect(struct parser *p, const char *sign)
{
	if (!is_sign(p, sign))
		return error_set(p->err, ERR_INVALID, "'%s' was expected at \"%.*s\" (byte %zu)", sign,
		    SLICE_ARG(p->token.text), p->token.at);
	return advance(p);
}

static void *make(struct parser *p, size_t size)
{
	return arena_zalloc(p->c->arena, size);
}

static result no_memory(struct parser *p)
{
	return error_set(p->err, ERR_MEMORY, "no memory for rules");
}

static result parse_or(struct parser *p, const struct expr **ret);
static result parse_path(struct parser *p, const struct path **ret);

static result parse_alternatives(struct parser *p, const struct path **ret)
{
	const struct path *first = NULL;
	struct path *last = NULL;
	do {
		TRY(advance(p));
		const struct path *parsed;
		TRY(parse_path(p, &parsed));
		struct path *one = make(p, sizeof *one);
		if (!one)
			return no_memory(p);
		*one = *parsed;
		if (last)
			last->next_alternative = one;
		else
			first = one;
		last = one;
	} while (is_sign(p, "|"));
	*ret = first;
	return expect(p, "}");
}

static result parse_step(struct parser *p, struct step *s)
{
	if (is_sign(p, "{")) {
		s->kind = STEP_ALTERNATIVES;
		return parse_alternatives(p, &s->alternatives);
	}
	if (is_sign(p, "*"))
		s->kind = STEP_ANY;
	else if (is_sign(p, "**"))
		s->kind = STEP_DEEP;
	else if (is_sign(p, "^"))
		s->kind = STEP_PARENT;
	else if (p->token.kind == TOKEN_WORD || p->token.kind == TOKEN_TEXT)
		s->key = p->token.text;
	else
		return fail(p, "a path was expected");
	return advance(p);
}

static result parse_filter(struct parser *p, struct step *s)
{
	if (!is_sign(p, "["))
		return RESULT_OK;
	TRY(advance(p));
	TRY(parse_or(p, &s->filter));
	return expect(p, "]");
}

/* "$", "$name" or nothing; true in *ret_alone when no step follows. */
static result parse_start(struct parser *p, struct path *path, bool *ret_alone)
{
	*ret_alone = false;
	if (is_sign(p, ".")) {
		/* A "." with something right behind it begins a path; alone it is the element itself. */
		char next = p->at < p->text.len ? p->text.ptr[p->at] : ' ';
		*ret_alone = !word_char(next) && !strchr("\"'*{", next);
		return advance(p);
	}
	if (p->token.kind != TOKEN_WORD || p->token.text.ptr[0] != '$')
		return RESULT_OK;
	path->start = p->token.text.len > 1 ? START_VARIABLE : START_RESOURCE;
	path->variable = p->token.text;
	TRY(advance(p));
	*ret_alone = !is_sign(p, ".");
	return *ret_alone ? RESULT_OK : advance(p);
}

static result parse_path(struct parser *p, const struct path **ret)
{
	if (++p->depth > EXPR_DEPTH_MAX)
		return fail(p, "nested too deeply");
	struct path *path = make(p, sizeof *path);
	if (!path)
		return no_memory(p);
	bool alone;
	TRY(parse_start(p, path, &alone));
	struct step *last = NULL;
	while (!alone) {
		struct step *s = make(p, sizeof *s);
		if (!s)
			return no_memory(p);
		TRY(parse_step(p, s));
		TRY(parse_filter(p, s));
		if (last)
			last->next = s;
		else
			path->steps = s;
		last = s;
		if (!is_sign(p, "."))
			break;
		TRY(advance(p));
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

static result parse_operand(struct parser *p, struct operand **ret);

static result parse_list(struct parser *p, struct operand *o)
{
	struct operand *last = NULL;
	o->kind = OPERAND_LIST;
	do {
		TRY(advance(p));
		if (is_sign(p, "]"))
			break;
		struct operand *item;
		TRY(parse_operand(p, &item));
		if (last)
			last->next = item;
		else
			o->items = item;
		last = item;
	} while (is_sign(p, ","));
	return expect(p, "]");
}

static bool called(const struct parser *p)
{
	return p->at < p->text.len && p->text.ptr[p->at] == '(';
}

static result parse_call(struct parser *p, struct operand *o)
{
	o->kind = OPERAND_CALL;
	size_t i = 0;
	while (functions[i].name && !is_word(p, functions[i].name))
		i++;
	if (!functions[i].name)
		return fail(p, "no such function");
	o->function = functions[i].function;
	TRY(advance(p));
	TRY(expect(p, "("));
	TRY(parse_path(p, &o->path));
	return expect(p, ")");
}

static result parse_operand(struct parser *p, struct operand **ret)
{
	struct operand *o = make(p, sizeof *o);
	if (!o)
		return no_memory(p);
	*ret = o;
	if (is_sign(p, "["))
		return parse_list(p, o);
	bool literal = is_word(p, "true") || is_word(p, "false") || is_word(p, "null") ||
		       (p->token.kind == TOKEN_WORD && text_is_number(p->token.text));
	/* A quoted text is a value, unless a step follows it: then it is a key with odd characters. */
	bool key = p->token.kind == TOKEN_TEXT && p->at < p->text.len &&
		   (p->text.ptr[p->at] == '.' || p->text.ptr[p->at] == '[');
	if (literal || (p->token.kind == TOKEN_TEXT && !key)) {
		o->kind = OPERAND_TEXT;
		o->text = p->token.text;
		return advance(p);
	}
	if (p->token.kind == TOKEN_WORD && called(p))
		return parse_call(p, o);
	o->kind = OPERAND_PATH;
	return parse_path(p, &o->path);
}

static result compile_regex(struct parser *p, struct operand *o)
{
	int code;
	PCRE2_SIZE offset;
	struct regex_list *entry = make(p, sizeof *entry);
	if (!entry)
		return no_memory(p);
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
	TRY(parse_operand(p, &left));
	bool negated = is_word(p, "not");
	if (negated)
		TRY(advance(p));
	size_t i = 0;
	while (operators[i].name && !slice_eq_cstr(p->token.text, operators[i].name))
		i++;
	if (!operators[i].name || p->token.kind == TOKEN_TEXT || (negated && operators[i].op != OP_IN))
		return fail(p, "an operator was expected");
	e->op = negated ? OP_NOT_IN : operators[i].op;
	TRY(advance(p));
	TRY(parse_operand(p, &right));
	if (e->op == OP_MATCH || e->op == OP_NO_MATCH)
		TRY(compile_regex(p, right));
	e->left = left;
	e->right = right;
	return RESULT_OK;
}

/* [name:] path ( expr )  or  [name:] resource("type", ...) ( expr ) */
static result parse_quantifier(struct parser *p, struct expr *e)
{
	TRY(advance(p));
	if (p->token.kind == TOKEN_WORD && p->at < p->text.len && p->text.ptr[p->at] == ':') {
		e->variable = p->token.text;
		TRY(advance(p));
		TRY(advance(p));
	}
	if (is_word(p, "resource") && called(p)) {
		struct operand *last = NULL;
		TRY(advance(p));
		do {
			TRY(advance(p));
			struct operand *type;
			TRY(parse_operand(p, &type));
			if (last)
				last->next = type;
			else
				e->types = type;
			last = type;
		} while (is_sign(p, ","));
		TRY(expect(p, ")"));
	} else {
		TRY(parse_path(p, &e->path));
	}
	if (!is_sign(p, "(")) {
		struct expr *constant = make(p, sizeof *constant);
		if (!constant)
			return no_memory(p);
		constant->kind = EXPR_CONSTANT;
		constant->constant = true;
		e->a = constant;
		return RESULT_OK;
	}
	TRY(advance(p));
	TRY(parse_or(p, &e->a));
	return expect(p, ")");
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
		return fail(p, "nested too deeply");
	struct expr *e = make(p, sizeof *e);
	if (!e)
		return no_memory(p);
	*ret = e;
	result r = RESULT_OK;
	if (is_word(p, "not") || is_word(p, "surely")) {
		e->kind = is_word(p, "not") ? EXPR_NOT : EXPR_SURELY;
		TRY(advance(p));
		r = parse_unary(p, &e->a);
		p->depth--;
		return r;
	}
	if (is_sign(p, "(")) {
		TRY(advance(p));
		TRY(parse_or(p, ret));
		p->depth--;
		return expect(p, ")");
	}
	if (is_word(p, "always")) {
		e->kind = EXPR_CONSTANT;
		e->constant = true;
		p->depth--;
		return advance(p);
	}
	size_t i = 0;
	while (i < sizeof prefixes / sizeof *prefixes && !is_word(p, prefixes[i].word))
		i++;
	if (i == sizeof prefixes / sizeof *prefixes) {
		r = parse_compare(p, e);
	} else {
		e->kind = prefixes[i].kind;
		if (e->kind == EXPR_ANY || e->kind == EXPR_ALL || e->kind == EXPR_NONE) {
			r = parse_quantifier(p, e);
		} else {
			TRY(advance(p));
			r = parse_path(p, &e->path);
		}
	}
	p->depth--;
	return r;
}

static result parse_chain(struct parser *p, const char *word, enum expr_kind kind,
    result (*part)(struct parser *, const struct expr **), const struct expr **ret)
{
	TRY(part(p, ret));
	while (is_word(p, word)) {
		struct expr *e = make(p, sizeof *e);
		if (!e)
			return no_memory(p);
		*e = (struct expr){.kind = kind, .a = *ret};
		TRY(advance(p));
		TRY(part(p, &e->b));
		*ret = e;
	}
	return RESULT_OK;
}

static result parse_and(struct parser *p, const struct expr **ret)
{
	return parse_chain(p, "and", EXPR_AND, parse_unary, ret);
}

static result parse_or(struct parser *p, const struct expr **ret)
{
	return parse_chain(p, "or", EXPR_OR, parse_and, ret);
}

result expr_compile(
    struct expr_compiler *c, struct slice text, struct error *err, const struct expr **ret_expr)
{
	struct parser p = {.c = c, .text = text, .err = err};
	const struct expr *e;
	TRY(advance(&p));
	TRY(parse_or(&p, &e));
	if (p.token.kind != TOKEN_END)
		return fail(&p, "the condition should end");
	*ret_expr = e;
	return RESULT_OK;
}

result path_compile(
    struct expr_compiler *c, struct slice text, struct error *err, const struct path **ret_path)
{
	struct parser p = {.c = c, .text = text, .err = err};
	const struct path *path;
	TRY(advance(&p));
	TRY(parse_path(&p, &path));
	if (p.token.kind != TOKEN_END)
		return fail(&p, "the path should end");
	*ret_path = path;
	return RESULT_OK;
}

void expr_regexes_free(struct regex_list *list)
{
	for (; list; list = list->next)
		pcre2_code_free(list->code);
}

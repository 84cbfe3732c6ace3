/* HCL's expressions into nodes: lists, objects, calls of known functions, and everything else as a reference
 * with its source text. */
#include "review/hcl.h"

/* Past a bracketed run that has no value of its own (a for expression, an index). */
static result skip_balanced(struct hcl *h)
{
	unsigned open = 0;
	for (int c = hcl_peek(h); c >= 0; c = hcl_peek(h)) {
		if (c == '"') {
			struct node scratch = {.line = 0};
			TRY(hcl_parse_string(h, &scratch));
			continue;
		}
		if (c == '#' || hcl_looking_at(h, "//") || hcl_looking_at(h, "/*")) {
			hcl_skip_comment(h);
			continue;
		}
		open += c == '(' || c == '[' || c == '{';
		bool closes = c == ')' || c == ']' || c == '}';
		hcl_step(h);
		if (closes && --open == 0)
			return RESULT_OK;
	}
	return hcl_fail(h, "a bracket is not closed");
}

static bool for_follows(struct hcl *h)
{
	struct hcl ahead = *h;
	hcl_step(&ahead);
	hcl_skip(&ahead, true);
	struct slice word = hcl_read_ident(&ahead);
	return slice_eq_cstr(word, "for");
}

static result parse_list(struct hcl *h, int close, struct node *list)
{
	hcl_step(h);
	h->group++;
	for (hcl_skip(h, true); hcl_peek(h) != close; hcl_skip(h, true)) {
		struct node *item;
		TRY(hcl_parse_expr(h, &item));
		node_append(list, item);
		hcl_skip(h, true);
		if (hcl_looking_at(h, "..."))
			h->at += 3;
		hcl_skip(h, true);
		if (hcl_peek(h) == ',')
			hcl_step(h);
		else if (hcl_peek(h) != close)
			return hcl_fail(h, "',' or the end of a list was expected");
	}
	hcl_step(h);
	h->group--;
	return RESULT_OK;
}

result hcl_parse_key(struct hcl *h, struct node *place_of, struct slice *ret_key)
{
	hcl_place(h, place_of);
	if (hcl_peek(h) == '"') {
		struct node string = {.line = 0};
		TRY(hcl_parse_string(h, &string));
		*ret_key = string.text;
	} else if (hcl_peek(h) == '(') {
		size_t start = h->at;
		TRY(skip_balanced(h));
		*ret_key = slice_of(h->text.ptr + start, h->at - start);
	} else {
		size_t start = h->at;
		while (hcl_ident_char(hcl_peek(h), false) || hcl_peek(h) == '.')
			hcl_step(h);
		*ret_key = slice_of(h->text.ptr + start, h->at - start);
	}
	hcl_place_end(h, place_of);
	return ret_key->len ? RESULT_OK : hcl_fail(h, "a name was expected");
}

void hcl_take_place(struct node *value, const struct node *key)
{
	value->line = key->line;
	value->col = key->col;
	value->end_col = key->end_col;
}

static result parse_object(struct hcl *h, struct node *map)
{
	hcl_step(h);
	h->group++;
	for (hcl_skip(h, true); hcl_peek(h) != '}'; hcl_skip(h, true)) {
		struct node key_place = {.line = 0};
		struct slice key;
		TRY(hcl_parse_key(h, &key_place, &key));
		hcl_skip(h, true);
		if (hcl_peek(h) != '=' && hcl_peek(h) != ':')
			return hcl_fail(h, "'=' was expected");
		hcl_step(h);
		hcl_skip(h, true);
		struct node *value;
		unsigned group = h->group;
		h->group = 0; /* a line end closes a member */
		TRY(hcl_parse_expr(h, &value));
		h->group = group;
		value->key = key;
		hcl_take_place(value, &key_place);
		node_append(map, value);
		hcl_skip(h, false);
		if (hcl_peek(h) == ',')
			hcl_step(h);
	}
	hcl_step(h);
	h->group--;
	return RESULT_OK;
}

static result adopt_children(struct hcl *h, struct node *to, const struct node *from)
{
	for (const struct node *c = from->first; c; c = c->next) {
		struct node *copy = node_clone(h->sink, c, 0);
		if (!copy)
			return hcl_too_much(h);
		node_append(to, copy);
	}
	return RESULT_OK;
}

/* Functions that only pass their arguments on; all others are references. */
static result apply_function(struct hcl *h, struct slice name, const struct node *args, struct node *n)
{
	static const char *const same[] = {"jsonencode", "tolist", "toset", "tomap", "tostring", "tonumber",
	    "tobool", "sensitive", "nonsensitive", "flatten", "compact", "distinct", "try", "yamlencode",
	    NULL};
	bool joins = slice_eq_cstr(name, "concat") || slice_eq_cstr(name, "merge");
	bool passes = false;
	for (const char *const *f = same; *f; f++)
		passes = passes || slice_eq_cstr(name, *f);
	if (passes && args->first) {
		struct node *copy = node_clone(h->sink, args->first, 0);
		if (!copy)
			return hcl_too_much(h);
		n->kind = copy->kind;
		n->text = copy->text;
		return adopt_children(h, n, copy);
	}
	if (!joins || !args->first)
		return RESULT_OK;
	for (const struct node *c = args->first; c; c = c->next)
		if (c->kind != args->first->kind || node_is_scalar(c))
			return RESULT_OK;
	n->kind = args->first->kind;
	for (const struct node *c = args->first; c; c = c->next)
		TRY(adopt_children(h, n, c));
	return RESULT_OK;
}

/* A name, a call, or a traversal a.b[0].c */
static result parse_name(struct hcl *h, struct node *n)
{
	size_t start = h->at;
	struct slice name = hcl_read_ident(h);
	while (hcl_looking_at(h, "::")) {
		h->at += 2;
		(void)hcl_read_ident(h);
	}
	if (hcl_peek(h) == '(') {
		struct node *args = hcl_new_at(h, NODE_LIST);
		if (!args)
			return hcl_too_much(h);
		TRY(parse_list(h, ')', args));
		TRY(apply_function(h, name, args, n));
	}
	n->text = n->kind == NODE_REF ? slice_of(h->text.ptr + start, h->at - start) : n->text;
	if (slice_eq_cstr(n->text, "true") || slice_eq_cstr(n->text, "false"))
		n->kind = NODE_BOOL;
	else if (slice_eq_cstr(n->text, "null"))
		n->kind = NODE_NULL;
	return RESULT_OK;
}

static result parse_postfix(struct hcl *h, size_t start, struct node *n)
{
	for (;;) {
		if (hcl_peek(h) == '[') {
			TRY(skip_balanced(h));
		} else if (hcl_peek(h) == '.' &&
			   (hcl_ident_char(hcl_peek_at(h, 1), true) || hcl_peek_at(h, 1) == '*' ||
			       (hcl_peek_at(h, 1) >= '0' && hcl_peek_at(h, 1) <= '9'))) {
			hcl_step(h);
			hcl_step(h);
			while (hcl_ident_char(hcl_peek(h), false))
				hcl_step(h);
		} else {
			return RESULT_OK;
		}
		n->kind = NODE_REF;
		n->first = n->last = NULL;
		n->count = 0;
		n->text = slice_of(h->text.ptr + start, h->at - start);
	}
}

static result parse_operand(struct hcl *h, struct node *n)
{
	int c = hcl_peek(h);
	size_t start = h->at;
	if (c == '"')
		TRY(hcl_parse_string(h, n));
	else if (hcl_looking_at(h, "<<"))
		return hcl_parse_heredoc(h, n);
	else if (c >= '0' && c <= '9')
		hcl_parse_number(h, n);
	else if ((c == '[' || c == '{') && for_follows(h)) {
		n->kind = NODE_REF;
		TRY(skip_balanced(h));
		n->text = slice_of(h->text.ptr + start, h->at - start);
	} else if (c == '[') {
		n->kind = NODE_LIST;
		TRY(parse_list(h, ']', n));
	} else if (c == '{') {
		n->kind = NODE_MAP;
		TRY(parse_object(h, n));
	} else if (c == '(') {
		n->kind = NODE_REF;
		TRY(skip_balanced(h));
		n->text = slice_of(h->text.ptr + start, h->at - start);
	} else if (hcl_ident_char(c, true)) {
		n->kind = NODE_REF;
		TRY(parse_name(h, n));
	} else {
		return hcl_fail(h, "a value was expected");
	}
	return parse_postfix(h, start, n);
}

static size_t operator_length(const struct hcl *h)
{
	static const char *const operators[] = {
	    "==", "!=", "<=", ">=", "&&", "||", "+", "-", "*", "/", "%", "<", ">", "?", NULL};
	for (const char *const *o = operators; *o; o++)
		if (hcl_looking_at(h, *o) && !hcl_looking_at(h, "//") && !hcl_looking_at(h, "/*"))
			return strlen(*o);
	return 0;
}

/* After the first operand: operators make the whole a reference. */
static result parse_operators(struct hcl *h, size_t start, struct node *n)
{
	for (;;) {
		hcl_skip_spaces(h);
		size_t length = operator_length(h);
		if (length == 0)
			return RESULT_OK;
		bool conditional = hcl_peek(h) == '?';
		h->at += length;
		struct node *operand;
		hcl_skip(h, true);
		TRY(hcl_parse_expr(h, &operand));
		hcl_skip_spaces(h);
		if (conditional && hcl_peek(h) == ':') {
			hcl_step(h);
			hcl_skip(h, true);
			TRY(hcl_parse_expr(h, &operand));
		}
		n->kind = NODE_REF;
		n->first = n->last = NULL;
		n->count = 0;
		n->text = slice_of(h->text.ptr + start, h->at - start);
	}
}

result hcl_parse_expr(struct hcl *h, struct node **ret_node)
{
	if (h->depth >= NODE_DEPTH_MAX)
		return error_set(h->err, ERR_LIMIT, "line %u: nested too deeply", h->line);
	h->depth++;
	struct node *n = hcl_new_at(h, NODE_STRING);
	if (!n)
		return hcl_too_much(h);
	size_t start = h->at;
	bool sign = hcl_peek(h) == '-' || hcl_peek(h) == '!';
	if (sign)
		hcl_step(h);
	TRY(parse_operand(h, n));
	if (sign) {
		n->kind = n->kind == NODE_NUMBER ? NODE_NUMBER : NODE_REF;
		n->text = slice_of(h->text.ptr + start, h->at - start);
	}
	hcl_place_end(h, n);
	size_t end = h->at;
	TRY(parse_operators(h, start, n));
	if (n->kind == NODE_REF && h->at > end && n->text.len > end - start)
		hcl_place_end(h, n);
	h->depth--;
	*ret_node = n;
	return RESULT_OK;
}

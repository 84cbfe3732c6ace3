/*
 * HCL 2 native syntax into nodes. Written by hand because the npm grammar needs a newer tree-sitter than
 * Debian 12 has, and because rules need values, not syntax: jsonencode({...}) is its argument, a dynamic
 * block is the block it makes, an expression that the file alone does not decide is a NODE_REF with its
 * source text.
 *
 * The bytes are a stranger's: nesting is bounded, every loop advances, and a broken block is passed over up
 * to the next line that starts at the margin, so that one mistake does not hide the rest of a file.
 */
#include "review/node.h"

struct hcl {
	struct node_sink *sink;
	struct slice text;
	size_t at;
	size_t line_start;
	uint32_t line;
	unsigned depth;
	unsigned group; /* inside brackets, where line ends are spaces */
	struct error *err;
};

static result fail(struct hcl *h, const char *what)
{
	return error_set(h->err, ERR_INVALID, "line %u: %s", h->line, what);
}

static result too_much(struct hcl *h)
{
	return error_set(h->err, ERR_LIMIT, "the file has too many values");
}

static int peek_at(const struct hcl *h, size_t ahead)
{
	return h->at + ahead < h->text.len ? (unsigned char)h->text.ptr[h->at + ahead] : -1;
}

static int peek(const struct hcl *h)
{
	return peek_at(h, 0);
}

static void step(struct hcl *h)
{
	if (h->text.ptr[h->at++] == '\n') {
		h->line++;
		h->line_start = h->at;
	}
}

static bool looking_at(const struct hcl *h, const char *s)
{
	return slice_starts(slice_of(h->text.ptr + h->at, h->text.len - h->at), slice_cstr(s));
}

static void skip_comment(struct hcl *h)
{
	if (looking_at(h, "/*")) {
		while (peek(h) >= 0 && !looking_at(h, "*/"))
			step(h);
		for (int i = 0; i < 2 && peek(h) >= 0; i++)
			step(h);
		return;
	}
	while (peek(h) >= 0 && peek(h) != '\n')
		step(h);
}

static void skip(struct hcl *h, bool lines)
{
	for (int c = peek(h); c >= 0; c = peek(h)) {
		if (c == '#' || looking_at(h, "//") || looking_at(h, "/*"))
			skip_comment(h);
		else if (c == ' ' || c == '\t' || c == '\r' || (c == '\n' && lines))
			step(h);
		else
			return;
	}
}

static void skip_spaces(struct hcl *h)
{
	skip(h, h->group > 0);
}

static bool ident_char(int c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80 ||
	       (!first && ((c >= '0' && c <= '9') || c == '-'));
}

static struct slice read_ident(struct hcl *h)
{
	size_t start = h->at;
	if (ident_char(peek(h), true))
		while (ident_char(peek(h), false))
			step(h);
	return slice_of(h->text.ptr + start, h->at - start);
}

static void place(const struct hcl *h, struct node *n)
{
	n->line = n->end_line = h->line;
	n->col = (uint32_t)(h->at - h->line_start) + 1;
	n->start_byte = (uint32_t)h->at;
}

static void place_end(const struct hcl *h, struct node *n)
{
	n->end_line = h->line;
	n->end_byte = (uint32_t)h->at;
	n->end_col = n->line == h->line ? (uint32_t)(h->at - h->line_start) + 1 : 0;
}

static struct node *new_at(struct hcl *h, enum node_kind kind)
{
	struct node *n = node_new(h->sink, kind);
	if (n)
		place(h, n);
	return n;
}

static result parse_expr(struct hcl *h, struct node **ret_node);

/* Past a "${...}" or "%{...}" at the cursor, strings and braces inside it included. */
static result skip_interpolation(struct hcl *h)
{
	unsigned open = 0;
	bool quoted = false;
	for (int c = peek(h); c >= 0; c = peek(h)) {
		if (quoted && c == '\\')
			step(h);
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && c == '{')
			open++;
		else if (!quoted && c == '}' && --open == 0) {
			step(h);
			return RESULT_OK;
		}
		if (peek(h) >= 0)
			step(h);
	}
	return fail(h, "an interpolation is not closed");
}

static result unescape(struct hcl *h, struct slice raw, struct slice *ret_text)
{
	char *out = arena_alloc(h->sink->arena, raw.len + 1);
	if (!out)
		return too_much(h);
	size_t len = 0;
	for (size_t i = 0; i < raw.len; i++) {
		char c = raw.ptr[i];
		if (c == '\\' && i + 1 < raw.len) {
			c = raw.ptr[++i];
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
		} else if ((c == '$' || c == '%') && i + 2 < raw.len && raw.ptr[i + 1] == c &&
			   raw.ptr[i + 2] == '{') {
			i++;
		}
		out[len++] = c;
	}
	*ret_text = slice_of(out, len);
	return RESULT_OK;
}

/* "${x}" and nothing else is the expression x. */
static bool only_interpolation(struct slice raw)
{
	if (raw.len < 4 || raw.ptr[0] != '$' || raw.ptr[1] != '{' || raw.ptr[raw.len - 1] != '}')
		return false;
	return memchr(raw.ptr + 2, '{', raw.len - 2) == NULL;
}

static result parse_string(struct hcl *h, struct node *n)
{
	step(h);
	size_t start = h->at;
	bool escaped = false;
	bool template = false;
	for (int c = peek(h); c != '"'; c = peek(h)) {
		if (c < 0 || c == '\n')
			return fail(h, "a string is not closed");
		bool marker = (c == '$' || c == '%') && peek_at(h, 1) == '{';
		if ((c == '$' || c == '%') && peek_at(h, 1) == c && peek_at(h, 2) == '{') {
			escaped = true;
			step(h);
			step(h);
		} else if (marker) {
			template = true;
			TRY(skip_interpolation(h));
			continue;
		} else if (c == '\\') {
			escaped = true;
			step(h);
			if (peek(h) < 0)
				return fail(h, "a string is not closed");
		}
		step(h);
	}
	n->text = slice_of(h->text.ptr + start, h->at - start);
	step(h);
	if (!template)
		return escaped ? unescape(h, n->text, &n->text) : RESULT_OK;
	n->kind = NODE_REF;
	if (only_interpolation(n->text))
		n->text = slice_trim(slice_of(n->text.ptr + 2, n->text.len - 3));
	return escaped ? unescape(h, n->text, &n->text) : RESULT_OK;
}

/* <<EOT or <<-EOT up to the line that holds only the marker. */
static result parse_heredoc(struct hcl *h, struct node *n)
{
	h->at += 2;
	if (peek(h) == '-')
		h->at++;
	struct slice marker = read_ident(h);
	while (peek(h) >= 0 && peek(h) != '\n')
		step(h);
	if (marker.len == 0 || peek(h) < 0)
		return fail(h, "a heredoc is not closed");
	step(h);
	size_t start = h->at;
	while (peek(h) >= 0) {
		size_t line_at = h->at;
		while (peek(h) >= 0 && peek(h) != '\n')
			step(h);
		struct slice line = slice_trim(slice_of(h->text.ptr + line_at, h->at - line_at));
		if (slice_eq(line, marker)) {
			n->text = slice_of(h->text.ptr + start, line_at - start);
			for (size_t i = 0; i + 1 < n->text.len; i++)
				if (n->text.ptr[i] == '$' && n->text.ptr[i + 1] == '{')
					n->kind = NODE_REF;
			return RESULT_OK;
		}
		if (peek(h) >= 0)
			step(h);
	}
	return fail(h, "a heredoc is not closed");
}

static void parse_number(struct hcl *h, struct node *n)
{
	size_t start = h->at;
	for (int c = peek(h);
	     (c >= '0' && c <= '9') || c == '.' || c == 'e' || c == 'E' ||
	     ((c == '+' || c == '-') && h->at > start && (h->text.ptr[h->at - 1] | 32) == 'e');
	     c = peek(h))
		step(h);
	n->kind = NODE_NUMBER;
	n->text = slice_of(h->text.ptr + start, h->at - start);
}

/* Past a bracketed run that has no value of its own (a for expression, an index). */
static result skip_balanced(struct hcl *h)
{
	unsigned open = 0;
	for (int c = peek(h); c >= 0; c = peek(h)) {
		if (c == '"') {
			struct node scratch = {.line = 0};
			TRY(parse_string(h, &scratch));
			continue;
		}
		if (c == '#' || looking_at(h, "//") || looking_at(h, "/*")) {
			skip_comment(h);
			continue;
		}
		open += c == '(' || c == '[' || c == '{';
		bool closes = c == ')' || c == ']' || c == '}';
		step(h);
		if (closes && --open == 0)
			return RESULT_OK;
	}
	return fail(h, "a bracket is not closed");
}

static bool for_follows(struct hcl *h)
{
	struct hcl ahead = *h;
	step(&ahead);
	skip(&ahead, true);
	struct slice word = read_ident(&ahead);
	return slice_eq_cstr(word, "for");
}

static result parse_list(struct hcl *h, int close, struct node *list)
{
	step(h);
	h->group++;
	for (skip(h, true); peek(h) != close; skip(h, true)) {
		struct node *item;
		TRY(parse_expr(h, &item));
		node_append(list, item);
		skip(h, true);
		if (looking_at(h, "..."))
			h->at += 3;
		skip(h, true);
		if (peek(h) == ',')
			step(h);
		else if (peek(h) != close)
			return fail(h, "',' or the end of a list was expected");
	}
	step(h);
	h->group--;
	return RESULT_OK;
}

static result parse_key(struct hcl *h, struct node *place_of, struct slice *ret_key)
{
	place(h, place_of);
	if (peek(h) == '"') {
		struct node string = {.line = 0};
		TRY(parse_string(h, &string));
		*ret_key = string.text;
	} else if (peek(h) == '(') {
		size_t start = h->at;
		TRY(skip_balanced(h));
		*ret_key = slice_of(h->text.ptr + start, h->at - start);
	} else {
		size_t start = h->at;
		while (ident_char(peek(h), false) || peek(h) == '.')
			step(h);
		*ret_key = slice_of(h->text.ptr + start, h->at - start);
	}
	place_end(h, place_of);
	return ret_key->len ? RESULT_OK : fail(h, "a name was expected");
}

static void take_place(struct node *value, const struct node *key)
{
	value->line = key->line;
	value->col = key->col;
	value->end_col = key->end_col;
}

static result parse_object(struct hcl *h, struct node *map)
{
	step(h);
	h->group++;
	for (skip(h, true); peek(h) != '}'; skip(h, true)) {
		struct node key_place = {.line = 0};
		struct slice key;
		TRY(parse_key(h, &key_place, &key));
		skip(h, true);
		if (peek(h) != '=' && peek(h) != ':')
			return fail(h, "'=' was expected");
		step(h);
		skip(h, true);
		struct node *value;
		unsigned group = h->group;
		h->group = 0; /* a line end closes a member */
		TRY(parse_expr(h, &value));
		h->group = group;
		value->key = key;
		take_place(value, &key_place);
		node_append(map, value);
		skip(h, false);
		if (peek(h) == ',')
			step(h);
	}
	step(h);
	h->group--;
	return RESULT_OK;
}

static result adopt_children(struct hcl *h, struct node *to, const struct node *from)
{
	for (const struct node *c = from->first; c; c = c->next) {
		struct node *copy = node_clone(h->sink, c, 0);
		if (!copy)
			return too_much(h);
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
			return too_much(h);
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
	struct slice name = read_ident(h);
	while (looking_at(h, "::")) {
		h->at += 2;
		(void)read_ident(h);
	}
	if (peek(h) == '(') {
		struct node *args = new_at(h, NODE_LIST);
		if (!args)
			return too_much(h);
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
		if (peek(h) == '[') {
			TRY(skip_balanced(h));
		} else if (peek(h) == '.' && (ident_char(peek_at(h, 1), true) || peek_at(h, 1) == '*' ||
						 (peek_at(h, 1) >= '0' && peek_at(h, 1) <= '9'))) {
			step(h);
			step(h);
			while (ident_char(peek(h), false))
				step(h);
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
	int c = peek(h);
	size_t start = h->at;
	if (c == '"')
		TRY(parse_string(h, n));
	else if (looking_at(h, "<<"))
		return parse_heredoc(h, n);
	else if (c >= '0' && c <= '9')
		parse_number(h, n);
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
	} else if (ident_char(c, true)) {
		n->kind = NODE_REF;
		TRY(parse_name(h, n));
	} else {
		return fail(h, "a value was expected");
	}
	return parse_postfix(h, start, n);
}

static size_t operator_length(const struct hcl *h)
{
	static const char *const operators[] = {
	    "==", "!=", "<=", ">=", "&&", "||", "+", "-", "*", "/", "%", "<", ">", "?", NULL};
	for (const char *const *o = operators; *o; o++)
		if (looking_at(h, *o) && !looking_at(h, "//") && !looking_at(h, "/*"))
			return strlen(*o);
	return 0;
}

/* After the first operand: operators make the whole a reference. */
static result parse_operators(struct hcl *h, size_t start, struct node *n)
{
	for (;;) {
		skip_spaces(h);
		size_t length = operator_length(h);
		if (length == 0)
			return RESULT_OK;
		bool conditional = peek(h) == '?';
		h->at += length;
		struct node *operand;
		skip(h, true);
		TRY(parse_expr(h, &operand));
		skip_spaces(h);
		if (conditional && peek(h) == ':') {
			step(h);
			skip(h, true);
			TRY(parse_expr(h, &operand));
		}
		n->kind = NODE_REF;
		n->first = n->last = NULL;
		n->count = 0;
		n->text = slice_of(h->text.ptr + start, h->at - start);
	}
}

static result parse_expr(struct hcl *h, struct node **ret_node)
{
	if (h->depth >= NODE_DEPTH_MAX)
		return error_set(h->err, ERR_LIMIT, "line %u: nested too deeply", h->line);
	h->depth++;
	struct node *n = new_at(h, NODE_STRING);
	if (!n)
		return too_much(h);
	size_t start = h->at;
	bool sign = peek(h) == '-' || peek(h) == '!';
	if (sign)
		step(h);
	TRY(parse_operand(h, n));
	if (sign) {
		n->kind = n->kind == NODE_NUMBER ? NODE_NUMBER : NODE_REF;
		n->text = slice_of(h->text.ptr + start, h->at - start);
	}
	place_end(h, n);
	size_t end = h->at;
	TRY(parse_operators(h, start, n));
	if (n->kind == NODE_REF && h->at > end && n->text.len > end - start)
		place_end(h, n);
	h->depth--;
	*ret_node = n;
	return RESULT_OK;
}

static result parse_body(struct hcl *h, struct node *body, bool top);

static result parse_labels(struct hcl *h, struct node *block)
{
	static const char *const keys[] = {"%0", "%1", "%2"};
	for (unsigned i = 0; peek(h) != '{'; i++) {
		struct node *label = new_at(h, NODE_STRING);
		struct node key_place = {.line = 0};
		if (!label)
			return too_much(h);
		if (i >= sizeof keys / sizeof *keys)
			return fail(h, "a block has too many labels");
		TRY(parse_key(h, &key_place, &label->text));
		take_place(label, &key_place);
		label->key = slice_cstr(keys[i]);
		node_append(block, label);
		skip(h, false);
	}
	return RESULT_OK;
}

/* dynamic "x" { content { ... } } stands for x { ... }. */
static void unwrap_dynamic(struct node *block)
{
	struct node *label = node_get_cstr(block, "%0");
	struct node *content = node_get_cstr(block, "content");
	if (!slice_eq_cstr(block->key, "dynamic") || !label || !content)
		return;
	block->key = label->text;
	block->first = content->first;
	block->last = content->last;
	block->count = content->count;
	for (struct node *c = block->first; c; c = c->next)
		c->parent = block;
}

static result parse_block(struct hcl *h, struct node *body, const struct node *key_place, struct slice key)
{
	if (h->depth >= NODE_DEPTH_MAX)
		return error_set(h->err, ERR_LIMIT, "line %u: nested too deeply", h->line);
	h->depth++;
	struct node *block = new_at(h, NODE_MAP);
	if (!block)
		return too_much(h);
	block->block = true;
	block->key = key;
	TRY(parse_labels(h, block));
	step(h);
	TRY(parse_body(h, block, false));
	step(h);
	place_end(h, block);
	take_place(block, key_place);
	unwrap_dynamic(block);
	node_append(body, block);
	h->depth--;
	return RESULT_OK;
}

static result parse_item(struct hcl *h, struct node *body)
{
	struct node key_place = {.line = 0};
	struct slice key;
	TRY(parse_key(h, &key_place, &key));
	skip(h, false);
	if (peek(h) != '=' || peek_at(h, 1) == '=')
		return parse_block(h, body, &key_place, key);
	step(h);
	skip(h, false);
	struct node *value;
	unsigned group = h->group;
	h->group = 0;
	TRY(parse_expr(h, &value));
	h->group = group;
	value->key = key;
	take_place(value, &key_place);
	node_append(body, value);
	skip(h, false);
	if (peek(h) == ',')
		step(h);
	return RESULT_OK;
}

/* To the next line that starts at the margin with a name. */
static void recover(struct hcl *h)
{
	h->depth = h->group = 0;
	while (peek(h) >= 0) {
		while (peek(h) >= 0 && peek(h) != '\n')
			step(h);
		if (peek(h) >= 0)
			step(h);
		if (ident_char(peek(h), true))
			return;
	}
}

static result parse_body(struct hcl *h, struct node *body, bool top)
{
	for (skip(h, true); peek(h) >= 0 && (top || peek(h) != '}'); skip(h, true)) {
		result r = parse_item(h, body);
		if (!is_ok(r) && (!top || r.code == ERR_LIMIT))
			return r;
		if (!is_ok(r))
			recover(h);
	}
	return top || peek(h) == '}' ? RESULT_OK : fail(h, "a block is not closed");
}

result node_parse_hcl(struct node_sink *sink, struct slice text, struct error *err, struct node **ret_root)
{
	struct hcl h = {.sink = sink, .text = text, .line = 1, .err = err};
	if (text.len >= 3 && memcmp(text.ptr, "\xef\xbb\xbf", 3) == 0)
		h.at = h.line_start = 3;
	struct node *root = new_at(&h, NODE_MAP);
	if (!root)
		return too_much(&h);
	TRY(parse_body(&h, root, true));
	place_end(&h, root);
	*ret_root = root;
	return RESULT_OK;
}

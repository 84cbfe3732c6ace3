/*
 * HCL 2 native syntax into nodes. Written by hand because the npm grammar needs a newer tree-sitter than
 * Debian 12 has, and because rules need values, not syntax: jsonencode({...}) is its argument, a dynamic
 * block is the block it makes, an expression that the file alone does not decide is a NODE_REF with its
 * source text.
 *
 * The bytes are a stranger's: nesting is bounded, every loop advances, and a broken block is passed over up
 * to the next line that starts at the margin, so that one mistake does not hide the rest of a file.
 */
#include "review/hcl.h"

static result parse_body(struct hcl *h, struct node *body, bool top);

static result parse_labels(struct hcl *h, struct node *block)
{
	static const char *const keys[] = {"%0", "%1", "%2"};
	for (unsigned i = 0; hcl_peek(h) != '{'; i++) {
		struct node *label = hcl_new_at(h, NODE_STRING);
		struct node key_place = {.line = 0};
		if (!label)
			return hcl_too_much(h);
		if (i >= sizeof keys / sizeof *keys)
			return hcl_fail(h, "a block has too many labels");
		TRY(hcl_parse_key(h, &key_place, &label->text));
		hcl_take_place(label, &key_place);
		label->key = slice_cstr(keys[i]);
		node_append(block, label);
		hcl_skip(h, false);
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
	struct node *block = hcl_new_at(h, NODE_MAP);
	if (!block)
		return hcl_too_much(h);
	block->block = true;
	block->key = key;
	TRY(parse_labels(h, block));
	hcl_step(h);
	TRY(parse_body(h, block, false));
	hcl_step(h);
	hcl_place_end(h, block);
	hcl_take_place(block, key_place);
	unwrap_dynamic(block);
	node_append(body, block);
	h->depth--;
	return RESULT_OK;
}

static result parse_item(struct hcl *h, struct node *body)
{
	struct node key_place = {.line = 0};
	struct slice key;
	TRY(hcl_parse_key(h, &key_place, &key));
	hcl_skip(h, false);
	if (hcl_peek(h) != '=' || hcl_peek_at(h, 1) == '=')
		return parse_block(h, body, &key_place, key);
	hcl_step(h);
	hcl_skip(h, false);
	struct node *value;
	unsigned group = h->group;
	h->group = 0;
	TRY(hcl_parse_expr(h, &value));
	h->group = group;
	value->key = key;
	hcl_take_place(value, &key_place);
	node_append(body, value);
	hcl_skip(h, false);
	if (hcl_peek(h) == ',')
		hcl_step(h);
	return RESULT_OK;
}

/* To the next line that starts at the margin with a name. */
static void recover(struct hcl *h)
{
	h->depth = h->group = 0;
	while (hcl_peek(h) >= 0) {
		while (hcl_peek(h) >= 0 && hcl_peek(h) != '\n')
			hcl_step(h);
		if (hcl_peek(h) >= 0)
			hcl_step(h);
		if (hcl_ident_char(hcl_peek(h), true))
			return;
	}
}

static result parse_body(struct hcl *h, struct node *body, bool top)
{
	for (hcl_skip(h, true); hcl_peek(h) >= 0 && (top || hcl_peek(h) != '}'); hcl_skip(h, true)) {
		result r = parse_item(h, body);
		if (!is_ok(r) && (!top || r.code == ERR_LIMIT))
			return r;
		if (is_ok(r))
			continue;
		if (!h->sink->skipped_line)
			h->sink->skipped_line = h->line;
		recover(h);
	}
	return top || hcl_peek(h) == '}' ? RESULT_OK : hcl_fail(h, "a block is not closed");
}

result node_parse_hcl(struct node_sink *sink, struct slice text, struct error *err, struct node **ret_root)
{
	struct hcl h = {.sink = sink, .text = text, .line = 1, .err = err};
	if (text.len >= 3 && memcmp(text.ptr, "\xef\xbb\xbf", 3) == 0)
		h.at = h.line_start = 3;
	struct node *root = hcl_new_at(&h, NODE_MAP);
	if (!root)
		return hcl_too_much(&h);
	TRY(parse_body(&h, root, true));
	hcl_place_end(&h, root);
	*ret_root = root;
	return RESULT_OK;
}

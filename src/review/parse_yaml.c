/*
 * YAML by libfyaml into nodes, with the short forms of CloudFormation's functions (!Ref, !Sub, !GetAtt ...)
 * kept as
 * {"Fn::X": value}, as the long form is written, so that one place gives them meaning (cloudformation.c).
 */
#include <libfyaml.h>

#include "base/yaml_guard.h"

#include "review/node.h"

struct yaml_reader {
	struct node_sink *sink;
	struct fy_document *doc;
	struct error *err;
};

static result convert(struct yaml_reader *r, struct fy_node *fn, unsigned depth, struct node **ret_node);

static result too_much(struct yaml_reader *r)
{
	return error_set(r->err, ERR_LIMIT, "the file has too many values or aliases");
}

static void place(struct node *n, struct fy_node *fn)
{
	struct fy_token *token = fy_node_is_scalar(fn) ? fy_node_get_scalar_token(fn) : NULL;
	const struct fy_mark *start = token ? fy_token_start_mark(token) : NULL;
	const struct fy_mark *end = token ? fy_token_end_mark(token) : NULL;
	if (!start)
		return;
	n->line = (uint32_t)start->line + 1;
	n->col = (uint32_t)start->column + 1;
	n->start_byte = (uint32_t)start->input_pos;
	n->end_line = n->line;
	if (end) {
		n->end_line = (uint32_t)end->line + 1;
		n->end_byte = (uint32_t)end->input_pos;
		n->end_col = end->line == start->line ? (uint32_t)end->column + 1 : 0;
	}
}

static bool is_number(struct slice s)
{
	size_t i = s.len && (s.ptr[0] == '-' || s.ptr[0] == '+');
	bool digit = false;
	for (; i < s.len; i++) {
		if (s.ptr[i] >= '0' && s.ptr[i] <= '9')
			digit = true;
		else if (s.ptr[i] != '.' && s.ptr[i] != 'e' && s.ptr[i] != 'E')
			return false;
	}
	return digit;
}

static enum node_kind plain_kind(struct slice s)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
	static const char *const bools[] = {"true", "True", "TRUE", "false", "False", "FALSE", NULL};
	for (const char *const *n = nulls; *n; n++)
		if (slice_eq_cstr(s, *n))
			return NODE_NULL;
	for (const char *const *b = bools; *b; b++)
		if (slice_eq_cstr(s, *b))
			return NODE_BOOL;
	return is_number(s) ? NODE_NUMBER : NODE_STRING;
}

static result convert_scalar(struct yaml_reader *r, struct fy_node *fn, struct node **ret_node)
{
	size_t len = 0;
	const char *text = fy_node_get_scalar(fn, &len);
	struct slice kept = len ? arena_copy(r->sink->arena, slice_of(text, len)) : slice_of("", 0);
	struct node *n = node_new(r->sink, NODE_STRING);
	if (!n || !kept.ptr)
		return too_much(r);
	n->text = kept;
	if (fy_node_get_style(fn) == FYNS_PLAIN)
		n->kind = plain_kind(kept);
	if (n->kind == NODE_BOOL)
		n->text = kept.ptr[0] == 't' || kept.ptr[0] == 'T' ? SLICE("true") : SLICE("false");
	place(n, fn);
	*ret_node = n;
	return RESULT_OK;
}

static result merge(struct yaml_reader *r, struct node *map, const struct node *from)
{
	for (const struct node *c = from->first; c; c = c->next) {
		if (from->kind == NODE_LIST) {
			TRY(merge(r, map, c));
			continue;
		}
		if (node_get(map, c->key))
			continue;
		struct node *copy = node_clone(r->sink, c, 0);
		if (!copy)
			return too_much(r);
		node_append(map, copy);
	}
	return RESULT_OK;
}

static result convert_pair(struct yaml_reader *r, struct node *map, struct fy_node_pair *pair, unsigned depth)
{
	struct fy_node *key = fy_node_pair_key(pair);
	struct fy_node *value = fy_node_pair_value(pair);
	struct node *k = NULL;
	if (!key || !fy_node_is_scalar(key))
		return RESULT_OK;
	TRY(convert_scalar(r, key, &k));
	struct node *n = NULL;
	if (value)
		TRY(convert(r, value, depth + 1, &n));
	else
		n = node_new(r->sink, NODE_NULL);
	if (!n)
		return too_much(r);
	if (slice_eq_cstr(k->text, "<<") && !node_is_scalar(n))
		return merge(r, map, n);
	n->key = k->text;
	n->line = k->line;
	n->col = k->col;
	n->end_col = k->end_col;
	if (n->end_line < n->line)
		n->end_line = n->line;
	node_append(map, n);
	return RESULT_OK;
}

/* libfyaml gives collections no marks: one begins where its first child does and ends where its last one
 * ends. */
static void place_group(struct node *n)
{
	if (!n->first)
		return;
	n->line = n->first->line;
	n->col = n->first->col;
	n->end_line = n->last->end_line > n->line ? n->last->end_line : n->line;
	n->start_byte = n->first->start_byte;
	n->end_byte = n->last->end_byte;
}

/* Empty collections have nothing to take a place from: the one that holds them lends its own. */
static void lend_places(struct node *parent)
{
	for (struct node *c = parent->first; c; c = c->next) {
		if (c->line == 0) {
			c->line = parent->line;
			c->col = parent->col;
		}
		if (c->end_line < c->line)
			c->end_line = c->line;
		lend_places(c);
	}
}

static result convert_group(struct yaml_reader *r, struct fy_node *fn, unsigned depth, struct node **ret_node)
{
	bool is_map = fy_node_is_mapping(fn);
	struct node *n = node_new(r->sink, is_map ? NODE_MAP : NODE_LIST);
	if (!n)
		return too_much(r);
	void *iter = NULL;
	if (is_map) {
		for (struct fy_node_pair *p; (p = fy_node_mapping_iterate(fn, &iter));)
			TRY(convert_pair(r, n, p, depth));
	} else {
		for (struct fy_node *item; (item = fy_node_sequence_iterate(fn, &iter));) {
			struct node *child;
			TRY(convert(r, item, depth + 1, &child));
			node_append(n, child);
		}
	}
	place_group(n);
	*ret_node = n;
	return RESULT_OK;
}

/* "!GetAtt" becomes a map {"Fn::GetAtt": value}; "!Ref" and "!Condition" have no prefix. */
static result wrap_tag(struct yaml_reader *r, struct fy_node *fn, struct node *value, struct node **ret_node)
{
	size_t len = 0;
	const char *tag = fy_node_get_tag(fn, &len);
	if (!tag || len < 2 || tag[0] != '!' || tag[1] == '!') {
		*ret_node = value;
		return RESULT_OK;
	}
	struct slice name = slice_of(tag + 1, len - 1);
	bool bare = slice_eq_cstr(name, "Ref") || slice_eq_cstr(name, "Condition");
	char *key = arena_printf(r->sink->arena, "%s%.*s", bare ? "" : "Fn::", SLICE_ARG(name));
	struct node *map = node_new(r->sink, NODE_MAP);
	if (!key || !map)
		return too_much(r);
	map->line = value->line;
	map->col = value->col;
	map->end_col = value->end_col;
	map->end_line = value->end_line;
	map->start_byte = value->start_byte;
	map->end_byte = value->end_byte;
	value->key = slice_cstr(key);
	node_append(map, value);
	*ret_node = map;
	return RESULT_OK;
}

static result convert(struct yaml_reader *r, struct fy_node *fn, unsigned depth, struct node **ret_node)
{
	if (depth >= NODE_DEPTH_MAX)
		return error_set(r->err, ERR_LIMIT, "nested too deeply");
	if (fy_node_is_alias(fn)) {
		struct fy_node *target = fy_node_resolve_alias(fn);
		if (target && target != fn)
			return convert(r, target, depth + 1, ret_node);
	}
	struct node *n;
	if (fy_node_is_scalar(fn) || fy_node_is_alias(fn))
		TRY(convert_scalar(r, fn, &n));
	else
		TRY(convert_group(r, fn, depth, &n));
	return wrap_tag(r, fn, n, ret_node);
}

static result parse_documents(struct yaml_reader *r, struct fy_parser *parser, struct node *list)
{
	while ((r->doc = fy_parse_load_document(parser))) {
		struct fy_node *root = fy_document_root(r->doc);
		struct node *n = NULL;
		result done = root ? convert(r, root, 0, &n) : RESULT_OK;
		fy_parse_document_destroy(parser, r->doc);
		TRY(done);
		if (!n)
			continue;
		if (n->line == 0)
			n->line = n->end_line = 1;
		node_append(list, n);
		lend_places(n);
	}
	if (fy_parser_get_stream_error(parser))
		return error_set(r->err, ERR_INVALID, "not well-formed YAML");
	return RESULT_OK;
}

struct complaint {
	char text[256];
	size_t len;
};

/* Keeps the first line of what the parser has to say. */
static void keep_complaint(struct fy_diag *diag, void *user, const char *buf, size_t len)
{
	struct complaint *c = user;
	(void)diag;
	struct slice rest = slice_of(buf, len);
	struct slice line = slice_cut(&rest, '\n');
	/* "<memory-@0x...>:563:78: error: ..." : the place and the text are what helps. */
	const char *end = line.len ? memchr(line.ptr, '>', line.len) : NULL;
	if (end)
		line = slice_of(end + 1, (size_t)(line.ptr + line.len - end - 1));
	if (c->len)
		return;
	c->len = line.len < sizeof c->text ? line.len : sizeof c->text;
	memcpy(c->text, line.ptr, c->len);
}

result node_parse_yaml(
    struct node_sink *sink, struct slice text, struct error *err, struct node **ret_documents)
{
	struct yaml_refusal refused = yaml_refuse(text);
	if (refused.why)
		return error_set(err, refused.code, "%s", refused.why);
	struct fy_diag_cfg quiet_cfg;
	fy_diag_cfg_default(&quiet_cfg);
	struct complaint complaint = {.len = 0};
	quiet_cfg.fp = NULL;
	quiet_cfg.output_fn = keep_complaint;
	quiet_cfg.user = &complaint;
	quiet_cfg.colorize = false;
	struct fy_diag *quiet = fy_diag_create(&quiet_cfg);
	const struct fy_parse_cfg cfg = {.diag = quiet};
	struct fy_parser *parser = fy_parser_create(&cfg);
	struct node *list = node_new(sink, NODE_LIST);
	result done = error_set(err, ERR_MEMORY, "no memory for the parser");
	if (parser && list && fy_parser_set_string(parser, text.ptr, text.len) == 0) {
		struct yaml_reader r = {.sink = sink, .err = err};
		done = parse_documents(&r, parser, list);
	}
	fy_parser_destroy(parser);
	fy_diag_destroy(quiet);
	if (is_ok(done))
		*ret_documents = list;
	else if (complaint.len && memmem(complaint.text, complaint.len, "Max depth", 9))
		return error_set(err, ERR_LIMIT, "nested too deeply");
	else if (complaint.len)
		return error_set(
		    err, ERR_INVALID, "not well-formed YAML%.*s", (int)complaint.len, complaint.text);
	return done;
}

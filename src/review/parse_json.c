/* JSON with positions into nodes. Called for files and for JSON inside strings (policies); the bytes are a
 * stranger's. */
#include <stdlib.h>

#include "review/node.h"

struct json_reader {
	struct node_sink *sink;
	struct slice text;
	const struct json_options *options;
	size_t at;
	size_t line_start; /* offset of the current line's first byte, minus the starting column */
	uint32_t line;
	struct error *err;
};

static result fail(struct json_reader *r, const char *what)
{
	return error_set(r->err, ERR_INVALID, "line %u: %s", r->line, what);
}

static int peek(const struct json_reader *r)
{
	return r->at < r->text.len ? (unsigned char)r->text.ptr[r->at] : -1;
}

static void step(struct json_reader *r)
{
	if (r->text.ptr[r->at++] == '\n') {
		r->line++;
		r->line_start = r->at;
	}
}

/* Spaces and the comments that tools allow. */
static void skip(struct json_reader *r)
{
	for (int c = peek(r); c >= 0; c = peek(r)) {
		if (c == '/' && r->at + 1 < r->text.len && r->text.ptr[r->at + 1] == '/') {
			while (peek(r) >= 0 && peek(r) != '\n')
				step(r);
		} else if (c == '/' && r->at + 1 < r->text.len && r->text.ptr[r->at + 1] == '*') {
			while (peek(r) >= 0 &&
			       !(peek(r) == '*' && r->at + 1 < r->text.len && r->text.ptr[r->at + 1] == '/'))
				step(r);
			for (int i = 0; i < 2 && peek(r) >= 0; i++)
				step(r);
		} else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
			step(r);
		} else {
			return;
		}
	}
}

static void place(const struct json_reader *r, struct node *n)
{
	const struct node *fixed = r->options->fixed ? r->options->place : NULL;
	if (fixed) {
		n->line = fixed->line;
		n->col = fixed->col;
		n->end_col = fixed->end_col;
		n->end_line = fixed->end_line;
		n->start_byte = n->end_byte = fixed->start_byte;
		n->embedded = true;
		return;
	}
	n->embedded = r->options->embedded;
	n->line = n->end_line = r->line;
	n->col = (uint32_t)(r->at - r->line_start) + 1;
	n->start_byte = (uint32_t)r->at;
}

static void place_end(const struct json_reader *r, struct node *n)
{
	if (r->options->fixed)
		return;
	if (n->line == r->line)
		n->end_col = (uint32_t)(r->at - r->line_start) + 1;
	n->end_line = r->line;
	n->end_byte = (uint32_t)r->at;
}

static size_t put_utf8(char *out, unsigned code)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | (code >> 6));
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	out[0] = (char)(0xe0 | (code >> 12));
	out[1] = (char)(0x80 | ((code >> 6) & 0x3f));
	out[2] = (char)(0x80 | (code & 0x3f));
	return 3;
}

/* One escape at s[1] into out; returns the bytes read, the bytes written go to *ret_written. */
static size_t unescape_one(struct slice s, char *out, size_t *ret_written)
{
	static const char from[] = "nrtbf";
	static const char to[] = "\n\r\t\b\f";
	const char *known = s.ptr[1] ? strchr(from, s.ptr[1]) : NULL;
	if (s.ptr[1] == 'u' && s.len >= 6) {
		char hex[5] = {s.ptr[2], s.ptr[3], s.ptr[4], s.ptr[5], '\0'};
		*ret_written = put_utf8(out, (unsigned)strtoul(hex, NULL, 16));
		return 6;
	}
	out[0] = known ? to[known - from] : s.ptr[1];
	*ret_written = 1;
	return 2;
}

static result read_string(struct json_reader *r, struct slice *ret_text)
{
	size_t start = ++r->at;
	bool escaped = false;
	for (int c = peek(r); c != '"'; c = peek(r)) {
		if (c < 0)
			return fail(r, "a string is not closed");
		if (c == '\\') {
			escaped = true;
			step(r);
			if (peek(r) < 0)
				return fail(r, "a string is not closed");
		}
		step(r);
	}
	struct slice raw = slice_of(r->text.ptr + start, r->at - start);
	r->at++;
	if (!escaped) {
		*ret_text = raw;
		return RESULT_OK;
	}
	char *out = arena_alloc(r->sink->arena, raw.len + 1);
	if (!out)
		return error_set(r->err, ERR_LIMIT, "the file needs too much memory");
	size_t len = 0;
	for (size_t i = 0; i < raw.len;) {
		if (raw.ptr[i] != '\\' || i + 1 >= raw.len) {
			out[len++] = raw.ptr[i++];
			continue;
		}
		size_t written;
		i += unescape_one(slice_of(raw.ptr + i, raw.len - i), out + len, &written);
		len += written;
	}
	*ret_text = slice_of(out, len);
	return RESULT_OK;
}

static result read_value(struct json_reader *r, unsigned depth, struct node **ret_node);

static result read_member(struct json_reader *r, struct node *map, unsigned depth)
{
	if (peek(r) != '"')
		return fail(r, "a name was expected");
	struct node key = {.line = 0};
	place(r, &key);
	struct slice name;
	TRY(read_string(r, &name));
	place_end(r, &key);
	skip(r);
	if (peek(r) != ':')
		return fail(r, "':' was expected");
	step(r);
	skip(r);
	struct node *value;
	TRY(read_value(r, depth, &value));
	value->key = name;
	value->line = key.line;
	value->col = key.col;
	value->end_col = key.end_col;
	node_append(map, value);
	return RESULT_OK;
}

static result read_group(struct json_reader *r, struct node *group, int close, unsigned depth)
{
	if (depth >= NODE_DEPTH_MAX)
		return error_set(r->err, ERR_LIMIT, "line %u: nested too deeply", r->line);
	step(r);
	for (skip(r); peek(r) != close; skip(r)) {
		if (group->kind == NODE_MAP) {
			TRY(read_member(r, group, depth + 1));
		} else {
			struct node *value;
			TRY(read_value(r, depth + 1, &value));
			node_append(group, value);
		}
		skip(r);
		if (peek(r) == ',')
			step(r);
		else if (peek(r) != close)
			return fail(r, "',' or the end of a list or object was expected");
	}
	step(r);
	return RESULT_OK;
}

static void read_bare(struct json_reader *r, struct node *n)
{
	size_t start = r->at;
	for (int c = peek(r); c >= 0 && !strchr(",]} \t\r\n:/\"{[", c); c = peek(r))
		step(r);
	n->text = slice_of(r->text.ptr + start, r->at - start);
	if (slice_eq_cstr(n->text, "true") || slice_eq_cstr(n->text, "false"))
		n->kind = NODE_BOOL;
	else if (slice_eq_cstr(n->text, "null"))
		n->kind = NODE_NULL;
	else if (n->text.len && strchr("-0123456789", n->text.ptr[0]))
		n->kind = NODE_NUMBER;
	else
		n->kind = NODE_REF;
}

static result read_value(struct json_reader *r, unsigned depth, struct node **ret_node)
{
	int c = peek(r);
	struct node *n = node_new(r->sink, c == '{' ? NODE_MAP : c == '[' ? NODE_LIST : NODE_STRING);
	if (!n)
		return error_set(r->err, ERR_LIMIT, "the file has too many values");
	place(r, n);
	if (c == '{' || c == '[')
		TRY(read_group(r, n, c == '{' ? '}' : ']', depth));
	else if (c == '"')
		TRY(read_string(r, &n->text));
	else
		read_bare(r, n);
	if (n->kind == NODE_REF && n->text.len == 0)
		return fail(r, "a value was expected");
	place_end(r, n);
	*ret_node = n;
	return RESULT_OK;
}

result node_parse_json(struct node_sink *sink, struct slice text, const struct json_options *options,
    struct error *err, struct node **ret_root)
{
	static const struct json_options from_start = {.line = 1, .col = 1};
	struct json_reader r = {
	    .sink = sink, .text = text, .options = options ? options : &from_start, .err = err};
	r.line = r.options->line;
	if (text.len >= 3 && memcmp(text.ptr, "\xef\xbb\xbf", 3) == 0)
		r.at = 3;
	skip(&r);
	struct node *root;
	TRY(read_value(&r, 0, &root));
	skip(&r);
	if (peek(&r) >= 0)
		return fail(&r, "there is text after the end");
	*ret_root = root;
	return RESULT_OK;
}

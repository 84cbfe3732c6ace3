/* HCL's strings, templates, heredocs and numbers into nodes. Called by hcl_value.c; a text that holds more
 * than one interpolation is kept as written, since the file alone does not say what it is. */
#include "review/hcl.h"

/* Past a "${...}" or "%{...}" at the cursor, strings and braces inside it included. */
static result hcl_skip_interpolation(struct hcl *h)
{
	unsigned open = 0;
	bool quoted = false;
	for (int c = hcl_peek(h); c >= 0; c = hcl_peek(h)) {
		if (quoted && c == '\\')
			hcl_step(h);
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && c == '{')
			open++;
		else if (!quoted && c == '}' && --open == 0) {
			hcl_step(h);
			return RESULT_OK;
		}
		if (hcl_peek(h) >= 0)
			hcl_step(h);
	}
	return hcl_fail(h, "an interpolation is not closed");
}

static result unescape(struct hcl *h, struct slice raw, struct slice *ret_text)
{
	char *out = arena_alloc(h->sink->arena, raw.len + 1);
	if (!out)
		return hcl_too_much(h);
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

result hcl_parse_string(struct hcl *h, struct node *n)
{
	hcl_step(h);
	size_t start = h->at;
	bool escaped = false;
	bool template = false;
	for (int c = hcl_peek(h); c != '"'; c = hcl_peek(h)) {
		if (c < 0 || c == '\n')
			return hcl_fail(h, "a string is not closed");
		bool marker = (c == '$' || c == '%') && hcl_peek_at(h, 1) == '{';
		if ((c == '$' || c == '%') && hcl_peek_at(h, 1) == c && hcl_peek_at(h, 2) == '{') {
			escaped = true;
			hcl_step(h);
			hcl_step(h);
		} else if (marker) {
			template = true;
			TRY(hcl_skip_interpolation(h));
			continue;
		} else if (c == '\\') {
			escaped = true;
			hcl_step(h);
			if (hcl_peek(h) < 0)
				return hcl_fail(h, "a string is not closed");
		}
		hcl_step(h);
	}
	n->text = slice_of(h->text.ptr + start, h->at - start);
	hcl_step(h);
	if (!template)
		return escaped ? unescape(h, n->text, &n->text) : RESULT_OK;
	n->kind = NODE_REF;
	if (only_interpolation(n->text))
		n->text = slice_trim(slice_of(n->text.ptr + 2, n->text.len - 3));
	return escaped ? unescape(h, n->text, &n->text) : RESULT_OK;
}

/* <<EOT or <<-EOT up to the line that holds only the marker. */
result hcl_parse_heredoc(struct hcl *h, struct node *n)
{
	h->at += 2;
	if (hcl_peek(h) == '-')
		h->at++;
	struct slice marker = hcl_read_ident(h);
	while (hcl_peek(h) >= 0 && hcl_peek(h) != '\n')
		hcl_step(h);
	if (marker.len == 0 || hcl_peek(h) < 0)
		return hcl_fail(h, "a heredoc is not closed");
	hcl_step(h);
	size_t start = h->at;
	while (hcl_peek(h) >= 0) {
		size_t line_at = h->at;
		while (hcl_peek(h) >= 0 && hcl_peek(h) != '\n')
			hcl_step(h);
		struct slice line = slice_trim(slice_of(h->text.ptr + line_at, h->at - line_at));
		if (slice_eq(line, marker)) {
			n->text = slice_of(h->text.ptr + start, line_at - start);
			for (size_t i = 0; i + 1 < n->text.len; i++)
				if (n->text.ptr[i] == '$' && n->text.ptr[i + 1] == '{')
					n->kind = NODE_REF;
			return RESULT_OK;
		}
		if (hcl_peek(h) >= 0)
			hcl_step(h);
	}
	return hcl_fail(h, "a heredoc is not closed");
}

void hcl_parse_number(struct hcl *h, struct node *n)
{
	size_t start = h->at;
	for (int c = hcl_peek(h);
	     (c >= '0' && c <= '9') || c == '.' || c == 'e' || c == 'E' ||
	     ((c == '+' || c == '-') && h->at > start && (h->text.ptr[h->at - 1] | 32) == 'e');
	     c = hcl_peek(h))
		hcl_step(h);
	n->kind = NODE_NUMBER;
	n->text = slice_of(h->text.ptr + start, h->at - start);
}

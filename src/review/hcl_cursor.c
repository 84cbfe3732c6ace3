/* The cursor of the HCL parser: bytes, blanks, comments, names and places. Every loop advances; the end of
 * the file is -1. */
#include "review/hcl.h"

result hcl_fail(struct hcl *h, const char *what)
{
	return error_set(h->err, ERR_INVALID, "line %u: %s", h->line, what);
}

result hcl_too_much(struct hcl *h)
{
	return error_set(h->err, ERR_LIMIT, "the file has too many values");
}

bool hcl_looking_at(const struct hcl *h, const char *s)
{
	return slice_starts(slice_of(h->text.ptr + h->at, h->text.len - h->at), slice_cstr(s));
}

void hcl_skip_comment(struct hcl *h)
{
	if (hcl_looking_at(h, "/*")) {
		while (hcl_peek(h) >= 0 && !hcl_looking_at(h, "*/"))
			hcl_step(h);
		for (int i = 0; i < 2 && hcl_peek(h) >= 0; i++)
			hcl_step(h);
		return;
	}
	while (hcl_peek(h) >= 0 && hcl_peek(h) != '\n')
		hcl_step(h);
}

void hcl_skip(struct hcl *h, bool lines)
{
	for (int c = hcl_peek(h); c >= 0; c = hcl_peek(h)) {
		if (c == '#' || hcl_looking_at(h, "//") || hcl_looking_at(h, "/*"))
			hcl_skip_comment(h);
		else if (c == ' ' || c == '\t' || c == '\r' || (c == '\n' && lines))
			hcl_step(h);
		else
			return;
	}
}

void hcl_skip_spaces(struct hcl *h)
{
	hcl_skip(h, h->group > 0);
}

bool hcl_ident_char(int c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80 ||
	       (!first && ((c >= '0' && c <= '9') || c == '-'));
}

struct slice hcl_read_ident(struct hcl *h)
{
	size_t start = h->at;
	if (hcl_ident_char(hcl_peek(h), true))
		while (hcl_ident_char(hcl_peek(h), false))
			hcl_step(h);
	return slice_of(h->text.ptr + start, h->at - start);
}

void hcl_place(const struct hcl *h, struct node *n)
{
	n->line = n->end_line = h->line;
	n->col = (uint32_t)(h->at - h->line_start) + 1;
	n->start_byte = (uint32_t)h->at;
}

void hcl_place_end(const struct hcl *h, struct node *n)
{
	n->end_line = h->line;
	n->end_byte = (uint32_t)h->at;
	n->end_col = n->line == h->line ? (uint32_t)(h->at - h->line_start) + 1 : 0;
}

struct node *hcl_new_at(struct hcl *h, enum node_kind kind)
{
	struct node *n = node_new(h->sink, kind);
	if (n)
		hcl_place(h, n);
	return n;
}

/*
 * Inside the HCL parser (parse_hcl.c): the cursor over a file's bytes, and what the parts of the parser call
 * of each other. Nothing here is for others; node_parse_hcl() is.
 */
#ifndef WARD_REVIEW_HCL_H
#define WARD_REVIEW_HCL_H

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

/* The byte at or ahead of the cursor, -1 past the end. */
static inline int hcl_peek_at(const struct hcl *h, size_t ahead)
{
	return h->at + ahead < h->text.len ? (unsigned char)h->text.ptr[h->at + ahead] : -1;
}

static inline int hcl_peek(const struct hcl *h)
{
	return hcl_peek_at(h, 0);
}

static inline void hcl_step(struct hcl *h)
{
	if (h->text.ptr[h->at++] == '\n') {
		h->line++;
		h->line_start = h->at;
	}
}

/* The rest of the cursor (hcl_cursor.c). */
result hcl_fail(struct hcl *h, const char *what);
result hcl_too_much(struct hcl *h);
bool hcl_looking_at(const struct hcl *h, const char *s);
void hcl_skip_comment(struct hcl *h);
void hcl_skip(struct hcl *h, bool lines);
void hcl_skip_spaces(struct hcl *h);
bool hcl_ident_char(int c, bool first);
struct slice hcl_read_ident(struct hcl *h);
void hcl_place(const struct hcl *h, struct node *n);
void hcl_place_end(const struct hcl *h, struct node *n);
struct node *hcl_new_at(struct hcl *h, enum node_kind kind);

/* Strings, heredocs and numbers (hcl_text.c); each stands at its first byte and fills the node. */
result hcl_parse_string(struct hcl *h, struct node *n);
result hcl_parse_heredoc(struct hcl *h, struct node *n);
void hcl_parse_number(struct hcl *h, struct node *n);

/* Expressions and keys (hcl_value.c). A value's node takes its key's place with hcl_take_place(). */
result hcl_parse_expr(struct hcl *h, struct node **ret_node);
result hcl_parse_key(struct hcl *h, struct node *place_of, struct slice *ret_key);
void hcl_take_place(struct node *value, const struct node *key);

#endif

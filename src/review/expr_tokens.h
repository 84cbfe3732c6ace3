/*
 * Inside the compiler of rule conditions: the reader of tokens, and what its parts call of each other. For
 * expr_parse.c and its parts only; expr.h is for others.
 */
#ifndef WARD_REVIEW_EXPR_TOKENS_H
#define WARD_REVIEW_EXPR_TOKENS_H

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

/* Tokens, errors and memory (expr_tokens.c). */
result expr_fail(struct parser *p, const char *what);
result expr_advance(struct parser *p);
bool expr_is_sign(const struct parser *p, const char *s);
bool expr_is_word(const struct parser *p, const char *s);
result expr_expect(struct parser *p, const char *sign);
void *expr_make(struct parser *p, size_t size);
result expr_no_memory(struct parser *p);
bool expr_word_char(char c);

/* Paths and operands (expr_operand.c). */
result expr_parse_path(struct parser *p, const struct path **ret);
result expr_parse_operand(struct parser *p, struct operand **ret);
bool expr_called(const struct parser *p);

/* A whole condition (expr_parse.c): filters inside paths hold conditions. */
result expr_parse_or(struct parser *p, const struct expr **ret);

#endif

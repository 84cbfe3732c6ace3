/*
 * SQL cut into tokens: enough to find statements, parameters and names in the author's files without ever
 * guessing what is inside a string or a comment. Used on migrations and query files when an app is built;
 * nothing a guest sends comes here. What a token means is decided by the database; ward only looks.
 *
 * Rules: SQLite's tokenizer (https://www.sqlite.org/lang_expr.html, lang_comment.html), and with `postgres`
 * set those of PostgreSQL 15, section 4.1 (nested comments, E'' strings, dollar quoting).
 */
#ifndef WARD_DATA_SCAN_H
#define WARD_DATA_SCAN_H

#include "base/slice.h"

enum sql_token_kind {
	SQL_TOKEN_END,
	SQL_TOKEN_WORD,	  /* keyword or plain name */
	SQL_TOKEN_QUOTED, /* "name", `name`, [name] */
	SQL_TOKEN_STRING, /* 'text', x'00', $$text$$ */
	SQL_TOKEN_NUMBER,
	SQL_TOKEN_PARAM,     /* :name */
	SQL_TOKEN_BAD_PARAM, /* ?, ?1, @name, $name: ward binds by :name only */
	SQL_TOKEN_MARK,	     /* operators and punctuation */
	SQL_TOKEN_COMMENT,
	SQL_TOKEN_BROKEN, /* a string, name or comment that does not end, or a byte that starts no token */
};

struct sql_token {
	enum sql_token_kind kind;
	struct slice text; /* in the scanned text */
};

struct sql_scan {
	struct slice text;
	size_t at;
	bool postgres;
};

/* Cuts the next token, comments included. At the end: SQL_TOKEN_END, again and again. */
struct sql_token sql_scan_next(struct sql_scan *scan);
/* The same without comments. */
struct sql_token sql_scan_code(struct sql_scan *scan);

static inline bool sql_token_is(struct sql_token token, const char *word)
{
	return (token.kind == SQL_TOKEN_WORD || token.kind == SQL_TOKEN_MARK) &&
	       slice_eq_nocase(token.text, slice_cstr(word));
}

static inline bool sql_token_is_name(struct sql_token token)
{
	return token.kind == SQL_TOKEN_WORD || token.kind == SQL_TOKEN_QUOTED;
}

/* A name without its quotes; doubled quotes inside stay doubled, which no name that ward accepts has. */
struct slice sql_token_name(struct sql_token token);

/* Line and column, from 1, of a place in text. */
void sql_position(struct slice text, const char *at, uint32_t *ret_line, uint32_t *ret_column);

#endif

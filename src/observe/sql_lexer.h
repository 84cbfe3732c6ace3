/*
 * A lexer for the SQL that attacks are written in: the union of what MySQL, PostgreSQL, SQLite, SQL Server
 * and Oracle read as tokens. It never fails: what is no token is SQL_OTHER.
 */
#ifndef WARD_OBSERVE_SQL_LEXER_H
#define WARD_OBSERVE_SQL_LEXER_H

#include "base/slice.h"

enum sql_token {
	SQL_END,
	SQL_NUMBER,
	SQL_STRING,
	SQL_STRING_OPEN, /* runs to the end of the text: the quote that follows the value closes it */
	SQL_VARIABLE,	 /* @x, @@version, :x, ?, $1 */
	SQL_NAME,	 /* no keyword; dots included */
	SQL_COMPARE,	 /* = <> < LIKE IN IS ... */
	SQL_LOGIC,	 /* AND OR XOR && */
	SQL_CONCAT,	 /* || */
	SQL_SIGN,	 /* + - ~ !: also before an operand */
	SQL_ARITH,	 /* * / % ^ | & DIV MOD */
	SQL_OPEN,
	SQL_CLOSE,
	SQL_COMMA,
	SQL_SEMICOLON,
	SQL_CAST,    /* :: */
	SQL_COMMENT, /* a comment to the end of the line: -- or # */
	SQL_OTHER,
	/* Keywords with a grammar of their own. */
	SQL_NOT,
	SQL_NULL, /* and TRUE, FALSE, DEFAULT */
	SQL_SELECT,
	SQL_UNION, /* EXCEPT, INTERSECT, MINUS */
	SQL_ALL,   /* DISTINCT, TOP */
	SQL_FROM,  /* and JOIN */
	SQL_WHERE, /* HAVING, ON, WHEN-less conditions */
	SQL_ORDER, /* GROUP */
	SQL_BY,
	SQL_LIMIT, /* OFFSET */
	SQL_AS,
	SQL_CASE,
	SQL_WHEN,
	SQL_THEN, /* ELSE */
	SQL_CASE_END,
	SQL_INTO,
	SQL_PROCEDURE,
	SQL_WAITFOR,
	SQL_DIRECTION,	/* ASC, DESC */
	SQL_STATEMENT,	/* a verb that begins a statement: INSERT, DROP, EXEC ... */
	SQL_QUANTIFIER, /* ANY, SOME, EXISTS, BINARY, INTERVAL: before an operand */
	SQL_COLLATE,	/* COLLATE, ESCAPE: an operand follows and nothing changes */
};

struct sql_lexer {
	struct slice text;
	size_t at;
	enum sql_token token;
	struct slice lexeme;
	bool spaced;	   /* white space or a comment came before it */
	bool open_comment; /* a comment begins that nothing ends: the rest of the text is one */
	bool in_condition; /* inside a MySQL conditional comment, whose content is code */
};

void sql_lexer_init(struct sql_lexer *l, struct slice text, size_t at);
/* Moves to the next token, which is then in token and lexeme. At the end it stays SQL_END. */
void sql_next(struct sql_lexer *l);

#endif

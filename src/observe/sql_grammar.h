/*
 * What may follow in a statement once a value has left its place: a grammar that is run token by token, and
 * the evidence that is met on the way. It is no SQL parser: it takes the union of dialects, closes more
 * brackets than were opened, and ends where two operands meet, since that is where prose and quoted SQL fall
 * out.
 */
#ifndef WARD_OBSERVE_SQL_GRAMMAR_H
#define WARD_OBSERVE_SQL_GRAMMAR_H

#include "observe/sql_lexer.h"

enum evidence {
	E_LOGIC = 1 << 0,	  /* AND, OR ... after the escape */
	E_COMPARE = 1 << 1,	  /* a comparison */
	E_CONST_COMPARE = 1 << 2, /* of two constants */
	E_CALL = 1 << 3,	  /* a function that attacks are made of */
	E_SUBSELECT = 1 << 4,
	E_UNION = 1 << 5,
	E_STACKED = 1 << 6, /* a second statement */
	E_COMMENT = 1 << 7, /* the rest of the statement is commented out */
	E_CLAUSE = 1 << 8,  /* ORDER BY 3, PROCEDURE ANALYSE, WAITFOR DELAY, INTO OUTFILE */
	E_CONST = 1 << 9,   /* a constant stood somewhere as an operand */
	E_FROM = 1 << 10,
	E_WHERE = 1 << 11,
	E_BARE_NUMBER = 1 << 12, /* the value began with a number, or with nothing */
	E_COMPACT = 1 << 13,	 /* there is no white space in the value */
	E_OPEN_STRING = 1 << 14, /* the place's own closing quote ends the last literal */
	E_CONCAT = 1 << 15,	 /* ||, which is OR to some and joins texts to others */
	E_SIGN = 1 << 19,	 /* the literal or number is added to */
	E_QUOTED = 1 << 16,	 /* the place is a quoted literal */
	E_CASE = 1 << 18,
	E_SHORT_HEAD = 1 << 17, /* at most one word stands before the escape */
};

/* Zeroed but for what the place says; the lexer stands on the first token. */
struct sql_parse {
	struct sql_lexer l;
	unsigned evidence;
	bool after;	 /* an operand stands to the left */
	bool left_const; /* and it is a constant */
	bool comparing;	 /* a comparison waits for its right operand, and its left one was constant */
	bool in_from, aliased;
	bool group_closed; /* the last token closed a bracket */
	enum sql_token previous;
};

enum sql_step { SQL_GO, SQL_BAD, SQL_STOP };

/* Takes the token that the lexer stands on, and any that belong to it. SQL_STOP: the statement is whole here.
 */
enum sql_step sql_step(struct sql_parse *p);

/* Runs to the end; the last step. */
enum sql_step sql_run(struct sql_parse *p);

/* Whether the token begins a statement that attacks are made of: a verb and what must follow it. */
bool sql_begins_statement(const struct sql_lexer *verb);

/* A function that attacks are made of, by name; and, wider, one that a person would not write in prose. */
bool sql_function_known(struct slice name);
bool sql_function_likely(struct slice name);

#endif

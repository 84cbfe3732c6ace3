/*
 * SQL in the payload sensor. A value is put into one of three places of a statement: inside '...', inside
 * "...", or bare, where an operand stands. To do harm it must leave that place and go on as SQL up to its
 * end, or to a comment. For each place the text after the escape is run through the grammar (sql_grammar.h);
 * the table below says which evidence proves an attempt.
 */
#include "base/check.h"
#include "observe/payload_internal.h"
#include "observe/sql_grammar.h"

/* Any row whose bits are all there is proof. */
static const struct {
	unsigned all;
	const char *why;
} proofs[] = {
    {E_STACKED | E_CONST, "ends the statement and begins another"},
    {E_STACKED | E_CALL, "ends the statement and begins another"},
    {E_STACKED | E_FROM, "ends the statement and begins another"},
    {E_UNION | E_CONST, "adds a second SELECT by UNION"},
    {E_UNION | E_FROM, "adds a second SELECT by UNION"},
    {E_LOGIC | E_CONST_COMPARE, "adds a condition that is always true or always false"},
    {E_WHERE | E_CONST_COMPARE, "adds a condition that is always true or always false"},
    {E_LOGIC | E_CALL, "adds a condition that calls a database function"},
    {E_QUOTED | E_LOGIC | E_COMPARE, "closes the literal and adds a condition"},
    {E_QUOTED | E_LOGIC | E_COMMENT, "closes the literal and comments out the rest"},
    {E_BARE_NUMBER | E_LOGIC | E_COMPARE, "adds a condition to a number"},
    {E_QUOTED | E_SUBSELECT, "closes the literal and asks another query"},
    {E_BARE_NUMBER | E_SUBSELECT, "asks another query in the place of a value"},
    {E_SUBSELECT | E_CONST_COMPARE, "asks another query in the place of a value"},
    {E_CLAUSE, "adds a clause that probes the statement"},
    {E_QUOTED | E_COMPARE | E_CALL, "closes the literal and calls a database function"},
    {E_QUOTED | E_CONCAT | E_CALL, "closes the literal and calls a database function"},
    {E_QUOTED | E_SIGN | E_CALL, "closes the literal and calls a database function"},
    {E_QUOTED | E_CONCAT | E_CONST_COMPARE, "adds a condition that is always true or always false"},
    {E_BARE_NUMBER | E_CONCAT | E_CONST_COMPARE, "adds a condition that is always true or always false"},
    {E_QUOTED | E_CONST_COMPARE | E_COMPACT, "closes the literal and compares it"},
    {E_QUOTED | E_COMMENT | E_SHORT_HEAD, "closes the literal and comments out the rest"},
    {E_QUOTED | E_LOGIC | E_OPEN_STRING | E_COMPACT, "closes the literal and adds a condition"},
    {E_QUOTED | E_LOGIC | E_CONST | E_SHORT_HEAD, "closes the literal and adds a condition"},
    {E_BARE_NUMBER | E_COMPARE | E_CALL, "compares a number with what a database function says"},
    {E_STACKED | E_CONST_COMPARE, "ends the statement and begins another"},
    {E_CASE | E_CONST_COMPARE, "is an expression that asks the database"},
    {E_CALL | E_CONST_COMPARE, "is an expression that asks the database"},
};

/* Whether what was already read proves an attempt although the grammar broke later (a value that was cut, a
 * dialect). */
static bool proven_early(unsigned evidence)
{
	return (evidence & E_UNION && evidence & E_CONST) ||
	       (evidence & E_STACKED && evidence & E_CALL && evidence & E_CONST_COMPARE) ||
	       (evidence & E_SUBSELECT && evidence & E_CALL && evidence & E_CONST);
}

static bool judge(const struct sql_parse *p, struct slice token, struct payload_finding *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(proofs); i++) {
		if ((p->evidence & proofs[i].all) == proofs[i].all)
			return payload_found(ret, PAYLOAD_SQLI, proofs[i].why, token);
	}
	return false;
}

static bool parse(struct sql_parse *p, struct payload_finding *ret)
{
	struct slice first = p->l.lexeme;
	if (sql_run(p) == SQL_BAD && !proven_early(p->evidence))
		return false;
	return judge(p, first, ret);
}

static unsigned head_evidence(struct slice value, size_t at)
{
	unsigned evidence = E_QUOTED;
	bool blank = false;
	for (size_t i = 0; i < value.len; i++) {
		blank = blank || is_space(value.ptr[i]);
		if (i == at && !blank)
			evidence |= E_SHORT_HEAD;
	}
	return evidence | (blank ? 0 : E_COMPACT);
}

/* The place is a literal in these quotes: the value leaves it at the first one. */
static bool quoted(struct slice value, char quote, struct payload_finding *ret)
{
	const char *found = memchr(value.ptr, quote, value.len);
	if (!found)
		return false;
	size_t at = (size_t)(found - value.ptr);
	struct sql_parse p = {.evidence = head_evidence(value, at), .after = true, .left_const = true};
	/* Two in a row are one quote inside the literal, except where a value begins with them: an emptied
	 * literal. */
	if (at == 0 && value.len > 1 && value.ptr[1] == quote)
		at++;
	else if (at + 1 < value.len && value.ptr[at + 1] == quote)
		return false;
	sql_lexer_init(&p.l, value, at + 1);
	/* A comment alone is weak: "players' #1 choice". It must be one that nothing follows, or that is a
	 * word long. */
	if (p.l.token == SQL_COMMENT && p.l.lexeme.len > 8)
		return false;
	if (p.l.token == SQL_COMMENT && p.l.lexeme.ptr[0] == '#' && p.l.lexeme.len > 1 &&
	    !is_space(p.l.lexeme.ptr[1]))
		return false;
	return parse(&p, ret);
}

/* The place is an operand: the value is one (or none) and goes on. */
static bool bare(struct slice value, struct payload_finding *ret)
{
	struct sql_parse p = {0};
	sql_lexer_init(&p.l, value, 0);
	static const enum sql_token without_head[] = {SQL_LOGIC, SQL_UNION, SQL_CLOSE, SQL_SEMICOLON,
	    SQL_ORDER, SQL_WHERE, SQL_WAITFOR, SQL_CONCAT, SQL_COMMA};
	for (size_t i = 0; i < ARRAY_LEN(without_head); i++) {
		if (p.l.token == without_head[i])
			p.after = true;
	}
	if (p.l.token == SQL_STRING || p.l.token == SQL_STRING_OPEN || p.l.token == SQL_COMMENT)
		return false;
	bool sign = p.l.token == SQL_SIGN;
	struct sql_lexer head = p.l;
	if (sign)
		sql_next(&head);
	if (head.token == SQL_NUMBER || head.token == SQL_CLOSE || head.token == SQL_SEMICOLON ||
	    head.token == SQL_COMMA)
		p.evidence |= E_BARE_NUMBER;
	return parse(&p, ret);
}

bool payload_sql(struct slice value, struct payload_finding *ret)
{
	return quoted(value, '\'', ret) || quoted(value, '"', ret) || bare(value, ret);
}

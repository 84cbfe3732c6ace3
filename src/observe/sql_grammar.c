/* The grammar of the payload sensor's SQL: a step for each kind of token. Called by payload_sql.c; reads
 * strangers' text. */
#include "base/check.h"
#include "observe/payload_internal.h"
#include "observe/sql_grammar.h"

static void operand(struct sql_parse *p, bool constant)
{
	if (constant)
		p->evidence |= E_CONST;
	if (constant && p->comparing)
		p->evidence |= E_CONST_COMPARE;
	p->after = true;
	p->left_const = constant;
	p->comparing = false;
}

static bool lexeme_is(const struct sql_parse *p, const char *word)
{
	return p->l.lexeme.len == strlen(word) && payload_begins(p->l.lexeme, 0, word);
}

static struct sql_lexer ahead(const struct sql_parse *p)
{
	struct sql_lexer l = p->l;
	sql_next(&l);
	return l;
}

static enum sql_step step_constant(struct sql_parse *p)
{
	if (p->after)
		return SQL_BAD;
	if (p->l.token == SQL_STRING_OPEN)
		p->evidence |= E_OPEN_STRING;
	operand(p, p->l.token != SQL_VARIABLE);
	if (p->l.token == SQL_VARIABLE && p->l.lexeme.len > 2 && p->l.lexeme.ptr[1] == '@')
		p->evidence |= E_CONST;
	return SQL_GO;
}

static enum sql_step step_name(struct sql_parse *p)
{
	bool call = ahead(p).token == SQL_OPEN;
	if (p->after) {
		bool may_alias = (p->in_from && !p->aliased) || p->group_closed;
		if (!may_alias)
			return SQL_BAD;
		p->aliased = true;
		p->left_const = false;
		return SQL_GO;
	}
	operand(p, false);
	if (!call)
		return SQL_GO;
	if (sql_function_likely(p->l.lexeme))
		p->evidence |= E_CALL;
	sql_next(&p->l); /* the bracket */
	p->after = ahead(p).token == SQL_CLOSE;
	return SQL_GO;
}

static enum sql_step step_compare(struct sql_parse *p)
{
	bool word = is_alpha(p->l.lexeme.ptr[0]);
	struct sql_lexer next = ahead(p);
	if (!p->after)
		return word && next.token == SQL_OPEN ? step_name(p) : SQL_BAD;
	if (lexeme_is(p, "in") && payload_begins(next.lexeme, 0, "boolean")) {
		sql_next(&p->l); /* IN BOOLEAN MODE closes a full-text operand */
		sql_next(&p->l);
		return SQL_GO;
	}
	p->evidence |= E_COMPARE;
	p->comparing = p->left_const;
	p->after = false;
	return SQL_GO;
}

static enum sql_step step_binary(struct sql_parse *p)
{
	struct sql_lexer next = ahead(p);
	if (!p->after) {
		/* "*" as in count(*), and functions that share a name with an operator. */
		bool star =
		    p->l.lexeme.ptr[0] == '*' &&
		    (p->previous == SQL_OPEN || p->previous == SQL_SELECT || p->previous == SQL_COMMA ||
			p->previous == SQL_ALL || p->previous == SQL_NAME || p->previous == SQL_COMPARE);
		if (star) {
			operand(p, false);
			return SQL_GO;
		}
		return is_alpha(p->l.lexeme.ptr[0]) && next.token == SQL_OPEN ? step_name(p) : SQL_BAD;
	}
	p->after = false;
	return SQL_GO;
}

static enum sql_step step_concat(struct sql_parse *p)
{
	if (!p->after)
		return SQL_BAD;
	p->evidence |= E_CONCAT;
	p->after = false;
	return SQL_GO;
}

static enum sql_step step_sign(struct sql_parse *p)
{
	if (p->after)
		p->evidence |= E_SIGN;
	p->after = false;
	return SQL_GO;
}

static enum sql_step step_logic(struct sql_parse *p)
{
	if (!p->after)
		return SQL_BAD;
	p->evidence |= E_LOGIC;
	p->after = false;
	p->left_const = false;
	return SQL_GO;
}

static enum sql_step step_open(struct sql_parse *p)
{
	if (p->after && ahead(p).token != SQL_SELECT)
		return SQL_BAD;
	p->after = false;
	p->in_from = false;
	return SQL_GO;
}

static enum sql_step step_close(struct sql_parse *p)
{
	if (!p->after)
		return SQL_BAD;
	p->left_const = p->left_const && p->previous != SQL_NAME;
	p->in_from = false;
	p->aliased = false;
	return SQL_GO;
}

static enum sql_step step_comma(struct sql_parse *p)
{
	if (!p->after)
		return SQL_BAD;
	p->after = false;
	p->aliased = false;
	return SQL_GO;
}

static enum sql_step step_not(struct sql_parse *p)
{
	if (p->after && ahead(p).token != SQL_COMPARE)
		return SQL_BAD;
	return SQL_GO;
}

static enum sql_step step_select(struct sql_parse *p)
{
	bool stacked = p->previous == SQL_SEMICOLON;
	bool begins = p->previous == SQL_OPEN || p->previous == SQL_NAME || p->previous == SQL_UNION ||
		      p->previous == SQL_ALL || stacked;
	if (!begins || (p->after && !stacked))
		return SQL_BAD;
	if (p->previous == SQL_OPEN || p->previous == SQL_NAME)
		p->evidence |= E_SUBSELECT;
	if (stacked) {
		p->evidence |= E_STACKED;
		p->evidence &= ~(unsigned)(E_CONST | E_CALL | E_FROM);
	}
	p->after = false;
	return SQL_GO;
}

static enum sql_step step_union(struct sql_parse *p)
{
	struct sql_lexer next = ahead(p);
	if (next.token == SQL_ALL)
		sql_next(&next);
	if (next.token == SQL_OPEN)
		sql_next(&next);
	if (!p->after || next.token != SQL_SELECT)
		return SQL_BAD;
	p->evidence |= E_UNION;
	p->evidence &= ~(unsigned)(E_CONST | E_FROM);
	p->after = false;
	p->in_from = false;
	return SQL_GO;
}

static enum sql_step step_all(struct sql_parse *p)
{
	if (p->after)
		return SQL_BAD;
	if (lexeme_is(p, "top") && ahead(p).token == SQL_NUMBER)
		sql_next(&p->l);
	return SQL_GO;
}

static enum sql_step step_from(struct sql_parse *p)
{
	if (!p->after)
		return SQL_BAD;
	p->evidence |= E_FROM;
	p->after = false;
	p->in_from = true;
	p->aliased = false;
	return SQL_GO;
}

static enum sql_step step_where(struct sql_parse *p)
{
	if (!p->after)
		return SQL_BAD;
	p->evidence |= E_WHERE;
	p->after = false;
	p->in_from = false;
	p->left_const = false;
	return SQL_GO;
}

static enum sql_step step_order(struct sql_parse *p)
{
	if (!p->after || ahead(p).token != SQL_BY)
		return SQL_BAD;
	sql_next(&p->l);
	struct sql_lexer next = ahead(p);
	if (next.token == SQL_NUMBER)
		p->evidence |= E_CLAUSE;
	p->after = false;
	p->in_from = false;
	return SQL_GO;
}

static enum sql_step step_limit(struct sql_parse *p)
{
	if (!p->after)
		return SQL_BAD;
	p->after = false;
	p->in_from = false;
	return SQL_GO;
}

static enum sql_step step_as(struct sql_parse *p)
{
	struct sql_lexer next = ahead(p);
	if (!p->after || (next.token != SQL_NAME && next.token != SQL_STRING && next.token != SQL_QUANTIFIER))
		return SQL_BAD;
	p->after = false;
	p->aliased = true;
	return SQL_GO;
}

static enum sql_step step_case(struct sql_parse *p)
{
	p->evidence |= E_CASE;
	return p->after ? SQL_BAD : SQL_GO;
}

static enum sql_step step_when(struct sql_parse *p)
{
	if (!p->after && p->previous != SQL_CASE)
		return SQL_BAD;
	p->after = false;
	p->left_const = false;
	return SQL_GO;
}

static enum sql_step step_then(struct sql_parse *p)
{
	if (!p->after)
		return SQL_BAD;
	p->after = false;
	p->left_const = false;
	return SQL_GO;
}

static enum sql_step step_case_end(struct sql_parse *p)
{
	if (!p->after)
		return SQL_BAD;
	p->left_const = false;
	return SQL_GO;
}

static enum sql_step step_clause(struct sql_parse *p)
{
	static const struct {
		enum sql_token token;
		const char *next[3];
	} clauses[] = {
	    {SQL_INTO, {"outfile", "dumpfile", "@"}},
	    {SQL_PROCEDURE, {"analyse"}},
	    {SQL_WAITFOR, {"delay", "time"}},
	};
	struct sql_lexer next = ahead(p);
	for (size_t i = 0; i < ARRAY_LEN(clauses); i++) {
		for (size_t k = 0; k < 3 && clauses[i].token == p->l.token && clauses[i].next[k]; k++) {
			if (!payload_begins(next.lexeme, 0, clauses[i].next[k]))
				continue;
			p->evidence |= E_CLAUSE;
			return SQL_STOP;
		}
	}
	return SQL_BAD;
}

static enum sql_step step_cast(struct sql_parse *p)
{
	struct sql_lexer next = ahead(p);
	if (!p->after || next.token != SQL_NAME)
		return SQL_BAD;
	sql_next(&p->l);
	return SQL_GO;
}

static enum sql_step step_collate(struct sql_parse *p)
{
	if (!p->after)
		return SQL_BAD;
	p->after = false;
	return SQL_GO;
}

static enum sql_step step_end(struct sql_parse *p)
{
	if (p->l.token == SQL_COMMENT)
		p->evidence |= E_COMMENT;
	/* A value may stop where an operand is due only when it has already said enough (what follows is the
	 * app's). */
	return p->after || (p->evidence & E_COMMENT) || (p->evidence & (E_SUBSELECT | E_UNION | E_STACKED))
		   ? SQL_STOP
		   : SQL_BAD;
}

static enum sql_step step_semicolon(struct sql_parse *p)
{
	struct sql_lexer next = ahead(p);
	if (!p->after)
		return SQL_BAD;
	if (next.token == SQL_END || next.token == SQL_COMMENT) {
		p->evidence |= next.token == SQL_COMMENT ? E_COMMENT : 0;
		return SQL_STOP;
	}
	if (next.token == SQL_STATEMENT && sql_begins_statement(&next)) {
		p->evidence |= E_STACKED | E_CONST;
		return SQL_STOP;
	}
	bool call = next.token == SQL_NAME && sql_function_known(next.lexeme);
	bool more = next.token == SQL_SELECT || next.token == SQL_WAITFOR || next.token == SQL_OPEN || call;
	if (call) {
		p->evidence |= E_STACKED;
		p->evidence &= ~(unsigned)(E_CONST | E_CALL | E_FROM | E_CONST_COMPARE);
	}
	p->after = false;
	p->in_from = false;
	p->comparing = false;
	return more ? SQL_GO : SQL_BAD;
}

static enum sql_step step_statement(struct sql_parse *p)
{
	return !p->after && ahead(p).token == SQL_OPEN ? step_name(p) : SQL_BAD;
}

static enum sql_step step_bad(struct sql_parse *p)
{
	(void)p;
	return SQL_BAD;
}

static enum sql_step (*const steps[])(struct sql_parse *p) = {
    [SQL_END] = step_end,
    [SQL_NUMBER] = step_constant,
    [SQL_STRING] = step_constant,
    [SQL_STRING_OPEN] = step_constant,
    [SQL_VARIABLE] = step_constant,
    [SQL_NAME] = step_name,
    [SQL_COMPARE] = step_compare,
    [SQL_LOGIC] = step_logic,
    [SQL_CONCAT] = step_concat,
    [SQL_SIGN] = step_sign,
    [SQL_ARITH] = step_binary,
    [SQL_OPEN] = step_open,
    [SQL_CLOSE] = step_close,
    [SQL_COMMA] = step_comma,
    [SQL_SEMICOLON] = step_semicolon,
    [SQL_CAST] = step_cast,
    [SQL_COMMENT] = step_end,
    [SQL_OTHER] = step_bad,
    [SQL_NOT] = step_not,
    [SQL_NULL] = step_constant,
    [SQL_SELECT] = step_select,
    [SQL_UNION] = step_union,
    [SQL_ALL] = step_all,
    [SQL_FROM] = step_from,
    [SQL_WHERE] = step_where,
    [SQL_ORDER] = step_order,
    [SQL_BY] = step_bad,
    [SQL_LIMIT] = step_limit,
    [SQL_AS] = step_as,
    [SQL_CASE] = step_case,
    [SQL_WHEN] = step_when,
    [SQL_THEN] = step_then,
    [SQL_CASE_END] = step_case_end,
    [SQL_INTO] = step_clause,
    [SQL_PROCEDURE] = step_clause,
    [SQL_WAITFOR] = step_clause,
    [SQL_DIRECTION] = step_not,
    [SQL_STATEMENT] = step_statement,
    [SQL_QUANTIFIER] = step_all,
    [SQL_COLLATE] = step_collate,
};

enum sql_step sql_step(struct sql_parse *p)
{
	enum sql_token token = p->l.token;
	enum sql_step step = steps[token](p);
	if (step != SQL_GO)
		return step;
	p->group_closed = token == SQL_CLOSE;
	p->previous = token;
	sql_next(&p->l);
	return SQL_GO;
}

enum sql_step sql_run(struct sql_parse *p)
{
	enum sql_step step;
	do
		step = sql_step(p);
	while (step == SQL_GO);
	return step;
}

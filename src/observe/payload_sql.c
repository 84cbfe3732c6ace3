/*
 * SQL in the payload sensor. A value is put into one of three places of a statement: inside '...', inside
 * "...", or bare, where an operand stands. To do harm it must leave that place and go on as SQL up to its
 * end, or to a comment.
 *
 * So for each place the text after the escape is run through a small grammar of what may continue a
 * statement: operands and operators in turn, brackets (closing more than were opened is fine: that is what an
 * escape does), the clauses, a second statement. Two operands in a row end it: that is how prose and quoted
 * SQL fall out. What was met on the way is evidence, and a table says which evidence proves an attempt in
 * which place.
 */
#include "base/check.h"
#include "observe/payload_internal.h"
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

static const struct payload_word functions[] = {
    {"analyse", 1},
    {"ascii", 1},
    {"benchmark", 1},
    {"bin", 1},
    {"cast", 1},
    {"char", 1},
    {"chr", 1},
    {"coalesce", 1},
    {"concat", 1},
    {"concat_ws", 1},
    {"convert", 1},
    {"count", 1},
    {"current_user", 1},
    {"database", 1},
    {"elt", 1},
    {"exp", 1},
    {"extractvalue", 1},
    {"floor", 1},
    {"group_concat", 1},
    {"hex", 1},
    {"if", 1},
    {"ifnull", 1},
    {"iif", 1},
    {"json_keys", 1},
    {"length", 1},
    {"load_file", 1},
    {"lower", 1},
    {"make_set", 1},
    {"md5", 1},
    {"mid", 1},
    {"ord", 1},
    {"pg_sleep", 1},
    {"rand", 1},
    {"randomblob", 1},
    {"regexp_substring", 1},
    {"row", 1},
    {"schema", 1},
    {"session_user", 1},
    {"sha1", 1},
    {"sleep", 1},
    {"substr", 1},
    {"substring", 1},
    {"system_user", 1},
    {"unhex", 1},
    {"updatexml", 1},
    {"upper", 1},
    {"user", 1},
    {"version", 1},
};

/* What must follow a verb for it to begin a statement and not a sentence; "(": a name and a bracket. */
static const struct {
	const char *verb;
	const char *next; /* words separated by blanks */
} statements[] = {
    {"alter", "table user database login session system view procedure function role"},
    {"backup", "database log"},
    {"begin", "( declare"},
    {"call", "("},
    {"copy", "("},
    {"create", "table user database view index function procedure trigger or login role extension alias"},
    {"declare", "@"},
    {"delete", "from"},
    {"drop", "table database view index user procedure function trigger schema column role login"},
    {"exec", "( @ ' _"},
    {"execute", "( @ ' _ immediate"},
    {"grant", "all select insert execute dba"},
    {"insert", "into"},
    {"load", "data"},
    {"merge", "into"},
    {"replace", "into"},
    {"restore", "database"},
    {"set", "@ _"},
    {"shutdown", ";"},
    {"truncate", "table"},
    {"update", "set"},
};

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

enum step { GO, BAD, STOP };

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

static enum step step_constant(struct sql_parse *p)
{
	if (p->after)
		return BAD;
	if (p->l.token == SQL_STRING_OPEN)
		p->evidence |= E_OPEN_STRING;
	operand(p, p->l.token != SQL_VARIABLE);
	if (p->l.token == SQL_VARIABLE && p->l.lexeme.len > 2 && p->l.lexeme.ptr[1] == '@')
		p->evidence |= E_CONST;
	return GO;
}

static bool attack_function(struct slice name)
{
	return payload_word_find(functions, ARRAY_LEN(functions), name) >= 0 ||
	       memchr(name.ptr, '.', name.len) || memchr(name.ptr, '_', name.len);
}

static enum step step_name(struct sql_parse *p)
{
	bool call = ahead(p).token == SQL_OPEN;
	if (p->after) {
		bool may_alias = (p->in_from && !p->aliased) || p->group_closed;
		if (!may_alias)
			return BAD;
		p->aliased = true;
		p->left_const = false;
		return GO;
	}
	operand(p, false);
	if (!call)
		return GO;
	if (attack_function(p->l.lexeme))
		p->evidence |= E_CALL;
	sql_next(&p->l); /* the bracket */
	p->after = ahead(p).token == SQL_CLOSE;
	return GO;
}

static enum step step_compare(struct sql_parse *p)
{
	bool word = is_alpha(p->l.lexeme.ptr[0]);
	struct sql_lexer next = ahead(p);
	if (!p->after)
		return word && next.token == SQL_OPEN ? step_name(p) : BAD;
	if (lexeme_is(p, "in") && payload_begins(next.lexeme, 0, "boolean")) {
		sql_next(&p->l); /* IN BOOLEAN MODE closes a full-text operand */
		sql_next(&p->l);
		return GO;
	}
	p->evidence |= E_COMPARE;
	p->comparing = p->left_const;
	p->after = false;
	return GO;
}

static enum step step_binary(struct sql_parse *p)
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
			return GO;
		}
		return is_alpha(p->l.lexeme.ptr[0]) && next.token == SQL_OPEN ? step_name(p) : BAD;
	}
	p->after = false;
	return GO;
}

static enum step step_concat(struct sql_parse *p)
{
	if (!p->after)
		return BAD;
	p->evidence |= E_CONCAT;
	p->after = false;
	return GO;
}

static enum step step_sign(struct sql_parse *p)
{
	if (p->after)
		p->evidence |= E_SIGN;
	p->after = false;
	return GO;
}

static enum step step_logic(struct sql_parse *p)
{
	if (!p->after)
		return BAD;
	p->evidence |= E_LOGIC;
	p->after = false;
	p->left_const = false;
	return GO;
}

static enum step step_open(struct sql_parse *p)
{
	if (p->after && ahead(p).token != SQL_SELECT)
		return BAD;
	p->after = false;
	p->in_from = false;
	return GO;
}

static enum step step_close(struct sql_parse *p)
{
	if (!p->after)
		return BAD;
	p->left_const = p->left_const && p->previous != SQL_NAME;
	p->in_from = false;
	p->aliased = false;
	return GO;
}

static enum step step_comma(struct sql_parse *p)
{
	if (!p->after)
		return BAD;
	p->after = false;
	p->aliased = false;
	return GO;
}

static enum step step_not(struct sql_parse *p)
{
	if (p->after && ahead(p).token != SQL_COMPARE)
		return BAD;
	return GO;
}

static enum step step_select(struct sql_parse *p)
{
	bool stacked = p->previous == SQL_SEMICOLON;
	bool begins = p->previous == SQL_OPEN || p->previous == SQL_NAME || p->previous == SQL_UNION ||
		      p->previous == SQL_ALL || stacked;
	if (!begins || (p->after && !stacked))
		return BAD;
	if (p->previous == SQL_OPEN || p->previous == SQL_NAME)
		p->evidence |= E_SUBSELECT;
	if (stacked) {
		p->evidence |= E_STACKED;
		p->evidence &= ~(unsigned)(E_CONST | E_CALL | E_FROM);
	}
	p->after = false;
	return GO;
}

static enum step step_union(struct sql_parse *p)
{
	struct sql_lexer next = ahead(p);
	if (next.token == SQL_ALL)
		sql_next(&next);
	if (next.token == SQL_OPEN)
		sql_next(&next);
	if (!p->after || next.token != SQL_SELECT)
		return BAD;
	p->evidence |= E_UNION;
	p->evidence &= ~(unsigned)(E_CONST | E_FROM);
	p->after = false;
	p->in_from = false;
	return GO;
}

static enum step step_all(struct sql_parse *p)
{
	if (p->after)
		return BAD;
	if (lexeme_is(p, "top") && ahead(p).token == SQL_NUMBER)
		sql_next(&p->l);
	return GO;
}

static enum step step_from(struct sql_parse *p)
{
	if (!p->after)
		return BAD;
	p->evidence |= E_FROM;
	p->after = false;
	p->in_from = true;
	p->aliased = false;
	return GO;
}

static enum step step_where(struct sql_parse *p)
{
	if (!p->after)
		return BAD;
	p->evidence |= E_WHERE;
	p->after = false;
	p->in_from = false;
	p->left_const = false;
	return GO;
}

static enum step step_order(struct sql_parse *p)
{
	if (!p->after || ahead(p).token != SQL_BY)
		return BAD;
	sql_next(&p->l);
	struct sql_lexer next = ahead(p);
	if (next.token == SQL_NUMBER)
		p->evidence |= E_CLAUSE;
	p->after = false;
	p->in_from = false;
	return GO;
}

static enum step step_limit(struct sql_parse *p)
{
	if (!p->after)
		return BAD;
	p->after = false;
	p->in_from = false;
	return GO;
}

static enum step step_as(struct sql_parse *p)
{
	struct sql_lexer next = ahead(p);
	if (!p->after || (next.token != SQL_NAME && next.token != SQL_STRING && next.token != SQL_QUANTIFIER))
		return BAD;
	p->after = false;
	p->aliased = true;
	return GO;
}

static enum step step_case(struct sql_parse *p)
{
	p->evidence |= E_CASE;
	return p->after ? BAD : GO;
}

static enum step step_when(struct sql_parse *p)
{
	if (!p->after && p->previous != SQL_CASE)
		return BAD;
	p->after = false;
	p->left_const = false;
	return GO;
}

static enum step step_then(struct sql_parse *p)
{
	if (!p->after)
		return BAD;
	p->after = false;
	p->left_const = false;
	return GO;
}

static enum step step_case_end(struct sql_parse *p)
{
	if (!p->after)
		return BAD;
	p->left_const = false;
	return GO;
}

static enum step step_clause(struct sql_parse *p)
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
			return STOP;
		}
	}
	return BAD;
}

static enum step step_cast(struct sql_parse *p)
{
	struct sql_lexer next = ahead(p);
	if (!p->after || next.token != SQL_NAME)
		return BAD;
	sql_next(&p->l);
	return GO;
}

static enum step step_collate(struct sql_parse *p)
{
	if (!p->after)
		return BAD;
	p->after = false;
	return GO;
}

static enum step step_end(struct sql_parse *p)
{
	if (p->l.token == SQL_COMMENT)
		p->evidence |= E_COMMENT;
	/* A value may stop where an operand is due only when it has already said enough (what follows is the
	 * app's). */
	return p->after || (p->evidence & E_COMMENT) || (p->evidence & (E_SUBSELECT | E_UNION | E_STACKED))
		   ? STOP
		   : BAD;
}

static bool next_allows(const struct sql_lexer *next, const char *list)
{
	struct slice rest = slice_cstr(list);
	struct sql_lexer after = *next;
	sql_next(&after);
	while (rest.ptr) {
		struct slice want = slice_cut(&rest, ' ');
		bool fits;
		switch (want.ptr[0]) {
		case '(':
			fits = next->token == SQL_NAME && after.token == SQL_OPEN;
			break;
		case '@':
			fits = next->token == SQL_VARIABLE;
			break;
		case '\'':
			fits = after.token == SQL_STRING || after.token == SQL_STRING_OPEN;
			break;
		case '_':
			fits = next->token == SQL_NAME && (memchr(next->lexeme.ptr, '_', next->lexeme.len) ||
							      after.token == SQL_COMPARE);
			break;
		case ';':
			fits = next->token == SQL_END || next->token == SQL_SEMICOLON ||
			       next->token == SQL_COMMENT;
			break;
		default:
			fits = slice_eq_nocase(next->lexeme, want) ||
			       (slice_eq_cstr(want, "set") && slice_eq_nocase(after.lexeme, want));
		}
		if (fits)
			return true;
	}
	return false;
}

static bool begins_statement(const struct sql_lexer *verb)
{
	struct sql_lexer next = *verb;
	sql_next(&next);
	for (size_t i = 0; i < ARRAY_LEN(statements); i++) {
		if (slice_eq_nocase(verb->lexeme, slice_cstr(statements[i].verb)))
			return next_allows(&next, statements[i].next);
	}
	return false;
}

static enum step step_semicolon(struct sql_parse *p)
{
	struct sql_lexer next = ahead(p);
	if (!p->after)
		return BAD;
	if (next.token == SQL_END || next.token == SQL_COMMENT) {
		p->evidence |= next.token == SQL_COMMENT ? E_COMMENT : 0;
		return STOP;
	}
	if (next.token == SQL_STATEMENT && begins_statement(&next)) {
		p->evidence |= E_STACKED | E_CONST;
		return STOP;
	}
	bool call =
	    next.token == SQL_NAME && payload_word_find(functions, ARRAY_LEN(functions), next.lexeme) >= 0;
	bool more = next.token == SQL_SELECT || next.token == SQL_WAITFOR || next.token == SQL_OPEN || call;
	if (call) {
		p->evidence |= E_STACKED;
		p->evidence &= ~(unsigned)(E_CONST | E_CALL | E_FROM | E_CONST_COMPARE);
	}
	p->after = false;
	p->in_from = false;
	p->comparing = false;
	return more ? GO : BAD;
}

static enum step step_statement(struct sql_parse *p)
{
	return !p->after && ahead(p).token == SQL_OPEN ? step_name(p) : BAD;
}

static enum step step_bad(struct sql_parse *p)
{
	(void)p;
	return BAD;
}

static enum step (*const steps[])(struct sql_parse *p) = {
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
	enum step step = GO;
	while (step == GO) {
		enum sql_token token = p->l.token;
		step = steps[token](p);
		if (step != GO)
			break;
		p->group_closed = token == SQL_CLOSE;
		p->previous = token;
		sql_next(&p->l);
	}
	if (step == BAD && !proven_early(p->evidence))
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
	struct sql_lexer head = sign ? ahead(&p) : p.l;
	if (head.token == SQL_NUMBER || head.token == SQL_CLOSE || head.token == SQL_SEMICOLON ||
	    head.token == SQL_COMMA)
		p.evidence |= E_BARE_NUMBER;
	return parse(&p, ret);
}

bool payload_sql(struct slice value, struct payload_finding *ret)
{
	return quoted(value, '\'', ret) || quoted(value, '"', ret) || bare(value, ret);
}

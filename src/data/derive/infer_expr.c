/* Operators, by precedence climbing (https://www.sqlite.org/lang_expr.html), and the conditions that they
 * make. */
#include "data/derive/infer_internal.h"

#include "base/check.h"

/* What a binary operator makes of its sides. */
enum binary_result {
	BINARY_MERGE,
	BINARY_TEXT,
	BINARY_BOOLEAN,
	BINARY_TEST,
	BINARY_INTEGER,
	BINARY_JSON,
	BINARY_UNKNOWN
};
static const struct {
	const char *mark;
	unsigned level; /* higher binds tighter */
	enum binary_result gives;
} binaries[] = {
    {"||", 7, BINARY_TEXT},
    {"->", 7, BINARY_JSON},
    {"->>", 7, BINARY_UNKNOWN},
    {"*", 6, BINARY_MERGE},
    {"/", 6, BINARY_MERGE},
    {"%", 6, BINARY_MERGE},
    {"+", 5, BINARY_MERGE},
    {"-", 5, BINARY_MERGE},
    {"~", 4, BINARY_TEST},
    {"~*", 4, BINARY_TEST},
    {"!~", 4, BINARY_TEST},
    {"@>", 4, BINARY_TEST},
    {"<@", 4, BINARY_TEST},
    {"#>", 7, BINARY_JSON},
    {"#>>", 7, BINARY_UNKNOWN},
    {"&", 4, BINARY_INTEGER},
    {"|", 4, BINARY_INTEGER},
    {"<<", 4, BINARY_INTEGER},
    {">>", 4, BINARY_INTEGER},
    {"<", 2, BINARY_BOOLEAN},
    {"<=", 2, BINARY_BOOLEAN},
    {">", 2, BINARY_BOOLEAN},
    {">=", 2, BINARY_BOOLEAN},
    {"=", 2, BINARY_BOOLEAN},
    {"==", 2, BINARY_BOOLEAN},
    {"<>", 2, BINARY_BOOLEAN},
    {"!=", 2, BINARY_BOOLEAN},
};
#define LEVEL_COMPARE 2u
#define LEVEL_TIGHTEST 7u

static struct infer_value level(struct infer *infer, const struct infer_scope *scope, unsigned at_level);

static struct infer_value binary_value(
    struct infer *infer, enum binary_result gives, struct infer_value a, struct infer_value b)
{
	struct infer_value text = infer_of_type(SQL_TEXT, false);
	struct infer_value whole = infer_of_type(SQL_INTEGER, false);
	bool nullable = a.nullable || b.nullable;
	switch (gives) {
	case BINARY_TEXT:
		infer_give(infer, &a, &text);
		infer_give(infer, &b, &text);
		return infer_of_type(SQL_TEXT, nullable);
	case BINARY_INTEGER:
		infer_give(infer, &a, &whole);
		infer_give(infer, &b, &whole);
		return infer_of_type(SQL_INTEGER, nullable);
	case BINARY_JSON:
		return infer_of_type(SQL_JSON, true);
	case BINARY_BOOLEAN:
		infer_give_both(infer, &a, &b);
		return infer_of_type(SQL_BOOLEAN, nullable);
	case BINARY_TEST:
		return infer_of_type(SQL_BOOLEAN, nullable);
	case BINARY_MERGE:
		return infer_merge(infer, a, b);
	case BINARY_UNKNOWN:
		break;
	}
	return infer_nothing;
}

enum sql_host_param infer_host_of(const struct infer *infer, const struct infer_value *v)
{
	return v->param >= 0 ? infer->query->query.params[v->param].host : SQL_HOST_NONE;
}

/* Remembers a condition that ties a column to the caller or to another column, for the rows of this scope. */
static void note_equality(
    struct infer *infer, const struct infer_scope *scope, struct infer_value a, struct infer_value b)
{
	if (!infer->binds)
		return;
	if (!a.source) {
		struct infer_value swap = a;
		a = b;
		b = swap;
	}
	enum sql_host_param host = infer_host_of(infer, &b);
	if (!a.source || (!b.source && host == SQL_HOST_NONE))
		return;
	if (infer->equality_count == INFER_EQUALITIES_MAX)
		return; /* fewer known conditions bind fewer rows: the safe side */
	infer->equalities[infer->equality_count++] =
	    (struct infer_equality){a.source, a.column, b.source, b.column, host, infer->join, scope->id};
}

/* Forgets the conditions from..to, which turned out not to hold by themselves; later ones move down. */
static void drop_equalities(struct infer *infer, size_t from, size_t to)
{
	memmove(&infer->equalities[from], &infer->equalities[to],
	    (infer->equality_count - to) * sizeof infer->equalities[0]);
	infer->equality_count -= to - from;
}

static struct infer_value in_list(
    struct infer *infer, const struct infer_scope *scope, struct infer_value left)
{
	if (!infer_take(infer, "(")) {
		/* IN table, or a table-valued function */
		infer->at++;
		if (infer_at(infer, "("))
			infer_skip_parens(infer);
		return infer_of_type(SQL_BOOLEAN, left.nullable);
	}
	bool binds = infer->binds;
	infer->binds = false;
	if (infer_at_select(infer)) {
		struct infer_columns columns = {0};
		if (infer_select(infer, scope, NULL, &columns) && columns.count == 1)
			infer_give_both(infer, &left, &columns.items[0].value);
	} else {
		while (!infer_at(infer, ")") && !infer->lost) {
			struct infer_value v = infer_expr(infer, scope);
			infer_give_both(infer, &left, &v);
			if (!infer_take(infer, ","))
				break;
		}
	}
	infer->binds = binds;
	infer_expect(infer, ")");
	return infer_of_type(SQL_BOOLEAN, left.nullable);
}

/* IS [NOT] [DISTINCT FROM] x, ISNULL, NOTNULL, NOT NULL, [NOT] IN, BETWEEN, LIKE, GLOB, MATCH, REGEXP; false:
 * none of them. */
static bool word_operator(struct infer *infer, const struct infer_scope *scope, struct infer_value *v)
{
	static const char *const patterns[] = {"LIKE", "GLOB", "MATCH", "REGEXP", "ILIKE"};
	if (infer_take(infer, "IS")) {
		bool negated = infer_take(infer, "NOT");
		if (infer_take(infer, "DISTINCT")) {
			infer_expect(infer, "FROM");
			negated = !negated;
		}
		struct infer_value right = level(infer, scope, LEVEL_COMPARE + 1);
		infer_give_both(infer, v, &right);
		infer_let_null(infer, v);
		infer_let_null(infer, &right);
		(void)negated; /* NULL IS NULL holds too, so it binds no row to anyone either way */
		*v = infer_of_type(SQL_BOOLEAN, false);
		return true;
	}
	if (infer_take(infer, "ISNULL") || infer_take(infer, "NOTNULL")) {
		infer_let_null(infer, v);
		*v = infer_of_type(SQL_BOOLEAN, false);
		return true;
	}
	size_t start = infer->at;
	bool negated = infer_take(infer, "NOT");
	if (negated && infer_take(infer, "NULL")) {
		infer_let_null(infer, v);
		*v = infer_of_type(SQL_BOOLEAN, false);
		return true;
	}
	if (infer_take(infer, "IN")) {
		*v = in_list(infer, scope, *v);
		return true;
	}
	if (infer_take(infer, "BETWEEN")) {
		struct infer_value low = level(infer, scope, LEVEL_COMPARE + 1);
		infer_expect(infer, "AND");
		struct infer_value high = level(infer, scope, LEVEL_COMPARE + 1);
		infer_give_both(infer, v, &low);
		infer_give_both(infer, v, &high);
		infer_give_both(infer, &low, &high);
		*v = infer_of_type(SQL_BOOLEAN, v->nullable);
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(patterns); i++)
		if (infer_take(infer, patterns[i])) {
			struct infer_value right = level(infer, scope, LEVEL_COMPARE + 1);
			struct infer_value text = infer_of_type(SQL_TEXT, false);
			infer_give(infer, &right, &text);
			infer_give(infer, v, &text);
			if (infer_take(infer, "ESCAPE"))
				(void)level(infer, scope, LEVEL_COMPARE + 1);
			*v = infer_of_type(SQL_BOOLEAN, v->nullable);
			return true;
		}
	infer->at = start;
	return false;
}

static bool binary_operator(struct infer *infer, const struct infer_scope *scope, unsigned at_level,
    struct infer_value *v, struct infer_value *ret_left, struct infer_value *ret_right, bool *ret_equal)
{
	if (infer->tokens[infer->at].kind != SQL_TOKEN_MARK)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(binaries); i++) {
		if (binaries[i].level != at_level || !infer_take(infer, binaries[i].mark))
			continue;
		*ret_left = *v;
		*ret_right = level(infer, scope, at_level + 1);
		*ret_equal = binaries[i].mark[0] == '=';
		*v = binary_value(infer, binaries[i].gives, *v, *ret_right);
		return true;
	}
	return false;
}

/*
 * Conditions inside parentheses count only while nothing is done with their truth: in `(a = :x) = 0` they do
 * not hold. So whatever the left side noted is forgotten when an operator follows, and the right side notes
 * nothing.
 */
static struct infer_value level(struct infer *infer, const struct infer_scope *scope, unsigned at_level)
{
	if (at_level > LEVEL_TIGHTEST)
		return infer_unary(infer, scope);
	bool binds = infer->binds;
	size_t noted = infer->equality_count;
	infer->binds = binds && infer_at(infer, "(");
	struct infer_value v = level(infer, scope, at_level + 1);
	while (!infer->lost) {
		struct infer_value left;
		struct infer_value right;
		bool equal = false;
		size_t now = infer->equality_count;
		infer->binds = false;
		if (!binary_operator(infer, scope, at_level, &v, &left, &right, &equal) &&
		    !(at_level == LEVEL_COMPARE && word_operator(infer, scope, &v)))
			break;
		/* What subqueries on the right noted is about their own rows and stays. */
		drop_equalities(infer, noted, now);
		infer->binds = binds;
		if (equal)
			note_equality(infer, scope, left, right);
	}
	infer->binds = binds;
	return v;
}

static struct infer_value not_level(struct infer *infer, const struct infer_scope *scope)
{
	if (infer_at(infer, "NOT")) {
		bool binds = infer->binds;
		infer->at++;
		infer->binds = false;
		struct infer_value v = not_level(infer, scope);
		infer->binds = binds;
		return infer_of_type(SQL_BOOLEAN, v.nullable);
	}
	return level(infer, scope, LEVEL_COMPARE);
}

static struct infer_value and_level(struct infer *infer, const struct infer_scope *scope)
{
	struct infer_value v = not_level(infer, scope);
	while (!infer->lost && infer_take(infer, "AND")) {
		struct infer_value right = not_level(infer, scope);
		v = infer_of_type(SQL_BOOLEAN, v.nullable || right.nullable);
	}
	return v;
}

struct infer_value infer_expr(struct infer *infer, const struct infer_scope *scope)
{
	size_t before = infer->equality_count;
	if (++infer->depth > INFER_DEPTH_MAX)
		infer->lost = true;
	struct infer_value v = infer->lost ? infer_nothing : and_level(infer, scope);
	while (!infer->lost && infer_take(infer, "OR")) {
		/* Neither side holds for every row. */
		bool binds = infer->binds;
		infer->binds = false;
		drop_equalities(infer, before, infer->equality_count);
		struct infer_value right = and_level(infer, scope);
		infer->binds = binds;
		v = infer_of_type(SQL_BOOLEAN, v.nullable || right.nullable);
	}
	infer->depth--;
	return v;
}

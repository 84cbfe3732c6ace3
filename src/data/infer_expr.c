/* Expressions, by precedence climbing (https://www.sqlite.org/lang_expr.html). */
#include "data/infer.h"

#include "base/check.h"

static const struct infer_value nothing = {.type = SQL_ANY, .nullable = true, .param = -1};

static struct infer_value of_type(enum sql_type type, bool nullable)
{
	return (struct infer_value){.type = type, .known = true, .nullable = nullable, .param = -1};
}

void infer_give(struct infer *infer, const struct infer_value *to, const struct infer_value *from)
{
	if (to->param < 0 || !from->known || infer->param_known[to->param])
		return;
	infer->param_known[to->param] = true;
	infer->query->query.params[to->param].type = from->type;
}

static void give_both(struct infer *infer, struct infer_value *a, struct infer_value *b)
{
	infer_give(infer, a, b);
	infer_give(infer, b, a);
}

static void let_null(struct infer *infer, const struct infer_value *v)
{
	if (v->param >= 0)
		infer->query->query.params[v->param].nullable = true;
}

/* The type of a choice between values: of all that have one, when they agree. */
static struct infer_value merge(struct infer *infer, struct infer_value a, struct infer_value b)
{
	give_both(infer, &a, &b);
	struct infer_value v = a.known ? a : b;
	bool agree = !a.known || !b.known || a.type == b.type;
	if (!agree &&
	    ((a.type == SQL_INTEGER && b.type == SQL_REAL) || (a.type == SQL_REAL && b.type == SQL_INTEGER)))
		v.type = SQL_REAL;
	else if (!agree)
		v.known = false;
	v.nullable = a.nullable || b.nullable;
	v.param = a.known || b.known ? -1 : a.param >= 0 ? a.param : b.param;
	v.source = NULL;
	v.is_null = a.is_null && b.is_null;
	return v;
}

/* Types that a function takes and gives. from_args: the merged type of the arguments from the n-th on. */
enum null_rule { NULL_NEVER, NULL_IF_ANY, NULL_ALWAYS, NULL_IF_ALL };
struct function_rule {
	const char *name;
	bool from_args;
	unsigned first; /* of the arguments that count */
	enum sql_type type;
	bool gives_arg_type; /* arguments without a type are of arg_type */
	enum sql_type arg_type;
	enum null_rule null;
};

static const struct function_rule rules[] = {
    {"count", false, 0, SQL_INTEGER, false, 0, NULL_NEVER},
    {"sum", true, 0, SQL_ANY, false, 0, NULL_ALWAYS},
    {"min", true, 0, SQL_ANY, false, 0, NULL_ALWAYS},
    {"max", true, 0, SQL_ANY, false, 0, NULL_ALWAYS},
    {"total", false, 0, SQL_REAL, false, 0, NULL_NEVER},
    {"avg", false, 0, SQL_REAL, false, 0, NULL_ALWAYS},
    {"coalesce", true, 0, SQL_ANY, false, 0, NULL_IF_ALL},
    {"ifnull", true, 0, SQL_ANY, false, 0, NULL_IF_ALL},
    {"nullif", true, 0, SQL_ANY, false, 0, NULL_ALWAYS},
    {"iif", true, 1, SQL_ANY, false, 0, NULL_IF_ANY},
    {"likely", true, 0, SQL_ANY, false, 0, NULL_IF_ANY},
    {"unlikely", true, 0, SQL_ANY, false, 0, NULL_IF_ANY},
    {"first_value", true, 0, SQL_ANY, false, 0, NULL_ALWAYS},
    {"last_value", true, 0, SQL_ANY, false, 0, NULL_ALWAYS},
    {"lag", true, 0, SQL_ANY, false, 0, NULL_ALWAYS},
    {"lead", true, 0, SQL_ANY, false, 0, NULL_ALWAYS},
    {"abs", true, 0, SQL_ANY, false, 0, NULL_IF_ANY},
    {"round", false, 0, SQL_REAL, true, SQL_REAL, NULL_IF_ANY},
    {"length", false, 0, SQL_INTEGER, true, SQL_TEXT, NULL_IF_ANY},
    {"unicode", false, 0, SQL_INTEGER, true, SQL_TEXT, NULL_ALWAYS},
    {"instr", false, 0, SQL_INTEGER, true, SQL_TEXT, NULL_IF_ANY},
    {"lower", false, 0, SQL_TEXT, true, SQL_TEXT, NULL_IF_ANY},
    {"upper", false, 0, SQL_TEXT, true, SQL_TEXT, NULL_IF_ANY},
    {"trim", false, 0, SQL_TEXT, true, SQL_TEXT, NULL_IF_ANY},
    {"ltrim", false, 0, SQL_TEXT, true, SQL_TEXT, NULL_IF_ANY},
    {"rtrim", false, 0, SQL_TEXT, true, SQL_TEXT, NULL_IF_ANY},
    {"replace", false, 0, SQL_TEXT, true, SQL_TEXT, NULL_IF_ANY},
    {"substr", false, 0, SQL_TEXT, false, 0, NULL_IF_ANY},
    {"substring", false, 0, SQL_TEXT, false, 0, NULL_IF_ANY},
    {"printf", false, 0, SQL_TEXT, false, 0, NULL_ALWAYS},
    {"format", false, 0, SQL_TEXT, false, 0, NULL_ALWAYS},
    {"hex", false, 0, SQL_TEXT, false, 0, NULL_NEVER},
    {"quote", false, 0, SQL_TEXT, false, 0, NULL_NEVER},
    {"char", false, 0, SQL_TEXT, true, SQL_INTEGER, NULL_NEVER},
    {"typeof", false, 0, SQL_TEXT, false, 0, NULL_NEVER},
    {"group_concat", false, 0, SQL_TEXT, false, 0, NULL_ALWAYS},
    {"date", false, 0, SQL_TEXT, true, SQL_TEXT, NULL_ALWAYS},
    {"time", false, 0, SQL_TEXT, true, SQL_TEXT, NULL_ALWAYS},
    {"datetime", false, 0, SQL_TEXT, true, SQL_TEXT, NULL_ALWAYS},
    {"strftime", false, 0, SQL_TEXT, true, SQL_TEXT, NULL_ALWAYS},
    {"unixepoch", false, 0, SQL_INTEGER, true, SQL_TEXT, NULL_ALWAYS},
    {"julianday", false, 0, SQL_REAL, true, SQL_TEXT, NULL_ALWAYS},
    {"row_number", false, 0, SQL_INTEGER, false, 0, NULL_NEVER},
    {"rank", false, 0, SQL_INTEGER, false, 0, NULL_NEVER},
    {"dense_rank", false, 0, SQL_INTEGER, false, 0, NULL_NEVER},
    {"ntile", false, 0, SQL_INTEGER, true, SQL_INTEGER, NULL_NEVER},
    {"random", false, 0, SQL_INTEGER, false, 0, NULL_NEVER},
    {"changes", false, 0, SQL_INTEGER, false, 0, NULL_NEVER},
    {"last_insert_rowid", false, 0, SQL_INTEGER, false, 0, NULL_NEVER},
    {"randomblob", false, 0, SQL_BLOB, true, SQL_INTEGER, NULL_NEVER},
    {"zeroblob", false, 0, SQL_BLOB, true, SQL_INTEGER, NULL_NEVER},
    {"json_array_length", false, 0, SQL_INTEGER, true, SQL_TEXT, NULL_ALWAYS},
    {"json_valid", false, 0, SQL_INTEGER, true, SQL_TEXT, NULL_IF_ANY},
    {"json_type", false, 0, SQL_TEXT, true, SQL_TEXT, NULL_ALWAYS},
    {"json", false, 0, SQL_JSON, true, SQL_JSON, NULL_IF_ANY},
    {"json_array", false, 0, SQL_JSON, false, 0, NULL_NEVER},
    {"json_object", false, 0, SQL_JSON, false, 0, NULL_NEVER},
    {"json_group_array", false, 0, SQL_JSON, false, 0, NULL_NEVER},
    {"json_group_object", false, 0, SQL_JSON, false, 0, NULL_NEVER},
    {"ceil", false, 0, SQL_REAL, true, SQL_REAL, NULL_IF_ANY},
    {"floor", false, 0, SQL_REAL, true, SQL_REAL, NULL_IF_ANY},
    {"sqrt", false, 0, SQL_REAL, true, SQL_REAL, NULL_ALWAYS},
    {"pow", false, 0, SQL_REAL, true, SQL_REAL, NULL_ALWAYS},
    {"soundex", false, 0, SQL_TEXT, true, SQL_TEXT, NULL_NEVER},
};

static const struct function_rule *find_rule(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (slice_eq_nocase(name, slice_cstr(rules[i].name)))
			return &rules[i];
	return NULL;
}

static void skip_parens(struct infer *infer)
{
	unsigned depth = 0;
	do {
		const struct sql_token t = infer->tokens[infer->at];
		if (t.kind == SQL_TOKEN_END) {
			infer->lost = true;
			return;
		}
		depth += sql_token_is(t, "(");
		depth -= sql_token_is(t, ")");
		infer->at++;
	} while (depth > 0);
}

static struct infer_value function_value(const struct function_rule *rule, struct infer_value merged,
    bool any_null, bool all_null, bool one_argument)
{
	struct infer_value v = rule->from_args ? merged : of_type(rule->type, false);
	v.param = rule->from_args && one_argument ? merged.param : -1;
	v.source = NULL;
	v.is_null = false;
	v.nullable = rule->null == NULL_ALWAYS || (rule->null == NULL_IF_ANY && any_null) ||
		     (rule->null == NULL_IF_ALL && all_null);
	return v;
}

static struct infer_value function_call(struct infer *infer, const struct infer_scope *scope)
{
	const struct function_rule *rule = find_rule(sql_token_name(infer->tokens[infer->at]));
	struct infer_value merged = nothing;
	bool any_null = false;
	bool all_null = true;
	unsigned n = 0;
	infer->at += 2;
	(void)infer_take(infer, "DISTINCT");
	(void)infer_take(infer, "*");
	for (; !infer_at(infer, ")") && !infer->lost; n++) {
		struct infer_value v = infer_expr(infer, scope);
		if (rule && rule->gives_arg_type && !v.known) {
			struct infer_value arg = of_type(rule->arg_type, false);
			infer_give(infer, &v, &arg);
		}
		/* That is what coalesce(:x, ...) is for. */
		if (rule && rule->null == NULL_IF_ALL && n == 0)
			let_null(infer, &v);
		any_null = any_null || v.nullable;
		all_null = all_null && v.nullable;
		if (!rule || n >= rule->first)
			merged = n == (rule ? rule->first : 0) ? v : merge(infer, merged, v);
		if (infer_take(infer, "ORDER")) {
			infer_expect(infer, "BY");
			(void)infer_expr(infer, scope);
		}
		if (!infer_take(infer, ","))
			break;
	}
	infer_expect(infer, ")");
	if (infer_take(infer, "FILTER"))
		skip_parens(infer);
	if (infer_take(infer, "OVER")) {
		if (infer_at(infer, "("))
			skip_parens(infer);
		else
			infer->at++;
	}
	return rule ? function_value(rule, merged, any_null, all_null, n == 0) : nothing;
}

static const struct infer_source *find_column(
    const struct infer_scope *scope, struct slice source, struct slice column, struct infer_value *ret)
{
	static const char *const row_ids[] = {"rowid", "oid", "_rowid_"};
	for (const struct infer_scope *s = scope; s; s = s->parent)
		for (struct infer_source *from = s->sources; from; from = from->next) {
			if (source.len && !slice_eq_nocase(from->name, source))
				continue;
			for (size_t i = 0; i < from->columns.count; i++) {
				if (!slice_eq_nocase(from->columns.items[i].name, column))
					continue;
				*ret = from->columns.items[i].value;
				ret->nullable = ret->nullable || from->outer;
				ret->source = from;
				ret->column = (int)i;
				ret->param = -1;
				return from;
			}
			for (size_t i = 0; from->table && !from->table->is_view && i < ARRAY_LEN(row_ids);
			     i++)
				if (slice_eq_nocase(column, slice_cstr(row_ids[i]))) {
					*ret = of_type(SQL_INTEGER, from->outer);
					return from;
				}
		}
	return NULL;
}

static struct infer_value column_ref(struct infer *infer, const struct infer_scope *scope)
{
	struct slice parts[3];
	size_t n = 0;
	parts[n++] = sql_token_name(infer->tokens[infer->at++]);
	while (n < 3 && infer_at(infer, ".") && sql_token_is_name(infer->tokens[infer->at + 1])) {
		parts[n++] = sql_token_name(infer->tokens[infer->at + 1]);
		infer->at += 2;
	}
	struct infer_value v = nothing;
	(void)find_column(scope, n > 1 ? parts[n - 2] : SLICE_NONE, parts[n - 1], &v);
	return v;
}

static struct infer_value case_expr(struct infer *infer, const struct infer_scope *scope)
{
	struct infer_value base = nothing;
	struct infer_value v = {.nullable = false, .param = -1};
	bool with_base = !infer_at(infer, "WHEN");
	bool first = true;
	if (with_base)
		base = infer_expr(infer, scope);
	while (infer_take(infer, "WHEN") && !infer->lost) {
		struct infer_value when = infer_expr(infer, scope);
		if (with_base)
			give_both(infer, &base, &when);
		infer_expect(infer, "THEN");
		struct infer_value then = infer_expr(infer, scope);
		v = first ? then : merge(infer, v, then);
		first = false;
	}
	if (infer_take(infer, "ELSE"))
		v = merge(infer, v, infer_expr(infer, scope));
	else
		v.nullable = true;
	infer_expect(infer, "END");
	v.source = NULL;
	return v;
}

static enum sql_type type_name(struct infer *infer)
{
	const char *start = infer->tokens[infer->at].text.ptr;
	const char *end = start;
	while (sql_token_is_name(infer->tokens[infer->at]) && !infer->lost) {
		end = infer->tokens[infer->at].text.ptr + infer->tokens[infer->at].text.len;
		infer->at++;
	}
	if (infer_at(infer, "("))
		skip_parens(infer);
	return catalog_type(slice_of(start, (size_t)(end - start)));
}

static struct infer_value cast_to(struct infer *infer, struct infer_value v)
{
	struct infer_value to = of_type(type_name(infer), v.nullable && v.param < 0);
	infer_give(infer, &v, &to);
	to.known = to.type != SQL_ANY;
	return to;
}

static struct infer_value cast_expr(struct infer *infer, const struct infer_scope *scope)
{
	infer_expect(infer, "(");
	struct infer_value v = infer_expr(infer, scope);
	infer_expect(infer, "AS");
	v = cast_to(infer, v);
	infer_expect(infer, ")");
	return v;
}

static bool at_select(const struct infer *infer)
{
	return infer_at(infer, "SELECT") || infer_at(infer, "WITH") || infer_at(infer, "VALUES");
}

/* After the opening parenthesis. */
static struct infer_value parens(struct infer *infer, const struct infer_scope *scope)
{
	struct infer_value v = nothing;
	if (at_select(infer)) {
		struct infer_columns columns = {0};
		bool binds = infer->binds;
		if (infer_select(infer, scope, NULL, &columns) && columns.count == 1) {
			v = columns.items[0].value;
			v.nullable = true; /* no row */
			v.source = NULL;
		}
		infer->binds = binds;
		infer_expect(infer, ")");
		return v;
	}
	v = infer_expr(infer, scope);
	if (infer_at(infer, ",")) {
		while (infer_take(infer, ",") && !infer->lost)
			(void)infer_expr(infer, scope);
		v = nothing;
	}
	infer_expect(infer, ")");
	return v;
}

static int param_index(const struct infer *infer, struct slice text)
{
	const struct sql_query *query = &infer->query->query;
	for (size_t i = 0; i < query->param_count; i++)
		if (slice_eq(query->params[i].name, slice_of(text.ptr + 1, text.len - 1)))
			return (int)i;
	return -1;
}

static struct infer_value number(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '.' ||
		    ((text.ptr[i] == 'e' || text.ptr[i] == 'E') && !slice_starts(text, SLICE("0x"))))
			return of_type(SQL_REAL, false);
	return of_type(SQL_INTEGER, false);
}

static struct infer_value param_value(const struct infer *infer, struct slice text)
{
	struct infer_value v = nothing;
	v.param = param_index(infer, text);
	v.nullable = false;
	if (v.param >= 0 && infer->param_known[v.param]) {
		v.known = true;
		v.type = infer->query->query.params[v.param].type;
	}
	return v;
}

static struct infer_value word_value(struct infer *infer, const struct infer_scope *scope)
{
	if (infer_take(infer, "NULL")) {
		struct infer_value v = nothing;
		v.is_null = true;
		return v;
	}
	if (infer_take(infer, "TRUE") || infer_take(infer, "FALSE"))
		return of_type(SQL_BOOLEAN, false);
	if (infer_take(infer, "CURRENT_TIMESTAMP") || infer_take(infer, "CURRENT_DATE") ||
	    infer_take(infer, "CURRENT_TIME"))
		return of_type(SQL_TEXT, false);
	if (infer_take(infer, "CASE"))
		return case_expr(infer, scope);
	if (infer_at_next(infer, 1, "(")) {
		if (infer_take(infer, "CAST"))
			return cast_expr(infer, scope);
		if (infer_take(infer, "EXISTS")) {
			infer->at++;
			(void)parens(infer, scope);
			return of_type(SQL_BOOLEAN, false);
		}
		return function_call(infer, scope);
	}
	return column_ref(infer, scope);
}

static struct infer_value primary(struct infer *infer, const struct infer_scope *scope)
{
	const struct sql_token t = infer->tokens[infer->at];
	if (infer_take(infer, "("))
		return parens(infer, scope);
	switch (t.kind) {
	case SQL_TOKEN_NUMBER:
		infer->at++;
		return number(t.text);
	case SQL_TOKEN_STRING:
		infer->at++;
		return of_type(t.text.ptr[0] == 'x' || t.text.ptr[0] == 'X' ? SQL_BLOB : SQL_TEXT, false);
	case SQL_TOKEN_PARAM:
		infer->at++;
		return param_value(infer, t.text);
	case SQL_TOKEN_WORD:
		return word_value(infer, scope);
	case SQL_TOKEN_QUOTED:
		return infer_at_next(infer, 1, "(") ? function_call(infer, scope) : column_ref(infer, scope);
	default:
		infer->lost = true;
		return nothing;
	}
}

static struct infer_value unary(struct infer *infer, const struct infer_scope *scope)
{
	if (infer_at(infer, "-") || infer_at(infer, "+") || infer_at(infer, "~")) {
		infer->at++;
		struct infer_value v = unary(infer, scope);
		v.source = NULL;
		return v;
	}
	struct infer_value v = primary(infer, scope);
	for (;;) {
		if (infer_take(infer, "COLLATE"))
			infer->at++;
		else if (infer_take(infer, "::"))
			v = cast_to(infer, v);
		else
			return v;
	}
}

/* What a binary operator makes of its sides. */
enum binary_result { BINARY_MERGE, BINARY_TEXT, BINARY_BOOLEAN, BINARY_INTEGER, BINARY_JSON, BINARY_UNKNOWN };
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
	struct infer_value text = of_type(SQL_TEXT, false);
	struct infer_value whole = of_type(SQL_INTEGER, false);
	bool nullable = a.nullable || b.nullable;
	switch (gives) {
	case BINARY_TEXT:
		infer_give(infer, &a, &text);
		infer_give(infer, &b, &text);
		return of_type(SQL_TEXT, nullable);
	case BINARY_INTEGER:
		infer_give(infer, &a, &whole);
		infer_give(infer, &b, &whole);
		return of_type(SQL_INTEGER, nullable);
	case BINARY_JSON:
		return of_type(SQL_JSON, true);
	case BINARY_BOOLEAN:
		give_both(infer, &a, &b);
		return of_type(SQL_BOOLEAN, nullable);
	case BINARY_MERGE:
		return merge(infer, a, b);
	case BINARY_UNKNOWN:
		break;
	}
	return nothing;
}

static enum sql_host_param host_of(const struct infer *infer, const struct infer_value *v)
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
	enum sql_host_param host = host_of(infer, &b);
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
			skip_parens(infer);
		return of_type(SQL_BOOLEAN, left.nullable);
	}
	bool binds = infer->binds;
	infer->binds = false;
	if (at_select(infer)) {
		struct infer_columns columns = {0};
		if (infer_select(infer, scope, NULL, &columns) && columns.count == 1)
			give_both(infer, &left, &columns.items[0].value);
	} else {
		while (!infer_at(infer, ")") && !infer->lost) {
			struct infer_value v = infer_expr(infer, scope);
			give_both(infer, &left, &v);
			if (!infer_take(infer, ","))
				break;
		}
	}
	infer->binds = binds;
	infer_expect(infer, ")");
	return of_type(SQL_BOOLEAN, left.nullable);
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
		give_both(infer, v, &right);
		let_null(infer, v);
		let_null(infer, &right);
		(void)negated; /* NULL IS NULL holds too, so it binds no row to anyone either way */
		*v = of_type(SQL_BOOLEAN, false);
		return true;
	}
	if (infer_take(infer, "ISNULL") || infer_take(infer, "NOTNULL")) {
		let_null(infer, v);
		*v = of_type(SQL_BOOLEAN, false);
		return true;
	}
	size_t start = infer->at;
	bool negated = infer_take(infer, "NOT");
	if (negated && infer_take(infer, "NULL")) {
		let_null(infer, v);
		*v = of_type(SQL_BOOLEAN, false);
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
		give_both(infer, v, &low);
		give_both(infer, v, &high);
		give_both(infer, &low, &high);
		*v = of_type(SQL_BOOLEAN, v->nullable);
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(patterns); i++)
		if (infer_take(infer, patterns[i])) {
			struct infer_value right = level(infer, scope, LEVEL_COMPARE + 1);
			struct infer_value text = of_type(SQL_TEXT, false);
			infer_give(infer, &right, &text);
			infer_give(infer, v, &text);
			if (infer_take(infer, "ESCAPE"))
				(void)level(infer, scope, LEVEL_COMPARE + 1);
			*v = of_type(SQL_BOOLEAN, v->nullable);
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
		return unary(infer, scope);
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
		return of_type(SQL_BOOLEAN, v.nullable);
	}
	return level(infer, scope, LEVEL_COMPARE);
}

static struct infer_value and_level(struct infer *infer, const struct infer_scope *scope)
{
	struct infer_value v = not_level(infer, scope);
	while (!infer->lost && infer_take(infer, "AND")) {
		struct infer_value right = not_level(infer, scope);
		v = of_type(SQL_BOOLEAN, v.nullable || right.nullable);
	}
	return v;
}

struct infer_value infer_expr(struct infer *infer, const struct infer_scope *scope)
{
	size_t before = infer->equality_count;
	if (++infer->depth > INFER_DEPTH_MAX)
		infer->lost = true;
	struct infer_value v = infer->lost ? nothing : and_level(infer, scope);
	while (!infer->lost && infer_take(infer, "OR")) {
		/* Neither side holds for every row. */
		bool binds = infer->binds;
		infer->binds = false;
		drop_equalities(infer, before, infer->equality_count);
		struct infer_value right = and_level(infer, scope);
		infer->binds = binds;
		v = of_type(SQL_BOOLEAN, v.nullable || right.nullable);
	}
	infer->depth--;
	return v;
}

/* Values, how they merge, and what functions take and give (https://www.sqlite.org/lang_corefunc.html). */
#include "data/derive/infer_internal.h"

#include "base/check.h"

const struct infer_value infer_nothing = {.type = SQL_ANY, .nullable = true, .param = -1};

struct infer_value infer_of_type(enum sql_type type, bool nullable)
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

void infer_give_both(struct infer *infer, struct infer_value *a, struct infer_value *b)
{
	infer_give(infer, a, b);
	infer_give(infer, b, a);
}

void infer_let_null(struct infer *infer, const struct infer_value *v)
{
	if (v->param >= 0)
		infer->query->query.params[v->param].nullable = true;
}

/* What a choice or sum of two types is, in either order; pairs that are not here are nothing in particular.
 */
static const struct {
	enum sql_type a, b, both;
} mixed[] = {
    {SQL_INTEGER, SQL_REAL, SQL_REAL},
    {SQL_INTEGER, SQL_BIGINT, SQL_BIGINT},
    {SQL_INTEGER, SQL_NUMERIC, SQL_NUMERIC},
    {SQL_INTEGER, SQL_BOOLEAN, SQL_INTEGER},
};

static bool mix(enum sql_type a, enum sql_type b, enum sql_type *ret)
{
	if (a == b) {
		*ret = a;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(mixed); i++)
		if ((mixed[i].a == a && mixed[i].b == b) || (mixed[i].a == b && mixed[i].b == a)) {
			*ret = mixed[i].both;
			return true;
		}
	return false;
}

/* NULL and parameters take the type of what stands beside them; an expression that is not understood has none
 * to take. */
static bool takes_any(const struct infer_value *v)
{
	return v->is_null || v->param >= 0;
}

struct infer_value infer_merge(struct infer *infer, struct infer_value a, struct infer_value b)
{
	infer_give_both(infer, &a, &b);
	struct infer_value v = a.known ? a : b;
	if (a.known && b.known)
		v.known = mix(a.type, b.type, &v.type);
	else if (!takes_any(a.known ? &b : &a))
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
    {"highlight", false, 0, SQL_TEXT, false, 0, NULL_ALWAYS},
    {"snippet", false, 0, SQL_TEXT, false, 0, NULL_ALWAYS},
    {"bm25", false, 0, SQL_REAL, false, 0, NULL_NEVER},
    {"soundex", false, 0, SQL_TEXT, true, SQL_TEXT, NULL_NEVER},
};

static const struct function_rule *find_rule(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (slice_eq_nocase(name, slice_cstr(rules[i].name)))
			return &rules[i];
	return NULL;
}

void infer_skip_parens(struct infer *infer)
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
	struct infer_value v = rule->from_args ? merged : infer_of_type(rule->type, false);
	v.param = rule->from_args && one_argument ? merged.param : -1;
	v.source = NULL;
	v.is_null = false;
	v.nullable = rule->null == NULL_ALWAYS || (rule->null == NULL_IF_ANY && any_null) ||
		     (rule->null == NULL_IF_ALL && all_null);
	return v;
}

struct infer_value infer_function_call(struct infer *infer, const struct infer_scope *scope)
{
	const struct function_rule *rule = find_rule(sql_token_name(infer->tokens[infer->at]));
	struct infer_value merged = infer_nothing;
	bool any_null = false;
	bool all_null = true;
	unsigned n = 0;
	infer->at += 2;
	(void)infer_take(infer, "DISTINCT");
	(void)infer_take(infer, "*");
	for (; !infer_at(infer, ")") && !infer->lost; n++) {
		struct infer_value v = infer_expr(infer, scope);
		if (rule && rule->gives_arg_type && !v.known) {
			struct infer_value arg = infer_of_type(rule->arg_type, false);
			infer_give(infer, &v, &arg);
		}
		/* That is what coalesce(:x, ...) is for. */
		if (rule && rule->null == NULL_IF_ALL && n == 0)
			infer_let_null(infer, &v);
		any_null = any_null || v.nullable;
		all_null = all_null && v.nullable;
		if (!rule || n >= rule->first)
			merged = n == (rule ? rule->first : 0) ? v : infer_merge(infer, merged, v);
		if (infer_take(infer, "ORDER")) {
			infer_expect(infer, "BY");
			(void)infer_expr(infer, scope);
		}
		if (!infer_take(infer, ","))
			break;
	}
	infer_expect(infer, ")");
	if (infer_take(infer, "FILTER"))
		infer_skip_parens(infer);
	if (infer_take(infer, "OVER")) {
		if (infer_at(infer, "("))
			infer_skip_parens(infer);
		else
			infer->at++;
	}
	return rule ? function_value(rule, merged, any_null, all_null, n == 0) : infer_nothing;
}

/* Shapes that are wrong whatever flows: literal arguments, properties, assignments, patterns that blow up,
 * handlers without a check. */
#include "review/code/analysis.h"
#include "review/ignore.h"

static struct slice literal_text(struct analysis *a, TSNode n)
{
	return syntax_type(&a->tree, n) == SYNTAX_STRING ? syntax_string(&a->tree, n)
							 : syntax_text(&a->tree, n);
}

bool mentions_any(struct slice text, const char *const *words)
{
	for (; *words; words++) {
		const char *at = text.ptr;
		size_t left = text.len;
		size_t len = strlen(*words);
		while (left >= len && (at = memmem(at, left, *words, len))) {
			/* "author" is not about who may do what. */
			struct slice rest = slice_of(at, (size_t)(text.ptr + text.len - at));
			bool author =
			    len == 4 &&
			    (slice_starts(rest, SLICE("author")) || slice_starts(rest, SLICE("Author"))) &&
			    !(rest.len > 6 && (rest.ptr[6] == 'i' || rest.ptr[6] == 'I'));
			if (!author)
				return true;
			at++;
			left = (size_t)(text.ptr + text.len - at);
		}
	}
	return false;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool mentions_nocase(struct slice text, const char *const *words)
{
	for (; *words; words++) {
		size_t len = strlen(*words);
		for (size_t i = 0; i + len <= text.len; i++) {
			size_t k = 0;
			while (k < len && lower(text.ptr[i + k]) == (*words)[k])
				k++;
			if (k == len)
				return true;
		}
	}
	return false;
}

/* Math.random() where the name of what it makes says that it must not be guessed. */
static void detect_random(struct analysis *a, TSNode n)
{
	static const char *const words[] = {"token", "secret", "password", "passwd", "session", "otp",
	    "nonce", "salt", "csrf", "reset", "apikey", "api_key", "invite", "verification", "pin", "code",
	    "captcha", "ticket", "credential", "accesskey", NULL};
	const struct code_rule *rule = code_rules_detector(a->rules, "weak-random");
	TSNode at = n;
	if (!rule)
		return;
	for (unsigned i = 0; i < 24 && !ts_node_is_null(at); i++, at = ts_node_parent(at)) {
		enum syntax type = syntax_type(&a->tree, at);
		TSNode name = {.id = NULL};
		if (type == SYNTAX_DECLARATOR || type == SYNTAX_FUNCTION_DECLARATION || type == SYNTAX_METHOD)
			name = syntax_field(&a->tree, at, FIELD_NAME);
		else if (type == SYNTAX_PAIR)
			name = syntax_field(&a->tree, at, FIELD_KEY);
		else if (type == SYNTAX_ASSIGNMENT)
			name = syntax_field(&a->tree, at, FIELD_LEFT);
		if (!ts_node_is_null(name) && mentions_nocase(syntax_text(&a->tree, name), words)) {
			report_shape(a, rule, n, keep_text(a, syntax_text(&a->tree, name)));
			return;
		}
		if (type == SYNTAX_FUNCTION_DECLARATION || type == SYNTAX_METHOD)
			return;
	}
}

/* process.env.KEY || "development": the literal that stands in. */
static bool fallback_text(struct slice text, struct slice *ret_text)
{
	text = slice_trim(text);
	char quote = text.len > 2 ? text.ptr[text.len - 1] : 0;
	const char *open = quote == '"' || quote == '\'' ? memrchr(text.ptr, quote, text.len - 1) : NULL;
	struct slice before = slice_trim(slice_of(text.ptr, open ? (size_t)(open - text.ptr) : 0));
	if (!slice_ends(before, SLICE("||")) && !slice_ends(before, SLICE("??")))
		return false;
	*ret_text = slice_of(open + 1, (size_t)(text.ptr + text.len - open) - 2);
	return true;
}

/* Arguments longer than this are not looked at as a whole. */
#define ARGUMENTS_TEXT_MAX 4096u

/* What the pattern looks at: the source text of all arguments, a literal, or the literal that a name stands
 * for. */
static bool argument_text(
    struct analysis *a, struct scope_env *env, TSNode argument, bool whole, struct slice *ret_text)
{
	enum syntax type = syntax_type(&a->tree, argument);
	*ret_text = whole ? syntax_text(&a->tree, argument) : literal_text(a, argument);
	if (whole)
		return ret_text->len <= ARGUMENTS_TEXT_MAX;
	if (type == SYNTAX_BINARY)
		return fallback_text(*ret_text, ret_text);
	if (type != SYNTAX_IDENTIFIER)
		return type == SYNTAX_STRING || type == SYNTAX_OBJECT || type == SYNTAX_NUMBER ||
		       type == SYNTAX_NULL;
	const struct binding *b = env_find(env, *ret_text);
	if (b && b->value.is_text)
		*ret_text = b->value.text;
	return b && (b->value.is_text || fallback_text(b->initial, ret_text));
}

static void detect_argument(struct analysis *a, struct scope_env *env, const struct code_pattern *p,
    TSNode arguments, struct slice callee)
{
	bool whole = p->arg < 0;
	if (ts_node_is_null(arguments) || (!whole && (uint32_t)p->arg >= syntax_count(arguments)))
		return;
	TSNode argument = whole ? arguments : syntax_child(arguments, (uint32_t)p->arg);
	struct slice text;
	if (argument_text(a, env, argument, whole, &text) && code_regex(a->match, p->value, text))
		report_shape(a, p->rule, argument, keep_text(a, callee));
}

void detect_call(struct analysis *a, struct scope_env *env, TSNode n, struct slice callee)
{
	TSNode arguments = syntax_field(&a->tree, n, FIELD_ARGUMENTS);
	if (slice_eq_cstr(callee, "Math.random"))
		detect_random(a, n);
	if (a->call_depth == 0 && !ts_node_is_null(arguments))
		note_guard(a, env, arguments, callee);
	for (const struct code_pattern *p = a->rules->arguments; p; p = p->next)
		if (glob_match(p->callee, callee))
			detect_argument(a, env, p, arguments, callee);
}

void detect_pair(struct analysis *a, TSNode pair, struct slice key, TSNode value)
{
	struct slice text = syntax_text(&a->tree, value);
	if (text.len > 512)
		return;
	for (const struct code_pattern *p = a->rules->properties; p; p = p->next)
		if (code_regex(a->match, p->key, key) && code_regex(a->match, p->value, text))
			report_shape(a, p->rule, pair, keep_text(a, key));
}

void detect_assignment(struct analysis *a, struct slice target, TSNode at, TSNode value)
{
	struct slice text = syntax_text(&a->tree, value);
	if (text.len > 512 || target.len > 256)
		return;
	for (const struct code_pattern *p = a->rules->assignments; p; p = p->next)
		if (code_regex(a->match, p->key, target) && code_regex(a->match, p->value, text))
			report_shape(a, p->rule, at, keep_text(a, target));
}

/* Shapes that are wrong whatever flows: literal arguments, properties, assignments, patterns that blow up,
 * handlers without a check. */
#include "review/code/analysis.h"
#include "review/ignore.h"

/* ---- Rules with patterns ---- */

static struct slice literal_text(struct analysis *a, TSNode n)
{
	return syntax_type(&a->tree, n) == SYNTAX_STRING ? syntax_string(&a->tree, n)
							 : syntax_text(&a->tree, n);
}

static bool mentions_any(struct slice text, const char *const *words)
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

static bool mentions_nocase(struct slice text, const char *const *words)
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

void detect_call(struct analysis *a, struct scope_env *env, TSNode n, struct slice callee)
{
	TSNode arguments = syntax_field(&a->tree, n, FIELD_ARGUMENTS);
	if (slice_eq_cstr(callee, "Math.random"))
		detect_random(a, n);
	bool guards = slice_ends(callee, SLICE(".use")) || slice_ends(callee, SLICE(".addHook")) ||
		      slice_ends(callee, SLICE(".preHandler"));
	static const char *const words[] = {
	    "auth", "Auth", "session", "jwt", "guard", "Guard", "protect", "requireUser", NULL};
	if (guards && a->call_depth == 0 && mentions_any(syntax_text(&a->tree, arguments), words))
		a->module_guarded = true;
	for (const struct code_pattern *p = a->rules->arguments; p; p = p->next) {
		if (!glob_match(p->callee, callee) || (uint32_t)p->arg >= syntax_count(arguments))
			continue;
		TSNode argument = syntax_child(arguments, (uint32_t)p->arg);
		struct slice text = literal_text(a, argument);
		if (syntax_type(&a->tree, argument) == SYNTAX_IDENTIFIER) {
			const struct binding *b = env_find(env, text);
			if (!b || !b->value.is_text)
				continue;
			text = b->value.text;
		} else if (syntax_type(&a->tree, argument) != SYNTAX_STRING &&
			   syntax_type(&a->tree, argument) != SYNTAX_OBJECT &&
			   syntax_type(&a->tree, argument) != SYNTAX_NUMBER &&
			   syntax_type(&a->tree, argument) != SYNTAX_NULL) {
			continue;
		}
		if (code_regex(a->match, p->value, text))
			report_shape(a, p->rule, argument, keep_text(a, callee));
	}
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

/* ---- Patterns that blow up ---- */

static bool is_quantifier(char c)
{
	return c == '*' || c == '+' || c == '{';
}

/* Where the group that opens at i closes; s.len when it does not. */
static size_t group_end(struct slice s, size_t i)
{
	unsigned depth = 0;
	for (bool in_class = false; i < s.len; i++) {
		if (s.ptr[i] == '\\')
			i++;
		else if (in_class)
			in_class = s.ptr[i] != ']';
		else if (s.ptr[i] == '[')
			in_class = true;
		else if (s.ptr[i] == '(')
			depth++;
		else if (s.ptr[i] == ')' && --depth == 0)
			return i;
	}
	return s.len;
}

/* An unbounded repetition at the end or the whole of the group's content: (a+)+, (.*)*, ([a-z]+\s?)*. */
static bool repeats_inside(struct slice inner)
{
	bool in_class = false;
	for (size_t i = 0; i < inner.len; i++) {
		if (inner.ptr[i] == '\\') {
			i++;
			continue;
		}
		in_class = in_class ? inner.ptr[i] != ']' : inner.ptr[i] == '[';
		if (in_class || (inner.ptr[i] != '*' && inner.ptr[i] != '+'))
			continue;
		/* What follows must not separate one turn from the next: nothing, or something optional. */
		struct slice rest = slice_of(inner.ptr + i + 1, inner.len - i - 1);
		if (rest.len == 0 || rest.ptr[rest.len - 1] == '?' || rest.ptr[rest.len - 1] == '*' ||
		    rest.ptr[0] == ')')
			return true;
	}
	return false;
}

/* (a|a)* and (a|ab)*: two ways through with one first character. */
static bool overlapping_branches(struct slice inner)
{
	const char *bar = memchr(inner.ptr, '|', inner.len);
	if (!bar || memchr(inner.ptr, '(', inner.len))
		return false;
	struct slice left = slice_of(inner.ptr, (size_t)(bar - inner.ptr));
	struct slice right = slice_of(bar + 1, (size_t)(inner.ptr + inner.len - bar - 1));
	if (slice_starts(left, SLICE("?:")))
		left = slice_of(left.ptr + 2, left.len - 2);
	size_t n = left.len && left.ptr[0] == '\\' ? 2 : 1;
	return left.len >= n && right.len >= n && memcmp(left.ptr, right.ptr, n) == 0;
}

static bool blows_up(struct slice pattern)
{
	for (size_t i = 0; i < pattern.len; i++) {
		if (pattern.ptr[i] == '\\') {
			i++;
			continue;
		}
		if (pattern.ptr[i] != '(')
			continue;
		size_t end = group_end(pattern, i);
		if (end + 1 >= pattern.len || !is_quantifier(pattern.ptr[end + 1]))
			continue;
		struct slice inner = slice_of(pattern.ptr + i + 1, end - i - 1);
		if (pattern.ptr[end + 1] == '{' && !memchr(pattern.ptr + end, ',', pattern.len - end))
			continue;
		if (repeats_inside(inner) || overlapping_branches(inner))
			return true;
	}
	return false;
}

void detect_regex(struct analysis *a, TSNode n)
{
	const struct code_rule *rule = code_rules_detector(a->rules, "blowing-regex");
	struct slice text = syntax_text(&a->tree, syntax_field(&a->tree, n, FIELD_PATTERN));
	if (rule && text.len < 4096 && blows_up(text))
		report_shape(a, rule, n, NULL);
}

/* ---- Handlers that change things without asking who calls ---- */

void detect_authorization(struct analysis *a, TSNode fn, TSNode operation, struct slice beside)
{
	static const char *const words[] = {"auth", "Auth", "session", "Session", "permission", "Permission",
	    "isAdmin", "role", "Role", "jwt", "verify", "req.user", "caller", "principal", "owner", "Owner",
	    "currentUser", "claims", "identity", "isOwner", "requireUser", "getUser", "userId", "signature",
	    "apiKey", "x-api-key", "guard", "policy", "allowed", "tenant", NULL};
	if (ts_node_is_null(operation) || a->module_guarded || a->imports_ward)
		return;
	uint32_t start = ts_node_start_byte(fn);
	uint32_t at = ts_node_start_byte(operation);
	uint32_t end = ts_node_end_byte(fn);
	if (at < start || at > end)
		at = end;
	struct slice before = slice_of(a->tree.bytes.ptr + start, at - start);
	struct slice after = slice_of(a->tree.bytes.ptr + at, end - at);
	/* A route's other arguments may be middleware that asks; the handler's own text is in there too. */
	size_t middleware = beside.len && beside.ptr < a->tree.bytes.ptr + start
				? (size_t)(a->tree.bytes.ptr + start - beside.ptr)
				: 0;
	if (middleware && mentions_any(slice_of(beside.ptr, middleware), words))
		return;
	if (mentions_any(before, words))
		return;
	/* The operation itself may be bound to the caller: where({ id, ownerId: caller.id }). */
	struct slice own = syntax_text(&a->tree, operation);
	if (mentions_any(own, words))
		return;
	size_t skip = own.len < after.len ? own.len : after.len;
	bool late = mentions_any(slice_of(after.ptr + skip, after.len - skip), words);
	const struct code_rule *rule =
	    code_rules_detector(a->rules, late ? "late-authorization" : "authorization");
	if (rule)
		report_shape(
		    a, rule, operation, late ? "the check comes after it" : "nothing asks who calls");
}

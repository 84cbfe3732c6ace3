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

/* Words in comments do not check anything; those in strings of a route's path do not either. */
static struct slice without_comments(struct analysis *a, struct slice text, bool without_strings)
{
	char *out = arena_alloc(a->arena, text.len + 1);
	size_t len = 0;
	for (size_t i = 0; out && i < text.len; i++) {
		bool comment = text.ptr[i] == '/' && i + 1 < text.len &&
			       (text.ptr[i + 1] == '/' || text.ptr[i + 1] == '*');
		if (comment && (i == 0 || text.ptr[i - 1] != ':')) {
			const char *close = text.ptr[i + 1] == '/' ? "\n" : "*/";
			const char *stop = memmem(text.ptr + i + 2, text.len - i - 2, close, strlen(close));
			i = stop ? (size_t)(stop - text.ptr) + strlen(close) - 1 : text.len;
		} else if (without_strings &&
			   (text.ptr[i] == '"' || text.ptr[i] == '\'' || text.ptr[i] == '`')) {
			const char *stop = memchr(text.ptr + i + 1, text.ptr[i], text.len - i - 1);
			i = stop ? (size_t)(stop - text.ptr) : text.len;
		} else {
			out[len++] = text.ptr[i];
		}
	}
	return out ? slice_of(out, len) : SLICE_NONE;
}

/* The module of the project that an argument stands for, by name or by require(); empty when it is none. */
static struct slice module_of(struct analysis *a, struct scope_env *env, TSNode argument)
{
	enum syntax type = syntax_type(&a->tree, argument);
	if (type != SYNTAX_IDENTIFIER && type != SYNTAX_CALL)
		return SLICE_NONE;
	struct value v = evaluate(a, env, argument);
	return slice_starts(v.qualified, SLICE(".")) ? v.qualified : SLICE_NONE;
}

static bool names_guard(struct analysis *a, TSNode argument, bool without_strings)
{
	static const char *const words[] = {"auth", "Auth", "Session", "jwt", "guard", "Guard", "protect",
	    "Admin", "requireUser", "requireLogin", NULL};
	static const char *const routes[] = {"oute", "passport", NULL};
	struct slice text = without_comments(a, syntax_text(&a->tree, argument), without_strings);
	return mentions_any(text, words) && !mentions_any(text, routes);
}

static void guard_module(struct analysis *a, struct slice module)
{
	struct guarded_module *g = arena_zalloc(a->arena, sizeof *g);
	if (!g) {
		a->failed = true;
		return;
	}
	*g = (struct guarded_module){.module = module, .next = a->guarded};
	a->guarded = g;
}

/*
 * app.use(auth) asks for all routes of the file and of the modules that are mounted after it;
 * app.use("/admin", auth, routes) for those of the one module. A path says nothing about who is asked.
 */
static void note_guard(struct analysis *a, struct scope_env *env, TSNode arguments, struct slice callee)
{
	bool mounts = slice_ends(callee, SLICE(".use")) || slice_ends(callee, SLICE(".register"));
	if (!mounts && !slice_ends(callee, SLICE(".addHook")) && !slice_ends(callee, SLICE(".preHandler")))
		return;
	bool everywhere = true;
	bool asks = false;
	uint32_t count = syntax_count(arguments);
	for (uint32_t i = 0; i < count; i++) {
		TSNode argument = syntax_child(arguments, i);
		bool path = mounts && i == 0 && syntax_type(&a->tree, argument) == SYNTAX_STRING;
		struct slice module = mounts && !path ? module_of(a, env, argument) : SLICE_NONE;
		everywhere = everywhere && !path;
		if (module.len && i + 1 == count && (asks || a->module_guarded))
			guard_module(a, module);
		asks = asks || (!path && names_guard(a, argument, mounts));
	}
	if (asks && everywhere)
		a->module_guarded = true;
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

/* Can the atom that ends at inner[end) match c? "]" ends a class, anything else is one character. */
static bool atom_matches(struct slice inner, size_t end, char c)
{
	if (end == 0)
		return true;
	if (inner.ptr[end - 1] != ']')
		return inner.ptr[end - 1] == c || inner.ptr[end - 1] == '.' ||
		       (end > 1 && inner.ptr[end - 2] == '\\');
	size_t start = end - 1;
	while (start > 0 && inner.ptr[start - 1] != '[')
		start--;
	if (start < end && inner.ptr[start] == '^')
		return memchr(inner.ptr + start, c, end - 1 - start) == NULL;
	for (size_t i = start; i + 1 < end; i++) {
		if (inner.ptr[i] == '\\')
			return true; /* \w and its kin: taken to match */
		bool range = i + 3 < end && inner.ptr[i + 1] == '-';
		char high = range ? inner.ptr[i + 2] : inner.ptr[i];
		if (c >= inner.ptr[i] && c <= high)
			return true;
		i += range ? 2 : 0;
	}
	return false;
}

/* "-[a-z]+": each turn begins with a character that the repetition before cannot take, so there is one way to
 * read a text. */
static bool is_separated(struct slice inner, size_t quantifier)
{
	size_t first = slice_starts(inner, SLICE("?:")) ? 2 : 0;
	if (inner.len < first + 2)
		return false;
	char c = inner.ptr[first];
	if (c == '\\' && inner.len > first + 2 && strchr(".-/+*?$^()[]{}|", inner.ptr[first + 1])) {
		c = inner.ptr[first + 1];
		first++;
	} else if (strchr("\\[(.^$|", c)) {
		return false;
	}
	char after = inner.ptr[first + 1];
	return after != '?' && after != '*' && after != '{' && !atom_matches(inner, quantifier, c);
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
		bool joins = rest.len == 0 || rest.ptr[rest.len - 1] == '?' ||
			     rest.ptr[rest.len - 1] == '*' || rest.ptr[0] == ')';
		if (joins && !is_separated(inner, i))
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
	    "currentUser", "claims", "identity", "isOwner", "requireUser", "Admin", "admin", "getUser",
	    "userId", "signature", "apiKey", "x-api-key", "guard", "policy", "allowed", "tenant", NULL};
	/* Paths that are there for people who are not signed in. */
	static const char *const for_strangers[] = {"forgot", "reset", "login", "signin", "sign-in", "signup",
	    "sign-up", "register", "confirm", "unsubscribe", "webhook", NULL};
	if (ts_node_is_null(operation) || a->module_guarded || a->imports_ward)
		return;
	uint32_t start = ts_node_start_byte(fn);
	uint32_t at = ts_node_start_byte(operation);
	uint32_t end = ts_node_end_byte(fn);
	if (at < start || at > end)
		at = end;
	struct slice before = without_comments(a, slice_of(a->tree.bytes.ptr + start, at - start), false);
	uint32_t own_end = ts_node_end_byte(operation);
	own_end = own_end < at ? at : own_end > end ? end : own_end;
	struct slice after = without_comments(a, slice_of(a->tree.bytes.ptr + own_end, end - own_end), false);
	/* A route's other arguments may be middleware that asks; the handler's own text is in there too. */
	size_t middleware = beside.len && beside.ptr < a->tree.bytes.ptr + start
				? (size_t)(a->tree.bytes.ptr + start - beside.ptr)
				: 0;
	if (middleware && (mentions_any(without_comments(a, slice_of(beside.ptr, middleware), true), words) ||
			      mentions_nocase(slice_of(beside.ptr, middleware), for_strangers)))
		return;
	if (mentions_any(before, words))
		return;
	/* The operation itself may be bound to the caller: where({ id, ownerId: caller.id }). */
	struct slice own = syntax_text(&a->tree, operation);
	if (mentions_any(own, words))
		return;
	bool late = mentions_any(after, words);
	const struct code_rule *rule =
	    code_rules_detector(a->rules, late ? "late-authorization" : "authorization");
	if (rule)
		report_shape(
		    a, rule, operation, late ? "the check comes after it" : "nothing asks who calls");
}

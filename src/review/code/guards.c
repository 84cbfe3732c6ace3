/* Who asks who calls: routes behind a check, and handlers that change things without one. */
#include "review/code/analysis.h"

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
void note_guard(struct analysis *a, struct scope_env *env, TSNode arguments, struct slice callee)
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

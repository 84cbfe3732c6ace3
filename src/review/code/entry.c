/*
 * Where strangers come in: which parameters of which functions hold what a request carries, for plain Lambda,
 * Express and its kin, Cloudflare, Next, Genezio handlers and ward functions.
 */
#include "review/code/analysis.h"
#include "review/ignore.h"

/* Names that say "this is the request" wherever they stand first. */
static const char *const request_names[] = {
    "req", "request", "event", "evt", "_req", "_request", "apiEvent", "lambdaEvent", NULL};
/* The same, but only for a callback given to a router. */
static const char *const context_names[] = {"ctx", "c", "context", NULL};

static const char *const before_request[] = {"context", "ctx", "err", "error", "_", "_context", "e", NULL};

static const char *const router_methods[] = {"*.get", "*.post", "*.put", "*.delete", "*.patch", "*.all",
    "*.use", "*.head", "*.route", "*.options", "addEventListener", "*.onRequest", "*.handle", NULL};

/* Members of a request that the platform sets, not the caller. */
static const char *const safe_members[] = {"user", "session", "app", "log", "logger", "auth", "authorizer",
    "requestContext", "env", "waitUntil", "passThroughOnException", "identity", "socket", "connection",
    "server", "caller", "requestId", "awsRequestId", "method", "httpMethod", "length",
    "getRemainingTimeInMillis", "db", "res", NULL};

static bool in_list(const char *const *list, struct slice name)
{
	for (; *list; list++)
		if (slice_eq_cstr(name, *list))
			return true;
	return false;
}

bool safe_member(struct slice name)
{
	return in_list(safe_members, name);
}

static bool is_router(struct slice callee)
{
	for (const char *const *m = router_methods; *m; m++)
		if (glob_match(slice_cstr(*m), callee))
			return true;
	return false;
}

static TSNode parameter_list(struct analysis *a, TSNode fn)
{
	return syntax_field(&a->tree, fn, FIELD_PARAMETERS);
}

static bool whole_function_is_entry(const struct analysis *a, bool exported)
{
	return exported && (a->imports_ward || a->server_actions || a->imports_genezio);
}

static struct slice parameter_name(struct analysis *a, TSNode p)
{
	enum syntax type = syntax_type(&a->tree, p);
	if (type == SYNTAX_REQUIRED_PARAMETER || type == SYNTAX_OPTIONAL_PARAMETER)
		p = syntax_field(&a->tree, p, FIELD_PATTERN);
	return syntax_type(&a->tree, p) == SYNTAX_IDENTIFIER ? syntax_text(&a->tree, p) : SLICE_NONE;
}

/* ({ body, headers }) or ({ request, params }): a handler that takes its request apart at once. */
static bool takes_request_apart(struct analysis *a, TSNode p)
{
	static const char *const parts[] = {
	    "body", "query", "params", "request", "queryStringParameters", "pathParameters", NULL};
	enum syntax type = syntax_type(&a->tree, p);
	if (type == SYNTAX_REQUIRED_PARAMETER || type == SYNTAX_OPTIONAL_PARAMETER)
		p = syntax_field(&a->tree, p, FIELD_PATTERN);
	if (syntax_type(&a->tree, p) != SYNTAX_OBJECT_PATTERN)
		return false;
	for (uint32_t i = 0; i < syntax_count(p); i++) {
		TSNode part = syntax_child(p, i);
		TSNode key = syntax_field(&a->tree, part, FIELD_KEY);
		if (in_list(parts, syntax_text(&a->tree, ts_node_is_null(key) ? part : key)))
			return true;
	}
	return false;
}

static bool is_request(
    struct analysis *a, TSNode p, uint32_t index, struct slice first, struct slice callee, bool exported)
{
	struct slice name = parameter_name(a, p);
	if (whole_function_is_entry(a, exported))
		return !slice_eq_cstr(name, "ctx") && !slice_eq_cstr(name, "context") &&
		       !slice_eq_cstr(name, "caller");
	/* The second parameter is the request in handler(context, req) and in error handlers (err, req, res,
	 * next). */
	if (index > 1 || (index == 1 && !in_list(before_request, first)))
		return false;
	if (in_list(request_names, name))
		return true;
	if (is_router(callee) && in_list(context_names, name))
		return true;
	if (takes_request_apart(a, p))
		return index == 0 ? exported || is_router(callee) : exported;
	return false;
}

bool entry_parameters(struct analysis *a, TSNode fn, struct slice callee, bool exported,
    struct value *ret_values, size_t *ret_count)
{
	TSNode list = parameter_list(a, fn);
	TSNode single = syntax_field(&a->tree, fn, FIELD_PARAMETER);
	bool any = false;
	struct slice first = SLICE_NONE;
	uint32_t count = ts_node_is_null(list) ? !ts_node_is_null(single) : syntax_count(list);
	*ret_count = 0;
	for (uint32_t i = 0; i < count && i < PARAMETERS_MAX; i++) {
		TSNode p = ts_node_is_null(list) ? single : syntax_child(list, i);
		first = i == 0 ? parameter_name(a, p) : first;
		struct value v = {
		    .flow = {.parameters = exported ? 1u << i : 0, .parameters_clean = 1u << TAINT_ERROR}};
		if (is_request(a, p, i, first, callee, exported)) {
			v = source_value(a, p, "the request comes in here", 1u << TAINT_ERROR);
			any = true;
		}
		ret_values[(*ret_count)++] = v;
	}
	return any;
}

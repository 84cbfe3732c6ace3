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

/* Exported under these names, a function is called by Lambda, whatever it calls its parameter. */
static const char *const lambda_names[] = {"handler", "lambdaHandler", "lambda_handler", NULL};

/* What a router is called when its handlers' parameters have names of their own. */
static const char *const routers[] = {"app.*", "router.*", "server.*", "fastify.*", "*Router.*", NULL};

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
	static const char *const parts[] = {"body", "query", "params", "request", "queryStringParameters",
	    "pathParameters", "searchParams", NULL};
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

#define NAME_BEFORE_MAX 120u

static bool is_word(char c)
{
	return c == '_' || c == '$' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

/* "function handler(e)", "export const handler: Handler = async (e) =>", "exports.handler = (e) =>": the name
 * is the function's own or stands before it in the same line. Looking at parents would take time that grows
 * with the file. */
static bool is_lambda(struct analysis *a, TSNode fn)
{
	TSNode own = syntax_field(&a->tree, fn, FIELD_NAME);
	if (!ts_node_is_null(own))
		return in_list(lambda_names, syntax_text(&a->tree, own));
	const char *bytes = a->tree.bytes.ptr;
	size_t end = ts_node_start_byte(fn);
	if (end > a->tree.bytes.len)
		return false;
	while (end && bytes[end - 1] == ' ')
		end--;
	if (!end || bytes[end - 1] != '=')
		return false;
	size_t from = end;
	while (from && end - from < NAME_BEFORE_MAX && bytes[from - 1] != '\n' && bytes[from - 1] != ';')
		from--;
	for (size_t i = from; i < end;) {
		size_t start = i;
		while (i < end && is_word(bytes[i]))
			i++;
		if (in_list(lambda_names, (struct slice){bytes + start, i - start}))
			return true;
		i += i == start;
	}
	return false;
}

static bool is_route(struct slice callee, uint32_t count)
{
	if (count < 2 || count > 3 || !is_router(callee))
		return false;
	for (const char *const *r = routers; *r; r++)
		if (glob_match(slice_cstr(*r), callee))
			return true;
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

/* (err, req, res, next) given to use(), (err, c) to onError(), (err, result) to a call of Node's: what failed
 * inside. */
static bool is_failure(uint32_t index, uint32_t count, struct slice first, struct slice callee)
{
	static const char *const names[] = {"err", "error", "e", "exception", NULL};
	if (index > 0 || !callee.len || !in_list(names, first))
		return false;
	return slice_ends(callee, SLICE(".use")) ? count == 4 : count > 1 && first.len > 1;
}

/* zip.on("entry", (entry) => ...): names inside an archive are whoever made it's. */
static bool is_archive_entry(uint32_t index, struct slice first, struct slice callee)
{
	static const char *const names[] = {"entry", "zipEntry", "header", NULL};
	return index == 0 && slice_ends(callee, SLICE(".on")) && in_list(names, first);
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
		if (is_request(a, p, i, first, callee, exported) ||
		    (i == 0 && ((exported && is_lambda(a, fn)) || is_route(callee, count)))) {
			v = source_value(a, p, "the request comes in here", 1u << TAINT_ERROR);
			any = true;
		} else if (is_failure(i, count, first, callee)) {
			v = source_value(a, p, "the error of the inside", TAINT_ALL & ~(1u << TAINT_ERROR));
		} else if (is_archive_entry(i, first, callee)) {
			v = source_value(a, p, "a name inside an archive", TAINT_ALL & ~(1u << TAINT_PATH));
		}
		ret_values[(*ret_count)++] = v;
	}
	return any;
}

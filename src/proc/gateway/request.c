/* From a whole request to an answer or a call: assets, ward's own endpoints, functions. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "http/target.h"
#include "proc/gateway/gateway.h"
#include "proc/gateway/upload.h"
#include "proc/gateway/operator.h"
#include "proc/gateway/guard.h"
#include "proc/gateway/proof.h"
#include "proc/gateway/trace.h"
#include "proc/gateway/watching.h"

#define REQUEST_ARENA_BYTES (256u << 10)
#define AUTH_BODY_MAX (64u << 10)

/* Arena for decoded parameters of the request at hand; empty between requests. */
static struct arena request_arena = ARENA_INIT(REQUEST_ARENA_BYTES);

static void method_not_allowed(struct conn *c, unsigned methods)
{
	CLEANUP_BUF struct buf allow = BUF_INIT(256);
	buf_add_cstr(&allow, "Allow: ");
	for (unsigned m = 0; m < HTTP_METHOD_COUNT; m++)
		if (methods & 1u << m)
			buf_printf(&allow, "%s%s", allow.len > 7 ? ", " : "", http_method_name((enum http_method)m));
	buf_add_cstr(&allow, "\r\n");
	const struct problem p = {.status = 405,
	    .type = "method",
	    .title = "This address does not take that method",
	    .id = request_id_new(c->gateway),
	    .extra = buf_slice(&allow)};
	problem_respond(c, &p);
}

static const struct asset *find_asset(const struct gw_app *app, struct slice path)
{
	char room[1024];
	const struct asset *found = strmap_get(&app->asset_paths, path);
	/* What a mail's link or a provider's answer leads to: one page, which reads what stands behind '?' or '#'. */
	static const char *const entries[] = {"/_ward/account/link", "/_ward/account/verify", "/_ward/account/reset",
	    "/_ward/account/callback", "/_ward/operator/reset"};
	for (size_t i = 0; !found && i < sizeof entries / sizeof *entries; i++)
		if (slice_eq_cstr(path, entries[i])) {
			size_t n = path.len;
			while (path.ptr[n - 1] != '/')
				n--;
			memcpy(room, path.ptr, n);
			memcpy(room + n, "index.html", 10);
			found = strmap_get(&app->asset_paths, slice_of(room, n + 10));
		}
	/* A directory stands for its index.html. */
	if (!found && slice_ends(path, SLICE("/")) && path.len + 10 < sizeof room) {
		memcpy(room, path.ptr, path.len);
		memcpy(room + path.len, "index.html", 10);
		found = strmap_get(&app->asset_paths, slice_of(room, path.len + 10));
	}
	return found;
}

static void serve_asset(struct conn *c, const struct http_head *h, const struct asset *asset)
{
	const struct gw_app *app = c->gateway->app;
	CLEANUP_BUF struct buf extra = BUF_INIT(512);
	struct slice known = h->known[HTTP_H_IF_NONE_MATCH];
	bool fresh = known.ptr && http_list_has(known, asset->etag);
	buf_printf(&extra, "Cache-Control: no-cache\r\nETag: %.*s\r\n", SLICE_ARG(asset->etag));
	struct slice bytes = asset->bytes;
	if (dev_mode(c->gateway) && slice_starts(asset->type, SLICE("text/html"))) {
		fresh = false;
		(void)dev_page(c, asset->bytes, &bytes);
	}
	const struct http_response r = {.status = fresh ? 304 : 200,
	    .content_type = fresh ? SLICE_NONE : asset->type,
	    .keep_alive = c->keep_alive,
	    .extra = buf_slice(&extra),
	    .page = true,
	    .csp = slice_of(app->csp.ptr, app->csp.len)};
	conn_respond(c, &r, fresh ? SLICE_NONE : bytes);
}

/* Everything that is not a function; false when the path is nobody's. */
static bool serve_plain(struct conn *c, const struct http_head *h)
{
	if (h->method != HTTP_GET && h->method != HTTP_HEAD)
		return false;
	if (slice_eq(h->path, SLICE("/_ward/health"))) {
		const struct http_response r = {
		    .status = 200, .content_type = SLICE("application/json"), .keep_alive = c->keep_alive};
		conn_respond(c, &r, SLICE("{\"status\":\"ok\"}"));
		return true;
	}
	if (dev_mode(c->gateway) && dev_serve(c, h->path))
		return true;
	if (dashboard_serve(c, h))
		return true;
	const struct asset *asset = find_asset(c->gateway->app, h->path);
	if (!asset)
		return false;
	serve_asset(c, h, asset);
	return true;
}

static bool json_body(const struct http_head *h)
{
	struct slice type = h->known[HTTP_H_CONTENT_TYPE];
	struct slice media = slice_trim(slice_cut(&type, ';'));
	return slice_eq_nocase(media, SLICE("application/json"));
}

/* Access that can be refused from the head alone, before a body is read. OUTCOME_OK: not refused. */
static enum invocation_outcome refuse_early(struct conn *c, const struct http_head *h, const struct gw_function *f)
{
	bool bearer;
	bool has_body = h->chunked || h->content_length > 0;
	struct slice token = session_token(h, &bearer);
	const struct manifest_access *access = &f->contract->contract.auth;
	if (h->known[HTTP_H_CONTENT_ENCODING].ptr) {
		problem_simple(c, 415, "content-encoding", "Send the body without Content-Encoding", NULL);
		return OUTCOME_INPUT_REFUSED;
	}
	if (has_body && !json_body(h) && !upload_taken(f, h)) {
		problem_simple(c, 415, "content-type", "Send the body as application/json", NULL);
		return OUTCOME_INPUT_REFUSED;
	}
	if (access->kind != AUTH_PUBLIC && !token.ptr) {
		const struct problem p = {.status = 401,
		    .type = "sign-in-needed",
		    .title = "Sign in first",
		    .id = request_id_new(c->gateway),
		    .extra = SLICE("WWW-Authenticate: Bearer\r\n")};
		problem_respond(c, &p);
		return OUTCOME_UNAUTHENTICATED;
	}
	if (token.ptr && !bearer && !auth_same_site(c->gateway, h)) {
		problem_simple(c, 403, "cross-site", "This request came from another site",
		    "Requests that change something must come from a page of this site.");
		return OUTCOME_FORBIDDEN;
	}
	return rate_refuses_early(c, f) ? OUTCOME_LIMITED : OUTCOME_OK;
}

enum request_step request_head(struct conn *c, const struct http_head *h, size_t *ret_body_max)
{
	struct gateway *g = c->gateway;
	struct route_match match;
	if (!g->app || g->draining) {
		problem_simple(c, 503, "starting", "Not ready", NULL);
		return REQUEST_ANSWERED;
	}
	if (h->known[HTTP_H_UPGRADE].ptr && http_list_has(h->known[HTTP_H_CONNECTION], SLICE("upgrade"))) {
		/* RFC 9110 section 7.8: an upgrade may be ignored, and is. */
	}
	proof_take(c, h);
	trace_take(c, h);
	if (operator_path(h->path)) {
		const enum request_step step = operator_head(c, h);
		return step == REQUEST_BODY ? watching_head(c, h, ret_body_max) : step;
	}
	if (guard_refuses_place(c))
		return REQUEST_ANSWERED;
	if (auth_path(h->path)) {
		if (h->method == HTTP_POST && guard_refuses_early(c, NULL) != OUTCOME_OK)
			return REQUEST_ANSWERED;
		*ret_body_max = AUTH_BODY_MAX;
		return REQUEST_BODY;
	}
	if (router_match(&g->app->router, h->method, h->path, &match)) {
		enum invocation_outcome refused = guard_refuses_early(c, match.route->function);
		if (refused == OUTCOME_OK)
			refused = refuse_early(c, h, match.route->function);
		if (refused != OUTCOME_OK) {
			observe_refused(c, match.route->function, NULL, refused);
			return REQUEST_ANSWERED;
		}
		*ret_body_max = match.route->function->body_bytes_max;
		return REQUEST_BODY;
	}
	if (serve_plain(c, h))
		return REQUEST_ANSWERED;
	if (match.methods)
		method_not_allowed(c, match.methods);
	else
		problem_simple(c, 404, "not-found", "There is nothing at this address", NULL);
	return REQUEST_ANSWERED;
}

/* The member of the input that the first problem is about, as records number it. */
static uint16_t refused_field(const struct gw_function *f, const struct problems *problems)
{
	struct slice path = slice_cstr(problems->count ? problems->lines[0].path : "");
	if (slice_starts(path, SLICE("/")))
		(void)slice_cut(&path, '/');
	const int id = type_set_name_id(f->types, slice_cut(&path, '/'));
	return id >= 0 && id < UINT16_MAX ? (uint16_t)(id + 1) : 0;
}

static void refuse_input(struct conn *c, struct gw_function *f, const struct problems *problems)
{
	CLEANUP_BUF struct buf errors = BUF_INIT(64u << 10);
	problems_json(problems, &errors);
	const struct problem p = {.status = 400,
	    .type = "invalid-input",
	    .title = "The input is not what this function takes",
	    .id = request_id_new(c->gateway),
	    .errors = buf_slice(&errors)};
	LOG_DEBUG("refused_input", LOG_SLICE("function", f->contract->contract.name), LOG_SLICE("problems", buf_slice(&errors)));
	problem_respond(c, &p);
	c->gateway->answered.field = refused_field(f, problems);
	observe_refused(c, f, NULL, OUTCOME_INPUT_REFUSED);
}

/* Path and query parameters become properties of the one input object. */
static result add_parameters(struct gw_function *f, const struct route_match *match, const struct http_head *h,
    struct upload *u, struct problems *problems)
{
	const struct slice_list *names = &f->contract->contract.http.params;
	for (size_t i = 0; i < names->count; i++) {
		struct value_part *part = &u->parts[u->count++];
		*part = (struct value_part){.from = VALUE_FROM_PATH, .name = names->items[i]};
		if (!is_ok(http_decode(match->params[i], false, &request_arena, &part->text)))
			return problems_add(problems, names->items[i], "is not valid UTF-8", SLICE_NONE);
	}
	struct slice query = h->query;
	struct slice name, value;
	while (http_query_next(&query, &name, &value)) {
		if (u->count == ROUTE_PARAMS_MAX + 64)
			return problems_add(problems, SLICE(""), "has too many query parameters", SLICE_NONE);
		struct value_part *part = &u->parts[u->count++];
		*part = (struct value_part){.from = VALUE_FROM_QUERY};
		if (!is_ok(http_decode(name, true, &request_arena, &part->name)) ||
		    !is_ok(http_decode(value, true, &request_arena, &part->text)))
			return problems_add(problems, SLICE(""), "has a query parameter that is not valid UTF-8", SLICE_NONE);
	}
	return RESULT_OK;
}

/* The JSON body gives the other members, or an upload does. False when the request has been refused and answered. */
static bool build_input(struct conn *c, struct gw_function *f, const struct route_match *match,
    const struct http_head *h, struct slice body, struct buf *out)
{
	UNINITIALISED struct problems problems;
	UNINITIALISED struct upload u;
	problems.count = 0;
	u.count = 0;
	u.whole = false;
	bool upload = body.len > 0 && !json_body(h);
	result r = add_parameters(f, match, h, &u, &problems);
	if (is_ok(r) && upload && !upload_read(c, f, h, body, &u))
		return false;
	if (is_ok(r) && u.whole && u.count == 1)
		r = value_from_file(f->input, &u.parts[0].file, body, out, &problems);
	else if (is_ok(r))
		r = value_from_parts(f->input, u.parts, u.count, upload ? SLICE_NONE : body, out, &problems);
	if (!is_ok(r))
		refuse_input(c, f, &problems);
	return is_ok(r);
}

static void function_request(struct conn *c, const struct http_head *h, const struct route_match *match, struct slice body)
{
	struct gateway *g = c->gateway;
	struct gw_function *f = match->route->function;
	buf_clear(&g->value);
	if (f->input && !build_input(c, f, match, h, body, &g->value))
		return;
	bool bearer;
	struct slice token = session_token(h, &bearer);
	if (!token.ptr) {
		call_function(c, f, buf_slice(&g->value), NULL);
		return;
	}
	auth_lookup(c, f, buf_slice(&g->value), token);
}

void request_whole(struct conn *c, const struct http_head *h, struct slice body)
{
	struct route_match match;
	if (operator_path(h->path)) {
		operator_request(c, h, body);
	} else if (auth_path(h->path)) {
		auth_request(c, h, body);
	} else if (router_match(&c->gateway->app->router, h->method, h->path, &match)) {
		function_request(c, h, &match, body);
		arena_clear(&request_arena);
	} else {
		/* The app was replaced between head and body. */
		problem_simple(c, 404, "not-found", "There is nothing at this address", NULL);
	}
}

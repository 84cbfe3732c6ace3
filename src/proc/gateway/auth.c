/* Sign-up, sign-in, sign-out and who calls: HTTP on this side, the broker's identity store on the other. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "proc/gateway/gateway.h"

#define AUTH_DEADLINE_MS 15000u

static const struct auth_endpoint {
	const char *path;
	enum http_method method;
	enum auth_operation operation;
} endpoints[] = {
    {"/_ward/auth/sign-up", HTTP_POST, AUTH_SIGN_UP},
    {"/_ward/auth/sign-in", HTTP_POST, AUTH_SIGN_IN},
    {"/_ward/auth/sign-out", HTTP_POST, AUTH_SIGN_OUT},
    {"/_ward/auth/me", HTTP_GET, AUTH_LOOKUP},
};

bool auth_path(struct slice path)
{
	return slice_starts(path, SLICE("/_ward/auth/"));
}

bool auth_same_site(const struct http_head *h)
{
	if (h->method == HTTP_GET || h->method == HTTP_HEAD)
		return true;
	struct slice site = h->known[HTTP_H_SEC_FETCH_SITE];
	if (site.ptr)
		return slice_eq(site, SLICE("same-origin")) || slice_eq(site, SLICE("none"));
	struct slice origin = h->known[HTTP_H_ORIGIN];
	if (!origin.ptr)
		return true; /* no browser: every one sends Origin with a request that is not GET */
	const struct slice schemes[] = {SLICE("https://"), SLICE("http://")};
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (slice_starts(origin, schemes[i]))
			return slice_eq_nocase(slice_of(origin.ptr + schemes[i].len, origin.len - schemes[i].len), h->known[HTTP_H_HOST]);
	return false;
}

bool auth_allows(const struct manifest_access *access, const struct identity_claim *who, int64_t now_ms, int *ret_status,
    const char **ret_why)
{
	*ret_status = 403;
	if (access->kind == AUTH_PUBLIC)
		return true;
	if (!who) {
		*ret_status = 401;
		*ret_why = "Sign in first";
		return false;
	}
	if (access->kind == AUTH_ROLE && !slice_eq_cstr(access->name, who->role)) {
		*ret_why = "This needs another role";
		return false;
	}
	if (access->kind == AUTH_SCOPE) {
		*ret_why = "This needs an API key with the right scope";
		return false;
	}
	if (access->mfa && !who->mfa) {
		*ret_why = "Confirm with a second factor first";
		return false;
	}
	if (access->fresh_us && now_ms - who->authenticated_ms > (int64_t)(access->fresh_us / 1000)) {
		*ret_status = 401;
		*ret_why = "Sign in again first";
		return false;
	}
	if (access->tenant && !who->tenant[0]) {
		*ret_why = "Choose a tenant first";
		return false;
	}
	return true;
}

static struct call *ask(struct conn *c, enum auth_operation operation, struct slice email, struct slice password,
    struct slice token)
{
	struct gateway *g = c->gateway;
	const struct slice address = slice_cstr(c->address);
	const struct auth_head head = {.operation = (uint8_t)operation,
	    .email_bytes = (uint32_t)email.len,
	    .password_bytes = (uint32_t)password.len,
	    .token_bytes = (uint32_t)token.len,
	    .address_bytes = (uint32_t)address.len};
	const struct slice parts[] = {slice_of((const char *)&head, sizeof head), email, password, token, address};
	struct call *call = g->broker_up ? call_new(g, GW_CALL_AUTH, c) : NULL;
	if (call && !is_ok(channel_send(&g->broker, RECORD_AUTH, call_id(g, call), parts, 5, NULL))) {
		call_done(g, call);
		call = NULL;
	}
	if (!call) {
		const struct problem p = {.status = 503,
		    .type = "overloaded",
		    .title = "Sign-in is busy",
		    .id = request_id_new(g),
		    .retry_after_s = 1};
		problem_respond(c, &p);
		return NULL;
	}
	call->operation = operation;
	call->deadline_ms = g->child->loop.now_ms + AUTH_DEADLINE_MS;
	conn_set_state(c, CONN_WAIT);
	return call;
}

/* The endpoints' own input types: the same reader that guards functions guards these. */
static bool read_credentials(struct conn *c, struct slice body, struct slice *ret_email, struct slice *ret_password)
{
	struct gateway *g = c->gateway;
	const struct type *type = type_set_find(g->platform, SLICE("credentials"));
	struct problems problems = {0};
	buf_clear(&g->value);
	if (!is_ok(value_from_parts(type, NULL, 0, body, &g->value, &problems))) {
		CLEANUP_BUF struct buf errors = BUF_INIT(16384);
		problems_json(&problems, &errors);
		const struct problem p = {.status = 400,
		    .type = "invalid-input",
		    .title = "An e-mail address and a password are needed",
		    .id = request_id_new(g),
		    .errors = buf_slice(&errors)};
		problem_respond(c, &p);
		return false;
	}
	return value_member_string(g->platform, buf_slice(&g->value), SLICE("email"), ret_email) &&
	       value_member_string(g->platform, buf_slice(&g->value), SLICE("password"), ret_password);
}

void auth_request(struct conn *c, const struct http_head *h, struct slice body)
{
	const struct auth_endpoint *endpoint = NULL;
	for (size_t i = 0; i < ARRAY_LEN(endpoints); i++)
		if (slice_eq_cstr(h->path, endpoints[i].path))
			endpoint = &endpoints[i];
	if (!endpoint || endpoint->method != (h->method == HTTP_HEAD ? HTTP_GET : h->method)) {
		problem_simple(c, endpoint ? 405 : 404, endpoint ? "method" : "not-found", "There is nothing at this address", NULL);
		return;
	}
	if (!auth_same_site(h)) {
		problem_simple(c, 403, "cross-site", "This request came from another site", NULL);
		return;
	}
	bool bearer;
	struct slice token = session_token(h, &bearer);
	struct slice email = SLICE_NONE;
	struct slice password = SLICE_NONE;
	if (endpoint->operation == AUTH_SIGN_UP || endpoint->operation == AUTH_SIGN_IN) {
		if (!read_credentials(c, body, &email, &password))
			return;
	} else if (!token.ptr) {
		problem_simple(c, 401, "sign-in-needed", "Sign in first", NULL);
		return;
	}
	struct call *call = ask(c, endpoint->operation, email, password, token);
	if (call) {
		call->bearer = bearer;
		if (token.ptr)
			session_hash(token, call->token_hash);
	}
}

static void refuse_access(struct conn *c, int status, const char *why)
{
	problem_simple(c, status, status == 401 ? "sign-in-needed" : "forbidden", why, NULL);
}

static void call_as(struct conn *c, struct gw_function *f, struct slice input, const struct identity_claim *who)
{
	int status;
	const char *why;
	if (!auth_allows(&f->contract->contract.auth, who, c->gateway->unix_ms, &status, &why))
		refuse_access(c, status, why);
	else
		call_function(c, f, input, who);
}

void auth_lookup(struct conn *c, struct gw_function *f, struct slice input, struct slice token, bool bearer)
{
	struct gateway *g = c->gateway;
	uint8_t hash[32];
	session_hash(token, hash);
	const struct identity_claim *who = session_find(g->sessions, hash, g->unix_ms);
	if (who) {
		call_as(c, f, input, who);
		return;
	}
	struct call *call = ask(c, AUTH_LOOKUP, SLICE_NONE, SLICE_NONE, token);
	if (!call)
		return;
	call->function = f;
	f->in_flight++;
	f->app->in_flight++;
	call->bearer = bearer;
	memcpy(call->token_hash, hash, sizeof hash);
	call->input = BUF_INIT(BODY_BYTES_MAX * 2ul);
	buf_add_slice(&call->input, input);
}

static void copy_text(char to[TICKET_TEXT_MAX + 1], struct slice from)
{
	size_t n = from.len < TICKET_TEXT_MAX ? from.len : TICKET_TEXT_MAX;
	memcpy(to, from.ptr, n);
	to[n] = '\0';
}

static void respond_identity(struct conn *c, const struct identity_claim *who, struct slice token, bool with_token)
{
	struct gateway *g = c->gateway;
	CLEANUP_BUF struct buf extra = BUF_INIT(1024);
	buf_clear(&g->json);
	buf_add_cstr(&g->json, "{\"user\":{\"id\":\"");
	buf_add_json_escaped(&g->json, slice_cstr(who->user));
	buf_add_cstr(&g->json, "\",\"email\":\"");
	buf_add_json_escaped(&g->json, slice_cstr(who->email));
	buf_add_cstr(&g->json, "\",\"role\":");
	if (who->role[0]) {
		buf_add_char(&g->json, '"');
		buf_add_json_escaped(&g->json, slice_cstr(who->role));
		buf_add_char(&g->json, '"');
	} else {
		buf_add_cstr(&g->json, "null");
	}
	buf_add_cstr(&g->json, "}}");
	/* A native client asks for a bearer token by saying that it has no cookie jar; browsers get the cookie only. */
	if (token.len && with_token)
		buf_printf(&extra, "Set-Cookie: __Host-ward_session=%.*s; Path=/; Secure; HttpOnly; SameSite=Lax\r\n", SLICE_ARG(token));
	const struct http_response r = {.status = 200,
	    .content_type = SLICE("application/json"),
	    .keep_alive = c->keep_alive,
	    .extra = buf_slice(&extra)};
	conn_respond(c, &r, buf_slice(&g->json));
}

static void respond_refusal(struct conn *c, const struct call *call, const struct auth_reply_head *head, struct slice message)
{
	char text[512];
	int status = head->code == ERR_CONFLICT ? 409 : head->code == ERR_LIMIT ? 429 : head->code == ERR_DENIED ? 401
		     : head->code == ERR_INVALID							   ? 400
													  : 503;
	size_t n = message.len < sizeof text - 1 ? message.len : sizeof text - 1;
	memcpy(text, message.ptr, n);
	text[n] = '\0';
	const struct problem p = {.status = status,
	    .type = status == 401 ? "sign-in-refused" : status == 429 ? "too-many-tries" : "sign-in",
	    .title = text,
	    .id = call->request,
	    .retry_after_s = head->retry_after_s};
	problem_respond(c, &p);
}

static void respond_signed_out(struct conn *c)
{
	const struct http_response r = {.status = 204,
	    .keep_alive = c->keep_alive,
	    .extra = SLICE("Set-Cookie: __Host-ward_session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0\r\n"
			   "Clear-Site-Data: \"cache\"\r\n")};
	conn_respond(c, &r, SLICE_NONE);
}

static void finish(struct gateway *g, struct call *call, const struct auth_reply_head *head, const struct slice parts[6])
{
	struct conn *c = call->conn;
	struct identity_claim who = {.expires_ms = head->expires_ms, .authenticated_ms = head->authenticated_ms, .mfa = head->mfa != 0};
	copy_text(who.user, parts[0]);
	copy_text(who.role, parts[1]);
	copy_text(who.tenant, parts[2]);
	copy_text(who.email, parts[3]);
	bool ok = head->code == ERR_NONE;
	if (call->operation == AUTH_LOOKUP && ok)
		session_keep(g->sessions, call->token_hash, &who, g->unix_ms);
	if (call->operation == AUTH_SIGN_OUT)
		session_drop(g->sessions, call->token_hash);
	if (call->function) {
		/* A token that is no longer good is as none: a public function still answers. */
		struct gw_function *f = call->function;
		call_as(c, f, buf_slice(&call->input), ok ? &who : NULL);
		return;
	}
	if (call->operation == AUTH_SIGN_OUT && (ok || head->code == ERR_DENIED))
		respond_signed_out(c);
	else if (ok)
		respond_identity(c, &who, parts[4], true);
	else
		respond_refusal(c, call, head, parts[5]);
}

void auth_reply(struct gateway *g, const struct record *record)
{
	struct auth_reply_head head;
	struct slice parts[6];
	uint32_t at = record->id >> 16;
	struct call *call = at < CALLS_MAX ? &g->calls[at] : NULL;
	if (!call || !call->used || call->kind != GW_CALL_AUTH || call->turn != (record->id & 0xffff))
		return;
	bool whole = is_ok(record_split(record->payload, &head, sizeof head, NULL)) &&
		     is_ok(record_parts(record->payload, sizeof head,
			 (const uint32_t[]){head.user_bytes, head.role_bytes, head.tenant_bytes, head.email_bytes,
			     head.token_bytes, head.message_bytes},
			 6, parts, NULL));
	struct conn *c = call->conn;
	if (!c || !whole) {
		call_done(g, call);
		if (c)
			conn_close(c);
		return;
	}
	/* The connection goes on to another call or an answer: it no longer waits for this one. */
	c->call = NULL;
	finish(g, call, &head, parts);
	call->conn = NULL;
	call_done(g, call);
	if (c->state != CONN_WAIT)
		conn_continue(c);
}

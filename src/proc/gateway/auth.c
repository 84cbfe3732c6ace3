/*
 * Who calls, and the addresses under /_ward/auth/ and /_ward/operator/auth/. A request there goes to the
 * broker as it came and its answer back to the client; what the gateway adds is the check that it came from a
 * page of ours, and the cookies.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "identity/endpoints.h"
#include "http/target.h"
#include "proc/gateway/guard.h"
#include "proc/gateway/operator.h"

#define AUTH_DEADLINE_MS 15000u
#define COOKIE_ATTRIBUTES "; Path=/; Secure; HttpOnly; SameSite="

/* The doors: where each is, and the cookie that its sessions have. */
static const struct door {
	struct slice prefix;
	const char *cookie;
	const char *same_site; /* an operator's cookie goes with no request that another site began, not even
				  a link */
} doors[REALM_COUNT] = {
    [REALM_APP] = {SLICE(IDENTITY_PATH), "__Host-ward_session", "Lax"},
    [REALM_OPERATOR] = {SLICE(IDENTITY_OPERATOR_PATH), "__Host-ward_operator", "Strict"},
};

bool auth_path(struct slice path)
{
	return slice_starts(path, doors[REALM_APP].prefix) ||
	       slice_starts(path, doors[REALM_OPERATOR].prefix);
}

/* Whether a list with blanks between holds this word. */
static bool list_has(const char *list, struct slice word)
{
	struct slice rest = slice_cstr(list);
	while (rest.ptr)
		if (slice_eq(slice_cut(&rest, ' '), word))
			return true;
	return false;
}

bool auth_allows(const struct manifest_access *access, const struct identity_claim *who, int64_t now_ms,
    int *ret_status, const char **ret_why)
{
	*ret_status = 403;
	if (access->kind == AUTH_PUBLIC)
		return true;
	if (!who) {
		*ret_status = 401;
		*ret_why = "Sign in first";
		return false;
	}
	/* A key does what its scopes name and nothing that its owner may do as a person. */
	if (access->kind != AUTH_SCOPE && who->scopes[0]) {
		*ret_why = "This needs a person who has signed in, not an API key";
		return false;
	}
	if (access->kind == AUTH_ROLE && !list_has(who->roles, access->name)) {
		*ret_why = "This needs another role";
		return false;
	}
	if (access->kind == AUTH_SCOPE && !list_has(who->scopes, access->name)) {
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

/* texts: path, body, token, flow, address, agent. */
static struct call *ask(struct conn *c, enum auth_operation operation, enum user_realm realm, bool post,
    bool operator_asks,
    const struct slice texts[AUTH_PARTS])
{
	struct gateway *g = c->gateway;
	const struct auth_head head = {.operation = (uint8_t)operation,
	    .post = post,
	    .realm = (uint8_t)realm,
	    .operator_asks = operator_asks,
	    .demand_proof = operation == AUTH_EXCHANGE && guard_challenges_sign_in(c),
	    .path_bytes = (uint32_t)texts[0].len,
	    .body_bytes = (uint32_t)texts[1].len,
	    .token_bytes = (uint32_t)texts[2].len,
	    .flow_bytes = (uint32_t)texts[3].len,
	    .address_bytes = (uint32_t)texts[4].len,
	    .agent_bytes = (uint32_t)texts[5].len};
	const struct slice parts[1 + AUTH_PARTS] = {slice_of((const char *)&head, sizeof head), texts[0],
	    texts[1], texts[2], texts[3], texts[4], texts[5]};
	struct call *call = g->broker_up ? call_new(g, GW_CALL_AUTH, c) : NULL;
	if (call &&
	    !is_ok(channel_send(&g->broker, RECORD_AUTH, call_id(g, call), parts, ARRAY_LEN(parts), NULL))) {
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
	call->realm = (uint8_t)realm;
	call->deadline_ms = g->child->loop.now_ms + AUTH_DEADLINE_MS;
	conn_set_state(c, CONN_WAIT);
	return call;
}

/* Where somebody says who he is and may be wrong. */
static bool is_sign_in(struct slice path)
{
	static const char *const tries[] = {"sign-in", "second-factor", "passkey/sign-in/finish"};
	const struct slice prefix = SLICE("/_ward/auth/");
	for (size_t i = 0; i < ARRAY_LEN(tries); i++)
		if (slice_eq_cstr(slice_of(path.ptr + prefix.len, path.len - prefix.len), tries[i]))
			return true;
	return false;
}

void auth_request(struct conn *c, const struct http_head *h, struct slice body)
{
	const bool post = h->method == HTTP_POST;
	bool bearer;
	const enum user_realm realm =
	    slice_starts(h->path, doors[REALM_OPERATOR].prefix) ? REALM_OPERATOR : REALM_APP;
	if (!post && h->method != HTTP_GET && h->method != HTTP_HEAD) {
		problem_simple(c, 405, "method", "This address does not take that method", NULL);
		return;
	}
	if (!auth_same_site(c->gateway, h)) {
		problem_simple(c, 403, "cross-site", "This request came from another site", NULL);
		return;
	}
	struct slice cookie = h->known[HTTP_H_COOKIE];
	struct slice token = session_token_of(h, slice_cstr(doors[realm].cookie), &bearer);
	const struct slice texts[AUTH_PARTS] = {h->path, body, token,
	    cookie.ptr ? http_cookie(cookie, SLICE("__Host-ward_flow")) : SLICE_NONE, slice_cstr(c->address),
	    h->known[HTTP_H_USER_AGENT]};
	struct call *call = ask(c, AUTH_EXCHANGE, realm, post, false, texts);
	if (call)
		call->signs_in = post && is_sign_in(h->path);
}

static void call_as(
    struct conn *c, struct gw_function *f, struct slice input, const struct identity_claim *who)
{
	int status;
	const char *why;
	if (auth_allows(&f->contract->contract.auth, who, c->gateway->unix_ms, &status, &why)) {
		call_function(c, f, input, who);
		return;
	}
	problem_simple(c, status, status == 401 ? "sign-in-needed" : "forbidden", why, NULL);
	observe_refused(c, f, who, status == 401 ? OUTCOME_UNAUTHENTICATED : OUTCOME_FORBIDDEN);
}

void auth_lookup(struct conn *c, struct gw_function *f, struct slice input, struct slice token)
{
	struct gateway *g = c->gateway;
	uint8_t hash[32];
	session_hash(token, hash);
	const struct identity_claim *who = session_known(g, hash);
	if (who && who->realm == REALM_APP) {
		call_as(c, f, input, who);
		return;
	}
	const struct slice texts[AUTH_PARTS] = {[2] = token, [4] = slice_cstr(c->address)};
	struct call *call = ask(c, AUTH_LOOKUP, REALM_APP, false, false, texts);
	if (!call)
		return;
	call->function = f;
	f->in_flight++;
	f->app->in_flight++;
	memcpy(call->token_hash, hash, sizeof hash);
	call->input = BUF_INIT(BODY_BYTES_MAX * 2ul);
	buf_add_slice(&call->input, input);
}

/* {"limit":"100","before":"7"}: what the query says, digits only, as endpoints take it. */
static void query_json(struct slice query, struct buf *out)
{
	struct slice name, value;
	const char *between = "";
	buf_add_char(out, '{');
	while (http_query_next(&query, &name, &value)) {
		uint64_t number;
		if (!slice_to_u64(value, &number) || !(slice_eq_cstr(name, "limit") || slice_eq_cstr(name, "before")))
			continue;
		buf_printf(out, "%s\"%.*s\":\"%llu\"", between, SLICE_ARG(name), (unsigned long long)number);
		between = ",";
	}
	buf_add_char(out, '}');
}

void auth_operator_request(struct conn *c, const struct http_head *h, struct slice body)
{
	CLEANUP_BUF struct buf path = BUF_INIT(256), query = BUF_INIT(1024);
	const struct slice prefix = SLICE("/_ward/api/");
	(void)body;
	buf_printf(&path, IDENTITY_OPERATOR_PATH "%.*s", (int)(h->path.len - prefix.len), h->path.ptr + prefix.len);
	query_json(h->query, &query);
	const struct slice texts[AUTH_PARTS] = {buf_slice(&path), buf_slice(&query), SLICE_NONE, SLICE_NONE, slice_cstr(c->address)};
	(void)ask(c, AUTH_EXCHANGE, REALM_OPERATOR, false, true, texts);
}

bool auth_ask_operator(struct conn *c, struct slice token)
{
	const struct slice texts[AUTH_PARTS] = {[2] = token, [4] = slice_cstr(c->address)};
	/* The request stays where it is and is read again; were it answered otherwise, what follows it would
	 * be unknown. */
	c->keep_alive = false;
	struct call *call = ask(c, AUTH_LOOKUP, REALM_OPERATOR, false, false, texts);
	if (!call)
		return false;
	call->asks_operator = true;
	session_hash(token, call->token_hash);
	return true;
}

static void copy_text(char *to, size_t size, struct slice from)
{
	size_t n = from.len < size - 1 ? from.len : size - 1;
	if (n)
		memcpy(to, from.ptr, n);
	to[n] = '\0';
}

static void add_cookie(struct buf *lines, const char *name, const char *same_site, struct slice value,
    bool clear, const char *more)
{
	if (value.len)
		buf_printf(lines, "Set-Cookie: %s=%.*s" COOKIE_ATTRIBUTES "%s%s\r\n", name, SLICE_ARG(value),
		    same_site, more);
	else if (clear)
		buf_printf(lines, "Set-Cookie: %s=" COOKIE_ATTRIBUTES "%s; Max-Age=0\r\n", name, same_site);
}

/* parts: as AUTH_REPLY. */
static void respond(struct conn *c, const struct door *door, const struct auth_reply_head *head,
    const struct slice parts[AUTH_REPLY_PARTS])
{
	CLEANUP_BUF struct buf extra = BUF_INIT(4096);
	add_cookie(&extra, door->cookie, door->same_site, parts[5], head->clear_token, "");
	add_cookie(&extra, "__Host-ward_flow", "Lax", parts[6], head->clear_flow, "; Max-Age=600");
	if (head->clear_token)
		buf_add_cstr(&extra, "Clear-Site-Data: \"cache\"\r\n");
	if (head->retry_after_s)
		buf_printf(&extra, "Retry-After: %u\r\n", head->retry_after_s);
	const struct http_response r = {.status = (int)head->status,
	    .content_type = parts[7].len == 0	  ? SLICE_NONE
			    : head->status >= 400 ? SLICE("application/problem+json")
						  : SLICE("application/json"),
	    .keep_alive = c->keep_alive,
	    .extra = buf_slice(&extra)};
	conn_respond(c, &r, parts[7]);
}

static void finish(
    struct gateway *g, struct call *call, const struct auth_reply_head *head, const struct slice *parts)
{
	struct conn *c = call->conn;
	struct gw_function *f = call->function;
	if (!f && !call->asks_operator) {
		respond(c, &doors[call->realm], head, parts);
		if (call->signs_in)
			observe_sign_in(c);
		return;
	}
	struct identity_claim who = {.expires_ms = head->expires_ms,
	    .authenticated_ms = head->authenticated_ms,
	    .realm = call->realm,
	    .mfa = head->mfa != 0};
	copy_text(who.user, sizeof who.user, parts[0]);
	copy_text(who.role, sizeof who.role, parts[1]);
	copy_text(who.roles, sizeof who.roles, parts[2]);
	copy_text(who.scopes, sizeof who.scopes, parts[3]);
	copy_text(who.tenant, sizeof who.tenant, parts[4]);
	copy_text(who.name, sizeof who.name, parts[8]);
	const bool ok = head->status == 200 && who.user[0];
	if (ok)
		session_keep(g->sessions, call->token_hash, &who, g->unix_ms);
	if (call->asks_operator) {
		c->operator_told = true;
		conn_set_state(c, CONN_HEAD);
		return;
	}
	/* A token that is no longer good is as none: a public function still answers. */
	call_as(c, f, buf_slice(&call->input), ok ? &who : NULL);
}

void auth_reply(struct gateway *g, const struct record *record)
{
	struct auth_reply_head head;
	struct slice parts[AUTH_REPLY_PARTS];
	uint32_t at = record->id >> 16;
	struct call *call = at < CALLS_MAX ? &g->calls[at] : NULL;
	if (!call || !call->used || call->kind != GW_CALL_AUTH || call->turn != (record->id & 0xffff))
		return;
	bool whole =
	    is_ok(record_split(record->payload, &head, sizeof head, NULL)) &&
	    is_ok(record_parts(record->payload, sizeof head,
		(const uint32_t[]){head.user_bytes, head.role_bytes, head.roles_bytes, head.scopes_bytes,
		    head.tenant_bytes, head.token_bytes, head.flow_bytes, head.json_bytes, head.name_bytes},
		AUTH_REPLY_PARTS, parts, NULL));
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

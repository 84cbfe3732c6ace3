/*
 * Who may use the operators' interface (docs/dashboard-api.md). One function decides, called before anything
 * else is done with such a request. `ward dev` on a loopback address serves whoever asks by a loopback name,
 * so that a page of another site cannot come in by a name of its own that leads here. Everywhere else it
 * takes an operator's session, with a second factor unless the app's origin is this machine itself. What
 * changes something is told to the broker's audit log before it is done.
 */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "base/check.h"
#include "identity/api_key.h"
#include "proc/gateway/operator.h"
#include "proc/gateway/watching.h"

/* "localhost:8080", "127.0.0.1", "[::1]:8080" */
static bool loopback_name(struct slice host)
{
	static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const size_t n = strlen(names[i]);
		if (host.len < n || !slice_eq_nocase(slice_of(host.ptr, n), slice_cstr(names[i])))
			continue;
		if (host.len == n || host.ptr[n] == ':')
			return true;
	}
	return false;
}

void operator_prepare(struct gateway *g)
{
	struct sockaddr_storage at = {0};
	socklen_t n = sizeof at;
	if (getsockname(g->listener.fd, (struct sockaddr *)&at, &n) < 0)
		return;
	const struct in6_addr *six = &((const struct sockaddr_in6 *)&at)->sin6_addr;
	if (at.ss_family == AF_INET)
		g->loopback = ntohl(((const struct sockaddr_in *)&at)->sin_addr.s_addr) >> 24 == 127;
	else
		g->loopback = at.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(six);
}

/* Browsers say from where a request comes; a page of another origin has nothing to do here, not even to look.
 */
static bool from_own_page(const struct conn *c, const struct http_head *h)
{
	const struct slice site = h->known[HTTP_H_SEC_FETCH_SITE];
	const bool safe = h->method == HTTP_GET || h->method == HTTP_HEAD;
	if (site.ptr && !slice_eq(site, SLICE("same-origin")) && !(safe && slice_eq(site, SLICE("none"))))
		return false;
	return auth_same_site(c->gateway, h);
}

static bool open_to_developer(const struct conn *c, const struct http_head *h)
{
	return dev_mode(c->gateway) && c->gateway->loopback && loopback_name(h->known[HTTP_H_HOST]);
}

static const struct identity_claim *session_of(const struct conn *c, struct slice token)
{
	uint8_t hash[32];
	session_hash(token, hash);
	/* What the broker has said a moment ago of this very request holds. */
	const struct gateway *g = c->gateway;
	const struct identity_claim *who =
	    c->operator_told ? session_find(g->sessions, hash, g->unix_ms) : session_known(g, hash);
	return who && who->realm == REALM_OPERATOR ? who : NULL;
}

static struct slice operator_token(const struct http_head *h)
{
	bool bearer;
	return session_token_of(h, SLICE("__Host-ward_operator"), &bearer);
}

/* A key for scripts: only as a bearer, which no page of another site can send, and to act only where it says so. */
static bool key_is_enough(const struct http_head *h, const struct identity_claim *who)
{
	bool bearer;
	(void)session_token_of(h, SLICE("__Host-ward_operator"), &bearer);
	const bool acts = strcmp(who->scopes, OPERATOR_KEY_ACT) == 0;
	const bool reads = strcmp(who->scopes, OPERATOR_KEY_READ) == 0;
	return bearer && (acts || (reads && (h->method == HTTP_GET || h->method == HTTP_HEAD)));
}

/* Also for the machine's own origin the request must have come by a name of the machine: not through a proxy
 * that forgot --origin. */
static bool is_enough(const struct conn *c, const struct http_head *h, const struct identity_claim *who)
{
	if (who->scopes[0])
		return key_is_enough(h, who);
	return who->mfa || (c->gateway->origin_local && loopback_name(h->known[HTTP_H_HOST]));
}

bool operator_allows(const struct conn *c, const struct http_head *h, const char **ret_name)
{
	if (!from_own_page(c, h))
		return false;
	if (open_to_developer(c, h)) {
		*ret_name = "operator";
		return true;
	}
	const struct slice token = operator_token(h);
	const struct identity_claim *who = token.ptr ? session_of(c, token) : NULL;
	if (!who || !is_enough(c, h, who))
		return false;
	*ret_name = who->name;
	return true;
}

bool operator_path(struct slice path)
{
	return slice_starts(path, SLICE("/_ward/api/")) || slice_eq(path, SLICE("/_ward/metrics"));
}

static void refuse(struct conn *c, const struct http_head *h)
{
	bool bearer;
	const struct slice token = session_token_of(h, SLICE("__Host-ward_operator"), &bearer);
	const struct identity_claim *who =
	    token.ptr && bearer && from_own_page(c, h) ? session_of(c, token) : NULL;
	if (who && who->scopes[0])
		problem_simple(c, 403, "forbidden", "This key may read, and not act", NULL);
	else
		problem_simple(c, 401, "operator-needed", "Sign in as an operator first", NULL);
}

enum request_step operator_head(struct conn *c, const struct http_head *h)
{
	const char *name;
	const struct slice token = operator_token(h);
	if (operator_allows(c, h, &name))
		return REQUEST_BODY;
	if (!c->operator_told && from_own_page(c, h) && token.ptr && !session_of(c, token))
		return auth_ask_operator(c, token) ? REQUEST_WAIT : REQUEST_ANSWERED;
	refuse(c, h);
	c->operator_told = false;
	return REQUEST_ANSWERED;
}

/* "POST /_ward/api/actions?x {...}": bodies are small, and what is longer than the log takes is cut there. */
static bool tell_broker(struct conn *c, const struct http_head *h, struct slice body, const char *name)
{
	struct gateway *g = c->gateway;
	CLEANUP_BUF struct buf what = BUF_INIT(4096);
	const size_t most = 1024;
	buf_printf(&what, "%s %.*s ", http_method_name(h->method),
	    (int)(h->path.len < most ? h->path.len : most), h->path.ptr);
	buf_add(&what, body.ptr, body.len < most ? body.len : most);
	const struct audit_head head = {.name_bytes = (uint32_t)strlen(name),
	    .address_bytes = (uint32_t)strlen(c->address),
	    .what_bytes = (uint32_t)what.len};
	const struct slice parts[] = {slice_of((const char *)&head, sizeof head), slice_cstr(name),
	    slice_cstr(c->address), buf_slice(&what)};
	return buf_ok(&what) && g->broker_up &&
	       is_ok(channel_send(&g->broker, RECORD_AUDIT, 0, parts, ARRAY_LEN(parts), NULL));
}

/* Those of accounts are the broker's to answer, which holds them; everything else is the monitor's. */
static const struct slice account_paths[] = {
    SLICE("/_ward/api/audit"), SLICE("/_ward/api/identity"), SLICE("/_ward/api/outbox")};

void operator_request(struct conn *c, const struct http_head *h, struct slice body)
{
	const char *name;
	/* A body may have taken its time, and the session may have ended meanwhile; the head has been asked about. */
	c->operator_told = true;
	if (!operator_allows(c, h, &name)) {
		refuse(c, h);
	} else if (h->method == HTTP_GET || h->method == HTTP_HEAD) {
		bool asks_broker = false;
		for (size_t i = 0; i < ARRAY_LEN(account_paths); i++)
			asks_broker = asks_broker || slice_eq(h->path, account_paths[i]);
		(asks_broker ? auth_operator_request : watching_request)(c, h, body);
	} else if (tell_broker(c, h, body, name)) {
		watching_request(c, h, body);
	} else {
		problem_simple(c, 503, "unavailable", "This cannot be recorded right now, and is not done", NULL);
	}
	c->operator_told = false;
}

/*
 * Host calls on the network: checked against the function's contract here, made by the egress process, which checks the
 * address once more where it connects. A guest names a host and gives method, path, headers and body as plain data;
 * there is no URL to disagree about.
 *
 *	call("http", "api.example.com", { method, path, headers, body })  →  { status, headers, body }
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "http/target.h"
#include "observe/traceparent.h"
#include "proc/broker/broker.h"

#define HEADERS_MAX 64u
#define HEADER_LINES_MAX (32u << 10)
#define PATH_MAX_BYTES 4096u

struct wanted {
	enum http_method method;
	struct slice path;
	struct slice headers; /* content of an object */
	uint32_t header_count;
	struct slice body;
};

static void refuse(struct broker *b, const struct host_call *call, enum err_code code, const char *what)
{
	if (code == ERR_DENIED)
		broker_denied(b, call, what);
	host_reply(call->function, call->thread, call->id, code, slice_cstr(what));
}

static struct slice key_text(const struct broker_function *f, uint16_t id, struct slice text)
{
	return id == VALUE_KEY_TEXT ? text : type_set_name(f->types, id);
}

static bool method_named(struct slice text, enum http_method *ret)
{
	for (unsigned m = 0; m < HTTP_METHOD_COUNT; m++)
		if (slice_eq_cstr(text, http_method_name((enum http_method)m))) {
			*ret = (enum http_method)m;
			return true;
		}
	return false;
}

static bool is_text(const struct value_item *item)
{
	return item->tag == VALUE_STR || item->tag == VALUE_ASCII;
}

static bool take_member(struct wanted *w, struct slice name, const struct value_item *item)
{
	if (slice_eq(name, SLICE("method")))
		return is_text(item) && method_named(item->text, &w->method);
	if (slice_eq(name, SLICE("path"))) {
		w->path = item->text;
		return is_text(item);
	}
	if (slice_eq(name, SLICE("headers"))) {
		w->headers = item->text;
		w->header_count = item->count;
		return item->tag == VALUE_OBJECT;
	}
	if (slice_eq(name, SLICE("body"))) {
		w->body = item->text;
		return is_text(item) || item->tag == VALUE_BYTES || item->tag == VALUE_NULL;
	}
	return false;
}

/* The argument comes from a worker: every byte is checked before it is believed. */
static bool read_argument(const struct broker_function *f, struct slice argument, struct wanted *ret)
{
	struct value_item object;
	if (!value_read(&argument, &object) || object.tag != VALUE_OBJECT || argument.len != 0)
		return false;
	struct slice rest = object.text;
	for (uint32_t i = 0; i < object.count; i++) {
		uint16_t id;
		struct slice text = SLICE_NONE;
		struct value_item item;
		if (!value_read_key(&rest, &id, &text) || !value_read(&rest, &item) ||
		    !take_member(ret, key_text(f, id, text), &item))
			return false;
	}
	return rest.len == 0 && ret->path.ptr;
}

/*
 * A path that two readers could understand differently has no place in a check by prefix: no dot segments, plain or
 * encoded, no empty segments, no backslash, no control or non-ASCII byte, no fragment.
 */
static bool path_is_plain(struct slice path)
{
	if (path.len == 0 || path.len > PATH_MAX_BYTES || path.ptr[0] != '/')
		return false;
	for (size_t i = 0; i < path.len; i++) {
		unsigned char c = (unsigned char)path.ptr[i];
		if (c <= ' ' || c >= 0x7f || c == '\\' || c == '#')
			return false;
	}
	struct slice query = path;
	struct slice rest = slice_cut(&query, '?');
	rest = slice_of(rest.ptr + 1, rest.len - 1);
	while (rest.ptr) {
		struct slice part = slice_cut(&rest, '/');
		bool last = !rest.ptr;
		if (part.len == 0 && !last)
			return false;
		if (slice_eq(part, SLICE(".")) || slice_eq(part, SLICE("..")))
			return false;
		for (size_t i = 0; i + 2 < part.len; i++)
			if (part.ptr[i] == '%' && (strncasecmp(part.ptr + i, "%2e", 3) == 0 || strncasecmp(part.ptr + i, "%2f", 3) == 0 ||
						      strncasecmp(part.ptr + i, "%5c", 3) == 0))
				return false;
	}
	return true;
}

static bool path_allowed(const struct manifest_egress *rule, struct slice path)
{
	struct slice rest = path;
	struct slice plain = slice_cut(&rest, '?');
	if (rule->paths.count == 0)
		return true;
	for (size_t i = 0; i < rule->paths.count; i++) {
		struct slice prefix = rule->paths.items[i];
		if (!slice_starts(plain, prefix))
			continue;
		if (plain.len == prefix.len || slice_ends(prefix, SLICE("/")) || plain.ptr[prefix.len] == '/')
			return true;
	}
	return false;
}

static const struct manifest_egress *find_rule(const struct broker_function *f, struct slice name)
{
	const struct manifest_function *c = &f->contract->contract;
	for (size_t i = 0; i < c->egress_count; i++) {
		char room[300];
		const struct manifest_egress *rule = &c->egress[i];
		int n = snprintf(room, sizeof room, "%.*s:%u", SLICE_ARG(rule->host), rule->port);
		if (slice_eq_nocase(rule->host, name) || slice_eq_nocase(slice_of(room, (size_t)n), name))
			return rule;
	}
	return NULL;
}

static bool is_token(struct slice name)
{
	static const char others[] = "!#$%&'*+-.^_`|~";
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			  (c != '\0' && strchr(others, c));
		if (!ok)
			return false;
	}
	return name.len > 0 && name.len <= 128;
}

/* Headers that frame the message or carry somebody's identity are not the guest's to set. */
static bool header_reserved(struct slice name)
{
	static const char *const reserved[] = {"host", "content-length", "transfer-encoding", "connection", "keep-alive",
	    "upgrade", "te", "trailer", "expect", "proxy-authorization", "proxy-connection", "forwarded"};
	for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
		if (slice_eq_nocase(name, slice_cstr(reserved[i])))
			return true;
	return false;
}

/* What lets an answer come packed or in pieces, in which a host could hand the secret back past the look that is taken at it. */
static bool hides_answer(struct slice name)
{
	static const char *const names[] = {"accept-encoding", "range", "if-range"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (slice_eq_nocase(name, slice_cstr(names[i])))
			return true;
	return false;
}

static bool value_is_plain(struct slice value)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char c = (unsigned char)value.ptr[i];
		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return value.len <= 8192;
}

static bool add_headers(const struct broker_function *f, const struct wanted *w, const struct manifest_egress *rule, struct buf *lines)
{
	struct slice rest = w->headers;
	if (w->header_count > HEADERS_MAX)
		return false;
	for (uint32_t i = 0; i < w->header_count; i++) {
		uint16_t id;
		struct slice text = SLICE_NONE;
		struct value_item item;
		if (!value_read_key(&rest, &id, &text) || !value_read(&rest, &item) || !is_text(&item))
			return false;
		struct slice name = key_text(f, id, text);
		if (!is_token(name) || header_reserved(name) || !value_is_plain(item.text))
			return false;
		/* Which request this one belongs to is for ward to say. */
		if (slice_eq_nocase(name, SLICE("traceparent")))
			continue;
		/* The header of the secret is ward's: a guest can neither set nor shadow it. */
		if (rule->secret.len && (slice_eq_nocase(name, rule->secret_header) || hides_answer(name)))
			return false;
		buf_printf(lines, "%.*s: %.*s\r\n", SLICE_ARG(name), SLICE_ARG(item.text));
	}
	return buf_ok(lines) && rest.len == 0;
}

/* W3C Trace Context: what is asked of another host belongs to the request's trace. */
static void add_trace(const struct ticket_claims *caller, struct buf *lines)
{
	struct traceparent t = {.sampled = true};
	char text[TRACEPARENT_TEXT];
	memcpy(t.trace_id, caller->trace_id, sizeof t.trace_id);
	memcpy(t.parent_id, caller->span_id, sizeof t.parent_id);
	traceparent_format(&t, text);
	buf_printf(lines, "traceparent: %.*s\r\n", (int)sizeof text, text);
}

static struct pending *take_pending(struct broker *b, const struct host_call *call)
{
	struct pending *p = pending_take(b);
	if (!p)
		return NULL;
	p->function_ref = call->function->ref;
	p->thread = call->thread;
	p->worker_call = call->id;
	p->request = call->caller.request;
	return p;
}

static void send_fetch(struct broker *b, const struct host_call *call, const struct manifest_egress *rule, const struct wanted *w,
    struct slice lines, struct slice secret)
{
	struct pending *p = b->egress_up ? take_pending(b, call) : NULL;
	if (!p) {
		refuse(b, call, ERR_LIMIT, "outbound requests are not available right now");
		return;
	}
	const struct fetch_head head = {.port = rule->port,
	    .tls = rule->tls,
	    .private_ok = rule->private_ok,
	    .method = (uint32_t)w->method,
	    .timeout_ms = (uint32_t)(rule->timeout_us / 1000),
	    .response_bytes_max = (uint32_t)rule->response_bytes,
	    .host_bytes = (uint32_t)rule->host.len,
	    .path_bytes = (uint32_t)w->path.len,
	    .headers_bytes = (uint32_t)lines.len,
	    .body_bytes = (uint32_t)w->body.len,
	    .secret_at = secret.ptr ? (uint32_t)(secret.ptr - lines.ptr) : 0,
	    .secret_bytes = (uint32_t)secret.len,
	    .secret_name_bytes = (uint32_t)rule->secret.len};
	const struct slice parts[] = {
	    slice_of((const char *)&head, sizeof head), rule->host, w->path, lines, w->body, rule->secret};
	if (is_ok(channel_send_secret(&b->egress, RECORD_FETCH, pending_id(b, p), parts, ARRAY_LEN(parts), NULL)))
		return;
	p->used = false;
	refuse(b, call, ERR_LIMIT, "outbound requests are not available right now");
}

void fetch_call(struct broker *b, const struct host_call *call)
{
	struct wanted w = {.method = HTTP_GET};
	CLEANUP_BUF struct buf lines = BUF_SECRET(HEADER_LINES_MAX);
	struct slice secret = SLICE_NONE;
	const struct manifest_egress *rule = find_rule(call->function, call->name);
	if (!rule) {
		char what[200];
		(void)snprintf(what, sizeof what, "host %.*s is not in its contract", SLICE_ARG(call->name));
		refuse(b, call, ERR_DENIED, what);
	} else if (!read_argument(call->function, call->argument, &w) || !path_is_plain(w.path)) {
		refuse(b, call, ERR_INVALID, "an outbound request takes method, a plain path, headers and body");
	} else if (!(rule->methods & 1u << w.method)) {
		refuse(b, call, ERR_DENIED, "its contract does not allow this method on this host");
	} else if (!path_allowed(rule, w.path)) {
		refuse(b, call, ERR_DENIED, "its contract does not allow this path on this host");
	} else if (add_trace(&call->caller, &lines), !add_headers(call->function, &w, rule, &lines)) {
		refuse(b, call, ERR_INVALID, "a header is malformed, reserved or ward's own");
	} else if (!secret_header(call->function, rule, &lines, &secret)) {
		refuse(b, call, ERR_NOT_FOUND, "the secret that this host needs is not set");
	} else {
		const struct manifest_function *c = &call->function->contract->contract;
		broker_used(b, call->function, c->queries.count + (size_t)(rule - c->egress));
		send_fetch(b, call, rule, &w, buf_slice(&lines), secret);
	}
}

static void write_headers(struct value_writer *v, struct slice lines)
{
	value_write_object_begin(v);
	while (lines.ptr && lines.len > 0) {
		struct slice rest = slice_trim(slice_cut(&lines, '\n'));
		struct slice name = slice_cut(&rest, ':');
		char lower[128];
		if (!rest.ptr || !is_token(name) || !utf8_valid(rest))
			continue;
		for (size_t i = 0; i < name.len; i++)
			lower[i] = (char)(name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? name.ptr[i] + 32 : name.ptr[i]);
		value_write_key_text(v, slice_of(lower, name.len));
		value_write_string(v, slice_trim(rest));
	}
	value_write_object_end(v);
}

static void reply_response(struct broker *b, struct broker_function *f, const struct pending *p, uint32_t status,
    struct slice headers, struct slice body)
{
	struct value_writer v;
	buf_clear(&b->value);
	value_writer_init(&v, &b->value);
	value_write_object_begin(&v);
	value_write_key_text(&v, SLICE("status"));
	value_write_int(&v, status);
	value_write_key_text(&v, SLICE("headers"));
	write_headers(&v, headers);
	value_write_key_text(&v, SLICE("body"));
	if (utf8_valid(body))
		value_write_string(&v, body);
	else
		value_write_bytes(&v, body);
	value_write_object_end(&v);
	if (buf_ok(&b->value))
		host_reply(f, p->thread, p->worker_call, ERR_NONE, buf_slice(&b->value));
	else
		host_reply(f, p->thread, p->worker_call, ERR_LIMIT, SLICE("the response is too large"));
}

/* head NULL: the answer did not come whole. */
void fetch_answer(struct broker *b, const struct pending *p, const struct fetch_reply_head *head, const struct slice parts[2])
{
	/* The function may have been dropped with its generation meanwhile. */
	struct broker_function *f = broker_function_of(b, p->function_ref);
	if (!f)
		return;
	if (!head) {
		host_reply(f, p->thread, p->worker_call, ERR_INTERNAL, SLICE("the response was lost"));
		return;
	}
	if (head->code == ERR_NONE) {
		reply_response(b, f, p, head->status, parts[0], parts[1]);
		return;
	}
	if (head->code == ERR_DENIED) {
		const struct host_call call = {.function = f,
		    .thread = p->thread,
		    .id = p->worker_call,
		    .verb = HOST_HTTP,
		    .caller = {.request = p->request}};
		char what[320];
		(void)snprintf(what, sizeof what, "%.*s", SLICE_ARG(parts[0]));
		broker_denied(b, &call, what);
	}
	host_reply(f, p->thread, p->worker_call, (enum err_code)head->code, parts[1]);
}

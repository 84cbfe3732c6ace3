/* Errors for callers: application/problem+json (RFC 9457). What went wrong inside stays in the log under the id. */
#include "base/log.h"
#include "proc/gateway/gateway.h"

uint64_t request_id_new(struct gateway *g)
{
	/* Unique on this machine and not countable from outside: a random base, stepped by an odd constant. */
	return g->answered.id = g->request_base + ++g->request_count * 0x9e3779b97f4a7c15u;
}

static void add_member(struct buf *b, const char *name, const char *text)
{
	buf_printf(b, ",\"%s\":\"", name);
	buf_add_json_escaped(b, slice_cstr(text));
	buf_add_char(b, '"');
}

void problem_respond(struct conn *c, const struct problem *p)
{
	struct gateway *g = c->gateway;
	struct buf *b = &g->json;
	CLEANUP_BUF struct buf extra = BUF_INIT(4096);
	buf_clear(b);
	buf_printf(b, "{\"type\":\"urn:ward:problem:%s\",\"status\":%d", p->type, p->status);
	add_member(b, "title", p->title);
	if (p->detail)
		add_member(b, "detail", p->detail);
	buf_printf(b, ",\"id\":\"%016llx\"", (unsigned long long)p->id);
	if (p->errors.len) {
		buf_add_cstr(b, ",\"errors\":");
		buf_add_slice(b, p->errors);
	}
	buf_add_char(b, '}');
	if (p->retry_after_s)
		buf_printf(&extra, "Retry-After: %u\r\n", p->retry_after_s);
	buf_add_slice(&extra, p->extra);
	const struct http_response r = {.status = p->status,
	    .content_type = SLICE("application/problem+json"),
	    .keep_alive = c->keep_alive,
	    .extra = buf_slice(&extra)};
	conn_respond(c, &r, buf_slice(b));
}

void problem_simple(struct conn *c, int status, const char *type, const char *title, const char *detail)
{
	const struct problem p = {
	    .status = status, .type = type, .title = title, .detail = detail, .id = request_id_new(c->gateway)};
	problem_respond(c, &p);
}

/*
 * What a client sends, as requests: heads, bodies by length and in chunks, one after another. Called by conn.c with bytes
 * that came from a socket; trusts none of them. What is left over of an unfinished request is kept in the connection.
 */
#include <string.h>
#include <sys/socket.h>

#include "proc/gateway/conn.h"

void conn_refuse(struct conn *c, int status, const char *why)
{
	c->keep_alive = false;
	problem_simple(c, status, "malformed-request", http_reason(status), why);
}

/* Takes one request from the bytes; returns how many were used, 0 when more are needed or an answer is pending. */
static size_t take_request(struct conn *c, struct slice bytes)
{
	struct http_head h;
	const char *why = NULL;
	int verdict = http_head_parse(bytes, &h, &why);
	if (verdict == HTTP_MORE)
		return 0;
	if (verdict != HTTP_OK) {
		conn_refuse(c, verdict, why);
		return bytes.len;
	}
	proxy_caller(c, &h);
	c->head_only = h.method == HTTP_HEAD;
	size_t need = h.bytes + (h.chunked ? 0 : (size_t)h.content_length);
	/* When the answer comes before the body has, where the next request begins is unknown: it is the last. */
	bool whole = !h.chunked && bytes.len >= need;
	size_t body_max = 0;
	c->keep_alive = h.keep_alive && whole;
	enum request_step step = request_head(c, &h, &body_max);
	if (step == REQUEST_WAIT)
		return 0;
	c->requests++;
	if (step == REQUEST_ANSWERED)
		return whole ? need : bytes.len;
	c->keep_alive = h.keep_alive;
	if (!h.chunked && (uint64_t)h.content_length > body_max) {
		conn_refuse(c, 413, "the body is larger than this function takes");
		return bytes.len;
	}
	c->body_needed = body_max;
	if (!whole)
		return 0;
	request_whole(c, &h, slice_of(bytes.ptr + h.bytes, (size_t)h.content_length));
	return need;
}

static void continue_100(struct conn *c, const struct http_head *h)
{
	if (h->expect_continue)
		(void)send(c->watch.fd, "HTTP/1.1 100 Continue\r\n\r\n", 25, MSG_NOSIGNAL);
}

/* Chunked bodies: the head stays at the front of `in`, chunks behind it are decoded away into `body`. */
static void take_chunks(struct conn *c, const struct http_head *h)
{
	size_t used = 0;
	size_t data = 0;
	char *at = c->in.ptr + h->bytes;
	int verdict = http_chunked_decode(&c->chunks, at, c->in.len - h->bytes, &used, &data);
	buf_add(&c->body, at, data);
	memmove(at, at + used, c->in.len - h->bytes - used);
	c->in.len -= used;
	if (verdict == HTTP_MORE && c->body.len <= c->body_needed && buf_ok(&c->body))
		return;
	if (verdict == HTTP_OK && c->body.len <= c->body_needed && buf_ok(&c->body)) {
		/* The handler reads head and body before anything here moves. */
		struct buf head = c->in;
		size_t head_bytes = h->bytes;
		c->in = BUF_INIT(CONN_BUFFER_MAX);
		buf_add(&c->in, head.ptr + head_bytes, head.len - head_bytes);
		request_whole(c, h, buf_slice(&c->body));
		buf_done(&head);
	} else {
		buf_done(&c->in);
		conn_refuse(c, verdict == 400 ? 400 : 413,
		    verdict == 400 ? "a chunk is malformed" : "the body is larger than this function takes");
	}
	buf_done(&c->body);
}

static void keep(struct conn *c, struct slice rest)
{
	if (rest.len == 0) {
		buf_done(&c->in);
		return;
	}
	if (c->in.ptr && rest.ptr >= c->in.ptr && rest.ptr <= c->in.ptr + c->in.len) {
		memmove(c->in.ptr, rest.ptr, rest.len);
		c->in.len = rest.len;
		return;
	}
	buf_clear(&c->in);
	c->in.cap = CONN_BUFFER_MAX;
	buf_add_slice(&c->in, rest);
}

void conn_take(struct conn *c, struct slice bytes)
{
	while (bytes.len > 0 && c->state == CONN_HEAD) {
		struct http_head h;
		const char *why;
		size_t used = take_request(c, bytes);
		bytes = slice_of(bytes.ptr + used, bytes.len - used);
		if (c->state != CONN_HEAD)
			break;
		if (used > 0)
			continue;
		/* Unfinished: a body is read under its own time limit. */
		if (http_head_parse(bytes, &h, &why) == HTTP_OK) {
			conn_set_state(c, CONN_BODY);
			c->chunks = (struct http_chunked){0};
			c->body = BUF_INIT(c->body_needed + SCRATCH_BYTES);
			continue_100(c, &h);
		}
		break;
	}
	keep(c, bytes);
}

static void more_body(struct conn *c)
{
	struct http_head h;
	const char *why;
	struct slice bytes = buf_slice(&c->in);
	if (http_head_parse(bytes, &h, &why) != HTTP_OK)
		return;
	if (h.chunked) {
		take_chunks(c, &h);
		return;
	}
	size_t need = h.bytes + (size_t)h.content_length;
	if (bytes.len < need)
		return;
	request_whole(c, &h, slice_of(bytes.ptr + h.bytes, (size_t)h.content_length));
	keep(c, slice_of(bytes.ptr + need, bytes.len - need));
}

void conn_take_kept(struct conn *c)
{
	do {
		if (c->state == CONN_BODY)
			more_body(c);
		if (c->state != CONN_HEAD || c->in.len == 0)
			return;
		conn_take(c, buf_slice(&c->in));
		/* A body that has begun may be whole already. */
	} while (c->state == CONN_BODY);
}

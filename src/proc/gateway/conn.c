/*
 * Connections: bytes in, bytes out, and for how long. A connection that is idle holds no buffers: reads go to the
 * gateway's scratch first, and only what is left over of an unfinished request is kept.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "base/size.h"
#include "proc/gateway/gateway.h"
#include "proc/gateway/trace.h"
#include "proc/gateway/watching.h"

#define REQUESTS_PER_CONN_MAX 100000u
#define CONN_BUFFER_MAX (BODY_BYTES_MAX + HTTP_HEAD_BYTES_MAX)
#define OUT_BUFFER_MAX (64u << 20)

/* How long a connection may stay in a state; WAIT is bounded by the call itself. */
static const uint32_t state_ms_max[CONN_STATES] = {
    [CONN_HEAD] = 15000, [CONN_BODY] = 30000, [CONN_WAIT] = 0, [CONN_WRITE] = 30000, [CONN_LINGER] = 2000,
    [CONN_STREAM] = 0};
#define IDLE_MS_MAX 75000u
/* A client that sends on and on after its last answer: 4 MiB in one go, then it is reset. */
#define LINGER_READS_MAX 64

static void list_remove(struct conn *c)
{
	struct gateway *g = c->gateway;
	*(c->prev ? &c->prev->next : &g->first[c->state]) = c->next;
	*(c->next ? &c->next->prev : &g->last[c->state]) = c->prev;
	c->prev = c->next = NULL;
}

static void list_append(struct conn *c)
{
	struct gateway *g = c->gateway;
	c->prev = g->last[c->state];
	*(c->prev ? &c->prev->next : &g->first[c->state]) = c;
	g->last[c->state] = c;
}

void conn_set_state(struct conn *c, enum conn_state state)
{
	list_remove(c);
	c->state = state;
	c->since_ms = c->gateway->child->loop.now_ms;
	list_append(c);
}

void conn_close(struct conn *c)
{
	struct gateway *g = c->gateway;
	if (c->call)
		call_abandon(g, c->call);
	loop_remove(&g->child->loop, &c->watch);
	close(c->watch.fd);
	list_remove(c);
	place_leave(g, c->place);
	buf_done(&c->in);
	buf_done(&c->body);
	buf_done(&c->out);
	free(c);
	g->conn_count--;
}

/*
 * After the last answer: takes what the client still sends and throws it away until it closes too. Closing with unread
 * bytes would make the kernel reset the connection, and the client could lose the answer that says why.
 */
static void linger(struct conn *c)
{
	struct gateway *g = c->gateway;
	for (int i = 0; i < LINGER_READS_MAX; i++) {
		ssize_t n = recv(c->watch.fd, g->scratch, SCRATCH_BYTES, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0)
			break;
	}
	conn_close(c);
}

/* Sends what is left; false when nothing more is to be done with the connection, which may be gone. */
static bool send_rest(struct conn *c)
{
	while (c->out_at < c->out.len) {
		ssize_t n = send(c->watch.fd, c->out.ptr + c->out_at, c->out.len - c->out_at, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n <= 0) {
			conn_close(c);
			return false;
		}
		c->out_at += (size_t)n;
	}
	buf_done(&c->out);
	c->out_at = 0;
	if (c->close_after) {
		(void)shutdown(c->watch.fd, SHUT_WR);
		buf_done(&c->in);
		conn_set_state(c, CONN_LINGER);
		linger(c);
		return false;
	}
	conn_set_state(c, CONN_HEAD);
	return true;
}

/*
 * Writes head and body in one send when the socket takes them. The connection is afterwards in CONN_HEAD (answered),
 * in CONN_WRITE, or marked close_after in CONN_WRITE with nothing left: its owner then closes it through send_rest().
 */
void conn_respond(struct conn *c, const struct http_response *response, struct slice body)
{
	struct gateway *g = c->gateway;
	struct http_response r = *response;
	r.content_length = body.len;
	r.keep_alive = r.keep_alive && !g->draining && c->requests < REQUESTS_PER_CONN_MAX && !c->peer_closed;
	c->close_after = !r.keep_alive;
	g->answered.status = (uint16_t)r.status;
	g->answered.bytes = (uint32_t)body.len;
	char line[TRACE_LINE_MAX];
	r.trace = trace_line(c, line);
	buf_clear(&g->reply);
	http_response_head(&g->reply, &r, g->unix_ms / 1000);
	if (!c->head_only && r.status != 204 && r.status != 304)
		buf_add_slice(&g->reply, body);
	ssize_t n = send(c->watch.fd, g->reply.ptr, g->reply.len, MSG_NOSIGNAL);
	size_t sent = n > 0 ? (size_t)n : 0;
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		c->close_after = true;
	if ((n >= 0 || errno == EAGAIN || errno == EINTR) && sent < g->reply.len) {
		c->out = BUF_INIT(OUT_BUFFER_MAX);
		buf_add(&c->out, g->reply.ptr + sent, g->reply.len - sent);
		c->out_at = 0;
	}
	conn_set_state(c, c->out.len || c->close_after ? CONN_WRITE : CONN_HEAD);
}

/* A request that cannot be read on: answer and close, since where the next one begins is unknown. */
static void refuse(struct conn *c, int status, const char *why)
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
		refuse(c, verdict, why);
		return bytes.len;
	}
	c->head_only = h.method == HTTP_HEAD;
	size_t need = h.bytes + (h.chunked ? 0 : (size_t)h.content_length);
	/* When the answer comes before the body has, where the next request begins is unknown: it is the last. */
	bool whole = !h.chunked && bytes.len >= need;
	size_t body_max = 0;
	c->keep_alive = h.keep_alive && whole;
	enum request_step step = request_head(c, &h, &body_max);
	c->requests++;
	if (step == REQUEST_ANSWERED)
		return whole ? need : bytes.len;
	c->keep_alive = h.keep_alive;
	if (!h.chunked && (uint64_t)h.content_length > body_max) {
		refuse(c, 413, "the body is larger than this function takes");
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
		refuse(c, verdict == 400 ? 400 : 413,
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

/* Goes through the bytes request by request until one is pending or unfinished; keeps the rest. */
static void take_bytes(struct conn *c, struct slice bytes)
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

static void take_kept(struct conn *c)
{
	do {
		if (c->state == CONN_BODY)
			more_body(c);
		if (c->state != CONN_HEAD || c->in.len == 0)
			return;
		take_bytes(c, buf_slice(&c->in));
		/* A body that has begun may be whole already. */
	} while (c->state == CONN_BODY);
}

static void read_some(struct conn *c)
{
	struct gateway *g = c->gateway;
	while (c->readable && (c->state == CONN_HEAD || c->state == CONN_BODY)) {
		ssize_t n = recv(c->watch.fd, g->scratch, SCRATCH_BYTES, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			c->readable = false;
			return;
		}
		if (n <= 0) {
			conn_close(c);
			return;
		}
		/* A short read empties the socket; the edge will come again. */
		c->readable = (size_t)n == SCRATCH_BYTES;
		if (c->in.len == 0 && c->state == CONN_HEAD) {
			take_bytes(c, slice_of(g->scratch, (size_t)n));
			if (c->state == CONN_BODY)
				take_kept(c);
			/*
			 * A head has begun after a pause: its time runs from here. The bytes that follow it do not move
			 * this on, and neither does the first head of a connection.
			 */
			else if (c->state == CONN_HEAD && c->in.len > 0 && c->requests > 0)
				conn_set_state(c, CONN_HEAD);
		} else {
			c->in.cap = CONN_BUFFER_MAX;
			buf_add(&c->in, g->scratch, (size_t)n);
			if (!buf_ok(&c->in)) {
				conn_close(c);
				return;
			}
			take_kept(c);
		}
		if (c->state == CONN_WRITE && c->close_after && !send_rest(c))
			return;
	}
}

void conn_continue(struct conn *c)
{
	if (c->state == CONN_WRITE && c->out_at >= c->out.len && !send_rest(c))
		return;
	if (c->state == CONN_HEAD && c->in.len > 0) {
		take_kept(c);
		if (c->state == CONN_WRITE && c->out_at >= c->out.len && !send_rest(c))
			return;
	}
	read_some(c);
}

static void conn_ready(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct conn *c = CONTAINER_OF(watch, struct conn, watch);
	(void)loop;
	if (c->state == CONN_STREAM) {
		stream_ready(c, events);
		return;
	}
	if (events & (EPOLLERR | EPOLLHUP)) {
		conn_close(c);
		return;
	}
	if (events & EPOLLRDHUP)
		c->peer_closed = true;
	if (events & EPOLLIN)
		c->readable = true;
	if (c->state == CONN_LINGER) {
		linger(c);
		return;
	}
	/* A client that has gone while it waits frees its call; a half-closed one still gets its answer. */
	if (c->state == CONN_WRITE) {
		if (!send_rest(c))
			return;
	}
	if (c->state == CONN_HEAD || c->state == CONN_BODY) {
		if (c->in.len > 0 && c->state == CONN_HEAD)
			conn_continue(c);
		else
			read_some(c);
	}
}

static void address_text(const struct sockaddr_storage *from, char text[ADDRESS_TEXT_MAX])
{
	const void *address = from->ss_family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)from)->sin6_addr
							  : (const void *)&((const struct sockaddr_in *)from)->sin_addr;
	if (!inet_ntop(from->ss_family, address, text, ADDRESS_TEXT_MAX))
		text[0] = '\0';
}

static bool conn_new(struct gateway *g, int fd, const struct sockaddr_storage *from)
{
	const int one = 1;
	const uint64_t place = place_of(g, from);
	if (!place_enter(g, place))
		return false;
	struct conn *c = calloc(1, sizeof *c);
	if (!c) {
		place_leave(g, place);
		return false;
	}
	*c = (struct conn){.watch = {fd, conn_ready}, .gateway = g, .place = place, .since_ms = g->child->loop.now_ms};
	address_text(from, c->address);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (!is_ok(loop_add(&g->child->loop, &c->watch, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, NULL))) {
		place_leave(g, place);
		free(c);
		return false;
	}
	list_append(c);
	g->conn_count++;
	return true;
}

void conn_accept(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct gateway *g = CONTAINER_OF(watch, struct gateway, listener);
	(void)loop;
	(void)events;
	/* A few at a time, so that a flood of connections does not starve those already here. */
	for (int i = 0; i < 64; i++) {
		struct sockaddr_storage from = {0};
		socklen_t n = sizeof from;
		int fd = accept4(watch->fd, (struct sockaddr *)&from, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		if (g->conn_count >= CONNS_MAX || !conn_new(g, fd, &from))
			close(fd);
	}
}

void conns_sweep(struct gateway *g)
{
	uint64_t now = g->child->loop.now_ms;
	for (int state = 0; state < CONN_STATES; state++) {
		if (state_ms_max[state] == 0)
			continue;
		struct conn *next;
		/* Lists are in order of entry, but an idle connection in HEAD may stay longer than a slow one. */
		for (struct conn *c = g->first[state]; c; c = next) {
			next = c->next;
			bool idle = state == CONN_HEAD && c->in.len == 0 && c->requests > 0;
			if (now - c->since_ms <= state_ms_max[state])
				break;
			if (idle && now - c->since_ms <= IDLE_MS_MAX)
				continue;
			if (state == CONN_HEAD && c->in.len > 0)
				refuse(c, 408, "the request did not arrive in time");
			conn_close(c);
		}
	}
}

void conns_close_idle(struct gateway *g)
{
	struct conn *next;
	for (struct conn *c = g->first[CONN_HEAD]; c; c = next) {
		next = c->next;
		if (c->in.len == 0)
			conn_close(c);
	}
}

/*
 * Connections: bytes in, bytes out, and for how long. A connection that is idle holds no buffers: reads go to the
 * gateway's scratch first, and only what is left over of an unfinished request is kept.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "proc/gateway/conn.h"
#include "proc/gateway/trace.h"
#include "proc/gateway/watching.h"

#define REQUESTS_PER_CONN_MAX 100000u
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

static void leave_place(struct gateway *g, bool counted, uint64_t place)
{
	if (counted)
		place_leave(g, place);
}

void conn_close(struct conn *c)
{
	struct gateway *g = c->gateway;
	if (c->call)
		call_abandon(g, c->call);
	loop_remove(&g->child->loop, &c->watch);
	close(c->watch.fd);
	list_remove(c);
	leave_place(g, c->counted, c->peer_place);
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

bool conn_send_out(struct conn *c)
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
	return true;
}

/* Sends what is left; false when nothing more is to be done with the connection, which may be gone. */
static bool send_rest(struct conn *c)
{
	if (!conn_send_out(c))
		return false;
	if (c->out_at < c->out.len)
		return true;
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
			conn_take(c, slice_of(g->scratch, (size_t)n));
			if (c->state == CONN_BODY)
				conn_take_kept(c);
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
			conn_take_kept(c);
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
		conn_take_kept(c);
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

static bool conn_new(struct gateway *g, int fd, const struct sockaddr_storage *from)
{
	const int one = 1;
	const struct net_address peer = proxy_address(from);
	const uint64_t place = place_of_address(g, &peer);
	/* A proxy's connections are those of many. */
	const bool counted = !proxy_trusted(g, &peer);
	if (counted && !place_enter(g, place))
		return false;
	struct conn *c = calloc(1, sizeof *c);
	if (!c) {
		leave_place(g, counted, place);
		return false;
	}
	*c = (struct conn){.watch = {fd, conn_ready},
	    .gateway = g,
	    .peer = peer,
	    .counted = counted,
	    .peer_place = place,
	    .place = place,
	    .since_ms = g->child->loop.now_ms};
	net_address_text(&peer, c->address);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (!is_ok(loop_add(&g->child->loop, &c->watch, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, NULL))) {
		leave_place(g, counted, place);
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
				conn_refuse(c, 408, "the request did not arrive in time");
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

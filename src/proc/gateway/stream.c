/*
 * Answers without an end: server-sent events. The connection belongs to the stream until one side leaves. What a client does not
 * read in time is kept up to a bound; past it the client is let go and comes back by itself for the newest state.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/check.h"
#include "proc/gateway/watching.h"

#define WAITING_BYTES_MAX (1u << 20)

void stream_begin(struct conn *c, struct slice content_type)
{
	struct gateway *g = c->gateway;
	const struct http_response r = {.status = 200,
	    .content_type = content_type,
	    .endless = true,
	    .keep_alive = false,
	    /* A proxy in front must not hold events back until it has a page of them. */
	    .extra = SLICE("Cache-Control: no-store\r\nX-Accel-Buffering: no\r\n")};
	buf_clear(&g->reply);
	http_response_head(&g->reply, &r, g->unix_ms / 1000);
	conn_set_state(c, CONN_STREAM);
	c->out = BUF_INIT(WAITING_BYTES_MAX);
	c->out_at = 0;
	stream_write(c, buf_slice(&g->reply));
}

/* Sends what waits; false when the connection is gone. */
static bool send_waiting(struct conn *c)
{
	if (!conn_send_out(c))
		return false;
	if (c->out_at < c->out.len)
		return true;
	c->out_at = 0;
	buf_clear(&c->out);
	return true;
}

void stream_write(struct conn *c, struct slice bytes)
{
	if (c->out_at > 0) {
		memmove(c->out.ptr, c->out.ptr + c->out_at, c->out.len - c->out_at);
		c->out.len -= c->out_at;
		c->out_at = 0;
	}
	buf_add_slice(&c->out, bytes);
	if (!buf_ok(&c->out)) {
		conn_close(c);
		return;
	}
	(void)send_waiting(c);
}

void stream_ready(struct conn *c, uint32_t events)
{
	char bytes[1024];
	if (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) {
		conn_close(c);
		return;
	}
	/* Whoever listens to a stream has nothing to say. */
	for (int i = 0; (events & EPOLLIN) && i < 4; i++)
		if (recv(c->watch.fd, bytes, sizeof bytes, 0) <= 0)
			break;
	(void)send_waiting(c);
}

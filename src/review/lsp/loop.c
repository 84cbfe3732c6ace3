/* The language server's loop over two descriptors: whole messages in, answers out, a review when it is due.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "review/lsp/server.h"

#define OUT_BYTES_MAX ((size_t)128 << 20)

static bool write_all(int fd, struct buf *out)
{
	size_t at = 0;
	while (at < out->len) {
		ssize_t n = write(fd, out->ptr + at, out->len - at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	bool ok = buf_ok(out);
	buf_clear(out);
	return ok;
}

/* Handles all whole messages that have arrived. False when the session is over. */
static bool take_messages(struct lsp *lsp, struct buf *in, struct buf *out)
{
	size_t at = 0;
	bool goes_on = true;
	while (goes_on) {
		struct error err = {.text = ""};
		struct slice body;
		size_t used;
		if (!is_ok(lsp_frame_next(slice_of(in->ptr + at, in->len - at), &err, &body, &used))) {
			(void)fprintf(stderr, "ward check --lsp: %s\n", err.text);
			return false;
		}
		if (used == 0)
			break;
		goes_on = lsp_take(lsp, body, out);
		at += used;
	}
	if (at)
		memmove(in->ptr, in->ptr + at, in->len - at);
	in->len -= at;
	return goes_on;
}

static bool read_more(struct buf *in, int fd)
{
	enum { PIECE = 65536 };
	char *room = buf_reserve(in, PIECE);
	if (!room)
		return false;
	ssize_t n = read(fd, room, PIECE);
	if (n > 0)
		in->len += (size_t)n;
	return n > 0 || (n < 0 && errno == EINTR);
}

int lsp_run(const struct lsp_options *options, int in_fd, int out_fd)
{
	CLEANUP_BUF struct buf in = BUF_INIT((size_t)LSP_BODY_BYTES_MAX * 2);
	CLEANUP_BUF struct buf out = BUF_INIT(OUT_BYTES_MAX);
	struct lsp *lsp = lsp_new(options);
	bool goes_on = lsp != NULL;
	while (goes_on) {
		struct pollfd wait = {.fd = in_fd, .events = POLLIN};
		int ready = poll(&wait, 1, lsp_due_ms(lsp));
		if (ready == 0)
			lsp_refresh(lsp, &out);
		else if (ready > 0)
			goes_on = read_more(&in, in_fd) && take_messages(lsp, &in, &out);
		goes_on = write_all(out_fd, &out) && goes_on && (ready >= 0 || errno == EINTR);
	}
	int code = lsp ? lsp_exit_code(lsp) : 1;
	lsp_free(lsp);
	return code;
}

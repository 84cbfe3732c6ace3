/*
 * What functions log, from the supervisor's pipe: a line each, "LEVEL TAB FUNCTION TAB REQUEST TAB TEXT", FUNCTION the number of
 * function_ref() in hexadecimal, line ends of the text as U+2028. The text is a guest's; the rest the supervisor's.
 */
#include <errno.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "os/clock.h"
#include "os/fd.h"
#include "proc/monitor/api.h"
#include "proc/monitor/history.h"

#define READ_BYTES 16384u
#define REST_READS_MAX 16u /* a pipe holds 64 KiB */

static uint64_t hex_of(struct slice text)
{
	uint64_t value = 0;
	for (size_t i = 0; i < text.len && i < 16; i++) {
		const char c = text.ptr[i];
		value = value << 4 | (uint64_t)(c >= 'a' ? c - 'a' + 10 : c - '0');
	}
	return value;
}

/* Line ends come back. */
static void unfold(struct slice text, struct buf *out)
{
	for (size_t i = 0; i < text.len; i++) {
		if (i + 2 < text.len && memcmp(text.ptr + i, "\xe2\x80\xa8", 3) == 0) {
			buf_add_char(out, '\n');
			i += 2;
		} else {
			buf_add_char(out, text.ptr[i]);
		}
	}
}

static void take_line(struct monitor_process *p, struct slice line)
{
	struct slice rest = line;
	enum history_level level = LEVEL_INFO;
	(void)history_level_of(slice_cut(&rest, '\t'), &level);
	const struct monitor_function *f = monitor_function_of(p->monitor, (uint32_t)hex_of(slice_cut(&rest, '\t')));
	const uint64_t request = hex_of(slice_cut(&rest, '\t'));
	CLEANUP_BUF struct buf text = BUF_INIT(HISTORY_ERROR_TEXT);
	if (!f || !rest.ptr)
		return;
	unfold(rest, &text);
	history_line(p->history, clock_unix_ms(), f->rollup, p->monitor->totals[f->rollup].name, level, request,
	    buf_slice(&text));
}

static void take_lines(struct monitor_process *p)
{
	struct slice rest = buf_slice(&p->log_bytes);
	for (const char *end; rest.len && (end = memchr(rest.ptr, '\n', rest.len));) {
		const size_t n = (size_t)(end - rest.ptr);
		take_line(p, slice_of(rest.ptr, n));
		rest = slice_of(rest.ptr + n + 1, rest.len - n - 1);
	}
	memmove(p->log_bytes.ptr, rest.ptr, rest.len);
	p->log_bytes.len = rest.len;
	/* A line that is longer than the buffer is none of the supervisor's. */
	if (!buf_ok(&p->log_bytes))
		buf_clear(&p->log_bytes);
}

/* Takes what one read gives; returns what it returned. */
static ssize_t take_bytes(struct monitor_process *p)
{
	char *room = buf_reserve(&p->log_bytes, READ_BYTES);
	const ssize_t n = room ? read(p->logs.fd, room, READ_BYTES) : 0;
	if (n > 0) {
		p->log_bytes.len += (size_t)n;
		take_lines(p);
	}
	return n;
}

static void logs_ready(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct monitor_process *p = CONTAINER_OF(watch, struct monitor_process, logs);
	(void)events;
	const ssize_t n = take_bytes(p);
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	loop_remove(loop, watch);
	close(watch->fd);
	watch->fd = -1;
}

void logs_rest(struct monitor_process *p)
{
	for (unsigned reads = 0; p->logs.fd >= 0 && reads < REST_READS_MAX && take_bytes(p) > 0; reads++)
		;
}

void logs_take(struct monitor_process *p, int *fd)
{
	struct error err = {0};
	p->log_bytes = BUF_INIT(8 * READ_BYTES);
	p->logs = (struct watch){fd_take(fd), logs_ready};
	if (!is_ok(loop_add(&p->child->loop, &p->logs, EPOLLIN, &err)))
		LOG_ERROR("cannot_read_logs", LOG_STR("why", err.text));
}

/*
 * STATE/monitor.sock, mode 0600. A connection gets one JSON text and is closed; nothing is read from it, so
 * there is nothing to parse. Whoever may open it is the operator. A reader that is slow waits in its own
 * buffer.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "os/clock.h"
#include "proc/monitor/monitor.h"

#define ANSWER_BYTES_MAX (64u << 20)
#define METRICS_BYTES_MAX (32u << 20)

static struct monitor_process *process_of(struct watch *listener)
{
	return CONTAINER_OF(listener, struct monitor_process, listener);
}

static void reader_done(struct loop *loop, struct monitor_reader *r)
{
	loop_remove(loop, &r->watch);
	close(r->watch.fd);
	buf_done(&r->answer);
	*r = (struct monitor_reader){.watch = {.fd = -1}};
}

static void reader_ready(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct monitor_reader *r = CONTAINER_OF(watch, struct monitor_reader, watch);
	(void)events;
	ssize_t n =
	    send(watch->fd, r->answer.ptr + r->at, r->answer.len - r->at, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	r->at += n > 0 ? (size_t)n : 0;
	if (n <= 0 || r->at == r->answer.len)
		reader_done(loop, r);
}

static result write_answer(struct monitor_process *p, struct buf *out, struct error *err)
{
	CLEANUP_BUF struct buf metrics = BUF_INIT(METRICS_BYTES_MAX);
	TRY(monitor_overview(p->monitor, clock_unix_ms() / 1000, apps_call_name, apps_contract, p, err, out));
	monitor_metrics(p->monitor, &metrics);
	buf_add_cstr(out, ",\"metrics\":\"");
	buf_add_json_escaped(out, buf_slice(&metrics));
	buf_add_cstr(out, "\"}\n");
	return buf_ok(out) && buf_ok(&metrics) ? RESULT_OK
					       : error_set(err, ERR_LIMIT, "there is too much to tell of");
}

void answer_accept(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct monitor_process *p = process_of(watch);
	struct monitor_reader *r = NULL;
	struct error err = {0};
	(void)events;
	int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	for (size_t i = 0; i < MONITOR_READERS_MAX && !r; i++)
		if (p->readers[i].watch.fd < 0)
			r = &p->readers[i];
	if (fd < 0)
		return;
	if (!r) {
		close(fd);
		return;
	}
	*r = (struct monitor_reader){.watch = {fd, reader_ready}, .answer = BUF_INIT(ANSWER_BYTES_MAX)};
	result told = write_answer(p, &r->answer, &err);
	if (is_ok(told))
		told = loop_add(loop, &r->watch, EPOLLOUT, &err);
	if (!is_ok(told)) {
		LOG_ERROR("cannot_answer", LOG_STR("why", err.text));
		reader_done(loop, r);
	}
}

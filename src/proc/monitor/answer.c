/*
 * STATE/monitor.sock, mode 0600: what operators ask over HTTP, for whoever may open the socket, which is the owner of the state
 * directory. One line is asked and answered:
 *
 *	TOP                                   one JSON text, for `ward top`
 *	GET /_ward/api/requests?limit=5       the status in digits, a line end, and the answer of docs/dashboard-api.md
 *	POST /_ward/api/actions {"action":…}  the same; the body has no line ends
 *
 * A reader that is slow waits in its own buffer; when too many wait, the one that has waited longest is let go.
 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "os/clock.h"
#include "proc/monitor/api.h"
#include "proc/monitor/budgets.h"

#define METRICS_BYTES_MAX (32u << 20)
#define REQUEST_BYTES_MAX (72u << 10)

static void reader_done(struct loop *loop, struct monitor_reader *r)
{
	loop_remove(loop, &r->watch);
	close(r->watch.fd);
	buf_done(&r->request);
	buf_done(&r->answer);
	*r = (struct monitor_reader){.watch = {.fd = -1}};
}

static void reader_send(struct loop *loop, struct watch *watch, uint32_t events)
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

static result write_top(struct monitor_process *p, struct buf *out, struct error *err)
{
	CLEANUP_BUF struct buf metrics = BUF_INIT(METRICS_BYTES_MAX);
	TRY(monitor_overview(p->monitor, clock_unix_ms() / 1000, apps_call_name, apps_contract, p, err, out));
	monitor_metrics(p->monitor, &metrics);
	budgets_metrics(p, clock_unix_ms(), &metrics);
	buf_add_cstr(out, ",\"budgets\":");
	struct json_writer w = {.out = out};
	budgets_write(p, clock_unix_ms(), &w);
	buf_add_cstr(out, ",\"metrics\":\"");
	buf_add_json_escaped(out, buf_slice(&metrics));
	buf_add_cstr(out, "\"}\n");
	return buf_ok(out) && buf_ok(&metrics) ? RESULT_OK
					       : error_set(err, ERR_LIMIT, "there is too much to tell of");
}

static void write_api(struct monitor_process *p, struct slice line, struct buf *out)
{
	struct slice rest = line;
	const struct slice method = slice_cut(&rest, ' ');
	struct slice query = slice_cut(&rest, ' ');
	const struct slice path = slice_cut(&query, '?');
	struct api_request q = {.p = p,
	    .post = slice_eq(method, SLICE("POST")),
	    .path = path,
	    .query = query,
	    .body = rest,
	    .operator= SLICE("owner"),
	    .now_ms = clock_unix_ms()};
	struct api_answer a = {.body = BUF_INIT(API_ANSWER_BYTES_MAX)};
	api_answer(&q, &a);
	/* What goes on is for those who listen over HTTP; of processes the supervisor has a socket of its own. */
	if (a.more != API_WHOLE)
		api_problem(&a, 400, "not-here", "This is answered over HTTP alone", NULL);
	buf_printf(out, "%d\n", a.status);
	buf_add_slice(out, buf_slice(&a.body));
	buf_done(&a.body);
}

static void answer(struct loop *loop, struct monitor_reader *r, struct slice line)
{
	struct monitor_process *p = r->owner;
	struct error err = {0};
	result told = RESULT_OK;
	if (slice_eq(line, SLICE("TOP")))
		told = write_top(p, &r->answer, &err);
	else
		write_api(p, line, &r->answer);
	r->watch.ready = reader_send;
	if (is_ok(told))
		told = loop_change(loop, &r->watch, EPOLLOUT, &err);
	if (!is_ok(told)) {
		LOG_ERROR("cannot_answer", LOG_STR("why", err.text));
		reader_done(loop, r);
	}
}

static void reader_take(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct monitor_reader *r = CONTAINER_OF(watch, struct monitor_reader, watch);
	(void)events;
	char *room = buf_reserve(&r->request, 4096);
	const ssize_t n = room ? read(watch->fd, room, 4096) : 0;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		reader_done(loop, r);
		return;
	}
	r->request.len += (size_t)n;
	const char *end = memchr(r->request.ptr, '\n', r->request.len);
	if (end)
		answer(loop, r, slice_of(r->request.ptr, (size_t)(end - r->request.ptr)));
}

/* A free place; the one that has waited longest makes room. */
static struct monitor_reader *place(struct loop *loop, struct monitor_process *p)
{
	struct monitor_reader *oldest = &p->readers[0];
	for (size_t i = 0; i < MONITOR_READERS_MAX; i++) {
		if (p->readers[i].watch.fd < 0)
			return &p->readers[i];
		if (p->readers[i].since_ms < oldest->since_ms)
			oldest = &p->readers[i];
	}
	reader_done(loop, oldest);
	return oldest;
}

void answer_accept(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct error err = {0};
	(void)events;
	const int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	struct monitor_process *p = CONTAINER_OF(watch, struct monitor_process, listener);
	struct monitor_reader *r = place(loop, p);
	*r = (struct monitor_reader){.watch = {fd, reader_take},
	    .owner = p,
	    .since_ms = loop->now_ms,
	    .request = BUF_INIT(REQUEST_BYTES_MAX),
	    .answer = BUF_INIT(API_ANSWER_BYTES_MAX)};
	if (!is_ok(loop_add(loop, &r->watch, EPOLLIN, &err))) {
		LOG_ERROR("cannot_answer", LOG_STR("why", err.text));
		reader_done(loop, r);
	}
}

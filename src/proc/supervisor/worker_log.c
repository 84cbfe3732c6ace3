/* What functions write. It comes by the worker's own pipe: whose it is, is known by that and by nothing it says. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "proc/supervisor/supervisor.h"

/* A pipe holds 64 KiB; one that is written to meanwhile keeps nobody. */
#define REST_READS_MAX 32u

/* One line that the function wrote: level, a tab, the request, a tab, the text. Attribution is ours, not its. */
static void log_guest_line(struct worker *w, struct slice line)
{
	struct slice rest = line;
	struct slice level = slice_cut(&rest, '\t');
	struct slice request = slice_cut(&rest, '\t');
	if (!rest.ptr) {
		rest = line;
		request = SLICE_NONE;
	}
	const bool thrown = slice_eq(level, SLICE("thrown"));
	enum log_level at = thrown || slice_eq(level, SLICE("error")) ? LOG_LEVEL_ERROR
			    : slice_eq(level, SLICE("warn"))	      ? LOG_LEVEL_WARN
								      : LOG_LEVEL_INFO;
	const struct image *image = image_of(w->owner, w->ref);
	CLEANUP_BUF struct buf text = BUF_INIT(4 * WORKER_LOG_LINE_BYTES_MAX);
	sourcemap_apply(
	    image ? image->functions[ref_index(w->ref)].map : NULL, SLICE("bundle.js"), rest, &text);
	LOG_AT(at, "function_log", LOG_STR("function", worker_function_name(w->owner, w->ref)),
	    LOG_SLICE("request", request), LOG_SLICE("text", buf_slice(&text)));
	watched_line(w->owner, level, w->ref, request, buf_slice(&text));
}

/* Takes what one read gives; returns what it returned. */
static ssize_t take_bytes(struct worker *w)
{
	char bytes[4096];
	const ssize_t n = read(w->log.fd, bytes, sizeof bytes);
	for (ssize_t i = 0; i < n; i++) {
		if (bytes[i] != '\n') {
			buf_add_char(&w->log_line, bytes[i]);
			continue;
		}
		if (w->log_line.len)
			log_guest_line(w, buf_slice(&w->log_line));
		buf_clear(&w->log_line);
	}
	return n;
}

void worker_log_ready(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct worker *w = CONTAINER_OF(watch, struct worker, log);
	(void)events;
	const ssize_t n = take_bytes(w);
	/* The rest may have been read ahead of the event that told of it. */
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	loop_remove(loop, watch);
	close(watch->fd);
	watch->fd = -1;
}

void worker_log_rest(struct worker *w)
{
	for (unsigned reads = 0; w->log.fd >= 0 && reads < REST_READS_MAX && take_bytes(w) > 0; reads++)
		;
}

/* What functions write. It comes by the worker's own pipe: whose it is, is known by that and by nothing it says. */
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "proc/supervisor/supervisor.h"

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

void worker_log_ready(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct worker *w = CONTAINER_OF(watch, struct worker, log);
	char bytes[4096];
	ssize_t n = read(watch->fd, bytes, sizeof bytes);
	(void)events;
	if (n <= 0) {
		loop_remove(loop, watch);
		close(watch->fd);
		watch->fd = -1;
		return;
	}
	for (ssize_t i = 0; i < n; i++) {
		if (bytes[i] != '\n') {
			buf_add_char(&w->log_line, bytes[i]);
			continue;
		}
		if (w->log_line.len)
			log_guest_line(w, buf_slice(&w->log_line));
		buf_clear(&w->log_line);
	}
}

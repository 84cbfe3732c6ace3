/* What the supervisor tells the monitor beside denials. It waits for nobody: what the pipe cannot take is lost. */
#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "os/fd.h"
#include "proc/supervisor/supervisor.h"

#define LINE_BYTES_MAX 4000u /* less than PIPE_BUF: a line is written whole or not at all */
#define STATUS_BYTES_MAX (1u << 20)

result watched_start(struct supervisor *s, const struct member *monitor, struct error *err)
{
	int ends[2];
	if (s->log_pipe >= 0)
		close(s->log_pipe);
	s->log_pipe = -1;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return error_errno(err, "cannot make a pipe for the monitor");
	CLEANUP_FD int theirs = ends[0];
	s->log_pipe = ends[1];
	return control_send(monitor->proc.control_fd, CONTROL_LOGS, 0, 0, 0, NULL, &theirs, 1, err);
}

/* The text with its line ends folded away, cut to what is left. */
static void fold(struct slice text, struct buf *out)
{
	for (size_t i = 0; i < text.len && out->len + 5 < LINE_BYTES_MAX; i++) {
		if (text.ptr[i] == '\n')
			buf_add_cstr(out, "\xe2\x80\xa8");
		else
			buf_add_char(out, text.ptr[i]);
	}
}

void watched_line(struct supervisor *s, struct slice level, uint32_t ref, struct slice request, struct slice text)
{
	CLEANUP_BUF struct buf line = BUF_INIT(LINE_BYTES_MAX + 64);
	if (s->log_pipe < 0 || level.len > 8 || request.len > 16)
		return;
	buf_printf(&line, "%.*s\t%08x\t%.*s\t", SLICE_ARG(level), ref, SLICE_ARG(request));
	fold(text, &line);
	buf_add_char(&line, '\n');
	const ssize_t n = write(s->log_pipe, line.ptr, line.len);
	(void)n;
}

void watched_processes(struct supervisor *s)
{
	const struct member *m = member_of(s, PROCESS_MONITOR, 0);
	CLEANUP_BUF struct buf json = BUF_INIT(STATUS_BYTES_MAX);
	CLEANUP_FD int fd = -1;
	status_describe(s, &json);
	if (m && m->state != MEMBER_DOWN && buf_ok(&json) && is_ok(fd_sealed("processes", buf_slice(&json), NULL, &fd)))
		ignore_result(control_send(m->proc.control_fd, CONTROL_PROCESSES, 0, 0, 0, NULL, &fd, 1, NULL));
}

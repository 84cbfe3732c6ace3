/*
 * The socket behind `ward ps`: STATE/ward.sock, mode 0600. A connection gets one JSON text and is closed; nothing is
 * read from it, so there is nothing to parse. Whoever may open it is the operator.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "os/clock.h"
#include "os/fd.h"
#include "proc/supervisor/supervisor.h"

#define STATUS_BYTES_MAX (1u << 20)

/*
 * Private memory in KiB; 0 when the process is gone. /proc/PID/smaps_rollup tells it exactly, but of processes that are not
 * dumpable only to root: for others it is what is resident less what is shared (proc(5), statm).
 */
static unsigned long memory_kib(pid_t pid)
{
	char path[64];
	char line[256];
	unsigned long kib = 0;
	unsigned long part, shared;
	(void)snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
	FILE *f = fopen(path, "re");
	const bool exact = f != NULL;
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "Private_Clean: %lu kB", &part) == 1 || sscanf(line, "Private_Dirty: %lu kB", &part) == 1)
			kib += part;
	if (f)
		(void)fclose(f);
	if (exact)
		return kib;
	(void)snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
	f = fopen(path, "re");
	if (f && fscanf(f, "%*u %lu %lu", &part, &shared) == 2 && part > shared)
		kib = (part - shared) * ((unsigned long)sysconf(_SC_PAGESIZE) / 1024);
	if (f)
		(void)fclose(f);
	return kib;
}

static void add_row(struct buf *out, const char *name, const char *function, uint32_t index, pid_t pid,
    const char *state, uint32_t restarts, uint64_t started_ms, const char *last_end)
{
	uint64_t now = clock_mono_ms();
	if (out->len > 1 && out->ptr[out->len - 1] == '}')
		buf_add_char(out, ',');
	buf_printf(out, "\n{\"name\":\"%s\",\"function\":\"%s\",\"index\":%u,\"pid\":%d,\"state\":\"%s\",\"restarts\":%u,"
			"\"memory_kib\":%lu,\"age_ms\":%llu,\"last_end\":\"%s\"}",
	    name, function, index, (int)pid, state, restarts, pid > 0 ? memory_kib(pid) : 0,
	    (unsigned long long)(started_ms ? now - started_ms : 0), last_end);
}

void status_describe(struct supervisor *s, struct buf *out)
{
	static const char *const member_states[] = {"down", "starting", "ready"};
	static const char *const worker_states[] = {"free", "spare", "starting", "ready", "ending"};
	buf_printf(out, "{\"app\":\"%.*s\",\"generation\":%u,\"denials\":%llu,\"processes\":[",
	    SLICE_ARG(s->image->contract.app), s->image->generation, (unsigned long long)s->denials);
	add_row(out, "supervisor", "", 0, getpid(), "ready", 0, 0, "");
	for (unsigned i = 0; i < s->member_count; i++) {
		const struct member *m = &s->members[i];
		add_row(out, m->manifest->name, "", m->index, m->state == MEMBER_DOWN ? 0 : m->proc.pid,
		    member_states[m->state], m->restarts, m->started_ms, m->last_end);
	}
	for (unsigned i = 0; i < WORKERS_MAX; i++) {
		const struct worker *w = &s->workers[i];
		if (w->state == WORKER_FREE)
			continue;
		uint32_t restarts = 0;
		const char *last = "";
		for (unsigned k = 0; k < s->function_count; k++)
			if (s->functions[k].ref == w->ref) {
				restarts = s->functions[k].restarts;
				last = s->functions[k].last_end;
			}
		const bool spare = w->ref == NO_FUNCTION;
		add_row(out, "worker", spare ? "" : worker_function_name(s, w->ref), spare ? w->number : ref_generation(w->ref),
		    w->pid, worker_states[w->state], restarts, w->started_ms, last);
	}
	buf_add_cstr(out, "]}\n");
}

static void status_ready(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct supervisor *s = CONTAINER_OF(watch, struct supervisor, status);
	(void)loop;
	(void)events;
	CLEANUP_FD int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	CLEANUP_BUF struct buf out = BUF_INIT(STATUS_BYTES_MAX);
	status_describe(s, &out);
	/* The text is smaller than a socket buffer; a reader that does not read loses it. */
	const int bytes = (int)STATUS_BYTES_MAX;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
	ssize_t n = send(fd, out.ptr, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)n;
}

result state_socket(const struct supervisor *s, const char *name, struct error *err, int *ret_fd)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int n = snprintf(at.sun_path, sizeof at.sun_path, "%s/%s", s->config->state_dir, name);
	if (n < 0 || (size_t)n >= sizeof at.sun_path)
		return error_set(err, ERR_LIMIT, "the state directory's path is too long for a socket");
	CLEANUP_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	(void)unlink(at.sun_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || fchmodat(AT_FDCWD, at.sun_path, 0600, 0) < 0 ||
	    listen(fd, 16) < 0)
		return error_errno(err, "cannot listen on %s", at.sun_path);
	*ret_fd = fd_take(&fd);
	return RESULT_OK;
}

result status_listen(struct supervisor *s, struct error *err)
{
	TRY(state_socket(s, "ward.sock", err, &s->status.fd));
	s->status.ready = status_ready;
	return loop_add(&s->loop, &s->status, EPOLLIN, err);
}

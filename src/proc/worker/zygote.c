/*
 * The zygote: holds the engine, initialised once, and forks workers, which learn later whose they are. It sees no
 * request, no function and no data. A worker is its child; it reports each end to the supervisor.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "os/fd.h"
#include "os/spawn.h"
#include "proc/process.h"
#include "proc/worker/worker.h"
#include "wasm/engine.h"

#define WORKERS_MAX 4096u

/* What a worker holds beside its log and its control socket, by number. */
#define ENGINE_FD 4
#define HIGH_FD 200

static struct {
	struct {
		pid_t pid;
		uint32_t number; /* the supervisor's */
	} workers[WORKERS_MAX];
	unsigned count;
	struct watch ends;
} zygote;

/* In the child: keeps exactly what a worker may hold, at fixed numbers, and closes all else. */
_Noreturn static void become_worker(const struct control_message *m, const int *fds)
{
	sigset_t none;
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_NAME, "worker");
	/*
	 * First out of the way, above any number that is a target; then to the targets. Nothing of the zygote's own lies
	 * that high, and whatever is not moved is closed.
	 */
	int high[2];
	for (int i = 0; i < 2; i++)
		if ((high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, HIGH_FD)) < 0)
			_exit(126);
	if (!is_ok(engine_process_move(HIGH_FD + 8, NULL)) || dup2(high[1], STDERR_FILENO) < 0 || dup2(high[1], STDOUT_FILENO) < 0 ||
	    dup3(high[0], SPAWN_CONTROL_FD, O_CLOEXEC) < 0 || !is_ok(engine_process_move(ENGINE_FD, NULL)) ||
	    syscall(SYS_close_range, ENGINE_FD + 1u, ~0u, 0) < 0)
		_exit(126);
	exit(worker_run(m->c));
}

static void start_worker(struct child *child, const struct control_message *m, int *fds)
{
	if (m->fd_count != 2 || zygote.count == WORKERS_MAX) {
		LOG_ERROR("cannot_start_worker", LOG_INT("descriptors", m->fd_count), LOG_INT("running", zygote.count));
		return;
	}
	pid_t pid = fork();
	if (pid == 0)
		become_worker(m, fds);
	if (pid < 0) {
		LOG_ERROR("cannot_fork", LOG_INT("errno", errno));
		return;
	}
	zygote.workers[zygote.count].pid = pid;
	zygote.workers[zygote.count++].number = m->b;
	CLEANUP_FD int pid_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	ignore_result(control_send(child->control_fd, CONTROL_WORKER_STARTED, (uint32_t)pid, m->b, 0, NULL, &pid_fd,
	    pid_fd >= 0 ? 1 : 0, NULL));
}

static void on_end(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct child *child = CONTAINER_OF(loop, struct child, loop);
	struct signalfd_siginfo info;
	(void)events;
	while (read(watch->fd, &info, sizeof info) == (ssize_t)sizeof info)
		;
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
		for (unsigned i = 0; i < zygote.count; i++)
			if (zygote.workers[i].pid == pid) {
				ignore_result(control_send(child->control_fd, CONTROL_WORKER_ENDED, (uint32_t)pid,
				    zygote.workers[i].number, (uint32_t)status, NULL, NULL, 0, NULL));
				zygote.workers[i] = zygote.workers[--zygote.count];
				break;
			}
}

static void on_control(struct child *child, const struct control_message *m, int *fds)
{
	if (m->type == CONTROL_WORKER_START)
		start_worker(child, m, fds);
}

static void on_bell(struct child *child)
{
	(void)child;
}

static result watch_ends(struct child *child, struct error *err)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return error_errno(err, "cannot block SIGCHLD");
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return error_errno(err, "cannot receive SIGCHLD");
	zygote.ends = (struct watch){fd, on_end};
	return loop_add(&child->loop, &zygote.ends, EPOLLIN, err);
}

static int zygote_run(struct child *child)
{
	struct error err = {0};
	child->on_control = on_control;
	child->on_bell = on_bell;
	result r = engine_process_init(&err);
	if (is_ok(r))
		r = watch_ends(child, &err);
	/*
	 * The zygote cannot hold the filter of a worker: one filter that reports to the supervisor rules out a second in
	 * its children. It never handles a byte of a guest; what confines it is that nothing but START reaches it.
	 */
	if (is_ok(r))
		r = control_send(child->control_fd, CONTROL_READY, 1, 0, 0, NULL, NULL, 0, &err);
	if (!is_ok(r))
		return child_fail(child, &err);
	loop_run(&child->loop);
	return 0;
}

static const enum control_type takes[] = {CONTROL_WORKER_START, CONTROL_TYPE_COUNT};

const struct process_manifest zygote_manifest = {
    .kind = PROCESS_ZYGOTE,
    .name = "zygote",
    .purpose = "Holds the initialised engine and forks workers.",
    .may = "fork",
    .restart_ms_min = 20,
    .restart_ms_max = 5000,
    .takes = takes,
    .run = zygote_run,
};

#include "os/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/fd.h"

result control_pair(struct error *err, int *ret_ours, int *ret_theirs)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return error_errno(err, "cannot make a control socket");
	*ret_ours = pair[0];
	*ret_theirs = pair[1];
	return RESULT_OK;
}

/* In the child: only async-signal-safe calls until exec. */
_Noreturn static void exec_child(const char *name, int control, int log, pid_t parent)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	/* The child dies with the supervisor, also when that is killed without a chance to say so. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(126);
	if (dup2(log, STDERR_FILENO) < 0 || dup2(log, STDOUT_FILENO) < 0)
		_exit(126);
	int null = open("/dev/null", O_RDONLY);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0)
		_exit(126);
	if (control == SPAWN_CONTROL_FD) {
		if (fcntl(control, F_SETFD, 0) < 0)
			_exit(126);
	} else if (dup2(control, SPAWN_CONTROL_FD) < 0) {
		_exit(126);
	}
	if (syscall(SYS_close_range, SPAWN_CONTROL_FD + 1, ~0u, 0) < 0)
		_exit(126);
	char *const argv[] = {(char[]){"ward"}, (char[]){"__process"}, strdup(name), NULL};
	char *const envp[] = {(char[]){"PATH=/usr/bin:/bin"}, (char[]){"TZ=UTC"}, NULL};
	execve("/proc/self/exe", argv, envp);
	_exit(127);
}

result spawn_process(const char *name, int log_fd, struct error *err, struct spawned *ret)
{
	CLEANUP_FD int ours = -1;
	CLEANUP_FD int theirs = -1;
	TRY(control_pair(err, &ours, &theirs));
	pid_t parent = getpid();
	pid_t pid = fork();
	if (pid < 0)
		return error_errno(err, "cannot fork %s", name);
	if (pid == 0)
		exec_child(name, theirs, log_fd, parent);
	int pid_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pid_fd < 0) {
		result r = error_errno(err, "cannot watch %s", name);
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		return r;
	}
	*ret = (struct spawned){pid, pid_fd, fd_take(&ours)};
	return RESULT_OK;
}

result spawn_reap(pid_t pid, struct error *err, int *ret_status)
{
	int status;
	pid_t ended = waitpid(pid, &status, WNOHANG);
	if (ended == 0)
		return error_set(err, ERR_NOT_FOUND, "process %d is running", (int)pid);
	if (ended < 0)
		return error_errno(err, "cannot reap process %d", (int)pid);
	*ret_status = status;
	return RESULT_OK;
}

void wait_status_text(int status, char *text, size_t size)
{
	if (WIFSIGNALED(status))
		(void)snprintf(text, size, "killed by SIG%s", sigabbrev_np(WTERMSIG(status)) ? sigabbrev_np(WTERMSIG(status)) : "?");
	else
		(void)snprintf(text, size, "exit %d", WEXITSTATUS(status));
}

void pin_to_cpu(unsigned cpu)
{
	cpu_set_t may, one;
	CPU_ZERO(&one);
	if (sched_getaffinity(0, sizeof may, &may) < 0 || CPU_COUNT(&may) == 0)
		return;
	unsigned at = cpu % (unsigned)CPU_COUNT(&may);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &may) && at-- == 0)
			CPU_SET(i, &one);
	(void)sched_setaffinity(0, sizeof one, &one);
}

void wake_how(enum wake how)
{
	const struct sched_param none = {0};
	(void)sched_setscheduler(0, how == WAKE_IN_TURN ? SCHED_BATCH : SCHED_OTHER, &none);
}

unsigned cpu_count(void)
{
	cpu_set_t may;
	if (sched_getaffinity(0, sizeof may, &may) < 0 || CPU_COUNT(&may) < 1)
		return 1;
	return (unsigned)CPU_COUNT(&may);
}

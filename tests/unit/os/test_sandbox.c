/* The lock holds: namespaces, landlock and the filter, each tried from inside by a process that would get out. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/sandbox.h"
#include "os/spawn.h"

static const struct syscall_rule few[] = {
    SYSCALL_ALLOW(exit_group, "end"),
    SYSCALL_ALLOW(write, "the answer"),
    SYSCALL_ALLOW_IF(fcntl, 1, 0xffffffff, F_GETFL, "a look"),
    SYSCALL_ALLOW_IF(mmap, 2, PROT_EXEC, 0, "memory, never executable"),
    SYSCALL_ALLOW_IF(sendmsg, 0, 0xffffffff, SPAWN_CONTROL_FD, "the notify descriptor"),
    SYSCALL_ALLOW(close, "the notify descriptor"),
#ifdef __SANITIZE_ADDRESS__
    SYSCALL_ALLOW(sigaltstack, "the sanitizer's own, before an end"),
#endif
    {.number = -1},
};
static const struct syscall_rule *const tables[] = {few, NULL};
static const struct sandbox locked = {
    .namespaces = SANDBOX_NS_NET | SANDBOX_NS_IPC | SANDBOX_NS_UTS | SANDBOX_NS_MOUNT, .tables = tables};
static const struct sandbox_user nobody = {65534, 65534};

/* Runs `act` in a child that has entered the sandbox; the child's exit code is what act returns. */
static int inside(int (*act)(void))
{
	pid_t pid = fork();
	if (pid == 0) {
		struct error err = {0};
		if (!is_ok(sandbox_enter(&locked, &nobody, &err))) {
			(void)fprintf(stderr, "%s\n", err.text);
			_exit(100);
		}
		_exit(act());
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int opens_nothing(void)
{
	const char *const paths[] = {"/", "/etc/passwd", "/proc/1/status", "/tmp", "/dev/null", "/proc/self/status", "/sys"};
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if (open(paths[i], O_RDONLY | O_CLOEXEC) >= 0)
			return 1;
	return open("/tmp/ward-sandbox-test", O_RDWR | O_CREAT | O_CLOEXEC, 0600) >= 0 ? 2 : 0;
}

static int has_no_network(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(9)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
		return 1;
	struct ifaddrs *list = NULL;
	int seen = 0;
	if (getifaddrs(&list) == 0)
		for (struct ifaddrs *i = list; i; i = i->ifa_next)
			seen += i->ifa_addr && i->ifa_addr->sa_family == AF_INET;
	return seen ? 2 : 0;
}

static int gains_no_privilege(void)
{
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 1;
	return geteuid() == 0 || setuid(0) == 0 ? 2 : 0;
}

static void entering_closes_files_network_and_privilege(void **state)
{
	(void)state;
	assert_int_equal(inside(opens_nothing), 0);
	assert_int_equal(inside(has_no_network), 0);
	assert_int_equal(inside(gains_no_privilege), 0);
}

union fd_message {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

/* A child behind the filter does `number`; the parent hears of it, then kills it. Returns what was heard, or -1. */
static int refused(long number, long first, long second, long third)
{
	int pipe_fds[2];
	assert_int_equal(pipe(pipe_fds), 0);
	int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct error err = {0};
		int notify = -1;
		if (dup2(pair[1], SPAWN_CONTROL_FD) < 0 || !is_ok(sandbox_enter(&locked, &nobody, &err)) ||
		    !is_ok(sandbox_filter(&locked, &err, &notify)))
			_exit(100);
		char byte = 1;
		struct iovec part = {&byte, 1};
		union fd_message c = {.head = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))}};
		struct msghdr msg = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof c};
		memcpy(CMSG_DATA(&c.head), &notify, sizeof notify);
		if (sendmsg(SPAWN_CONTROL_FD, &msg, 0) != 1)
			_exit(101);
		(void)syscall(number, first, second, third, 0, 0, 0);
		_exit(7);
	}
	close(pair[1]);
	char byte;
	struct iovec part = {&byte, 1};
	union fd_message c = {0};
	struct msghdr msg = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof c};
	assert_int_equal(recvmsg(pair[0], &msg, 0), 1);
	int notify;
	memcpy(&notify, CMSG_DATA(&c.head), sizeof notify);
	struct pollfd p = {.fd = notify, .events = POLLIN};
	int heard = -1;
	struct sandbox_refusal r;
	if (poll(&p, 1, 5000) == 1 && p.revents & POLLIN && is_ok(sandbox_refusal_read(notify, NULL, &r)))
		heard = r.number;
	(void)kill(pid, SIGKILL);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	/* Exit 7 means that the call went through. */
	if (heard >= 0)
		assert_true(WIFSIGNALED(status));
	close(notify);
	close(pair[0]);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	return heard;
}

static void calls_outside_the_table_are_heard_of_and_stop(void **state)
{
	(void)state;
	const long calls[] = {SYS_openat, SYS_socket, SYS_execve, SYS_ptrace, SYS_clone3, SYS_unshare, SYS_mount, SYS_io_uring_setup,
	    SYS_bpf, SYS_kill, SYS_process_vm_readv, SYS_memfd_create, SYS_setuid, SYS_keyctl, SYS_seccomp};
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		assert_int_equal(refused(calls[i], 0, 0, 0), calls[i]);
}

static void arguments_count(void **state)
{
	(void)state;
	assert_int_equal(refused(SYS_fcntl, 1, F_SETFL, 0), SYS_fcntl);
	assert_int_equal(refused(SYS_fcntl, 1, F_GETFL, 0), -1);
	assert_int_equal(refused(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC), SYS_mmap);
	assert_int_equal(refused(SYS_mmap, 0, 4096, PROT_READ), -1);
	assert_int_equal(refused(SYS_sendmsg, 5, 0, 0), SYS_sendmsg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(entering_closes_files_network_and_privilege),
	    cmocka_unit_test(calls_outside_the_table_are_heard_of_and_stop),
	    cmocka_unit_test(arguments_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

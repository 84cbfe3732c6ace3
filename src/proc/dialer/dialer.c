/*
 * The dialer: connects to the app's PostgreSQL server and hands the connected socket on, through the supervisor to the
 * broker. It is there so that the process with the data has no network and the one with the network no data: it knows one
 * place, which it got at its start, and reads and writes nothing on what it connects.
 *
 * It waits for whatever it does, one connection at a time: there is nothing else that it would hold up.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "os/fd.h"
#include "proc/process.h"

#define CONNECT_MS 5000

static const char *place_host;
static const char *place_port;

/* The broker's loop never waits for it, and a dead peer is noticed. */
static void set_up(int fd, int family)
{
	const int one = 1;
	const int idle_s = 30;
	if (family == AF_UNIX)
		return;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
}

static result connect_to(int family, const struct sockaddr *at, socklen_t at_bytes, struct error *err, int *ret_fd)
{
	CLEANUP_FD int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_errno(err, "no socket");
	if (connect(fd, at, at_bytes) < 0) {
		struct pollfd wait = {.fd = fd, .events = POLLOUT};
		int failure = errno;
		socklen_t size = sizeof failure;
		if (failure == EINPROGRESS && poll(&wait, 1, CONNECT_MS) == 1 &&
		    getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) < 0)
			failure = errno;
		errno = failure == EINPROGRESS ? ETIMEDOUT : failure;
		if (errno)
			return error_errno(err, "cannot reach the database server at %s", place_host);
	}
	set_up(fd, family);
	*ret_fd = fd_take(&fd);
	return RESULT_OK;
}

static result dial_path(struct error *err, int *ret_fd)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	if (snprintf(at.sun_path, sizeof at.sun_path, "%s", place_host) >= (int)sizeof at.sun_path)
		return error_set(err, ERR_LIMIT, "the path of the database server's socket is too long");
	return connect_to(AF_UNIX, (const struct sockaddr *)&at, sizeof at, err, ret_fd);
}

static result dial_host(struct error *err, int *ret_fd)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *found;
	int rc = getaddrinfo(place_host, place_port, &hints, &found);
	if (rc != 0)
		return error_set(err, ERR_SYSTEM, "cannot find the database server %s: %s", place_host, gai_strerror(rc));
	result r = error_set(err, ERR_SYSTEM, "the database server %s has no address", place_host);
	for (const struct addrinfo *a = found; a && !is_ok(r); a = a->ai_next)
		r = connect_to(a->ai_family, a->ai_addr, a->ai_addrlen, err, ret_fd);
	freeaddrinfo(found);
	return r;
}

static void on_control(struct child *child, const struct control_message *m, int *fds)
{
	struct error err = {0};
	CLEANUP_FD int fd = -1;
	(void)fds;
	if (m->type != CONTROL_SOCKET_WANTED)
		return;
	result r = place_host[0] == '/' ? dial_path(&err, &fd) : dial_host(&err, &fd);
	if (!is_ok(r))
		LOG_WARN("cannot_dial", LOG_STR("why", err.text));
	ignore_result(control_send(child->control_fd, CONTROL_SOCKET, 0, 0, 0, is_ok(r) ? NULL : err.text, &fd, is_ok(r) ? 1 : 0, NULL));
}

static void on_bell(struct child *child)
{
	(void)child;
}

static const struct sandbox_path paths[] = {{"/etc", SANDBOX_READ}, {NULL, SANDBOX_READ}};

static int dialer_run(struct child *child)
{
	struct error err = {0};
	char *end = strchr(child->setup_text, '\n');
	child->on_control = on_control;
	child->on_bell = on_bell;
	result r = end ? RESULT_OK : error_set(&err, ERR_INVALID, "SETUP without a place");
	if (end) {
		*end = '\0';
		place_host = child->setup_text;
		place_port = end + 1;
	}
	if (is_ok(r))
		r = child_lock(child, paths, &process_nobody, &err);
	if (is_ok(r))
		r = child_ready(child, &err);
	if (!is_ok(r))
		return child_fail(child, &err);
	loop_run(&child->loop);
	return 0;
}

static const struct syscall_rule dialer_syscalls[] = {
    SYSCALL_ALLOW(socket, "the connection, name resolution"),
    SYSCALL_ALLOW(connect, "the connection, name resolution"),
    SYSCALL_ALLOW(setsockopt, "TCP_NODELAY, keep-alive"),
    SYSCALL_ALLOW(getsockopt, "whether the connection stands"),
    SYSCALL_ALLOW(getsockname, "name resolution sorts addresses"),
    SYSCALL_ALLOW(bind, "name resolution asks for the machine's addresses"),
    SYSCALL_ALLOW(sendto, "name resolution"),
    SYSCALL_ALLOW(sendmmsg, "name resolution"),
    SYSCALL_ALLOW(recvfrom, "name resolution"),
    SYSCALL_ALLOW(recvmsg, "name resolution"),
    SYSCALL_ALLOW(ioctl, "name resolution asks how much has come"),
    SYSCALL_ALLOW(openat, "resolver configuration; landlock bounds the paths"),
    SYSCALL_ALLOW(stat, "resolver configuration"),
    SYSCALL_ALLOW(lseek, "resolver configuration"),
    SYSCALL_ALLOW(uname, "name resolution"),
    {.number = -1},
};

static const struct syscall_rule *const tables[] = {process_syscalls, dialer_syscalls, NULL};

static const enum control_type takes[] = {CONTROL_SOCKET_WANTED, CONTROL_TYPE_COUNT};

const struct process_manifest dialer_manifest = {
    .kind = PROCESS_DIALER,
    .name = "dialer",
    .purpose = "Connects to the app's PostgreSQL server and hands the connected sockets on; only there when the app has one.",
    .may = "connect to other hosts; no files but resolver configuration, no data",
    .sandbox = {.namespaces = SANDBOX_NS_IPC | SANDBOX_NS_UTS | SANDBOX_NS_MOUNT, .tables = tables, .files_max = 64},
    .restart_ms_min = 20,
    .restart_ms_max = 5000,
    .takes = takes,
    .run = dialer_run,
};

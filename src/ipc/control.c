#include "ipc/control.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "os/clock.h"

#define REFERENCES_WAIT_MS 1000u

result control_send(int fd, enum control_type type, uint32_t a, uint32_t b, uint32_t c, const char *text,
    const int *fds, unsigned fd_count, struct error *err)
{
	ASSERT(fd_count <= CONTROL_FDS_MAX);
	struct control_message message = {
	    .version = MESSAGES_VERSION, .type = type, .a = a, .b = b, .c = c, .fd_count = fd_count};
	if (text)
		(void)snprintf(message.text, sizeof message.text, "%s", text);
	struct iovec iov = {&message, sizeof message};
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * CONTROL_FDS_MAX)];
	} control = {0};
	struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};
	if (fd_count) {
		header.msg_control = control.room;
		header.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
		struct cmsghdr *c0 = CMSG_FIRSTHDR(&header);
		c0->cmsg_level = SOL_SOCKET;
		c0->cmsg_type = SCM_RIGHTS;
		c0->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
		memcpy(CMSG_DATA(c0), fds, sizeof(int) * fd_count);
	}
	/* ETOOMANYREFS: descriptors of others of this user are on their way, more than this process may open. They arrive. */
	const uint64_t give_up_ms = clock_mono_ms() + REFERENCES_WAIT_MS;
	ssize_t n;
	do
		n = sendmsg(fd, &header, MSG_NOSIGNAL);
	while (n < 0 && (errno == EINTR || (errno == ETOOMANYREFS && clock_mono_ms() < give_up_ms)));
	if (n == (ssize_t)sizeof message)
		return RESULT_OK;
	if (n < 0 && (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN))
		return error_set(err, ERR_CLOSED, "cannot send %s: the peer is gone", control_name(type));
	if (n < 0 && errno == EAGAIN)
		return error_set(err, ERR_LIMIT, "cannot send %s: the peer does not read", control_name(type));
	return error_errno(err, "cannot send %s", control_name(type));
}

static unsigned take_fds(struct msghdr *header, int fds[CONTROL_FDS_MAX])
{
	unsigned count = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		unsigned here = (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		const unsigned char *data = CMSG_DATA(c);
		for (unsigned i = 0; i < here; i++) {
			int fd;
			memcpy(&fd, data + i * sizeof fd, sizeof fd);
			if (count < CONTROL_FDS_MAX)
				fds[count++] = fd;
			else
				close(fd);
		}
	}
	return count;
}

static bool message_valid(const struct control_message *m, ssize_t n, int flags, unsigned fd_count)
{
	return n == (ssize_t)sizeof *m && !(flags & (MSG_TRUNC | MSG_CTRUNC)) && m->version == MESSAGES_VERSION &&
	       m->type < CONTROL_TYPE_COUNT && m->fd_count == fd_count &&
	       memchr(m->text, '\0', sizeof m->text) != NULL;
}

result control_receive(int fd, struct error *err, struct control_message *ret, int ret_fds[CONTROL_FDS_MAX])
{
	struct control_message message;
	struct iovec iov = {&message, sizeof message};
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * CONTROL_FDS_MAX)];
	} control;
	struct msghdr header = {
	    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
	int fds[CONTROL_FDS_MAX];
	ssize_t n;
	do
		n = recvmsg(fd, &header, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return error_set(err, ERR_NOT_FOUND, "no message");
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return error_set(err, ERR_CLOSED, "the peer is gone");
	if (n < 0)
		return error_errno(err, "cannot receive");
	unsigned count = take_fds(&header, fds);
	if (!message_valid(&message, n, header.msg_flags, count)) {
		for (unsigned i = 0; i < count; i++)
			close(fds[i]);
		return error_set(err, ERR_INVALID, "malformed control message of %zd bytes with %u descriptors", n, count);
	}
	memcpy(ret_fds, fds, sizeof(int) * count);
	*ret = message;
	return RESULT_OK;
}

result control_expect(int fd, enum control_type type, int timeout_ms, struct error *err,
    struct control_message *ret, int ret_fds[CONTROL_FDS_MAX])
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int n;
	do
		n = poll(&p, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return error_set(err, ERR_TIMEOUT, "no %s within %d ms", control_name(type), timeout_ms);
	struct control_message message;
	int fds[CONTROL_FDS_MAX];
	TRY(control_receive(fd, err, &message, fds));
	if (message.type != type) {
		for (unsigned i = 0; i < message.fd_count; i++)
			close(fds[i]);
		return error_set(err, ERR_INVALID, "expected %s, got %s%s%s", control_name(type),
		    control_name(message.type), message.text[0] ? ": " : "", message.text);
	}
	memcpy(ret_fds, fds, sizeof(int) * message.fd_count);
	*ret = message;
	return RESULT_OK;
}

/* Control messages: descriptors change hands exactly once, malformed datagrams close the peer and leak nothing. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ipc/control.h"
#include "os/spawn.h"

static int open_descriptors(void)
{
	int n = 0;
	DIR *d = opendir("/proc/self/fd");
	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void a_message_arrives_with_its_descriptors(void **state)
{
	(void)state;
	int ours, theirs, fds[CONTROL_FDS_MAX];
	struct error err;
	struct control_message m;
	assert_true(is_ok(control_pair(&err, &ours, &theirs)));
	const int sent[] = {STDIN_FILENO, STDERR_FILENO};
	assert_true(is_ok(control_send(ours, CONTROL_CHANNEL, 1, 2, 3, "text", sent, 2, &err)));
	assert_true(is_ok(control_receive(theirs, &err, &m, fds)));
	assert_int_equal(m.type, CONTROL_CHANNEL);
	assert_int_equal(m.b, 2);
	assert_string_equal(m.text, "text");
	assert_int_equal(m.fd_count, 2);
	assert_true(fcntl(fds[0], F_GETFD) & FD_CLOEXEC);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(control_receive(theirs, &err, &m, fds).code, ERR_NOT_FOUND);
	close(ours);
	assert_int_equal(control_receive(theirs, &err, &m, fds).code, ERR_CLOSED);
	close(theirs);
}

static void send_raw(int fd, const void *bytes, size_t n, const int *fds, size_t count)
{
	struct iovec part = {(void *)(uintptr_t)bytes, n};
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int) * 8)];
	} c = {.head = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int) * count)}};
	struct msghdr msg = {.msg_iov = &part, .msg_iovlen = 1};
	if (count) {
		msg.msg_control = &c;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * count);
		memcpy(CMSG_DATA(&c.head), fds, sizeof(int) * count);
	}
	assert_int_equal(sendmsg(fd, &msg, 0), (ssize_t)n);
}

static void malformed_messages_are_refused_and_leak_no_descriptor(void **state)
{
	(void)state;
	const int many[8] = {0, 0, 0, 0, 0, 0, 0, 0};
	struct control_message good = {.version = MESSAGES_VERSION, .type = CONTROL_READY, .text = "x"};
	struct control_message bad[6];
	for (size_t i = 0; i < 6; i++)
		bad[i] = good;
	bad[0].version = MESSAGES_VERSION + 1;
	bad[1].type = CONTROL_TYPE_COUNT;
	bad[2].fd_count = 1; /* announces one, brings none */
	memset(bad[3].text, 'x', sizeof bad[3].text); /* no end */
	const struct {
		const void *bytes;
		size_t n, fds;
	} attacks[] = {{&bad[0], sizeof good, 0}, {&bad[1], sizeof good, 0}, {&bad[2], sizeof good, 0}, {&bad[3], sizeof good, 0},
	    {&good, sizeof good - 1, 0}, {&good, sizeof good, 2}, {&good, sizeof good, 8}, {"x", 1, 1}};
	for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
		int ours, theirs, fds[CONTROL_FDS_MAX];
		struct error err;
		struct control_message m;
		assert_true(is_ok(control_pair(&err, &ours, &theirs)));
		int before = open_descriptors();
		send_raw(ours, attacks[i].bytes, attacks[i].n, many, attacks[i].fds);
		assert_int_equal(control_receive(theirs, &err, &m, fds).code, ERR_INVALID);
		assert_int_equal(open_descriptors(), before);
		close(ours);
		close(theirs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_message_arrives_with_its_descriptors),
	    cmocka_unit_test(malformed_messages_are_refused_and_leak_no_descriptor),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

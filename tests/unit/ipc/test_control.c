/* Control messages: descriptors change hands exactly once, malformed datagrams close the peer and leak nothing. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
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

#define FLIGHT 60
#define FEW 24

/* As somebody without rights: more descriptors on their way than one may open. 0: every message left. */
static int send_many_as_nobody(int fd)
{
	const struct rlimit few = {FEW, FEW};
	const int sent = STDIN_FILENO;
	struct error err;
	if (setrlimit(RLIMIT_NOFILE, &few) < 0 || setresuid(65533, 65533, 65533) < 0)
		return 2;
	for (int i = 0; i < FLIGHT; i++)
		if (!is_ok(control_send(fd, CONTROL_READY, 1, 0, 0, NULL, &sent, 1, &err)))
			return 1;
	return 0;
}

static void descriptors_of_others_on_their_way_are_waited_for(void **state)
{
	(void)state;
	int ours, theirs, fds[CONTROL_FDS_MAX], status, got = 0;
	struct error err;
	struct control_message m;
	if (geteuid() != 0)
		skip();
	assert_true(is_ok(control_pair(&err, &ours, &theirs)));
	const pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(send_many_as_nobody(ours));
	close(ours);
	usleep(100000);
	result r;
	while ((r = control_expect(theirs, CONTROL_READY, 2000, &err, &m, fds)).code == ERR_NONE) {
		got++;
		close(fds[0]);
		usleep(1000);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(got, FLIGHT);
	close(theirs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_message_arrives_with_its_descriptors),
	    cmocka_unit_test(malformed_messages_are_refused_and_leak_no_descriptor),
	    cmocka_unit_test(descriptors_of_others_on_their_way_are_waited_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * An open loop: requests are sent when they are due, whether or not answers come, so that a slow answer does
 *not slow the asking; what is due while no connection is free is counted and not asked. Light, since it runs
 *on the cores of the server that it measures: a tenth of what a script costs.
 *
 *	open-loop PORT RATE SECONDS SETTLE CONNECTIONS FILE...
 *
 * Each FILE is one whole HTTP/1.1 request; they are sent in turn. What was due in the first SETTLE seconds is
 *not counted. Prints one line of JSON: answers with status 200 a second, how many were answered with another,
 *how many found no connection, and the times in ms from when a request was due to the last byte of its 200.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "os/clock.h"

#define ANSWER_MAX 8192
#define REQUEST_MAX 8192
#define SECOND_NS 1000000000ull

struct request {
	char text[REQUEST_MAX];
	size_t bytes;
};

struct client {
	int fd;
	bool busy, counted;
	uint64_t due_ns;
	char answer[ANSWER_MAX];
	size_t bytes;
};

struct run {
	int epoll_fd;
	struct client *clients;
	unsigned *free;
	unsigned client_count, free_count;
	struct request *requests;
	unsigned request_count;
	double *took_ms;
	uint64_t answered, refused, unasked, sent;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void read_request(const char *path, struct request *ret)
{
	const int fd = open(path, O_RDONLY);
	const ssize_t n = fd < 0 ? -1 : read(fd, ret->text, sizeof ret->text);
	if (n <= 0)
		die(path);
	ret->bytes = (size_t)n;
	close(fd);
}

static void client_open(struct run *run, unsigned i, uint16_t port)
{
	struct client *c = &run->clients[i];
	const struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const int one = 1;
	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&to, sizeof to) < 0)
		die("cannot connect");
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
	if (epoll_ctl(run->epoll_fd, EPOLL_CTL_ADD, c->fd, &event) < 0)
		die("epoll");
	run->free[run->free_count++] = i;
}

/* The n-th request, due at due_ns. */
static void ask(struct run *run, uint64_t n, uint64_t due_ns, bool counted)
{
	if (run->free_count == 0) {
		run->unasked++;
		return;
	}
	struct client *c = &run->clients[run->free[--run->free_count]];
	const struct request *r = &run->requests[n % run->request_count];
	c->busy = true;
	c->counted = counted;
	c->due_ns = due_ns;
	c->bytes = 0;
	if (send(c->fd, r->text, r->bytes, MSG_NOSIGNAL) != (ssize_t)r->bytes)
		die("send");
	run->sent++;
}

/* Whether what has come is a whole answer with Content-Length; ward's always have one. */
static bool whole(const struct client *c)
{
	const char *end = memmem(c->answer, c->bytes, "\r\n\r\n", 4);
	if (!end)
		return false;
	static const char name[] = "content-length:";
	size_t length = 0;
	for (const char *at = c->answer; at + sizeof name < end; at++)
		if (strncasecmp(at, name, sizeof name - 1) == 0)
			length = strtoul(at + sizeof name - 1, NULL, 10);
	return c->bytes >= (size_t)(end + 4 - c->answer) + length;
}

static void take(struct run *run, unsigned i)
{
	struct client *c = &run->clients[i];
	const ssize_t n = recv(c->fd, c->answer + c->bytes, sizeof c->answer - 1 - c->bytes, 0);
	if (n <= 0) {
		fprintf(stderr, "open-loop: the server closed a connection\n");
		exit(1);
	}
	c->bytes += (size_t)n;
	c->answer[c->bytes] = '\0';
	if (!c->busy || !whole(c))
		return;
	c->busy = false;
	run->free[run->free_count++] = i;
	if (strncmp(c->answer, "HTTP/1.1 200", 12) != 0)
		run->refused++;
	else if (c->counted)
		run->took_ms[run->answered++] = (double)(clock_mono_ns() - c->due_ns) / 1e6;
}

/* What has come until then, at least once. */
static void take_until(struct run *run, uint64_t until_ns)
{
	struct epoll_event events[256];
	const uint64_t now = clock_mono_ns(), left = until_ns > now ? until_ns - now : 0;
	const struct timespec timeout = {(time_t)(left / SECOND_NS), (long)(left % SECOND_NS)};
	const int n = epoll_pwait2(run->epoll_fd, events, 256, &timeout, NULL);
	if (n < 0 && errno != EINTR)
		die("epoll");
	for (int i = 0; i < n; i++)
		take(run, events[i].data.u32);
}

static int ascending(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static double quantile(const struct run *run, double q)
{
	return run->answered ? run->took_ms[(uint64_t)((double)(run->answered - 1) * q)] : 0;
}

int main(int argc, char **argv)
{
	if (argc < 7) {
		fprintf(stderr, "usage: open-loop PORT RATE SECONDS SETTLE CONNECTIONS FILE...\n");
		return 2;
	}
	const double rate = atof(argv[2]), seconds = atof(argv[3]), settle = atof(argv[4]);
	struct run run = {.epoll_fd = epoll_create1(EPOLL_CLOEXEC),
	    .client_count = (unsigned)atoi(argv[5]),
	    .request_count = (unsigned)argc - 6};
	const uint64_t total = (uint64_t)(rate * seconds);
	run.clients = calloc(run.client_count, sizeof *run.clients);
	run.free = calloc(run.client_count, sizeof *run.free);
	run.requests = calloc(run.request_count, sizeof *run.requests);
	run.took_ms = calloc(total + 1, sizeof *run.took_ms);
	ASSERT(run.clients && run.free && run.requests && run.took_ms && run.epoll_fd >= 0);
	for (unsigned i = 0; i < run.request_count; i++)
		read_request(argv[6 + i], &run.requests[i]);
	for (unsigned i = 0; i < run.client_count; i++)
		client_open(&run, i, (uint16_t)atoi(argv[1]));
	const uint64_t began = clock_mono_ns();
	for (uint64_t n = 0; n < total;) {
		uint64_t due = began + (uint64_t)((double)n / rate * 1e9);
		for (; n < total && due <= clock_mono_ns();
		     due = began + (uint64_t)((double)++n / rate * 1e9))
			ask(&run, n, due, (double)(due - began) >= settle * 1e9);
		take_until(&run, due);
	}
	const double counted_s = (double)(clock_mono_ns() - began) / 1e9 - settle;
	while (run.free_count < run.client_count)
		take_until(&run, clock_mono_ns() + SECOND_NS / 10);
	qsort(run.took_ms, run.answered, sizeof *run.took_ms, ascending);
	printf("{\"goodput\":%.1f,\"answered\":%llu,\"refused\":%llu,\"unasked\":%llu,\"p50\":%.3f,\"p99\":%."
	       "3f}\n",
	    (double)run.answered / counted_s, (unsigned long long)run.answered,
	    (unsigned long long)run.refused, (unsigned long long)run.unasked, quantile(&run, 0.5),
	    quantile(&run, 0.99));
	return 0;
}

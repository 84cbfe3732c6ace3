/*
 * The egress process: the only network client. It fetches what the broker asks for, after the broker has checked the
 * contract, and holds the second half of the defence: whatever a name resolves to, a private, loopback, link-local or
 * otherwise special address is refused at the moment of connecting, so a resolver that changes its mind gains nothing.
 * Redirects are not followed, proxies and .netrc are not used.
 *
 * A secret that the broker put into a request is here for as long as the request: what carried it is wiped, and a host that
 * says it back does not hand it to the function that made the call.
 */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "http/head.h"
#include "ipc/records.h"
#include "os/clock.h"
#include "proc/address.h"
#include "proc/egress/egress.h"
#include "proc/egress/memory.h"
#include "proc/process.h"

#define FETCHES_MAX 256u
#define FETCH_HEADERS_MAX (64u << 10)
#define POLL_MS_MAX 1000

static struct {
	struct child *child;
	struct channel broker;
	bool broker_up;
	CURLM *multi;
	struct fetch fetches[FETCHES_MAX];
	int running;
} egress;

void egress_reply(uint32_t id, enum err_code code, long status, struct slice headers, struct slice body)
{
	const struct fetch_reply_head head = {.code = code,
	    .status = (uint32_t)status,
	    .headers_bytes = (uint32_t)headers.len,
	    .body_bytes = (uint32_t)body.len};
	const struct slice parts[] = {slice_of((const char *)&head, sizeof head), headers, body};
	if (egress.broker_up)
		ignore_result(channel_send(&egress.broker, RECORD_FETCH_REPLY, id, parts, 3, NULL));
}

static void fetch_done(struct fetch *f)
{
	if (f->curl) {
		curl_multi_remove_handle(egress.multi, f->curl);
		curl_easy_cleanup(f->curl);
	}
	curl_slist_free_all(f->headers);
	if (f->body)
		explicit_bzero(f->body, f->body_bytes);
	free(f->body);
	mask_done(&f->mask);
	buf_done(&f->response_headers);
	buf_done(&f->response_body);
	*f = (struct fetch){0};
}

static void note_refused(struct fetch *f, const struct sockaddr *address, enum address_kind kind, const char *what)
{
	char text[INET6_ADDRSTRLEN] = "?";
	const void *bytes = address->sa_family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
							   : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
	(void)inet_ntop(address->sa_family, bytes, text, sizeof text);
	(void)snprintf(f->refused, sizeof f->refused, "host %s leads to %s, which is %s%s", f->host, text, what,
	    kind == ADDRESS_PRIVATE ? "; `private: true` beside the host would allow it" : "");
}

/* Called with the very address that will be connected to: nothing can change between this check and its use. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct fetch *f = context;
	if (purpose != CURLSOCKTYPE_IPCXN)
		return CURL_SOCKET_BAD;
	const char *what;
	const enum address_kind kind = address_kind(&address->addr, &what);
	if (kind == ADDRESS_FORBIDDEN || (kind == ADDRESS_PRIVATE && !f->private_ok)) {
		note_refused(f, &address->addr, kind, what);
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t take_bytes(char *bytes, size_t size, size_t count, void *context)
{
	struct buf *b = context;
	buf_add(b, bytes, size * count);
	/* A short count makes libcurl end the transfer. */
	return buf_ok(b) ? size * count : 0;
}

struct fetch *fetch_new(uint32_t id, struct slice host, struct slice body, size_t response_bytes_max)
{
	struct fetch *f = NULL;
	for (size_t i = 0; i < FETCHES_MAX && !f; i++)
		if (!egress.fetches[i].used)
			f = &egress.fetches[i];
	if (!f) {
		egress_reply(id, ERR_LIMIT, 0, SLICE_NONE, SLICE("too many outbound requests at once"));
		return NULL;
	}
	*f = (struct fetch){.used = true,
	    .id = id,
	    .curl = curl_easy_init(),
	    .body = malloc(body.len + 1),
	    .body_bytes = body.len,
	    .response_headers = BUF_SECRET(FETCH_HEADERS_MAX),
	    .response_body = BUF_SECRET(response_bytes_max)};
	if (f->body && body.len)
		memcpy(f->body, body.ptr, body.len);
	(void)snprintf(f->host, sizeof f->host, "%.*s", SLICE_ARG(host));
	if (f->curl && f->body)
		return f;
	fetch_start(f, false);
	return NULL;
}

void fetch_start(struct fetch *f, bool ok)
{
	if (ok && curl_multi_add_handle(egress.multi, f->curl) == CURLM_OK)
		return;
	egress_reply(f->id, ERR_INVALID, 0, SLICE_NONE, SLICE("the request cannot be made"));
	fetch_done(f);
}

bool fetch_add_line(struct fetch *f, struct slice line)
{
	CLEANUP_BUF struct buf text = BUF_SECRET(FETCH_HEADERS_MAX);
	buf_add(&text, line.ptr, line.len && line.ptr[line.len - 1] == '\r' ? line.len - 1 : line.len);
	buf_add_char(&text, '\0');
	struct curl_slist *next = buf_ok(&text) ? curl_slist_append(f->headers, text.ptr) : NULL;
	if (next)
		f->headers = next;
	return next != NULL;
}

static bool add_headers(struct fetch *f, struct slice lines)
{
	while (lines.len > 0)
		if (!fetch_add_line(f, slice_cut(&lines, '\n')))
			return false;
	return true;
}

bool fetch_configure(struct fetch *f, const char *url, const char *protocols, uint32_t timeout_ms)
{
	CURL *c = f->curl;
	bool ok = true;
#define SET(option, value) ok = ok && curl_easy_setopt(c, option, value) == CURLE_OK
	SET(CURLOPT_URL, url);
	/* HTTP/2 would keep header values in its compression table for as long as the connection. */
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_PROTOCOLS_STR, protocols);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)(timeout_ms < 5000 ? timeout_ms : 5000));
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_OPENSOCKETDATA, f);
	SET(CURLOPT_WRITEFUNCTION, take_bytes);
	SET(CURLOPT_WRITEDATA, &f->response_body);
	SET(CURLOPT_HEADERFUNCTION, take_bytes);
	SET(CURLOPT_HEADERDATA, &f->response_headers);
	SET(CURLOPT_ERRORBUFFER, f->error);
	SET(CURLOPT_PRIVATE, f);
	return ok;
}

static bool configure(struct fetch *f, const struct fetch_head *head, const char *url)
{
	CURL *c = f->curl;
	bool ok = fetch_configure(f, url, head->tls ? "https" : "http", head->timeout_ms);
	SET(CURLOPT_HTTPHEADER, f->headers);
	SET(CURLOPT_CUSTOMREQUEST, http_method_name((enum http_method)head->method));
	if (head->method == HTTP_HEAD)
		SET(CURLOPT_NOBODY, 1L);
	if (head->body_bytes) {
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)head->body_bytes);
		SET(CURLOPT_POSTFIELDS, f->body);
	}
#undef SET
	return ok;
}

static void http_start(const struct record *record)
{
	struct fetch_head head;
	struct slice parts[5];
	char url[8192];
	if (!is_ok(record_split(record->payload, &head, sizeof head, NULL)) ||
	    !is_ok(record_parts(record->payload, sizeof head,
		(const uint32_t[]){head.host_bytes, head.path_bytes, head.headers_bytes, head.body_bytes, head.secret_name_bytes},
		5, parts, NULL)) ||
	    head.secret_at > parts[2].len || head.secret_bytes > parts[2].len - head.secret_at ||
	    head.method >= HTTP_METHOD_COUNT) {
		egress_reply(record->id, ERR_INVALID, 0, SLICE_NONE, SLICE("malformed request"));
		return;
	}
	bool v6 = memchr(parts[0].ptr, ':', parts[0].len) != NULL;
	int n = snprintf(url, sizeof url, v6 ? "%s://[%.*s]:%u%.*s" : "%s://%.*s:%u%.*s", head.tls ? "https" : "http",
	    SLICE_ARG(parts[0]), head.port, SLICE_ARG(parts[1]));
	struct fetch *f = fetch_new(record->id, parts[0], parts[3], head.response_bytes_max);
	if (!f)
		return;
	f->private_ok = head.private_ok != 0;
	if (head.secret_bytes)
		mask_add(&f->mask, parts[4], slice_of(parts[2].ptr + head.secret_at, head.secret_bytes));
	fetch_start(f, n > 0 && (size_t)n < sizeof url && mask_ok(&f->mask) && add_headers(f, parts[2]) && configure(f, &head, url));
}

/* What the host answered, without the secret that it was sent. */
static void reply_response(struct fetch *f, long status)
{
	CLEANUP_BUF struct buf headers = BUF_INIT(FETCH_HEADERS_MAX);
	CLEANUP_BUF struct buf body = BUF_INIT(f->response_body.cap);
	const bool in_headers = mask_text(&f->mask, buf_slice(&f->response_headers), &headers);
	const bool in_body = mask_text(&f->mask, buf_slice(&f->response_body), &body);
	if (buf_ok(&headers) && buf_ok(&body))
		egress_reply(f->id, ERR_NONE, status, buf_slice(in_headers ? &headers : &f->response_headers),
		    buf_slice(in_body ? &body : &f->response_body));
	else
		egress_reply(f->id, ERR_LIMIT, 0, SLICE_NONE, SLICE("the response is larger than the contract allows"));
}

static void finish_fetch(struct fetch *f, CURLcode code)
{
	long status = 0;
	(void)curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_OK) {
		reply_response(f, status);
	} else if (f->refused[0]) {
		/* The detail is for the author: what lies inside the network is not the function's to learn. */
		egress_reply(f->id, ERR_DENIED, 0, slice_cstr(f->refused), SLICE("the host leads to an address that it may not have"));
	} else if (!buf_ok(&f->response_body) || !buf_ok(&f->response_headers)) {
		egress_reply(f->id, ERR_LIMIT, 0, SLICE_NONE, SLICE("the response is larger than the contract allows"));
	} else if (code == CURLE_OPERATION_TIMEDOUT) {
		egress_reply(f->id, ERR_TIMEOUT, 0, SLICE_NONE, SLICE("the host did not answer in time"));
	} else {
		LOG_WARN("fetch_failed", LOG_STR("why", f->error[0] ? f->error : curl_easy_strerror(code)));
		egress_reply(f->id, ERR_SYSTEM, status, SLICE_NONE, SLICE("the host could not be reached"));
	}
	fetch_done(f);
}

static void take_finished(void)
{
	int left;
	for (CURLMsg *m; (m = curl_multi_info_read(egress.multi, &left)) != NULL;) {
		struct fetch *f = NULL;
		if (m->msg != CURLMSG_DONE || curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &f) != CURLE_OK || !f)
			continue;
		finish_fetch(f, m->data.result);
	}
}

static void drain_broker(void)
{
	struct record record;
	while (egress.broker_up && is_ok(channel_next(&egress.broker, NULL, &record)))
		if (record.type == RECORD_FETCH)
			http_start(&record);
		else if (record.type == RECORD_MAIL)
			mail_start(&record);
}

static void on_control(struct child *child, const struct control_message *m, int *fds)
{
	struct error err = {0};
	(void)child;
	if (egress.broker_up)
		channel_done(&egress.broker);
	egress.broker_up = false;
	/* Answers for a broker that is gone have no reader. */
	for (size_t i = 0; i < FETCHES_MAX; i++)
		if (egress.fetches[i].used)
			fetch_done(&egress.fetches[i]);
	if (m->type != CONTROL_CHANNEL || m->fd_count != 2)
		return;
	egress.broker_up = is_ok(channel_open(&egress.broker, fds[0], 1, fds[1], &err));
	if (egress.broker_up)
		fds[1] = -1;
	else
		LOG_ERROR("cannot_open_channel", LOG_STR("why", err.text));
}

static void on_bell(struct child *child)
{
	(void)child;
}

/* libcurl waits on its sockets and on our epoll set together. */
static void run(struct child *child)
{
	struct curl_waitfd ours = {.fd = child->loop.epoll_fd, .events = CURL_WAIT_POLLIN};
	for (;;) {
		loop_turn(&child->loop, 0);
		drain_broker();
		(void)curl_multi_perform(egress.multi, &egress.running);
		take_finished();
		if (egress.broker_up)
			channel_flush(&egress.broker);
		if (egress.broker_up && !channel_may_sleep(&egress.broker)) {
			channel_awake(&egress.broker);
			continue;
		}
		(void)curl_multi_poll(egress.multi, &ours, 1, POLL_MS_MAX, NULL);
		if (egress.broker_up)
			channel_awake(&egress.broker);
	}
}

static const struct sandbox_path paths[] = {{"/etc", SANDBOX_READ}, {"/usr/share/ca-certificates", SANDBOX_READ},
    {"/usr/lib/ssl", SANDBOX_READ}, {NULL, SANDBOX_READ}};

static int egress_run(struct child *child)
{
	struct error err = {0};
	egress.child = child;
	child->on_control = on_control;
	child->on_bell = on_bell;
	result r = memory_start_curl(&err);
	if (is_ok(r) && !(egress.multi = curl_multi_init()))
		r = error_set(&err, ERR_SYSTEM, "libcurl does not start");
	if (is_ok(r))
		r = child_lock(child, paths, &process_nobody, &err);
	if (is_ok(r))
		r = child_ready(child, &err);
	if (!is_ok(r))
		return child_fail(child, &err);
	run(child);
	return 0;
}

static const struct syscall_rule egress_syscalls[] = {
    SYSCALL_ALLOW(socket, "connections to allowed hosts, name resolution"),
    SYSCALL_ALLOW(connect, "connections to allowed hosts, name resolution"),
    SYSCALL_ALLOW(bind, "name resolution"),
    SYSCALL_ALLOW(getsockname, "libcurl records its own address"),
    SYSCALL_ALLOW(sendmmsg, "name resolution"),
    SYSCALL_ALLOW(recvmsg, "name resolution"),
    SYSCALL_ALLOW(sendmsg, "name resolution"),
    SYSCALL_ALLOW(ioctl, "name resolution asks how much has come"),
    SYSCALL_ALLOW(socketpair, "libcurl wakes its own poll"),
    SYSCALL_ALLOW(pipe2, "libcurl wakes its own poll"),
    SYSCALL_ALLOW(eventfd2, "libcurl wakes its own poll"),
    SYSCALL_ALLOW(fcntl, "non-blocking sockets"),
    SYSCALL_ALLOW(openat, "certificates and resolver configuration; landlock bounds the paths"),
    SYSCALL_ALLOW(getdents64, "the directory of certificates"),
    SYSCALL_ALLOW(stat, "certificates and resolver configuration"),
    SYSCALL_ALLOW(lseek, "certificates and resolver configuration"),
    SYSCALL_ALLOW(access, "resolver configuration"),
    SYSCALL_ALLOW(uname, "name resolution"),
    SYSCALL_ALLOW(clone3, "a thread a name resolution"),
    SYSCALL_ALLOW(clone, "a thread a name resolution"),
    SYSCALL_ALLOW(set_robust_list, "start of a thread"),
    SYSCALL_ALLOW(rseq, "start of a thread"),
    SYSCALL_ALLOW(rt_sigaction, "libcurl sets its signals aside"),
    SYSCALL_ALLOW(sigaltstack, "OpenSSL's random generator"),
    SYSCALL_ALLOW(prctl, "names of threads"),
    SYSCALL_ALLOW(geteuid, "OpenSSL's environment"),
    {.number = -1},
};

static const struct syscall_rule *const tables[] = {process_syscalls, socket_syscalls, egress_syscalls, NULL};

static const enum control_type takes[] = {CONTROL_CHANNEL, CONTROL_CHANNEL_GONE, CONTROL_TYPE_COUNT};

const struct process_manifest egress_manifest = {
    .kind = PROCESS_EGRESS,
    .name = "egress",
    .purpose = "Makes the outbound requests that contracts allow, to public addresses, and sends mails.",
    .may = "connect to other hosts; no files but certificates and resolver configuration",
    .sandbox = {.namespaces = SANDBOX_NS_IPC | SANDBOX_NS_UTS | SANDBOX_NS_MOUNT, .tables = tables, .files_max = 2048},
    .restart_ms_min = 20,
    .restart_ms_max = 5000,
    .takes = takes,
    .run = egress_run,
};

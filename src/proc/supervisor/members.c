/* The fixed processes: starting, readiness, death, back-off. A process that ends takes with it what shared memory with it. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "base/size.h"
#include "observe/budget.h"
#include "observe/gcra.h"
#include "observe/record_ring.h"
#include "observe/tally.h"
#include "os/clock.h"
#include "os/fd.h"
#include "proc/countries.h"
#include "proc/supervisor/supervisor.h"

#define LISTEN_BACKLOG 1024
/* Callers that a rate limit knows at the same time, on the whole machine: 16 bytes each. */
#define RATE_KEYS 65536u
/* Names that have had a budget since ward was started: those of this contract, and of others before it. */
#define BUDGET_NAMES 2048u
#define RING_RECORDS 8192u /* two megabytes a gateway: a fifth of a second of its busiest */
#define STEADY_MS 10000 /* a process that lived this long starts its back-off anew */

struct member *member_of(struct supervisor *s, enum process_kind kind, uint32_t index)
{
	for (unsigned i = 0; i < s->member_count; i++)
		if (s->members[i].manifest->kind == kind && s->members[i].index == index)
			return &s->members[i];
	return NULL;
}

bool members_ready(const struct supervisor *s)
{
	for (unsigned i = 0; i < s->member_count; i++)
		if (s->members[i].state != MEMBER_READY)
			return false;
	return true;
}

static result listen_on(const struct supervisor_config *c, struct error *err, int *ret_fd)
{
	const struct addrinfo hints = {
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found;
	int rc = getaddrinfo(c->host, c->port, &hints, &found);
	if (rc != 0)
		return error_set(err, ERR_INVALID, "cannot listen on %s:%s: %s", c->host, c->port, gai_strerror(rc));
	const int one = 1;
	CLEANUP_FD int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
		  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) == 0 &&
		  bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, LISTEN_BACKLOG) == 0;
	freeaddrinfo(found);
	if (!ok)
		return error_errno(err, "cannot listen on %s:%s", c->host, c->port);
	*ret_fd = fd_take(&fd);
	return RESULT_OK;
}

/*
 * SO_REUSEPORT lets any process of the same user join a port: the first of ours must find it free, or another ward
 * would silently share its callers.
 */
static result port_is_free(const struct supervisor_config *c, struct error *err)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found;
	int rc = getaddrinfo(c->host, c->port, &hints, &found);
	if (rc != 0)
		return error_set(err, ERR_INVALID, "cannot listen on %s:%s: %s", c->host, c->port, gai_strerror(rc));
	const int one = 1;
	CLEANUP_FD int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
		  bind(fd, found->ai_addr, found->ai_addrlen) == 0;
	result r = ok ? RESULT_OK : error_errno(err, "cannot listen on %s:%s", c->host, c->port);
	freeaddrinfo(found);
	return r;
}

static void add_member(struct supervisor *s, const struct process_manifest *manifest, uint32_t index)
{
	ASSERT(s->member_count < MEMBERS_MAX);
	s->members[s->member_count++] = (struct member){.owner = s,
	    .manifest = manifest,
	    .index = index,
	    .proc = {.pid_fd = -1, .control_fd = -1},
	    .notify = {.fd = -1},
	    .bell_fd = -1,
	    .setup_fd = -1,
	    .shared_fd = -1,
	    .budgets_fd = -1,
	    .counts_fd = -1,
	    .countries_fd = -1,
	    .ring_fd = -1,
	    .backoff_ms = manifest->restart_ms_min};
}

/* The broker works in the state directory: it gets the directory, not its name. */
static result open_state(struct supervisor *s, struct error *err)
{
	const char *dir = s->config->state_dir;
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return error_errno(err, "cannot make the state directory %s", dir);
	s->members[s->member_count - 1].setup_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->members[s->member_count - 1].setup_fd < 0)
		return error_errno(err, "cannot open the state directory %s", dir);
	return RESULT_OK;
}

/*
 * The monitor gets a directory of its own below the state directory, of the same owner: what it may write holds no data
 * of the app. Its socket is made here, so that whoever asks while it is restarted waits instead of failing.
 */
static result open_monitor(struct supervisor *s, struct error *err)
{
	struct member *m = &s->members[s->member_count - 1];
	const struct member *broker = member_of(s, PROCESS_BROKER, 0);
	ASSERT(broker);
	const int state = broker->setup_fd;
	struct stat st;
	if (mkdirat(state, "monitor", 0700) < 0 && errno != EEXIST)
		return error_errno(err, "cannot make %s/monitor", s->config->state_dir);
	m->setup_fd = openat(state, "monitor", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (m->setup_fd < 0 || fstat(state, &st) < 0)
		return error_errno(err, "cannot open %s/monitor", s->config->state_dir);
	if (geteuid() == 0 && fchown(m->setup_fd, st.st_uid, st.st_gid) < 0)
		return error_errno(err, "cannot give %s/monitor to its owner", s->config->state_dir);
	m->budgets_fd = s->budgets_fd;
	return state_socket(s, "monitor.sock", err, &m->shared_fd);
}

static result open_gateway(struct supervisor *s, struct error *err)
{
	struct member *m = &s->members[s->member_count - 1];
	m->shared_fd = s->rates_fd;
	m->budgets_fd = s->budgets_fd;
	m->counts_fd = s->counts_fd;
	m->countries_fd = s->countries_fd;
	TRY(record_ring_create(RING_RECORDS, err, &m->ring_fd));
	return listen_on(s->config, err, &m->setup_fd);
}

result members_init(struct supervisor *s, struct error *err)
{
	TRY(port_is_free(s->config, err));
	/* In the order in which they are needed: who is started later is wired to who is there. */
	add_member(s, &zygote_manifest, 0);
	add_member(s, &egress_manifest, 0);
	if (s->config->database->remote)
		add_member(s, &dialer_manifest, 0);
	add_member(s, &broker_manifest, 0);
	TRY(open_state(s, err));
	TRY(gcra_memory(RATE_KEYS, err, &s->rates_fd));
	TRY(budgets_memory(BUDGET_NAMES, err, &s->budgets_fd));
	if (s->config->countries)
		TRY(countries_read(s->config->countries, err, &s->countries_fd));
	TRY(tally_memory(CONCURRENCY_GENERATIONS * CONCURRENCY_FUNCTIONS, err, &s->counts_fd));
	for (uint32_t i = 0; i < s->gateway_count; i++) {
		add_member(s, &gateway_manifest, i);
		TRY(open_gateway(s, err));
	}
	add_member(s, &monitor_manifest, 0);
	TRY(open_monitor(s, err));
	for (unsigned i = 0; i < s->member_count; i++)
		TRY(member_start(&s->members[i], err));
	return RESULT_OK;
}

static void close_watch(struct loop *loop, struct watch *w)
{
	if (w->fd < 0)
		return;
	loop_remove(loop, w);
	close(w->fd);
	w->fd = -1;
}

/* One place where a member changes state, so that the log tells its life. */
static void set_state(struct member *m, enum member_state state)
{
	static const char *const names[] = {"down", "starting", "ready"};
	LOG_DEBUG("member_state", LOG_STR("name", m->manifest->name), LOG_INT("index", m->index),
	    LOG_STR("from", names[m->state]), LOG_STR("to", names[state]));
	m->state = state;
}

static void member_down(struct member *m, const char *how)
{
	struct supervisor *s = m->owner;
	set_state(m, MEMBER_DOWN);
	(void)snprintf(m->last_end, sizeof m->last_end, "%s", how);
	close_watch(&s->loop, &m->control);
	close_watch(&s->loop, &m->death);
	close_watch(&s->loop, &m->notify);
	m->proc = (struct spawned){.pid_fd = -1, .control_fd = -1};
	if (m->bell_fd >= 0)
		close(m->bell_fd);
	m->bell_fd = -1;
	if (s->stopping)
		return;
	uint64_t now = clock_mono_ms();
	if (now - m->started_ms > STEADY_MS)
		m->backoff_ms = m->manifest->restart_ms_min;
	m->retry_at_ms = now + m->backoff_ms;
	m->backoff_ms = (uint32_t)size_min(m->backoff_ms * 2, m->manifest->restart_ms_max);
	m->restarts++;
	LOG_WARN("process_ended", LOG_STR("name", m->manifest->name), LOG_INT("index", m->index), LOG_STR("how", how),
	    LOG_INT("restart_in_ms", (int64_t)(m->retry_at_ms - now)));
	/* Workers hold channels to gateways and broker, and are children of the zygote: none outlives one of them. */
	if (m->manifest->kind != PROCESS_EGRESS && m->manifest->kind != PROCESS_MONITOR && m->manifest->kind != PROCESS_DIALER)
		workers_drop(s, m->manifest->name);
	unwire_member(s, m);
}

static void death_ready(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct member *m = CONTAINER_OF(watch, struct member, death);
	(void)loop;
	(void)events;
	int status = 0;
	char how[64];
	struct error err = {0};
	if (!is_ok(spawn_reap(m->proc.pid, &err, &status)))
		return;
	wait_status_text(status, how, sizeof how);
	member_down(m, how);
}

bool refusal_take(struct loop *loop, struct watch *watch, uint32_t events, struct sandbox_refusal *ret)
{
	if (events & (EPOLLHUP | EPOLLERR)) {
		loop_remove(loop, watch);
		return false;
	}
	return is_ok(sandbox_refusal_read(watch->fd, NULL, ret));
}

static void notify_ready(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct member *m = CONTAINER_OF(watch, struct member, notify);
	struct sandbox_refusal refusal;
	if (!refusal_take(loop, watch, events, &refusal))
		return;
	LOG_WARN("refused_syscall", LOG_STR("id", supervisor_refused(m->owner, m->manifest->name, refusal.name)),
	    LOG_STR("name", m->manifest->name), LOG_INT("pid", m->proc.pid),
	    LOG_STR("call", refusal.name), LOG_STR("reason", "it is not in the table of this process"));
	(void)kill(m->proc.pid, SIGKILL);
}

static void member_ready(struct member *m, bool serving, int *fds, uint32_t fd_count)
{
	struct error err = {0};
	if (fd_count == 1 && m->notify.fd < 0) {
		m->notify = (struct watch){fds[0], notify_ready};
		fds[0] = -1;
		if (!is_ok(loop_add(&m->owner->loop, &m->notify, EPOLLIN, &err)))
			LOG_ERROR("cannot_watch_filter", LOG_STR("why", err.text));
	}
	if (!serving)
		return;
	set_state(m, MEMBER_READY);
	generation_progress(m->owner);
}

static void take_message(struct member *m, const struct control_message *msg, int *fds)
{
	struct supervisor *s = m->owner;
	switch ((enum control_type)msg->type) {
	case CONTROL_READY:
		member_ready(m, msg->a == 1, fds, msg->fd_count);
		return;
	case CONTROL_FAILED:
		LOG_ERROR("process_failed", LOG_STR("name", m->manifest->name), LOG_STR("why", msg->text));
		/* What fails before it has ever served will fail again: say so and stop instead of looping. */
		if (!s->announced) {
			s->exit_code = 1;
			s->loop.stopped = true;
		}
		return;
	case CONTROL_APP_READY:
		m->app_ready = msg->a;
		generation_progress(s);
		return;
	case CONTROL_APP_DRAINED:
		m->drained = msg->a;
		generation_progress(s);
		return;
	case CONTROL_WORKER_WANTED:
		worker_want(s, msg->b);
		return;
	case CONTROL_WORKER_STUCK: {
		struct worker *w = worker_by_ref(s, msg->b);
		if (w)
			worker_kill(w, "it does not answer");
		return;
	}
	case CONTROL_WORKER_STARTED:
		if (msg->fd_count == 1) {
			worker_started(s, msg->b, (pid_t)msg->a, fds[0]);
			fds[0] = -1;
		}
		return;
	case CONTROL_WORKER_ENDED:
		worker_ended(s, (pid_t)msg->a, (int)msg->c);
		return;
	case CONTROL_SOCKET_WANTED:
		if (m->manifest->kind == PROCESS_BROKER)
			database_socket_wanted(s);
		return;
	case CONTROL_SOCKET:
		if (m->manifest->kind == PROCESS_DIALER)
			database_socket(s, msg->text, fds, msg->fd_count);
		return;
	case CONTROL_PROCESSES_WANTED:
		watched_processes(s);
		return;
	case CONTROL_DENIED:
		supervisor_tell_denied(s, msg->a, msg->b, msg->c, msg->text);
		LOG_WARN("denied", LOG_STR("id", supervisor_denied(s, worker_function_name(s, msg->b), msg->text)), LOG_STR("function", worker_function_name(s, msg->b)), LOG_STR("what", msg->text));
		return;
	default:
		LOG_ERROR("unexpected_message", LOG_STR("from", m->manifest->name),
		    LOG_STR("type", control_name(msg->type)));
		(void)kill(m->proc.pid, SIGKILL);
	}
}

static void control_ready(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct member *m = CONTAINER_OF(watch, struct member, control);
	(void)events;
	while (m->control.fd >= 0) {
		struct control_message msg;
		int fds[CONTROL_FDS_MAX];
		struct error err = {0};
		result r = control_receive(m->control.fd, &err, &msg, fds);
		if (r.code == ERR_NOT_FOUND)
			return;
		if (!is_ok(r)) {
			/* Its death is seen on the other watch; a malformed message is a reason to bring it about. */
			if (r.code != ERR_CLOSED)
				(void)kill(m->proc.pid, SIGKILL);
			loop_remove(loop, watch);
			return;
		}
		take_message(m, &msg, fds);
		for (uint32_t i = 0; i < msg.fd_count; i++)
			if (fds[i] >= 0)
				close(fds[i]);
	}
}

static result send_site(const struct member *m, struct error *err)
{
	const struct supervisor *s = m->owner;
	char text[CONTROL_TEXT_MAX];
	int n = snprintf(text, sizeof text, "%s\n%.*s", s->config->origin, SLICE_ARG(s->image->contract.app));
	if (n < 0 || (size_t)n >= sizeof text)
		return error_set(err, ERR_LIMIT, "the app's origin and name are too long together");
	return control_send(m->proc.control_fd, CONTROL_SITE, 0, 0, 0, text, NULL, 0, err);
}

static result send_app(const struct member *m, const struct image *image, struct error *err)
{
	const bool watches = m->manifest->kind == PROCESS_MONITOR;
	const int fds[] = {image->contract_fd, watches ? image->versions_fd : image->assets_fd, image->profile_fd};
	return control_send(m->proc.control_fd, CONTROL_APP, image->generation, 0, 0, NULL, fds, watches ? 3 : 2, err);
}

/* A gateway writes into its own ring, the monitor reads all of them. Either may end and be given them again. */
static result send_records(const struct member *m, struct error *err)
{
	const struct supervisor *s = m->owner;
	for (unsigned i = 0; i < s->member_count; i++) {
		const struct member *gateway = &s->members[i];
		if (gateway->ring_fd >= 0 && (gateway == m || m->manifest->kind == PROCESS_MONITOR))
			TRY(control_send(m->proc.control_fd, CONTROL_RECORDS, gateway->index, 0, 0, NULL, &gateway->ring_fd, 1, err));
	}
	return RESULT_OK;
}

static result setup_member(struct member *m, struct error *err)
{
	struct supervisor *s = m->owner;
	const bool holds_key = m->manifest->kind == PROCESS_GATEWAY || m->manifest->kind == PROCESS_BROKER;
	char text[CONTROL_TEXT_MAX] = "";
	const char *more = m->manifest->kind == PROCESS_BROKER ? s->master_key : s->config->trust_proxy;
	if (holds_key)
		(void)snprintf(text, sizeof text, "%s%s%s", s->ticket_key, more[0] ? " " : "", more);
	if (m->manifest->kind == PROCESS_MONITOR)
		(void)snprintf(text, sizeof text, "%016llx", (unsigned long long)s->run);
	if (m->manifest->kind == PROCESS_DIALER)
		database_setup_text(s, text, sizeof text);
	const uint32_t flags = (s->config->dev ? SETUP_DEV : 0) | (s->config->database->remote ? SETUP_REMOTE : 0) |
			       (s->countries_fd >= 0 ? SETUP_COUNTRIES : 0);
	const int fds[] = {m->bell_fd, m->setup_fd, m->shared_fd, m->budgets_fd, m->counts_fd, m->countries_fd};
	unsigned count = 1;
	while (count < ARRAY_LEN(fds) && fds[count] >= 0)
		count++;
	result sent =
	    control_send(m->proc.control_fd, CONTROL_SETUP, m->index, m->index, flags, text, fds, count, err);
	explicit_bzero(text, sizeof text);
	TRY(sent);
	if (holds_key)
		TRY(send_site(m, err));
	if (m->manifest->kind == PROCESS_BROKER && s->config->database->remote)
		TRY(database_tell(m, err));
	TRY(wire_members(s, m, err));
	TRY(send_records(m, err));
	if (m->manifest->kind == PROCESS_MONITOR)
		TRY(watched_start(s, m, err));
	/* A request of the app that is being replaced may still end and be told of. */
	if (m->manifest->kind == PROCESS_MONITOR && s->previous)
		TRY(send_app(m, s->previous, err));
	return member_takes_app(m) ? send_app(m, s->image, err) : RESULT_OK;
}

result member_start(struct member *m, struct error *err)
{
	struct supervisor *s = m->owner;
	TRY(doorbell_new(err, &m->bell_fd));
	TRY(spawn_process(m->manifest->name, STDERR_FILENO, err, &m->proc));
	m->started_ms = clock_mono_ms();
	m->app_ready = 0;
	set_state(m, MEMBER_STARTING);
	m->control = (struct watch){m->proc.control_fd, control_ready};
	m->death = (struct watch){m->proc.pid_fd, death_ready};
	TRY(loop_add(&s->loop, &m->control, EPOLLIN, err));
	TRY(loop_add(&s->loop, &m->death, EPOLLIN, err));
	return setup_member(m, err);
}

void members_retry(struct supervisor *s)
{
	uint64_t now = clock_mono_ms();
	for (unsigned i = 0; i < s->member_count; i++) {
		struct member *m = &s->members[i];
		struct error err = {0};
		if (s->stopping || m->state != MEMBER_DOWN || m->retry_at_ms > now)
			continue;
		if (!is_ok(member_start(m, &err))) {
			LOG_ERROR("cannot_restart", LOG_STR("name", m->manifest->name), LOG_STR("why", err.text));
			m->retry_at_ms = now + m->manifest->restart_ms_max;
		}
	}
}

uint64_t members_next_retry(const struct supervisor *s)
{
	uint64_t next = UINT64_MAX;
	for (unsigned i = 0; i < s->member_count && !s->stopping; i++)
		if (s->members[i].state == MEMBER_DOWN && s->members[i].retry_at_ms < next)
			next = s->members[i].retry_at_ms;
	return next;
}

void members_send_app(struct supervisor *s, struct image *image)
{
	for (unsigned i = 0; i < s->member_count; i++) {
		struct member *m = &s->members[i];
		if (member_takes_app(m) && m->state != MEMBER_DOWN)
			ignore_result(send_app(m, image, NULL));
	}
}

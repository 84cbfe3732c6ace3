#include "proc/supervisor/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "os/clock.h"

#define DRAIN_MS 10000u
#define SWEEP_MS 1000
#define WORKER_END_MS 1000
#define MONITOR_END_MS 1000

static int until_next(struct loop *loop)
{
	struct supervisor *s = CONTAINER_OF(loop, struct supervisor, loop);
	uint64_t now = clock_mono_ms();
	uint64_t next = members_next_retry(s);
	uint64_t worker = workers_next_retry(s);
	next = worker < next ? worker : next;
	if (s->build_at_ms && s->builder_pid < 0 && s->build_at_ms < next)
		next = s->build_at_ms;
	if (s->stopping && s->stop_by_ms < next)
		next = s->stop_by_ms;
	if (next == UINT64_MAX)
		return -1;
	return next <= now ? 0 : next - now > SWEEP_MS ? SWEEP_MS : (int)(next - now);
}

static void announce(struct supervisor *s)
{
	if (s->announced || !members_ready(s))
		return;
	for (unsigned i = 0; i < s->member_count; i++) {
		enum process_kind kind = s->members[i].manifest->kind;
		if ((kind == PROCESS_GATEWAY || kind == PROCESS_BROKER) && s->members[i].app_ready != s->image->generation)
			return;
	}
	s->announced = true;
	(void)printf(strchr(s->config->host, ':') ? "ready http://[%s]:%s\n" : "ready http://%s:%s\n", s->config->host,
	    s->config->port);
	(void)fflush(stdout);
}

/* The first functions of a new app get their workers before anyone waits for one; the others at their first call. */
static void warm(struct supervisor *s)
{
	if (!s->announced || s->stopping || s->next || s->previous || s->warmed == s->image->generation)
		return;
	s->warmed = s->image->generation;
	for (unsigned i = 0; i < s->config->warm && i < s->image->contract.function_count; i++)
		worker_want(s, function_ref(s->warmed, i));
}

/* So that the first call of a function without a worker waits for its own code alone. */
static void keep_spares(struct supervisor *s)
{
	if (s->announced && members_ready(s))
		worker_want(s, NO_FUNCTION);
}

static bool gateways_gone(const struct supervisor *s)
{
	for (unsigned i = 0; i < s->member_count; i++)
		if (s->members[i].manifest->kind == PROCESS_GATEWAY && s->members[i].state != MEMBER_DOWN)
			return false;
	return true;
}

static void after_turn(struct loop *loop)
{
	struct supervisor *s = CONTAINER_OF(loop, struct supervisor, loop);
	members_retry(s);
	workers_retry(s);
	announce(s);
	warm(s);
	keep_spares(s);
	if (s->config->dev)
		dev_turn(s);
	if (s->stopping && (gateways_gone(s) || clock_mono_ms() >= s->stop_by_ms))
		loop->stopped = true;
}

/* First signal: gateways finish what they have begun. Second: at once. */
static void signal_ready(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct supervisor *s = CONTAINER_OF(watch, struct supervisor, signals);
	struct signalfd_siginfo info;
	(void)events;
	if (read(watch->fd, &info, sizeof info) != (ssize_t)sizeof info)
		return;
	if (s->stopping) {
		loop->stopped = true;
		return;
	}
	LOG_INFO("draining");
	s->stopping = true;
	s->stop_by_ms = clock_mono_ms() + DRAIN_MS;
	for (unsigned i = 0; i < s->member_count; i++)
		if (s->members[i].manifest->kind == PROCESS_GATEWAY && s->members[i].state != MEMBER_DOWN)
			ignore_result(control_send(
			    s->members[i].proc.control_fd, CONTROL_DRAIN, DRAIN_MS, 0, 0, NULL, NULL, 0, NULL));
}

static result watch_signals(struct supervisor *s, struct error *err)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return error_errno(err, "cannot block signals");
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return error_errno(err, "cannot receive signals");
	s->signals = (struct watch){fd, signal_ready};
	return loop_add(&s->loop, &s->signals, EPOLLIN, err);
}

static result make_key(struct supervisor *s, struct error *err)
{
	unsigned char key[16];
	if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key ||
	    getrandom(&s->run, sizeof s->run, 0) != (ssize_t)sizeof s->run)
		return error_errno(err, "the system gives no random bytes");
	for (size_t i = 0; i < sizeof key; i++)
		(void)snprintf(s->ticket_key + 2 * i, 3, "%02x", key[i]);
	explicit_bzero(key, sizeof key);
	TRY(master_key_outside(s->master_key, err));
	master_key_forget_environment();
	return RESULT_OK;
}

static result start(struct supervisor *s, struct error *err)
{
	s->workers = calloc(WORKERS_MAX, sizeof *s->workers);
	s->functions = calloc(WORKERS_MAX, sizeof *s->functions);
	if (!s->workers || !s->functions)
		return error_set(err, ERR_MEMORY, "no memory for the tables of processes");
	TRY(loop_init(&s->loop, err));
	s->loop.before_sleep = until_next;
	s->loop.after_turn = after_turn;
	TRY(make_key(s, err));
	TRY(watch_signals(s, err));
	TRY(members_init(s, err));
	TRY(status_listen(s, err));
	return s->config->dev ? dev_watch(s, err) : RESULT_OK;
}

/* The monitor writes what it has not written yet; there is nothing left that it could hold up. */
static void finish_monitor(struct supervisor *s)
{
	const struct member *m = member_of(s, PROCESS_MONITOR, 0);
	if (!m || m->state != MEMBER_READY ||
	    !is_ok(control_send(m->proc.control_fd, CONTROL_DRAIN, MONITOR_END_MS, 0, 0, NULL, NULL, 0, NULL)))
		return;
	struct pollfd p = {.fd = m->proc.pid_fd, .events = POLLIN};
	(void)poll(&p, 1, MONITOR_END_MS);
}

/* Children carry PDEATHSIG, but those still here are ended and reaped in order: broker last, it holds the data. */
static void end_all(struct supervisor *s)
{
	static const enum process_kind order[] = {
	    PROCESS_GATEWAY, PROCESS_ZYGOTE, PROCESS_EGRESS, PROCESS_DIALER, PROCESS_MONITOR, PROCESS_BROKER};
	finish_monitor(s);
	for (size_t k = 0; k < ARRAY_LEN(order); k++)
		for (unsigned i = 0; i < s->member_count; i++) {
			struct member *m = &s->members[i];
			if (m->manifest->kind != order[k] || m->state == MEMBER_DOWN)
				continue;
			int status;
			(void)syscall(SYS_pidfd_send_signal, m->proc.pid_fd, SIGKILL, NULL, 0);
			for (int tries = 0; tries < 200 && !is_ok(spawn_reap(m->proc.pid, NULL, &status)); tries++)
				(void)usleep(5000);
		}
}

/* Workers are the zygote's children and end with it; the supervisor leaves when they have. */
static void await_workers(const struct supervisor *s)
{
	for (unsigned i = 0; s->workers && i < WORKERS_MAX; i++) {
		const struct worker *w = &s->workers[i];
		if (w->state == WORKER_FREE || w->pid_fd < 0)
			continue;
		struct pollfd p = {.fd = w->pid_fd, .events = POLLIN};
		(void)syscall(SYS_pidfd_send_signal, w->pid_fd, SIGKILL, NULL, 0);
		(void)poll(&p, 1, WORKER_END_MS);
	}
}

int supervisor_run(const struct supervisor_config *config, struct image *image)
{
	static struct supervisor s;
	struct error err = {0};
	unsigned cores = config->gateways ? config->gateways : cpu_count();
	s = (struct supervisor){.config = config,
	    .image = image,
	    .gateway_count = cores < GATEWAYS_MAX ? cores : GATEWAYS_MAX,
	    .builder_pid = -1};
	s.log_pipe = s.rates_fd = s.countries_fd = s.budgets_fd = s.counts_fd = s.signals.fd = s.status.fd = s.changes.fd = s.builder.fd = -1;
	log_init("supervisor", LOG_LEVEL_INFO);
	(void)signal(SIGPIPE, SIG_IGN);
	result r = start(&s, &err);
	if (is_ok(r)) {
		loop_run(&s.loop);
	} else {
		(void)fprintf(stderr, "ward: %s\n", err.text);
		s.exit_code = 1;
	}
	end_all(&s);
	await_workers(&s);
	return s.exit_code;
}

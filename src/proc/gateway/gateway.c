/* The gateway process: its manifest, its loop, its channels. */
#include "proc/gateway/budget.h"
#include "proc/gateway/country.h"
#include "proc/gateway/gateway.h"
#include "proc/gateway/operator.h"
#include "proc/gateway/watching.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "os/clock.h"
#include "os/spawn.h"

#define SWEEP_MS 250
#define REPLY_BYTES_MAX (128u << 20)

static struct gateway gateway;

static void on_worker_channel(struct gateway *g, const struct control_message *m, int *fds)
{
	struct gw_function *f = generation_function(g, m->b);
	struct error err = {0};
	if (!f || m->fd_count != 2)
		return;
	calls_worker_gone(g, f);
	struct channel *channel = calloc(1, sizeof *channel);
	if (!channel || !is_ok(channel_open(channel, fds[0], 0, fds[1], &err))) {
		LOG_ERROR("cannot_open_channel", LOG_STR("why", err.text));
		free(channel);
		return;
	}
	fds[1] = -1;
	f->worker = channel;
	calls_worker_here(g, f);
}

static void on_broker_channel(struct gateway *g, const struct control_message *m, int *fds)
{
	struct error err = {0};
	if (m->fd_count != 2)
		return;
	if (g->broker_up)
		channel_done(&g->broker);
	/* Another broker: what the one before may have failed to tell about sessions is asked anew. */
	session_drop_all(g->sessions);
	g->broker_up = is_ok(channel_open(&g->broker, fds[0], 0, fds[1], &err));
	if (g->broker_up)
		fds[1] = -1;
	else
		LOG_ERROR("cannot_open_channel", LOG_STR("why", err.text));
}

static void on_channel_gone(struct gateway *g, const struct control_message *m)
{
	if (m->a == PROCESS_WORKER) {
		struct gw_function *f = generation_function(g, m->b);
		if (f)
			calls_worker_gone(g, f);
	} else if (m->a == PROCESS_BROKER && g->broker_up) {
		channel_done(&g->broker);
		g->broker_up = false;
		calls_broker_gone(g);
	} else if (m->a == PROCESS_MONITOR) {
		watching_gone(g);
	}
}

static void on_app(struct gateway *g, const struct control_message *m, int *fds)
{
	struct error err = {0};
	if (m->fd_count != 2 || !is_ok(generation_take(g, m->a, fds[0], fds[1], &err))) {
		LOG_ERROR("cannot_take_app", LOG_STR("why", err.text));
		if (!g->app)
			exit(child_fail(g->child, &err));
		return;
	}
	ignore_result(control_send(g->child->control_fd, CONTROL_APP_READY, m->a, 0, 0, NULL, NULL, 0, NULL));
}

static void on_control(struct child *child, const struct control_message *m, int *fds)
{
	struct gateway *g = &gateway;
	(void)child;
	switch ((enum control_type)m->type) {
	case CONTROL_APP:
		on_app(g, m, fds);
		return;
	case CONTROL_APP_DROP:
		generation_drop(g, m->a);
		return;
	case CONTROL_CHANNEL:
		if (m->a == PROCESS_WORKER)
			on_worker_channel(g, m, fds);
		else if (m->a == PROCESS_MONITOR)
			watching_channel(g, fds, m->fd_count);
		else
			on_broker_channel(g, m, fds);
		return;
	case CONTROL_CHANNEL_GONE:
		on_channel_gone(g, m);
		return;
	case CONTROL_SITE:
		origin_take(g, slice_cstr(m->text));
		return;
	case CONTROL_RECORDS:
		if (m->fd_count == 1)
			observe_ring(g, fds[0]);
		return;
	case CONTROL_DEV_FINDINGS:
		if (m->fd_count == 1)
			dev_take_findings(g, fds[0]);
		return;
	case CONTROL_DRAIN:
		g->draining = true;
		loop_remove(&g->child->loop, &g->listener);
		close(g->listener.fd);
		conns_close_idle(g);
		return;
	default:
		return;
	}
}

static void drain_worker(struct gateway *g, struct gw_function *f)
{
	struct record record;
	struct error err = {0};
	result r;
	while (is_ok(r = channel_next(f->worker, &err, &record))) {
		if (record.type == RECORD_RESULT)
			calls_result(g, f, &record);
		/* The handler may have led to the worker's end. */
		if (!f->worker)
			return;
	}
	if (r.code == ERR_INVALID) {
		LOG_ERROR("worker_broke_channel", LOG_SLICE("function", f->contract->contract.name), LOG_STR("why", err.text));
		ignore_result(control_send(g->child->control_fd, CONTROL_WORKER_STUCK, 0, f->ref, 0, NULL, NULL, 0, NULL));
		calls_worker_gone(g, f);
	}
}

static void drain_broker(struct gateway *g)
{
	struct record record;
	while (g->broker_up && is_ok(channel_next(&g->broker, NULL, &record))) {
		if (record.type == RECORD_AUTH_REPLY)
			auth_reply(g, &record);
		else if (record.type == RECORD_SESSION_DROPPED && record.payload.len == 32)
			session_drop(g->sessions, (const uint8_t *)record.payload.ptr);
		else if (record.type == RECORD_SESSION_DROPPED)
			session_drop_all(g->sessions);
	}
}

static void on_bell(struct child *child)
{
	(void)child;
	/* Records are taken once a turn, in after_turn(). */
}

static void after_turn(struct loop *loop)
{
	struct gateway *g = &gateway;
	static uint64_t swept_ms;
	if (g->broker_up)
		channel_awake(&g->broker);
	if (g->monitor_up)
		channel_awake(&g->monitor);
	busy_take(g, drain_worker);
	drain_broker(g);
	watching_drain(g);
	if (loop->now_ms - swept_ms >= SWEEP_MS) {
		swept_ms = loop->now_ms;
		conns_sweep(g);
		calls_sweep(g, loop->now_ms);
	}
	if (g->draining && g->conn_count == 0)
		loop->stopped = true;
}

static void after_wake(struct loop *loop)
{
	(void)loop;
	gateway.unix_ms = clock_unix_ms();
}

static int before_sleep(struct loop *loop)
{
	struct gateway *g = &gateway;
	(void)loop;
	bool quiet = busy_may_sleep(g);
	if (g->broker_up) {
		channel_flush(&g->broker);
		quiet = channel_may_sleep(&g->broker) && quiet;
	}
	if (g->monitor_up) {
		channel_flush(&g->monitor);
		quiet = channel_may_sleep(&g->monitor) && quiet;
	}
	if (!quiet)
		return 0;
	return g->conn_count || g->free_call_count < CALLS_MAX ? SWEEP_MS : -1;
}

/* The ticket key and, behind a blank, the proxies that the command line trusts. */
static result read_setup(struct gateway *g, const char *text, struct error *err)
{
	size_t n = 0;
	struct slice proxies = slice_cstr(text);
	const struct slice hex = slice_cut(&proxies, ' ');
	if (sodium_hex2bin(g->ticket_key, sizeof g->ticket_key, hex.ptr, hex.len, NULL, &n, NULL) != 0 || n != sizeof g->ticket_key)
		return error_set(err, ERR_INVALID, "SETUP without a ticket key");
	return proxy_prepare(g, proxies, err);
}

static result prepare(struct gateway *g, struct child *child, struct error *err)
{
	g->child = child;
	g->listener = (struct watch){child->setup_fd, conn_accept};
	g->calls = calloc(CALLS_MAX, sizeof *g->calls);
	g->free_calls = calloc(CALLS_MAX, sizeof *g->free_calls);
	g->sessions = session_table_new();
	g->scratch = malloc(SCRATCH_BYTES);
	if (!g->calls || !g->free_calls || !g->sessions || !g->scratch || sodium_init() < 0)
		return error_set(err, ERR_MEMORY, "no memory for a gateway");
	for (uint32_t i = 0; i < CALLS_MAX; i++)
		g->free_calls[g->free_call_count++] = CALLS_MAX - 1 - i;
	g->reply = BUF_INIT(REPLY_BYTES_MAX);
	g->value = BUF_INIT(REPLY_BYTES_MAX);
	g->json = BUF_INIT(REPLY_BYTES_MAX);
	g->unix_ms = clock_unix_ms();
	if (getrandom(&g->request_base, sizeof g->request_base, 0) != (ssize_t)sizeof g->request_base)
		return error_errno(err, "the system gives no random bytes");
	operator_prepare(g);
	TRY(read_setup(g, child->setup_text, err));
	TRY(places_prepare(g, err));
	TRY(concurrency_prepare(g, err));
	TRY(budget_prepare(g, err));
	TRY(country_prepare(g, err));
	return rate_prepare(g, err);
}

static int gateway_run(struct child *child)
{
	struct gateway *g = &gateway;
	struct error err = {0};
	child->on_control = on_control;
	child->on_bell = on_bell;
	child->loop.before_sleep = before_sleep;
	child->loop.after_wake = after_wake;
	child->loop.after_turn = after_turn;
	result r = prepare(g, child, &err);
	if (is_ok(r))
		r = loop_add(&child->loop, &g->listener, EPOLLIN, &err);
	pin_to_cpu(child->cpu);
	wake_how(g->wake);
	if (is_ok(r))
		r = child_lock(child, NULL, &process_nobody, &err);
	if (is_ok(r))
		r = child_ready(child, &err);
	if (!is_ok(r))
		return child_fail(child, &err);
	loop_run(&child->loop);
	return 0;
}

static const struct syscall_rule gateway_syscalls[] = {
    SYSCALL_ALLOW_IF(sched_setscheduler, 0, 0xffffffff, 0, "its own way to wake, beside workers that compute for long"),
    {.number = -1},
};

static const struct syscall_rule *const tables[] = {process_syscalls, socket_syscalls, gateway_syscalls, NULL};

static const enum control_type takes[] = {
    CONTROL_SITE, CONTROL_APP, CONTROL_APP_DROP, CONTROL_CHANNEL, CONTROL_CHANNEL_GONE, CONTROL_DRAIN, CONTROL_RECORDS, CONTROL_DEV_FINDINGS,
    CONTROL_TYPE_COUNT};

const struct process_manifest gateway_manifest = {
    .kind = PROCESS_GATEWAY,
    .name = "gateway",
    .purpose = "Speaks HTTP with clients, checks and types what comes and goes, knows who calls.",
    .may = "accept connections on the listener it was given; no files, no connections of its own",
    .sandbox = {.namespaces = SANDBOX_NS_IPC | SANDBOX_NS_UTS | SANDBOX_NS_MOUNT | SANDBOX_NS_NET, .tables = tables, .files_max = 32768},
    .restart_ms_min = 20,
    .restart_ms_max = 5000,
    .takes = takes,
    .run = gateway_run,
};

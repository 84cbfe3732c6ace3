/* The broker process: its manifest, its loop, its channels. */
#include "proc/broker/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "os/clock.h"
#include "os/spawn.h"

#define WAITING_MS 50
#define IDLE_MS 1000

static struct broker broker;

void host_call_take(struct broker *b, struct broker_function *f, uint32_t thread, const struct record *record)
{
	struct host_call_head head;
	struct slice parts[3];
	struct error err = {0};
	struct host_call call = {.function = f, .thread = thread, .id = record->id, .payload = record->payload};
	if (!is_ok(record_split(record->payload, &head, sizeof head, &err)) ||
	    !is_ok(record_parts(record->payload, sizeof head,
		(const uint32_t[]){head.ticket_bytes, head.name_bytes, head.argument_bytes}, 3, parts, &err)) ||
	    head.verb >= HOST_VERB_COUNT) {
		broker_denied(b, &call, "a malformed host call");
		return;
	}
	call.slot = head.request_slot;
	call.verb = (enum host_verb)head.verb;
	call.name = parts[1];
	call.argument = parts[2];
	if (!is_ok(ticket_open(parts[0], b->ticket_key, f->ref, b->unix_ms, &err, &call.caller))) {
		if (err.code == ERR_DENIED)
			broker_denied(b, &call, err.text);
		host_reply(f, thread, record->id, err.code, slice_cstr(err.text));
		return;
	}
	switch (call.verb) {
	case HOST_QUERY:
		query_call(b, &call);
		return;
	case HOST_HTTP:
		fetch_call(b, &call);
		return;
	case HOST_BEGIN:
	case HOST_COMMIT:
	case HOST_ROLLBACK:
		transaction_call(b, &call);
		return;
	case HOST_SECRET:
		secret_call(b, &call);
		return;
	case HOST_VERB_COUNT:
		break;
	}
	broker_denied(b, &call, "a host call that its contract does not grant");
	host_reply(f, thread, record->id, ERR_DENIED, SLICE("this function may not do that"));
}

static void drain_worker(struct broker *b, struct broker_function *f, uint32_t thread)
{
	struct record record;
	struct error err = {0};
	result r;
	while (f->workers[thread] && is_ok(r = channel_next(f->workers[thread], &err, &record))) {
		if (record.type == RECORD_HOST_CALL)
			host_call_take(b, f, thread, &record);
		else if (record.type == RECORD_CALL_ENDED)
			transaction_end(f, thread, record.id);
	}
	/* A worker that breaks the form loses its channel; the gateways see that it is gone when it cannot answer. */
	if (err.code == ERR_INVALID) {
		const struct host_call call = {.function = f};
		broker_denied(b, &call, err.text);
		broker_worker_gone(f);
	}
}

/* Calls `each` for every worker channel. Returns whether all did. */
static bool for_workers(struct broker *b, bool (*each)(struct broker *b, struct broker_function *f, uint32_t thread))
{
	bool all = true;
	for (size_t i = 0; i < BROKER_GENERATIONS_MAX; i++) {
		struct broker_app *app = b->apps[i];
		for (size_t k = 0; app && k < app->contract.function_count; k++)
			for (uint32_t t = 0; t < WORKER_THREADS_MAX; t++)
				if (app->functions[k].workers[t])
					all = each(b, &app->functions[k], t) && all;
	}
	return all;
}

static bool each_drain(struct broker *b, struct broker_function *f, uint32_t thread)
{
	drain_worker(b, f, thread);
	return true;
}

static bool each_flush(struct broker *b, struct broker_function *f, uint32_t thread)
{
	(void)b;
	channel_flush(f->workers[thread]);
	return true;
}

static bool each_sleep(struct broker *b, struct broker_function *f, uint32_t thread)
{
	(void)b;
	return channel_may_sleep(f->workers[thread]);
}

static bool each_awake(struct broker *b, struct broker_function *f, uint32_t thread)
{
	(void)b;
	channel_awake(f->workers[thread]);
	return true;
}

static void drain_others(struct broker *b)
{
	struct record record;
	for (uint32_t i = 0; i < BROKER_GATEWAYS_MAX; i++)
		while (b->gateway_up[i] && is_ok(channel_next(&b->gateways[i], NULL, &record)))
			if (record.type == RECORD_AUTH)
				accounts_request(b, i, &record);
			else if (record.type == RECORD_AUDIT)
				accounts_audit(b, &record);
	while (b->monitor_up && is_ok(channel_next(&b->monitor, NULL, &record)))
		if (record.type == RECORD_REPORT)
			report_send(b, &record);
	while (b->egress_up && is_ok(channel_next(&b->egress, NULL, &record)))
		if (record.type == RECORD_FETCH_REPLY)
			fetch_reply(b, &record);
}

static void after_wake(struct loop *loop)
{
	(void)loop;
	broker.unix_ms = clock_unix_ms();
}

static void after_turn(struct loop *loop)
{
	struct broker *b = &broker;
	(void)loop;
	(void)for_workers(b, each_awake);
	for (uint32_t i = 0; i < BROKER_GATEWAYS_MAX; i++)
		if (b->gateway_up[i])
			channel_awake(&b->gateways[i]);
	if (b->monitor_up)
		channel_awake(&b->monitor);
	if (b->egress_up)
		channel_awake(&b->egress);
	(void)for_workers(b, each_drain);
	waiting_retry(b);
	remote_turn(b);
	drain_others(b);
	accounts_finish(b);
	broker_save_used(b, false);
}

static int before_sleep(struct loop *loop)
{
	struct broker *b = &broker;
	(void)loop;
	(void)for_workers(b, each_flush);
	bool quiet = for_workers(b, each_sleep);
	for (uint32_t i = 0; i < BROKER_GATEWAYS_MAX; i++)
		if (b->gateway_up[i]) {
			channel_flush(&b->gateways[i]);
			quiet = channel_may_sleep(&b->gateways[i]) && quiet;
		}
	if (b->monitor_up) {
		channel_flush(&b->monitor);
		quiet = channel_may_sleep(&b->monitor) && quiet;
	}
	if (b->egress_up) {
		channel_flush(&b->egress);
		quiet = channel_may_sleep(&b->egress) && quiet;
	}
	/* Who waits for a transaction is looked at again when its deadline may have come; sessions and usage once a second. */
	return !quiet ? 0 : b->waiting || remote_is_busy(b) ? WAITING_MS : IDLE_MS;
}

static void on_channel(struct broker *b, const struct control_message *m, int *fds)
{
	struct error err = {0};
	struct channel opened;
	/* Side 0 is the lower kind: gateways towards us, we towards workers and egress. */
	unsigned side = m->a == PROCESS_GATEWAY ? 1 : 0;
	if (m->fd_count != 2 || !is_ok(channel_open(&opened, fds[0], side, fds[1], &err))) {
		LOG_ERROR("cannot_open_channel", LOG_STR("why", err.text));
		return;
	}
	fds[1] = -1;
	struct broker_function *f = m->a == PROCESS_WORKER ? broker_function_of(b, m->b) : NULL;
	struct channel *kept = f ? calloc(1, sizeof *kept) : NULL;
	if (m->a == PROCESS_GATEWAY && m->c < BROKER_GATEWAYS_MAX) {
		if (b->gateway_up[m->c])
			channel_done(&b->gateways[m->c]);
		b->gateways[m->c] = opened;
		b->gateway_up[m->c] = true;
	} else if (m->a == PROCESS_EGRESS) {
		if (b->egress_up)
			channel_done(&b->egress);
		b->egress = opened;
		b->egress_up = true;
	} else if (m->a == PROCESS_MONITOR) {
		if (b->monitor_up)
			channel_done(&b->monitor);
		b->monitor = opened;
		b->monitor_up = true;
	} else if (kept && m->c < WORKER_THREADS_MAX) {
		if (f->workers[m->c])
			broker_worker_gone(f);
		*kept = opened;
		f->workers[m->c] = kept;
	} else {
		channel_done(&opened);
		free(kept);
	}
}

static void on_channel_gone(struct broker *b, const struct control_message *m)
{
	if (m->a == PROCESS_GATEWAY && m->c < BROKER_GATEWAYS_MAX && b->gateway_up[m->c]) {
		channel_done(&b->gateways[m->c]);
		b->gateway_up[m->c] = false;
	} else if (m->a == PROCESS_EGRESS && b->egress_up) {
		channel_done(&b->egress);
		b->egress_up = false;
		fetch_egress_gone(b);
	} else if (m->a == PROCESS_MONITOR && b->monitor_up) {
		channel_done(&b->monitor);
		b->monitor_up = false;
	} else if (m->a == PROCESS_WORKER) {
		struct broker_function *f = broker_function_of(b, m->b);
		if (f)
			broker_worker_gone(f);
	}
}

static void on_control(struct child *child, const struct control_message *m, int *fds)
{
	struct broker *b = &broker;
	struct error err = {0};
	const struct app_contract *contract;
	switch ((enum control_type)m->type) {
	case CONTROL_APP:
		if (m->fd_count != 2 || !is_ok(broker_take_app(b, m->a, fds[0], &err, &contract))) {
			LOG_ERROR("cannot_take_app", LOG_STR("why", err.text));
			return;
		}
		accounts_app(b, contract);
		ignore_result(control_send(child->control_fd, CONTROL_APP_READY, m->a, 0, 0, NULL, NULL, 0, NULL));
		return;
	case CONTROL_APP_DROP:
		broker_drop_app(b, m->a);
		return;
	case CONTROL_SITE:
		accounts_site(b, slice_cstr(m->text));
		return;
	case CONTROL_CHANNEL:
		on_channel(b, m, fds);
		return;
	case CONTROL_CHANNEL_GONE:
		on_channel_gone(b, m);
		return;
	case CONTROL_DATABASE:
		if (m->fd_count < 1 || !is_ok(remote_open(b, fds[0], m->fd_count > 1 ? &fds[1] : NULL, &err)))
			LOG_ERROR("cannot_take_database", LOG_STR("why", err.text));
		return;
	case CONTROL_SOCKET:
		remote_socket(b, m->fd_count == 1 ? fds[0] : -1, m->text);
		if (m->fd_count == 1)
			fds[0] = -1;
		return;
	default:
		return;
	}
}

static void on_bell(struct child *child)
{
	(void)child;
	/* Records are taken once a turn, in after_turn(). */
}

static result prepare(struct broker *b, struct child *child, struct error *err)
{
	size_t n = 0;
	b->child = child;
	b->value = BUF_INIT(REPLY_VALUE_MAX);
	b->waiting_end = &b->waiting;
	b->pending = calloc(PENDING_MAX, sizeof *b->pending);
	if (!b->pending || sodium_init() < 0)
		return error_set(err, ERR_MEMORY, "no memory for a broker");
	/* The ticket key, and the master key where there is one that is not in the state directory. */
	struct slice master = slice_cstr(child->setup_text);
	struct slice ticket = slice_cut(&master, ' ');
	if (sodium_hex2bin(b->ticket_key, sizeof b->ticket_key, ticket.ptr, ticket.len, NULL, &n, NULL) != 0 ||
	    n != sizeof b->ticket_key)
		return error_set(err, ERR_INVALID, "SETUP without a ticket key");
	TRY(secrets_start(master.ptr ? master.ptr : "", err));
	explicit_bzero(child->setup_text, sizeof child->setup_text);
	if (child->setup_fd < 0 || fchdir(child->setup_fd) < 0)
		return error_errno(err, "cannot enter the state directory");
	return RESULT_OK;
}

static const struct sandbox_path paths[] = {{".", SANDBOX_READ_WRITE}, {"/proc/self", SANDBOX_READ}, {"/dev/urandom", SANDBOX_READ}, {NULL, SANDBOX_READ}};

static int broker_run(struct child *child)
{
	struct broker *b = &broker;
	struct error err = {0};
	child->on_control = on_control;
	child->on_bell = on_bell;
	child->loop.before_sleep = before_sleep;
	child->loop.after_wake = after_wake;
	child->loop.after_turn = after_turn;
	umask(0077);
	result r = prepare(b, child, &err);
	/* Whoever owns the state directory owns the data: the broker becomes that user and nobody else does. */
	struct stat st = {0};
	if (is_ok(r) && fstat(child->setup_fd, &st) < 0)
		r = error_errno(&err, "cannot stat the state directory");
	const struct sandbox_user owner = {st.st_uid, st.st_gid};
	if (is_ok(r))
		r = child_lock(child, paths, &owner, &err);
	if (is_ok(r) && child->flags & SETUP_REMOTE)
		remote_start(b);
	else if (is_ok(r))
		r = sql_db_open("app.db", &err, &b->db);
	if (is_ok(r))
		r = accounts_start(b, &err);
	if (is_ok(r))
		r = child_ready(child, &err);
	if (!is_ok(r))
		return child_fail(child, &err);
	loop_run(&child->loop);
	broker_save_used(b, true);
	return 0;
}

static const struct syscall_rule broker_syscalls[] = {
    SYSCALL_ALLOW(openat, "database files in the state directory; landlock bounds the paths"),
    SYSCALL_ALLOW(pread64, "database files"),
    SYSCALL_ALLOW(pwrite64, "database files"),
    SYSCALL_ALLOW(lseek, "database files"),
    SYSCALL_ALLOW(fsync, "durable commits"),
    SYSCALL_ALLOW(fdatasync, "durable commits"),
    SYSCALL_ALLOW(ftruncate, "database files"),
    SYSCALL_ALLOW(fallocate, "database files"),
    SYSCALL_ALLOW(unlink, "journals"),
    SYSCALL_ALLOW(rename, "usage.json is replaced as a whole"),
    SYSCALL_ALLOW(access, "journals"),
    SYSCALL_ALLOW(faccessat, "journals"),
    SYSCALL_ALLOW(faccessat2, "journals"),
    SYSCALL_ALLOW(stat, "database files"),
    SYSCALL_ALLOW(lstat, "database files"),
    SYSCALL_ALLOW(readlink, "SQLite resolves the path of its file"),
    SYSCALL_ALLOW(getcwd, "SQLite makes the path of its file absolute"),
    SYSCALL_ALLOW(fchmod, "mode of new database files"),
    SYSCALL_ALLOW(fchown, "owner of journals"),
    SYSCALL_ALLOW(geteuid, "owner of journals"),
    SYSCALL_ALLOW(fcntl, "file locks"),
    SYSCALL_ALLOW(clone3, "password threads, made once"),
    SYSCALL_ALLOW(clone, "password threads, made once"),
    SYSCALL_ALLOW(set_robust_list, "start of a thread"),
    SYSCALL_ALLOW(rseq, "start of a thread"),
    SYSCALL_ALLOW(sched_getaffinity, "start of a thread"),
    SYSCALL_ALLOW(rt_sigaction, "start of the first thread"),
    SYSCALL_ALLOW(mlock, "secrets in the clear are never swapped out"),
    SYSCALL_ALLOW(munlock, "the same, when they are wiped"),
    SYSCALL_ALLOW(prctl, "naming a memory area: malloc arenas of threads"),
    SYSCALL_ALLOW_IF(socket, 0, 0xffffffff, AF_INET, "libpq begins a connection in this process's empty network; see connect"),
    SYSCALL_ANSWER(connect, EINPROGRESS, "libpq is told that it is under way; the dialer's socket takes the place"),
    SYSCALL_ALLOW(dup2, "the socket that the dialer connected in the place of libpq's own"),
    SYSCALL_ALLOW(recvfrom, "the database server"),
    SYSCALL_ALLOW(sendto, "the database server"),
    SYSCALL_ALLOW(setsockopt, "libpq: TCP_NODELAY, keep-alive"),
    SYSCALL_ALLOW(getsockopt, "libpq: whether the connection stands"),
    SYSCALL_ALLOW(getsockname, "libpq: its own address"),
    {.number = -1},
};

static const struct syscall_rule *const tables[] = {process_syscalls, broker_syscalls, NULL};

static const enum control_type takes[] = {
    CONTROL_SITE, CONTROL_APP, CONTROL_APP_DROP, CONTROL_CHANNEL, CONTROL_CHANNEL_GONE, CONTROL_DATABASE, CONTROL_SOCKET,
    CONTROL_TYPE_COUNT};

const struct process_manifest broker_manifest = {
    .kind = PROCESS_BROKER,
    .name = "broker",
    .purpose = "Holds the data: runs named queries under each function's grants, keeps users and sessions.",
    .may = "read and write the state directory; no network: the database server is reached over sockets that it is given",
    .sandbox = {.namespaces = SANDBOX_NS_NET | SANDBOX_NS_IPC | SANDBOX_NS_UTS, .tables = tables, .files_max = 4096},
    .restart_ms_min = 20,
    .restart_ms_max = 5000,
    .takes = takes,
    .run = broker_run,
};

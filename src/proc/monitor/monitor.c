#include "proc/monitor/monitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "ipc/records.h"
#include "os/clock.h"
#include "os/fd.h"
#include "proc/monitor/actions.h"
#include "proc/monitor/budgets.h"
#include "proc/monitor/deployments.h"
#include "proc/monitor/gateways.h"
#include "proc/monitor/history.h"
#include "proc/monitor/kept.h"
#include "proc/monitor/outbox.h"
#include "proc/monitor/report.h"

/* Records are looked for this often while they come, and less and less often while none do. */
#define NAP_MS_MIN 20
#define NAP_MS_MAX 100
#define TICK_MS 1000
#define REMEMBER_MS 300000 /* what a kill of the monitor may make it forget */
/* Of each ring before the others have their turn. */
#define POLL_MOST 1024u
/* Rings that are written to meanwhile keep nobody. */
#define REST_TURNS_MAX 64u
#define NICE 5

static struct monitor_process process;

/* What a denied host call counts as. */
static const enum host_kind kinds[HOST_VERB_COUNT] = {[HOST_QUERY] = KIND_QUERY,
    [HOST_HTTP] = KIND_HTTP,
    [HOST_BEGIN] = KIND_TRANSACTION,
    [HOST_COMMIT] = KIND_TRANSACTION,
    [HOST_ROLLBACK] = KIND_TRANSACTION,
    [HOST_SECRET] = KIND_SECRET};

/* An incident is worth a line in the log when something is done about it and when it is over. */
static void log_incident(const struct monitor_process *p, const struct incident *i, enum incident_state before)
{
	if (i->state != INCIDENT_ACTING && !(i->state == INCIDENT_CLOSED && i->acted_ms))
		return;
	if (before == INCIDENT_QUIET && i->state == INCIDENT_ACTING)
		return;
	const char *name = i->function < p->monitor->total_count ? p->monitor->totals[i->function].name : "?";
	LOG_WARN(i->state == INCIDENT_ACTING ? "incident" : "incident_over", LOG_INT("id", i->id),
	    LOG_STR("kind", signal_manifests[i->kind].name), LOG_STR("function", name),
	    LOG_STR("action", incident_action_name(i->action)), LOG_INT("signals", (int64_t)i->signals));
}

static void on_incident(void *context, const struct incident *i, enum incident_state before)
{
	struct monitor_process *p = context;
	log_incident(p, i, before);
	history_step(p->history, i->id, clock_unix_ms(), incident_state_name(i->state),
	    i->state == INCIDENT_CLOSED && p->released_by ? p->released_by : "");
	actions_on_incident(p, i);
	budgets_on_incident(p, i);
	p->incidents_changed = true;
}

static void on_seen(void *context, uint32_t function, const struct invocation *v)
{
	struct monitor_process *p = context;
	history_seen(p->history, function, v);
	kept_seen(p, function, v);
}

result monitor_process_release(struct monitor_process *p, uint32_t incident, const char *by)
{
	struct error err;
	p->released_by = by;
	result r = incident_release(&p->monitor->observer.book, incident, clock_unix_ms(), &err);
	p->released_by = NULL;
	return r;
}

void monitor_process_want_processes(struct monitor_process *p)
{
	p->processes_asked_ms = clock_unix_ms();
	ignore_result(
	    control_send(p->child->control_fd, CONTROL_PROCESSES_WANTED, 0, 0, 0, NULL, NULL, 0, NULL));
}

static void on_processes(struct monitor_process *p, const struct control_message *m, const int *fds)
{
	struct error err = {0};
	struct slice json;
	if (m->fd_count != 1 || !is_ok(fd_map_sealed(fds[0], &err, &json)))
		return;
	gateways_processes(p, json);
	munmap((void *)(uintptr_t)json.ptr, json.len);
}

static void on_records(struct monitor_process *p, const struct control_message *m, const int *fds)
{
	struct error err = {0};
	if (m->fd_count != 1 || !is_ok(monitor_add_ring(p->monitor, fds[0], &err)))
		LOG_ERROR("cannot_read_records", LOG_STR("why", err.text));
}

static void on_app(struct monitor_process *p, const struct control_message *m, const int *fds)
{
	struct error err = {0};
	if (m->fd_count != 3 || !is_ok(apps_take(p, m->a, fds[0], fds[1], &err)))
		LOG_ERROR("cannot_take_app", LOG_STR("why", err.text));
	else
		profiles_adopt(p, fds[2]);
}

static void on_denied(struct monitor_process *p, const struct control_message *m)
{
	const struct slice what = slice_cstr(m->text);
	const int64_t now_s = clock_unix_ms() / 1000;
	if (m->c < HOST_VERB_COUNT)
		monitor_denied(p->monitor, m->b, m->a, call_of(kinds[m->c], CALL_INDEX_UNKNOWN), what, now_s);
	else
		monitor_trapped(p->monitor, m->b, what, now_s);
}

/* What requests of an app left was written before anybody said that the app is gone: its names still mean something. */
static void take_rest(struct monitor_process *p)
{
	for (unsigned turns = 0; turns < REST_TURNS_MAX && monitor_poll(p->monitor, POLL_MOST); turns++)
		;
	logs_rest(p);
}

static void on_control(struct child *child, const struct control_message *m, int *fds)
{
	struct monitor_process *p = &process;
	switch ((enum control_type)m->type) {
	case CONTROL_APP:
		on_app(p, m, fds);
		return;
	case CONTROL_APP_DROP:
		take_rest(p);
		apps_drop(p, m->a);
		return;
	case CONTROL_RECORDS:
		on_records(p, m, fds);
		return;
	case CONTROL_DENIED:
		on_denied(p, m);
		return;
	case CONTROL_CHANNEL:
		if (m->a == PROCESS_BROKER)
			report_here(p, fds, m->fd_count);
		else
			gateway_here(p, m->c, fds, m->fd_count);
		return;
	case CONTROL_CHANNEL_GONE:
		if (m->a == PROCESS_BROKER)
			report_gone(p);
		else
			gateway_gone(p, m->c);
		return;
	case CONTROL_PROCESSES:
		on_processes(p, m, fds);
		return;
	case CONTROL_LOGS:
		if (m->fd_count == 1 && p->logs.fd < 0)
			logs_take(p, &fds[0]);
		return;
	case CONTROL_DRAIN:
		child->loop.stopped = true;
		return;
	default:
		return;
	}
}

static void on_bell(struct child *child)
{
	(void)child;
}

static void remember(struct monitor_process *p)
{
	struct error err = {0};
	if (!is_ok(monitor_remember(p->monitor, "learned", &err)))
		LOG_ERROR("cannot_keep_what_was_learned", LOG_STR("why", err.text));
}

static void after_turn(struct loop *loop)
{
	struct monitor_process *p = &process;
	struct error err = {0};
	gateways_awake(p);
	gateways_drain(p);
	const size_t came = monitor_poll(p->monitor, POLL_MOST);
	report_drain(p);
	if (p->incidents_changed)
		outbox_incidents(p);
	outbox_turn(p, clock_unix_ms());
	stream_turn(p);
	p->nap_ms = came >= POLL_MOST		 ? 0
		    : came			 ? NAP_MS_MIN
		    : p->nap_ms < NAP_MS_MAX / 2 ? p->nap_ms * 2
						 : NAP_MS_MAX;
	if (p->nap_ms == 0 && !came)
		p->nap_ms = NAP_MS_MIN;
	if (loop->now_ms - p->ticked_ms < TICK_MS)
		return;
	p->ticked_ms = loop->now_ms;
	if (!is_ok(monitor_tick(p->monitor, clock_unix_ms() / 1000, &err)))
		LOG_ERROR("cannot_keep_sums", LOG_STR("why", err.text));
	actions_tick(p, clock_unix_ms());
	budgets_tick(p, clock_unix_ms());
	stream_tick(p, clock_unix_ms());
	report_tick(p, clock_unix_ms());
	if (loop->now_ms - p->remembered_ms < REMEMBER_MS)
		return;
	p->remembered_ms = loop->now_ms;
	remember(p);
}

static int before_sleep(struct loop *loop)
{
	(void)loop;
	report_flush(&process);
	return gateways_may_sleep(&process) ? process.nap_ms : 0;
}

/*
 * A store that cannot be read is put aside and begun anew: what happened is worth less than seeing what
 * happens. The one put aside before goes.
 */
static result open_store(struct monitor_process *p, struct error *err)
{
	const int64_t now_s = clock_unix_ms() / 1000;
	if (is_ok(monitor_open("rollups.db", &observer_default, on_incident, p, now_s, err, &p->monitor)))
		return RESULT_OK;
	LOG_ERROR("sums_put_aside", LOG_STR("why", err->text));
	(void)rename("rollups.db", "rollups.db.damaged");
	(void)unlink("rollups.db-wal");
	(void)unlink("rollups.db-shm");
	/* It names functions by their numbers in the store that is gone. */
	(void)unlink("learned");
	return monitor_open("rollups.db", &observer_default, on_incident, p, now_s, err, &p->monitor);
}

/* Without it, or with one of another build, learning begins anew; that is worth a line and no more. */
static void recall(struct monitor_process *p)
{
	struct error err = {0};
	p->remembered_ms = p->child->loop.now_ms;
	if (access("learned", F_OK) == 0 && !is_ok(monitor_recall(p->monitor, "learned", &err)))
		LOG_WARN("learning_anew", LOG_STR("why", err.text));
	/* What was in force goes on. */
	actions_recall(p, clock_unix_ms());
	budgets_recall(p, clock_unix_ms());
	for (uint32_t i = 0; i < INCIDENTS_MAX; i++)
		if (p->monitor->observer.book.incidents[i].state != INCIDENT_NONE) {
			const struct incident *known = &p->monitor->observer.book.incidents[i];
			actions_on_incident(p, known);
			p->reported[i] = (struct monitor_reported){known->id, known->state == INCIDENT_CLOSED};
		}
}

static result prepare(struct monitor_process *p, struct child *child, struct error *err)
{
	p->child = child;
	p->nap_ms = NAP_MS_MIN;
	p->logs.fd = -1;
	p->history = history_new();
	p->actions = calloc(1, sizeof *p->actions);
	if (!p->history || !p->actions)
		return error_set(err, ERR_MEMORY, "no memory for the monitor");
	TRY(gateways_prepare(p, err));
	TRY(budgets_prepare(p, err));
	for (size_t i = 0; i < MONITOR_READERS_MAX; i++)
		p->readers[i].watch.fd = -1;
	if (child->setup_fd < 0 || child->shared_fd < 0 || fchdir(child->setup_fd) < 0)
		return error_errno(err, "cannot enter the monitor's directory");
	/* Whoever serves requests goes first. */
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	p->listener = (struct watch){child->shared_fd, answer_accept};
	return loop_add(&child->loop, &p->listener, EPOLLIN, err);
}

static const struct sandbox_path paths[] = {{".", SANDBOX_READ_WRITE}, {NULL, SANDBOX_READ}};

static int monitor_run(struct child *child)
{
	struct monitor_process *p = &process;
	struct error err = {0};
	child->on_control = on_control;
	child->on_bell = on_bell;
	child->loop.before_sleep = before_sleep;
	child->loop.after_turn = after_turn;
	umask(0077);
	result r = prepare(p, child, &err);
	/* Its directory has the owner of the state directory, who may read what it writes. */
	struct stat st = {0};
	if (is_ok(r) && fstat(child->setup_fd, &st) < 0)
		r = error_errno(&err, "cannot stat the monitor's directory");
	const struct sandbox_user owner = {st.st_uid, st.st_gid};
	if (is_ok(r))
		r = child_lock(child, paths, &owner, &err);
	if (is_ok(r))
		r = open_store(p, &err);
	if (is_ok(r)) {
		p->monitor->seen = on_seen;
		p->monitor->seen_context = p;
		recall(p);
		r = outbox_open(p, &err);
		if (is_ok(r))
			r = kept_open(p, &err);
		if (is_ok(r))
			r = deployments_open(p, &err);
	}
	if (is_ok(r)) {
		r = child_ready(child, &err);
	}
	if (!is_ok(r))
		return child_fail(child, &err);
	loop_run(&child->loop);
	while (monitor_poll(p->monitor, POLL_MOST))
		;
	remember(p);
	budgets_remember(p, clock_unix_ms());
	monitor_close(p->monitor);
	return 0;
}

static const struct syscall_rule monitor_syscalls[] = {
    SYSCALL_ALLOW(accept4, "readers on the socket it was given"),
    SYSCALL_ALLOW(sendto, "answers to them"),
    SYSCALL_ALLOW(openat, "its store; landlock bounds the paths to its own directory"),
    SYSCALL_ALLOW(pread64, "its store"),
    SYSCALL_ALLOW(pwrite64, "its store"),
    SYSCALL_ALLOW(lseek, "its store"),
    SYSCALL_ALLOW(fsync, "checkpoints of its store"),
    SYSCALL_ALLOW(fdatasync, "checkpoints of its store"),
    SYSCALL_ALLOW(ftruncate, "its store"),
    SYSCALL_ALLOW(fallocate, "its store"),
    SYSCALL_ALLOW(unlink, "journals of its store"),
    SYSCALL_ALLOW(rename, "a damaged store is put aside"),
    SYSCALL_ALLOW(access, "journals of its store"),
    SYSCALL_ALLOW(faccessat, "journals of its store"),
    SYSCALL_ALLOW(faccessat2, "journals of its store"),
    SYSCALL_ALLOW(stat, "its store"),
    SYSCALL_ALLOW(lstat, "its store"),
    SYSCALL_ALLOW(readlink, "SQLite resolves the path of its file"),
    SYSCALL_ALLOW(getcwd, "SQLite makes the path of its file absolute"),
    SYSCALL_ALLOW(fchmod, "mode of new files of its store"),
    SYSCALL_ALLOW(fchown, "owner of journals"),
    SYSCALL_ALLOW(geteuid, "owner of journals"),
    SYSCALL_ALLOW(fcntl, "file locks"),
    {.number = -1},
};

static const struct syscall_rule *const tables[] = {process_syscalls, monitor_syscalls, NULL};

static const enum control_type takes[] = {
    CONTROL_APP, CONTROL_APP_DROP, CONTROL_RECORDS, CONTROL_DENIED, CONTROL_DRAIN, CONTROL_CHANNEL, CONTROL_CHANNEL_GONE,
    CONTROL_LOGS, CONTROL_PROCESSES, CONTROL_TYPE_COUNT};

const struct process_manifest monitor_manifest = {
    .kind = PROCESS_MONITOR,
    .name = "monitor",
    .purpose =
	"Sums what gateways record of each request and tells what is not as it was declared or learned.",
    .may = "read the rings of records and write its own directory; no data, no network",
    .sandbox = {.namespaces = SANDBOX_NS_NET | SANDBOX_NS_IPC | SANDBOX_NS_UTS,
	.tables = tables,
	.files_max = 256},
    .restart_ms_min = 20,
    .restart_ms_max = 5000,
    .takes = takes,
    .run = monitor_run,
};

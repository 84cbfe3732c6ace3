/*
 * Workers: one process per function, from its first request on. The zygote forks them ahead, as spares. What a
 * worker says is never more than text about itself: identity is the socket, the pipe and the pid by which it is
 * known here.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/size.h"
#include "ipc/records.h"
#include "os/clock.h"
#include "os/fd.h"
#include "proc/supervisor/supervisor.h"

#define WORKER_BACKOFF_MS_MIN 100u
#define WORKER_BACKOFF_MS_MAX 30000u
#define WORKER_STEADY_MS 10000u
#define SPARE_DELAY_MS 20u

static struct function_history *history_of(struct supervisor *s, uint32_t ref)
{
	for (unsigned i = 0; i < s->function_count; i++)
		if (s->functions[i].ref == ref)
			return &s->functions[i];
	/* Old generations make room for new ones. */
	unsigned at = s->function_count < WORKERS_MAX ? s->function_count++ : ref_index(ref) % WORKERS_MAX;
	s->functions[at] = (struct function_history){.ref = ref, .backoff_ms = WORKER_BACKOFF_MS_MIN};
	return &s->functions[at];
}

struct image *image_of(struct supervisor *s, uint32_t ref)
{
	struct image *images[] = {s->image, s->next, s->previous};
	for (size_t i = 0; i < 3; i++)
		if (images[i] && images[i]->generation == ref_generation(ref) &&
		    ref_index(ref) < images[i]->contract.function_count)
			return images[i];
	return NULL;
}

const char *worker_function_name(struct supervisor *s, uint32_t ref)
{
	if (ref == NO_FUNCTION)
		return "(spare)";
	const struct image *image = image_of(s, ref);
	return image ? image->contract.functions[ref_index(ref)].contract.name.ptr : "?";
}

struct worker *worker_by_ref(struct supervisor *s, uint32_t ref)
{
	for (unsigned i = 0; i < WORKERS_MAX; i++)
		if (s->workers[i].state != WORKER_FREE && s->workers[i].state != WORKER_ENDING && s->workers[i].ref == ref)
			return &s->workers[i];
	return NULL;
}

/* Of those that nobody has asked for, the one that has had most time; and how many there are. */
static struct worker *oldest_spare(struct supervisor *s, unsigned *ret_count)
{
	struct worker *oldest = NULL;
	*ret_count = 0;
	for (unsigned i = 0; i < WORKERS_MAX; i++) {
		struct worker *w = &s->workers[i];
		if (w->state != WORKER_SPARE)
			continue;
		(*ret_count)++;
		if (!oldest || w->number < oldest->number)
			oldest = w;
	}
	return oldest;
}

struct worker *worker_by_pid(struct supervisor *s, pid_t pid)
{
	for (unsigned i = 0; i < WORKERS_MAX; i++)
		if (s->workers[i].state != WORKER_FREE && s->workers[i].pid == pid)
			return &s->workers[i];
	return NULL;
}

static struct worker *worker_free_place(struct supervisor *s)
{
	for (unsigned i = 0; i < WORKERS_MAX; i++)
		if (s->workers[i].state == WORKER_FREE)
			return &s->workers[i];
	return NULL;
}

static void close_watch(struct loop *loop, struct watch *w)
{
	if (w->fd < 0)
		return;
	loop_remove(loop, w);
	close(w->fd);
	w->fd = -1;
}

static void worker_release(struct worker *w)
{
	struct supervisor *s = w->owner;
	close_watch(&s->loop, &w->control);
	close_watch(&s->loop, &w->log);
	close_watch(&s->loop, &w->notify);
	if (w->pid_fd >= 0)
		close(w->pid_fd);
	for (unsigned i = 0; i < GATEWAYS_MAX; i++)
		if (w->bell_fds[i] >= 0)
			close(w->bell_fds[i]);
	for (unsigned i = 0; i < GATEWAYS_MAX; i++)
		for (unsigned k = 0; k < WORKER_PEERS; k++)
			fd_cleanup(&w->channel_fds[i][k]);
	buf_done(&w->log_line);
	w->state = WORKER_FREE;
}

static void refusal_ready(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct worker *w = CONTAINER_OF(watch, struct worker, notify);
	struct sandbox_refusal refusal;
	if (!refusal_take(loop, watch, events, &refusal))
		return;
	LOG_WARN("refused_syscall",
	    LOG_STR("id", supervisor_refused(w->owner, worker_function_name(w->owner, w->ref), refusal.name)),
	    LOG_STR("name", "worker"), LOG_STR("function", worker_function_name(w->owner, w->ref)),
	    LOG_INT("pid", w->pid), LOG_STR("call", refusal.name), LOG_STR("reason", "it is not in the table of this process"));
	supervisor_tell_denied(w->owner, 0, w->ref, HOST_VERB_COUNT, refusal.name);
	/* Its end is reported by the zygote like any other, so that the function is restarted with back-off. */
	if (w->pid_fd >= 0)
		(void)syscall(SYS_pidfd_send_signal, w->pid_fd, SIGKILL, NULL, 0);
}

static void worker_control_ready(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct worker *w = CONTAINER_OF(watch, struct worker, control);
	struct control_message msg;
	int fds[CONTROL_FDS_MAX];
	struct error err = {0};
	(void)events;
	result r = control_receive(watch->fd, &err, &msg, fds);
	if (r.code == ERR_NOT_FOUND)
		return;
	if (!is_ok(r)) {
		loop_remove(loop, watch);
		close(watch->fd);
		watch->fd = -1;
		return;
	}
	if (msg.type == CONTROL_READY && msg.fd_count == 1 && w->state == WORKER_STARTING) {
		w->state = WORKER_RUNNING;
		w->notify = (struct watch){fds[0], refusal_ready};
		fds[0] = -1;
		ignore_result(loop_add(loop, &w->notify, EPOLLIN, NULL));
		LOG_DEBUG("worker_ready", LOG_STR("function", worker_function_name(w->owner, w->ref)),
		    LOG_INT("ms", (int64_t)(clock_mono_ms() - w->started_ms)));
	} else if (msg.type == CONTROL_FAILED) {
		LOG_ERROR("function_cannot_start", LOG_STR("function", worker_function_name(w->owner, w->ref)),
		    LOG_STR("why", msg.text));
	} else {
		worker_kill(w, "it sent what no worker sends");
	}
	for (uint32_t i = 0; i < msg.fd_count; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static void worker_init(struct supervisor *s, struct worker *w)
{
	*w = (struct worker){.owner = s,
	    .state = WORKER_SPARE,
	    .ref = NO_FUNCTION,
	    .number = s->worker_count++,
	    .pid = -1,
	    .pid_fd = -1,
	    .control = {.ready = worker_control_ready},
	    .log_line = BUF_INIT(WORKER_LOG_LINE_BYTES_MAX)};
	w->control.fd = w->log.fd = w->notify.fd = -1;
	w->started_ms = clock_mono_ms();
	for (unsigned i = 0; i < GATEWAYS_MAX; i++) {
		w->bell_fds[i] = -1;
		for (unsigned k = 0; k < WORKER_PEERS; k++)
			w->channel_fds[i][k] = -1;
	}
}

static result fork_worker(struct supervisor *s, struct worker *w, struct error *err)
{
	const struct member *zygote = member_of(s, PROCESS_ZYGOTE, 0);
	CLEANUP_FD int theirs = -1;
	int log[2];
	if (zygote->state != MEMBER_READY)
		return error_set(err, ERR_CLOSED, "the zygote is not there");
	TRY(control_pair(err, &w->control.fd, &theirs));
	TRY(loop_add(&s->loop, &w->control, EPOLLIN, err));
	if (pipe2(log, O_CLOEXEC | O_NONBLOCK) < 0)
		return error_errno(err, "cannot make a log pipe");
	CLEANUP_FD int log_write = log[1];
	w->log = (struct watch){log[0], worker_log_ready};
	TRY(loop_add(&s->loop, &w->log, EPOLLIN, err));
	/* The fork first: while it locks itself in, what it is to be wired to is made and waits in its control socket. */
	const int fds[] = {theirs, log_write};
	TRY(control_send(zygote->proc.control_fd, CONTROL_WORKER_START, 0, w->number, s->gateway_count, NULL,
	    fds, 2, err));
	return wire_worker(s, w, err);
}

static void end(struct worker *w)
{
	w->state = WORKER_ENDING;
	if (w->pid_fd >= 0)
		(void)syscall(SYS_pidfd_send_signal, w->pid_fd, SIGKILL, NULL, 0);
}

static result start_spare(struct supervisor *s, struct error *err, struct worker **ret)
{
	struct worker *w = worker_free_place(s);
	if (!w)
		return error_set(err, ERR_LIMIT, "there are %u workers", WORKERS_MAX);
	worker_init(s, w);
	result r = fork_worker(s, w, err);
	if (!is_ok(r))
		worker_release(w); /* With its control socket closed it ends, if it was forked. */
	*ret = w;
	return r;
}

/* Makes a spare the worker of a function. */
static result give(struct supervisor *s, struct worker *w, uint32_t ref, struct error *err)
{
	const struct image_function *f = &image_of(s, ref)->functions[ref_index(ref)];
	const int fds[] = {f->bundle_fd, f->contract_fd};
	TRY(control_send(w->control.fd, CONTROL_WORKER_RUN, 0, ref, 0, NULL, fds, 2, err));
	w->ref = ref;
	w->state = WORKER_STARTING;
	w->started_ms = clock_mono_ms();
	/* The next spare is made when this one no longer needs the processor. */
	struct function_history *spares = history_of(s, NO_FUNCTION);
	spares->retry_at_ms = size_max(spares->retry_at_ms, w->started_ms + SPARE_DELAY_MS);
	return attach_worker(s, w, err);
}

static void give_up(struct worker *w)
{
	unwire_worker(w->owner, w, "it could not be started");
	end(w);
}

/* The worker of a function; with NO_FUNCTION one spare more, where one is missing. */
static result start(struct supervisor *s, uint32_t ref, struct error *err)
{
	unsigned count;
	struct worker *w = oldest_spare(s, &count);
	if (ref == NO_FUNCTION)
		return count < SPARES ? start_spare(s, err, &w) : RESULT_OK;
	if (w && is_ok(give(s, w, ref, err)))
		return RESULT_OK;
	/* One that has ended and of whose end nobody has told yet. */
	if (w)
		give_up(w);
	TRY(start_spare(s, err, &w));
	result r = give(s, w, ref, err);
	if (!is_ok(r))
		give_up(w);
	return r;
}

void worker_want(struct supervisor *s, uint32_t ref)
{
	struct error err = {0};
	if (s->stopping || (ref != NO_FUNCTION && (!image_of(s, ref) || worker_by_ref(s, ref))))
		return;
	struct function_history *h = history_of(s, ref);
	h->wanted = true;
	if (h->retry_at_ms > clock_mono_ms())
		return;
	h->wanted = false;
	if (!is_ok(start(s, ref, &err))) {
		LOG_WARN("worker_start_failed", LOG_STR("function", worker_function_name(s, ref)),
		    LOG_STR("why", err.text));
		h->wanted = true;
		h->retry_at_ms = clock_mono_ms() + h->backoff_ms;
	}
}

void worker_started(struct supervisor *s, uint32_t number, pid_t pid, int pid_fd)
{
	for (unsigned i = 0; i < WORKERS_MAX; i++) {
		struct worker *w = &s->workers[i];
		if (w->state == WORKER_FREE || w->number != number || w->pid >= 0)
			continue;
		w->pid = pid;
		w->pid_fd = pid_fd;
		/* Given up before it was there. */
		if (w->state == WORKER_ENDING)
			end(w);
		return;
	}
	close(pid_fd);
}

void worker_ended(struct supervisor *s, pid_t pid, int status)
{
	struct worker *w = worker_by_pid(s, pid);
	char how[64];
	if (!w)
		return;
	wait_status_text(status, how, sizeof how);
	worker_log_rest(w);
	struct function_history *h = history_of(s, w->ref);
	bool asked = w->state == WORKER_ENDING;
	if (!asked) {
		uint64_t now = clock_mono_ms();
		if (now - w->started_ms > WORKER_STEADY_MS)
			h->backoff_ms = WORKER_BACKOFF_MS_MIN;
		h->retry_at_ms = now + h->backoff_ms;
		h->backoff_ms = (uint32_t)size_min(h->backoff_ms * 2, WORKER_BACKOFF_MS_MAX);
		h->restarts++;
		(void)snprintf(h->last_end, sizeof h->last_end, "%s", how);
		LOG_WARN("worker_ended", LOG_STR("function", worker_function_name(s, w->ref)), LOG_STR("how", how));
		unwire_worker(s, w, how);
	}
	worker_release(w);
}

void worker_kill(struct worker *w, const char *why)
{
	struct supervisor *s = w->owner;
	worker_log_rest(w);
	LOG_WARN("worker_killed", LOG_STR("function", worker_function_name(s, w->ref)), LOG_STR("why", why));
	unwire_worker(s, w, why);
	end(w);
}

void workers_kill(struct supervisor *s, uint32_t generation_max, const char *why)
{
	for (unsigned i = 0; i < WORKERS_MAX; i++) {
		struct worker *w = &s->workers[i];
		if ((w->state == WORKER_STARTING || w->state == WORKER_RUNNING) && ref_generation(w->ref) <= generation_max)
			worker_kill(w, why);
	}
}

void workers_drop(struct supervisor *s, const char *why)
{
	for (unsigned i = 0; i < WORKERS_MAX; i++) {
		struct worker *w = &s->workers[i];
		if (w->state == WORKER_FREE)
			continue;
		if (w->state != WORKER_ENDING) {
			unwire_worker(s, w, why);
			end(w);
		}
		/* Its end is told by the zygote; when that is what ended, nobody will tell. */
		if (member_of(s, PROCESS_ZYGOTE, 0)->state == MEMBER_DOWN)
			worker_release(w);
	}
}

void workers_retry(struct supervisor *s)
{
	uint64_t now = clock_mono_ms();
	for (unsigned i = 0; i < s->function_count && !s->stopping; i++) {
		struct function_history *h = &s->functions[i];
		if (h->wanted && h->retry_at_ms <= now)
			worker_want(s, h->ref);
	}
}

uint64_t workers_next_retry(const struct supervisor *s)
{
	uint64_t next = UINT64_MAX;
	for (unsigned i = 0; i < s->function_count && !s->stopping; i++)
		if (s->functions[i].wanted && s->functions[i].retry_at_ms < next)
			next = s->functions[i].retry_at_ms;
	return next;
}

/* The life of a started process up to its loop: setup, lock, control messages. Trusts the supervisor, nobody else. */
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/spawn.h"
#include "proc/process.h"

#define SETUP_TIMEOUT_MS 10000

const struct sandbox_user process_nobody = {65534, 65534};

static const struct process_manifest *const manifests[PROCESS_KIND_COUNT] = {
    [PROCESS_GATEWAY] = &gateway_manifest,
    [PROCESS_BROKER] = &broker_manifest,
    [PROCESS_ZYGOTE] = &zygote_manifest,
    [PROCESS_WORKER] = &worker_manifest,
    [PROCESS_EGRESS] = &egress_manifest,
    [PROCESS_MONITOR] = &monitor_manifest,
    [PROCESS_DIALER] = &dialer_manifest,
};

const struct process_manifest *process_manifest(enum process_kind kind)
{
	return (unsigned)kind < PROCESS_KIND_COUNT ? manifests[kind] : NULL;
}

const struct process_manifest *process_manifest_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(manifests); i++)
		if (manifests[i] && strcmp(manifests[i]->name, name) == 0)
			return manifests[i];
	return NULL;
}

static int by_byte(const void *a, const void *b)
{
	return *(const char *)a - *(const char *)b;
}

/* What libraries would open a file for at their first use, which is after the lock. */
static void warm_libraries(void)
{
	size_t seed = 0;
	if (getrandom(&seed, sizeof seed, 0) == (ssize_t)sizeof seed)
		json_object_seed(seed);
	tzset();
	/* glibc asks for the machine's memory (sysinfo) at the first large sort. */
	char many[2048] = {0};
	qsort(many, sizeof many, 1, by_byte);
}

int process_main(const char *name)
{
	const struct process_manifest *manifest = process_manifest_named(name);
	if (!manifest)
		return 2;
	struct child child;
	struct error err = {0};
	log_init(manifest->name, LOG_LEVEL_INFO);
	warm_libraries();
	(void)prctl(PR_SET_NAME, manifest->name);
	(void)signal(SIGPIPE, SIG_IGN);
	/* The terminal's interrupt goes to the whole group; the supervisor decides when its processes end. */
	(void)signal(SIGINT, SIG_IGN);
	if (!is_ok(child_start(&child, manifest, &err)))
		return child_fail(&child, &err);
	return manifest->run(&child);
}

static bool manifest_takes(const struct process_manifest *manifest, uint32_t type)
{
	for (const enum control_type *t = manifest->takes; *t != CONTROL_TYPE_COUNT; t++)
		if (*t == type)
			return true;
	return false;
}

static void control_ready(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct child *child = CONTAINER_OF(watch, struct child, control_watch);
	(void)loop;
	(void)events;
	for (;;) {
		struct control_message message;
		int fds[CONTROL_FDS_MAX];
		struct error err = {0};
		result r = control_receive(child->control_fd, &err, &message, fds);
		if (r.code == ERR_NOT_FOUND)
			return;
		if (!is_ok(r)) {
			/* Without the supervisor there is nobody to serve for. */
			LOG_INFO("supervisor_gone", LOG_STR("why", err.text));
			exit(0);
		}
		if (!manifest_takes(child->manifest, message.type)) {
			LOG_ERROR("unexpected_message", LOG_STR("type", control_name(message.type)));
			exit(1);
		}
		child->on_control(child, &message, fds);
		for (uint32_t i = 0; i < message.fd_count; i++)
			if (fds[i] >= 0)
				close(fds[i]);
	}
}

static void bell_ready(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct child *child = CONTAINER_OF(watch, struct child, bell_watch);
	(void)loop;
	(void)events;
	child->on_bell(child);
}

result child_start(struct child *child, const struct process_manifest *manifest, struct error *err)
{
	*child = (struct child){.manifest = manifest, .control_fd = SPAWN_CONTROL_FD, .bell_fd = -1, .setup_fd = -1, .shared_fd = -1, .budgets_fd = -1, .counts_fd = -1, .countries_fd = -1};
	struct control_message setup;
	int fds[CONTROL_FDS_MAX];
	TRY(control_expect(child->control_fd, CONTROL_SETUP, SETUP_TIMEOUT_MS, err, &setup, fds));
	if (setup.fd_count < 1)
		return error_set(err, ERR_INVALID, "SETUP without a doorbell");
	child->index = setup.a;
	child->cpu = setup.b;
	child->flags = setup.c;
	memcpy(child->setup_text, setup.text, sizeof setup.text);
	child->bell_fd = fds[0];
	child->setup_fd = setup.fd_count > 1 ? fds[1] : -1;
	child->shared_fd = setup.fd_count > 2 ? fds[2] : -1;
	child->budgets_fd = setup.fd_count > 3 ? fds[3] : -1;
	child->counts_fd = setup.fd_count > 4 ? fds[4] : -1;
	child->countries_fd = setup.fd_count > 5 ? fds[5] : -1;
	TRY(loop_init(&child->loop, err));
	child->control_watch = (struct watch){child->control_fd, control_ready};
	child->bell_watch = (struct watch){child->bell_fd, bell_ready};
	TRY(loop_add(&child->loop, &child->control_watch, EPOLLIN, err));
	/* By its edge each ring wakes, and nobody has to empty the bell. */
	return loop_add(&child->loop, &child->bell_watch, EPOLLIN | EPOLLET, err);
}

result child_lock(struct child *child, const struct sandbox_path *paths, const struct sandbox_user *user,
    struct error *err)
{
	struct sandbox sandbox = child->manifest->sandbox;
	sandbox.paths = paths;
	CLEANUP_FD int notify = -1;
	TRY(sandbox_enter(&sandbox, user, err));
	TRY(sandbox_filter(&sandbox, err, &notify));
	/* At once: a call that is refused before the process is ready must be heard of too. */
	return control_send(child->control_fd, CONTROL_READY, 0, 0, 0, NULL, &notify, 1, err);
}

result child_ready(struct child *child, struct error *err)
{
	return control_send(child->control_fd, CONTROL_READY, 1, 0, 0, NULL, NULL, 0, err);
}

int child_fail(struct child *child, const struct error *err)
{
	ignore_result(control_send(child->control_fd, CONTROL_FAILED, 0, 0, 0, err->text, NULL, 0, NULL));
	LOG_ERROR("cannot_start", LOG_STR("why", err->text));
	return 1;
}

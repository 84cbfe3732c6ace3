/*
 * `ward dev`: watches the app's files, rebuilds what changed in a child, applies new migrations and offers the new app to
 * the processes. A failed build leaves the old app serving; what was wrong is printed by the build and handed to the
 * gateways, which show it on the page.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "os/clock.h"
#include "os/fd.h"
#include "proc/supervisor/supervisor.h"

/* Editors write a file in several steps; what comes within this time is one change. */
#define QUIET_MS 60u
#define FINDINGS_BYTES_MAX (1u << 20)
#define DEPTH_MAX 16
#define WATCH_MASK (IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)

static bool is_watched_name(const char *name)
{
	/* .ward is what the build writes; dot files are of editors and version control. */
	return name[0] != '.' && strcmp(name, "node_modules") != 0;
}

static void watch_tree(int fd, const char *dir, int depth)
{
	char path[PATH_MAX];
	DIR *d = depth < DEPTH_MAX ? opendir(dir) : NULL;
	if (!d)
		return;
	if (inotify_add_watch(fd, dir, WATCH_MASK) < 0)
		LOG_WARN("cannot_watch", LOG_STR("dir", dir));
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		if (e->d_type != DT_DIR || !is_watched_name(e->d_name))
			continue;
		if (snprintf(path, sizeof path, "%s/%s", dir, e->d_name) < (int)sizeof path)
			watch_tree(fd, path, depth + 1);
	}
	closedir(d);
}

static void changes_ready(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct supervisor *s = CONTAINER_OF(watch, struct supervisor, changes);
	_Alignas(struct inotify_event) char room[16384];
	bool relevant = false;
	ssize_t n;
	(void)loop;
	(void)events;
	while ((n = read(watch->fd, room, sizeof room)) > 0)
		for (char *at = room; at < room + n;) {
			const struct inotify_event *e = (const struct inotify_event *)(void *)at;
			relevant = relevant || (e->mask & IN_Q_OVERFLOW) || (e->len > 0 && is_watched_name(e->name));
			at += sizeof *e + e->len;
		}
	if (!relevant)
		return;
	/* Directories may have come: watching one twice is the same watch. */
	watch_tree(watch->fd, s->config->app_dir, 0);
	s->build_at_ms = clock_mono_ms() + QUIET_MS;
}

result dev_watch(struct supervisor *s, struct error *err)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd < 0)
		return error_errno(err, "cannot watch files");
	watch_tree(fd, s->config->app_dir, 0);
	s->changes = (struct watch){fd, changes_ready};
	return loop_add(&s->loop, &s->changes, EPOLLIN, err);
}

/* findings: a JSON array, as the build printed it. */
static void tell_gateways(struct supervisor *s, struct slice findings)
{
	CLEANUP_FD int fd = -1;
	if (!is_ok(fd_sealed("ward-findings", findings, NULL, &fd)))
		return;
	for (unsigned i = 0; i < s->member_count; i++) {
		const struct member *m = &s->members[i];
		if (m->manifest->kind == PROCESS_GATEWAY && m->state != MEMBER_DOWN)
			ignore_result(control_send(m->proc.control_fd, CONTROL_DEV_FINDINGS, 0, 0, 0, NULL, &fd, 1, NULL));
	}
}

static void take_build(struct supervisor *s)
{
	struct error err = {0};
	struct image *image = NULL;
	uint32_t generation = (s->next ? s->next : s->image)->generation + 1;
	struct app_database database = {0};
	result r = image_load(s->config->app_dir, s->config->pages_dir, generation, &err, &image);
	if (is_ok(r))
		r = app_database_prepare(s->config->app_dir, s->config->state_dir, &image->contract, s->master_key, &err, &database);
	if (is_ok(r) && (database.remote != s->config->database->remote ||
			    memcmp(&database.place, &s->config->database->place, sizeof database.place) != 0))
		r = error_set(&err, ERR_CONFLICT, "the app's data are elsewhere now: start `ward dev` again");
	explicit_bzero(&database, sizeof database);
	if (!is_ok(r)) {
		image_free(image);
		CLEANUP_BUF struct buf text = BUF_INIT(8192);
		LOG_ERROR("cannot_take_build", LOG_STR("why", err.text));
		buf_add_cstr(&text, "[{\"file\":\"\",\"line\":0,\"column\":0,\"code\":\"build\",\"message\":\"");
		buf_add_json_escaped(&text, slice_cstr(err.text));
		buf_add_cstr(&text, "\"}]");
		tell_gateways(s, buf_slice(&text));
		return;
	}
	LOG_INFO("rebuilt", LOG_INT("ms", (int64_t)(clock_mono_ms() - s->build_started_ms)), LOG_INT("generation", generation));
	tell_gateways(s, SLICE("[]"));
	generation_offer(s, image);
}

static void tell_findings(struct supervisor *s)
{
	char path[PATH_MAX];
	struct slice text = SLICE_NONE;
	(void)snprintf(path, sizeof path, "%s/.ward/build/findings.json", s->config->app_dir);
	if (is_ok(file_read(path, FINDINGS_BYTES_MAX, NULL, &text)))
		tell_gateways(s, text);
	free((char *)(uintptr_t)text.ptr);
}

static void builder_ready(struct loop *loop, struct watch *watch, uint32_t events)
{
	struct supervisor *s = CONTAINER_OF(watch, struct supervisor, builder);
	int status = 0;
	(void)events;
	if (!is_ok(spawn_reap(s->builder_pid, NULL, &status)))
		return;
	loop_remove(loop, watch);
	close(watch->fd);
	watch->fd = -1;
	s->builder_pid = -1;
	if (s->stopping)
		return;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		take_build(s);
	else
		tell_findings(s);
}

static void start_build(struct supervisor *s)
{
	sigset_t none;
	s->build_at_ms = 0;
	s->build_started_ms = clock_mono_ms();
	pid_t pid = fork();
	if (pid == 0) {
		sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		/* The build opens the URL of a database on a server. */
		if (s->master_key[0])
			(void)setenv("WARD_MASTER_KEY", s->master_key, 1);
		execl("/proc/self/exe", "ward", "build", s->config->app_dir, "--state", s->config->state_dir, (char *)NULL);
		_exit(127);
	}
	int fd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	if (fd < 0) {
		LOG_ERROR("cannot_build");
		return;
	}
	s->builder_pid = pid;
	s->builder = (struct watch){fd, builder_ready};
	ignore_result(loop_add(&s->loop, &s->builder, EPOLLIN, NULL));
}

void dev_turn(struct supervisor *s)
{
	/* A change during a build waits for its end: the build may have read the file before. */
	if (s->build_at_ms && s->build_at_ms <= clock_mono_ms() && s->builder_pid < 0 && !s->stopping)
		start_build(s);
}

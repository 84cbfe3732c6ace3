/*
 * Building an app: what ward.yaml, migrations and queries say goes to the TypeScript compiler as data.json,
 * its contract.json comes back, and both become app.json. The compiler runs as a child without network.
 */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/app.h"
#include "app/contract/compat.h"
#include "app/lock/lock.h"
#include "cli/contract.h"
#include "os/fd.h"

#define JSON_BYTES_MAX (64u << 20)
#define LINE_BYTES_MAX (64u << 10)

const char *ward_home(void)
{
	static char home[PATH_MAX];
	char probe[PATH_MAX + 32];
	if (home[0])
		return home;
	ssize_t n = readlink("/proc/self/exe", home, sizeof home - 1);
	for (int up = 0; n > 0 && up < 2; up++) {
		home[n] = '\0';
		char *slash = strrchr(home, '/');
		if (!slash)
			break;
		*slash = '\0';
		n = slash - home;
	}
	(void)snprintf(probe, sizeof probe, "%s/sdk/compile.mjs", home);
	if (access(probe, R_OK) != 0) {
		size_t at = strlen(home);
		(void)snprintf(home + at, sizeof home - at, "/share/ward");
	}
	return home;
}

static result make_directories(const char *dir, struct error *err)
{
	static const char *const parts[] = {".ward", ".ward/build", ".ward/public"};
	char path[PATH_MAX];
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", dir, parts[i]);
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return error_errno(err, "cannot make %s", path);
	}
	return RESULT_OK;
}

/* In the child: no network where the kernel allows it without privileges; the compiler needs none. */
_Noreturn static void exec_compiler(const char *dir, int out)
{
	char script[PATH_MAX];
	char data[PATH_MAX];
	char target[PATH_MAX];
	(void)snprintf(script, sizeof script, "%s/sdk/compile.mjs", ward_home());
	(void)snprintf(data, sizeof data, "%s/.ward/build/data.json", dir);
	(void)snprintf(target, sizeof target, "%s/.ward/build", dir);
	(void)dup2(out, STDOUT_FILENO);
	(void)unshare(CLONE_NEWUSER | CLONE_NEWNET);
	execlp("node", "node", script, "--app", dir, "--data", data, "--out", target, (char *)NULL);
	(void)fprintf(stderr, "ward: cannot run node: %s. Install Node.js 20 or later.\n", strerror(errno));
	_exit(127);
}

static result read_findings(int fd, struct diagnostics *diagnostics, struct error *err)
{
	FILE *from = fdopen(fd, "re");
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	result r = RESULT_OK;
	while (from && (n = getline(&line, &size, from)) > 0) {
		struct slice text = slice_trim(slice_of(line, (size_t)n));
		if (text.len == 0 || text.len > LINE_BYTES_MAX || !is_ok(r))
			continue;
		r = diagnostics_add_json(diagnostics, text, err);
	}
	free(line);
	if (from)
		(void)fclose(from);
	return r;
}

static result compile(const char *dir, struct diagnostics *diagnostics, struct error *err)
{
	int out[2];
	if (pipe(out) < 0)
		return error_errno(err, "cannot make a pipe");
	pid_t pid = fork();
	if (pid < 0)
		return error_errno(err, "cannot fork");
	if (pid == 0) {
		close(out[0]);
		exec_compiler(dir, out[1]);
	}
	close(out[1]);
	result r = read_findings(out[0], diagnostics, err);
	int status = 0;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!is_ok(r))
		return r;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return RESULT_OK;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 1 && diagnostics->errors > 0)
		return error_set(err, ERR_INVALID, "the app has errors");
	return error_set(err, ERR_INTERNAL, "the TypeScript compiler ended unexpectedly (status %d)", status);
}

static result write_file(const char *dir, const char *name, const struct buf *text, struct error *err)
{
	char path[PATH_MAX];
	(void)snprintf(path, sizeof path, "%s/.ward/build/%s", dir, name);
	if (!buf_ok(text))
		return error_set(err, ERR_LIMIT, "%s would be larger than %zu bytes", name, text->cap);
	return file_write_atomic(path, buf_slice(text), 0644, err);
}

static result build(const char *dir, const char *state_dir, struct app *app, struct diagnostics *diagnostics,
    struct error *err)
{
	char path[PATH_MAX];
	CLEANUP_BUF struct buf text = BUF_INIT(JSON_BYTES_MAX);
	TRY(make_directories(dir, err));
	TRY(app_load(dir, state_dir, diagnostics, err, app));
	app_data_json(app, &text);
	TRY(write_file(dir, "data.json", &text, err));
	TRY(compile(dir, diagnostics, err));
	(void)snprintf(path, sizeof path, "%s/.ward/build/contract.json", dir);
	struct slice contract;
	TRY(file_read(path, JSON_BYTES_MAX, err, &contract));
	buf_clear(&text);
	result r = app_resolve(app, contract, diagnostics, err, &text);
	free((char *)(uintptr_t)contract.ptr);
	TRY(r);
	return write_file(dir, "app.json", &text, err);
}

static const char *state_of(const struct build_options *o, char room[PATH_MAX])
{
	if (o->state)
		return o->state;
	(void)snprintf(room, PATH_MAX, "%s/.ward/state", o->dir);
	return room;
}

static result judge(const struct build_options *o, struct diagnostics *diagnostics, struct error *err)
{
	char room[PATH_MAX];
	CLEANUP_ARENA struct arena arena = ARENA_INIT(256u << 20);
	struct app_contract contract;
	if (o->hold == LOCK_HOLD_NONE && !o->compare)
		return RESULT_OK;
	TRY(app_contract_read(o->dir, &arena, err, &contract));
	TRY(lock_check(o->dir, &contract, o->hold, diagnostics, err));
	return o->compare ? compat_check(state_of(o, room), &contract, diagnostics, err) : RESULT_OK;
}

static void print(const struct build_options *o, struct diagnostics *diagnostics)
{
	CLEANUP_BUF struct buf text = BUF_INIT(8u << 20);
	struct app_sources sources = {.dir = o->dir};
	arena_init(&sources.arena, 64u << 20);
	const struct source_reader reader = {app_source_read, &sources};
	diagnostics_sort(diagnostics);
	if (o->json)
		diagnostics_print_json(diagnostics, &text);
	else
		diagnostics_print(diagnostics, &reader, isatty(STDERR_FILENO) == 1, &text);
	if (text.len)
		(void)fwrite(text.ptr, 1, text.len, o->json ? stdout : stderr);
	arena_done(&sources.arena);
}

/* For `ward dev`, whose page shows what is wrong. Where the folder cannot be made there is nobody to show it
 * to. */
static void keep(
    const struct build_options *o, const struct diagnostics *diagnostics, const struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(8u << 20);
	if (diagnostics->count == 0 && err->text[0]) {
		buf_add_cstr(&text, "[{\"severity\":\"error\",\"file\":\"\",\"line\":0,\"column\":0,"
				    "\"length\":0,\"code\":\"build\",\"message\":\"");
		buf_add_json_escaped(&text, slice_cstr(err->text));
		buf_add_cstr(&text, "\",\"hint\":\"\"}]\n");
	} else {
		diagnostics_json_array(diagnostics, &text);
	}
	ignore_result(write_file(o->dir, "findings.json", &text, NULL));
}

bool build_app(const struct build_options *o, struct error *err)
{
	struct diagnostics diagnostics;
	struct build_inputs inputs;
	char room[PATH_MAX];
	struct app app = {0};
	diagnostics_init(&diagnostics);
	build_begins(o->dir, &inputs);
	result r = build(o->dir, state_of(o, room), &app, &diagnostics, err);
	if (is_ok(r) && diagnostics.count == 0)
		build_was_clean(o->dir, &inputs);
	if (is_ok(r))
		r = judge(o, &diagnostics, err);
	print(o, &diagnostics);
	keep(o, &diagnostics, err);
	bool clean = is_ok(r) && diagnostics_clean(&diagnostics);
	if (!is_ok(r) && diagnostics.errors == 0)
		(void)fprintf(stderr, "ward: %s\n", err->text);
	app_done(&app);
	diagnostics_done(&diagnostics);
	return clean;
}

bool build_apart(const struct build_options *o)
{
	int status = 0;
	(void)fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		struct error err = {0};
		bool built = build_app(o, &err);
		(void)fflush(NULL);
		_exit(built ? 0 : 1);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int command_build(int argc, char **argv)
{
	struct build_options o = {0};
	struct error err = {0};
	for (int i = 1; i < argc; i++) {
		if (option_value(argc, argv, &i, "--state", &o.state))
			continue;
		if (strcmp(argv[i], "--json") == 0)
			o.json = true;
		else if (argv[i][0] == '-' || o.dir)
			return usage_error("build", "unexpected argument %s", argv[i]);
		else
			o.dir = argv[i];
	}
	if (!o.dir)
		return usage_error("build", "which app?");
	return build_app(&o, &err) ? 0 : 1;
}

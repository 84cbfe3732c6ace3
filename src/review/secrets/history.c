/*
 * Secrets in what a repository once held: reads `git log -p` of all refs and scans the added lines of each
 * file of each commit.
 *
 * The repository is foreign, and its configuration can name programs to run (fsmonitor, external diffs, text
 * converters, signature checks, pagers): every one is turned off on the command line, and the user's and
 * system's configuration is not read.
 */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "review/secrets/secrets.h"

#define FILE_TEXT_MAX (32u << 20)
#define COMMIT_MARK '\x01'

struct added_line {
	size_t at;     /* in the text */
	uint32_t line; /* in the file of that commit */
};

struct history {
	const struct secret_rules *rules;
	struct findings *out;
	struct error *err;
	struct buf text; /* the added lines of the current file */
	struct added_line *lines;
	size_t line_count;
	size_t line_size;
	uint32_t next_line;
	char commit[16];
	char path[4096];
	struct strmap seen; /* subjects: a secret is told once, at the newest commit that added it */
};

static const char *const git_arguments[] = {"git", "-c", "core.fsmonitor=false", "-c",
    "core.hooksPath=/dev/null", "-c", "log.showSignature=false", "-c", "core.quotePath=false", "-c",
    "diff.noprefix=false", "-c", "diff.mnemonicPrefix=false", "-c", "diff.srcPrefix=a/", "-c",
    "diff.dstPrefix=b/", "--no-pager", "log", "--all", "--patch", "--unified=0", "--no-color",
    "--no-ext-diff", "--no-textconv", "--no-renames", "--no-show-signature", "--diff-merges=first-parent",
    "--format=%x01%H", NULL};

/* The environment of git: the search path and home stay, what configures git does not. */
static const char **git_environment(void)
{
	extern char **environ;
	static const char *const fixed[] = {"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
	    "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C"};
	size_t count = 0, n = 0;
	while (environ[count])
		count++;
	const char **list = calloc(count + sizeof(fixed) / sizeof(fixed[0]) + 1, sizeof(*list));
	for (size_t i = 0; list && i < count; i++)
		if (strncmp(environ[i], "GIT_", 4) != 0 && strncmp(environ[i], "LC_ALL=", 7) != 0)
			list[n++] = environ[i];
	for (size_t i = 0; list && i < sizeof(fixed) / sizeof(fixed[0]); i++)
		list[n++] = fixed[i];
	return list;
}

/* posix_spawn() promises not to write to the strings, its prototype only forgets to say so. */
static char *const *as_vector(const char *const *list)
{
	return (char *const *)(uintptr_t)list;
}

static result start_git(const char *root, struct error *err, pid_t *ret_pid, FILE **ret_output)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return error_errno(err, "cannot make a pipe");
	posix_spawn_file_actions_t actions;
	const char **env = git_environment();
	if (posix_spawn_file_actions_init(&actions) != 0 || !env) {
		free((void *)(uintptr_t)env);
		close(ends[0]);
		close(ends[1]);
		return error_set(err, ERR_MEMORY, "no memory to start git");
	}
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addchdir_np(&actions, root);
	pid_t pid;
	int code = posix_spawnp(&pid, "git", &actions, NULL, as_vector(git_arguments), as_vector(env));
	posix_spawn_file_actions_destroy(&actions);
	free((void *)(uintptr_t)env);
	close(ends[1]);
	FILE *output = code == 0 ? fdopen(ends[0], "r") : NULL;
	if (!output) {
		close(ends[0]);
		if (code == 0) {
			(void)kill(pid, SIGKILL);
			(void)waitpid(pid, NULL, 0);
		}
		return error_set(err, ERR_NOT_FOUND, "cannot run git: %s", strerror(code));
	}
	*ret_pid = pid;
	*ret_output = output;
	return RESULT_OK;
}

static uint32_t line_in_file(const struct history *h, size_t at)
{
	size_t low = 0, high = h->line_count;
	while (low + 1 < high) {
		size_t mid = (low + high) / 2;
		if (h->lines[mid].at <= at)
			low = mid;
		else
			high = mid;
	}
	return h->line_count ? h->lines[low].line : 0;
}

/* Turns the hits of the current file's added lines into findings with the lines of that time. */
static result finish_file(struct history *h)
{
	struct secret_hits hits = {0};
	static char present;
	result r = RESULT_OK;
	if (h->text.len > 0 && !file_looks_binary(buf_slice(&h->text)))
		r = secrets_scan_text(h->rules, buf_slice(&h->text), h->err, &hits);
	for (size_t i = 0; i < hits.count && is_ok(r); i++) {
		struct secret_hit hit = hits.items[i];
		struct slice subject = SLICE_NONE;
		char note[64];
		(void)snprintf(
		    note, sizeof(note), "line %u of commit %s", line_in_file(h, hit.at), h->commit);
		/* Today's file has other lines, if it is there at all: the finding is about the file as a
		 * whole. */
		hit.line = hit.col = hit.end_line = hit.end_col = 0;
		r = secret_subject_of(&hit, buf_slice(&h->text), &h->out->arena, h->err, &subject);
		if (!is_ok(r) || strmap_get(&h->seen, subject))
			continue;
		r = strmap_set(&h->seen, subject, &present);
		if (is_ok(r))
			r = secret_finding_add(
			    &hit, slice_cstr(h->path), buf_slice(&h->text), note, h->out, h->err);
	}
	secret_hits_done(&hits);
	buf_clear(&h->text);
	h->line_count = 0;
	return r;
}

static result add_line(struct history *h, struct slice line)
{
	if (h->line_count == h->line_size) {
		size_t size = h->line_size ? h->line_size * 2 : 256;
		struct added_line *lines = realloc(h->lines, size * sizeof(*lines));
		if (!lines)
			return error_set(h->err, ERR_MEMORY, "no memory for the history");
		h->lines = lines;
		h->line_size = size;
	}
	h->lines[h->line_count++] = (struct added_line){h->text.len, h->next_line++};
	buf_add_slice(&h->text, line);
	return RESULT_OK;
}

/* "@@ -a,b +c,d @@": the first added line is line c. */
static void read_hunk(struct history *h, struct slice line)
{
	const char *plus = memchr(line.ptr, '+', line.len);
	h->next_line = plus ? (uint32_t)strtoul(plus + 1, NULL, 10) : 1;
}

static void copy_text(char *to, size_t size, struct slice from)
{
	size_t n = from.len < size - 1 ? from.len : size - 1;
	memcpy(to, from.ptr, n);
	to[n] = '\0';
}

static result take_line(struct history *h, struct slice line)
{
	struct slice bare = slice_trim(line);
	if (line.ptr[0] == COMMIT_MARK) {
		TRY(finish_file(h));
		copy_text(h->commit, 13, slice_of(bare.ptr + 1, bare.len - 1));
	} else if (slice_starts(line, SLICE("diff --git "))) {
		TRY(finish_file(h));
		h->path[0] = '\0';
	} else if (h->path[0] == '\0' && slice_starts(line, SLICE("+++ "))) {
		bool real = bare.len > 6 && !slice_eq_cstr(bare, "+++ /dev/null");
		copy_text(h->path, sizeof(h->path), real ? slice_of(bare.ptr + 6, bare.len - 6) : SLICE("?"));
	} else if (slice_starts(line, SLICE("@@ "))) {
		read_hunk(h, line);
	} else if (line.ptr[0] == '+' && h->path[0] != '\0') {
		return add_line(h, slice_of(line.ptr + 1, line.len - 1));
	}
	return RESULT_OK;
}

static result read_log(struct history *h, FILE *output)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	result r = RESULT_OK;
	while (is_ok(r) && (n = getline(&line, &size, output)) > 0)
		r = take_line(h, slice_of(line, (size_t)n));
	free(line);
	return is_ok(r) ? finish_file(h) : r;
}

result secrets_scan_history(
    const struct secret_rules *rules, const char *root, struct findings *findings, struct error *err)
{
	pid_t pid = 0;
	FILE *output = NULL;
	TRY(start_git(root, err, &pid, &output));
	struct history h = {.rules = rules, .out = findings, .err = err, .text = BUF_INIT(FILE_TEXT_MAX)};
	result r = read_log(&h, output);
	(void)fclose(output);
	int status = 0;
	if (waitpid(pid, &status, 0) != pid || (is_ok(r) && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)))
		r = error_set(err, ERR_NOT_FOUND, "git cannot read the history of %s", root);
	buf_done(&h.text);
	strmap_done(&h.seen);
	free(h.lines);
	return r;
}

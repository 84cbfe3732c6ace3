/* Runs the secret and dependency scanners of a review (scanners.h); called by the engine once its files are
 * known. */
#include "review/scanners.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "review/suppress.h"

#define FINDINGS_CAP 100000u
#define OUTPUT_BYTES_MAX (256u << 20)

struct secrets_job {
	const struct secret_rules *rules;
	const struct file_set *files;
	atomic_size_t next;
};

struct secrets_worker {
	struct secrets_job *job;
	struct findings findings;
	pthread_t thread;
	bool started;
	result done;
	struct error err;
};

static result scan_one(struct secrets_worker *w, const struct file_entry *file)
{
	struct slice text;
	size_t before = w->findings.count;
	/* What cannot be read is noted by the engine, which walked the files. */
	if (file->too_large || !is_ok(file_set_read(w->job->files, file, NULL, &text)))
		return RESULT_OK;
	result r = secrets_scan_file(w->job->rules, file->path, text, &w->findings, &w->err);
	for (size_t i = before; i < w->findings.count; i++)
		suppress_by_comment(&w->findings.items[i], text, &w->findings.arena);
	file_bytes_free(text);
	return r;
}

static void *scan_files(void *arg)
{
	struct secrets_worker *w = arg;
	for (size_t i; is_ok(w->done) && (i = atomic_fetch_add(&w->job->next, 1)) < w->job->files->count;)
		w->done = scan_one(w, &w->job->files->files[i]);
	return NULL;
}

/* Each thread fills a list of its own; the engine sorts them all in the end, so timing leaves no trace. */
static result scan_secrets(const struct secret_rules *rules, const struct file_set *files, unsigned threads,
    struct findings *findings, struct error *err)
{
	struct secrets_job job = {.rules = rules, .files = files};
	struct secrets_worker *workers = calloc(threads, sizeof(*workers));
	result r = RESULT_OK;
	if (!workers)
		return error_set(err, ERR_MEMORY, "no memory for threads");
	for (unsigned i = 0; i < threads; i++) {
		workers[i].job = &job;
		findings_init(&workers[i].findings, FINDINGS_CAP);
		if (i + 1 < threads)
			workers[i].started =
			    pthread_create(&workers[i].thread, NULL, scan_files, &workers[i]) == 0;
	}
	(void)scan_files(&workers[threads - 1]);
	for (unsigned i = 0; i < threads; i++) {
		if (workers[i].started)
			(void)pthread_join(workers[i].thread, NULL);
		if (is_ok(r) && !is_ok(workers[i].done))
			r = error_set(err, workers[i].done.code, "%s", workers[i].err.text);
		if (is_ok(r))
			r = findings_append(findings, &workers[i].findings, err);
		findings_done(&workers[i].findings);
	}
	free(workers);
	return r;
}

/* No advisories is the state of a fresh machine; a file that was named must be there. */
static result open_advisories(const struct scanner_options *o, struct scanners *s, struct error *err)
{
	char path[4096];
	if (o->advisories)
		return advisories_open(o->advisories, err, &s->advisories);
	if (!advisories_default_path("npm.db", path, sizeof(path)) || access(path, R_OK) != 0)
		return RESULT_OK;
	return advisories_open(path, err, &s->advisories);
}

static result run_all(const struct scanner_options *o, const struct file_set *files,
    struct findings *findings, struct error *err, struct scanners *s)
{
	TRY(secret_rules_builtin(err, &s->secret_rules));
	TRY(deps_rules_builtin(err, &s->deps_rules));
	TRY(open_advisories(o, s, err));
	TRY(scan_secrets(s->secret_rules, files, o->threads ? o->threads : 1, findings, err));
	if (o->history)
		TRY(secrets_scan_history(s->secret_rules, o->root, findings, err));
	const struct deps_options deps = {.advisories = s->advisories.text.ptr ? &s->advisories : NULL};
	return deps_scan(s->deps_rules, files, &deps, findings, err, &s->deps);
}

result scanners_run(const struct scanner_options *options, const struct file_set *files,
    struct findings *findings, struct error *err, struct scanners **ret_scanners)
{
	struct scanners *s = calloc(1, sizeof(*s));
	if (!s)
		return error_set(err, ERR_MEMORY, "no memory for the scanners");
	result r = run_all(options, files, findings, err, s);
	if (!is_ok(r)) {
		scanners_free(s);
		return r;
	}
	*ret_scanners = s;
	return RESULT_OK;
}

void scanners_free(struct scanners *s)
{
	if (!s)
		return;
	secret_rules_free(s->secret_rules);
	deps_rules_free(s->deps_rules);
	advisories_close(&s->advisories);
	deps_done(&s->deps);
	free(s);
}

static result write_file(const char *path, struct slice text, struct error *err)
{
	FILE *f = fopen(path, "we");
	if (!f)
		return error_errno(err, "cannot write %s", path);
	bool written = fwrite(text.ptr, 1, text.len, f) == text.len;
	written = fclose(f) == 0 && written;
	return written ? RESULT_OK : error_errno(err, "cannot write %s", path);
}

result scanners_write_sbom(const struct scanners *s, const char *path, const char *version, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_INIT(OUTPUT_BYTES_MAX);
	const struct sbom_options options = {
	    .tool_version = slice_cstr(version), .time_s = (int64_t)time(NULL)};
	TRY(sbom_write(&s->deps, &options, &text, err));
	return write_file(path, buf_slice(&text), err);
}

result scanners_accept_deps(const struct scanners *s, const char *root, struct error *err)
{
	char path[4200];
	CLEANUP_BUF struct buf text = BUF_INIT(OUTPUT_BYTES_MAX);
	TRY(deps_state_write(s->deps_rules, &s->deps, &text, err));
	(void)snprintf(path, sizeof(path), "%s/%s", root, DEPS_STATE_FILE);
	return write_file(path, buf_slice(&text), err);
}

result scanners_rules(rule_seen each, void *ctx, struct error *err)
{
	struct secret_rules *secrets;
	struct deps_rules *deps;
	TRY(secret_rules_builtin(err, &secrets));
	for (size_t i = 0; i < secrets->pattern_count; i++)
		each(ctx, &secrets->patterns[i].info);
	for (size_t i = 0; i < secrets->context_count; i++)
		each(ctx, &secrets->contexts[i].info);
	each(ctx, &secrets->pem);
	secret_rules_free(secrets);
	TRY(deps_rules_builtin(err, &deps));
	for (size_t i = 0; i < DEP_RULE_COUNT; i++)
		each(ctx, &deps->info[i]);
	deps_rules_free(deps);
	return RESULT_OK;
}

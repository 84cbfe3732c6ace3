/* The engine: from a directory to sorted findings. Called by `ward check`, by tests and by the language
 * server. */
#include "review/review.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "review/engine.h"
#include "review/privilege.h"

#define THREADS_MAX 64u

static void *work(void *arg)
{
	struct worker *w = arg;
	for (;;) {
		size_t i = atomic_fetch_add(&w->engine->next, 1);
		if (i >= w->engine->work_count || !is_ok(w->done))
			return NULL;
		w->done = w->engine->work(w, i);
		engine_progress(w->engine);
	}
}

/* ---- The plan ---- */

static int by_directory(const void *a, const void *b)
{
	const struct file_entry *x = *(const struct file_entry *const *)a;
	const struct file_entry *y = *(const struct file_entry *const *)b;
	int order = slice_cmp(engine_dir_of(x->path), engine_dir_of(y->path));
	return order ? order : slice_cmp(x->path, y->path);
}

static result plan(struct engine *e, struct error *err)
{
	const struct file_set *files = &e->review->files;
	e->order = calloc(files->count + 1, sizeof(struct file_entry *));
	e->units = calloc(files->count + 1, sizeof *e->units);
	if (!e->order || !e->units)
		return error_set(err, ERR_MEMORY, "no memory for the plan");
	for (size_t i = 0; i < files->count; i++)
		if (!files->files[i].too_large && scope_wants(files->files[i].path))
			e->order[e->order_count++] = &files->files[i];
		else if (!files->files[i].too_large && syntax_wants(files->files[i].path) &&
			 files->files[i].size_bytes > CODE_BYTES_MAX)
			engine_note(e, files->files[i].path, "code larger than 4 MiB is not analysed");
		else if (files->files[i].too_large)
			engine_note(e, files->files[i].path, "larger than what is read");
	qsort(e->order, e->order_count, sizeof(struct file_entry *), by_directory);
	for (size_t i = 0; i < e->order_count; i++) {
		bool same =
		    i > 0 && slice_eq(engine_dir_of(e->order[i]->path), engine_dir_of(e->order[i - 1]->path));
		if (!same)
			e->units[e->unit_count++] = (struct unit){.first = i};
		e->units[e->unit_count - 1].end = i + 1;
	}
	return RESULT_OK;
}

/* Modules called from other directories need their callers' arguments before any scope is read. */
static void find_module_calls(struct engine *e)
{
	for (size_t i = 0; i < e->order_count; i++) {
		struct slice bytes;
		if (!slice_ends(e->order[i]->path, SLICE(".tf")))
			continue;
		if (!is_ok(file_set_read(&e->review->files, e->order[i], NULL, &bytes)))
			continue;
		struct slice kept = memmem(bytes.ptr, bytes.len, "module ", 7)
					? arena_copy(&e->calls.arena, bytes)
					: SLICE_NONE;
		if (kept.ptr)
			module_calls_add_file(&e->calls, e->order[i]->path, kept);
		file_bytes_free(bytes);
	}
}

static unsigned thread_count(const struct engine *e)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned n = e->options->threads ? e->options->threads : processors > 0 ? (unsigned)processors : 1;
	n = n > THREADS_MAX ? THREADS_MAX : n;
	return e->work_count < n ? (unsigned)e->work_count : n;
}

/* Takes what a worker wrote for the cache. */
static void keep_cache_part(struct engine *e, struct buf *part)
{
	struct buf *parts = reallocarray(e->cache_parts, e->cache_part_count + 1, sizeof *parts);
	if (!parts) {
		buf_done(part);
		return;
	}
	e->cache_parts = parts;
	parts[e->cache_part_count++] = *part;
}

static result run_workers(struct engine *e, struct error *err)
{
	unsigned count = thread_count(e);
	struct worker *workers = calloc(count + 1, sizeof *workers);
	if (!workers)
		return error_set(err, ERR_MEMORY, "no memory for threads");
	unsigned started = 0;
	for (unsigned i = 0; i < count; i++) {
		workers[i].engine = e;
		findings_init(&workers[i].findings, FINDINGS_MAX);
		buf_init(&workers[i].cache, (size_t)256 << 20);
		if (i + 1 < count && pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0)
			started |= 1u << (i & 31);
		else
			(void)work(&workers[i]);
	}
	result r = RESULT_OK;
	for (unsigned i = 0; i < count; i++) {
		if (started & 1u << (i & 31) && i + 1 < count)
			(void)pthread_join(workers[i].thread, NULL);
		if (is_ok(r) && !is_ok(workers[i].done))
			r = error_set(err, workers[i].done.code, "%s", workers[i].err.text);
		if (is_ok(r))
			r = findings_append(&e->review->findings, &workers[i].findings, err);
		findings_done(&workers[i].findings);
		keep_cache_part(e, &workers[i].cache);
	}
	free(workers);
	return r;
}

/* All workers on items [0, count), their findings gathered. */
static result run_phase(
    struct engine *e, result (*item)(struct worker *w, size_t i), size_t count, struct error *err)
{
	e->work = item;
	e->work_count = count;
	atomic_store(&e->next, 0);
	atomic_store(&e->done, 0);
	result r = run_workers(e, err);
	e->work_before += count;
	return r;
}

/* How many imports a value may pass through from its source to its sink. */
#define ROUNDS_MAX 4u

/* A file analysed again reports all it did before; findings_sort() drops the repeats. */
static result run_code(struct engine *e, struct error *err)
{
	TRY(run_phase(e, engine_code, e->code.count, err));
	for (unsigned round = 0; round < ROUNDS_MAX && code_project_plan_again(&e->code); round++) {
		e->again = true;
		e->work_before -= e->code.count;
		TRY(run_phase(e, engine_code, e->code.count, err));
	}
	code_project_withdraw(&e->code, &e->review->findings);
	return RESULT_OK;
}

static result load_rules(const struct review_options *o, struct review *review, struct error *err)
{
	TRY(rules_load_dir(&review->rules, o->rules_dir, err));
	TRY(code_rules_load_dir(&review->code_rules, o->rules_dir, err));
	return o->own_rules_dir ? rules_load_dir(&review->rules, o->own_rules_dir, err) : RESULT_OK;
}

/* What this very program found, another may not: a new build starts with an empty cache. */
static uint64_t program_stamp(void)
{
	struct stat st;
	if (stat("/proc/self/exe", &st) != 0)
		return 0;
	int64_t mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	return cache_stamp(0, SLICE("program"), (uint64_t)st.st_size, mtime_ns, st.st_ino);
}

static void open_cache(struct engine *e)
{
	e->rules_hash = e->review->rules.hash ^ e->review->code_rules.hash * 31 ^ program_stamp();
	for (size_t i = 0; i < e->code.count; i++)
		e->code_stamp = engine_stamp(e->code_stamp, e->code.files[i].entry);
	for (size_t i = 0; i < e->order_count && e->calls.count; i++)
		if (slice_ends(e->order[i]->path, SLICE(".tf")))
			e->calls_stamp = engine_stamp(e->calls_stamp, e->order[i]);
	e->caching =
	    !e->options->no_cache && cache_path_of(e->options->root, e->cache_path, sizeof e->cache_path);
	if (e->caching)
		cache_open(&e->cache, e->cache_path, e->rules_hash);
	e->code_unchanged = e->caching && e->cache.code_stamp == e->code_stamp;
}

static result run_scanners(struct engine *e, struct error *err)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned threads = e->options->threads ? e->options->threads
			   : processors > 0    ? (unsigned)processors
					       : 1;
	const struct scanner_options options = {
	    .root = e->options->root,
	    .threads = threads > THREADS_MAX ? THREADS_MAX : threads,
	    .history = e->options->history,
	    .advisories = e->options->advisories,
	};
	return scanners_run(&options, &e->review->files, &e->review->findings, err, &e->review->scanners);
}

static result run(struct engine *e, struct error *err)
{
	TRY(load_rules(e->options, e->review, err));
	const struct file_set_options options = {
	    .ignore_gitignore = e->options->ignore_gitignore,
	    .overlays = e->options->overlays,
	    .overlay_count = e->options->overlay_count,
	};
	TRY(file_set_open(e->options->root, &options, err, &e->review->files));
	TRY(plan(e, err));
	TRY(code_project_init(&e->code, &e->review->code_rules, &e->review->files, err));
	e->work_total = e->unit_count + e->code.count;
	find_module_calls(e);
	open_cache(e);
	TRY(run_phase(e, engine_unit, e->unit_count, err));
	TRY(run_code(e, err));
	if (e->caching)
		cache_save(e->cache_path, e->rules_hash, e->code_stamp, e->cache_parts, e->cache_part_count);
	e->review->units_reused = atomic_load(&e->units_reused);
	TRY(privilege_run(&e->review->code_rules, &e->review->files, &e->review->findings, err));
	TRY(run_scanners(e, err));
	findings_sort(&e->review->findings);
	e->review->files_read = atomic_load(&e->files_read);
	e->review->bytes_read = atomic_load(&e->bytes_read);
	return RESULT_OK;
}

result review_run(const struct review_options *options, struct error *err, struct review *ret_review)
{
	struct review review = {.files = {.root_fd = -1}};
	struct engine e = {.options = options, .review = &review, .lock = PTHREAD_MUTEX_INITIALIZER};
	rules_init(&review.rules);
	code_rules_init(&review.code_rules);
	findings_init(&review.findings, FINDINGS_MAX);
	arena_init(&review.arena, 16u << 20);
	module_calls_init(&e.calls);
	result r = run(&e, err);
	module_calls_done(&e.calls);
	code_project_done(&e.code);
	if (e.caching)
		cache_done(&e.cache);
	for (size_t i = 0; i < e.cache_part_count; i++)
		buf_done(&e.cache_parts[i]);
	free(e.cache_parts);
	free(e.order);
	free(e.units);
	(void)pthread_mutex_destroy(&e.lock);
	if (is_ok(r))
		*ret_review = review;
	else
		review_done(&review);
	return r;
}

void review_done(struct review *review)
{
	if (!review)
		return;
	rules_done(&review->rules);
	code_rules_done(&review->code_rules);
	findings_done(&review->findings);
	scanners_free(review->scanners);
	file_set_done(&review->files);
	free(review->notes);
	arena_done(&review->arena);
}

/* The work on one directory of configuration and on one file of code, from the cache when nothing has
 * changed. Called by the workers of review.c. */
#include "review/engine.h"

#include <stdlib.h>

#include "review/incomplete.h"
#include "review/suppress.h"

#define NOTES_MAX 1000u
#define UNIT_ARENA_MAX ((size_t)1 << 30)

struct slice engine_dir_of(struct slice path)
{
	return slice_of(path.ptr, path.len - path_base(path).len);
}

void engine_note(struct engine *e, struct slice file, const char *text)
{
	struct review *review = e->review;
	(void)pthread_mutex_lock(&e->lock);
	if (review->note_count == review->note_size && review->note_count < NOTES_MAX) {
		size_t size = review->note_size ? review->note_size * 2 : 16;
		struct review_note *notes = reallocarray(review->notes, size, sizeof *notes);
		if (notes) {
			review->notes = notes;
			review->note_size = size;
		}
	}
	if (review->note_count < review->note_size)
		review->notes[review->note_count++] =
		    (struct review_note){.file = arena_copy(&review->arena, file),
			.text = arena_copy(&review->arena, slice_cstr(text))};
	(void)pthread_mutex_unlock(&e->lock);
}

void engine_progress(struct engine *e)
{
	size_t done = atomic_fetch_add(&e->done, 1) + 1;
	if (!e->options->progress)
		return;
	(void)pthread_mutex_lock(&e->lock);
	e->options->progress(e->options->progress_arg, e->work_before + done, e->work_total);
	(void)pthread_mutex_unlock(&e->lock);
}

/* ---- One directory of configuration ---- */

struct loaded {
	struct slice path;
	struct slice bytes;
};

/* False when there is something to say about the file. */
static bool load_file(
    struct worker *w, const struct file_entry *file, struct scope *scope, struct loaded *ret)
{
	struct engine *e = w->engine;
	struct error err;
	struct slice bytes;
	result r = file_set_read(&e->review->files, file, &err, &bytes);
	if (is_ok(r)) {
		atomic_fetch_add(&e->files_read, 1);
		atomic_fetch_add(&e->bytes_read, bytes.len);
		*ret = (struct loaded){file->path, bytes};
		r = scope_add_file(scope, file->path, bytes, &err);
	}
	if (!is_ok(r) && r.code == ERR_LIMIT)
		w->done = incomplete_add(&w->findings, file->path, 0, err.text, &w->err);
	else if (!is_ok(r))
		engine_note(e, file->path, err.text);
	else if (scope->sink.skipped_line) {
		char text[80];
		(void)snprintf(
		    text, sizeof text, "line %u: not understood, passed over", scope->sink.skipped_line);
		engine_note(e, file->path, text);
	}
	bool whole = is_ok(r) && scope->sink.skipped_line == 0;
	scope->sink.skipped_line = 0;
	return whole;
}

/* Comments in the files decide about findings while their bytes are at hand. */
static void suppress_new(struct findings *findings, size_t from, const struct loaded *files, size_t count)
{
	for (size_t k = 0; k < count && from < findings->count; k++)
		suppress_all(findings, from, files[k].path, files[k].bytes);
}

/* ---- What was found last time ---- */

uint64_t engine_stamp(uint64_t before, const struct file_entry *f)
{
	return cache_stamp(before, f->path, f->size_bytes, f->mtime_ns, f->inode);
}

/* Takes the unit's findings from the cache and keeps its record for the next time. */
static bool reuse(struct worker *w, const struct cache_record *r)
{
	struct engine *e = w->engine;
	if (!cache_replay(r, &e->review->rules, &e->review->code_rules, &w->findings))
		return false;
	for (; r; r = r->next)
		buf_add_slice(&w->cache, r->raw);
	atomic_fetch_add(&e->units_reused, 1);
	return true;
}

result engine_unit(struct worker *w, size_t index)
{
	struct engine *e = w->engine;
	const struct unit *u = &e->units[index];
	struct arena arena = ARENA_INIT(UNIT_ARENA_MAX);
	struct scope scope;
	size_t count = u->end - u->first;
	size_t before = w->findings.count;
	uint64_t stamp = e->calls_stamp;
	for (size_t i = u->first; i < u->end; i++)
		stamp = engine_stamp(stamp, e->order[i]);
	const struct cache_record *known =
	    e->caching ? cache_find(&e->cache, CACHE_CONFIGURATION, engine_dir_of(e->order[u->first]->path))
		       : NULL;
	if (known && known->stamp == stamp && reuse(w, known)) {
		atomic_fetch_add(&e->files_read, count);
		for (size_t i = u->first; i < u->end; i++)
			atomic_fetch_add(&e->bytes_read, e->order[i]->size_bytes);
		return RESULT_OK;
	}
	struct loaded *files = calloc(count, sizeof *files);
	if (!files)
		return error_set(&w->err, ERR_MEMORY, "no memory");
	scope_init(&scope, &arena, engine_dir_of(e->order[u->first]->path), &e->calls);
	bool whole = true;
	for (size_t i = 0; i < count; i++)
		whole = load_file(w, e->order[u->first + i], &scope, &files[i]) && whole;
	result r = scope_link(&scope, &w->err);
	if (is_ok(r))
		r = rules_run(&e->review->rules, NULL, &scope, &w->findings, &w->err);
	if (is_ok(r) && scope.unfinished)
		r = incomplete_add(&w->findings, scope.unfinished->document->path,
		    scope.unfinished->whole->line,
		    "Too large for the rules' budget: some were not worked out from here on", &w->err);
	suppress_new(&w->findings, before, files, count);
	if (e->caching && is_ok(r) && whole)
		cache_write(&w->cache, CACHE_CONFIGURATION, engine_dir_of(e->order[u->first]->path), stamp,
		    false, &w->findings, before);
	for (size_t i = 0; i < count; i++)
		file_bytes_free(files[i].bytes);
	free(files);
	scope_done(&scope);
	arena_done(&arena);
	return r;
}

/* ---- One file of code ---- */

static bool offers_something(const struct function_summary *s)
{
	for (; s; s = s->next)
		if (s->sinks || s->returned)
			return true;
	return false;
}

result engine_code(struct worker *w, size_t index)
{
	struct engine *e = w->engine;
	struct code_file *file = &e->code.files[index];
	struct arena arena = ARENA_INIT(UNIT_ARENA_MAX);
	struct slice bytes;
	struct error err = {.text = ""};
	struct code_outcome outcome = {.imports = false};
	size_t before = w->findings.count;
	if (e->again && !file->again)
		return RESULT_OK;
	uint64_t stamp = engine_stamp(0, file->entry);
	const struct cache_record *known =
	    e->caching && !e->again ? cache_find(&e->cache, CACHE_CODE, file->entry->path) : NULL;
	if (known && known->stamp == stamp && (known->alone || e->code_unchanged) && reuse(w, known)) {
		atomic_fetch_add(&e->files_read, 1);
		atomic_fetch_add(&e->bytes_read, file->entry->size_bytes);
		return RESULT_OK;
	}
	result r = file_set_read(&e->review->files, file->entry, &err, &bytes);
	if (!is_ok(r)) {
		engine_note(e, file->entry->path, err.text);
		return RESULT_OK;
	}
	r = code_project_scan(&e->code, file, bytes, &arena, &w->findings, &err, &outcome);
	if (!is_ok(r) && r.code == ERR_LIMIT)
		w->done = incomplete_add(&w->findings, file->entry->path, 0, err.text, &w->err);
	else if (!is_ok(r))
		engine_note(e, file->entry->path, err.text);
	const struct loaded loaded = {file->entry->path, bytes};
	suppress_new(&w->findings, before, &loaded, 1);
	/* What a file says of another's routes is not in the cache: such a file is read each time. */
	if (e->caching && is_ok(r) && !outcome.guarded)
		cache_write(&w->cache, CACHE_CODE, file->entry->path, stamp,
		    !outcome.imports && !offers_something(outcome.summaries), &w->findings, before);
	if (!e->again) {
		atomic_fetch_add(&e->files_read, 1);
		atomic_fetch_add(&e->bytes_read, bytes.len);
		file->imports = outcome.imports;
	}
	(void)pthread_mutex_lock(&e->lock);
	code_project_keep(&e->code, file, &outcome);
	(void)pthread_mutex_unlock(&e->lock);
	file_bytes_free(bytes);
	arena_done(&arena);
	return RESULT_OK;
}

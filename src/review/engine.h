/*
 * Inside the engine (review.c): what the workers of one review share, and the work on one directory of
 * configuration and on one file of code. review.h is for others.
 */
#ifndef WARD_REVIEW_ENGINE_H
#define WARD_REVIEW_ENGINE_H

#include <pthread.h>
#include <stdatomic.h>

#include "review/cache.h"
#include "review/code/code_project.h"
#include "review/module_calls.h"
#include "review/review.h"

/* Files of one directory that are read together: indices [first, end) of order[]. */
struct unit {
	size_t first;
	size_t end;
};

struct worker;

struct engine {
	const struct review_options *options;
	struct review *review;
	struct module_calls calls;
	const struct file_entry **order; /* configuration files by directory */
	size_t order_count;
	struct unit *units;
	size_t unit_count;
	struct code_project code;
	bool again; /* the second round over code, with summaries of other files */
	/* The phase's work: units of configuration, or files of code. */
	result (*work)(struct worker *w, size_t i);
	size_t work_count;
	size_t work_before; /* finished in earlier phases */
	size_t work_total;
	atomic_size_t next;
	atomic_size_t done;
	atomic_size_t files_read;
	atomic_ullong bytes_read;
	atomic_size_t units_reused;
	struct review_cache cache;
	char cache_path[4200];
	bool caching;
	uint64_t rules_hash;
	uint64_t calls_stamp; /* of Terraform files that call modules */
	uint64_t code_stamp;
	bool code_unchanged;
	struct buf *cache_parts; /* one a worker */
	size_t cache_part_count;
	pthread_mutex_t lock; /* notes and progress */
};

struct worker {
	struct engine *engine;
	struct findings findings;
	struct buf cache; /* records of what it did */
	pthread_t thread;
	result done;
	struct error err;
};

/* The directory of a path, with its '/'. */
struct slice engine_dir_of(struct slice path);
/* Notes a file that was not read. From any thread. */
void engine_note(struct engine *e, struct slice file, const char *text);
/* One item of the phase is done. From any thread. */
void engine_progress(struct engine *e);
uint64_t engine_stamp(uint64_t before, const struct file_entry *f);

/* The work of a phase, index within units or files of code. Findings go to the worker's list; files that
 * cannot be read are notes. */
result engine_unit(struct worker *w, size_t index);
result engine_code(struct worker *w, size_t index);

#endif

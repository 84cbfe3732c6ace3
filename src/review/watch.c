/* Rounds of a review, one for each change. Called by `ward check --watch`. */
#include "review/watch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "os/clock.h"
#include "review/cache.h"
#include "review/suppress.h"

/* Walking takes at most a tenth of a processor. */
#define PAUSE_MIN_MS 250u
#define PAUSE_PER_WALK 10u

struct rounds {
	uint64_t *known; /* fingerprints of the last round's findings, sorted */
	size_t known_count;
	bool first;
	uint64_t walk_ms;
};

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static result stamp_of_tree(
    const struct watch_options *o, struct rounds *r, struct error *err, uint64_t *ret_stamp)
{
	const struct file_set_options options = {.ignore_gitignore = o->review->ignore_gitignore};
	struct file_set set;
	uint64_t before = clock_mono_ms();
	uint64_t stamp = 0;
	TRY(file_set_open(o->review->root, &options, err, &set));
	for (size_t i = 0; i < set.count; i++) {
		const struct file_entry *f = &set.files[i];
		stamp = cache_stamp(stamp, f->path, f->size_bytes, f->mtime_ns, f->inode);
	}
	file_set_done(&set);
	r->walk_ms = clock_mono_ms() - before;
	*ret_stamp = stamp;
	return RESULT_OK;
}

static void pause_ms(uint64_t ms)
{
	const struct timespec t = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
	(void)nanosleep(&t, NULL);
}

static result wait_for_change(
    const struct watch_options *o, struct rounds *r, uint64_t stamp, struct error *err)
{
	uint64_t now = stamp;
	while (now == stamp) {
		uint64_t pause = r->walk_ms * PAUSE_PER_WALK;
		pause_ms(pause > PAUSE_MIN_MS ? pause : PAUSE_MIN_MS);
		TRY(stamp_of_tree(o, r, err, &now));
	}
	return RESULT_OK;
}

/* How many of a's sorted numbers are not in b. */
static size_t only_in(const uint64_t *a, size_t a_count, const uint64_t *b, size_t b_count)
{
	size_t n = 0;
	for (size_t i = 0; i < a_count; i++)
		n += !b_count || !bsearch(&a[i], b, b_count, sizeof *b, by_number);
	return n;
}

static void put_changes(
    FILE *to, struct rounds *r, const struct review *review, enum severity least, double seconds)
{
	size_t count = 0;
	uint64_t *now = calloc(review->findings.count + 1, sizeof *now);
	for (size_t i = 0; now && i < review->findings.count; i++)
		if (output_counts(&review->findings.items[i], least))
			now[count++] = review->findings.items[i].fingerprint;
	if (now && count)
		qsort(now, count, sizeof *now, by_number);
	char clock[16] = "";
	time_t at = time(NULL);
	struct tm local;
	if (localtime_r(&at, &local))
		(void)strftime(clock, sizeof clock, "%H:%M:%S", &local);
	(void)fprintf(to, "\n%s  reviewed in %.2f s", clock, seconds);
	if (!r->first)
		(void)fprintf(to, ": %zu new, %zu gone", only_in(now, count, r->known, r->known_count),
		    only_in(r->known, r->known_count, now, count));
	(void)fputs("; waiting for changes\n", to);
	free(r->known);
	r->known = now;
	r->known_count = now ? count : 0;
	r->first = false;
}

static result one_round(const struct watch_options *o, struct rounds *r, FILE *to, struct error *err)
{
	struct review review;
	uint64_t before = clock_mono_ns();
	TRY(review_run(o->review, err, &review));
	result applied = o->baseline ? baseline_apply(o->baseline, &review.findings, err) : RESULT_OK;
	if (is_ok(applied)) {
		(void)fputs(o->clear ? "\x1b[H\x1b[2J\x1b[3J" : r->first ? "" : "\n----\n\n", to);
		struct output_options output = *o->output;
		output.brief = true;
		output_human(to, &review, &output);
		put_changes(to, r, &review, output.least, (double)(clock_mono_ns() - before) / 1e9);
		(void)fflush(to);
	}
	review_done(&review);
	return applied;
}

result watch_run(const struct watch_options *options, FILE *to, struct error *err)
{
	struct rounds rounds = {.first = true};
	result r = RESULT_OK;
	while (is_ok(r)) {
		uint64_t stamp = 0;
		/* The stamp is from before the review: what changes during it is seen after it. */
		r = stamp_of_tree(options, &rounds, err, &stamp);
		if (is_ok(r))
			r = one_round(options, &rounds, to, err);
		if (is_ok(r))
			r = wait_for_change(options, &rounds, stamp, err);
	}
	free(rounds.known);
	return r;
}

/*
 * bench_timing OUT.jsonl [floor|production]: whether time tells a known account from an unknown one. 2 000
 * refused sign-ins of each, in pairs of random order, at the cost that is asked for: `floor` is the least
 * that ward takes (OWASP's), `production` what this machine would be tuned to.
 *
 * By two clocks: the wall's, which is what an attacker can see at best, and the thread's processor time,
 * which no neighbour on the machine blurs. By two tests, because times have a long tail: Welch's t over the
 * means without the slowest tenth, and the Mann-Whitney U over the ranks. Below 2.58 is what chance gives in
 * 99 of 100 runs. So that it is known that they could fail, both are run again with the one side slowed by a
 * fiftieth.
 */
#include <math.h>
#include <sodium.h>
#include <string.h>
#include <time.h>

#include "bench.h"

#define TRIES 2000u
#define KEPT (TRIES * 9 / 10)

enum clock { CLOCK_OF_WALL, CLOCK_OF_THREAD, CLOCK_COUNT };

struct sample {
	double us[CLOCK_COUNT][TRIES];
};

static double thread_us(void)
{
	struct timespec now;
	ASSERT(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* Begin to answer, from an address of its own and an hour after the one before, so that no delay runs. */
static void try_once(
    struct identity_store *store, const char *email, uint32_t number, struct sample *sample, uint32_t at)
{
	struct sign_in s;
	struct error err = {0};
	struct sign_in_outcome outcome;
	char address[32];
	(void)snprintf(address, sizeof address, "10.%u.%u.1", number / 250, number % 250);
	const struct identity_caller caller = {
	    .address = slice_cstr(address), .now_ms = T0 + number * 3600000ll};
	const uint64_t wall = clock_mono_ns();
	const double thread = thread_us();
	must(identity_sign_in_begin(
		 store, REALM_APP, slice_cstr(email), SLICE("not the password"), &caller, &err, &s),
	    &err);
	password_job_run(&s.job);
	ASSERT(!is_ok(identity_sign_in_finish(store, &s, &caller, &err, &outcome)));
	sample->us[CLOCK_OF_THREAD][at] = thread_us() - thread;
	sample->us[CLOCK_OF_WALL][at] = (double)(clock_mono_ns() - wall) / 1000.0;
}

/* Sorted times. */
static double welch_t(const double *a, const double *b, double *ret_difference, double *ret_noise)
{
	const double *const samples[] = {a, b};
	double mean[2] = {0}, variance[2] = {0};
	for (size_t k = 0; k < 2; k++) {
		for (size_t i = 0; i < KEPT; i++)
			mean[k] += samples[k][i] / KEPT;
		for (size_t i = 0; i < KEPT; i++)
			variance[k] += pow(samples[k][i] - mean[k], 2) / (KEPT - 1);
	}
	*ret_difference = mean[0] - mean[1];
	*ret_noise = sqrt((variance[0] + variance[1]) / 2);
	return (mean[0] - mean[1]) / sqrt((variance[0] + variance[1]) / KEPT);
}

/* Sorted times; the normal form of U, which 2 000 of each are plenty for. */
static double mann_whitney_z(const double *a, const double *b)
{
	double u = 0;
	size_t below = 0;
	for (size_t i = 0; i < TRIES; i++) {
		while (below < TRIES && b[below] < a[i])
			below++;
		u += (double)below;
	}
	const double n = TRIES;
	return (u - n * n / 2) / sqrt(n * n * (2 * n + 1) / 12);
}

static void take(struct identity_store *store, struct sample *known, struct sample *unknown)
{
	for (uint32_t i = 0; i < TRIES; i++) {
		const bool first = randombytes_uniform(2);
		for (uint32_t k = 0; k < 2; k++)
			if (first == (k == 0))
				try_once(store, "known@example.org", 2 * i + k, known, i);
			else
				try_once(store, "nobody@example.org", 2 * i + k, unknown, i);
	}
}

/* True when the two cannot be told apart by this clock. */
static bool tell(FILE *out, const char *clock, double *known, double *unknown)
{
	static double slowed[TRIES];
	char name[96];
	double difference, noise, other;
	qsort(known, TRIES, sizeof *known, compare_doubles);
	qsort(unknown, TRIES, sizeof *unknown, compare_doubles);
	for (size_t i = 0; i < TRIES; i++)
		slowed[i] = known[i] * 1.02;
	const struct {
		const char *what;
		double value;
		const char *beside;
	} rows[] = {
	    {"Welch's t", fabs(welch_t(known, unknown, &difference, &noise)), "chance in 99 of 100"},
	    {"Mann-Whitney's z", fabs(mann_whitney_z(known, unknown)), "chance in 99 of 100"},
	    {"Welch's t, slowed by a fiftieth", fabs(welch_t(slowed, unknown, &other, &other)),
		"told apart above"},
	    {"Mann-Whitney's z, slowed by a fiftieth", fabs(mann_whitney_z(slowed, unknown)),
		"told apart above"},
	};
	(void)snprintf(name, sizeof name, "refused sign-in, known minus unknown, %s", clock);
	row(out, name, "us", difference, noise, "noise of one try");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		(void)snprintf(name, sizeof name, "the same, %s, %s", clock, rows[i].what);
		row(out, name, "", rows[i].value, 2.58, rows[i].beside);
	}
	return rows[0].value < 2.58 && rows[1].value < 2.58;
}

int main(int argc, char **argv)
{
	static struct sample known, unknown;
	char path[] = "/tmp/ward-bench-timing-XXXXXX";
	struct error err = {0};
	struct password_cost cost = PASSWORD_COST_FLOOR;
	FILE *out = argc > 1 ? fopen(argv[1], "ae") : NULL;
	if (!out || sodium_init() < 0)
		return 2;
	if (argc > 2 && strcmp(argv[2], "production") == 0)
		must(password_cost_tune(250, &err, &cost), &err);
	(void)printf("Argon2id, %u passes over %u KiB\n", cost.passes, cost.memory_kib);
	new_file(path);
	struct identity_store *store = open_store(path, cost);
	add_user(store, "known@example.org", "a quiet harbour");
	take(store, &known, &unknown);
	identity_close(store);
	remove_store(path);
	const bool wall = tell(out, "wall clock", known.us[CLOCK_OF_WALL], unknown.us[CLOCK_OF_WALL]);
	const bool thread =
	    tell(out, "processor time", known.us[CLOCK_OF_THREAD], unknown.us[CLOCK_OF_THREAD]);
	(void)fclose(out);
	return wall && thread ? 0 : 1;
}

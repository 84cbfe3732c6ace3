/*
 * bench_timing OUT.jsonl [floor|production]: whether time tells a known account from an unknown one. 2 000
 * refused sign-ins of each, in pairs of random order, at the cost that is asked for: `floor` is the least
 * that ward takes (OWASP's), `production` what this machine would be tuned to.
 *
 * Two tests, because times have a long tail: Welch's t over the means, as an attacker sees them who filters
 * the slowest tenth, and the Mann-Whitney U over the ranks, which no tail can hide. |z| below 2.58 is what
 * chance gives in 99 of 100 runs. So that it is known that they could fail, both are run again with the one
 * side slowed by a hundredth.
 */
#include <math.h>
#include <sodium.h>
#include <string.h>

#include "bench.h"

#define TRIES 2000u
#define KEPT (TRIES * 9 / 10)

struct sample {
	double us[TRIES];
};

/* Begin to answer, from an address of its own and an hour after the one before, so that no delay runs. */
static double try_us(struct identity_store *store, const char *email, uint32_t number)
{
	struct sign_in s;
	struct error err = {0};
	struct sign_in_outcome outcome;
	char address[32];
	(void)snprintf(address, sizeof address, "10.%u.%u.1", number / 250, number % 250);
	const struct identity_caller caller = {
	    .address = slice_cstr(address), .now_ms = T0 + number * 3600000ll};
	const uint64_t start = clock_mono_ns();
	must(identity_sign_in_begin(
		 store, REALM_APP, slice_cstr(email), SLICE("not the password"), &caller, &err, &s),
	    &err);
	password_job_run(&s.job);
	ASSERT(!is_ok(identity_sign_in_finish(store, &s, &caller, &err, &outcome)));
	return (double)(clock_mono_ns() - start) / 1000.0;
}

/* Sorted samples. */
static double welch_t(
    const struct sample *a, const struct sample *b, double *ret_difference, double *ret_noise)
{
	const struct sample *const samples[] = {a, b};
	double mean[2] = {0}, variance[2] = {0};
	for (size_t k = 0; k < 2; k++) {
		for (size_t i = 0; i < KEPT; i++)
			mean[k] += samples[k]->us[i] / KEPT;
		for (size_t i = 0; i < KEPT; i++)
			variance[k] += pow(samples[k]->us[i] - mean[k], 2) / (KEPT - 1);
	}
	*ret_difference = mean[0] - mean[1];
	*ret_noise = sqrt((variance[0] + variance[1]) / 2);
	return *ret_difference / sqrt((variance[0] + variance[1]) / KEPT);
}

/* Sorted samples; the normal form of U, which 2 000 of each are plenty for. Equal times do not happen at this
 * resolution. */
static double mann_whitney_z(const struct sample *a, const struct sample *b)
{
	double u = 0;
	size_t below = 0;
	for (size_t i = 0; i < TRIES; i++) {
		while (below < TRIES && b->us[below] < a->us[i])
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
		const double a = try_us(store, first ? "known@example.org" : "nobody@example.org", 2 * i);
		const double b = try_us(store, first ? "nobody@example.org" : "known@example.org", 2 * i + 1);
		known->us[i] = first ? a : b;
		unknown->us[i] = first ? b : a;
	}
	qsort(known->us, TRIES, sizeof(double), compare_doubles);
	qsort(unknown->us, TRIES, sizeof(double), compare_doubles);
}

int main(int argc, char **argv)
{
	static struct sample known, unknown, slowed;
	char path[] = "/tmp/ward-bench-timing-XXXXXX";
	struct error err = {0};
	struct password_cost cost = PASSWORD_COST_FLOOR;
	double difference, noise, ignored;
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
	for (size_t i = 0; i < TRIES; i++)
		slowed.us[i] = known.us[i] * 1.01;
	const double t = welch_t(&known, &unknown, &difference, &noise), z = mann_whitney_z(&known, &unknown);
	row(out, "refused sign-in: known minus unknown account", "us", difference, noise, "noise of one try");
	row(out, "the same, Welch's t", "|t|", fabs(t), 2.58, "chance in 99 of 100");
	row(out, "the same, Mann-Whitney U", "|z|", fabs(z), 2.58, "chance in 99 of 100");
	row(out, "slowed by a hundredth, Welch's t", "|t|",
	    fabs(welch_t(&slowed, &unknown, &ignored, &ignored)), 2.58, "told apart above");
	row(out, "slowed by a hundredth, Mann-Whitney U", "|z|", fabs(mann_whitney_z(&slowed, &unknown)),
	    2.58, "told apart above");
	(void)fclose(out);
	return fabs(t) < 2.58 && fabs(z) < 2.58 ? 0 : 1;
}

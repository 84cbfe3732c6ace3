/*
 * bench_stuffing OUT.jsonl: 100 000 stolen passwords tried at 10 000 accounts from 2 000 addresses within ten
 * minutes, and somebody who signs in meanwhile from where they always do. What a try costs besides the hash
 * (tries that get as far as one are counted, not hashed), what the honest sign-in costs before and during,
 * and how often the attack is reported. In the library alone: the queue of the broker is attacked by
 * tests/scenario/stuffing.test.mjs.
 */
#include <sodium.h>
#include <string.h>

#include "bench.h"

#define TRIES 100000u
#define HONEST 200u
#define ACCOUNTS 10000u
#define EVERY (TRIES / HONEST)

static unsigned reports;

static void on_event(void *context, const struct identity_event *event)
{
	(void)context;
	reports += event->kind == IDENTITY_STUFFING;
}

/* All of a sign-in but the hash, whose outcome is given; < 0: it was made to wait. */
static double sign_in_us(
    struct identity_store *store, const char *email, const char *address, int64_t now_ms, bool right)
{
	struct sign_in s;
	struct error err = {0};
	struct sign_in_outcome outcome;
	const struct identity_caller caller = {.address = slice_cstr(address), .now_ms = now_ms};
	const uint64_t start = clock_mono_ns();
	const result begun = identity_sign_in_begin(
	    store, REALM_APP, slice_cstr(email), SLICE("leaked elsewhere"), &caller, &err, &s);
	if (is_ok(begun)) {
		s.job.ran = true;
		s.job.matches = right;
		ASSERT(is_ok(identity_sign_in_finish(store, &s, &caller, &err, &outcome)) == right);
	}
	const double us = (double)(clock_mono_ns() - start) / 1000.0;
	return is_ok(begun) ? us : -us;
}

static double honest_us(struct identity_store *store, int64_t now_ms)
{
	const double us = sign_in_us(store, "honest@example.org", "192.0.2.7", now_ms, true);
	ASSERT(us > 0); /* never made to wait */
	return us;
}

int main(int argc, char **argv)
{
	static double before[HONEST], during[HONEST], tries[TRIES];
	/* In memory: what is measured is the work, not the disk. */
	char path[] = "/dev/shm/ward-bench-stuffing-XXXXXX";
	struct error err = {0};
	unsigned waited = 0;
	FILE *out = argc > 1 ? fopen(argv[1], "ae") : NULL;
	if (!out || sodium_init() < 0)
		return 2;
	new_file(path);
	struct identity_store *store = NULL;
	const struct identity_options options = {.path = path,
	    .cost = {.passes = 1, .memory_kib = 64},
	    .cheap_hashes_for_tests = true,
	    .listener = {.event = on_event}};
	must(identity_open(&options, &err, &store), &err);
	add_user(store, "honest@example.org", "leaked elsewhere");
	for (uint32_t i = 0; i < HONEST; i++)
		before[i] = honest_us(store, T0 + i);
	for (uint32_t i = 0; i < TRIES; i++) {
		char email[64], address[32];
		const int64_t now_ms = T0 + HONEST + i * 6ll;
		(void)snprintf(email, sizeof email, "user%u@example.org", i % ACCOUNTS);
		(void)snprintf(address, sizeof address, "10.%u.%u.9", i % 2000 / 250, i % 250);
		tries[i] = sign_in_us(store, email, address, now_ms, false);
		waited += tries[i] < 0;
		tries[i] = tries[i] < 0 ? -tries[i] : tries[i];
		if (i % 160 == 0) /* a second */
			must(identity_tick(store, now_ms, &err), &err);
		if (i % EVERY == 0)
			during[i / EVERY] = honest_us(store, now_ms);
	}
	identity_close(store);
	remove_store(path);
	row(out, "100 000 stuffed passwords: an honest sign-in meanwhile", "us", median(during, HONEST),
	    median(before, HONEST), "before");
	row(out, "the same: a try, without the hash", "us", median(tries, TRIES), median(before, HONEST),
	    "an honest sign-in");
	row(out, "the same: tries that got as far as a hash", "", TRIES - waited, TRIES, "tries");
	row(out, "the same: reports", "", reports, 1, "wanted");
	(void)fclose(out);
	return reports == 1 ? 0 : 1;
}

/*
 * Scores the detector as it ships over the labelled series: one set of constants, one threshold, nothing per
 *series. For comparison with published figures, which are each at the best threshold for their profile, it
 *also tells what the best threshold would give.
 *
 *	score_anomaly DIR RESULT.json
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "nab.h"
#include "observe/detector.h"
#include "os/fd.h"

#define SERIES_MAX 128
#define STANDARD_LEAST 65.0

static struct nab_series series[SERIES_MAX];
static const char *const profile_names[NAB_PROFILE_COUNT] = {
    "standard", "reward_low_FP_rate", "reward_low_FN_rate"};

static void detect(const struct nab_series *s, const struct detector_config *config, bool *detected)
{
	static struct detector d;
	detector_init(&d, config);
	for (size_t row = 0; row < s->count; row++)
		detected[row] = detector_step(&d, s->times[row], s->values[row]).alert;
}

static void add(struct nab_sum *sum, const struct nab_series *s, const struct detector_config *config)
{
	bool *detected = calloc(s->count, sizeof *detected);
	if (!detected)
		abort();
	detect(s, config, detected);
	nab_add(sum, s, detected);
	free(detected);
}

static struct nab_sum score_all(size_t count, const struct detector_config *config)
{
	struct nab_sum sum = {0};
	for (size_t i = 0; i < count; i++)
		add(&sum, &series[i], config);
	return sum;
}

static void line(const char *name, const struct nab_sum *sum)
{
	printf("%-56s %4zu %4zu %6zu", name, sum->windows, sum->hits, sum->false_alarms);
	if (!sum->windows) {
		printf("\n");
		return;
	}
	printf(" %8.2f %8.2f %8.2f\n", nab_score(sum, NAB_STANDARD), nab_score(sum, NAB_LOW_FP),
	    nab_score(sum, NAB_LOW_FN));
}

static void best_thresholds(size_t count)
{
	double best[NAB_PROFILE_COUNT] = {0};
	for (float shift = -0.8f; shift <= 0.81f; shift += 0.1f) {
		struct detector_config config = detector_default;
		config.threshold += shift;
		struct nab_sum sum = score_all(count, &config);
		for (unsigned p = 0; p < NAB_PROFILE_COUNT; p++) {
			double s = nab_score(&sum, (enum nab_profile)p);
			best[p] = s > best[p] ? s : best[p];
		}
	}
	printf("%-56s %4s %4s %6s %8.2f %8.2f %8.2f\n", "(at each profile's best threshold)", "", "", "",
	    best[0], best[1], best[2]);
}

int main(int argc, char **argv)
{
	struct error err;
	if (argc != 3)
		return 2;
	size_t count = nab_load(argv[1], series, SERIES_MAX);
	if (!count)
		return 2;
	printf("%-56s %4s %4s %6s %8s %8s %8s\n", "series", "win", "hit", "false", "standard", "low FP",
	    "low FN");
	struct nab_sum family = {0};
	for (size_t i = 0; i < count; i++) {
		struct nab_sum one = {0};
		add(&one, &series[i], &detector_default);
		add(&family, &series[i], &detector_default);
		line(series[i].name, &one);
		size_t name = strcspn(series[i].name, "/") + 1;
		if (i + 1 == count || strncmp(series[i].name, series[i + 1].name, name) != 0) {
			line("  of this family", &family);
			family = (struct nab_sum){0};
		}
	}
	struct nab_sum all = score_all(count, &detector_default);
	line("all, as shipped", &all);
	best_thresholds(count);
	bool good = nab_score(&all, NAB_STANDARD) >= STANDARD_LEAST;
	CLEANUP_BUF struct buf json = BUF_INIT(4096);
	buf_printf(&json,
	    "{\"suite\":\"anomaly\",\"passed\":%d,\"failed\":%d,\"skipped\":0,\"failures\":[%s]", good, !good,
	    good ? "" : "\"standard\"");
	for (unsigned p = 0; p < NAB_PROFILE_COUNT; p++)
		buf_printf(&json, ",\"%s\":%.2f", profile_names[p], nab_score(&all, (enum nab_profile)p));
	buf_add_cstr(&json, "}\n");
	if (!is_ok(file_write_atomic(argv[2], buf_slice(&json), 0644, &err)))
		fprintf(stderr, "%s\n", err.text);
	nab_free(series, count);
	return good ? 0 : 1;
}

/*
 * One detector for one series of numbers in time: is what happens now strange, measured by this series' own
 * past?
 *
 * No model of the world and no tuning per series. From each value a few plain features are made, each a
 * distance that is zero when nothing happens (enum detector_feature). Each feature keeps a forgetting
 * histogram of how large it has been; its *rarity* is minus the decimal logarithm of how often it was at
 * least this large, plus the number of doublings by which it exceeds every earlier one. So a series that is
 * always wild must get wilder to be rare, and a still one need only stir. The strangest feature decides;
 * after an alert the detector stays quiet until the matter is over or has become clearly worse, so that one
 * incident is one alert.
 *
 * docs/monitoring.md has the maths, docs/anomaly.md how the constants were chosen and what they score.
 *
 * Memory is the struct, time is O(1) a value. Not thread-safe.
 */
#ifndef WARD_OBSERVE_DETECTOR_H
#define WARD_OBSERVE_DETECTOR_H

#include <stdbool.h>
#include <stdint.h>

enum detector_feature {
	FEATURE_POINT,	/* this value against the level of late */
	FEATURE_SEASON, /* the late mean against what is usual at this time of day (and week, once known) */
	FEATURE_STEP,	/* this value against the last */
	FEATURE_LEVEL,	/* the late mean against the long mean */
	FEATURE_SPREAD, /* how much it varies of late against how much it does */
	FEATURE_COUNT,
};

#define DETECTOR_BUCKETS 128u
#define DETECTOR_BLOCK 8u /* buckets, whose sum is kept beside them */
#define DETECTOR_BLOCKS (DETECTOR_BUCKETS / DETECTOR_BLOCK)
#define DETECTOR_DAY_SLOTS 48u
#define DETECTOR_WEEK_SLOTS 168u

struct detector_config {
	float threshold; /* of the score, in decades of rarity */
	float growth;	 /* of the threshold, for every tenfold of remembered values past a thousand */
	float doubling;	 /* what one doubling past the record adds */
	float memory;	 /* values after which the past counts by 1/e */
	float level_span, mean_span, long_span, spread_span; /* values, of exponential means */
	float season_rate;				     /* of a slot's mean, each time it is met */
	float weight[FEATURE_COUNT];			     /* of each feature's rarity */
	float second;					     /* how much the second strangest feature adds */
	float quiet_share;    /* of the history, that an alert keeps it quiet */
	uint32_t quiet_least; /* values */
	float again;	      /* how much higher a score must be to break the quiet */
	uint32_t warm_up;     /* values before the first alert */
};

/* As shipped: the same for every series. */
extern const struct detector_config detector_default;

struct detector_slot {
	float mean, spread;
	uint16_t seen; /* times, saturating */
};

struct detector {
	const struct detector_config *config;
	uint64_t count;
	double last, level, mean, longer;
	double level_spread, mean_spread, step_spread, fast_spread, slow_spread, scale;
	float histogram[FEATURE_COUNT][DETECTOR_BUCKETS];
	float block[FEATURE_COUNT][DETECTOR_BLOCKS];
	float total;   /* weight in each histogram */
	float present; /* weight of the next value */
	float record[FEATURE_COUNT];
	struct detector_slot day[DETECTOR_DAY_SLOTS];
	struct detector_slot week[DETECTOR_WEEK_SLOTS];
	uint64_t quiet_until; /* count */
	float quiet_score;
	uint32_t day_slot, week_slot;
	double slot_sum;
	uint32_t slot_count;
};

struct detector_verdict {
	float score;  /* decades of rarity; 0 while warming up and while quiet */
	bool alert;   /* a new incident begins here */
	bool strange; /* the score passes the threshold, alert or not: the incident goes on */
	enum detector_feature feature; /* that decided */
	double expected;	       /* by that feature */
	float rarity[FEATURE_COUNT];
};

void detector_init(struct detector *d, const struct detector_config *config);

/* Takes the next value (finite) of the series, with its Unix time in seconds; values should come evenly
 * spaced. */
struct detector_verdict detector_step(struct detector *d, int64_t unix_s, double value);

const char *detector_feature_name(enum detector_feature feature);

#endif

/* The detector of strange values. Called by the monitor for every series of every function. */
#include "observe/detector.h"

#include <math.h>
#include <string.h>

#include "base/check.h"

#define DAY_S 86400
#define WEEK_S (7 * DAY_S)
#define BUCKETS_AN_OCTAVE 8.0f
#define BUCKET_ZERO 64.0f /* the bucket of a feature of size 1 */
#define PRESENT_MAX 1000.0f
#define RECORD_FADES 0.2f /* how much slower than the histogram a record is forgotten */
#define SCALE_FLOOR 1e-3  /* of the series' usual size: distances below it are rounding */

const struct detector_config detector_default = {
    .threshold = 2.5f,
    .growth = 0.69f,
    .doubling = 1.6f,
    .memory = 29000,
    .level_span = 58,
    .mean_span = 13,
    .long_span = 1950,
    .spread_span = 6.3f,
    .season_rate = 0.36f,
    .weight = {0.34f, 0.39f, 0.77f, 1.3f, 0.74f},
    .second = 0.33f,
    .quiet_share = 0.044f,
    .quiet_least = 42,
    .again = 3,
    .warm_up = 100,
};

static const char *const feature_names[FEATURE_COUNT] = {"point", "season", "step", "level", "spread"};

const char *detector_feature_name(enum detector_feature feature)
{
	return feature_names[feature];
}

void detector_init(struct detector *d, const struct detector_config *config)
{
	*d = (struct detector){.config = config};
	d->day_slot = d->week_slot = UINT32_MAX;
	d->present = 1;
}

/* An exponential mean that starts as a plain one, so that early values are not overweighed. */
static double blend(double mean, double value, double span, uint64_t count)
{
	double weight = 1 / fmin(span, (double)count);
	return mean + weight * (value - mean);
}

static uint32_t bucket_of(float size)
{
	float at = BUCKET_ZERO + BUCKETS_AN_OCTAVE * log2f(fmaxf(size, 1e-6f));
	return at < 0 ? 0 : at >= DETECTOR_BUCKETS ? DETECTOR_BUCKETS - 1 : (uint32_t)at;
}

/* Minus log10 of the share of the past in which the feature was at least this large; past the record, more.
 */
static float rarity(const struct detector *d, enum detector_feature f, float size)
{
	float at_least = 0.5f * d->present;
	uint32_t b = bucket_of(size);
	for (; b % DETECTOR_BLOCK; b++)
		at_least += d->histogram[f][b];
	for (b /= DETECTOR_BLOCK; b < DETECTOR_BLOCKS; b++)
		at_least += d->block[f][b];
	float r = log10f((d->total + d->present) / at_least);
	if (size > d->record[f] && d->record[f] > 0)
		r += d->config->doubling * log2f(size / d->record[f]);
	return fmaxf(r, 0);
}

/*
 * Forgetting by giving the present ever more weight, which is the same as fading the past; all is scaled back
 * before floats lose small steps.
 */
static void remember(struct detector *d, const float sizes[FEATURE_COUNT])
{
	for (unsigned f = 0; f < FEATURE_COUNT; f++) {
		uint32_t b = bucket_of(sizes[f]);
		d->histogram[f][b] += d->present;
		d->block[f][b / DETECTOR_BLOCK] += d->present;
		d->record[f] = fmaxf(d->record[f] * (1 - RECORD_FADES / d->config->memory), sizes[f]);
	}
	d->total += d->present;
	d->present *= 1 + 1 / d->config->memory;
	if (d->present < PRESENT_MAX)
		return;
	for (unsigned f = 0; f < FEATURE_COUNT; f++) {
		for (unsigned b = 0; b < DETECTOR_BUCKETS; b++)
			d->histogram[f][b] /= d->present;
		for (unsigned b = 0; b < DETECTOR_BLOCKS; b++)
			d->block[f][b] /= d->present;
	}
	d->total /= d->present;
	d->present = 1;
}

/* What is usual now: the week's slot once it has been met twice, else the day's. NULL before either is known.
 */
static const struct detector_slot *usual(const struct detector *d, uint32_t day_slot, uint32_t week_slot)
{
	if (d->week[week_slot].seen >= 2)
		return &d->week[week_slot];
	return d->day[day_slot].seen >= 1 ? &d->day[day_slot] : NULL;
}

static void slot_learn(struct detector_slot *s, double mean, float rate)
{
	float weight = fmaxf(rate, 1.0f / (float)(s->seen + 1));
	float off = fabsf((float)mean - s->mean);
	s->spread = s->seen ? s->spread + weight * (off - s->spread) : 0;
	s->mean += weight * ((float)mean - s->mean);
	if (s->seen < UINT16_MAX)
		s->seen++;
}

/* Ends the slots that time has left and learns their means. */
static void season_learn(struct detector *d, uint32_t day_slot, uint32_t week_slot, double value)
{
	if (day_slot != d->day_slot) {
		if (d->day_slot != UINT32_MAX && d->slot_count) {
			double mean = d->slot_sum / d->slot_count;
			slot_learn(&d->day[d->day_slot], mean, d->config->season_rate);
			slot_learn(&d->week[d->week_slot], mean, d->config->season_rate);
		}
		d->day_slot = day_slot;
		d->slot_sum = 0;
		d->slot_count = 0;
	}
	d->week_slot = week_slot;
	d->slot_sum += value;
	d->slot_count++;
}

struct sizes {
	float of[FEATURE_COUNT];
	double expected[FEATURE_COUNT];
};

static struct sizes measure(
    const struct detector *d, double value, double mean, const struct detector_slot *slot)
{
	double floor = SCALE_FLOOR * d->scale + 1e-12;
	struct sizes s = {0};
	s.expected[FEATURE_POINT] = d->level;
	s.of[FEATURE_POINT] = (float)(fabs(value - d->level) / (d->level_spread + floor));
	s.expected[FEATURE_STEP] = d->last;
	s.of[FEATURE_STEP] = (float)(fabs(value - d->last) / (d->step_spread + floor));
	s.expected[FEATURE_LEVEL] = d->longer;
	s.of[FEATURE_LEVEL] = (float)(fabs(mean - d->longer) / (d->mean_spread + floor));
	s.expected[FEATURE_SPREAD] = d->level;
	s.of[FEATURE_SPREAD] = (float)fabs(log2((d->fast_spread + floor) / (d->slow_spread + floor)));
	s.expected[FEATURE_SEASON] = slot ? slot->mean : d->longer;
	s.of[FEATURE_SEASON] = slot ? (float)(fabs(mean - slot->mean) / (d->mean_spread + floor)) : 0;
	return s;
}

static void learn(struct detector *d, double value, double mean)
{
	const struct detector_config *c = d->config;
	uint64_t n = d->count;
	d->scale = blend(d->scale, fabs(value), c->long_span, n);
	d->slow_spread = blend(d->slow_spread, fabs(value - d->level), c->long_span, n);
	d->fast_spread = blend(d->fast_spread, fabs(value - d->level), c->spread_span, n);
	d->level_spread = blend(d->level_spread, fabs(value - d->level), c->long_span, n);
	d->step_spread = blend(d->step_spread, fabs(value - d->last), c->long_span, n);
	d->mean_spread = blend(d->mean_spread, fabs(mean - d->longer), c->long_span, n);
	d->level = blend(d->level, value, c->level_span, n);
	d->longer = blend(d->longer, value, c->long_span, n);
	d->mean = mean;
	d->last = value;
}

static void combine(const struct detector *d, struct detector_verdict *v)
{
	float best = 0, second = 0;
	for (unsigned f = 0; f < FEATURE_COUNT; f++) {
		float r = v->rarity[f] * d->config->weight[f];
		if (r > best) {
			second = best;
			best = r;
			v->feature = (enum detector_feature)f;
		} else if (r > second) {
			second = r;
		}
	}
	v->score = best + d->config->second * second;
}

/* One incident, one alert: quiet after an alert, unless it gets clearly worse. */
static void decide(struct detector *d, struct detector_verdict *v)
{
	const struct detector_config *c = d->config;
	v->strange = v->score >= c->threshold + c->growth * (log10f(d->total / d->present + 1) - 3);
	bool quiet = d->count < d->quiet_until && v->score < d->quiet_score + c->again;
	v->alert = v->strange && !quiet;
	if (!v->alert) {
		v->score = quiet ? 0 : v->score;
		return;
	}
	uint64_t span = (uint64_t)(c->quiet_share * (float)d->count);
	d->quiet_until = d->count + (span > c->quiet_least ? span : c->quiet_least);
	d->quiet_score = v->score;
}

struct detector_verdict detector_step(struct detector *d, int64_t unix_s, double value)
{
	uint32_t day_slot = (uint32_t)(((unix_s % DAY_S) + DAY_S) % DAY_S / (DAY_S / DETECTOR_DAY_SLOTS));
	uint32_t week_slot =
	    (uint32_t)(((unix_s % WEEK_S) + WEEK_S) % WEEK_S / (WEEK_S / DETECTOR_WEEK_SLOTS));
	struct detector_verdict v = {0};
	if (!isfinite(value))
		return v;
	if (d->count == 0)
		d->last = d->level = d->longer = d->mean = value;
	d->count++;
	double mean = blend(d->mean, value, d->config->mean_span, d->count);
	struct sizes s = measure(d, value, mean, usual(d, day_slot, week_slot));
	for (unsigned f = 0; f < FEATURE_COUNT; f++)
		v.rarity[f] = rarity(d, (enum detector_feature)f, s.of[f]);
	combine(d, &v);
	v.expected = s.expected[v.feature];
	if (d->count > d->config->warm_up)
		decide(d, &v);
	else
		v.score = 0;
	remember(d, s.of);
	learn(d, value, mean);
	season_learn(d, day_slot, week_slot, value);
	return v;
}

/* Admission under overload: additive increase, multiplicative decrease by standing queue. Called by the
 * gateway. */
#include "observe/admission.h"

#include <math.h>
#include <string.h>

#include "base/check.h"
#include "observe/mix.h"

const struct admission_config admission_default = {
    .limit_min = 4,
    .limit_max = 4096,
    .limit_start = 64,
    .target_us = 2000,
    .target_most_us = 20000,
    .interval_us = 50000,
    .share_percent = 25,
};

#define FALL 0.9
#define FALL_MOST 0.5
#define SERVICE_WEIGHT 0.125

static double clamp(double x, double low, double high)
{
	return x < low ? low : x > high ? high : x;
}

static double target_us(const struct admission *a)
{
	return clamp(a->service_us / 2, a->config.target_us, a->config.target_most_us);
}

/* A queue that stands far too long is cut faster, so that a sudden flood is not carried for seconds. */
static double fall(const struct admission *a)
{
	const double part = sqrt(target_us(a) / a->delay_least_us);
	return part < FALL_MOST ? FALL_MOST : part > FALL ? FALL : part;
}

void admission_init(struct admission *a, const struct admission_config *config, uint64_t now_us)
{
	*a = (struct admission){.config = *config,
	    .limit = config->limit_start,
	    .interval_end_us = now_us + config->interval_us,
	    .delay_least_us = UINT32_MAX};
}

static void judge_interval(struct admission *a, uint64_t now_us)
{
	if (now_us < a->interval_end_us)
		return;
	if (a->delay_least_us != UINT32_MAX) {
		if (a->delay_least_us > target_us(a))
			a->limit *= fall(a);
		else if (a->inside_max + 1 >= (uint32_t)a->limit)
			a->limit += fmax(1, sqrt(a->limit));
	}
	a->limit = clamp(a->limit, a->config.limit_min, a->config.limit_max);
	a->delay_least_us = UINT32_MAX;
	a->inside_max = a->inside;
	a->interval_end_us = now_us + a->config.interval_us;
}

static uint16_t *held_by(struct admission *a, uint64_t caller)
{
	return &a->held[mix64(caller) % ADMISSION_CALLERS];
}

static bool share_used_up(struct admission *a, uint64_t caller)
{
	if (caller == 0 || a->config.share_percent == 0 || a->inside * 2 < (uint32_t)a->limit)
		return false;
	uint32_t share = (uint32_t)(a->limit * a->config.share_percent / 100);
	return *held_by(a, caller) >= (share ? share : 1);
}

enum admission_verdict admission_enter(struct admission *a, uint64_t caller, uint64_t now_us)
{
	judge_interval(a, now_us);
	if (a->inside >= (uint32_t)a->limit) {
		a->shed++;
		return SHED_LOAD;
	}
	if (share_used_up(a, caller)) {
		a->shed_share++;
		return SHED_CALLER;
	}
	a->inside++;
	a->admitted++;
	if (a->inside > a->inside_max)
		a->inside_max = a->inside;
	if (caller)
		(*held_by(a, caller))++;
	return ADMIT;
}

void admission_leave(struct admission *a, uint64_t caller, uint32_t queue_us, uint32_t service_us, uint64_t now_us)
{
	ASSERT(a->inside > 0);
	a->inside--;
	if (caller) {
		ASSERT(*held_by(a, caller) > 0);
		(*held_by(a, caller))--;
	}
	if (queue_us < a->delay_least_us)
		a->delay_least_us = queue_us;
	if (service_us)
		a->service_us += SERVICE_WEIGHT * (service_us - a->service_us);
	judge_interval(a, now_us);
}

/* The watch over one function. Called by the monitor for every record and every ten seconds. */
#include "observe/watch.h"

#include <math.h>

#include "base/check.h"

#define DAY_S 86400
#define HOUR_S 3600
#define HALF_LIFE_SPANS (14.0 * DAY_S / WATCH_SPAN_S)
#define ADOPT_SPANS (HOUR_S / WATCH_SPAN_S) /* strange for so long is the new order */
#define MEAN_EARLY_CALLS 20u		    /* in a running span, for its mean to be judged before it ends */
#define SILENCE_LEAST 25.0
#define SILENCE_FACTOR 3.0
#define COARSE_SPANS 30u
#define GAP_S (30 * WATCH_SPAN_S)
#define SEASON_RATE 0.3f

const struct watch_config watch_default = {.learn_s = DAY_S};

const struct measure_manifest measure_manifests[MEASURE_COUNT] = {
    [MEASURE_RATE] = {SIGNAL_FLOOD, 4, 100, 0, 1},
    [MEASURE_CALLER] = {SIGNAL_CALLER_RATE, 4, 30, 0, 1},
    [MEASURE_AUTH_FAILURES] = {SIGNAL_AUTH_FAILURES, 4, 20, 0, 1},
    [MEASURE_ADDRESS_REFUSED] = {SIGNAL_PROBING, 4, 10, 0, 1},
    [MEASURE_CPU] = {SIGNAL_CPU, 3, 1000, 1.1, 3},
    [MEASURE_MEMORY] = {SIGNAL_MEMORY, 1.5, 1024, 1.02, 3},
    [MEASURE_RESPONSE] = {SIGNAL_RESPONSE_SIZE, 3, 4096, 1.1, 3},
    [MEASURE_LATENCY] = {SIGNAL_LATENCY, 5, 20000, 1.2, 5},
    [MEASURE_FAILURES] = {SIGNAL_FAILURES, 3, 20, 0, 10},
};

struct signals {
	struct signal *out;
	unsigned count;
};

void watch_init(struct watch *w, uint32_t function, int64_t now_s, const struct watch_config *config)
{
	*w = (struct watch){.function = function,
	    .learn_until_s = now_s + config->learn_s,
	    .span_begin_s = now_s - now_s % WATCH_SPAN_S};
	for (unsigned i = 0; i < WATCH_SERIES; i++)
		detector_init(&w->detectors[i], &detector_default);
}

static struct signal *raise_signal(struct watch *w, struct signals *s, enum signal_kind kind, int64_t now_s)
{
	if (s->count == WATCH_SIGNALS_MAX)
		return &s->out[WATCH_SIGNALS_MAX - 1];
	struct signal *made = &s->out[s->count++];
	*made = (struct signal){.kind = kind, .function = w->function, .time_ms = now_s * 1000};
	return made;
}

static bool is_strange(const struct watch *w, enum measure m, double value, int64_t now_s)
{
	const struct measure_manifest *manifest = &measure_manifests[m];
	return now_s >= w->learn_until_s && value >= manifest->floor &&
	       value > manifest->factor * w->records[m].most;
}

/* Tells of a measure at most once in a span; subject is whom it points at. */
static void judge(struct watch *w, struct signals *s, enum measure m, double value, int64_t now_s,
    const struct invocation *v)
{
	struct watch_record *r = &w->records[m];
	if (r->told || !is_strange(w, m, value, now_s))
		return;
	r->told = true;
	struct signal *made = raise_signal(w, s, measure_manifests[m].signal, now_s);
	made->value = value;
	made->expected = r->most;
	if (!v)
		return;
	made->request = v->request;
	made->caller = m == MEASURE_CALLER ? v->caller : 0;
	made->address = m == MEASURE_ADDRESS_REFUSED ? v->address : 0;
}

static void learn(struct watch *w, enum measure m, double value, int64_t now_s)
{
	struct watch_record *r = &w->records[m];
	double creep = measure_manifests[m].creep_a_day;
	r->most *= exp2(-1 / HALF_LIFE_SPANS);
	if (is_strange(w, m, value, now_s)) {
		if (++r->strange_spans < ADOPT_SPANS)
			return;
		r->ceiling = value;
	}
	r->strange_spans = 0;
	if (now_s / DAY_S != r->ceiling_day) {
		r->ceiling_day = now_s / DAY_S;
		r->ceiling = fmax(r->most * creep, now_s < w->learn_until_s ? INFINITY : 0);
	}
	bool free_growth = creep == 0 || now_s < w->learn_until_s;
	double most = free_growth ? value : fmin(value, fmax(r->ceiling, r->most));
	r->most = fmax(r->most, most);
}

static double measure(const struct watch *w, enum measure m)
{
	const struct rollup_cell *c = &w->span;
	double ran = (double)rollup_cell_ran(c);
	switch (m) {
	case MEASURE_RATE:
		return (double)c->calls;
	case MEASURE_CALLER:
		return w->caller_most;
	case MEASURE_AUTH_FAILURES:
		return w->auth_failures;
	case MEASURE_ADDRESS_REFUSED:
		return w->address_refused_most;
	case MEASURE_CPU:
		return ran > 0 ? (double)c->cpu_us / ran : 0;
	case MEASURE_MEMORY:
		return ran > 0 ? w->memory_kib / ran : 0;
	case MEASURE_RESPONSE:
		return ran > 0 ? (double)c->bytes_out / ran : 0;
	case MEASURE_LATENCY:
		return ran > 0 ? (double)c->wall_us / ran : 0;
	case MEASURE_FAILURES:
		return ran > 0 ? 100 * (double)rollup_cell_failures(c) / ran : 0;
	case MEASURE_COUNT:
		break;
	}
	return 0;
}

static bool enough_calls(const struct watch *w, enum measure m, bool ended)
{
	uint64_t least = measure_manifests[m].calls_least;
	bool counts = m < MEASURE_CPU;
	uint64_t ran = rollup_cell_ran(&w->span);
	return counts || ran >= (ended ? least : MEAN_EARLY_CALLS);
}

static void judge_all(struct watch *w, struct signals *s, int64_t now_s, enum measure end, bool ended,
    const struct invocation *v)
{
	for (enum measure m = 0; m < end; m++) {
		if (enough_calls(w, m, ended))
			judge(w, s, m, measure(w, m), now_s, v);
	}
}

static void count_callers(struct watch *w, const struct invocation *v)
{
	bool refused =
	    v->outcome != OUTCOME_OK && v->outcome != OUTCOME_SHED && v->outcome != OUTCOME_QUARANTINED;
	w->auth_failures += v->outcome == OUTCOME_UNAUTHENTICATED;
	if (v->caller) {
		uint32_t n = heavy_hitters_add(&w->callers, v->caller);
		w->caller_most = n > w->caller_most ? n : w->caller_most;
	}
	if (v->address && refused) {
		uint32_t n = heavy_hitters_add(&w->addresses, v->address);
		w->address_refused_most = n > w->address_refused_most ? n : w->address_refused_most;
	}
}

/* The end of a lull: how much was due in it is what lulls of this function are like. */
static void heard(struct watch *w)
{
	if (w->due > 0 && !w->silent)
		w->lull_most = fmax(w->lull_most, w->due);
	w->due = 0;
	w->silent = false;
}

unsigned watch_observe(struct watch *w, const struct invocation *v, struct signal *ret_signals)
{
	int64_t now_s = (int64_t)(v->time_us / 1000000);
	unsigned before = watch_tick(w, now_s, ret_signals);
	struct signals s = {.out = ret_signals, .count = before};
	rollup_cell_add(&w->span, v);
	w->memory_kib += v->memory_kib;
	count_callers(w, v);
	heard(w);
	/* Counts are judged as they rise; means a few times in a span, which is soon enough and costs less.
	 */
	bool means = w->span.calls % MEAN_EARLY_CALLS == 0;
	judge_all(w, &s, now_s, means ? MEASURE_COUNT : MEASURE_CPU, false, v);
	return s.count;
}

/* Mean calls a span at this hour of the week, or of the day; -1 before either is known. */
static double usual_rate(const struct watch *w, int64_t time_s)
{
	unsigned week = (unsigned)(time_s / HOUR_S % 168), day = (unsigned)(time_s / HOUR_S % 24);
	if (w->week_seen[week] >= 2)
		return w->week[week];
	/* A day's hour is known after a week only: before, a Saturday would be held against a Friday. */
	return w->day_seen[day] >= 7 ? w->day[day] / 4 : -1;
}

static void slot_learn(float *mean, uint8_t *seen, float value)
{
	float weight = fmaxf(SEASON_RATE, 1.0f / (float)(*seen + 1));
	*mean += weight * (value - *mean);
	*seen = (uint8_t)(*seen + (*seen < UINT8_MAX));
}

static void learn_season(struct watch *w, int64_t begin_s, int64_t next_s)
{
	w->hour_sum += (double)w->span.calls;
	w->hour_spans++;
	if (begin_s / HOUR_S == next_s / HOUR_S)
		return;
	unsigned week = (unsigned)(begin_s / HOUR_S % 168), day = (unsigned)(begin_s / HOUR_S % 24);
	float mean = (float)(w->hour_sum / w->hour_spans);
	slot_learn(&w->week[week], &w->week_seen[week], mean);
	slot_learn(&w->day[day], &w->day_seen[day], mean);
	w->hour_sum = 0;
	w->hour_spans = 0;
}

static void judge_silence(struct watch *w, struct signals *s, int64_t now_s)
{
	double rate = usual_rate(w, w->span_begin_s);
	if (w->span.calls || rate <= 0)
		return;
	w->due += rate;
	if (w->silent || w->due < SILENCE_LEAST || w->due < SILENCE_FACTOR * w->lull_most)
		return;
	w->silent = true;
	struct signal *made = raise_signal(w, s, SIGNAL_SILENCE, now_s);
	made->expected = w->due;
}

static void feed_detectors(struct watch *w, struct signals *s, int64_t now_s)
{
	w->coarse.calls += (double)w->span.calls;
	w->coarse.wall_us += (double)w->span.wall_us;
	w->coarse.failures += (double)rollup_cell_failures(&w->span);
	if (++w->coarse.spans < COARSE_SPANS)
		return;
	double calls = w->coarse.calls;
	const double series[WATCH_SERIES] = {calls,
	    calls > 0 ? w->coarse.wall_us / calls : w->detectors[1].last,
	    calls > 0 ? 100 * w->coarse.failures / calls : 0};
	for (unsigned i = 0; i < WATCH_SERIES; i++) {
		struct detector_verdict verdict = detector_step(&w->detectors[i], now_s, series[i]);
		if (verdict.alert && now_s >= w->learn_until_s)
			raise_signal(w, s, SIGNAL_STATISTICS, now_s)->value = verdict.score;
	}
	memset(&w->coarse, 0, sizeof w->coarse);
}

static void close_span(struct watch *w, struct signals *s, int64_t end_s)
{
	judge_all(w, s, end_s, MEASURE_COUNT, true, NULL);
	for (enum measure m = 0; m < MEASURE_COUNT; m++) {
		if (enough_calls(w, m, true))
			learn(w, m, measure(w, m), end_s);
		w->records[m].told = false;
	}
	judge_silence(w, s, end_s);
	feed_detectors(w, s, end_s);
	learn_season(w, w->span_begin_s, end_s);
	w->span = (struct rollup_cell){0};
	w->memory_kib = 0;
	w->auth_failures = w->address_refused_most = w->caller_most = 0;
	w->callers = w->addresses = (struct heavy_hitters){0};
	w->span_begin_s = end_s;
}

unsigned watch_tick(struct watch *w, int64_t now_s, struct signal *ret_signals)
{
	struct signals s = {.out = ret_signals};
	/* After a gap in which nobody watched, nothing is known of it: it is neither silence nor calm. */
	if (now_s >= w->span_begin_s + GAP_S) {
		close_span(w, &s, w->span_begin_s + WATCH_SPAN_S);
		w->span_begin_s = now_s - now_s % WATCH_SPAN_S;
		w->due = 0;
	}
	while (now_s >= w->span_begin_s + WATCH_SPAN_S)
		close_span(w, &s, w->span_begin_s + WATCH_SPAN_S);
	return s.count;
}

/* The watch over one function. Called by the monitor for every record and every ten seconds. */
#include "observe/watch.h"

#include <math.h>
#include <string.h>

#include "base/check.h"

#define DAY_S 86400
#define HOUR_S 3600
#define HALF_LIFE_S (14.0 * DAY_S)
#define ADOPT_S HOUR_S /* strange for so long is the new order */
#define GROUP_CALLS 10u			    /* for a mean to mean something when a span ends */
#define GROUP_EARLY_CALLS 20u		    /* for it to be judged before */
#define SILENCE_LEAST 25.0
#define SILENCE_FACTOR 3.0
#define COARSE_SPANS 30u
#define GAP_SPANS 30
#define WATCH_SPAN_S 10
#define SPANS_LEAST 30u
#define SPAN_PART_LEAST 0.25
#define SEASON_RATE 0.3f

const struct watch_config watch_default = {
    .learn_s = DAY_S, .span_s = WATCH_SPAN_S, .spans_least = SPANS_LEAST};

const struct measure_manifest measure_manifests[MEASURE_COUNT] = {
    [MEASURE_RATE] = {SIGNAL_FLOOD, 4, 100, 0},
    [MEASURE_CALLER] = {SIGNAL_CALLER_RATE, 4, 30, 0},
    [MEASURE_AUTH_FAILURES] = {SIGNAL_AUTH_FAILURES, 4, 20, 2},
    [MEASURE_ADDRESS_REFUSED] = {SIGNAL_PROBING, 4, 10, 0},
    [MEASURE_CPU] = {SIGNAL_CPU, 3, 1000, 1.1},
    [MEASURE_MEMORY] = {SIGNAL_MEMORY, 1.5, 1024, 1.02},
    [MEASURE_RESPONSE] = {SIGNAL_RESPONSE_SIZE, 3, 4096, 1.1},
    [MEASURE_LATENCY] = {SIGNAL_LATENCY, 5, 20000, 1.2},
    [MEASURE_FAILURES] = {SIGNAL_FAILURES, 3, 20, 0},
};

struct signals {
	struct signal *out;
	unsigned count;
};

void watch_init(struct function_watch *w, uint32_t function, int64_t now_s, const struct watch_config *config)
{
	*w = (struct function_watch){.function = function,
	    .config = *config,
	    .since_s = now_s,
	    .learn_until_s = now_s + config->learn_s,
	    .last_call_s = now_s,
	    .span_begin_s = now_s - now_s % config->span_s};
	for (unsigned i = 0; i < WATCH_SERIES; i++)
		detector_init(&w->detectors[i], &detector_default);
}

void watch_configure(struct function_watch *w, int64_t now_s, const struct watch_config *config)
{
	const int64_t quiet_s = w->quiet_s;
	if (w->config.span_s != config->span_s) {
		watch_init(w, w->function, now_s, config);
		w->quiet_s = quiet_s;
	}
	w->config = *config;
	w->learn_until_s = w->since_s + config->learn_s;
}

void watch_rebind(struct function_watch *w)
{
	for (unsigned i = 0; i < WATCH_SERIES; i++)
		w->detectors[i].config = &detector_default;
}

static struct signal *raise_signal(
    struct function_watch *w, struct signals *s, enum signal_kind kind, int64_t now_s)
{
	if (s->count == WATCH_SIGNALS_MAX)
		return &s->out[WATCH_SIGNALS_MAX - 1];
	struct signal *made = &s->out[s->count++];
	*made = (struct signal){
	    .kind = kind, .function = w->function, .time_ms = now_s * 1000, .span_s = w->config.span_s};
	return made;
}

/*
 * Floors of counts are for ten seconds. In shorter spans fewer are remarkable, but never less than a quarter: few events vary
 * much by themselves.
 */
static double floor_of(const struct function_watch *w, enum measure m)
{
	const double part = (double)w->config.span_s / WATCH_SPAN_S;
	return measure_manifests[m].floor * (m < MEASURE_CPU ? fmax(part, SPAN_PART_LEAST) : 1);
}

static bool is_strange(const struct function_watch *w, enum measure m, double value, int64_t now_s)
{
	const struct measure_manifest *manifest = &measure_manifests[m];
	return now_s >= w->learn_until_s && w->records[m].seen >= w->config.spans_least && value >= floor_of(w, m) &&
	       value > manifest->factor * w->records[m].most;
}

/* Tells of a measure at most once in a span; subject is whom it points at. */
static void judge(struct function_watch *w, struct signals *s, enum measure m, double value, int64_t now_s,
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

static void learn(struct function_watch *w, enum measure m, double value, int64_t now_s)
{
	struct watch_record *r = &w->records[m];
	double creep = measure_manifests[m].creep_a_day;
	r->most *= exp2(-(double)w->config.span_s / HALF_LIFE_S);
	if (is_strange(w, m, value, now_s)) {
		if (++r->strange_spans < ADOPT_S / w->config.span_s)
			return;
		r->ceiling = value;
	}
	r->strange_spans = 0;
	r->seen++;
	if (now_s / DAY_S != r->ceiling_day || (isinf(r->ceiling) && now_s >= w->learn_until_s)) {
		r->ceiling_day = now_s / DAY_S;
		r->ceiling = fmax(r->most * creep, now_s < w->learn_until_s ? INFINITY : 0);
	}
	bool free_growth = creep == 0 || now_s < w->learn_until_s || r->seen <= w->config.spans_least;
	double most = free_growth ? value : fmin(value, fmax(r->ceiling, r->most));
	r->most = fmax(r->most, most);
}

static double measure(const struct function_watch *w, enum measure m)
{
	double calls = w->group.calls ? w->group.calls : 1;
	const double values[MEASURE_COUNT] = {
	    [MEASURE_RATE] = w->calls,
	    [MEASURE_CALLER] = w->caller_most,
	    [MEASURE_AUTH_FAILURES] = w->auth_failures,
	    [MEASURE_ADDRESS_REFUSED] = w->address_refused_most,
	    [MEASURE_CPU] = w->group.cpu_us / calls,
	    [MEASURE_MEMORY] = w->group.memory_kib / calls,
	    [MEASURE_RESPONSE] = w->group.bytes_out / calls,
	    [MEASURE_LATENCY] = w->group.wall_us / calls,
	    [MEASURE_FAILURES] = 100 * w->group.failures / calls,
	};
	return values[m];
}

static void judge_range(struct function_watch *w, struct signals *s, enum measure from, enum measure to,
    int64_t now_s, const struct invocation *v)
{
	for (enum measure m = from; m < to; m++)
		judge(w, s, m, measure(w, m), now_s, v);
}

/* What a call that reached the function adds to the means. */
static void group_add(struct function_watch *w, const struct invocation *v)
{
	bool failure = outcome_is_failure(v->outcome);
	if (!failure && !outcome_is_answer(v->outcome))
		return;
	w->group.calls++;
	w->group.cpu_us += v->cpu_us;
	w->group.memory_kib += v->memory_kib;
	w->group.bytes_out += v->bytes_out;
	w->group.wall_us += v->wall_us;
	w->group.failures += failure;
	w->coarse.ran++;
	w->coarse.wall_us += v->wall_us;
	w->coarse.failures += failure;
}

static void count_callers(struct function_watch *w, const struct invocation *v)
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
static void heard(struct function_watch *w)
{
	if (w->due > 0 && !w->silent)
		w->lull_most = fmax(w->lull_most, w->due);
	w->due = 0;
	w->silent = false;
}

unsigned watch_observe(struct function_watch *w, const struct invocation *v, struct signal *ret_signals)
{
	int64_t now_s = (int64_t)(v->time_us / 1000000);
	unsigned before = watch_tick(w, now_s, ret_signals);
	struct signals s = {.out = ret_signals, .count = before};
	w->calls++;
	w->last_call_s = now_s;
	group_add(w, v);
	count_callers(w, v);
	heard(w);
	judge_range(w, &s, 0, MEASURE_CPU, now_s, v);
	/* Counts are judged as they rise; means when enough calls have come, which is soon and costs less. */
	if (w->group.calls && w->group.calls % GROUP_EARLY_CALLS == 0)
		judge_range(w, &s, MEASURE_CPU, MEASURE_COUNT, now_s, v);
	return s.count;
}

/*
 * Calls a span that may be counted on at this hour, -1 before anything is known. A week's hour that was met
 * once is taken with a grain of salt; in the first week only the day's hour is known, and a Saturday would be
 * held against it.
 */
static double usual_rate(const struct function_watch *w, int64_t time_s)
{
	unsigned week = (unsigned)(time_s / HOUR_S % 168), day = (unsigned)(time_s / HOUR_S % 24);
	if (w->week_seen[week] >= 2)
		return w->week[week];
	if (w->week_seen[week] == 1)
		return 0.7 * fmin(w->week[week], w->day[day]);
	return w->day_seen[day] >= 5 ? w->day[day] / 4 : -1;
}

static void slot_learn(float *mean, uint8_t *seen, float value)
{
	float weight = fmaxf(SEASON_RATE, 1.0f / (float)(*seen + 1));
	*mean += weight * (value - *mean);
	*seen = (uint8_t)(*seen + (*seen < UINT8_MAX));
}

static void learn_season(struct function_watch *w, int64_t begin_s, int64_t next_s)
{
	w->hour_sum += w->calls;
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

static void judge_silence(struct function_watch *w, struct signals *s, int64_t now_s)
{
	double rate = usual_rate(w, now_s);
	if (rate > 0 && now_s > w->due_s)
		w->due += rate * (double)(now_s - w->due_s) / w->config.span_s;
	w->due_s = now_s;
	const double pauses = w->quiet_s ? (double)(now_s - w->last_call_s) / (double)w->quiet_s : 0;
	const bool unusual = w->due >= SILENCE_LEAST && w->due >= SILENCE_FACTOR * w->lull_most;
	if (w->silent || (w->quiet_s ? pauses <= 1 : !unusual))
		return;
	w->silent = true;
	struct signal *made = raise_signal(w, s, SIGNAL_SILENCE, now_s);
	made->value = (double)(now_s - w->last_call_s);
	made->expected = fmax(w->due, floor(pauses));
}

static void feed_detectors(struct function_watch *w, struct signals *s, int64_t now_s)
{
	w->coarse.calls += w->calls;
	if (++w->coarse.spans < COARSE_SPANS)
		return;
	/* Without a call the mean latency is what it was. */
	double ran = w->coarse.ran;
	const double series[WATCH_SERIES] = {w->coarse.calls,
	    ran > 0 ? w->coarse.wall_us / ran : w->detectors[1].last,
	    ran > 0 ? 100 * w->coarse.failures / ran : 0};
	for (unsigned i = 0; i < WATCH_SERIES; i++) {
		struct detector_verdict verdict = detector_step(&w->detectors[i], now_s, series[i]);
		if (verdict.alert && now_s >= w->learn_until_s)
			raise_signal(w, s, SIGNAL_STATISTICS, now_s)->value = verdict.score;
	}
	memset(&w->coarse, 0, sizeof w->coarse);
}

static void learn_range(struct function_watch *w, enum measure from, enum measure to, int64_t now_s)
{
	for (enum measure m = from; m < to; m++)
		learn(w, m, measure(w, m), now_s);
}

static void close_span(struct function_watch *w, struct signals *s, int64_t end_s)
{
	judge_range(w, s, 0, MEASURE_CPU, end_s, NULL);
	learn_range(w, 0, MEASURE_CPU, end_s);
	if (w->group.calls >= GROUP_CALLS) {
		judge_range(w, s, MEASURE_CPU, MEASURE_COUNT, end_s, NULL);
		learn_range(w, MEASURE_CPU, MEASURE_COUNT, end_s);
		memset(&w->group, 0, sizeof w->group);
	}
	for (enum measure m = 0; m < MEASURE_COUNT; m++)
		w->records[m].told = false;
	feed_detectors(w, s, end_s);
	learn_season(w, w->span_begin_s, end_s);
	w->calls = w->auth_failures = w->address_refused_most = w->caller_most = 0;
	w->callers = w->addresses = (struct heavy_hitters){0};
	w->span_begin_s = end_s;
}

unsigned watch_tick(struct function_watch *w, int64_t now_s, struct signal *ret_signals)
{
	struct signals s = {.out = ret_signals};
	/* After a gap in which nobody watched, nothing is known of it: it is neither silence nor calm. */
	const int64_t span_s = w->config.span_s;
	if (now_s >= w->span_begin_s + GAP_SPANS * span_s) {
		close_span(w, &s, w->span_begin_s + span_s);
		w->span_begin_s = now_s - now_s % span_s;
		w->due = 0;
		w->last_call_s = now_s;
		w->due_s = now_s;
	}
	while (now_s >= w->span_begin_s + span_s)
		close_span(w, &s, w->span_begin_s + span_s);
	judge_silence(w, &s, now_s);
	return s.count;
}

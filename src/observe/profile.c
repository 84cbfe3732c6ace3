/* Behaviour profiles. Called by the monitor for every record; records were checked, names are the contract's.
 */
#include "observe/profile.h"

#include <math.h>

#include "observe/mix.h"

#define HOUR_MS 3600000
#define SURPRISE_SPAN 50.0 /* invocations that "recent" means */
#define MANY_CALLS_FACTOR 4u
#define MANY_CALLS_LEAST 50u

const struct profile_config profile_default = {.learn_ms = 24ll * HOUR_MS, .learn_calls_least = 200};

void profile_begin(struct profile *p, uint32_t version, int64_t now_ms, const struct profile_config *config)
{
	*p = (struct profile){.version = version,
	    .learn_from_ms = now_ms,
	    .learn_until_ms = now_ms + config->learn_ms,
	    .learn_calls_least = config->learn_calls_least};
}

void profile_inherit(struct profile *p, uint32_t version, int64_t now_ms, const struct profile_config *config)
{
	struct profile before = *p;
	profile_begin(p, version, now_ms, config);
	p->before = before.version;
	p->calls_most = before.calls_most;
	p->call_count = before.learned || before.inherited ? before.call_count : 0;
	p->inherited = p->call_count > 0 || before.learned;
	for (uint32_t i = 0; i < p->call_count; i++)
		p->calls[i] =
		    (struct profile_call){.call = before.calls[i].call, .most = before.calls[i].most};
}

void profile_adopt(struct profile *p, const struct profile *committed, uint32_t version, int64_t now_ms)
{
	const uint32_t before = p->version;
	*p = *committed;
	p->version = version;
	p->before = before == version ? 0 : before;
	p->learn_from_ms = p->learn_until_ms = now_ms;
	p->learn_calls_least = 0;
	p->learned = p->committed = true;
}

bool profile_is_of_before(const struct profile *p, uint32_t version, int64_t now_ms)
{
	return p->before && version == p->before && now_ms - p->learn_from_ms < PROFILE_DRAINS_MS;
}

static struct profile_edge *edge_find(struct profile *p, uint16_t from, uint16_t to)
{
	uint32_t at = (uint32_t)mix64((uint64_t)from << 16 | to) & (PROFILE_EDGES - 1);
	while (p->edges[at].count && (p->edges[at].from != from || p->edges[at].to != to))
		at = (at + 1) & (PROFILE_EDGES - 1);
	return &p->edges[at];
}

static struct profile_call *call_find(struct profile *p, uint16_t call)
{
	for (uint32_t i = 0; i < p->call_count; i++) {
		if (p->calls[i].call == call)
			return &p->calls[i];
	}
	return NULL;
}

static struct profile_follow *follow_find(struct profile *p, uint16_t from)
{
	uint32_t at = (uint32_t)mix64(from) & (PROFILE_EDGES - 1);
	while (p->follows[at].times && p->follows[at].from != from)
		at = (at + 1) & (PROFILE_EDGES - 1);
	return &p->follows[at];
}

bool profile_put_call(struct profile *p, const struct profile_call *call)
{
	if (p->call_count == PROFILE_CALLS || call_find(p, call->call))
		return false;
	p->calls[p->call_count++] = *call;
	return true;
}

bool profile_put_edge(struct profile *p, uint16_t from, uint16_t to, uint32_t times)
{
	if (p->edge_count >= PROFILE_EDGES - PROFILE_EDGES / 8 || edge_find(p, from, to)->count)
		return false;
	struct profile_follow *f = follow_find(p, from);
	p->edge_count++;
	*edge_find(p, from, to) = (struct profile_edge){from, to, times};
	*f = (struct profile_follow){
	    from, (uint16_t)(f->kinds + 1), times > UINT32_MAX - f->times ? UINT32_MAX : f->times + times};
	return true;
}

uint32_t profile_edge_times(const struct profile *p, uint16_t from, uint16_t to)
{
	for (uint32_t i = 0; i < PROFILE_EDGES; i++)
		if (p->edges[i].count && p->edges[i].from == from && p->edges[i].to == to)
			return p->edges[i].count;
	return 0;
}

uint32_t profile_follow_times(const struct profile *p, uint16_t from)
{
	for (uint32_t i = 0; i < PROFILE_EDGES; i++)
		if (p->follows[i].times && p->follows[i].from == from)
			return p->follows[i].times;
	return 0;
}

static void edge_learn(struct profile *p, uint16_t from, uint16_t to)
{
	struct profile_edge *e = edge_find(p, from, to);
	struct profile_follow *f = follow_find(p, from);
	/* One place in eight stays free, so that a search ends; there are never more follows than edges. */
	if (!e->count && p->edge_count >= PROFILE_EDGES - PROFILE_EDGES / 8) {
		p->overflow++;
		return;
	}
	/* Shares are what counts: past four thousand million steps they no longer move. */
	if (f->times == UINT32_MAX)
		return;
	p->edge_count += e->count == 0;
	*f = (struct profile_follow){from, (uint16_t)(f->kinds + (e->count == 0)), f->times + 1};
	*e = (struct profile_edge){from, to, e->count + 1};
}

static void call_learn(struct profile *p, uint16_t call, uint16_t times)
{
	struct profile_call *c = call_find(p, call);
	if (!c && p->call_count == PROFILE_CALLS) {
		p->overflow++;
		return;
	}
	if (!c) {
		c = &p->calls[p->call_count++];
		*c = (struct profile_call){.call = call};
	}
	c->count += times;
	c->invocations++;
	c->most = times > c->most ? times : c->most;
}

static double edge_surprise(struct profile *p, uint16_t from, uint16_t to)
{
	const struct profile_follow *f = follow_find(p, from);
	return -log2((edge_find(p, from, to)->count + 1.0) / ((double)f->times + f->kinds + 1.0));
}

/* The i-th step of the chain: from the call before to this one; the last goes to the end. A cut sequence has
 * no end. */
static uint16_t step_from(const struct invocation *v, uint32_t i)
{
	return i ? v->sequence[i - 1] : PROFILE_EDGE_START;
}
static uint16_t step_to(const struct invocation *v, uint32_t i)
{
	return i < v->sequence_count ? v->sequence[i] : PROFILE_EDGE_START;
}
static uint32_t step_count(const struct invocation *v)
{
	return v->sequence_count + (v->sequence_count < INVOCATION_CALLS_MAX);
}

static uint32_t host_calls(const struct invocation *v)
{
	uint32_t n = 0;
	for (unsigned k = 0; k < HOST_KIND_COUNT; k++)
		n += v->calls[k];
	return n;
}

struct signals {
	const struct invocation *v;
	struct signal *out;
	unsigned count;
};

static struct signal *raise_signal(struct signals *s, enum signal_kind kind)
{
	if (s->count == PROFILE_SIGNALS_MAX)
		return &s->out[PROFILE_SIGNALS_MAX - 1];
	struct signal *made = &s->out[s->count++];
	*made = (struct signal){.kind = kind,
	    .time_ms = (int64_t)(s->v->time_us / 1000),
	    .caller = s->v->caller,
	    .address = s->v->address,
	    .request = s->v->request,
	    .value = 1};
	return made;
}

/* What the contract alone makes a signal. */
static void exact_signals(struct signals *s)
{
	static const struct {
		enum invocation_outcome outcome;
		enum signal_kind kind;
	} by_outcome[] = {
	    {OUTCOME_TRAPPED, SIGNAL_TRAP},
	    {OUTCOME_STACK, SIGNAL_TRAP},
	    {OUTCOME_MISMATCH, SIGNAL_MISMATCH},
	    {OUTCOME_INPUT_REFUSED, SIGNAL_INPUT_REFUSED},
	};
	if (s->v->denials) {
		struct signal *denial = raise_signal(s, SIGNAL_DENIAL);
		denial->call = s->v->denied_call;
		denial->value = s->v->denials;
	}
	for (size_t i = 0; i < sizeof by_outcome / sizeof *by_outcome; i++) {
		if (s->v->outcome == by_outcome[i].outcome)
			(void)raise_signal(s, by_outcome[i].kind);
	}
	if (s->v->payload != PAYLOAD_NONE)
		raise_signal(s, SIGNAL_PAYLOAD)->value = s->v->payload;
}

/* What the profile makes a signal. A first use explains the new order around it, so that alone is told. */
static void learned_signals(struct profile *p, struct signals *s)
{
	bool first_use = false;
	for (uint32_t i = 0; i < s->v->sequence_count; i++) {
		if (!call_find(p, s->v->sequence[i]) && !first_use) {
			raise_signal(s, SIGNAL_FIRST_USE)->call = s->v->sequence[i];
			first_use = true;
		}
	}
	for (uint32_t i = 0; i < step_count(s->v) && p->learned && !first_use && !p->overflow; i++) {
		uint16_t from = step_from(s->v, i), to = step_to(s->v, i);
		if (to == PROFILE_EDGE_START || edge_find(p, from, to)->count)
			continue;
		struct signal *order = raise_signal(s, SIGNAL_NEW_ORDER);
		order->call = to;
		order->previous = from;
		break;
	}
	uint32_t calls = host_calls(s->v);
	if (calls > MANY_CALLS_LEAST && calls > MANY_CALLS_FACTOR * (uint32_t)p->calls_most) {
		struct signal *many = raise_signal(s, SIGNAL_MANY_CALLS);
		many->value = calls;
		many->expected = p->calls_most;
	}
}

static double invocation_surprise(struct profile *p, const struct invocation *v)
{
	double sum = 0;
	for (uint32_t i = 0; i < step_count(v); i++)
		sum += edge_surprise(p, step_from(v, i), step_to(v, i));
	return sum / step_count(v);
}

static void learn_surprise(struct profile *p, double surprise)
{
	double weight = p->learned ? 0 : 1 / fmin((double)p->invocations, 1000);
	p->surprise_spread += weight * (fabs(surprise - p->surprise_mean) - p->surprise_spread);
	p->surprise_mean += weight * (surprise - p->surprise_mean);
	p->surprise_recent += 1 / SURPRISE_SPAN * (surprise - p->surprise_recent);
}

static void learn_calls(struct profile *p, const struct invocation *v)
{
	for (uint32_t i = 0; i < step_count(v); i++)
		edge_learn(p, step_from(v, i), step_to(v, i));
	for (uint32_t i = 0; i < v->sequence_count; i++) {
		uint16_t times = 0;
		bool earlier = false;
		for (uint32_t k = 0; k < v->sequence_count; k++) {
			times = (uint16_t)(times + (v->sequence[k] == v->sequence[i]));
			earlier = earlier || (k < i && v->sequence[k] == v->sequence[i]);
		}
		if (!earlier)
			call_learn(p, v->sequence[i], times);
	}
}

static bool runs(const struct invocation *v)
{
	return outcome_is_answer(v->outcome) || outcome_is_failure(v->outcome);
}

unsigned profile_exact(const struct invocation *v, struct signal *ret_signals)
{
	struct signals s = {.v = v, .out = ret_signals};
	exact_signals(&s);
	return s.count;
}

unsigned profile_observe(struct profile *p, const struct invocation *v, struct signal *ret_signals)
{
	struct signals s = {.v = v, .out = ret_signals, .count = profile_exact(v, ret_signals)};
	if (!runs(v))
		return s.count;
	int64_t now_ms = (int64_t)(v->time_us / 1000);
	p->learned = now_ms >= p->learn_until_ms && p->invocations >= p->learn_calls_least;
	if (p->learned || p->inherited)
		learned_signals(p, &s);
	p->invocations++;
	p->callers[v->caller_class]++;
	p->triggers[v->trigger]++;
	p->hours[now_ms / HOUR_MS % 24]++;
	learn_surprise(p, invocation_surprise(p, v));
	learn_calls(p, v);
	uint32_t calls = host_calls(v);
	/* After learning the most only creeps: a loop must not teach what a loop is. */
	uint32_t most = p->learned && calls > p->calls_most
			    ? p->calls_most + (calls > MANY_CALLS_LEAST ? 1u : calls - p->calls_most)
			    : calls;
	if (most > p->calls_most)
		p->calls_most = (uint16_t)(most > UINT16_MAX ? UINT16_MAX : most);
	return s.count;
}

double profile_deviation(const struct profile *p)
{
	if (!p->learned)
		return 0;
	double off = p->surprise_recent - p->surprise_mean;
	return off > 0 ? off / (p->surprise_spread + 0.05) : 0;
}

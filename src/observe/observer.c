/* The observer. Called by the monitor's loop. */
#include "observe/observer.h"

#include <stdlib.h>

#include "base/check.h"

#define FUNCTIONS_MAX 65536u

const struct observer_config observer_default = {
    .profile = {.learn_ms = 86400000, .learn_calls_least = 200},
    .watch = {.learn_s = 86400, .span_s = 10, .spans_least = 30},
    .rules = incident_rules_default,
};

void observer_init(
    struct observer *o, const struct observer_config *config, incident_heard heard, void *context)
{
	*o = (struct observer){.config = *config};
	incident_book_init(&o->book, config->rules, heard, context);
}

void observer_configure(struct observer *o, const struct observer_config *config, int64_t now_s)
{
	o->config = *config;
	o->book.rules = config->rules;
	for (uint32_t i = 0; i < o->room; i++) {
		struct observed *f = o->functions[i];
		if (!f)
			continue;
		watch_configure(&f->watch, now_s, &config->watch);
		if (f->profile.committed)
			continue;
		f->profile.learn_until_ms = f->profile.learn_from_ms + config->profile.learn_ms;
		f->profile.learn_calls_least = config->profile.learn_calls_least;
	}
}

void observer_done(struct observer *o)
{
	for (uint32_t i = 0; i < o->room; i++)
		free(o->functions[i]);
	free(o->functions);
	*o = (struct observer){0};
}

static bool make_room(struct observer *o, uint32_t function)
{
	uint32_t room = o->room ? o->room : 16;
	if (function >= FUNCTIONS_MAX)
		return false;
	while (room <= function)
		room *= 2;
	struct observed **grown = realloc(o->functions, room * sizeof(struct observed *));
	if (!grown)
		return false;
	for (uint32_t i = o->room; i < room; i++)
		grown[i] = NULL;
	o->functions = grown;
	o->room = room;
	return true;
}

/* The function's state, made at its first call; NULL when there is no room. */
static struct observed *observed_for(struct observer *o, uint32_t function, const struct invocation *v)
{
	if (function >= o->room && !make_room(o, function))
		return NULL;
	if (!o->functions[function]) {
		struct observed *made = malloc(sizeof *made);
		if (!made)
			return NULL;
		profile_begin(&made->profile, v->version, (int64_t)(v->time_us / 1000), &o->config.profile);
		watch_init(&made->watch, function, (int64_t)(v->time_us / 1000000), &o->config.watch);
		o->functions[function] = made;
	}
	return o->functions[function];
}

result observer_expect(
    struct observer *o, uint32_t function, uint32_t version, int64_t quiet_s, int64_t now_s, struct error *err)
{
	const struct invocation first = {.version = version, .time_us = (uint64_t)now_s * 1000000};
	struct observed *f = quiet_s || observer_function(o, function) ? observed_for(o, function, &first) : NULL;
	if (f)
		f->watch.quiet_s = quiet_s;
	else if (quiet_s)
		return error_set(err, ERR_MEMORY, "no memory to watch function %u", function);
	return RESULT_OK;
}

result observer_adopt(struct observer *o, uint32_t function, uint32_t version, const struct profile *committed,
    int64_t now_s, struct error *err)
{
	const struct invocation first = {.version = version, .time_us = (uint64_t)now_s * 1000000};
	struct observed *f = observed_for(o, function, &first);
	if (!f)
		return error_set(err, ERR_MEMORY, "no memory to watch function %u", function);
	/* What this very version was seen to do since it began is worth more. */
	if (f->profile.version != version || !f->profile.learned)
		profile_adopt(&f->profile, committed, version, now_s * 1000);
	return RESULT_OK;
}

result observer_restore(struct observer *o, uint32_t function, const char *bytes, struct error *err)
{
	struct observed *made = function < o->room || make_room(o, function) ? malloc(sizeof *made) : NULL;
	if (!made)
		return error_set(err, ERR_MEMORY, "no memory to watch function %u", function);
	memcpy(made, bytes, sizeof *made);
	watch_rebind(&made->watch);
	free(o->functions[function]);
	o->functions[function] = made;
	return RESULT_OK;
}

static void report(struct observer *o, uint32_t function, struct signal *signals, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		signals[i].function = function;
		(void)incident_report(&o->book, &signals[i]);
	}
}

result observer_record(struct observer *o, uint32_t function, const struct invocation *v, struct error *err)
{
	struct observed *f = observed_for(o, function, v);
	struct signal
	    signals[PROFILE_SIGNALS_MAX > WATCH_SIGNALS_MAX ? PROFILE_SIGNALS_MAX : WATCH_SIGNALS_MAX];
	if (!f)
		return error_set(err, ERR_MEMORY, "no memory to watch function %u", function);
	const int64_t now_ms = (int64_t)(v->time_us / 1000);
	const bool of_before = profile_is_of_before(&f->profile, v->version, now_ms);
	if (!of_before && v->version != f->profile.version && v->version != 0)
		profile_inherit(&f->profile, v->version, now_ms, &o->config.profile);
	report(o, function, signals, of_before ? profile_exact(v, signals) : profile_observe(&f->profile, v, signals));
	report(o, function, signals, watch_observe(&f->watch, v, signals));
	return RESULT_OK;
}

void observer_tick(struct observer *o, int64_t now_s)
{
	struct signal signals[WATCH_SIGNALS_MAX];
	for (uint32_t i = 0; i < o->room; i++) {
		if (o->functions[i])
			report(o, i, signals, watch_tick(&o->functions[i]->watch, now_s, signals));
	}
	incident_tick(&o->book, now_s * 1000);
}

const struct observed *observer_function(const struct observer *o, uint32_t function)
{
	return function < o->room ? o->functions[function] : NULL;
}

/* Versions, logged lines and steps of incidents. Called by the monitor's loop for every record and line. */
#include "proc/monitor/history.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "proc/monitor/history_internal.h"

static const char *const level_names[LEVEL_COUNT] = {"debug", "info", "warn", "error", "thrown"};

const char *history_level_name(enum history_level level)
{
	return level_names[level];
}

bool history_level_of(struct slice name, enum history_level *ret)
{
	for (unsigned i = 0; i < LEVEL_COUNT; i++)
		if (slice_eq_cstr(name, level_names[i])) {
			*ret = (enum history_level)i;
			return true;
		}
	return false;
}

struct history *history_new(void)
{
	return calloc(1, sizeof(struct history));
}

void history_free(struct history *h)
{
	if (!h)
		return;
	free(h->functions);
	free(h);
}

static struct history_function *function_of(struct history *h, uint32_t function)
{
	if (function >= h->function_room) {
		const uint32_t room = (function + 64) & ~63u;
		struct history_function *grown = realloc(h->functions, room * sizeof *grown);
		if (!grown)
			return NULL;
		memset(grown + h->function_room, 0, (room - h->function_room) * sizeof *grown);
		h->functions = grown;
		h->function_room = room;
	}
	return &h->functions[function];
}

/* The version's place; the one that was longest not seen makes room. */
static struct history_version *version_of(struct history_function *f, uint32_t version, int64_t now_ms)
{
	struct history_version *place = &f->versions[0];
	for (unsigned i = 0; i < HISTORY_VERSIONS; i++) {
		struct history_version *v = &f->versions[i];
		if (v->first_ms && v->version == version)
			return v;
		if (v->last_ms < place->last_ms)
			place = v;
	}
	*place = (struct history_version){.version = version, .first_ms = now_ms};
	return place;
}

void history_seen(struct history *h, uint32_t function, const struct invocation *v)
{
	struct history_function *f = function_of(h, function);
	const int64_t now_ms = (int64_t)(v->time_us / 1000);
	if (!f)
		return;
	f->last_ms = now_ms;
	struct history_version *version = version_of(f, v->version, now_ms);
	version->last_ms = now_ms;
	version->calls++;
	version->failures += outcome_is_failure((enum invocation_outcome)v->outcome);
}

int64_t history_last_ms(const struct history *h, uint32_t function)
{
	return function < h->function_room ? h->functions[function].last_ms : 0;
}

/* The i-th oldest of those seen, or NULL. */
static const struct history_version *nth_version(const struct history_function *f, unsigned n)
{
	const struct history_version *sorted[HISTORY_VERSIONS];
	unsigned count = 0;
	for (unsigned i = 0; i < HISTORY_VERSIONS; i++) {
		if (!f->versions[i].first_ms)
			continue;
		unsigned at = count++;
		for (; at > 0 && sorted[at - 1]->first_ms > f->versions[i].first_ms; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = &f->versions[i];
	}
	return n < count ? sorted[n] : NULL;
}

static void write_version_text(struct json_writer *w, const char *name, uint32_t version)
{
	char text[16];
	(void)snprintf(text, sizeof text, "%08x", version);
	json_member_text(w, name, slice_cstr(text));
}

void history_write_versions(const struct history *h, uint32_t function, struct json_writer *w)
{
	const struct history_version *v;
	json_key(w, SLICE("versions"));
	json_begin(w, '[');
	for (unsigned n = 0; function < h->function_room && (v = nth_version(&h->functions[function], n)); n++) {
		json_begin(w, '{');
		write_version_text(w, "version", v->version);
		json_member_uint(w, "first_ms", (uint64_t)v->first_ms);
		json_member_uint(w, "last_ms", (uint64_t)v->last_ms);
		json_member_uint(w, "calls", v->calls);
		json_member_uint(w, "failures", v->failures);
		json_end(w, '}');
	}
	json_end(w, ']');
}

void history_write_marks(
    const struct history *h, uint32_t function, int64_t from_s, int64_t to_s, struct json_writer *w)
{
	const struct history_version *v;
	for (unsigned n = 0; function < h->function_room && (v = nth_version(&h->functions[function], n)); n++) {
		if (v->first_ms / 1000 < from_s || v->first_ms / 1000 >= to_s)
			continue;
		json_begin(w, '{');
		json_member_uint(w, "time_s", (uint64_t)(v->first_ms / 1000));
		json_member_text(w, "kind", SLICE("version"));
		write_version_text(w, "text", v->version);
		json_end(w, '}');
	}
}

void history_line(struct history *h, int64_t now_ms, uint32_t function, const char *name, enum history_level level,
    uint64_t request, struct slice text)
{
	struct history_line *line = &h->lines[h->line_count % HISTORY_LINES];
	line->time_ms = now_ms;
	line->request = request;
	line->level = (uint8_t)level;
	line->number = ++h->line_count;
	(void)snprintf(line->function, sizeof line->function, "%s", name);
	(void)snprintf(line->text, sizeof line->text, "%.*s", SLICE_ARG(text));
	if (level == LEVEL_THROWN)
		history_thrown(h, now_ms, function, request, text);
}

const struct history_line *history_line_of(const struct history *h, uint64_t i)
{
	if (i >= h->line_count || i >= HISTORY_LINES)
		return NULL;
	return &h->lines[(h->line_count - 1 - i) % HISTORY_LINES];
}

void history_step(struct history *h, uint32_t incident, int64_t now_ms, const char *what, const char *by)
{
	struct history_incident *i = &h->incidents[incident % INCIDENTS_MAX];
	if (i->id != incident)
		*i = (struct history_incident){.id = incident};
	/* The first half stays, the rest is the newest. */
	if (i->count == HISTORY_STEPS) {
		memmove(i->steps + HISTORY_STEPS / 2, i->steps + HISTORY_STEPS / 2 + 1,
		    (HISTORY_STEPS - HISTORY_STEPS / 2 - 1) * sizeof i->steps[0]);
		i->count--;
	}
	struct history_step *step = &i->steps[i->count++];
	step->time_ms = now_ms;
	step->what = what;
	(void)snprintf(step->by, sizeof step->by, "%s", by);
}

void history_write_steps(const struct history *h, uint32_t incident, struct json_writer *w)
{
	const struct history_incident *i = &h->incidents[incident % INCIDENTS_MAX];
	json_key(w, SLICE("timeline"));
	json_begin(w, '[');
	for (uint32_t n = 0; i->id == incident && n < i->count; n++) {
		json_begin(w, '{');
		json_member_uint(w, "time_ms", (uint64_t)i->steps[n].time_ms);
		json_member_text(w, "what", slice_cstr(i->steps[n].what));
		json_member_text(w, "by", slice_cstr(i->steps[n].by));
		json_end(w, '}');
	}
	json_end(w, ']');
}

/* Deployments. Called by the monitor's loop when an app comes, and for what operators ask. */
#include "proc/monitor/deployments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "os/clock.h"
#include "os/fd.h"
#include "proc/monitor/api.h"

#define FILE_NAME "deployments"
#define KEPT 64u
#define NAMED 12u
#define NAME_BYTES 128u
/* An incident that opens so long after a deployment may well be of it. */
#define SUSPECT_MS 600000

enum change { CHANGE_NEW, CHANGE_CHANGED, CHANGE_GONE, CHANGES };
static const char *const change_names[CHANGES] = {"new", "changed", "gone"};

struct deployment {
	int64_t time_ms;
	uint32_t generation;
	uint32_t counts[CHANGES];
	uint32_t named;
	struct {
		enum change change;
		char name[NAME_BYTES];
	} functions[NAMED];
};

struct served {
	char name[NAME_BYTES];
	uint32_t version;
};

/* As it is kept: of one build for itself. */
struct kept_deployments {
	char magic[8];
	uint32_t bytes, count, served_count;
	struct deployment of[KEPT];		      /* a ring; the n-th is at n % KEPT */
	struct served served[MANIFEST_FUNCTIONS_MAX]; /* sorted by name */
};
static const char magic[8] = "WARDDEPL";

struct deployments {
	struct kept_deployments kept;
};

result deployments_open(struct monitor_process *p, struct error *err)
{
	struct slice text;
	struct kept_deployments *k;
	p->deployments = calloc(1, sizeof *p->deployments);
	if (!p->deployments)
		return error_set(err, ERR_MEMORY, "no memory for deployments");
	k = &p->deployments->kept;
	if (is_ok(file_read(FILE_NAME, sizeof *k, NULL, &text))) {
		if (text.len == sizeof *k)
			memcpy(k, text.ptr, sizeof *k);
		free((char *)(uintptr_t)text.ptr);
	}
	if (memcmp(k->magic, magic, sizeof magic) != 0 || k->bytes != sizeof *k ||
	    k->served_count > MANIFEST_FUNCTIONS_MAX) {
		*k = (struct kept_deployments){.bytes = sizeof *k};
		memcpy(k->magic, magic, sizeof magic);
	}
	return RESULT_OK;
}

static void add(struct deployment *d, enum change change, struct slice name)
{
	d->counts[change]++;
	if (d->named == NAMED)
		return;
	d->functions[d->named].change = change;
	(void)snprintf(d->functions[d->named++].name, NAME_BYTES, "%.*s", SLICE_ARG(name));
}

/* Both are sorted by name: walked side by side. */
static void compare(const struct kept_deployments *k, const struct app_contract *c, const uint32_t *versions,
    struct deployment *d)
{
	uint32_t old = 0;
	for (size_t i = 0; i < c->function_count; i++) {
		const struct slice name = c->functions[i].contract.name;
		while (old < k->served_count && strcmp(k->served[old].name, name.ptr) < 0)
			add(d, CHANGE_GONE, slice_cstr(k->served[old++].name));
		if (old == k->served_count || strcmp(k->served[old].name, name.ptr) != 0)
			add(d, CHANGE_NEW, name);
		else if (k->served[old++].version != versions[i])
			add(d, CHANGE_CHANGED, name);
	}
	while (old < k->served_count)
		add(d, CHANGE_GONE, slice_cstr(k->served[old++].name));
}

void deployments_take(struct monitor_process *p, const struct app_contract *contract,
    const uint32_t *versions, uint32_t generation)
{
	struct error err = {0};
	struct kept_deployments *k = &p->deployments->kept;
	struct deployment d = {.time_ms = clock_unix_ms(), .generation = generation};
	compare(k, contract, versions, &d);
	if (!d.counts[CHANGE_NEW] && !d.counts[CHANGE_CHANGED] && !d.counts[CHANGE_GONE])
		return;
	k->of[k->count++ % KEPT] = d;
	k->served_count = 0;
	for (size_t i = 0; i < contract->function_count && i < MANIFEST_FUNCTIONS_MAX; i++) {
		struct served *s = &k->served[k->served_count++];
		*s = (struct served){.version = versions[i]};
		(void)snprintf(
		    s->name, sizeof s->name, "%.*s", SLICE_ARG(contract->functions[i].contract.name));
	}
	if (!is_ok(file_write_atomic(FILE_NAME, slice_of((const char *)k, sizeof *k), 0600, &err)))
		LOG_ERROR("cannot_keep_deployments", LOG_STR("why", err.text));
}

/* The n-th newest, or NULL. */
static const struct deployment *nth(const struct monitor_process *p, uint32_t n)
{
	const struct kept_deployments *k = &p->deployments->kept;
	return n < k->count && n < KEPT ? &k->of[(k->count - 1 - n) % KEPT] : NULL;
}

static void write_suspects(
    const struct monitor_process *p, const struct deployment *d, int64_t until_ms, struct json_writer *w)
{
	json_member_begin(w, "incidents", '[');
	for (uint32_t n = 0; n < INCIDENTS_MAX; n++) {
		const struct incident *i = &p->monitor->observer.book.incidents[n];
		if (i->state != INCIDENT_NONE && i->acted_ms && i->opened_ms >= d->time_ms &&
		    i->opened_ms < until_ms && i->opened_ms - d->time_ms < SUSPECT_MS)
			json_uint(w, i->id);
	}
	json_end(w, ']');
}

static void write_one(const struct monitor_process *p, uint32_t n, struct json_writer *w)
{
	const struct deployment *d = nth(p, n), *next = n ? nth(p, n - 1) : NULL;
	json_begin(w, '{');
	json_member_uint(w, "time_ms", (uint64_t)d->time_ms);
	json_member_uint(w, "generation", d->generation);
	json_member_bool(w, "serves", n == 0);
	for (unsigned c = 0; c < CHANGES; c++)
		json_member_uint(w, change_names[c], d->counts[c]);
	json_member_begin(w, "functions", '[');
	for (uint32_t i = 0; i < d->named; i++) {
		json_begin(w, '{');
		json_member_text(w, "name", slice_cstr(d->functions[i].name));
		json_member_text(w, "change", slice_cstr(change_names[d->functions[i].change]));
		json_end(w, '}');
	}
	json_end(w, ']');
	write_suspects(p, d, next ? next->time_ms : INT64_MAX, w);
	json_end(w, '}');
}

void deployments_write(const struct monitor_process *p, struct json_writer *w)
{
	json_begin(w, '{');
	json_member_begin(w, "deployments", '[');
	for (uint32_t n = 0; nth(p, n); n++)
		write_one(p, n, w);
	json_end(w, ']');
	json_end(w, '}');
}

void deployments_write_marks(
    const struct monitor_process *p, int64_t from_s, int64_t to_s, struct json_writer *w)
{
	const struct deployment *d;
	for (uint32_t n = 0; (d = nth(p, n)); n++) {
		char text[96];
		const int64_t at_s = d->time_ms / 1000;
		if (at_s < from_s || at_s >= to_s)
			continue;
		(void)snprintf(text, sizeof text, "deployed: %u new, %u changed, %u gone",
		    d->counts[CHANGE_NEW], d->counts[CHANGE_CHANGED], d->counts[CHANGE_GONE]);
		json_begin(w, '{');
		json_member_uint(w, "time_s", (uint64_t)at_s);
		json_member_text(w, "kind", SLICE("version"));
		json_member_text(w, "text", slice_cstr(text));
		json_end(w, '}');
	}
}

void api_deployments(const struct api_request *q, struct api_answer *a)
{
	struct json_writer w = {.out = &a->body};
	deployments_write(q->p, &w);
}

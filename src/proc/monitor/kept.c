/* Kept records. Called by the monitor's loop for every record, and for what operators ask. */
#include "proc/monitor/kept.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "observe/mix.h"
#include "proc/monitor/api.h"

#define EACH_US 1000000u      /* of a function's successes, one in this time */
#define EACH_ASKED_US 100000u /* where the caller asked for it */

struct kept {
	struct record_store *failed, *sampled;
	uint64_t *sampled_us; /* owned, by function: when the newest was kept */
	uint32_t room;
};

result kept_open(struct monitor_process *p, struct error *err)
{
	struct kept *k = p->kept = calloc(1, sizeof *p->kept);
	if (!k)
		return error_set(err, ERR_MEMORY, "no memory for kept records");
	TRY(record_store_open("failed", KEPT_FAILED, err, &k->failed));
	p->exported_failure = record_store_newest(k->failed);
	return record_store_open("sampled", KEPT_SAMPLED, err, &k->sampled);
}

static uint64_t mix_text(uint64_t sum, struct slice text)
{
	for (size_t at = 0; at < text.len; at += sizeof sum) {
		uint64_t word = 0;
		memcpy(&word, text.ptr + at, text.len - at < sizeof word ? text.len - at : sizeof word);
		sum = mix64(sum ^ word);
	}
	return mix64(sum ^ text.len);
}

/* Of the names that the numbers in a function's records stand for: another release may count otherwise. */
static uint64_t names_of(const struct app_function *f)
{
	uint64_t sum = 1;
	if (!f)
		return 0;
	for (size_t i = 0; i < f->query_count; i++)
		sum = mix_text(sum, f->queries[i]->name);
	for (size_t i = 0; i < f->contract.egress_count; i++)
		sum = mix_text(sum, f->contract.egress[i].host);
	for (size_t i = 0; i < f->contract.secrets.count; i++)
		sum = mix_text(sum, f->contract.secrets.items[i]);
	for (size_t i = 0; i < f->contract.publish.count; i++)
		sum = mix_text(sum, f->contract.publish.items[i]);
	return mix_text(sum, f->input);
}

/* The contract that counts as a record does: that of its generation, or, when that is gone, of the function
 * as it is now. */
static const struct app_function *contract_of(
    const struct monitor_process *p, uint32_t function, const struct invocation *v)
{
	for (size_t i = 0; i < MONITOR_APPS_MAX; i++) {
		const struct monitor_app *app = &p->apps[i];
		const uint32_t index = v->function & 0xffff;
		if (app->generation && app->generation == v->function >> 16)
			return index < app->contract.function_count ? &app->contract.functions[index] : NULL;
	}
	return api_function(p, function);
}

static bool is_due(struct kept *k, uint32_t function, const struct invocation *v)
{
	if (function >= k->room) {
		const uint32_t room = (function | 63u) + 1;
		uint64_t *grown = realloc(k->sampled_us, room * sizeof *grown);
		if (!grown)
			return false;
		memset(grown + k->room, 0, (room - k->room) * sizeof *grown);
		k->sampled_us = grown;
		k->room = room;
	}
	const uint64_t each_us = v->flags & INVOCATION_SAMPLED ? EACH_ASKED_US : EACH_US;
	if (v->time_us < k->sampled_us[function] + each_us && v->time_us >= k->sampled_us[function])
		return false;
	k->sampled_us[function] = v->time_us;
	return true;
}

void kept_seen(struct monitor_process *p, uint32_t function, const struct invocation *v)
{
	struct error err = {0};
	const bool failed = outcome_is_failure((enum invocation_outcome)v->outcome);
	if (!failed && !is_due(p->kept, function, v))
		return;
	if (!is_ok(record_store_add(failed ? p->kept->failed : p->kept->sampled, function,
		names_of(contract_of(p, function, v)), v, &err)))
		LOG_ERROR("cannot_keep_record", LOG_STR("why", err.text));
}

struct found_record kept_of(const struct monitor_process *p, const struct kept_record *k)
{
	const struct app_function *f = api_function(p, k->function);
	return (struct found_record){&k->record, k->function, names_of(f) == k->names ? f : NULL};
}

struct found_record kept_recent(const struct monitor_process *p, uint64_t i)
{
	const struct invocation *v = monitor_recent(p->monitor, i);
	const uint32_t function = v ? monitor_recent_function(p->monitor, i) : 0;
	return (struct found_record){v, function, v ? contract_of(p, function, v) : NULL};
}

struct found_record kept_find(const struct monitor_process *p, uint64_t request)
{
	const struct invocation *v;
	for (uint64_t i = 0; (v = monitor_recent(p->monitor, i)); i++)
		if (v->request == request)
			return kept_recent(p, i);
	const struct kept_record *k = record_store_find(p->kept->failed, request);
	if (!k)
		k = record_store_find(p->kept->sampled, request);
	return k ? kept_of(p, k) : (struct found_record){0};
}

static bool is_among(const struct found_record *found, size_t count, uint64_t request)
{
	for (size_t i = 0; i < count; i++)
		if (found[i].record->request == request)
			return true;
	return false;
}

static int by_time(const void *a, const void *b)
{
	const struct found_record *x = a, *y = b;
	return x->record->time_us < y->record->time_us ? -1 : x->record->time_us > y->record->time_us;
}

size_t kept_trace(
    const struct monitor_process *p, const uint8_t trace_id[16], struct found_record ret[KEPT_TRACE_MAX])
{
	const struct record_store *const stores[] = {p->kept->failed, p->kept->sampled};
	static const struct kept_record *kept[KEPT_TRACE_MAX];
	const struct invocation *v;
	size_t count = 0;
	for (uint64_t i = 0; (v = monitor_recent(p->monitor, i)) && count < KEPT_TRACE_MAX; i++)
		if (memcmp(v->trace_id, trace_id, sizeof v->trace_id) == 0)
			ret[count++] = kept_recent(p, i);
	for (size_t s = 0; s < 2; s++) {
		const size_t more = record_store_trace(stores[s], trace_id, KEPT_TRACE_MAX, kept);
		for (size_t i = 0; i < more && count < KEPT_TRACE_MAX; i++)
			if (!is_among(ret, count, kept[i]->record.request))
				ret[count++] = kept_of(p, kept[i]);
	}
	qsort(ret, count, sizeof *ret, by_time);
	return count;
}

const struct kept_record **kept_older_failures(const struct monitor_process *p, size_t *ret_count)
{
	const struct record_store *s = p->kept->failed;
	const struct kept_record **found = calloc(record_store_room(s) + 1, sizeof(struct kept_record *));
	if (!found)
		return NULL;
	/* The newest records are those that came to the monitor last, in the order in which they came; so are
	 * these. */
	uint64_t recent = 0;
	const struct invocation *v;
	for (uint64_t i = 0; (v = monitor_recent(p->monitor, i)); i++)
		recent += outcome_is_failure((enum invocation_outcome)v->outcome);
	size_t count = record_store_list(s, found);
	const size_t skip = recent < count ? recent : count;
	memmove(found, found + skip, (count - skip) * sizeof(struct kept_record *));
	*ret_count = count - skip;
	return found;
}

size_t kept_failures_since(
    const struct monitor_process *p, uint64_t number, size_t most, const struct kept_record **ret)
{
	return record_store_since(p->kept->failed, number, most, ret);
}

uint64_t kept_newest_failure(const struct monitor_process *p)
{
	return record_store_newest(p->kept->failed);
}

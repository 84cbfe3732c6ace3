/* The monitor without its process. Called by that process's loop, by tests and by benches. */
#include "observe/monitor.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"

result monitor_open(const char *path, const struct observer_config *config, incident_heard heard,
    void *context, int64_t now_s, struct error *err, struct monitor **ret)
{
	struct monitor *m = calloc(1, sizeof *m);
	if (m) {
		m->recent = calloc(MONITOR_RECENT, sizeof *m->recent);
		m->recent_functions = calloc(MONITOR_RECENT, sizeof *m->recent_functions);
	}
	if (!m || !m->recent || !m->recent_functions) {
		if (m) {
			free(m->recent);
			free(m->recent_functions);
		}
		free(m);
		return error_set(err, ERR_MEMORY, "no memory for the monitor");
	}
	m->started_s = now_s;
	observer_init(&m->observer, config, heard, context);
	result outcome = rollup_open(path, err, &m->rollup);
	if (!is_ok(outcome)) {
		monitor_close(m);
		return outcome;
	}
	*ret = m;
	return RESULT_OK;
}

void monitor_close(struct monitor *m)
{
	if (!m)
		return;
	for (uint32_t i = 0; i < m->ring_count; i++)
		record_reader_done(&m->rings[i]);
	rollup_close(m->rollup);
	observer_done(&m->observer);
	free(m->functions);
	free(m->totals);
	free(m->recent);
	free(m->recent_functions);
	free(m);
}

result monitor_add_ring(struct monitor *m, int fd, struct error *err)
{
	if (m->ring_count == MONITOR_RINGS_MAX)
		return error_set(err, ERR_LIMIT, "the monitor reads %u rings already", m->ring_count);
	TRY(record_reader_init(&m->rings[m->ring_count], fd, err));
	m->ring_count++;
	return RESULT_OK;
}

/* Where a reference stands among the sorted, or would. */
static uint32_t function_place(const struct monitor *m, uint32_t ref)
{
	uint32_t low = 0, high = m->function_count;
	while (low < high) {
		uint32_t mid = (low + high) / 2;
		if (m->functions[mid].ref < ref)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool make_room(struct monitor *m, uint32_t id)
{
	if (m->function_count == m->function_room) {
		uint32_t room = m->function_room ? m->function_room * 2 : 64;
		struct monitor_function *grown = realloc(m->functions, room * sizeof *grown);
		if (!grown)
			return false;
		m->functions = grown;
		m->function_room = room;
	}
	if (id < m->total_count)
		return true;
	struct monitor_total *grown = realloc(m->totals, (id + 1) * sizeof *grown);
	if (!grown)
		return false;
	memset(grown + m->total_count, 0, (id + 1 - m->total_count) * sizeof *grown);
	m->totals = grown;
	m->total_count = id + 1;
	return true;
}

result monitor_name(
    struct monitor *m, uint32_t ref, struct slice app, struct slice name, uint32_t version, struct error *err)
{
	uint32_t id;
	if (app.len >= MONITOR_NAME_BYTES || name.len >= MONITOR_NAME_BYTES)
		return error_set(err, ERR_LIMIT, "a function's name is too long");
	CLEANUP_BUF struct buf whole = BUF_INIT(2 * MONITOR_NAME_BYTES);
	buf_add_slice(&whole, app);
	buf_add_char(&whole, '/');
	buf_add_slice(&whole, name);
	TRY(rollup_function(m->rollup, buf_slice(&whole), err, &id));
	/* The app as a whole has sums of its own, so that its chart costs what a function's does. */
	uint32_t sums = MONITOR_NO_WHOLE;
	whole.len = app.len + 1;
	if (!memchr(name.ptr ? name.ptr : "", ':', name.len))
		TRY(rollup_function(m->rollup, buf_slice(&whole), err, &sums));
	if (!make_room(m, id))
		return error_set(err, ERR_MEMORY, "no memory to name a function");
	struct monitor_total *total = &m->totals[id];
	total->whole = sums;
	(void)snprintf(total->app, sizeof total->app, "%.*s", SLICE_ARG(app));
	(void)snprintf(total->name, sizeof total->name, "%.*s", SLICE_ARG(name));
	uint32_t at = function_place(m, ref);
	if (at == m->function_count || m->functions[at].ref != ref) {
		memmove(m->functions + at + 1, m->functions + at,
		    (m->function_count - at) * sizeof *m->functions);
		m->function_count++;
	}
	m->functions[at] = (struct monitor_function){.ref = ref, .rollup = id, .version = version};
	return RESULT_OK;
}

void monitor_forget_generation(struct monitor *m, uint32_t generation)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < m->function_count; i++) {
		if (m->functions[i].ref >> 16 != generation)
			m->functions[kept++] = m->functions[i];
	}
	m->function_count = kept;
}

const struct monitor_function *monitor_function_of(const struct monitor *m, uint32_t ref)
{
	uint32_t at = function_place(m, ref);
	return at < m->function_count && m->functions[at].ref == ref ? &m->functions[at] : NULL;
}

static void take(struct monitor *m, struct invocation *v)
{
	const struct monitor_function *f = monitor_function_of(m, v->function);
	if (!f) {
		m->unnamed++;
		return;
	}
	uint32_t id = f->rollup;
	v->version = f->version ? f->version : v->version;
	if (m->denied_count)
		monitor_join_denials(m, v);
	m->records++;
	m->totals[id].version = v->version;
	rollup_cell_add(&m->totals[id].sum, v);
	m->recent_functions[m->recent_count % MONITOR_RECENT] = id;
	m->recent[m->recent_count++ % MONITOR_RECENT] = *v;
	if (m->seen)
		m->seen(m->seen_context, id, v);
	/* Both fail only for want of memory, and then for a function's first record: the sums above still
	 * have it. */
	ignore_result(rollup_add(m->rollup, id, v, NULL));
	if (m->totals[id].whole != MONITOR_NO_WHOLE)
		ignore_result(rollup_add(m->rollup, m->totals[id].whole, v, NULL));
	ignore_result(observer_record(&m->observer, id, v, NULL));
}

size_t monitor_poll(struct monitor *m, size_t most)
{
	size_t came = 0;
	struct invocation v;
	for (uint32_t i = 0; i < m->ring_count; i++) {
		for (size_t n = 0; n < most && record_read(&m->rings[i], &v); n++, came++)
			take(m, &v);
	}
	return came;
}

result monitor_tick(struct monitor *m, int64_t now_s, struct error *err)
{
	monitor_expire_denials(m, now_s);
	observer_tick(&m->observer, now_s);
	return rollup_tick(m->rollup, now_s, NULL, NULL, err);
}

const struct invocation *monitor_recent(const struct monitor *m, uint64_t i)
{
	if (i >= m->recent_count || i >= MONITOR_RECENT)
		return NULL;
	return &m->recent[(m->recent_count - 1 - i) % MONITOR_RECENT];
}

uint32_t monitor_recent_function(const struct monitor *m, uint64_t i)
{
	return m->recent_functions[(m->recent_count - 1 - i) % MONITOR_RECENT];
}

void monitor_metrics(const struct monitor *m, struct buf *out)
{
	struct exported_monitor about = {
	    .records = m->records, .started_s = m->started_s, .records_refused = m->unnamed};
	struct exported_function *functions = calloc(m->total_count + 1, sizeof *functions);
	size_t count = 0;
	if (!functions)
		return;
	for (uint32_t i = 0; i < m->ring_count; i++) {
		about.records_dropped += record_reader_dropped(&m->rings[i]);
		about.records_refused += m->rings[i].refused;
	}
	for (uint32_t i = 0; i < INCIDENTS_MAX; i++) {
		enum incident_state state = m->observer.book.incidents[i].state;
		about.incidents_live += state != INCIDENT_NONE && state != INCIDENT_CLOSED;
	}
	for (uint32_t i = 0; i < m->total_count; i++) {
		const struct monitor_total *t = &m->totals[i];
		if (t->sum.calls)
			functions[count++] = (struct exported_function){
			    slice_cstr(t->app), slice_cstr(t->name), t->version, &t->sum};
	}
	prometheus_write(functions, count, &about, out);
	free(functions);
}

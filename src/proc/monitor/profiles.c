/* ward.profile: taken up when an app comes, and written from what was learned. Called by the monitor's loop.
 */
#include <sys/mman.h>

#include "base/log.h"
#include "observe/profile_file.h"
#include "os/clock.h"
#include "os/fd.h"
#include "proc/monitor/api.h"

struct adopting {
	struct monitor_process *p;
	uint32_t adopted;
};

static const struct app_function *function_of(const struct monitor_process *p, struct slice name)
{
	const struct app_contract *contract = api_contract(p);
	return contract ? app_contract_find(contract, name) : NULL;
}

/* The number that a function's records have for a host call: the one whose name apps_call_name() gives. */
static bool call_of_name(
    void *context, struct slice function, enum host_kind kind, struct slice name, uint16_t *ret_call)
{
	const struct adopting *a = context;
	const struct app_function *f = function_of(a->p, function);
	struct slice known;
	for (uint32_t i = 0; f && i < CALL_INDEX_UNKNOWN &&
			     (known = apps_call_name((void *)(uintptr_t)f, call_of(kind, i))).ptr;
	     i++)
		if (slice_eq(known, name)) {
			*ret_call = call_of(kind, i);
			return true;
		}
	return false;
}

/* The version of the newest generation that has it. */
static uint32_t version_of(const struct monitor_process *p, uint32_t id)
{
	const struct monitor *m = p->monitor;
	uint32_t version = 0;
	for (uint32_t i = 0; i < m->function_count; i++)
		if (m->functions[i].rollup == id)
			version = m->functions[i].version;
	return version;
}

static result adopt(void *context, struct slice function, const struct profile *committed, struct error *err)
{
	uint32_t id;
	struct adopting *a = context;
	/* One that is gone from the app is none of its business any more. */
	if (!function_of(a->p, function) || !api_function_id(a->p, function, &id))
		return RESULT_OK;
	a->adopted++;
	return observer_adopt(
	    &a->p->monitor->observer, id, version_of(a->p, id), committed, clock_unix_ms() / 1000, err);
}

void profiles_adopt(struct monitor_process *p, int profile_fd)
{
	struct slice text;
	struct error err = {0};
	struct adopting a = {.p = p};
	const struct profile_file_reader reader = {call_of_name, adopt, &a};
	if (!is_ok(fd_map_sealed(profile_fd, &err, &text))) {
		LOG_ERROR("profile_not_used", LOG_STR("why", err.text));
		return;
	}
	if (!slice_eq(text, SLICE("\n"))) {
		if (!is_ok(profile_file_read(text, &reader, &err)))
			LOG_ERROR(
			    "profile_not_used", LOG_STR("why", err.text), LOG_INT("functions", a.adopted));
		else
			LOG_INFO("profile_adopted", LOG_INT("functions", a.adopted));
	}
	munmap((void *)(uintptr_t)text.ptr, text.len);
}

static const struct profile *profile_of(const struct monitor_process *p, const struct app_function *f)
{
	uint32_t id;
	const struct observed *o =
	    api_function_id(p, f->contract.name, &id) ? observer_function(&p->monitor->observer, id) : NULL;
	return o ? &o->profile : NULL;
}

/* all: also what is still being learned. */
static void write_text(
    const struct monitor_process *p, const struct app_contract *contract, bool all, struct buf *out)
{
	profile_file_begin(out);
	for (size_t i = 0; i < contract->function_count; i++) {
		const struct app_function *f = &contract->functions[i];
		const struct profile *profile = profile_of(p, f);
		if (profile && profile->invocations && (all || profile->learned))
			profile_file_add(
			    profile, f->contract.name, apps_call_name, (void *)(uintptr_t)f, out);
	}
}

static void write_learning(
    const struct monitor_process *p, const struct app_contract *contract, struct json_writer *w)
{
	json_member_begin(w, "learning", '[');
	for (size_t i = 0; i < contract->function_count; i++) {
		const struct profile *profile = profile_of(p, &contract->functions[i]);
		if (!profile || !profile->learned)
			json_text(w, contract->functions[i].contract.name);
	}
	json_end(w, ']');
}

void api_profile(const struct api_request *q, struct api_answer *a)
{
	char value[API_VALUE_MAX];
	struct json_writer w = {.out = &a->body};
	CLEANUP_BUF struct buf text = BUF_INIT(PROFILE_FILE_BYTES_MAX);
	const struct app_contract *contract = api_contract(q->p);
	if (!contract) {
		api_problem(a, 404, "not-found", "No app is served yet", NULL);
		return;
	}
	write_text(q->p, contract, api_query(q, "all", value), &text);
	json_begin(&w, '{');
	json_member_text(&w, "text", buf_slice(&text));
	write_learning(q->p, contract, &w);
	json_end(&w, '}');
}

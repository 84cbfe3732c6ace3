/* Paths of the operators' interface, and what its handlers share. */
#include "proc/monitor/api.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "http/target.h"
#include "observe/mix.h"
#include "os/clock.h"
#include "proc/monitor/budgets.h"

struct api_route {
	bool post;
	const char *path; /* after the prefix; {} stands for one segment */
	void (*answer)(const struct api_request *q, struct api_answer *a);
};

static void api_stream(const struct api_request *q, struct api_answer *a)
{
	(void)q;
	a->type = WATCH_EVENTS;
	a->more = API_STREAM;
}

static void api_processes(const struct api_request *q, struct api_answer *a)
{
	(void)q;
	a->more = API_PROCESSES;
}

static const struct api_route routes[] = {
    {false, "overview", api_overview},
    {false, "stream", api_stream},
    {false, "functions", api_functions},
    {false, "functions/{}", api_one_function},
    {false, "functions/{}/chart", api_chart_function},
    {false, "functions/{}/errors", api_errors_function},
    {false, "chart", api_chart_app},
    {false, "errors", api_errors},
    {false, "requests", api_requests},
    {false, "requests/{}", api_one_request},
    {false, "traces/{}", api_trace},
    {false, "authority", api_authority},
    {false, "incidents", api_incidents},
    {false, "incidents/{}", api_one_incident},
    {true, "incidents/{}/release", api_incident_release},
    {false, "actions", api_actions},
    {true, "actions", api_action_add},
    {true, "actions/{}/release", api_action_release},
    {false, "deployments", api_deployments},
    {false, "budgets", api_budgets},
    {true, "budgets/renew", api_budget_renew},
    {false, "profile", api_profile},
    {false, "deliveries", api_deliveries},
    {true, "deliveries/{}/retry", api_delivery_retry},
    {false, "processes", api_processes},
    {false, "logs", api_logs},
};

void api_problem(struct api_answer *a, int status, const char *type, const char *title, const char *detail)
{
	buf_clear(&a->body);
	struct json_writer w = {.out = &a->body};
	CLEANUP_BUF struct buf urn = BUF_INIT(256);
	buf_printf(&urn, "urn:ward:problem:%s", type);
	json_begin(&w, '{');
	json_member_text(&w, "type", buf_slice(&urn));
	json_member_uint(&w, "status", (uint64_t)status);
	json_member_text(&w, "title", slice_cstr(title));
	if (detail)
		json_member_text(&w, "detail", slice_cstr(detail));
	json_member_hex(&w, "id", mix64(clock_mono_ns()) | 1);
	json_end(&w, '}');
	a->status = status;
	a->type = WATCH_PROBLEM;
	a->more = API_WHOLE;
}

/* Decodes percent signs into text[API_VALUE_MAX]. */
static bool decode(struct slice from, bool plus, char *text)
{
	struct arena arena;
	struct slice plain;
	arena_init(&arena, 4096);
	const bool ok = is_ok(http_decode(from, plus, &arena, &plain)) && plain.len < API_VALUE_MAX &&
			!memchr(plain.ptr ? plain.ptr : "", '\0', plain.len);
	if (ok) {
		if (plain.len)
			memcpy(text, plain.ptr, plain.len);
		text[plain.len] = '\0';
	}
	arena_done(&arena);
	return ok;
}

static bool matches(const char *pattern, struct slice path, char *param)
{
	struct slice want = slice_cstr(pattern);
	while (want.ptr && path.ptr) {
		const struct slice segment = slice_cut(&path, '/');
		const struct slice wanted = slice_cut(&want, '/');
		if (slice_eq(wanted, SLICE("{}")) ? !decode(segment, false, param) : !slice_eq(segment, wanted))
			return false;
	}
	return !want.ptr && !path.ptr;
}

void api_answer(struct api_request *q, struct api_answer *a)
{
	const struct slice prefix = SLICE(API_PREFIX);
	bool other_method = false;
	a->status = 200;
	a->type = WATCH_JSON;
	if (slice_eq(q->path, SLICE("/_ward/metrics")) && !q->post) {
		api_metrics(q, a);
		return;
	}
	const struct slice path = slice_starts(q->path, prefix)
				      ? slice_of(q->path.ptr + prefix.len, q->path.len - prefix.len)
				      : SLICE("");
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		if (!matches(routes[i].path, path, q->param))
			continue;
		if (routes[i].post != q->post) {
			other_method = true;
			continue;
		}
		routes[i].answer(q, a);
		if (!buf_ok(&a->body))
			api_problem(a, 500, "internal", "The answer is too large", NULL);
		return;
	}
	if (other_method)
		api_problem(a, 405, "method", "This address does not take that method", NULL);
	else
		api_problem(a, 404, "not-found", "There is nothing at this address", NULL);
}

bool api_query(const struct api_request *q, const char *name, char text[API_VALUE_MAX])
{
	struct slice rest = q->query;
	struct slice key, value;
	while (http_query_next(&rest, &key, &value))
		if (slice_eq_cstr(key, name))
			return decode(value, true, text);
	return false;
}

uint64_t api_query_number(const struct api_request *q, const char *name, uint64_t otherwise)
{
	char text[API_VALUE_MAX];
	uint64_t value;
	return api_query(q, name, text) && slice_to_u64(slice_cstr(text), &value) ? value : otherwise;
}

bool api_number_of_hex(struct slice text, uint64_t *ret)
{
	uint64_t value = 0;
	if (text.len != 16)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		const char c = text.ptr[i];
		const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
		if (digit < 0)
			return false;
		value = value << 4 | (uint64_t)digit;
	}
	*ret = value;
	return true;
}

static const struct monitor_app *newest(const struct monitor_process *p)
{
	const struct monitor_app *found = NULL;
	for (size_t i = 0; i < MONITOR_APPS_MAX; i++)
		if (p->apps[i].generation && (!found || p->apps[i].generation > found->generation))
			found = &p->apps[i];
	return found;
}

const struct app_contract *api_contract(const struct monitor_process *p)
{
	const struct monitor_app *app = newest(p);
	return app ? &app->contract : NULL;
}

uint32_t api_generation(const struct monitor_process *p)
{
	const struct monitor_app *app = newest(p);
	return app ? app->generation : 0;
}

bool api_function_id(const struct monitor_process *p, struct slice name, uint32_t *ret)
{
	const struct app_contract *contract = api_contract(p);
	for (uint32_t i = 0; contract && i < p->monitor->total_count; i++) {
		const struct monitor_total *t = &p->monitor->totals[i];
		if (t->name[0] && slice_eq_cstr(name, t->name) && slice_eq_cstr(contract->app, t->app)) {
			*ret = i;
			return true;
		}
	}
	return false;
}

const char *api_function_name(const struct monitor_process *p, uint32_t id)
{
	return id < p->monitor->total_count ? p->monitor->totals[id].name : "";
}

const struct app_function *api_function(const struct monitor_process *p, uint32_t id)
{
	const struct app_contract *contract = api_contract(p);
	if (!contract || id >= p->monitor->total_count ||
	    !slice_eq_cstr(contract->app, p->monitor->totals[id].app))
		return NULL;
	return app_contract_find(contract, slice_cstr(p->monitor->totals[id].name));
}

void json_hex(struct json_writer *w, uint64_t value)
{
	char text[24] = "";
	if (value)
		(void)snprintf(text, sizeof text, "%016llx", (unsigned long long)value);
	json_text(w, slice_cstr(text));
}

void json_double(struct json_writer *w, double value)
{
	char text[32];
	const int n = snprintf(text, sizeof text, "%.6g", value);
	json_raw(w, value - value == 0 ? slice_of(text, (size_t)n) : SLICE("null"));
}

void json_member_hex(struct json_writer *w, const char *name, uint64_t value)
{
	json_key(w, slice_cstr(name));
	json_hex(w, value);
}

void json_member_real(struct json_writer *w, const char *name, double value)
{
	json_key(w, slice_cstr(name));
	json_double(w, value);
}

void json_member_bool(struct json_writer *w, const char *name, bool value)
{
	json_key(w, slice_cstr(name));
	json_bool(w, value);
}

void json_member_version(struct json_writer *w, const char *name, uint32_t version)
{
	char text[16];
	(void)snprintf(text, sizeof text, "%08x", version);
	json_member_text(w, name, slice_cstr(text));
}

void json_member_begin(struct json_writer *w, const char *name, char bracket)
{
	json_key(w, slice_cstr(name));
	json_begin(w, bracket);
}

void api_metrics(const struct api_request *q, struct api_answer *a)
{
	a->type = WATCH_METRICS;
	monitor_metrics(q->p->monitor, &a->body);
	budgets_metrics(q->p, q->now_ms, &a->body);
}

/* Budgets: telling of them, keeping them, renewing them. The file is the monitor's own; what does not match
 * is not read. */
#include "proc/monitor/budgets.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "base/size.h"
#include "observe/budget.h"
#include "os/clock.h"
#include "os/fd.h"

#define FILE_NAME "budgets"
#define FILE_BYTES_MAX (1u << 20)
#define FILE_HEAD "ward budgets 1\n"
#define REMEMBER_MS 10000 /* what a kill of the whole of ward may make it forget */
#define LOW 0.8
#define TELL_AGAIN_MS 60000 /* while it is used up, so that the incident stays */

struct budget_watch {
	struct budgets shared;
	int64_t remembered_ms;
	struct {
		int64_t low_day;  /* on which it was told of */
		int64_t spent_ms; /* when it was told of last */
	} * told;		  /* owned, as the rows */
};

/* One budget of the contract that serves. */
struct watched_budget {
	const char *name; /* NUL-terminated; APP_NAME: of the app as a whole */
	struct budget_row *row;
	struct budget_amount limit;
	struct budget_amount most; /* of one call, as far as it is known before */
};

result budgets_prepare(struct monitor_process *p, struct error *err)
{
	struct budget_watch *b = p->budgets = calloc(1, sizeof *b);
	if (!b)
		return error_set(err, ERR_MEMORY, "no memory for budgets");
	TRY(budgets_map(&b->shared, p->child->budgets_fd, BUDGET_READER, err));
	close(p->child->budgets_fd);
	b->told = calloc(b->shared.count, sizeof *b->told);
	return b->told ? RESULT_OK : error_set(err, ERR_MEMORY, "no memory for budgets");
}

/* The i-th of the contract, the app's own first; false at the end. *ret->row is NULL where there is no
 * budget. */
static bool budget_at(const struct monitor_process *p, size_t i, struct watched_budget *ret)
{
	const struct app_contract *c = api_contract(p);
	if (!c || i > c->function_count)
		return false;
	const struct app_function *f = i ? &c->functions[i - 1] : NULL;
	const struct manifest_budget *b = f ? &f->contract.budget : &c->budget;
	*ret = (struct watched_budget){.name = f ? f->contract.name.ptr : APP_NAME,
	    .limit = {{b->calls, b->cpu_us, b->response_bytes, b->fetches}},
	    .most = {{1, f ? f->contract.limits.cpu_us : 0, 0, 0}}};
	for (size_t k = 0; !f && k < c->function_count; k++)
		ret->most.of[BUDGET_CPU_US] =
		    size_max(ret->most.of[BUDGET_CPU_US], c->functions[k].contract.limits.cpu_us);
	if (budget_any(&ret->limit) &&
	    !is_ok(budgets_row(&p->budgets->shared, slice_cstr(ret->name), NULL, &ret->row)))
		ret->row = NULL;
	return true;
}

static bool is_spent(const struct watched_budget *b, int64_t now_ms)
{
	enum budget_unit unit;
	return budget_look(b->row, &b->limit, &b->most, now_ms, &unit) == BUDGET_SPENT;
}

/* ---- the file: a head, and a line for each: DAY NAME CALLS CPU_US BYTES FETCHES ---- */

void budgets_remember(struct monitor_process *p, int64_t now_ms)
{
	CLEANUP_BUF struct buf out = BUF_INIT(FILE_BYTES_MAX);
	struct watched_budget b;
	struct error err = {0};
	p->budgets->remembered_ms = now_ms;
	buf_add_cstr(&out, FILE_HEAD);
	for (size_t i = 0; budget_at(p, i, &b); i++) {
		if (!b.row)
			continue;
		buf_printf(&out, "%" PRId64 " %s", budget_day(now_ms), b.name);
		for (unsigned u = 0; u < BUDGET_UNIT_COUNT; u++)
			buf_printf(&out, " %" PRIu64, budget_spent(b.row, (enum budget_unit)u, now_ms));
		buf_add_char(&out, '\n');
	}
	const struct slice head = SLICE(FILE_HEAD);
	if (out.len == head.len && access(FILE_NAME, F_OK) != 0)
		return;
	if (!buf_ok(&out) || !is_ok(file_write_atomic(FILE_NAME, buf_slice(&out), 0600, &err)))
		LOG_ERROR("cannot_keep_budgets", LOG_STR("why", err.text));
}

static void recall_line(struct monitor_process *p, struct slice line, int64_t now_ms)
{
	uint64_t day;
	struct budget_amount spent;
	struct budget_row *row;
	const struct slice first = slice_cut(&line, ' '), name = slice_cut(&line, ' ');
	bool good = slice_to_u64(first, &day) && (int64_t)day == budget_day(now_ms) && name.len;
	for (unsigned u = 0; u < BUDGET_UNIT_COUNT; u++)
		good = good && slice_to_u64(slice_cut(&line, ' '), &spent.of[u]);
	if (good && is_ok(budgets_row(&p->budgets->shared, name, NULL, &row)))
		budget_add(row, &spent, now_ms);
}

void budgets_recall(struct monitor_process *p, int64_t now_ms)
{
	struct slice text;
	/* A monitor that is restarted finds what this run spent where it always was. */
	if (atomic_exchange(&p->budgets->shared.page->seeded, 1) ||
	    !is_ok(file_read(FILE_NAME, FILE_BYTES_MAX, NULL, &text)))
		return;
	struct slice rest = text;
	const struct slice head = SLICE(FILE_HEAD);
	if (slice_starts(rest, head))
		for (rest = slice_of(rest.ptr + head.len, rest.len - head.len); rest.len;)
			recall_line(p, slice_cut(&rest, '\n'), now_ms);
	free((char *)(uintptr_t)text.ptr);
}

/* ---- telling ---- */

static void tell(struct monitor_process *p, const struct watched_budget *b, enum signal_kind kind,
    double used, int64_t now_ms)
{
	const struct signal s = {.kind = kind, .time_ms = now_ms, .value = used * 100, .expected = 100};
	struct signal named = s;
	if (api_function_id(p, slice_cstr(b->name), &named.function))
		(void)incident_report(&p->monitor->observer.book, &named);
}

void budgets_tick(struct monitor_process *p, int64_t now_ms)
{
	struct watched_budget b;
	bool any = false;
	for (size_t i = 0; budget_at(p, i, &b); i++) {
		enum budget_unit unit;
		if (!b.row)
			continue;
		any = true;
		const size_t at = (size_t)(b.row - p->budgets->shared.page->rows);
		const double used = budget_used(b.row, &b.limit, now_ms, &unit);
		if (used >= LOW && p->budgets->told[at].low_day != budget_day(now_ms)) {
			p->budgets->told[at].low_day = budget_day(now_ms);
			tell(p, &b, SIGNAL_BUDGET_LOW, used, now_ms);
		}
		if (is_spent(&b, now_ms) && now_ms - p->budgets->told[at].spent_ms >= TELL_AGAIN_MS) {
			p->budgets->told[at].spent_ms = now_ms;
			tell(p, &b, SIGNAL_BUDGET_SPENT, used, now_ms);
		}
	}
	if (any && now_ms - p->budgets->remembered_ms >= REMEMBER_MS)
		budgets_remember(p, now_ms);
}

/* ---- renewing ---- */

static bool find(const struct monitor_process *p, struct slice name, struct watched_budget *ret)
{
	for (size_t i = 0; budget_at(p, i, ret); i++)
		if (ret->row && slice_eq_cstr(name, ret->name))
			return true;
	return false;
}

static void renew(struct monitor_process *p, const struct watched_budget *b, const char *by)
{
	const int64_t now_ms = clock_unix_ms();
	const size_t at = (size_t)(b->row - p->budgets->shared.page->rows);
	budget_renew(b->row, now_ms);
	p->budgets->told[at].low_day = p->budgets->told[at].spent_ms = 0;
	budgets_remember(p, now_ms);
	LOG_WARN("budget_renewed", LOG_STR("of", b->name), LOG_STR("by", by));
}

void budgets_on_incident(struct monitor_process *p, const struct incident *i)
{
	struct watched_budget b;
	if (i->kind == SIGNAL_BUDGET_SPENT && i->state == INCIDENT_CLOSED && p->released_by &&
	    find(p, slice_cstr(api_function_name(p, i->function)), &b))
		renew(p, &b, p->released_by);
}

/* Closes what is open about it, which renews it; true when there was something. */
static bool release(struct monitor_process *p, const struct watched_budget *b, const char *by)
{
	bool released = false;
	uint32_t function;
	if (!api_function_id(p, slice_cstr(b->name), &function))
		return false;
	for (uint32_t n = 0; n < INCIDENTS_MAX; n++) {
		const struct incident *i = &p->monitor->observer.book.incidents[n];
		if (i->kind == SIGNAL_BUDGET_SPENT && i->function == function && i->state != INCIDENT_NONE &&
		    i->state != INCIDENT_CLOSED)
			released |= is_ok(monitor_process_release(p, i->id, by));
	}
	return released;
}

/* ---- as JSON and metrics ---- */

static const char *shown_name(const struct watched_budget *b)
{
	return strcmp(b->name, APP_NAME) == 0 ? "" : b->name;
}

static void write_budget(const struct watched_budget *b, int64_t now_ms, struct json_writer *w)
{
	static const char *const members[BUDGET_UNIT_COUNT] = {
	    "calls", "cpu_us", "response_bytes", "fetches"};
	enum budget_unit unit = BUDGET_CALLS;
	const double used = budget_used(b->row, &b->limit, now_ms, &unit);
	json_begin(w, '{');
	json_member_text(w, "function", slice_cstr(shown_name(b)));
	json_member_text(w, "state", slice_cstr(is_spent(b, now_ms) ? "spent" : used >= LOW ? "low" : "ok"));
	json_member_real(w, "used", used);
	for (unsigned u = 0; u < BUDGET_UNIT_COUNT; u++) {
		if (!b->limit.of[u])
			continue;
		json_member_begin(w, members[u], '{');
		json_member_uint(w, "spent", budget_spent(b->row, (enum budget_unit)u, now_ms));
		json_member_uint(w, "limit", b->limit.of[u]);
		json_end(w, '}');
	}
	json_end(w, '}');
}

void budgets_write(const struct monitor_process *p, int64_t now_ms, struct json_writer *w)
{
	struct watched_budget b;
	json_begin(w, '[');
	for (size_t i = 0; budget_at(p, i, &b); i++)
		if (b.row)
			write_budget(&b, now_ms, w);
	json_end(w, ']');
}

void budgets_metrics(const struct monitor_process *p, int64_t now_ms, struct buf *out)
{
	static const struct {
		const char *name, *help;
		bool limit;
	} rows[] = {{"ward_budget_spent",
			"What was used today (UTC) of what has a budget; cpu in microseconds. The function "
			"\"\" is the app.",
			false},
	    {"ward_budget_limit", "The budget of a day.", true}};
	struct watched_budget b;
	for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
		bool first = true;
		for (size_t i = 0; budget_at(p, i, &b); i++)
			for (unsigned u = 0; b.row && u < BUDGET_UNIT_COUNT; u++) {
				if (!b.limit.of[u])
					continue;
				if (first)
					buf_printf(out, "# HELP %s %s\n# TYPE %s gauge\n", rows[k].name,
					    rows[k].help, rows[k].name);
				first = false;
				/* The names of apps and functions hold nothing that would need to be escaped.
				 */
				buf_printf(out, "%s{app=\"%.*s\",function=\"%s\",unit=\"%s\"} %" PRIu64 "\n",
				    rows[k].name, SLICE_ARG(api_contract(p)->app), shown_name(&b),
				    budget_unit_name((enum budget_unit)u),
				    rows[k].limit ? b.limit.of[u]
						  : budget_spent(b.row, (enum budget_unit)u, now_ms));
			}
	}
}

void api_budgets(const struct api_request *q, struct api_answer *a)
{
	struct json_writer w = {.out = &a->body};
	json_begin(&w, '{');
	json_member_uint(&w, "ends_ms", (uint64_t)((budget_day(q->now_ms) + 1) * BUDGET_DAY_MS));
	json_key(&w, SLICE("budgets"));
	budgets_write(q->p, q->now_ms, &w);
	json_end(&w, '}');
}

void api_budget_renew(const struct api_request *q, struct api_answer *a)
{
	struct json_writer w = {.out = &a->body};
	struct watched_budget b;
	char by[API_VALUE_MAX];
	json_t *body = json_loadb(q->body.ptr ? q->body.ptr : "", q->body.len, JSON_REJECT_DUPLICATES, NULL);
	const char *function = json_string_value(json_object_get(body, "function"));
	const bool found =
	    json_is_object(body) && find(q->p, slice_cstr(function && *function ? function : APP_NAME), &b);
	json_decref(body);
	if (!found) {
		api_problem(a, 404, "not-found", "There is no such budget",
		    "function names one that has a budget; left out, it is the app's own");
		return;
	}
	(void)snprintf(by, sizeof by, "%.*s", SLICE_ARG(q->operator));
	if (!release(q->p, &b, by))
		renew(q->p, &b, by);
	write_budget(&b, q->now_ms, &w);
}

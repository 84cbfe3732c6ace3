/*
 * Budgets of a day (observe/budget.h), around every call of a function that has one or whose app has one.
 * What a call may cost at most is known of calls and processor time and reserved; of bytes and requests to
 * other hosts it is not, and what the calls under way spend of them comes on top of a budget that is used up.
 */
#include <unistd.h>

#include "base/check.h"
#include "proc/gateway/budget.h"

struct budget_share {
	struct budget_row *row; /* NULL: none */
	struct budget_amount limit;
};

struct gw_budget {
	struct budget_share shares[2]; /* the app's, the function's own */
	struct budget_amount most;
};

result budget_prepare(struct gateway *g, struct error *err)
{
	result r = budgets_map(&g->budgets, g->child->budgets_fd, g->child->index, err);
	close(g->child->budgets_fd);
	return r;
}

static result open_share(struct gateway *g, struct slice name, const struct manifest_budget *b,
    struct budget_share *ret, struct error *err)
{
	const struct budget_amount limit = {{b->calls, b->cpu_us, b->response_bytes, b->fetches}};
	if (!budget_any(&limit))
		return RESULT_OK;
	ret->limit = limit;
	return budgets_row(&g->budgets, name, err, &ret->row);
}

result budget_of_function(struct gateway *g, struct gw_function *f, struct error *err)
{
	const struct manifest_function *contract = &f->contract->contract;
	struct gw_budget b = {
	    .most = {.of = {[BUDGET_CALLS] = 1, [BUDGET_CPU_US] = contract->limits.cpu_us}}};
	TRY(open_share(g, SLICE(APP_NAME), &f->app->contract.budget, &b.shares[0], err));
	TRY(open_share(g, contract->name, &contract->budget, &b.shares[1], err));
	if (!b.shares[0].row && !b.shares[1].row)
		return RESULT_OK;
	f->budget = arena_array(&f->app->arena, 1, sizeof *f->budget);
	if (!f->budget)
		return error_set(err, ERR_MEMORY, "no memory for a budget");
	*f->budget = b;
	return RESULT_OK;
}

static void refuse(struct conn *c, enum budget_verdict verdict, enum budget_unit unit)
{
	static const char *const details[BUDGET_UNIT_COUNT] = {
	    "It has been called as often as it may be in a day.",
	    "It has computed as long as it may in a day.",
	    "It has answered with as many bytes as it may in a day.",
	    "It has asked other hosts as often as it may in a day."};
	struct gateway *g = c->gateway;
	const bool spent = verdict == BUDGET_SPENT;
	const struct problem p = {.status = 503,
	    .type = spent ? "budget-spent" : "overloaded",
	    .title = spent ? "Today's budget is used up" : "Too much to do right now",
	    .detail = spent ? details[unit] : "the calls under way may use up today's budget",
	    .id = request_id_new(g),
	    .retry_after_s = spent ? budget_seconds_left(g->unix_ms) : 1};
	problem_respond(c, &p);
}

bool budget_refuses_early(struct conn *c, const struct gw_function *f)
{
	enum budget_unit unit = BUDGET_CALLS;
	for (size_t i = 0; i < ARRAY_LEN(f->budget->shares); i++) {
		const struct budget_share *s = &f->budget->shares[i];
		if (!s->row || budget_look(s->row, &s->limit, &f->budget->most, c->gateway->unix_ms, &unit) !=
				   BUDGET_SPENT)
			continue;
		refuse(c, BUDGET_SPENT, unit);
		return true;
	}
	return false;
}

bool budget_enter(struct conn *c, struct call *call)
{
	struct gateway *g = c->gateway;
	const struct gw_budget *b = call->function->budget;
	static const struct budget_amount nothing;
	enum budget_unit unit = BUDGET_CALLS;
	for (size_t i = 0; i < ARRAY_LEN(b->shares); i++) {
		const struct budget_share *s = &b->shares[i];
		const enum budget_verdict v =
		    s->row ? budget_reserve(&g->budgets, s->row, &s->limit, &b->most, g->unix_ms, &unit)
			   : BUDGET_FITS;
		if (v == BUDGET_FITS)
			continue;
		for (size_t k = 0; k < i; k++)
			if (b->shares[k].row)
				budget_settle(&g->budgets, b->shares[k].row, &b->most, &nothing, g->unix_ms);
		refuse(c, v, unit);
		return false;
	}
	call->budgeted = true;
	return true;
}

/* What a call did cost. Where its worker never said, it may have used all that it was let use. */
static struct budget_amount cost_of(
    const struct gateway *g, const struct call *call, enum invocation_outcome outcome, bool answered)
{
	const struct invocation *v = &call->seen;
	const bool ran = outcome != OUTCOME_SHED && !call->parked;
	const bool unsaid = v->cpu_us == 0 && (outcome == OUTCOME_WALL || outcome == OUTCOME_UNAVAILABLE ||
						  outcome == OUTCOME_TRAPPED);
	struct budget_amount cost = {0};
	if (!ran)
		return cost;
	cost.of[BUDGET_CALLS] = 1;
	cost.of[BUDGET_CPU_US] = unsaid ? call->function->budget->most.of[BUDGET_CPU_US] : v->cpu_us;
	cost.of[BUDGET_RESPONSE_BYTES] = answered ? g->answered.bytes : 0;
	cost.of[BUDGET_FETCHES] = v->calls[KIND_HTTP];
	return cost;
}

void budget_leave(struct gateway *g, const struct call *call, enum invocation_outcome outcome, bool answered)
{
	const struct gw_budget *b = call->function->budget;
	const struct budget_amount cost = cost_of(g, call, outcome, answered);
	for (size_t i = 0; i < ARRAY_LEN(b->shares); i++)
		if (b->shares[i].row)
			budget_settle(&g->budgets, b->shares[i].row, &b->most, &cost, g->unix_ms);
}

/* Budgets per day. Called by the gateway around every invocation of a function that has one. */
#include "observe/budget.h"

#define DAY_MS 86400000

static const char *const unit_names[BUDGET_UNIT_COUNT] = {"calls", "cpu_us", "bytes_out", "fetches"};

static void budget_turn(struct budget *b, int64_t unix_ms)
{
	int64_t day = unix_ms / DAY_MS;
	/* A clock set back does not refill: only a later day does. */
	if (day <= b->day)
		return;
	b->day = day;
	b->spent = (struct budget_amount){0};
}

static uint64_t add_capped(uint64_t a, uint64_t b)
{
	uint64_t sum;
	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

result budget_reserve(struct budget *b, const struct budget_amount *most, int64_t unix_ms, struct error *err)
{
	budget_turn(b, unix_ms);
	for (unsigned u = 0; u < BUDGET_UNIT_COUNT; u++) {
		uint64_t taken = add_capped(add_capped(b->spent.of[u], b->reserved.of[u]), most->of[u]);
		if (b->limit.of[u] && taken > b->limit.of[u])
			return error_set(err, ERR_LIMIT, "today's budget of %llu %s is used up",
			    (unsigned long long)b->limit.of[u], unit_names[u]);
	}
	for (unsigned u = 0; u < BUDGET_UNIT_COUNT; u++)
		b->reserved.of[u] = add_capped(b->reserved.of[u], most->of[u]);
	return RESULT_OK;
}

void budget_settle(
    struct budget *b, const struct budget_amount *most, const struct budget_amount *cost, int64_t unix_ms)
{
	budget_turn(b, unix_ms);
	for (unsigned u = 0; u < BUDGET_UNIT_COUNT; u++) {
		b->reserved.of[u] -= most->of[u] < b->reserved.of[u] ? most->of[u] : b->reserved.of[u];
		b->spent.of[u] = add_capped(b->spent.of[u], cost->of[u]);
	}
}

double budget_used(const struct budget *b)
{
	double used = 0;
	for (unsigned u = 0; u < BUDGET_UNIT_COUNT; u++) {
		double share = b->limit.of[u] ? (double)b->spent.of[u] / (double)b->limit.of[u] : 0;
		used = share > used ? share : used;
	}
	return used;
}

const char *budget_unit_name(enum budget_unit unit)
{
	return unit_names[unit];
}

/* Rate limits. Called by the gateway for every request; the keys' subjects are chosen by strangers. */
#include "observe/gcra.h"

#include <stdlib.h>

#include "base/check.h"
#include "observe/mix.h"

#define WAYS 8u
#define KEYS_MAX (1u << 28)

result gcra_rate_of(
    uint64_t count, uint64_t period_ns, uint64_t burst, struct error *err, struct gcra_rate *ret)
{
	if (count == 0 || period_ns / count == 0)
		return error_set(err, ERR_INVALID, "a rate of %llu in %llu ns cannot be kept",
		    (unsigned long long)count, (unsigned long long)period_ns);
	uint64_t interval_ns = period_ns / count;
	uint64_t tolerance_ns;
	if (__builtin_mul_overflow((burst ? burst : count) - 1, interval_ns, &tolerance_ns) ||
	    tolerance_ns > UINT64_MAX / 4)
		return error_set(err, ERR_INVALID, "a burst of %llu is too long", (unsigned long long)burst);
	*ret = (struct gcra_rate){interval_ns, tolerance_ns};
	return RESULT_OK;
}

result gcra_init(struct gcra *g, uint32_t keys, struct error *err)
{
	uint32_t sets = 1;
	if (keys > KEYS_MAX)
		return error_set(err, ERR_LIMIT, "a table of %u rate limits", keys);
	while (sets * WAYS < keys)
		sets *= 2;
	struct gcra_entry *entries = calloc((size_t)sets * WAYS, sizeof *entries);
	if (!entries)
		return error_set(err, ERR_MEMORY, "no memory for %u rate limits", keys);
	*g = (struct gcra){.entries = entries, .sets = sets};
	return RESULT_OK;
}

void gcra_done(struct gcra *g)
{
	free(g->entries);
	*g = (struct gcra){0};
}

uint64_t gcra_key(uint32_t rule, uint64_t subject)
{
	uint64_t key = mix64(subject ^ mix64(rule + 1ull));
	return key ? key : 1;
}

/* The key's entry, or the one to take over: free, else nearest to free. */
static struct gcra_entry *entry_for(struct gcra *g, uint64_t key, uint64_t now_ns)
{
	struct gcra_entry *set = g->entries + (size_t)(key & (g->sets - 1)) * WAYS;
	struct gcra_entry *victim = set;
	for (struct gcra_entry *e = set; e < set + WAYS; e++) {
		if (e->key == key)
			return e;
		if (e->arrival_ns < victim->arrival_ns)
			victim = e;
	}
	if (victim->key && victim->arrival_ns > now_ns)
		g->evicted++;
	*victim = (struct gcra_entry){.key = key};
	return victim;
}

bool gcra_take(struct gcra *g, uint64_t key, const struct gcra_rate *rate, uint32_t cost, uint64_t now_ns,
    uint64_t *ret_wait_ns)
{
	ASSERT(key != 0);
	uint64_t take_ns;
	uint64_t room_ns = rate->tolerance_ns + rate->interval_ns;
	if (__builtin_mul_overflow(rate->interval_ns, (uint64_t)cost, &take_ns) || take_ns > room_ns) {
		if (ret_wait_ns)
			*ret_wait_ns = UINT64_MAX;
		return false;
	}
	struct gcra_entry *e = entry_for(g, key, now_ns);
	uint64_t arrival_ns = e->arrival_ns > now_ns ? e->arrival_ns : now_ns;
	uint64_t ahead_ns = arrival_ns - now_ns;
	if (ahead_ns + take_ns > room_ns) {
		if (ret_wait_ns)
			*ret_wait_ns = ahead_ns + take_ns - room_ns;
		return false;
	}
	e->arrival_ns = arrival_ns + take_ns;
	return true;
}

/* Rate limits. Called by the gateway for every request; the keys' subjects are chosen by strangers. */
#include "observe/gcra.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "observe/mix.h"
#include "os/fd.h"

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

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW)

static result sets_for(uint32_t keys, struct error *err, uint32_t *ret)
{
	uint32_t sets = 1;
	if (keys > KEYS_MAX)
		return error_set(err, ERR_LIMIT, "a table of %u rate limits", keys);
	while (sets * WAYS < keys)
		sets *= 2;
	*ret = sets;
	return RESULT_OK;
}

result gcra_init(struct gcra *g, uint32_t keys, struct error *err)
{
	uint32_t sets = 0;
	TRY(sets_for(keys, err, &sets));
	struct gcra_entry *entries = calloc((size_t)sets * WAYS, sizeof *entries);
	if (!entries)
		return error_set(err, ERR_MEMORY, "no memory for %u rate limits", keys);
	*g = (struct gcra){.entries = entries, .sets = sets};
	return RESULT_OK;
}

result gcra_memory(uint32_t keys, struct error *err, int *ret_fd)
{
	uint32_t sets = 0;
	TRY(sets_for(keys, err, &sets));
	CLEANUP_FD int fd = memfd_create("ward-rates", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || ftruncate(fd, (off_t)(sets * (size_t)WAYS * sizeof(struct gcra_entry))) < 0 ||
	    fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL) < 0)
		return error_errno(err, "no memory for %u rate limits", keys);
	*ret_fd = fd_take(&fd);
	return RESULT_OK;
}

result gcra_map(struct gcra *g, int fd, struct error *err)
{
	struct stat st;
	const size_t set_bytes = WAYS * sizeof(struct gcra_entry);
	/* One that could shrink would end its readers. */
	if (fstat(fd, &st) < 0 || (fcntl(fd, F_GET_SEALS) & SEALS) != SEALS)
		return error_set(err, ERR_DENIED, "the memory of the rate limits is not sealed");
	const size_t sets = (size_t)st.st_size / set_bytes;
	if (sets == 0 || sets > KEYS_MAX / WAYS || (sets & (sets - 1)) != 0)
		return error_set(err, ERR_INVALID, "the memory of the rate limits has no size of a table");
	void *entries = mmap(NULL, sets * set_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (entries == MAP_FAILED)
		return error_errno(err, "cannot map the rate limits");
	*g = (struct gcra){.entries = entries, .sets = (uint32_t)sets, .shared = true};
	return RESULT_OK;
}

void gcra_done(struct gcra *g)
{
	if (g->shared)
		(void)munmap(g->entries, (size_t)g->sets * WAYS * sizeof *g->entries);
	else
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
	uint64_t first_ns = UINT64_MAX;
	for (struct gcra_entry *e = set; e < set + WAYS; e++) {
		const uint64_t arrival_ns = __atomic_load_n(&e->arrival_ns, __ATOMIC_RELAXED);
		if (__atomic_load_n(&e->key, __ATOMIC_RELAXED) == key)
			return e;
		if (arrival_ns < first_ns) {
			victim = e;
			first_ns = arrival_ns;
		}
	}
	if (first_ns > now_ns)
		g->evicted++;
	__atomic_store_n(&victim->arrival_ns, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&victim->key, key, __ATOMIC_RELAXED);
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
	uint64_t seen_ns = __atomic_load_n(&e->arrival_ns, __ATOMIC_RELAXED);
	uint64_t arrival_ns;
	do {
		arrival_ns = seen_ns > now_ns ? seen_ns : now_ns;
		const uint64_t ahead_ns = arrival_ns - now_ns;
		if (ahead_ns > room_ns - take_ns) {
			if (ret_wait_ns)
				*ret_wait_ns = ahead_ns - (room_ns - take_ns);
			return false;
		}
	} while (!__atomic_compare_exchange_n(
	    &e->arrival_ns, &seen_ns, arrival_ns + take_ns, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return true;
}

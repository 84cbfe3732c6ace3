/* Budgets per day. Called by gateways around every call of a function that has one, and by the monitor, which
 * tells of them. */
#include "observe/budget.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/size.h"
#include "os/fd.h"

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW)
#define AMOUNT_BITS 48u

static const char *const unit_names[BUDGET_UNIT_COUNT] = {"calls", "cpu", "response_bytes", "fetches"};

result budgets_memory(uint32_t rows, struct error *err, int *ret_fd)
{
	const off_t bytes = (off_t)(sizeof(struct budget_page) + rows * sizeof(struct budget_row));
	CLEANUP_FD int fd = memfd_create("ward-budgets", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || ftruncate(fd, bytes) < 0 || fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL) < 0)
		return error_errno(err, "no memory for %u budgets", rows);
	*ret_fd = fd_take(&fd);
	return RESULT_OK;
}

static void drop_column(struct budgets *b)
{
	for (uint32_t i = 0; i < b->count && atomic_load(&b->page->rows[i].key); i++)
		for (unsigned u = 0; u < BUDGET_UNIT_COUNT; u++)
			atomic_store(&b->page->rows[i].reserved[b->column][u], 0);
}

result budgets_map(struct budgets *b, int fd, uint32_t column, struct error *err)
{
	struct stat st;
	/* One that could shrink would end its readers. */
	if (fstat(fd, &st) < 0 || (fcntl(fd, F_GET_SEALS) & SEALS) != SEALS)
		return error_set(err, ERR_DENIED, "the memory of budgets is not sealed");
	const size_t bytes = (size_t)st.st_size;
	if (bytes < sizeof(struct budget_page) + sizeof(struct budget_row) || column > BUDGET_READER)
		return error_set(err, ERR_INVALID, "budgets of %zu bytes and column %u", bytes, column);
	void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return error_errno(err, "cannot map budgets");
	const size_t rows = (bytes - sizeof(struct budget_page)) / sizeof(struct budget_row);
	*b = (struct budgets){.page = map, .count = (uint32_t)size_min(rows, UINT32_MAX), .column = column};
	if (column != BUDGET_READER)
		drop_column(b);
	return RESULT_OK;
}

void budgets_done(struct budgets *b)
{
	if (b->page)
		(void)munmap(b->page, sizeof(struct budget_page) + b->count * sizeof(struct budget_row));
	*b = (struct budgets){0};
}

/* FNV-1a (G. Fowler, L. C. Noll, P. Vo): names are the author's, and every process must find the same number.
 */
static uint64_t key_of(struct slice name)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (size_t i = 0; i < name.len; i++)
		h = (h ^ (unsigned char)name.ptr[i]) * 0x100000001b3u;
	return h ? h : 1;
}

result budgets_row(struct budgets *b, struct slice name, struct error *err, struct budget_row **ret)
{
	const uint64_t key = key_of(name);
	for (uint32_t i = 0; i < b->count; i++) {
		uint64_t there = 0;
		/* Of two that want the first free row one gets it; the other sees whose it is and goes on. */
		if (atomic_compare_exchange_strong(&b->page->rows[i].key, &there, key) || there == key) {
			*ret = &b->page->rows[i];
			return RESULT_OK;
		}
	}
	return error_set(err, ERR_LIMIT,
	    "no place for the budget of %.*s: %u names have had one since ward was started", SLICE_ARG(name),
	    b->count);
}

int64_t budget_day(int64_t unix_ms)
{
	return unix_ms / BUDGET_DAY_MS;
}

unsigned budget_seconds_left(int64_t unix_ms)
{
	return (unsigned)((BUDGET_DAY_MS - unix_ms % BUDGET_DAY_MS + 999) / 1000);
}

static uint64_t add_capped(uint64_t a, uint64_t b)
{
	uint64_t sum;
	return __builtin_add_overflow(a, b, &sum) || sum > BUDGET_AMOUNT_MAX ? BUDGET_AMOUNT_MAX : sum;
}

static uint64_t amount_of(uint64_t word, int64_t day)
{
	return (int64_t)(word >> AMOUNT_BITS) >= day ? word & BUDGET_AMOUNT_MAX : 0;
}

uint64_t budget_spent(const struct budget_row *row, enum budget_unit unit, int64_t unix_ms)
{
	return amount_of(atomic_load(&row->spent[unit]), budget_day(unix_ms));
}

static void add(_Atomic uint64_t *word, uint64_t amount, int64_t day)
{
	uint64_t before = atomic_load(word), after;
	do {
		const uint64_t kept = size_max((size_t)(before >> AMOUNT_BITS), (size_t)day);
		after = kept << AMOUNT_BITS | add_capped(amount_of(before, day), amount);
	} while (!atomic_compare_exchange_weak(word, &before, after));
}

void budget_add(struct budget_row *row, const struct budget_amount *cost, int64_t unix_ms)
{
	for (unsigned u = 0; u < BUDGET_UNIT_COUNT; u++)
		if (cost->of[u])
			add(&row->spent[u], cost->of[u], budget_day(unix_ms));
}

void budget_renew(struct budget_row *row, int64_t unix_ms)
{
	for (unsigned u = 0; u < BUDGET_UNIT_COUNT; u++)
		atomic_store(&row->spent[u], (uint64_t)budget_day(unix_ms) << AMOUNT_BITS);
}

/* Whether `most` fits beside what is spent and `reserved`, in which it is counted already. */
static enum budget_verdict judge(uint64_t spent, uint64_t most, uint64_t reserved, uint64_t limit)
{
	if (limit == 0)
		return BUDGET_FITS;
	if (spent >= limit || add_capped(spent, most) > limit)
		return BUDGET_SPENT;
	return add_capped(spent, reserved) > limit ? BUDGET_BUSY : BUDGET_FITS;
}

static uint64_t reserved_of(const struct budget_row *row, unsigned unit)
{
	uint64_t sum = 0;
	for (unsigned column = 0; column < BUDGET_COLUMNS; column++)
		sum = add_capped(sum, atomic_load(&row->reserved[column][unit]));
	return sum;
}

static void give_back(const struct budgets *b, struct budget_row *row, const struct budget_amount *most)
{
	for (unsigned u = 0; u < BUDGET_UNIT_COUNT; u++)
		if (most->of[u])
			atomic_fetch_sub(&row->reserved[b->column][u], most->of[u]);
}

enum budget_verdict budget_look(const struct budget_row *row, const struct budget_amount *limit,
    const struct budget_amount *most, int64_t unix_ms, enum budget_unit *ret_unit)
{
	enum budget_verdict worst = BUDGET_FITS;
	for (unsigned u = 0; u < BUDGET_UNIT_COUNT; u++) {
		if (!limit->of[u])
			continue;
		/* In this order: what goes over from reserved to spent between the two looks is counted
		 * twice, and never not at all. */
		const uint64_t reserved = reserved_of(row, u);
		const uint64_t spent = budget_spent(row, (enum budget_unit)u, unix_ms);
		const enum budget_verdict v = judge(spent, most->of[u], reserved, limit->of[u]);
		if (v <= worst)
			continue;
		worst = v;
		*ret_unit = (enum budget_unit)u;
	}
	return worst;
}

enum budget_verdict budget_reserve(const struct budgets *b, struct budget_row *row,
    const struct budget_amount *limit, const struct budget_amount *most, int64_t unix_ms,
    enum budget_unit *ret_unit)
{
	ASSERT(b->column < BUDGET_COLUMNS);
	for (unsigned u = 0; u < BUDGET_UNIT_COUNT; u++)
		if (most->of[u])
			atomic_fetch_add(&row->reserved[b->column][u], most->of[u]);
	const enum budget_verdict v = budget_look(row, limit, most, unix_ms, ret_unit);
	if (v != BUDGET_FITS)
		give_back(b, row, most);
	return v;
}

void budget_settle(const struct budgets *b, struct budget_row *row, const struct budget_amount *most,
    const struct budget_amount *cost, int64_t unix_ms)
{
	ASSERT(b->column < BUDGET_COLUMNS);
	/* Spent before it is given back: between the two it is counted twice and never not at all. */
	budget_add(row, cost, unix_ms);
	give_back(b, row, most);
}

double budget_used(const struct budget_row *row, const struct budget_amount *limit, int64_t unix_ms,
    enum budget_unit *ret_unit)
{
	double used = 0;
	for (unsigned u = 0; u < BUDGET_UNIT_COUNT; u++) {
		const uint64_t spent = budget_spent(row, (enum budget_unit)u, unix_ms);
		const double share = limit->of[u] ? (double)spent / (double)limit->of[u] : 0;
		if (share <= used)
			continue;
		used = share;
		*ret_unit = (enum budget_unit)u;
	}
	return used;
}

bool budget_any(const struct budget_amount *limit)
{
	bool any = false;
	for (unsigned u = 0; u < BUDGET_UNIT_COUNT; u++)
		any |= limit->of[u] > 0;
	return any;
}

const char *budget_unit_name(enum budget_unit unit)
{
	return unit_names[unit];
}

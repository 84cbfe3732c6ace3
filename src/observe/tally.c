#include "observe/tally.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "os/fd.h"

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW)

result tally_memory(uint32_t rows, struct error *err, int *ret_fd)
{
	CLEANUP_FD int fd = memfd_create("ward-tally", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || ftruncate(fd, (off_t)(rows * sizeof(struct tally_row))) < 0 || fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL) < 0)
		return error_errno(err, "no memory to count %u things", rows);
	*ret_fd = fd_take(&fd);
	return RESULT_OK;
}

result tally_map(struct tally *t, int fd, uint32_t column, struct error *err)
{
	struct stat st;
	/* One that could shrink would end its readers. */
	if (fstat(fd, &st) < 0 || (fcntl(fd, F_GET_SEALS) & SEALS) != SEALS)
		return error_set(err, ERR_DENIED, "the memory of a tally is not sealed");
	const size_t rows = (size_t)st.st_size / sizeof(struct tally_row);
	if (rows == 0 || rows > UINT32_MAX || column >= TALLY_COLUMNS)
		return error_set(err, ERR_INVALID, "a tally of %zu rows and column %u", rows, column);
	void *map = mmap(NULL, rows * sizeof(struct tally_row), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return error_errno(err, "cannot map a tally");
	*t = (struct tally){.rows = map, .count = (uint32_t)rows, .column = column};
	for (uint32_t i = 0; i < t->count; i++)
		atomic_store_explicit(&t->rows[i].here[column], 0, memory_order_relaxed);
	return RESULT_OK;
}

void tally_done(struct tally *t)
{
	if (t->rows)
		(void)munmap(t->rows, t->count * sizeof *t->rows);
	*t = (struct tally){0};
}

bool tally_enter(struct tally *t, uint32_t row, uint64_t limit)
{
	uint64_t sum = 0;
	if (!t->rows)
		return true;
	ASSERT(row < t->count);
	struct tally_row *r = &t->rows[row];
	/* Our own addition before the look at the others: sequentially consistent, and so is theirs. */
	atomic_fetch_add(&r->here[t->column], 1);
	for (uint32_t i = 0; i < TALLY_COLUMNS; i++)
		sum += atomic_load(&r->here[i]);
	if (sum <= limit)
		return true;
	atomic_fetch_sub(&r->here[t->column], 1);
	return false;
}

void tally_leave(struct tally *t, uint32_t row)
{
	if (!t->rows)
		return;
	ASSERT(row < t->count && atomic_load_explicit(&t->rows[row].here[t->column], memory_order_relaxed) > 0);
	atomic_fetch_sub_explicit(&t->rows[row].here[t->column], 1, memory_order_release);
}

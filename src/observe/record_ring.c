/*
 * The ring of records. Called by the gateway (writer) and the monitor (reader), which do not trust each
 * other.
 *
 * Words of records are read with relaxed atomic loads: the writer may change them while they are copied, and
 * the compiler must not read one twice. Release and acquire on `head` order a record's words before its
 * position.
 */
#include "observe/record_ring.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/fd.h"

#define RING_SEALS (F_SEAL_SHRINK | F_SEAL_GROW)
#define RECORD_WORDS (sizeof(struct invocation) / sizeof(uint64_t))

/* Positions stand on cache lines of their own: writer and reader would otherwise trade one line per record.
 */
struct record_ring_page {
	_Alignas(64) _Atomic uint64_t head;
	_Atomic uint64_t dropped;
	_Alignas(64) _Atomic uint64_t tail;
	_Alignas(64) _Atomic uint64_t words[];
};

static size_t ring_bytes(uint32_t count)
{
	return sizeof(struct record_ring_page) + (size_t)count * sizeof(struct invocation);
}

static bool ring_count_ok(uint64_t count)
{
	return count >= 2 && count <= RECORD_RING_COUNT_MAX && (count & (count - 1)) == 0;
}

result record_ring_create(uint32_t count, struct error *err, int *ret_fd)
{
	if (!ring_count_ok(count))
		return error_set(
		    err, ERR_INVALID, "a ring of %u records is no power of two within bounds", count);
	CLEANUP_FD int fd = memfd_create("ward-records", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return error_errno(err, "cannot make the ring of records");
	if (ftruncate(fd, (off_t)ring_bytes(count)) < 0 ||
	    fcntl(fd, F_ADD_SEALS, RING_SEALS | F_SEAL_SEAL) < 0)
		return error_errno(err, "cannot size the ring of records");
	*ret_fd = fd_take(&fd);
	return RESULT_OK;
}

static result ring_map(int fd, struct error *err, struct record_ring_page **ret_page, uint32_t *ret_count)
{
	int seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || (seals & RING_SEALS) != RING_SEALS)
		return error_set(err, ERR_DENIED, "the ring of records is not sealed against change of size");
	struct stat st;
	if (fstat(fd, &st) < 0)
		return error_errno(err, "cannot stat the ring of records");
	uint64_t room = (uint64_t)st.st_size - sizeof(struct record_ring_page);
	uint64_t count = room / sizeof(struct invocation);
	if ((uint64_t)st.st_size < sizeof(struct record_ring_page) || room % sizeof(struct invocation) ||
	    !ring_count_ok(count))
		return error_set(err, ERR_INVALID, "a ring of records of %lld bytes", (long long)st.st_size);
	void *map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (map == MAP_FAILED)
		return error_errno(err, "cannot map the ring of records");
	*ret_page = map;
	*ret_count = (uint32_t)count;
	return RESULT_OK;
}

result record_writer_init(struct record_writer *w, int fd, struct error *err)
{
	struct record_writer made = {0};
	TRY(ring_map(fd, err, &made.page, &made.count));
	/* A writer that was restarted goes on where the last one ended, and keeps what the reader has not
	 * taken yet. */
	made.head = atomic_load_explicit(&made.page->head, memory_order_acquire);
	uint64_t tail = atomic_load_explicit(&made.page->tail, memory_order_acquire);
	made.tail_seen = made.head - tail <= made.count ? tail : made.head - made.count;
	made.dropped = atomic_load_explicit(&made.page->dropped, memory_order_relaxed);
	*w = made;
	return RESULT_OK;
}

result record_reader_init(struct record_reader *r, int fd, struct error *err)
{
	struct record_reader made = {0};
	TRY(ring_map(fd, err, &made.page, &made.count));
	made.tail = atomic_load_explicit(&made.page->tail, memory_order_acquire);
	*r = made;
	return RESULT_OK;
}

void record_writer_done(struct record_writer *w)
{
	if (w->page)
		(void)munmap(w->page, ring_bytes(w->count));
	*w = (struct record_writer){0};
}

void record_reader_done(struct record_reader *r)
{
	if (r->page)
		(void)munmap(r->page, ring_bytes(r->count));
	*r = (struct record_reader){0};
}

static bool ring_full(struct record_writer *w)
{
	if (w->head - w->tail_seen < w->count)
		return false;
	uint64_t tail = atomic_load_explicit(&w->page->tail, memory_order_acquire);
	/* A tail past the head, or further behind than the ring is long, is a lie: it counts as "nothing
	 * taken". */
	if (w->head - tail > w->count)
		return true;
	w->tail_seen = tail;
	return w->head - tail == w->count;
}

void record_write(struct record_writer *w, const struct invocation *v)
{
	if (ring_full(w)) {
		w->dropped++;
		atomic_store_explicit(&w->page->dropped, w->dropped, memory_order_relaxed);
		return;
	}
	uint64_t words[RECORD_WORDS];
	memcpy(words, v, sizeof words);
	_Atomic uint64_t *to = w->page->words + (w->head & (w->count - 1)) * RECORD_WORDS;
	for (size_t i = 0; i < RECORD_WORDS; i++)
		atomic_store_explicit(to + i, words[i], memory_order_relaxed);
	w->head++;
	atomic_store_explicit(&w->page->head, w->head, memory_order_release);
}

static void record_copy(const struct record_reader *r, struct invocation *ret_v)
{
	uint64_t words[RECORD_WORDS];
	const _Atomic uint64_t *from = r->page->words + (r->tail & (r->count - 1)) * RECORD_WORDS;
	for (size_t i = 0; i < RECORD_WORDS; i++)
		words[i] = atomic_load_explicit(from + i, memory_order_relaxed);
	memcpy(ret_v, words, sizeof *ret_v);
}

bool record_read(struct record_reader *r, struct invocation *ret_v)
{
	uint64_t head = atomic_load_explicit(&r->page->head, memory_order_acquire);
	if (head - r->tail > r->count) {
		/* No honest writer is ever more than a ring ahead, nor behind: start over from where it
		 * claims to be. */
		r->lost++;
		r->tail = head;
	}
	bool found = false;
	while (r->tail != head && !found) {
		struct invocation v;
		record_copy(r, &v);
		r->tail++;
		found = is_ok(invocation_check(&v, NULL));
		if (found)
			*ret_v = v;
		else
			r->refused++;
	}
	atomic_store_explicit(&r->page->tail, r->tail, memory_order_release);
	return found;
}

uint64_t record_reader_dropped(const struct record_reader *r)
{
	return atomic_load_explicit(&r->page->dropped, memory_order_relaxed);
}

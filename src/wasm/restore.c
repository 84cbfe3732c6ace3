/* Called by instance.c after each request. A failure here would leak one request into the next: ASSERT. */
#include "wasm/restore.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/check.h"

/* <linux/fs.h> of Linux 6.7; Debian 12 has older headers. */
struct scan_region {
	uint64_t start, end, categories;
};
struct scan_argument {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define SCAN_IOCTL _IOWR('f', 16, struct scan_argument)
#define SCAN_IS_FILE (1u << 2)
#define SCAN_IS_PRESENT (1u << 3)
#define SCAN_IS_SWAPPED (1u << 4)

#define SCAN_REGIONS 256
#define IDLE_MAX 64
#define LEARN_MAX 16

/* Swap-ins count as major faults; a page that was private, swapped out and is back still stands in the list. */
static uint64_t thread_faults(void)
{
	struct rusage usage;
	ASSERT(getrusage(RUSAGE_THREAD, &usage) == 0);
	return (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt;
}

/* Pages of [start, end) that are ours alone: present or swapped, and not the file's. */
static int scan(int fd, uint64_t start, uint64_t end, struct scan_region *regions, size_t count, uint64_t *ret_walked)
{
	struct scan_argument argument = {.size = sizeof argument,
	    .start = start,
	    .end = end,
	    .vec = (uintptr_t)regions,
	    .vec_len = count,
	    .category_inverted = SCAN_IS_FILE,
	    .category_mask = SCAN_IS_FILE,
	    .category_anyof_mask = SCAN_IS_PRESENT | SCAN_IS_SWAPPED,
	    .return_mask = SCAN_IS_FILE};
	int found = ioctl(fd, SCAN_IOCTL, &argument);
	*ret_walked = argument.walk_end;
	return found;
}

bool restore_can_scan(int pagemap_fd)
{
	if (pagemap_fd < 0)
		return false;
	static uint8_t probe[2 * OS_PAGE_BYTES];
	uint64_t start = ((uintptr_t)probe + OS_PAGE_BYTES - 1) & ~(uint64_t)(OS_PAGE_BYTES - 1);
	struct scan_region region;
	uint64_t walked;
	return scan(pagemap_fd, start, start + OS_PAGE_BYTES, &region, 1, &walked) >= 0;
}

result restore_init(struct restore *restore, enum restore_how how, int pagemap_fd, const struct snapshot *snapshot,
    struct error *err)
{
	size_t pages = snapshot_bytes(snapshot) / OS_PAGE_BYTES;
	struct hot_page *hot = calloc(pages, 2 * sizeof *hot);
	if (!hot)
		return error_set(err, ERR_MEMORY, "no memory to restore an instance");
	*restore = (struct restore){.how = how,
	    .page_restore = page_restore_best(),
	    .pagemap_fd = pagemap_fd,
	    .lists = hot,
	    .hot = hot,
	    .next = hot + pages,
	    .hot_size = pages,
	    .faults = UINT64_MAX};
	return RESULT_OK;
}

void restore_done(struct restore *restore)
{
	free(restore->lists);
	*restore = (struct restore){0};
}

static void put_hot_back(struct restore *restore, struct cage *cage, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < restore->hot_count; i++) {
		struct hot_page *hot = &restore->hot[i];
		size_t at = (size_t)hot->page * OS_PAGE_BYTES;
		if (restore->page_restore(cage->base + at, snapshot->pristine + at))
			hot->idle = 0;
		else
			hot->idle++;
	}
}

static void drop_pages(struct cage *cage, size_t from, size_t to)
{
	if (to > from)
		ASSERT(madvise(cage->base + from * OS_PAGE_BYTES, (to - from) * OS_PAGE_BYTES, MADV_DONTNEED) == 0);
}

/* Lets go of pages that no recent request has changed. They are equal to the snapshot: nothing is lost. */
static void give_idle_back(struct restore *restore, struct cage *cage)
{
	size_t kept = 0;
	for (size_t i = 0; i < restore->hot_count; i++) {
		if (restore->hot[i].idle < IDLE_MAX)
			restore->hot[kept++] = restore->hot[i];
		else
			drop_pages(cage, restore->hot[i].page, restore->hot[i].page + 1);
	}
	restore->hot_count = kept;
}

/*
 * The list being built while an old one is read: both ascend, so one pass keeps what is known of each page's idleness.
 */
static void add_hot(struct restore *restore, size_t *old_at, size_t *made, uint32_t page)
{
	while (*old_at < restore->hot_count && restore->hot[*old_at].page < page)
		(*old_at)++;
	bool known = *old_at < restore->hot_count && restore->hot[*old_at].page == page;
	ASSERT(*made < restore->hot_size);
	restore->next[(*made)++] = (struct hot_page){.page = page, .idle = known ? restore->hot[*old_at].idle : 0};
}

static void swap_lists(struct restore *restore, size_t made)
{
	struct hot_page *old = restore->hot;
	restore->hot = restore->next;
	restore->next = old;
	restore->hot_count = made;
}

/* Exact: the private pages as the kernel knows them. */
static void find_private(struct restore *restore, const struct cage *cage, const struct snapshot *snapshot)
{
	struct scan_region regions[SCAN_REGIONS];
	uint64_t base = (uintptr_t)cage->base, at = base, end = base + snapshot_bytes(snapshot);
	size_t old_at = 0, made = 0;
	while (at < end) {
		uint64_t walked = end;
		int found = scan(restore->pagemap_fd, at, end, regions, SCAN_REGIONS, &walked);
		ASSERT(found >= 0);
		for (int i = 0; i < found; i++)
			for (uint64_t page = regions[i].start; page < regions[i].end; page += OS_PAGE_BYTES)
				add_hot(restore, &old_at, &made, (uint32_t)((page - base) / OS_PAGE_BYTES));
		ASSERT(walked > at);
		at = walked;
	}
	swap_lists(restore, made);
}

/* One word a page in /proc/self/pagemap, since Linux 3.5 (Documentation/admin-guide/mm/pagemap.rst). */
#define PAGEMAP_PRESENT (1ull << 63)
#define PAGEMAP_SWAPPED (1ull << 62)
#define PAGEMAP_FILE (1ull << 61)

/* The same as a scan, by reading what older kernels offer. False: not readable. */
static bool learn_by_pagemap(struct restore *restore, const struct cage *cage, const struct snapshot *snapshot)
{
	uint64_t words[512];
	size_t pages = snapshot_bytes(snapshot) / OS_PAGE_BYTES, old_at = 0, made = 0;
	uint64_t first = (uintptr_t)cage->base / OS_PAGE_BYTES;
	for (size_t page = 0; page < pages; page += ARRAY_LEN(words)) {
		size_t count = pages - page < ARRAY_LEN(words) ? pages - page : ARRAY_LEN(words);
		ssize_t n = pread(restore->pagemap_fd, words, count * sizeof *words, (off_t)((first + page) * sizeof *words));
		if (n != (ssize_t)(count * sizeof *words))
			return false;
		for (size_t i = 0; i < count; i++)
			if ((words[i] & (PAGEMAP_PRESENT | PAGEMAP_SWAPPED)) && !(words[i] & PAGEMAP_FILE))
				add_hot(restore, &old_at, &made, (uint32_t)(page + i));
	}
	swap_lists(restore, made);
	return true;
}

/* Without the kernel's help: pages that differ, or were hot before. */
static void learn_by_comparing(struct restore *restore, const struct cage *cage, const struct snapshot *snapshot)
{
	size_t pages = snapshot_bytes(snapshot) / OS_PAGE_BYTES, old_at = 0, made = 0, hot_at = 0;
	for (size_t page = 0; page < pages; page++) {
		while (hot_at < restore->hot_count && restore->hot[hot_at].page < page)
			hot_at++;
		bool hot = hot_at < restore->hot_count && restore->hot[hot_at].page == page;
		size_t at = page * OS_PAGE_BYTES;
		if (hot || memcmp(cage->base + at, snapshot->pristine + at, OS_PAGE_BYTES) != 0)
			add_hot(restore, &old_at, &made, (uint32_t)page);
	}
	swap_lists(restore, made);
}

static void drop_all_but_hot(const struct restore *restore, struct cage *cage, const struct snapshot *snapshot)
{
	size_t at = 0;
	for (size_t i = 0; i < restore->hot_count; i++) {
		drop_pages(cage, at, restore->hot[i].page);
		at = restore->hot[i].page + 1;
	}
	drop_pages(cage, at, snapshot_bytes(snapshot) / OS_PAGE_BYTES);
}

void restore_run(struct restore *restore, struct cage *cage, const struct snapshot *snapshot)
{
	if (cage->pages_open > snapshot->pages)
		cage_shrink(cage, snapshot->pages);
	cage->pages = snapshot->pages;
	cage->refused = false;
	bool unmoved = thread_faults() == restore->faults;
	if (!unmoved && restore->how == RESTORE_SCAN)
		find_private(restore, cage, snapshot);
	if (!unmoved && restore->how == RESTORE_DROP && restore->learned < LEARN_MAX) {
		restore->learned++;
		if (!learn_by_pagemap(restore, cage, snapshot))
			learn_by_comparing(restore, cage, snapshot);
	}
	put_hot_back(restore, cage, snapshot);
	if (!unmoved && restore->how == RESTORE_DROP)
		drop_all_but_hot(restore, cage, snapshot);
	if (++restore->restores >= IDLE_MAX) {
		restore->restores = 0;
		restore->learned = 0;
		give_idle_back(restore, cage);
	}
	if (!unmoved)
		restore->faults = thread_faults();
}
